# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole renewal while the tenant is slow, hesitates, lags behind or lives in another hour."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import FLOWS, Renewal
from ansible_collections.certops.sap_cloud_integration.tests.faults.outcome import assert_renewed_once
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import run_playbook

Make = Callable[..., Renewal]
Tried = Callable[[str, int], None]

TENANTS: dict[str, dict[str, Any]] = {
    "latency": {"latency": 0.02},
    "a clock an hour ahead": {"clock_offset": 3600.0},
    "a clock an hour behind": {"clock_offset": -3600.0},
    "slow deployments": {"deploy_seconds": 1.5},
    "rate limits": {"rate_limits": True},
}


@pytest.mark.parametrize("name", TENANTS)
def test_a_renewal_on_a_difficult_tenant(renewal: Make, tried: Tried, name: str) -> None:
    with renewal(tenant=TENANTS[name]) as one:
        aliases = set(one.tenant.entries())
        assert_renewed_once(one, run_playbook(one), aliases)
    tried("renewals on a difficult tenant", 1)


def test_a_runtime_that_shows_the_old_entry_for_long(renewal: Make, tried: Tried) -> None:
    with renewal() as one:
        aliases = set(one.tenant.entries())
        for flow in FLOWS:
            one.tenant.runtime.plan_deployment(flow, stale_seconds=1.0, gap_seconds=0.3)
        assert_renewed_once(one, run_playbook(one), aliases)
    tried("renewals on a difficult tenant", 1)


def test_a_deployment_that_fails_is_done_again_by_the_next_run(renewal: Make, tried: Tried) -> None:
    with renewal() as one:
        one.tenant.runtime.plan_deployment(FLOWS[0], outcome="fail")
        run = run_playbook(one)
        assert run.status == 2
        assert FLOWS[0] in run.output
        assert one.receiver.serves(one.receiver.before), "no exchange while a flow does not trust the new root"
        last = run_playbook(one)
        assert (last.status, last.result["finished"]) == (0, True), last.output
        restarts = {flow["id"]: flow["restarts"] for flow in one.tenant.runtime.flows()}
        assert set(restarts.values()) == {1}, "the flow that had been restarted was restarted again"
        assert one.failed_messages() == []
    tried("renewals on a difficult tenant", 1)
