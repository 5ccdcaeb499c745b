# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The commands of the pipelines in examples/many_tenants, run as the pipelines run them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import ADDRESS, HOST, Fleet
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver


@pytest.fixture
def fleet(tmp_path: Path, old_root: Credential, new_root: Credential) -> Iterator[Fleet]:
    credential = issue(old_root, HOST, hosts=[HOST])
    with (
        LocalReceiver([ADDRESS], credential=credential) as receiver,
        Fleet(tmp_path, 2, receiver.port, old_root, new_root) as fleet,
    ):
        yield fleet


def load(fleet: Fleet, path: str) -> dict[str, Any]:
    return dict(yaml.safe_load((fleet.repository / path).read_text()))


def test_github_plans_for_a_pull_request_and_carries_out_what_is_merged(fleet: Fleet) -> None:
    workflow = load(fleet, ".github/workflows/renewal.yml")
    steps = {step["name"]: step for step in workflow["jobs"]["renewal"]["steps"] if "name" in step}
    assert steps["Plan"]["if"] == "github.event_name == 'pull_request'"
    assert steps["Renew"]["if"] == "github.event_name != 'pull_request'"

    fleet.set_read_only(True)
    planned = fleet.run(steps["Plan"]["run"])
    assert planned.returncode == 0, planned.stdout + planned.stderr
    assert [tenant.violations for tenant in fleet.tenants.values()] == [[], []]
    shown = fleet.run(f"GITHUB_STEP_SUMMARY=shown.md; {steps['Show the report']['run']}")
    assert shown.returncode == 0, shown.stderr
    page = (fleet.repository / "shown.md").read_text()
    assert page.startswith("# Plan of the renewal\n\n2 tenants: 2 waiting.\n")
    assert page.count("import_new_root, restart_flows, ") == 2

    fleet.set_read_only(False)
    renewed = fleet.run(steps["Renew"]["run"])
    assert renewed.returncode == 0, renewed.stdout + renewed.stderr
    assert [fleet.roots(name) for name in fleet.names] == [{"old", "new"}] * 2
    assert [tenant["steps"] for tenant in fleet.summary["tenants"]] == [["import_new_root", "restart_flows"]] * 2
    assert fleet.summary["receivers"][0]["held_up_by"] == {}


def test_gitlab_runs_the_same_commands_and_never_twice_at_once(fleet: Fleet) -> None:
    pipeline = load(fleet, ".gitlab-ci.yml")
    steps = load(fleet, ".github/workflows/renewal.yml")["jobs"]["renewal"]["steps"]
    assert pipeline["plan"]["script"] + pipeline["renew"]["script"] == [
        step["run"] for step in steps if "ansible-playbook" in step.get("run", "")
    ]
    assert "merge_request_event" in pipeline["plan"]["rules"][0]["if"]
    assert pipeline["renew"]["resource_group"]
    assert load(fleet, ".github/workflows/renewal.yml")["concurrency"]["cancel-in-progress"] is False


def test_the_exchange_cannot_be_told_where_it_would_come_too_early(fleet: Fleet) -> None:
    run = fleet.run(
        "ansible-playbook renew.yml -e receiver_certificate_renewal_exchange=files"
        " -e renewal_summary_path=$PWD/summary.json"
    )
    assert run.returncode == 2
    assert fleet.summary["totals"]["failed"] == 1
    assert "Say in the inventory how to exchange" in fleet.summary["tenants"][0]["failure"]["message"]
    assert [tenant.journal for tenant in fleet.tenants.values()] == [[], []]
