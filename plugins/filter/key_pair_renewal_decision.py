# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: key_pair_renewal_decision
short_description: Where the renewal of a key pair stands, and its next safe step
version_added: 0.1.0
description:
  - Decides from what was observed, and from nothing else, whether the certificate of a key pair has to be renewed and
    why, which step is safe now, and who has to take it.
  - The role C(key_pair_renewal) follows it.
options:
  _input:
    description: The observation, as the role C(key_pair_renewal) gathers it from the modules.
    type: dict
    required: true
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Say whether a renewal is due
  ansible.builtin.debug:
    msg: "{{ (observation | certops.sap_cloud_integration.key_pair_renewal_decision).due }}"
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
    due:
      description: Why the certificate has to be renewed, or why not.
      type: str
    is_due:
      description: Whether it has to be renewed.
      type: bool
    flows:
      description: The integration flows that the step concerns.
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
      description: What somebody else has to do, as a text to send.
      type: str
    warnings:
      description: What the user should know.
      type: list
      elements: str
    failing:
      description: The flows whose messages fail because of TLS since they were restarted.
      type: list
      elements: str
    plan:
      description: The steps from now on if all goes well.
      type: list
      elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.key_pair import (
    decide_key_pair_renewal,
    forecast_key_pair,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.key_pair_facts import KeyPairFacts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.key_pair_observation import (
    key_pair_facts_of,
)


def key_pair_renewal_decision(observation: Mapping[str, Any]) -> dict[str, Any]:
    try:
        facts = KeyPairFacts.from_mapping(key_pair_facts_of(observation))
        return {**decide_key_pair_renewal(facts).to_result(), "plan": forecast_key_pair(facts)}
    except Problem as problem:
        raise AnsibleFilterError(str(problem)) from None


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"key_pair_renewal_decision": key_pair_renewal_decision}
