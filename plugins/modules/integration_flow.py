#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: integration_flow
short_description: Restart, deploy or undeploy integration flows
version_added: 0.1.0
description:
  - Brings integration flows of an SAP Cloud Integration tenant into a state, and waits until they are in it.
  - A running flow caches the keystore for 24 hours. To let it see a change at once it has to be restarted, and the only
    public way to restart a flow is to deploy it again.
  - Several flows are deployed side by side, a bounded number at a time. One that fails does not hide the others.
options:
  ids:
    description: The IDs of the integration flows, as the tenant's monitor shows them (not their names).
    type: list
    elements: str
    required: true
  state:
    description:
      - With V(restarted), every flow that was not deployed after O(started_after) is deployed again.
      - With V(deployed), every flow that does not run is deployed.
      - With V(undeployed), every flow that is deployed is taken out of service.
    type: str
    choices: [restarted, deployed, undeployed]
    default: restarted
  started_after:
    description:
      - A time in RFC 3339, or the alias of an entry of the keystore, which stands for the time when that entry was last
        written. Both are compared on the tenant's clock.
      - With it, a restart is a state instead of an action. A flow that was deployed later is left alone, so a second
        run
        changes nothing.
      - Required with O(state=restarted).
    type: str
  wait_timeout:
    description: Seconds until every flow must be in the state.
    type: int
    default: 600
  parallel:
    description: How many deployments are under way at once.
    type: int
    default: 4
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
notes:
  - A deployment can do more than restart a flow. It brings the version, the draft and the parameters that are in design
    time, and it fires timers that are set to run once.
seealso:
  - module: certops.sap_cloud_integration.integration_flow_info
  - module: certops.sap_cloud_integration.trusted_root
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Let the flows see the new root now
  certops.sap_cloud_integration.integration_flow:
    service_key: "{{ service_key }}"
    ids: [Orders_To_ERP, Invoices_To_ERP]
    started_after: example_root_2026

- name: Take a flow out of service
  certops.sap_cloud_integration.integration_flow:
    service_key: "{{ service_key }}"
    ids: [Orders_To_ERP]
    state: undeployed
"""

RETURN = r"""
integration_flows:
  description: The flows, in the order of O(ids).
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
actions:
  description: The deployments that were carried out, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ['deploy Orders_To_ERP']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: 'This flow is not started after 2026-11-21T18:00:00Z: Orders_To_ERP.'
problem:
  description: What went wrong, in parts that a playbook can branch on, with the outcome of each flow.
  returned: failure
  type: dict
  sample:
    kind: FlowsFailed
    what: 1 of 2 flows does not run
    where: Orders_To_ERP
    said: null
    remedy: Look into the error of each flow
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.integration_flow import (
    decide_wanted_flows,
    read_flows,
    wanted_flows,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge

SPEC = Spec(
    options={
        "ids": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "choices": ["restarted", "deployed", "undeployed"], "default": "restarted"},
        "started_after": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 600},
        "parallel": {"type": "int", "default": 4},
    },
    required_if=[["state", "restarted", ["started_after"]]],
)


def main() -> None:
    converge(
        SPEC,
        noun="integration_flows",
        prepare=wanted_flows,
        read=read_flows,
        decide=decide_wanted_flows,
        show=lambda flows: list(flows.values()),
    )


if __name__ == "__main__":
    main()
