#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keystore_info
short_description: List the entries of a tenant's keystore
version_added: 0.1.0
description:
  - Lists the certificates and key pairs in a keystore of an SAP Cloud Integration tenant.
options:
  keystore:
    description:
      - Which keystore.
      - V(current) is the one that integration flows use.
      - V(backup) is the tenant administrator's last backup of it.
      - V(renewal) holds the new keys of SAP that wait for their activation.
      - V(history) holds SAP's keys that were replaced.
    type: str
    choices: [current, backup, renewal, history]
    default: current
  alias:
    description: Only the entry under this alias.
    type: str
  fingerprint_sha256:
    description: Only the entries that hold this certificate, in any common form of a fingerprint.
    type: str
  expires_within:
    description: Only the entries that end within this many days, or have ended, on the tenant's clock.
    type: int
  chain:
    description: Whether to return the chain of each key pair as well. That is one more request for each of them.
    type: bool
    default: false
  query:
    description: A JMESPath expression that is evaluated over RV(keystore_entries); the answer is RV(selected).
    type: str
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.asks
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
requirements:
  - jmespath, for O(query) only
seealso:
  - module: certops.sap_cloud_integration.trusted_root
  - module: certops.sap_cloud_integration.keystore_entry
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: See what ends within sixty days
  certops.sap_cloud_integration.keystore_info:
    service_key: "{{ service_key }}"
    expires_within: 60
    query: "[].{alias: alias, until: not_after}"
  register: keystore

- name: Show it
  ansible.builtin.debug:
    var: keystore.selected
"""

RETURN = r"""
keystore_entries:
  description: The entries.
  returned: success
  type: list
  elements: dict
  contains:
    alias:
      description: The alias.
      type: str
      sample: example_root_2026
    type:
      description: What the entry is, here always V(certificate).
      type: str
      sample: certificate
    owner:
      description: V(tenant_administrator) or V(sap).
      type: str
      sample: tenant_administrator
    subject:
      description: The distinguished name of the certificate's subject.
      type: str
      sample: CN=Example Root 2026, O=Example, C=DE
    issuer:
      description: The distinguished name of its issuer.
      type: str
      sample: CN=Example Root 2026, O=Example, C=DE
    serial_number:
      description: Its serial number in hexadecimal digits.
      type: str
      sample: 3AF1E6A7
    not_before:
      description: Since when it is valid, RFC 3339 in UTC.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: Until when it is valid, RFC 3339 in UTC.
      type: str
      sample: "2036-01-01T00:00:00Z"
    fingerprint_sha256:
      description: The SHA-256 of its DER encoding, lower case with colons.
      type: str
      sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
    validity:
      description: The tenant's remark on the certificate, V(null) when it is fine.
      type: str
      sample: null
    key_type:
      description: The kind of its public key.
      type: str
      sample: RSA
    key_size:
      description: The size of its public key in bits, if it has one.
      type: int
      sample: 4096
    elliptic_curve:
      description: The curve of its public key, if it has one.
      type: str
      sample: null
    signature_algorithm:
      description: How it is signed, in the words of Java.
      type: str
      sample: SHA256withRSA
    last_modified_at:
      description: When the entry was last written, on the tenant's clock; V(null) in check mode when it will be
        written.
      type: str
      sample: "2026-11-21T18:00:00Z"
    last_modified_by:
      description: Who wrote it last.
      type: str
      sample: sb-1234
    created_at:
      description: When the entry was made.
      type: str
      sample: "2026-11-21T18:00:00Z"
    created_by:
      description: Who made it.
      type: str
      sample: sb-1234
    original_alias:
      description: In the history keystore, the alias the entry had while it was active.
      type: str
      sample: null
    active_from:
      description: In the history keystore, since when it was active.
      type: str
      sample: null
    active_until:
      description: In the history keystore, until when it was active.
      type: str
      sample: null
    chain:
      description:
        - The certificates of a key pair, leaf first, with the root where the tenant keeps
          it; empty for other entries.
      returned: with O(chain=true)
      type: list
      elements: dict
      contains:
        subject:
          description: The subject of the certificate.
          type: str
          sample: CN=client.example.com, O=Example, C=DE
        issuer:
          description: Its issuer.
          type: str
          sample: CN=Example Issuing CA, O=Example, C=DE
        serial_number:
          description: Its serial number in hexadecimal digits.
          type: str
          sample: 3AF1E6A7
        not_before:
          description: Since when it is valid.
          type: str
          sample: "2026-11-21T18:00:00Z"
        not_after:
          description: Until when it is valid.
          type: str
          sample: "2027-11-21T18:00:00Z"
        fingerprint_sha256:
          description: The SHA-256 of its DER encoding.
          type: str
          sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
        spki_sha256:
          description: The SHA-256 of its public key.
          type: str
          sample: 41:1f:c5:2f:fb:2c:e6:db:8e:54:bc:12:a7:38:43:f6:18:be:93:99:e9:a8:32:e7:28:b9:a9:dc:83:0e:8f:53
        key_type:
          description: The kind of its public key.
          type: str
          sample: RSA
        key_size:
          description: The size of its public key in bits.
          type: int
          sample: 2048
        signature_algorithm:
          description: How it is signed, in the words of Java.
          type: str
          sample: SHA256withRSA
        is_ca:
          description: Whether it may sign others.
          type: bool
          sample: false
        self_signed:
          description: Whether it signed itself.
          type: bool
          sample: false
        subject_alternative_names:
          description: The names it is valid for.
          type: list
          elements: str
          sample: ['DNS:client.example.com']
        extended_key_usages:
          description: What it may be used for; V(null) when nothing restricts its use.
          type: list
          elements: str
          sample: [clientAuth]
tenant_time:
  description: The time on the tenant's clock.
  returned: success
  type: str
  sample: "2026-11-21T18:00:00Z"
selected:
  description: What O(query) made of the entries.
  returned: when O(query) is given
  type: raw
  sample: [{alias: example_root_2026, until: "2036-01-01T00:00:00Z"}]
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: LoginRefused
    what: The tenant's token service refused the login
    where: tenant.example.com
    said: null
    remedy: Check the service key
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.keystore_info import (
    answer_keystore,
    wanted_entries,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask

SPEC = Spec(
    options={
        "keystore": {"type": "str", "choices": ["current", "backup", "renewal", "history"], "default": "current"},
        "alias": {"type": "str"},
        "fingerprint_sha256": {"type": "str"},
        "expires_within": {"type": "int"},
        "chain": {"type": "bool", "default": False},
        "query": {"type": "str"},
    },
    lowest={"expires_within": 0},
)


def main() -> None:
    ask(SPEC, prepare=wanted_entries, answer=answer_keystore)


if __name__ == "__main__":
    main()
