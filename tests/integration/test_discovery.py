# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal that is told the receiver's address only: exactly the right flows restart, and nothing but a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.discovery_landscape import (
    HOST,
    DiscoveryLandscape,
    flows_around,
)

_RIGHT = {"Sends_Literally": 1, "Sends_Externalized": 1, "Sends_By_SOAP": 1}


@pytest.fixture
def landscape(tmp_path: Path) -> DiscoveryLandscape:
    return DiscoveryLandscape(tmp_path)


def test_exactly_the_right_flows_restart(landscape: DiscoveryLandscape) -> None:
    with landscape.running(flows_around):
        first = landscape.play(cache_path=str(landscape.folder / "cache"))
        assert first.status == 0, first.output
        assert first.report["stage"] == "exchange_certificate"
        assert landscape.restarts() == {**_RIGHT, "May_By_Header": 1}
        rows = {row["id"]: row for row in first.report["flow_selection"]}
        assert rows.keys() == flows_around(0).keys()
        assert {name for name, row in rows.items() if row["takes_part"]} == {*_RIGHT, "May_By_Header"}
        assert all(row["why"] in first.output.replace("\\", "") or row["why"] for row in rows.values())
        assert "in  Sends_Externalized: HTTP channel 'HTTP': sends to erp.example.com" in first.output
        assert "out Not_By_Cloud_Connector: HTTP channel 'HTTP': goes through the Cloud Connector" in first.output
        assert "the host is decided at run time by ${header.host}" in rows["May_By_Header"]["why"]
        assert len(landscape.tenant.writes()) == 1 + 4

        waiting = landscape.play(cache_path=str(landscape.folder / "cache"))
        assert (waiting.status, waiting.report["stage"]) == (0, "exchange_certificate")
        assert len(waiting.requests) <= 12, waiting.requests
        assert landscape.tenant.writes() == []

        landscape.receiver.exchange(landscape.after)
        last = landscape.play(cache_path=str(landscape.folder / "cache"))
        assert (last.status, last.report["finished"]) == (0, True), last.output
        finished = landscape.play(cache_path=str(landscape.folder / "cache"))
        assert (finished.report["finished"], landscape.tenant.writes()) == (True, [])
        assert len(finished.requests) <= 12, finished.requests


def test_the_user_decides_about_flows_of_which_nothing_is_certain(landscape: DiscoveryLandscape) -> None:
    with landscape.running(flows_around):
        blocked = landscape.play(unknown_flows="block")
        assert (blocked.status, blocked.report["stage"]) == (0, "restart_flows")
        assert blocked.report["decision"]["flows"] == ["May_By_Header"]
        finding = next(one for one in blocked.report["decision"]["diagnosis"] if one["name"] == "flow_unknown")
        assert f"Whether the flow May_By_Header sends to {landscape.target} is not known" in finding["sentence"]
        assert landscape.restarts() == _RIGHT
        ignored = landscape.play(unknown_flows="ignore")
        assert ignored.report["stage"] == "exchange_certificate"
        assert landscape.restarts() == _RIGHT
        named = landscape.play(unknown_flows="block", flows_include=["May_By_Header"], flows_exclude=["Sends_By_SOAP"])
        assert named.report["stage"] == "exchange_certificate"
        assert landscape.restarts() == {**_RIGHT, "May_By_Header": 1}
        rows = {row["id"]: row for row in named.report["flow_selection"]}
        assert rows["Sends_By_SOAP"]["takes_part"] is False
        assert rows["Sends_By_SOAP"]["why"].startswith("excluded by name; found: yes")


def test_check_mode_names_the_flows_that_would_restart(landscape: DiscoveryLandscape) -> None:
    with landscape.running(lambda port: {**flows_around(port), "Sends_Drafted": {**_sends(port), "draft": True}}):
        seen = landscape.play(arguments=["--check"])
        assert (seen.status, landscape.tenant.writes(), landscape.restarts()) == (0, [], {})
        assert "restart_flows (tenant administrator): May_By_Header, Sends_By_SOAP" in seen.output
        planned = [step for step in seen.report["decision"]["plan"] if step["stage"] == "restart_flows"]
        assert [step["step"] for step in planned] == ["restart_flows", None]
        assert planned[1]["flows"] == ["Sends_Drafted"]


def _sends(port: int) -> dict[str, Any]:
    return {"channels": [{"address": f"https://{HOST}:{port}/orders"}]}


# What stands in the way, by the name of the side effect, with its own sentence.
_EFFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "run_once_timer": ({"timer": "run_once"}, "runs once at each deployment: its business logic would be executed"),
    "draft": ({"draft": True}, "There is a draft on top of version 1.0.0: it would be deployed"),
    "newer_version": (
        {"version": "1.0.2", "deployed_version": "1.0.0"},
        "Version 1.0.2 would be deployed, but 1.0.0 runs",
    ),
    "modified_since_deployment": ({"modified_days_ago": 3}, "The content was modified at"),
    "no_design_time_artifact": ({"design_time": False}, "There is no design-time artifact of this id"),
    "configure_only": ({"configure_only": True}, "The content is configure-only"),
    "locked": ({"locked": True}, "The design-time artifact is locked by designer@example.com"),
    "other_runtime_profile": ({}, "The flow is made for the runtime profile integrationcell"),
    "parameters_changed": ({}, "Parameters were changed since the deployment: 'Path'"),
}


def _blocked_flow(port: int, name: str) -> dict[str, Any]:
    flow = {**_sends(port), **_EFFECTS[name][0]}
    if name == "parameters_changed":
        flow["channels"] = [{"address": f"https://{HOST}:{port}/{{{{Path}}}}"}]
        flow["parameters"] = {"Path": "orders"}
    return flow


def _edit(landscape: DiscoveryLandscape, name: str) -> None:
    """What somebody does in design time after the first look."""
    design = landscape.tenant.runtime.design["Sends_Blocked"]
    if name == "other_runtime_profile":
        design.parameters["SAP_ProfileId"] = "integrationcell"
    if name == "parameters_changed":
        design.parameters["Path"] = "invoices"


@pytest.mark.parametrize("name", sorted(_EFFECTS))
def test_each_effect_blocks_with_its_own_reason_and_can_be_decided(landscape: DiscoveryLandscape, name: str) -> None:
    options = {"cache_path": str(landscape.folder / "cache")}
    with landscape.running(lambda port: {"Sends_Blocked": _blocked_flow(port, name), "Sends_Well": _sends(port)}):
        if name == "parameters_changed":
            # An earlier run has seen with which parameters this deployment came.
            seen = landscape.play(arguments=["--check"], **options)
            assert seen.status == 0, seen.output
        _edit(landscape, name)
        blocked = landscape.play(**options)
        assert (blocked.status, blocked.report["stage"]) == (0, "restart_flows"), blocked.output
        assert blocked.report["decision"]["flows"] == ["Sends_Blocked"]
        assert landscape.restarts() == {"Sends_Well": 1}
        effects = {one["name"]: one for one in blocked.report["side_effects"]["Sends_Blocked"] if one["blocking"]}
        assert name in effects
        assert _EFFECTS[name][1] in effects[name]["sentence"]
        assert any(_EFFECTS[name][1] in one["sentence"] for one in blocked.report["decision"]["diagnosis"])

        waits = landscape.play(**options, flow_side_effects={"Sends_Blocked": "wait"})
        assert (waits.report["stage"], waits.report["decision"]["waits_until"] is not None) == ("restart_flows", True)
        assert landscape.restarts() == {"Sends_Well": 1}

        decided = landscape.play(**options, on_side_effect="redeploy", wait_timeout=5)
        if name in ("no_design_time_artifact", "other_runtime_profile"):
            # There is nothing to deploy here, so the decision can only be another one.
            assert decided.status != 0
            assert "Sends_Blocked" in decided.output
        else:
            assert (decided.status, decided.report["stage"]) == (0, "exchange_certificate"), decided.output
            assert landscape.restarts() == {"Sends_Well": 1, "Sends_Blocked": 1}
