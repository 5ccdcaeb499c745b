#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trusted_root
short_description: Make a tenant trust a root certificate, or stop trusting it
version_added: 0.1.0
description:
  - Imports a root certificate into the keystore of an SAP Cloud Integration tenant, or deletes it there.
  - A root is recognised by the SHA-256 fingerprint of its certificate under any alias, never by the alias.
  - A root is never replaced in place by default. While a receiver moves from one CA to another, the old and the new
    root must be trusted side by side under different aliases.
  - After an import, integration flows that run may use the keystore as it was for up to 24 hours.
    See M(certops.sap_cloud_integration.integration_flow), and the role C(receiver_certificate_renewal) for the whole
    sequence.
options:
  state:
    description:
      - With V(present), the root is imported unless the keystore holds it.
      - With V(absent), every entry that holds it is deleted, or only the one under O(alias).
    type: str
    choices: [present, absent]
    default: present
  certificate_path:
    description: A file with the root certificate in PEM or DER, at most 10240 bytes.
    type: path
  certificate_content:
    description: The root certificate as PEM text or as base64 of its DER encoding.
    type: str
  fingerprint_sha256:
    description:
      - The SHA-256 fingerprint that was compared out of band with the one that the CA publishes.
        Required to import, because the tenant verifies nothing.
      - With O(state=absent) it can stand for the certificate.
      - Taken in any common form, such as C(AB:CD:...), C(ab cd ...) or plain hexadecimal digits.
    type: str
  alias:
    description:
      - The alias to import the root under. Not needed when the keystore already holds it.
      - With O(state=absent), only the entry under this alias is deleted.
    type: str
  on_alias_conflict:
    description:
      - What to do when O(alias) is held by another certificate.
      - With V(fail), nothing is changed.
      - With V(replace), the other certificate is dropped at once, which ends the trust in it for every flow that
        starts.
    type: str
    choices: [fail, replace]
    default: fail
  protect:
    description:
      - With O(state=absent), what must still validate without this root. The deletion is refused, naming each one
        that would not.
      - Each element is a receiver as C(host:port), or a mapping with the keys described here.
      - C(receiver) is the C(host:port) to ask, at every address behind the name. C(server_name) is the name that its
        certificate must carry if it is not the host. C(addresses) is a list of IP addresses to ask instead of those
        that the name has.
      - C(chain_path) or C(chain_content) is a chain that a receiver serves, for receivers that cannot be reached from
        here.
      - C(flows) is a list of the integration flows that send there, to be named in a refusal.
    type: list
    elements: raw
    default: []
  accept_unprobed:
    description:
      - Receivers of O(protect), as C(host:port), that do not hold up the deletion although it is not known whether they
        need the root, because they cannot be reached or nothing validates what they serve. Each one is accepted by
        name. A receiver that is known to need the root cannot be accepted.
    type: list
    elements: str
    default: []
  probe_timeout:
    description: Seconds to wait for the answer of one address of a receiver in O(protect).
    type: int
    default: 10
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.keystore_info
  - module: certops.sap_cloud_integration.integration_flow
  - module: certops.sap_cloud_integration.served_chain_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Trust the new root of a receiver beside the old one
  certops.sap_cloud_integration.trusted_root:
    service_key: "{{ service_key }}"
    certificate_path: files/new_root.pem
    fingerprint_sha256: "{{ new_root_fingerprint }}"
    alias: example_root_2026

- name: Stop trusting the old root once no receiver needs it
  certops.sap_cloud_integration.trusted_root:
    service_key: "{{ service_key }}"
    state: absent
    fingerprint_sha256: "{{ old_root_fingerprint }}"
    protect:
      - erp.example.com:443
      - receiver: crm.example.com:8443
        server_name: crm.internal.example.com
"""

RETURN = r"""
trusted_root:
  description: The entry that holds the root, or V(null) when there is none.
  returned: success
  type: dict
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
      description: Who wrote it last; V(null) in check mode when it will be written.
      type: str
      sample: sb-1234
    created_at:
      description: When the entry was made; V(null) in check mode when it will be.
      type: str
      sample: "2026-11-21T18:00:00Z"
    created_by:
      description: Who made it; V(null) in check mode when it will be made.
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
deleted:
  description: With O(state=absent), what was deleted, or would be in check mode, so that it can be put back. V(null)
    when nothing is deleted.
  returned: success
  type: dict
  contains:
    aliases:
      description: The aliases under which it was held.
      type: list
      elements: str
      sample: [example_root_2016]
    pem:
      description: The certificate.
      type: str
      sample: "-----BEGIN CERTIFICATE-----..."
actions:
  description: The writes that were carried out, or would be in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: ['import CN=Example Root 2026, O=Example, C=DE (0e:8f:53:...) as alias "example_root_2026"']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: No entry of the keystore holds this root.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: Conflict
    what: the alias holds another certificate
    where: alias "example_root_2026"
    said: null
    remedy: Choose another alias
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import (
    CERTIFICATE,
    PROTECTION,
    Spec,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.trusted_root import (
    decide_root,
    read_root,
    wanted_root,
)

_OWN = Spec(
    options={
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "fingerprint_sha256": {"type": "str"},
        "alias": {"type": "str"},
        "on_alias_conflict": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
    },
    required_one_of=[["certificate_path", "certificate_content", "fingerprint_sha256"]],
)
SPEC = CERTIFICATE + PROTECTION + _OWN


def main() -> None:
    converge(SPEC, noun="trusted_root", prepare=wanted_root, read=read_root, decide=decide_root)


if __name__ == "__main__":
    main()
