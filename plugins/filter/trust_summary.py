# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: trust_summary
short_description: One report about the trust of all tenants of a run
version_added: 0.1.0
description:
  - Says of each tenant what its role C(tenant_trust) changed, or would change in check mode.
  - The playbook C(certops.sap_cloud_integration.converge_trust) writes it at its end.
options:
  _input:
    description: The variables of every host of the inventory, as C(hostvars) has them.
    type: dict
    required: true
  taking_part:
    description: The hosts of this run.
    type: list
    elements: str
    required: true
  check_mode:
    description: Whether it was a plan.
    type: bool
    default: false
  form:
    description: The report as V(data) for a pipeline, or as V(markdown) for the reviewer of a pull request.
    type: str
    choices: [data, markdown]
    default: data
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Count the tenants that differ from the declaration
  ansible.builtin.debug:
    msg: "{{ summary.totals.changed }} of {{ summary.totals.tenants }}"
  vars:
    summary: "{{ hostvars | certops.sap_cloud_integration.trust_summary(taking_part=ansible_play_hosts_all) }}"
"""

RETURN = r"""
_value:
  description:
    - The report. As data it has C(check_mode); C(changed); C(drift); C(totals), the number of tenants by outcome
      (V(failed), V(not_started), V(changed), V(unchanged)); and C(tenants), each with its outcome, changes, roots that
      are not declared, notes, flows, restarts and failure.
  type: raw
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trust_report import (
    summarise_trust,
    trust_markdown,
)


def trust_summary(
    hosts: Mapping[str, Mapping[str, Any]],
    taking_part: Sequence[str],
    check_mode: bool = False,
    form: str = "data",
) -> dict[str, Any] | str:
    if form not in ("data", "markdown"):
        raise AnsibleFilterError(f"trust_summary: the form is data or markdown, not {form}")
    summary = summarise_trust(hosts, taking_part, check_mode=check_mode)
    return summary if form == "data" else trust_markdown(summary)


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"trust_summary": trust_summary}
