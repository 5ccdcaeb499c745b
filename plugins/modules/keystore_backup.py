#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keystore_backup
short_description: Take or restore the backup of a tenant's keystore
version_added: 0.1.0
description:
  - A tenant of SAP Cloud Integration has one backup slot. Taking a backup copies the tenant administrator's entries
    to it, with their private keys, and whatever was in it is gone, whoever put it there.
  - Nobody can read a private key back from a tenant, so the backup is the only way back after a key pair was replaced.
  - The module compares the slot with the keystore. In check mode it says what would be overwritten, and changes
    nothing.
options:
  state:
    description:
      - With V(taken), the keystore is copied to the slot unless the slot holds the same entries.
      - With V(restored), the entries in the slot are brought back, each under its alias, unless the keystore holds
        them. Integration flows that run may use the keystore as it was for up to 24 hours.
    type: str
    choices: [taken, restored]
    default: taken
  others:
    description:
      - What becomes of entries that are not in the backup, with O(state=restored).
      - With V(keep), they stay.
      - With V(delete), they are deleted. Receivers that need one of them cannot be reached any more.
    type: str
    choices: [keep, delete]
    default: keep
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.keystore_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Keep the keystore as it is before anything changes
  certops.sap_cloud_integration.keystore_backup:
    service_key: "{{ service_key }}"

- name: Say what a restore would change, and change nothing
  certops.sap_cloud_integration.keystore_backup:
    service_key: "{{ service_key }}"
    state: restored
  check_mode: true
  diff: true
"""

RETURN = r"""
keystore_backup:
  description: The tenant administrator's entries, in the keystore and in the backup.
  returned: success
  type: dict
  contains:
    keystore:
      description: By alias, the type and the SHA-256 fingerprint of each entry of the keystore.
      type: dict
      sample: {example_root_2026: "certificate 0e:8f:53:05:7c:74:79:3c:..."}
    backup:
      description: The same for the backup.
      type: dict
      sample: {}
comparison:
  description: The keystore and the backup, as they were found.
  returned: success
  type: dict
  contains:
    only_in_keystore:
      description: Aliases that the backup lacks.
      type: list
      elements: str
      sample: [example_root_2026]
    only_in_backup:
      description: Aliases that the keystore lacks.
      type: list
      elements: str
      sample: []
    different:
      description: Aliases under which the two hold different certificates, or entries of different types.
      type: list
      elements: str
      sample: []
    same:
      description: Aliases under which the two hold the same.
      type: list
      elements: str
      sample: [example_key_pair]
actions:
  description: The writes that were carried out, or would be in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: ["copy the keystore to the backup slot"]
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: The backup differs from the keystore.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: Conflict
    what: there is no backup to restore
    where: the backup slot
    said: null
    remedy: Somebody may have overwritten it; take one with state taken before the next change
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.keystore_backup import (
    decide_backup,
    read_backup,
    wanted_backup,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge

SPEC = Spec(
    options={
        "state": {"type": "str", "choices": ["taken", "restored"], "default": "taken"},
        "others": {"type": "str", "choices": ["keep", "delete"], "default": "keep"},
    }
)


def main() -> None:
    converge(SPEC, noun="keystore_backup", prepare=wanted_backup, read=read_backup, decide=decide_backup)


if __name__ == "__main__":
    main()
