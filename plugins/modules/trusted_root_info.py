#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trusted_root_info
short_description: See which receivers need a root certificate of a tenant
version_added: 0.1.0
description:
  - Asks every address of the given receivers which chain it serves, and tells whether that chain would still validate
    if a root went from the keystore of an SAP Cloud Integration tenant.
  - Chains are validated as the tenant's runtime does it, where every certificate of the keystore is an anchor. Several
    anchors may validate one chain, so a root can be dispensable for a chain that ends in it.
options:
  fingerprint_sha256:
    description: The SHA-256 fingerprint of the root, in any common form.
    type: str
    required: true
  receivers:
    description:
      - What the root may be needed for.
      - Each element is a receiver as C(host:port), or a mapping with the keys described here.
      - C(receiver) is the C(host:port) to ask, at every address behind the name. C(server_name) is the name that its
        certificate must carry if it is not the host. C(addresses) is a list of IP addresses to ask instead of those
        that the name has.
      - C(chain_path) or C(chain_content) is a chain that a receiver serves, for receivers that cannot be reached from
        here.
      - C(flows) is a list of the integration flows that send there, to be named in the answer.
    type: list
    elements: raw
    required: true
  probes:
    description: How often every address is asked, because nodes behind one address may answer in turn.
    type: int
    default: 1
  pause:
    description: Seconds between two rounds of asking.
    type: float
    default: 1
  probe_timeout:
    description: Seconds to wait for the answer of one address of a receiver.
    type: int
    default: 10
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.asks
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.trusted_root
  - module: certops.sap_cloud_integration.served_chain_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: See who still needs the old root
  certops.sap_cloud_integration.trusted_root_info:
    service_key: "{{ service_key }}"
    fingerprint_sha256: "{{ old_root_fingerprint }}"
    receivers:
      - erp.example.com:443
      - crm.example.com:8443
  register: old_root
"""

RETURN = r"""
aliases:
  description: The aliases under which the keystore holds the root.
  returned: success
  type: list
  elements: str
  sample: [example_root_2016]
needs:
  description: One row for each address of each receiver.
  returned: success
  type: list
  elements: dict
  contains:
    receiver:
      description: The receiver as C(host:port), or the file of its chain.
      type: str
      sample: erp.example.com:443
    address:
      description: The IP address, or V(null) for a chain from a file.
      type: str
      sample: 203.0.113.10
    flows:
      description: The integration flows that O(receivers) named for it.
      type: list
      elements: str
      sample: [Orders_To_ERP]
    needs_root:
      description:
        - V(yes) if its chain validates with the root and not without it, V(no) if it validates without.
        - V(unknown) if it could not be asked, or does not validate in either case.
      type: str
      sample: 'no'
    validated_by:
      description: The aliases of the entries that validate its chain, without those that hold the root.
      type: list
      elements: str
      sample: [example_root_2026]
    stable_probes:
      description: How many answers in a row, up to the last one, showed the same chain; V(null) for a chain from a
        file.
      type: int
      sample: 3
    problem:
      description: Why the answer is V(unknown), or V(null).
      type: str
      sample: null
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: BadReceiver
    what: the port is no number between 1 and 65535
    where: 'erp.example.com:https'
    said: null
    remedy: Give the receiver as host:port
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.trusted_root_info import (
    answer_needs,
    wanted_needs,
)

SPEC = Spec(
    options={
        "fingerprint_sha256": {"type": "str", "required": True},
        "receivers": {"type": "list", "elements": "raw", "required": True},
        "probes": {"type": "int", "default": 1},
        "pause": {"type": "float", "default": 1},
        "probe_timeout": {"type": "int", "default": 10},
    },
    lowest={"probes": 1, "pause": 0, "probe_timeout": 1},
)


def main() -> None:
    ask(SPEC, prepare=wanted_needs, answer=answer_needs)


if __name__ == "__main__":
    main()
