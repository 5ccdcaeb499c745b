#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: message_processing_log_info
short_description: See whether integration flows delivered their messages
version_added: 0.1.0
description:
  - Asks the message processing logs of an SAP Cloud Integration tenant, for each flow, how many messages were completed
    since a given time, and which ones failed because of TLS.
  - A flow without a completed message proves nothing, whether it failed or not.
options:
  ids:
    description: The IDs of the integration flows.
    type: list
    elements: str
    required: true
  since:
    description:
      - The time in RFC 3339 from which on messages count, on the tenant's clock.
      - With V(deployment), for each flow the time of its last deployment.
    type: str
    default: deployment
  failures_since:
    description:
      - The time in RFC 3339 from which on failures count, if not O(since). With an earlier one, what has failed before
        is not forgotten while new messages are awaited.
    type: str
  wait_timeout:
    description:
      - Seconds to look again and again until each flow has completed a message or failed because of TLS. When they are
        over, the answer is what was seen last.
    type: int
    default: 0
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.asks
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
seealso:
  - module: certops.sap_cloud_integration.integration_flow_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Prove that the flows deliver since they were restarted
  certops.sap_cloud_integration.message_processing_log_info:
    service_key: "{{ service_key }}"
    ids: [Orders_To_ERP, Invoices_To_ERP]
  register: logs

- name: No TLS failure, and at least one message of each flow
  ansible.builtin.assert:
    that:
      - logs.message_processing_logs | map(attribute='tls_failures') | sum == 0
      - logs.message_processing_logs | map(attribute='completed') | min > 0
"""

RETURN = r"""
message_processing_logs:
  description: One row for each flow, in the order of O(ids).
  returned: success
  type: list
  elements: dict
  contains:
    id:
      description: The ID of the flow.
      type: str
      sample: Orders_To_ERP
    since:
      description: From when on messages were counted; V(null) when the flow is not deployed and no time was given.
      type: str
      sample: "2026-11-21T18:00:00Z"
    completed:
      description: How many messages were completed.
      type: int
      sample: 42
    failed:
      description: How many messages failed, were escalated or are being tried again, for whatever reason.
      type: int
      sample: 0
    tls_failures:
      description:
        - How many of the failures that were looked at were TLS failures. Looked at are 20 in all, and the newest of
          each flow.
      type: int
      sample: 0
    first_failure_text:
      description: The tenant's own words for the oldest of these TLS failures.
      type: str
      sample: null
    last_failure_time:
      description: When the newest of these TLS failures ended.
      type: str
      sample: null
    last_completed_time:
      description: When the newest completed message ended. Asked for only when there are TLS failures, else V(null).
      type: str
      sample: null
tenant_time:
  description: The time on the tenant's clock.
  returned: success
  type: str
  sample: "2026-11-21T18:00:00Z"
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: NotWanted
    what: this is no time in RFC 3339
    where: 'option since "yesterday"'
    said: null
    remedy: Give a time such as 2026-11-21T18:00:00Z, or deployment
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.message_processing_log_info import (
    answer_logs,
    wanted_logs,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import ask

SPEC = Spec(
    options={
        "ids": {"type": "list", "elements": "str", "required": True},
        "since": {"type": "str", "default": "deployment"},
        "failures_since": {"type": "str"},
        "wait_timeout": {"type": "int", "default": 0},
    },
    lowest={"wait_timeout": 0},
)


def main() -> None:
    ask(SPEC, prepare=wanted_logs, answer=answer_logs)


if __name__ == "__main__":
    main()
