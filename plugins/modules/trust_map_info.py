#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_map_info
short_description: Which flows send to which receivers, and which keystore entries validate them
version_added: 0.1.0
description:
  - Reads the contents of all deployed integration flows of an SAP Cloud Integration tenant, asks every receiver that
    they send to over TLS what it serves now, and compares that with the tenant's keystore.
  - It shows receiver, flows, the root that the served chain needs, and the entries that satisfy it; roots that nobody
    is known to need, receivers that no entry validates, leaf and intermediate certificates that stand in the keystore
    as trust anchors, and what expires.
  - The receivers are asked from the controller, not from the tenant. One that only the tenant can reach is listed with
    the error.
  - The certificates are read with one request by a public export of the keystore, which needs the role
    C(SecurityMaterialDownload), or without it with one request for each.
options:
  expires_within:
    description: List in RV(trust_map.expiring) what ends within so many days, or has ended.
    type: int
    default: 60
  addresses:
    description:
      - IP addresses to ask instead of those that a host name has on the controller. A mapping from host to a list.
    type: dict
    default: {}
  probe_timeout:
    description: Seconds to wait for the answer of one address.
    type: int
    default: 10
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.asks
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
  - certops.sap_cloud_integration.flow_content
notes:
  - The playbook C(certops.sap_cloud_integration.report_trust) writes the result as JSON and as one HTML page.
  - A root is listed as needed by nobody when no receiver of a known flow needs it and no flow names it. As long as
    RV(trust_map.complete) is false, that is no reason to delete it. Messages signed by a sender may need a root, too.
seealso:
  - module: certops.sap_cloud_integration.integration_flow_info
  - module: certops.sap_cloud_integration.trusted_root_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: See which roots nobody needs
  certops.sap_cloud_integration.trust_map_info:
    service_key: "{{ service_key }}"
    cache_path: ~/.cache/certops/flows
  register: trust

- name: Show them
  ansible.builtin.debug:
    var: trust.trust_map.unneeded_roots
"""

RETURN = r"""
trust_map:
  description: Who trusts whom.
  returned: success
  type: dict
  contains:
    tenant:
      description: The host of the tenant.
      type: str
      sample: example.it-cpi001.cfapps.eu10.hana.ondemand.com
    tenant_time:
      description: The time on the tenant's clock; all validities are judged for it.
      type: str
      sample: "2026-11-21T18:00:00Z"
    complete:
      description: Whether every flow's receivers are known and every receiver answered at every address.
      type: bool
      sample: true
    receivers:
      description: Every receiver that a flow sends to with TLS.
      type: list
      elements: dict
      contains:
        receiver:
          description: Host and port.
          type: str
          sample: erp.example.com:443
        flows:
          description: The flows that send there.
          type: list
          elements: str
          sample: [Orders_To_ERP]
        possible_flows:
          description: The flows of which it is not certain.
          type: list
          elements: str
          sample: []
        satisfied:
          description:
            - V(yes) when the keystore validates what every address serves, V(no) when it does not at one of them,
              V(unknown) when an address did not answer.
          type: str
          sample: "yes"
        addresses:
          description: What each address serves.
          type: list
          elements: dict
          contains:
            address:
              description: The IP address.
              type: str
              sample: 192.0.2.7
            error:
              description: Why it showed no chain.
              type: str
              sample: null
            leaf:
              description: The certificate of the receiver itself, with subject, issuer, fingerprints and validity.
              type: dict
              sample: {subject: CN=erp.example.com, not_after: "2027-02-01T00:00:00Z"}
            roots:
              description: The certificates of the keystore at which its chain ends, each with subject and fingerprint.
              type: list
              elements: dict
              sample: [{subject: CN=Example Root 2016, fingerprint_sha256: "5a:0e:…"}]
            missing_issuer:
              description: The issuer that nothing in the keystore stands for, when no entry validates the chain.
              type: str
              sample: null
            validated_by:
              description: The aliases of the entries that validate it.
              type: list
              elements: str
              sample: [example_root_2016]
            problem:
              description: Why no entry does.
              type: str
              sample: null
    entries:
      description: Every entry of the keystore.
      type: list
      elements: dict
      contains:
        alias:
          description: The alias.
          type: str
          sample: example_root_2016
        kind:
          description:
            - V(root), V(intermediate), V(leaf), V(key_pair), or V(unreadable) for a certificate that could not be read.
          type: str
          sample: root
        owner:
          description: V(tenant_administrator) or V(sap).
          type: str
          sample: tenant_administrator
        subject:
          description: The subject.
          type: str
          sample: CN=Example Root 2016
        fingerprint_sha256:
          description: The SHA-256 of the certificate, lower case with colons.
          type: str
          sample: "5a:0e:…"
        not_after:
          description: The end of its validity.
          type: str
          sample: "2036-01-01T00:00:00Z"
        validates:
          description: The receivers whose chain it validates.
          type: list
          elements: str
          sample: [erp.example.com:443]
        alone_for:
          description: The receivers of which an address is validated by no other entry.
          type: list
          elements: str
          sample: [erp.example.com:443]
        flows:
          description: The flows that name the entry.
          type: list
          elements: str
          sample: []
    unneeded_roots:
      description: Roots of the tenant administrator that no known receiver needs and no flow names.
      type: list
      elements: str
      sample: [former_root]
    unsatisfied_receivers:
      description: Receivers that no entry validates, at one address at least.
      type: list
      elements: str
      sample: []
    unprobed_receivers:
      description: Receivers of which an address did not answer.
      type: list
      elements: str
      sample: []
    pinned:
      description: Leaf and intermediate certificates that stand in the keystore as trust anchors.
      type: list
      elements: str
      sample: [erp_server_2024]
    expiring:
      description: Entries and served certificates that end within O(expires_within) days or have ended, the next first.
      type: list
      elements: dict
      sample:
        - what: keystore entry
          name: example_root_2016
          subject: CN=Example Root 2016
          when: "2026-12-01T00:00:00Z"
    uncertain_flows:
      description: Flows that may send to receivers that are not listed, with the reasons.
      type: list
      elements: dict
      sample:
        - id: Dynamic_Receiver
          reasons: ["HTTP channel 'Any': the host is decided at run time by ${header.host}"]
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import (
    FLOW_CONTENT,
    Spec,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.trust_map_info import (
    answer_trust_map,
    wanted_trust_map,
)

SPEC = FLOW_CONTENT + Spec(
    options={
        "expires_within": {"type": "int", "default": 60},
        "addresses": {"type": "dict", "default": {}},
        "probe_timeout": {"type": "int", "default": 10},
    },
    lowest={"expires_within": 0, "probe_timeout": 1},
)


def main() -> None:
    ask(SPEC, prepare=wanted_trust_map, answer=answer_trust_map)


if __name__ == "__main__":
    main()
