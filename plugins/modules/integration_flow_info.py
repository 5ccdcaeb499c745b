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
options:
  ids:
    description: Only these flows; one that is not deployed is left out of the answer and listed in RV(not_deployed).
    type: list
    elements: str
  errors:
    description: For each flow in status V(ERROR), also ask for the reason. That is one request more for each of them.
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
requirements:
  - jmespath, for O(query) only
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
      description: Why it does not run.
      type: str
      returned: with O(errors=true)
      sample: 'The component could not be started'
not_deployed:
  description: The IDs of O(ids) that are not deployed, or not visible to this user.
  returned: success
  type: list
  elements: str
  sample: []
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
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.integration_flow_info import (
    answer_flows,
    wanted_flow_info,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask

SPEC = Spec(
    options={
        "ids": {"type": "list", "elements": "str"},
        "errors": {"type": "bool", "default": False},
        "query": {"type": "str"},
    }
)


def main() -> None:
    ask(SPEC, prepare=wanted_flow_info, answer=answer_flows)


if __name__ == "__main__":
    main()
