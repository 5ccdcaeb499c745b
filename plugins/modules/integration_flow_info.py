#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: integration_flow_info
short_description: List the integration flows that are deployed in a tenant
version_added: 0.1.0
description:
  - Lists the integration flows that are deployed in an SAP Cloud Integration tenant, with their status.
  - On request it reads their contents and says which of them send to a receiver, which use an entry of the keystore,
    where each of them sends, and what deploying one of them again would do beyond restarting it.
  - The answer about a flow is V(yes), V(no) or V(unknown), with the reasons. V(unknown) is never V(no). What cannot be
    known is described in R(the guide on discovery,
    ansible_collections.certops.sap_cloud_integration.docsite.guide_discovery).
options:
  ids:
    description: Only these flows; one that is not deployed is left out of the answer and listed in RV(not_deployed).
    type: list
    elements: str
  errors:
    description: For each flow in status V(ERROR), also ask for the reason. That is one request more for each of them.
    type: bool
    default: false
  sends_to:
    description:
      - A receiver as C(host) or C(host:port). For each flow, say whether a certificate that this receiver serves has to
        be trusted by it. Without a port, any port of the host counts.
      - Host names are compared as they are written in the flow. A name and its IP address, and two names for the same
        server, are different hosts here.
      - Contents are read for the answer, usually one request for each flow that O(cache_path) does not know, and one
        more for a flow whose answer depends on externalized parameters.
    type: str
  uses_alias:
    description: The alias of a keystore entry. For each flow, say whether its channels, steps or scripts name it.
    type: str
  details:
    description: Return the channels, aliases, timers and parameters of each flow, without the values of parameters.
    type: bool
    default: false
  side_effects:
    description:
      - Compare what runs with what a deployment would bring, and return for each flow what deploying it again would do
        beyond restarting it.
    type: bool
    default: false
  query:
    description: A JMESPath expression that is evaluated over RV(integration_flows); the answer is RV(selected).
    type: str
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.asks
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
  - certops.sap_cloud_integration.flow_content
requirements:
  - jmespath, for O(query) only
notes:
  - The contents need the role WorkspacePackagesRead. Locks are seen with WorkspaceArtifactLocksRead only. A flow that
    an access policy hides from the service instance is in no list at all.
seealso:
  - module: certops.sap_cloud_integration.integration_flow
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: See which flows do not run
  certops.sap_cloud_integration.integration_flow_info:
    service_key: "{{ service_key }}"
    errors: true
    query: "[?status != 'STARTED'].id"
  register: flows

- name: Find the flows that send to a receiver
  certops.sap_cloud_integration.integration_flow_info:
    service_key: "{{ service_key }}"
    sends_to: erp.example.com:443
    cache_path: ~/.cache/certops/flows
  register: flows

- name: Say why it is not certain of some flows
  ansible.builtin.debug:
    msg: "{{ item.id }}: {{ item.sends_to.reasons | join('; ') }}"
  loop: "{{ flows.integration_flows | selectattr('sends_to.verdict', '==', 'unknown') }}"
  loop_control:
    label: "{{ item.id }}"
"""

RETURN = r"""
integration_flows:
  description: The flows, sorted by ID.
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID.
      type: str
      sample: Orders_To_ERP
    name:
      description: The name.
      type: str
      sample: Orders to ERP
    version:
      description: The deployed version.
      type: str
      sample: 1.0.4
    status:
      description: V(STARTED), V(STARTING), V(STOPPING) or V(ERROR), or V(null) when it is not deployed.
      type: str
      sample: STARTED
    deployed_on:
      description: When it was deployed, on the tenant's clock; V(null) in check mode when it will be.
      type: str
      sample: "2026-11-21T18:00:00Z"
    deployed_by:
      description: Who deployed it.
      type: str
      sample: sb-1234
    error:
      description: Why it does not run, in the words of the tenant; V(null) when it has no error.
      type: str
      returned: with O(errors=true)
      sample: 'The component could not be started'
    sends_to:
      description: The answer for O(sends_to).
      type: dict
      returned: with O(sends_to)
      contains:
        verdict:
          description: V(yes), V(no) or V(unknown).
          type: str
          sample: "yes"
        reasons:
          description: The reasons, which channels or steps it is about, and what could not be resolved.
          type: list
          elements: str
          sample: ["HTTP channel 'ERP': sends to erp.example.com:443 with TLS"]
    uses_alias:
      description: The answer for O(uses_alias).
      type: dict
      returned: with O(uses_alias)
      contains:
        verdict:
          description: V(yes), V(no) or V(unknown).
          type: str
          sample: "no"
        reasons:
          description: The reasons, which channels or steps it is about, and what could not be resolved.
          type: list
          elements: str
          sample: ["nothing in the flow names the alias 'client_2026'"]
    content:
      description: Where the answers come from.
      type: dict
      returned: with O(sends_to), O(uses_alias) or O(details)
      contains:
        source:
          description:
            - V(deployed) for the content that the runtime holds, V(design_time) for that of design time, V(null) when
              there is none.
          type: str
          sample: design_time
        cached:
          description: Whether it was read by an earlier run.
          type: bool
          sample: false
        missing:
          description:
            - Why the content cannot be had, by name and in words. The name is V(no_design_time_artifact),
              V(configure_only), V(not_permitted), V(unreadable_bundle) or V(unavailable). V(null) when it was read.
          type: dict
          sample: null
        differences:
          description:
            - Why what runs may be something else than what was read. If there is any, every answer is V(unknown).
          type: list
          elements: dict
          sample: []
        package_id:
          description: The integration package of the flow, V(null) where it is not known.
          type: str
          sample: Sales
    details:
      description:
        - What the content says. V(null) when it cannot be had. RV(integration_flows[].content.differences) says whether
          it may differ from what runs.
      type: dict
      returned: with O(details=true)
      contains:
        channels:
          description:
            - Each connection that the flow opens, with adapter, address, host, port, proxy and whether it uses TLS.
          type: list
          elements: dict
          sample: [{name: ERP, adapter: HTTP, host: erp.example.com, port: 443, tls: "yes", proxy: internet}]
        aliases:
          description: The entries of the keystore that the flow names, and where.
          type: list
          elements: dict
          sample: []
        timers:
          description: What starts by itself when the flow is deployed.
          type: list
          elements: dict
          sample: []
        parameters:
          description: The externalized parameters, without their values.
          type: list
          elements: dict
          sample: []
        may_override_address:
          description: Why the addresses may be others at run time.
          type: list
          elements: str
          sample: []
        id:
          description: The ID that the content states, V(null) when it states none.
          type: str
          sample: Orders_To_ERP
        name:
          description: The name that the content states, V(null) when it states none.
          type: str
          sample: Orders to ERP
        version:
          description: The version that the content states, V(null) when it states none.
          type: str
          sample: 1.0.4
        profile:
          description: The runtime profile the flow is made for, V(null) when it states none.
          type: str
          sample: iflmap
        node_type:
          description: The kind of node the flow is made for, V(null) when it states none.
          type: str
          sample: IFLMAP
    side_effects:
      description: What deploying the flow again would do beyond restarting it.
      type: list
      elements: dict
      returned: with O(side_effects=true)
      contains:
        name:
          description:
            - V(newer_version), V(other_version), V(draft), V(modified_since_deployment), V(modification_unknown),
              V(parameters_changed), V(parameters_unknown), V(run_once_timer), V(timers_unknown), V(polling_sender),
              V(no_design_time_artifact), V(configure_only), V(design_time_unknown), V(locked), V(lock_unknown) or
              V(other_runtime_profile).
          type: str
          sample: draft
        sentence:
          description: What it is, in words.
          type: str
          sample: 'There is a draft on top of version 1.0.4: it would be deployed'
        blocking:
          description: Whether it keeps the flow from being restarted unless the user decides otherwise.
          type: bool
          sample: true
    restartable:
      description: Whether none of them is blocking.
      type: bool
      returned: with O(side_effects=true)
      sample: true
not_deployed:
  description: The IDs of O(ids) that are not deployed, or not visible to this user.
  returned: success
  type: list
  elements: str
  sample: []
sends_to:
  description: The IDs of the flows by their answer.
  returned: when O(sends_to) is given
  type: dict
  contains:
    "yes":
      description: The flows that do.
      type: list
      elements: str
      sample: [Orders_To_ERP]
    "no":
      description: The flows that do not.
      type: list
      elements: str
      sample: [Contacts_To_CRM]
    unknown:
      description: The flows of which it cannot be known.
      type: list
      elements: str
      sample: [Dynamic_Receiver]
uses_alias:
  description: The IDs of the flows by their answer.
  returned: when O(uses_alias) is given
  type: dict
  contains:
    "yes":
      description: The flows that do.
      type: list
      elements: str
      sample: [Orders_To_ERP]
    "no":
      description: The flows that do not.
      type: list
      elements: str
      sample: [Contacts_To_CRM]
    unknown:
      description: The flows of which it cannot be known.
      type: list
      elements: str
      sample: [Dynamic_Receiver]
tenant_time:
  description: The time on the tenant's clock.
  returned: success
  type: str
  sample: "2026-11-21T18:00:00Z"
selected:
  description: What O(query) made of the flows.
  returned: when O(query) is given
  type: raw
  sample: [Orders_To_ERP]
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

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import (
    FLOW_CONTENT,
    Spec,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.integration_flow_info import (
    answer_flows,
    wanted_flow_info,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask

SPEC = FLOW_CONTENT + Spec(
    options={
        "ids": {"type": "list", "elements": "str"},
        "errors": {"type": "bool", "default": False},
        "sends_to": {"type": "str"},
        "uses_alias": {"type": "str"},
        "details": {"type": "bool", "default": False},
        "side_effects": {"type": "bool", "default": False},
        "query": {"type": "str"},
    }
)


def main() -> None:
    ask(SPEC, prepare=wanted_flow_info, answer=answer_flows)


if __name__ == "__main__":
    main()
