#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: keystore_entry
short_description: Manage an entry of a tenant's keystore
version_added: 0.1.0
description:
  - Imports, replaces, renames or deletes an entry in the keystore of an SAP Cloud Integration tenant.
  - Here the alias is the identity of the entry, and the SHA-256 fingerprint that of its certificate. For a root that
    receivers'
    certificates are validated with, use M(certops.sap_cloud_integration.trusted_root), which finds it under any alias.
options:
  alias:
    description:
      - The alias, at most 250 characters. Aliases of SAP (C(sap_...), C(hcicertificate), C(hcicertificate1),
        C(hcimsgcertificate)) are refused.
    type: str
    required: true
  state:
    description: Whether the entry exists.
    type: str
    choices: [present, absent]
    default: present
  certificate_path:
    description: A file with the certificate in PEM or DER, at most 10240 bytes.
    type: path
  certificate_content:
    description: The certificate as PEM text or as base64 of its DER encoding.
    type: str
  fingerprint_sha256:
    description:
      - The SHA-256 fingerprint that was compared out of band with the owner of the certificate. Required to import,
        because
        the tenant verifies nothing.
      - With O(state=absent) the entry is deleted only if it holds this certificate.
      - Taken in any common form.
    type: str
  previous_alias:
    description: If an entry has this alias and none has O(alias), it is renamed to O(alias).
    type: str
  on_mismatch:
    description:
      - What to do when the alias holds another certificate.
      - With V(fail), nothing is changed.
      - With V(replace), the other certificate is dropped at once.
    type: str
    choices: [fail, replace]
    default: fail
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.trusted_root
  - module: certops.sap_cloud_integration.keystore_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Import a partner's certificate to verify signatures with
  certops.sap_cloud_integration.keystore_entry:
    service_key: "{{ service_key }}"
    alias: partner_signature
    certificate_path: files/partner.pem
    fingerprint_sha256: "{{ partner_fingerprint }}"

- name: Rename it
  certops.sap_cloud_integration.keystore_entry:
    service_key: "{{ service_key }}"
    alias: partner_signature_2026
    previous_alias: partner_signature

- name: Delete it
  certops.sap_cloud_integration.keystore_entry:
    service_key: "{{ service_key }}"
    alias: partner_signature_2026
    state: absent
"""

RETURN = r"""
keystore_entry:
  description: The entry, or V(null) when there is none.
  returned: success
  type: dict
  contains:
    alias:
      description: The alias.
      type: str
      sample: example_root_2026
    type:
      description: What the entry is, V(certificate), V(key_pair) or V(ssh_key).
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
actions:
  description: The writes that were carried out, or would be in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: ['rename alias "partner_signature" to "partner_signature_2026"']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: The alias holds this certificate.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: Conflict
    what: the alias holds another certificate
    where: alias "partner_signature"
    said: null
    remedy: Choose another alias
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import CERTIFICATE, Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.keystore_entry import (
    decide_entry,
    read_entries,
    wanted_entry,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge

SPEC = CERTIFICATE + Spec(
    options={
        "alias": {"type": "str", "required": True},
        "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
        "fingerprint_sha256": {"type": "str"},
        "previous_alias": {"type": "str"},
        "on_mismatch": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
    }
)


def main() -> None:
    converge(SPEC, noun="keystore_entry", prepare=wanted_entry, read=read_entries, decide=decide_entry)


if __name__ == "__main__":
    main()
