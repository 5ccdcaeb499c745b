# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: renewal_hosts
short_description: Which tenants take part in a pass over many tenants
version_added: 0.1.0
description:
  - A receiver has one certificate for all tenants that send to it, so it may be exchanged only when the flows of all of
    them trust both roots. So many tenants are renewed in passes, and this filter says who belongs to each.
  - The playbook C(certops.sap_cloud_integration.renew_receiver_certificate_for_tenants) asks it when a pass begins.
options:
  _input:
    description:
      - The variables of every host of the inventory, as C(hostvars) has them.
      - Read are C(renewal_canary), which those of this run have, C(renewal_failure),
        C(receiver_certificate_renewal_result), and what the role was told about the receiver and its exchange.
    type: dict
    required: true
  pass_name:
    description:
      - V(canaries) go first; V(others) only when no canary failed.
      - V(exchange_by_canaries) and V(exchange_by_others) are the one tenant per receiver that exchanges its certificate
        or hands it over, once every tenant of the inventory that sends to it is ready.
      - V(go_on) are those that were waiting for the exchange that another one made.
    type: str
    choices: [canaries, others, exchange_by_canaries, exchange_by_others, go_on]
    required: true
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Say who exchanges the certificate of a receiver
  ansible.builtin.debug:
    msg: "{{ hostvars | certops.sap_cloud_integration.renewal_hosts('exchange_by_others') }}"
"""

RETURN = r"""
_value:
  description: Names of hosts, or a pattern that matches no host, for C(hosts) of a play.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.tenants import (
    PASSES,
    TenantRun,
    hosts_of_pass,
)

# A play takes no empty list of hosts, and a name that matches nothing brings a warning.
_NOBODY = ["all", "!all"]


def renewal_hosts(hosts: Mapping[str, Mapping[str, Any]], pass_name: str) -> list[str]:
    if pass_name not in PASSES:
        raise AnsibleFilterError(f"renewal_hosts: the pass is one of {', '.join(PASSES)}, not {pass_name}")
    return hosts_of_pass(pass_name, TenantRun.all_of(hosts)) or _NOBODY


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"renewal_hosts": renewal_hosts}
