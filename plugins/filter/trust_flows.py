# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trust_flows
short_description: The integration flows that may still run with the trust anchors of before
version_added: 0.1.0
description:
  - A running flow caches the keystore for 24 hours. From what M(certops.sap_cloud_integration.trusted_roots) and
    M(certops.sap_cloud_integration.integration_flow_info) returned, this says which flows may not have seen the change,
    and why each may be concerned.
options:
  _input:
    description: The flows, as M(certops.sap_cloud_integration.integration_flow_info) returns them.
    type: list
    elements: dict
    required: true
  trusted:
    description: The result of M(certops.sap_cloud_integration.trusted_roots).
    type: dict
    required: true
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Name the flows that may still trust as before
  ansible.builtin.debug:
    msg: >-
      {{ flows.integration_flows | certops.sap_cloud_integration.trust_flows(trusted=trusted) }}
"""

RETURN = r"""
_value:
  description:
    - A mapping with C(changed_at), when the trust last changed, V(null) when every flow has read the keystore since;
      and C(flows), a list of mappings with C(id) and C(why).
  type: dict
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trust_flows import (
    concerned_flows,
    trust_changed_at,
)


def trust_flows(flows: Sequence[Mapping[str, Any]], trusted: Mapping[str, Any]) -> dict[str, Any]:
    changed_at = trust_changed_at(trusted)
    return {"changed_at": changed_at, "flows": concerned_flows(flows, changed_at)}


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"trust_flows": trust_flows}
