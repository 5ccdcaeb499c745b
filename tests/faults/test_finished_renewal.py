# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A pipeline runs the playbook on a finished renewal again and again: no write, no restart."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import Renewal
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import run_playbook

# A hundred in all, in parts that can be done side by side.
PARTS, RUNS = 4, 25


@pytest.mark.parametrize("part", range(PARTS))
def test_a_hundred_runs_write_nothing(
    renewal: Callable[..., Renewal], tried: Callable[[str, int], None], part: int
) -> None:
    with renewal() as one:
        assert run_playbook(one).result["finished"] is True
        flows = [(flow["id"], flow["deployed_on"], flow["restarts"]) for flow in one.tenant.runtime.flows()]
        one.tenant.clear_journal()
        one.tenant.read_only = True
        runs = [run_playbook(one) for _unused in range(RUNS - 1)]
        runs.append(run_playbook(one, quick=False))
        assert {run.status for run in runs} == {0}
        assert {run.recap["changed"] for run in runs} == {0}
        assert all(run.result["finished"] and run.result["steps"] == [] for run in runs)
        assert one.tenant.writes() == []
        assert one.tenant.violations == []
        assert [(flow["id"], flow["deployed_on"], flow["restarts"]) for flow in one.tenant.runtime.flows()] == flows
        requests = [entry for entry in one.tenant.journal if entry["listener"] == "api"]
        assert len(requests) <= 12 * RUNS
        assert one.failed_messages() == []
    tried("runs on a finished renewal, without a write or a restart", len(runs))
