# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""integration_flow: a restart that is nothing but a restart, and what the user decides where it would be more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

Start = Callable[..., LocalTenant]
_LONG_AGO = "2020-01-01T00:00:00Z"

# By the name of the side effect: how the flow is in the landscape, and its sentence.
_EFFECTS: dict[str, tuple[dict[str, Any], str]] = {
    "run_once_timer": ({"timer": "run_once"}, "runs once at each deployment: its business logic would be executed"),
    "draft": ({"draft": True}, "There is a draft on top of version 1.0.0: it would be deployed"),
    "newer_version": ({"version": "1.0.2", "deployed_version": "1.0.0"}, "Version 1.0.2 would be deployed, but 1.0.0"),
    "other_version": ({"version": "0.9.0", "deployed_version": "1.0.0"}, "Version 0.9.0 would be deployed, but 1.0.0"),
    "modified_since_deployment": ({"modified_days_ago": 3}, "The content was modified at"),
    "no_design_time_artifact": ({"design_time": False}, "There is no design-time artifact of this id"),
    "configure_only": ({"configure_only": True}, "The content is configure-only"),
    "locked": ({"locked": True}, "The design-time artifact is locked by designer@example.com"),
}


def _restart(tenant: LocalTenant, *ids: str, check: bool = False, **options: Any) -> Call:
    long_ago = {"started_after": (tenant.clock.now().isoformat())}
    return call(tenant, "integration_flow", {"ids": list(ids), **long_ago, **options}, check=check)


def _restarts(tenant: LocalTenant) -> dict[str, int]:
    return {one["id"]: one["restarts"] for one in tenant.runtime.flows() if one["restarts"]}


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("name", sorted(_EFFECTS))
def test_each_effect_blocks_by_its_own_name(start_tenant: Start, name: str, check: bool) -> None:
    more, sentence = _EFFECTS[name]
    tenant = start_tenant({"flows": [{"id": "special", **more}, {"id": "plain"}]})
    blocked = _restart(tenant, "plain", "special", check=check)
    assert blocked.kind == "RestartBlocked"
    assert [flow["id"] for flow in blocked.result["problem"]["flows"]] == ["special"]
    assert list(blocked.result["problem"]["flows"][0]["side_effects"]) == [name]
    assert sentence in blocked.message
    assert "plain" not in blocked.message
    assert (blocked.writes, _restarts(tenant)) == ([], {})


@pytest.mark.parametrize("name", sorted(set(_EFFECTS) - {"no_design_time_artifact"}))
def test_each_effect_can_be_accepted(start_tenant: Start, name: str) -> None:
    tenant = start_tenant({"flows": [{"id": "special", **_EFFECTS[name][0]}, {"id": "plain"}]})
    done = _restart(tenant, "plain", "special", flow_side_effects={"special": "redeploy"})
    assert done.result["changed"]
    assert name in {effect["name"] for effect in done.result["side_effects"]["special"]}
    assert _restarts(tenant) == {"special": 1, "plain": 1}


def test_a_flow_without_design_time_cannot_be_deployed_and_hides_no_other(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [{"id": "gone", "design_time": False}, {"id": "plain"}]})
    failed = _restart(tenant, "gone", "plain", on_side_effect="redeploy")
    assert failed.kind == "FlowsFailed"
    assert {flow["id"]: flow["restarted"] for flow in failed.result["problem"]["flows"]} == {
        "gone": False,
        "plain": True,
    }
    assert _restarts(tenant) == {"plain": 1}


def test_waiting_says_until_when_the_cache_holds(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [{"id": "timer", "timer": "run_once"}, {"id": "plain"}]})
    moment = tenant.clock.now().replace(microsecond=0)
    options = {"started_after": moment.isoformat(), "on_side_effect": "wait"}
    waits = _restart(tenant, "timer", "plain", **options)
    until = waits.result["waits_until"]["timer"]
    assert until == (moment + timedelta(hours=24)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert f"wait until {until}: timer" in waits.result["reason"]
    assert (waits.result["actions"], _restarts(tenant)) == (["deploy plain"], {"plain": 1})
    tenant.clock.advance(24 * 3600 + 1)
    later = _restart(tenant, "timer", "plain", **options)
    assert (later.result["changed"], later.result["waits_until"]) == (False, {})
    assert "have read the keystore again by themselves" in later.result["reason"]


def test_parameters_changed_since_our_own_deployment_are_named(start_tenant: Start, tmp_path: Path) -> None:
    secret = "s3cr3t-value-of-a-parameter"
    flow = {
        "id": "f",
        "channels": [{"address": "https://{{Host}}/"}],
        "parameters": {"Host": "a.example", "Key": secret},
    }
    tenant = start_tenant({"flows": [flow]})
    first = _restart(tenant, "f", cache_path=str(tmp_path))
    assert [effect["name"] for effect in first.result["side_effects"]["f"]] == ["parameters_unknown"]
    again = _restart(tenant, "f", cache_path=str(tmp_path))
    assert again.result["side_effects"]["f"] == []
    # As SAP Help has it, a changed parameter is in force at the next deployment; that the time of the last
    # modification moves with it is not said anywhere, so here it does not.
    tenant.runtime.design["f"].parameters.update({"Host": "b.example", "Key": "another"})
    blocked = _restart(tenant, "f", cache_path=str(tmp_path))
    assert "Parameters were changed since the deployment: 'Host', 'Key'" in blocked.message
    assert secret not in str(blocked.result)
    assert "b.example" not in str(blocked.result)


def test_parameters_are_compared_with_what_the_runtime_gives_out(start_tenant: Start) -> None:
    flow = {"id": "f", "parameters": {"Host": "new"}, "deployed_parameters": {"Host": "old"}}
    tenant = start_tenant({"flows": [flow], "options": {"deployed_bundles": True}})
    assert "parameters_changed" in str(_restart(tenant, "f", prefer_deployed_content=True).result["problem"])
    assert _restart(tenant, "f").result["changed"], "it is not known, and blocks nothing"


def test_another_runtime_is_named(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [{"id": "f", "parameters": {"SAP_ProfileId": "iflmap"}}]})
    tenant.runtime.design["f"].parameters["SAP_ProfileId"] = "integrationcell"
    assert "made for the runtime profile integrationcell" in _restart(tenant, "f").message


def test_locks_that_may_not_be_seen_are_said_and_block_nothing(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [{"id": "f", "locked": True}]})
    roles = ["MonitoringDataRead", "WorkspacePackagesRead", "WorkspaceArtifactsDeploy"]
    key = tenant.create_service_key(roles=roles)
    done = _restart(tenant, "f", service_key=key, ca_path=str(tenant.ca_path))
    assert {effect["name"] for effect in done.result["side_effects"]["f"]} == {"lock_unknown", "parameters_unknown"}
    assert _restarts(tenant) == {"f": 1}


def test_only_flows_that_would_be_restarted_are_compared(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [{"id": f"f{n}"} for n in range(3)]})
    fresh = _restart(tenant, "f0", "f1", "f2", started_after=_LONG_AGO)
    assert fresh.requests == ["GET /api/v1/IntegrationRuntimeArtifacts"]
    assert fresh.result["side_effects"] == {}


def test_a_choice_that_is_none_is_refused_before_the_first_request(start_tenant: Start) -> None:
    refused = _restart(start_tenant(), "f", flow_side_effects={"f": "perhaps"})
    assert (refused.kind, refused.requests) == ("NotWanted", [])
