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


# What stands in the way, by the name of the side effect: how the flow is, and the sentence.
_EFFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "run_once_timer": ({"timer": "run_once"}, "runs once at each deployment: its business logic would be executed"),
    "draft": ({"draft": True}, "There is a draft on top of version 1.0.0: it would be deployed"),
    "parameters_changed": (
        {"parameters": {"Path": "new"}, "deployed_parameters": {"Path": "old"}},
        "Parameters were changed since the deployment: 'Path'",
    ),
    "no_design_time_artifact": ({"design_time": False}, "There is no design-time artifact of this id"),
}


def _blocked(port: int) -> dict[str, dict[str, Any]]:
    channels = [{"address": f"https://{HOST}:{port}/{{{{Path}}}}"}]
    flows = {
        f"Sends_{name}": {"channels": channels, "parameters": {"Path": "a"}, **more}
        for name, (more, _unused) in _EFFECTS.items()
    }
    return {**flows, "Sends_Well": _sends(port)}


def test_each_effect_blocks_with_its_own_reason_and_each_can_be_decided(landscape: DiscoveryLandscape) -> None:
    # That parameters were changed is known here because the runtime tells with which ones it runs.
    options: dict[str, Any] = {"prefer_deployed_content": True}
    with landscape.running(_blocked, deployed_bundles=True):
        blocked = landscape.play(**options)
        assert (blocked.status, blocked.report["stage"]) == (0, "restart_flows"), blocked.output
        assert sorted(blocked.report["decision"]["flows"]) == sorted(f"Sends_{name}" for name in _EFFECTS)
        assert landscape.restarts() == {"Sends_Well": 1}
        diagnosis = {one["concerns"][0]: one["sentence"] for one in blocked.report["decision"]["diagnosis"]}
        for name, (_unused, sentence) in _EFFECTS.items():
            effects = {one["name"]: one for one in blocked.report["side_effects"][f"Sends_{name}"] if one["blocking"]}
            assert list(effects) == [name]
            assert sentence in effects[name]["sentence"]
            assert sentence in diagnosis[f"Sends_{name}"]

        decided = landscape.play(
            **options,
            on_side_effect="redeploy",
            flow_side_effects={"Sends_no_design_time_artifact": "wait", "Sends_run_once_timer": "wait"},
        )
        assert (decided.status, decided.report["stage"]) == (0, "restart_flows"), decided.output
        assert decided.report["decision"]["waits_until"] is not None
        assert sorted(decided.report["decision"]["flows"]) == ["Sends_no_design_time_artifact", "Sends_run_once_timer"]
        assert landscape.restarts() == {"Sends_Well": 1, "Sends_draft": 1, "Sends_parameters_changed": 1}

        landscape.tenant.clock.advance(25 * 3600)
        later = landscape.play(**options)
        assert (later.status, later.report["stage"]) == (0, "exchange_certificate"), later.output
