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
        run changes nothing.
      - Required with O(state=restarted).
    type: str
  on_side_effect:
    description:
      - What to do with a flow whose deployment would do more than restart it. The design-time artifact of each flow
        that is to be restarted is compared with what runs. A newer version, a draft, a later modification, changed
        parameters, a Run Once timer, a lock, another runtime profile, and an artifact that is missing or cannot be read
        are such effects.
      - With V(block), nothing is deployed, and the module fails with the list.
      - With V(redeploy), the flow is deployed all the same.
      - With V(wait), the flow is left alone. It reads the keystore again by itself 24 hours after O(started_after) at
        the latest, and RV(waits_until) says when that is.
      - It counts with O(state=restarted) only.
    type: str
    choices: [block, redeploy, wait]
    default: block
  flow_side_effects:
    description: The same for single flows. A mapping from the ID of a flow to one of the choices of O(on_side_effect).
    type: dict
    default: {}
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
  - certops.sap_cloud_integration.flow_content
notes:
  - A deployment can do more than restart a flow. It brings the version, the draft and the parameters that are in design
    time, and it fires timers that are set to run once.
  - With which parameters a flow was deployed is known when O(cache_path) holds what this module deployed, or what an
    earlier run saw of this deployment, or when the runtime gives out its content. Otherwise V(parameters_unknown) is
    among the side effects; it blocks nothing.
  - The comparison costs up to three requests for each flow that is to be restarted, and one for the locks.
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

- name: Let one flow run into the end of its cache, because deploying it would fire its timer
  certops.sap_cloud_integration.integration_flow:
    service_key: "{{ service_key }}"
    ids: [Orders_To_ERP, Year_End_Closing]
    started_after: example_root_2026
    flow_side_effects:
      Year_End_Closing: wait

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
      description: The name; V(null) when it is not deployed.
      type: str
      sample: Orders to ERP
    version:
      description: The deployed version; V(null) when it is not deployed.
      type: str
      sample: 1.0.4
    status:
      description: V(STARTED), V(STARTING), V(STOPPING) or V(ERROR), or V(null) when it is not deployed.
      type: str
      sample: STARTED
    deployed_on:
      description: When it was deployed, on the tenant's clock; V(null) when it is not, or in check mode will be.
      type: str
      sample: "2026-11-21T18:00:00Z"
    deployed_by:
      description: Who deployed it; V(null) when it is not deployed, and in check mode when it will be.
      type: str
      sample: sb-1234
side_effects:
  description:
    - By the ID of each flow that was to be restarted, what deploying it does beyond restarting it.
    - Each effect has a C(name), a C(sentence), and C(blocking), whether it needs the user's decision. The names are
      V(newer_version), V(other_version), V(draft), V(modified_since_deployment), V(modification_unknown),
      V(parameters_changed), V(parameters_unknown), V(run_once_timer), V(timers_unknown), V(polling_sender),
      V(no_design_time_artifact), V(configure_only), V(design_time_unknown), V(locked), V(lock_unknown) and
      V(other_runtime_profile).
  returned: with O(state=restarted)
  type: dict
  sample:
    Orders_To_ERP: []
    Year_End_Closing:
      - name: run_once_timer
        sentence: "'Start Timer 1' runs once at each deployment: its business logic would be executed"
        blocking: true
waits_until:
  description:
    - By the ID of each flow that is left alone with V(wait), until when it may work with the keystore that it has
      cached. A flow is not listed any more once that time is over.
  returned: with O(state=restarted)
  type: dict
  sample:
    Year_End_Closing: "2026-11-22T18:00:00Z"
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
  description:
    - What went wrong, in parts that a playbook can branch on, with the outcome of each flow. With the kind
      V(RestartBlocked), C(flows) lists each flow that is blocked with its side effects by name.
  returned: failure
  type: dict
  sample:
    kind: FlowsFailed
    what: 1 of 2 integration flows could not be restarted
    where: Orders_To_ERP
    said: null
    remedy: Look into the error of each flow
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import (
    FLOW_CONTENT,
    Spec,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.integration_flow import (
    decide_wanted_flows,
    read_flows,
    wanted_flows,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge

SPEC = FLOW_CONTENT + Spec(
    options={
        "ids": {"type": "list", "elements": "str", "required": True},
        "state": {"type": "str", "choices": ["restarted", "deployed", "undeployed"], "default": "restarted"},
        "started_after": {"type": "str"},
        "on_side_effect": {"type": "str", "choices": ["block", "redeploy", "wait"], "default": "block"},
        "flow_side_effects": {"type": "dict", "default": {}},
        "wait_timeout": {"type": "int", "default": 600},
        "parallel": {"type": "int", "default": 4},
    },
    required_if=[["state", "restarted", ["started_after"]]],
    lowest={"wait_timeout": 0, "parallel": 1},
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
