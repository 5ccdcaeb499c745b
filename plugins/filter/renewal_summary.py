# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: renewal_summary
short_description: One report about the renewals of all tenants of a run
version_added: 0.1.0
description:
  - Says of each tenant what came of its renewal, and of each receiver whether its certificate may be exchanged.
  - The playbook C(certops.sap_cloud_integration.renew_receiver_certificate_for_tenants) writes it at its end.
options:
  _input:
    description:
      - The variables of every host of the inventory, as C(hostvars) has them. Those of this run have C(renewal_canary).
    type: dict
    required: true
  check_mode:
    description: Whether it was a plan.
    type: bool
    default: false
  form:
    description: The report as V(data), or as V(markdown) for people.
    type: str
    choices: [data, markdown]
    default: data
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Count the tenants that failed
  ansible.builtin.debug:
    msg: "{{ summary.totals.failed }} of {{ summary.totals.tenants }}"
  vars:
    summary: "{{ hostvars | certops.sap_cloud_integration.renewal_summary }}"
"""

RETURN = r"""
_value:
  description:
    - The report. As data it has C(check_mode); C(changed); C(totals), the number of tenants by outcome (V(finished),
      V(waiting), V(failed), V(not_started)); C(tenants), each with its outcome, stage, reason, steps and failure; and
      C(receivers), each with its tenants, whether it was exchanged, whether it may be, and who holds that up.
  type: raw
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.summary import (
    summarise,
    to_markdown,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.tenants import TenantRun


def renewal_summary(
    hosts: Mapping[str, Mapping[str, Any]],
    check_mode: bool = False,
    form: str = "data",
) -> dict[str, Any] | str:
    if form not in ("data", "markdown"):
        raise AnsibleFilterError(f"renewal_summary: the form is data or markdown, not {form}")
    summary = summarise(TenantRun.all_of(hosts), check_mode=check_mode)
    return summary if form == "data" else to_markdown(summary)


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"renewal_summary": renewal_summary}
