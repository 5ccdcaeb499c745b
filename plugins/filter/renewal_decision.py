# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: renewal_decision
short_description: Where a renewal stands, and its next safe step
version_added: 0.1.0
description:
  - Decides from what was observed, and from nothing else, at which stage the renewal of a receiver's certificate is,
    which step is safe now, who has to take it, and what is not as it should be.
  - The role C(receiver_certificate_renewal) follows it. The rules are checked over every state of small landscapes.
options:
  _input:
    description: The observation, as the role C(receiver_certificate_renewal) gathers it from the modules.
    type: dict
    required: true
  state:
    description: Whether the renewal is to be carried out, V(renewed), or taken back, V(rolled_back).
    type: str
    choices: [renewed, rolled_back]
    default: renewed
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Say where the renewal stands
  ansible.builtin.debug:
    msg: "{{ (observation | certops.sap_cloud_integration.renewal_decision).reason }}"
"""

RETURN = r"""
_value:
  description: The decision.
  type: dict
  contains:
    stage:
      description: The stage of the renewal.
      type: str
    step:
      description: What may be done next, V(null) when this run can do nothing now.
      type: str
    who:
      description: Who has to act.
      type: str
    reason:
      description: Why, in one sentence.
      type: str
    flows:
      description: The integration flows that the step concerns.
      type: list
      elements: str
    aliases:
      description: The aliases that the step concerns.
      type: list
      elements: str
    waits_for:
      description: What the renewal waits for.
      type: str
    waits_until:
      description: When the waiting ends by itself, RFC 3339 in UTC.
      type: str
    finished:
      description: Whether nothing is left to do.
      type: bool
    hand_over:
      description: What somebody else has to do, with the text to send.
      type: dict
    diagnosis:
      description: What is not as it should be, each by a stable name with a remedy.
      type: list
      elements: dict
    outage:
      description: Whether messages fail now or may fail at any moment.
      type: bool
    warnings:
      description: What the user should know.
      type: list
      elements: str
    plan:
      description: The steps from now on if all goes well, each with its stage, who takes it, its flows and its reason.
      type: list
      elements: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.decision import Decision
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.facts import Facts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.forecast import forecast
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.observation import facts_of
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.stage import decide, decide_rollback

_DIRECTIONS: dict[str, Callable[[Facts], Decision]] = {"renewed": decide, "rolled_back": decide_rollback}


def renewal_decision(observation: Mapping[str, Any], state: str = "renewed") -> dict[str, Any]:
    if state not in _DIRECTIONS:
        raise AnsibleFilterError(f"renewal_decision: the state is one of {', '.join(_DIRECTIONS)}, not {state}")
    try:
        facts = Facts.from_mapping(facts_of(observation))
        plan = forecast(facts, _DIRECTIONS[state])
        return {**_DIRECTIONS[state](facts).to_result(), "plan": [_planned(decision) for decision in plan]}
    except Problem as problem:
        raise AnsibleFilterError(str(problem)) from None


def _planned(decision: Decision) -> dict[str, Any]:
    result = decision.to_result()
    return {key: result[key] for key in ("stage", "step", "who", "flows", "reason", "waits_for")}


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"renewal_decision": renewal_decision}
