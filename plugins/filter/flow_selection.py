# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: flow_selection
short_description: Which of the discovered integration flows take part, and why
version_added: 0.1.0
description:
  - Takes what M(certops.sap_cloud_integration.integration_flow_info) found with
    O(certops.sap_cloud_integration.integration_flow_info#module:sends_to) or
    O(certops.sap_cloud_integration.integration_flow_info#module:uses_alias), and the user's own knowledge.
options:
  _input:
    description: The list RV(certops.sap_cloud_integration.integration_flow_info#module:integration_flows).
    type: list
    elements: dict
    required: true
  include:
    description: The IDs of flows that take part whatever was found, also when they are not deployed.
    type: list
    elements: str
    default: []
  exclude:
    description: The IDs of flows that do not take part whatever was found.
    type: list
    elements: str
    default: []
  unknown:
    description:
      - What becomes of flows of which it cannot be known. With V(restart), they take part. With V(ignore), they do not.
        With V(block), they take part and are listed as undecided.
    type: str
    choices: [restart, ignore, block]
    default: restart
  listed:
    description: The IDs of the flows that take part, when the user knows them. Then nothing else counts.
    type: list
    elements: str
    default: []
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Restart every flow that may use the key pair
  certops.sap_cloud_integration.integration_flow:
    ids: "{{ (flows.integration_flows | certops.sap_cloud_integration.flow_selection(exclude=['Test'])).flows }}"
    started_after: client_2026
"""

RETURN = r"""
_value:
  description: The selection.
  type: dict
  contains:
    flows:
      description: The IDs of the flows that take part.
      type: list
      elements: str
    rows:
      description:
        - Each flow with its ID, C(takes_part), the C(verdict) that was found, V(null) for one that is not deployed, and
          C(why).
      type: list
      elements: dict
    undecided:
      description: With O(unknown=block), why it is unknown of each flow that nobody has decided about.
      type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.flow_selection import (
    listed_flows,
    select_flows,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem


def flow_selection(
    flows: Sequence[Mapping[str, Any]],
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    unknown: str = "restart",
    listed: Sequence[str] = (),
) -> dict[str, Any]:
    try:
        if listed:
            return listed_flows(listed).to_result()
        return select_flows(flows, include=include, exclude=exclude, unknown=unknown).to_result()
    except Problem as problem:
        raise AnsibleFilterError(str(problem)) from None


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"flow_selection": flow_selection}
