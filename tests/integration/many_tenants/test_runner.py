# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The engine inside AWX and Automation Platform runs the renewal for many tenants."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import ansible_runner
import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import ADDRESS, HOST, Fleet
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver


@pytest.fixture
def receiver(old_root: Credential) -> Iterator[LocalReceiver]:
    with LocalReceiver([ADDRESS], credential=issue(old_root, HOST, hosts=[HOST])) as receiver:
        yield receiver


def run(fleet: Fleet, tmp_path: Path, *, forks: int) -> Any:
    private = tmp_path / "runner"
    private.mkdir()
    return ansible_runner.run(
        private_data_dir=str(private),
        project_dir=str(fleet.repository),
        playbook="renew.yml",
        envvars=fleet.environment,
        extravars={"renewal_summary_path": str(fleet.repository / "summary.json")},
        forks=forks,
        quiet=True,
    )


def artifacts(runner: Any) -> dict[str, Any]:
    """What an engine shows as the artifacts of the job."""
    last = [event for event in runner.events if event["event"] == "playbook_on_stats"][-1]
    return dict(last["event_data"]["artifact_data"])


def test_twenty_tenants_of_which_one_is_broken(
    tmp_path: Path, receiver: LocalReceiver, old_root: Credential, new_root: Credential
) -> None:
    with Fleet(tmp_path, 20, receiver.port, old_root, new_root, ahead=13) as fleet:
        canary, *others = fleet.names
        broken = others.pop(3)
        fleet.break_tenant(broken)
        runner = run(fleet, tmp_path, forks=10)

        assert (runner.status, runner.rc) == ("failed", 2), "the job does not say that a tenant failed"
        for name in (canary, *others):
            assert fleet.roots(name) == {"old", "new"}
            # The root imported and the flow deployed, or nothing.
            assert len(fleet.writes(name)) == (0 if name in fleet.ahead else 2)
        assert fleet.roots(broken) == {"old"}

        began = min(entry["time"] for name in others for entry in fleet.tenants[name].journal)
        ended = max(entry["time"] for entry in fleet.tenants[canary].journal)
        assert ended < began, "the others were begun before the canary was done"

        summary = fleet.summary
        assert summary["totals"] == {"tenants": 20, "failed": 1, "not_started": 0, "waiting": 19, "finished": 0}
        assert {tenant["name"] for tenant in summary["tenants"] if tenant["canary"]} == {canary}
        (failed,) = (tenant for tenant in summary["tenants"] if tenant["failure"])
        assert failed["name"] == broken
        assert "401" in failed["failure"]["message"] or "login" in failed["failure"]["message"].lower()
        (shared,) = summary["receivers"]
        assert shared["held_up_by"] == {broken: "failed"}
        assert not shared["ready_for_exchange"]
        assert artifacts(runner)["renewal_summary"] == summary
        assert {host for host, count in runner.stats["failures"].items() if count} == {broken}
        report = (fleet.repository / "summary.md").read_text()
        assert all(name in report for name in fleet.names)


def test_after_a_broken_canary_nobody_else_is_asked(
    tmp_path: Path, receiver: LocalReceiver, old_root: Credential, new_root: Credential
) -> None:
    with Fleet(tmp_path, 3, receiver.port, old_root, new_root) as fleet:
        canary, *others = fleet.names
        fleet.break_tenant(canary)
        runner = run(fleet, tmp_path, forks=3)
        assert runner.rc == 2
        assert [fleet.tenants[name].journal for name in others] == [[], []]
        assert fleet.summary["totals"] == {"tenants": 3, "failed": 1, "not_started": 2, "waiting": 0, "finished": 0}
