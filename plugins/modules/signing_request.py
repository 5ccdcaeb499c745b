#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: signing_request
short_description: Get the signing request of a key pair of a tenant
version_added: 0.1.0
description:
  - Asks an SAP Cloud Integration tenant for the certificate signing request (CSR, PKCS#10) of a key pair, which goes to
    a CA, and writes it to a file on the controller if O(path) is given.
  - A tenant signs the request anew each time. The file is kept while it asks for the same subject and key, so that a CA
    which has it already is not asked again.
  - The CA's answer is installed with M(certops.sap_cloud_integration.signing_response).
  - Key pairs that SAP owns have no signing request.
options:
  alias:
    description: The alias of the key pair.
    type: str
    required: true
  path:
    description:
      - The file on the controller to write the request to, in PEM. Its directory must exist.
      - A file that holds something else than a signing request is never written over.
      - Without it, nothing is written and the request is only returned.
    type: path
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.signing_response
  - module: certops.sap_cloud_integration.keystore_entry
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Write the request that goes to the CA
  certops.sap_cloud_integration.signing_request:
    service_key: "{{ service_key }}"
    alias: client_key
    path: files/client_key.csr

- name: Or just have it
  certops.sap_cloud_integration.signing_request:
    service_key: "{{ service_key }}"
    alias: client_key
  register: request

- name: And show it
  ansible.builtin.debug:
    msg: "{{ request.csr }}"
"""

RETURN = r"""
signing_request:
  description: What the request asks for. Nothing in it changes when the tenant signs it anew.
  returned: success
  type: dict
  contains:
    alias:
      description: The alias of the key pair.
      type: str
      sample: client_key
    path:
      description: The file, V(null) when none is given.
      type: str
      sample: files/client_key.csr
    subject:
      description: The subject of the certificate that is asked for.
      type: str
      sample: CN=client.example.com, O=Example, C=DE
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
      sample: 4096
csr:
  description: The request in PEM; with O(path), what is in the file.
  returned: success
  type: str
  sample: |
    -----BEGIN CERTIFICATE REQUEST-----
    ...
    -----END CERTIFICATE REQUEST-----
actions:
  description: The writes that were carried out, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ['write the signing request of alias "client_key" for CN=client.example.com, C=DE to files/client_key.csr']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: The file asks for the same subject and key already.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: Conflict
    what: the entry is a certificate, and only a key pair has signing requests and responses
    where: alias "client_key"
    said: null
    remedy: Give the alias of a key pair
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.signing_request import (
    decide_request,
    read_file_back,
    read_request,
    wanted_request,
)

SPEC = Spec(options={"alias": {"type": "str", "required": True}, "path": {"type": "path"}})


def main() -> None:
    converge(
        SPEC,
        noun="signing_request",
        prepare=wanted_request,
        read=read_request,
        decide=decide_request,
        read_back=read_file_back,
    )


if __name__ == "__main__":
    main()
