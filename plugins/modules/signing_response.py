#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: signing_response
short_description: Give a key pair of a tenant the answer of its CA
version_added: 0.1.0
description:
  - Updates a key pair in the keystore of an SAP Cloud Integration tenant with the signing response that a CA has made
    for its signing request. The alias stays.
  - The response is recognised by its content, never by the name of its file. It may be PKCS#7 in DER, PEM or bare
    base64 (C(.p7b), C(.p7c), C(.spc)), certificates in PEM or DER one after the other, or a PKI path.
  - The key decides to which key pair a response belongs. A response for another key is refused, and so is one with a
    broken chain, before anything is written.
  - What is sent is the chain alone, leaf first, in PEM, because a tenant may refuse encodings that are valid.
options:
  alias:
    description: The alias of the key pair.
    type: str
    required: true
  response_path:
    description: A file with the signing response, at most 30720 bytes.
    type: path
  response_content:
    description: The signing response as PEM or base64 text.
    type: str
  required_key_usage:
    description:
      - Extended key usages that the certificate must have, such as V(clientAuth).
      - Without it, a certificate that cannot be used as a client certificate is only warned of. Public CAs no longer
        issue certificates with V(clientAuth).
    type: list
    elements: str
    default: []
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.keystore_entry
  - module: certops.sap_cloud_integration.integration_flow
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Install what the CA sent
  certops.sap_cloud_integration.signing_response:
    service_key: "{{ service_key }}"
    alias: client_key
    response_path: files/client_key.p7b
    required_key_usage: [clientAuth]
  register: response

- name: Restart the flows that present this key pair
  certops.sap_cloud_integration.integration_flow:
    service_key: "{{ service_key }}"
    ids: [Orders_To_ERP]
    started_after: client_key
"""

RETURN = r"""
signing_response:
  description: The key pair with its chain.
  returned: success
  type: dict
  contains:
    alias:
      description: The alias.
      type: str
      sample: client_key
    leaf:
      description: The certificate of the key pair.
      type: dict
      contains:
        subject:
          description: Its subject.
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
          description: Since when it is valid, RFC 3339 in UTC.
          type: str
          sample: "2026-11-21T18:00:00Z"
        not_after:
          description: Until when it is valid, RFC 3339 in UTC.
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
    chain:
      description: The leaf and its intermediates, leaf first, without a root. Each one like RV(signing_response.leaf).
      type: list
      elements: dict
      sample: []
    fingerprint_sha256:
      description: The SHA-256 of the leaf.
      type: str
      sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
    spki_sha256:
      description: The SHA-256 of the public key, which stays.
      type: str
      sample: 41:1f:c5:2f:fb:2c:e6:db:8e:54:bc:12:a7:38:43:f6:18:be:93:99:e9:a8:32:e7:28:b9:a9:dc:83:0e:8f:53
    not_before:
      description: Since when the leaf is valid.
      type: str
      sample: "2026-11-21T18:00:00Z"
    not_after:
      description: Until when the leaf is valid.
      type: str
      sample: "2027-11-21T18:00:00Z"
previous_leaf:
  description: The certificate that the key pair had before, like RV(signing_response.leaf).
  returned: success
  type: dict
  sample:
    subject: CN=client.example.com, O=Example, C=DE
    not_after: "2026-12-01T00:00:00Z"
days_gained:
  description: How many days later the new certificate ends.
  returned: success
  type: int
  sample: 355
actions:
  description: The writes that were carried out, or would be in check mode, in order.
  returned: success
  type: list
  elements: str
  sample: ['install CN=client.example.com, O=Example, C=DE (0e:8f:...) with 1 intermediates under alias
    "client_key"']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: The key pair has this chain already.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: BadCertificate
    what: No certificate in it belongs to the key pair
    where: alias "client_key"
    said: null
    remedy: Ask the CA for the answer to this key pair's own CSR
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.signing_response import (
    decide_response,
    read_chain_back,
    read_key_pair,
    wanted_response,
)

SPEC = Spec(
    options={
        "alias": {"type": "str", "required": True},
        "response_path": {"type": "path"},
        "response_content": {"type": "str"},
        "required_key_usage": {"type": "list", "elements": "str", "default": []},
    },
    mutually_exclusive=[["response_path", "response_content"]],
    required_one_of=[["response_path", "response_content"]],
)


def main() -> None:
    converge(
        SPEC,
        noun="signing_response",
        prepare=wanted_response,
        read=read_key_pair,
        decide=decide_response,
        read_back=read_chain_back,
    )


if __name__ == "__main__":
    main()
