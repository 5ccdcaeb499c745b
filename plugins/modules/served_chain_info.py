#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: served_chain_info
short_description: See which certificates a receiver serves at every address
version_added: 0.1.0
description:
  - Opens a TLS connection to every address behind a host name, reads the chain of certificates that is served there,
    and tells which of the given roots validate it.
  - Nothing is sent to the receiver and no tenant is asked. A receiver that demands a client certificate can be asked
    too.
options:
  receiver:
    description: The receiver as C(host:port). The port is 443 when none is given.
    type: str
    required: true
  server_name:
    description: The name to ask for (server name indication) and to expect in the certificate, if it is not the host.
    type: str
  addresses:
    description: The IP addresses to ask instead of those that the name has, for example the nodes behind a load
      balancer.
    type: list
    elements: str
    default: []
  roots:
    description: The roots to validate the chains with.
    type: list
    elements: dict
    default: []
    suboptions:
      certificate_path:
        description: A file with the root certificate in PEM or DER.
        type: path
      certificate_content:
        description: The root certificate as PEM text or as base64 of its DER encoding.
        type: str
  probes:
    description:
      - How often every address is asked. The answers of one address count as stable as far back as they were the same.
      - Behind a load balancer the nodes change one by one, so one answer proves little.
    type: int
    default: 1
  pause:
    description: Seconds between two rounds of asking.
    type: float
    default: 1
  timeout:
    description: Seconds to wait for one answer.
    type: int
    default: 10
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.asks
requirements:
  - cryptography >= 3.4, for O(roots)
seealso:
  - module: certops.sap_cloud_integration.trusted_root
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: See whether the receiver serves the new chain at every address
  certops.sap_cloud_integration.served_chain_info:
    receiver: erp.example.com:443
    roots:
      - certificate_path: files/new_root.pem
    probes: 3
  register: served

- name: Say so
  ansible.builtin.assert:
    that: served.served_chain.validated_by | length > 0
"""

RETURN = r"""
served_chain:
  description: What is served.
  returned: success
  type: dict
  contains:
    receiver:
      description: The receiver as C(host:port).
      type: str
      sample: erp.example.com:443
    server_name:
      description: The name that was asked for.
      type: str
      sample: erp.example.com
    uniform:
      description: Whether every address answered, in every round, with the same certificate.
      type: bool
      sample: true
    validated_by:
      description: The fingerprints of those given roots that validate the chain of every address.
      type: list
      elements: str
      sample: []
    addresses:
      description: The last answer of each address.
      type: list
      elements: dict
      contains:
        address:
          description: The IP address.
          type: str
          sample: 203.0.113.10
        error:
          description: Why there was no answer, or V(null).
          type: str
          sample: null
        tls_version:
          description: The version of TLS.
          type: str
          sample: TLSv1.3
        chain:
          description: The certificates as served, the server's own first.
          type: list
          elements: dict
          sample: []
        leaf_fingerprint_sha256:
          description: The SHA-256 of the server's own certificate.
          type: str
          sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
        validated_by:
          description: The fingerprints of those given roots that validate the chain.
          type: list
          elements: str
          sample: []
        problem:
          description:
            - Why the chain would fail although it may be complete, or V(null). An intermediate certificate that is not
              sent, another name, a certificate that has expired.
          type: str
          sample: null
        problem_kind:
          description:
            - The same as a stable name. One of V(leaf_expired), V(leaf_not_yet_valid), V(wrong_host),
              V(no_intermediate) and V(unvalidated_chain), or V(null).
          type: str
          sample: null
        stable_probes:
          description: How many answers in a row, up to the last one, showed the same certificate.
          type: int
          sample: 3
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

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import CERTIFICATE, Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask_without_tenant
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.served_chain_info import (
    answer_served_chain,
)

SPEC = Spec(
    options={
        "receiver": {"type": "str", "required": True},
        "server_name": {"type": "str"},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "roots": {
            "type": "list",
            "elements": "dict",
            "default": [],
            "options": dict(CERTIFICATE.options),
            "mutually_exclusive": CERTIFICATE.mutually_exclusive,
            "required_one_of": CERTIFICATE.mutually_exclusive,
        },
        "probes": {"type": "int", "default": 1},
        "pause": {"type": "float", "default": 1},
        "timeout": {"type": "int", "default": 10},
    },
    lowest={"probes": 1, "pause": 0, "timeout": 1},
)


def main() -> None:
    ask_without_tenant(SPEC, answer=answer_served_chain)


if __name__ == "__main__":
    main()
