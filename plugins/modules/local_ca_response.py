#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: local_ca_response
short_description: Answer a signing request with a CA on the controller
version_added: 0.1.0
description:
  - Signs a certificate signing request with the private key of a CA that lies on the controller, and writes the answer,
    the certificate followed by the CA's own and the rest of its chain, to a file in PEM.
  - It is meant for private PKIs, rehearsals and the role C(key_pair_renewal). The subject and the key are those of the
    request; what else a request may ask for is not looked at.
  - The file is kept while it holds an answer of this CA to this request that does not end soon.
  - It talks to no tenant. The answer is installed with M(certops.sap_cloud_integration.signing_response).
options:
  path:
    description:
      - The file to write the answer to. Its directory must exist.
      - A file that holds something else than certificates is never written over.
    type: path
    required: true
  request_path:
    description: A file with the signing request, in PEM or DER.
    type: path
  request_content:
    description: The signing request as PEM text.
    type: str
  ca_certificate_path:
    description: A file with the certificate of the CA.
    type: path
  ca_certificate_content:
    description: The certificate of the CA as PEM text.
    type: str
  ca_private_key_path:
    description: A file with the private key of the CA, in PEM or DER.
    type: path
  ca_private_key_content:
    description: The private key of the CA as PEM text.
    type: str
  ca_private_key_passphrase:
    description: The passphrase of the private key, if it has one.
    type: str
  ca_chain_path:
    description: A file with the certificates above the CA's own, which are added to the answer.
    type: path
  ca_chain_content:
    description: The same as PEM text.
    type: str
  days:
    description: How many days the certificate is valid. It ends with the CA's own at the latest.
    type: int
    default: 365
  renew_before:
    description: An answer in the file that ends in fewer days than this is made anew.
    type: int
    default: 30
  extended_key_usage:
    description: The extended key usages of the certificate. An empty list leaves its use open.
    type: list
    elements: str
    default: [clientAuth]
  now:
    description:
      - The time in RFC 3339 that counts instead of the clock of this machine, such as the tenant's.
    type: str
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
requirements:
  - cryptography >= 3.4
seealso:
  - module: certops.sap_cloud_integration.signing_request
  - module: certops.sap_cloud_integration.signing_response
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Let the private CA answer
  certops.sap_cloud_integration.local_ca_response:
    request_path: files/client_key.csr
    path: files/client_key.pem
    ca_certificate_path: ca/issuing_ca.pem
    ca_private_key_path: ca/issuing_ca.key
    ca_private_key_passphrase: "{{ ca_passphrase }}"
    ca_chain_path: ca/root.pem
"""

RETURN = r"""
local_ca_response:
  description: The certificate in the file.
  returned: success
  type: dict
  contains:
    path:
      description: The file.
      type: str
      sample: files/client_key.pem
    subject:
      description: The subject of the certificate.
      type: str
      sample: CN=client.example.com, O=Example, C=DE
    issuer:
      description: The subject of the CA.
      type: str
      sample: CN=Example Issuing CA, O=Example, C=DE
    spki_sha256:
      description: The SHA-256 of its public key.
      type: str
      sample: 41:1f:c5:2f:fb:2c:e6:db:8e:54:bc:12:a7:38:43:f6:18:be:93:99:e9:a8:32:e7:28:b9:a9:dc:83:0e:8f:53
    extended_key_usages:
      description: What it may be used for.
      type: list
      elements: str
      sample: [clientAuth]
    not_before:
      description: Since when it is valid; V(null) in check mode when it will be issued.
      type: str
      sample: "2026-11-21T18:00:00Z"
    not_after:
      description: Until when it is valid; V(null) in check mode when it will be issued.
      type: str
      sample: "2027-11-21T18:00:00Z"
    serial_number:
      description: Its serial number; V(null) in check mode when it will be issued.
      type: str
      sample: 3AF1E6A7
    fingerprint_sha256:
      description: The SHA-256 of its DER encoding; V(null) in check mode when it will be issued.
      type: str
      sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
actions:
  description: What was done, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ['issue a certificate for CN=client.example.com, C=DE from CN=Issuing CA, C=DE to files/client_key.pem']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: The file holds an answer to this request that is still good.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: BadCertificate
    what: The private key does not belong to the certificate of the CA
    where: CN=Example Issuing CA, O=Example, C=DE
    said: null
    remedy: Give the certificate and the private key of one CA
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.local_ca_response import (
    decide_local_ca_response,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.local_ca_response import (
    answer_in_file,
    issue,
    wanted_issue,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge_without_tenant

_EITHER = [[f"{name}_path", f"{name}_content"] for name in ("request", "ca_certificate", "ca_private_key")]
SPEC = Spec(
    options={
        "path": {"type": "path", "required": True},
        "request_path": {"type": "path"},
        "request_content": {"type": "str"},
        "ca_certificate_path": {"type": "path"},
        "ca_certificate_content": {"type": "str"},
        "ca_private_key_path": {"type": "path"},
        "ca_private_key_content": {"type": "str", "no_log": True},
        "ca_private_key_passphrase": {"type": "str", "no_log": True},
        "ca_chain_path": {"type": "path"},
        "ca_chain_content": {"type": "str"},
        "days": {"type": "int", "default": 365},
        "renew_before": {"type": "int", "default": 30},
        "extended_key_usage": {"type": "list", "elements": "str", "default": ["clientAuth"]},
        "now": {"type": "str"},
    },
    mutually_exclusive=[*_EITHER, ["ca_chain_path", "ca_chain_content"]],
    required_one_of=_EITHER,
    lowest={"days": 1, "renew_before": 0},
)


def main() -> None:
    converge_without_tenant(
        SPEC,
        noun="local_ca_response",
        prepare=wanted_issue,
        read=answer_in_file,
        decide=decide_local_ca_response,
        write=issue,
    )


if __name__ == "__main__":
    main()
