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
  - Imports, replaces, renames or deletes an entry in the keystore of an SAP Cloud Integration tenant, a
    certificate or a key pair.
  - A key pair is generated on the tenant with O(generate), or imported from a PKCS#12 file. The tenant never
    gives a private key back, so a key pair that exists is never replaced unless O(on_mismatch) says so, and the
    message says what would be lost.
  - Here the alias is the identity of the entry, and the SHA-256 fingerprint that of its certificate. For a root that
    receivers' certificates are validated with, use M(certops.sap_cloud_integration.trusted_root), which finds it
    under any alias.
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
        because the tenant verifies nothing.
      - With O(state=absent) the entry is deleted only if it holds this certificate.
      - Taken in any common form.
    type: str
  generate:
    description:
      - The key pair that the tenant shall generate under O(alias), with a self-signed certificate. What is left
        out is the tenant's choice.
      - A key pair is left alone when its type, its size or curve and, while it is self-signed, its subject are
        as given. Validity, signature algorithm and the subject that a CA has written belong to the certificate,
        and make no other key pair.
    type: dict
    suboptions:
      common_name:
        description: The common name of the subject, such as a host name.
        type: str
        required: true
      country:
        description: The country of the subject, two letters.
        type: str
        required: true
      organization:
        description: The organization of the subject.
        type: str
      organizational_unit:
        description: The organizational unit of the subject.
        type: str
      locality:
        description: The locality of the subject.
        type: str
      state:
        description: The state or province of the subject.
        type: str
      email:
        description: The e-mail address of the subject.
        type: str
      key_type:
        description: The kind of key.
        type: str
        choices: [RSA, DSA, EC]
        default: RSA
      key_size:
        description: Bits; for an EC key 112 to 571, instead of O(generate.curve).
        type: int
      curve:
        description: The name of the curve of an EC key, such as V(secp256r1).
        type: str
      signature_algorithm:
        description: How the certificate is signed, such as V(SHA256/RSA); V(SHA256withRSA) is understood as well.
        type: str
      not_before:
        description: Since when the certificate is valid, RFC 3339.
        type: str
      not_after:
        description: Until when it is valid, RFC 3339. A tenant takes three years by default.
        type: str
  pkcs12_path:
    description:
      - A PKCS#12 file with one key pair, at most 30072 bytes.
      - Files with several keys, and files encrypted with RC2, RC4, DES or 3DES, are refused.
      - An entry that holds the same key with a certificate that is not older is left alone. With an older
        certificate, it gets the one of the file.
    type: path
  pkcs12_content:
    description: The same file in base64.
    type: str
  passphrase:
    description: The passphrase of the PKCS#12 file. The tenant needs it as well.
    type: str
  previous_alias:
    description: If an entry has this alias and none has O(alias), it is renamed to O(alias).
    type: str
  on_mismatch:
    description:
      - What to do when the alias holds another certificate, or another key pair.
      - With V(fail), nothing is changed, and the message says what would be lost.
      - With V(replace), the other certificate or key pair is dropped. A private key cannot be read back from a
        tenant; only the tenant's one backup slot may still hold it.
      - To replace a key pair by a generated one, the new one is generated under an interim alias, then the old one is
        deleted and the new one renamed. A run that was stopped in between is continued by the next one.
    type: str
    choices: [fail, replace]
    default: fail
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.signing_request
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

- name: Have the tenant make a key pair
  certops.sap_cloud_integration.keystore_entry:
    service_key: "{{ service_key }}"
    alias: client_key
    generate:
      common_name: client.example.com
      organization: Example
      country: DE
      key_type: EC
      curve: secp256r1

- name: Import a key pair
  certops.sap_cloud_integration.keystore_entry:
    service_key: "{{ service_key }}"
    alias: signing_key
    pkcs12_path: files/signing_key.p12
    passphrase: "{{ signing_key_passphrase }}"

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
      description:
        - Its serial number in hexadecimal digits.
        - V(null) in check mode when it will be generated.
      type: str
      sample: 3AF1E6A7
    not_before:
      description:
        - Since when it is valid, RFC 3339 in UTC.
        - V(null) in check mode when it will be generated.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description:
        - Until when it is valid, RFC 3339 in UTC.
        - V(null) in check mode when it will be generated.
      type: str
      sample: "2036-01-01T00:00:00Z"
    fingerprint_sha256:
      description:
        - The SHA-256 of its DER encoding, lower case with colons.
        - V(null) in check mode when it will be generated.
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
      description: The size of its public key in bits, if it has one, or V(null) while the tenant is to choose it.
      type: int
      sample: 4096
    elliptic_curve:
      description: The curve of its public key, if it has one.
      type: str
      sample: null
    signature_algorithm:
      description:
        - How it is signed, in the words of Java.
        - V(null) in check mode when it will be generated.
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
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.key_pair import KEY_PAIR
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.keystore_entry import (
    decide_entry,
    read_entries,
    wanted_entry,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge

SPEC = (
    CERTIFICATE
    + KEY_PAIR
    + Spec(
        options={
            "alias": {"type": "str", "required": True},
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "fingerprint_sha256": {"type": "str"},
            "previous_alias": {"type": "str"},
            "on_mismatch": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
        }
    )
)


def main() -> None:
    converge(SPEC, noun="keystore_entry", prepare=wanted_entry, read=read_entries, decide=decide_entry)


if __name__ == "__main__":
    main()
