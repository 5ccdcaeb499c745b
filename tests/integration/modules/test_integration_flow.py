# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""integration_flow: a restart is a state, not an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.convergence import prove_convergence
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

_FLOWS = {"flows": [{"id": name} for name in ("invoices", "orders", "stock")]}


@pytest.fixture
def flows(start_tenant: Callable[..., LocalTenant]) -> LocalTenant:
    return start_tenant(_FLOWS)


def _deployments(tenant: LocalTenant) -> dict[str, tuple[str, int]]:
    """Status and number of restarts of each flow, by the runtime's own count."""
    return {one["id"]: (one["status"], one["restarts"]) for one in tenant.runtime.flows()}


def test_flows_are_restarted_once_after_an_entry_was_written(flows: LocalTenant, new_root: Credential) -> None:
    flows.seed_certificate("new_root", new_root.der)
    call(flows, "keystore_entry", {"alias": "newer", "previous_alias": "new_root"})
    real = prove_convergence(
        flows,
        "integration_flow",
        "integration_flows",
        {"ids": ["orders", "invoices"], "started_after": "newer"},
        look=lambda: _deployments(flows),
        unchanged=20,
        changed=60,
        connections=8,
    )
    assert [one["id"] for one in real.result["integration_flows"]] == ["orders", "invoices"]
    assert _deployments(flows) == {"invoices": ("STARTED", 1), "orders": ("STARTED", 1), "stock": ("STARTED", 0)}
    assert len(real.writes) == 2


def test_a_flow_started_later_is_left_alone(flows: LocalTenant) -> None:
    long_ago = {"ids": ["orders", "stock"], "started_after": "2020-01-01T00:00:00Z"}
    seen = call(flows, "integration_flow", long_ago)
    assert (seen.result["changed"], len(seen.requests), seen.tokens) == (False, 1, 1)
    assert "was started after 2020-01-01T00:00:00Z" in seen.result["reason"]


def test_flows_are_taken_out_of_service_and_deployed_again(flows: LocalTenant) -> None:
    ids = ["orders", "stock"]
    prove_convergence(
        flows,
        "integration_flow",
        "integration_flows",
        {"ids": ids, "state": "undeployed"},
        look=lambda: _deployments(flows),
        unchanged=1,
        changed=20,
        connections=8,
    )
    assert set(_deployments(flows)) == {"invoices"}
    prove_convergence(
        flows,
        "integration_flow",
        "integration_flows",
        {"ids": ids, "state": "deployed"},
        look=lambda: _deployments(flows),
        unchanged=1,
        changed=60,
        connections=8,
    )
    assert {name: status for name, (status, _unused) in _deployments(flows).items()} == dict.fromkeys(
        ["invoices", "orders", "stock"], "STARTED"
    )


def test_one_flow_that_fails_does_not_hide_the_others(flows: LocalTenant) -> None:
    flows.runtime.plan_deployment("stock", outcome="error", error="No such queue: STOCK.IN")
    wanted = {"ids": ["orders", "stock"], "started_after": _just_now(flows)}
    failed = call(flows, "integration_flow", wanted)
    assert failed.kind == "FlowsFailed"
    assert "No such queue: STOCK.IN" in failed.message
    assert "Not done: deploy stock" in failed.message
    assert {one["id"]: one["restarted"] for one in failed.result["problem"]["flows"]} == {
        "orders": True,
        "stock": False,
    }
    assert _deployments(flows)["orders"] == ("STARTED", 1)
    # The next run restarts the one that is left alone.
    again = call(flows, "integration_flow", wanted)
    assert again.result["actions"] == ["deploy stock"]
    assert _deployments(flows)["orders"] == ("STARTED", 1)


def test_a_deployment_that_is_refused_leaves_the_flow_running_as_it_was(flows: LocalTenant) -> None:
    flows.runtime.plan_deployment("orders", outcome="fail")
    before = _deployments(flows)
    failed = call(flows, "integration_flow", {"ids": ["orders"], "started_after": _just_now(flows)})
    assert failed.kind == "FlowsFailed"
    assert "Nothing was changed" in failed.message
    assert _deployments(flows) == before


def test_a_flow_that_is_not_deployed_is_not_restarted(flows: LocalTenant) -> None:
    refused = call(flows, "integration_flow", {"ids": ["orders", "nobody"], "started_after": _just_now(flows)})
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert "nobody" in refused.message
    assert "orders" not in refused.message


def test_a_colleagues_deployment_that_is_under_way_counts(flows: LocalTenant) -> None:
    moment = _just_now(flows)
    flows.runtime.deploy("orders", "active", "colleague@example.com")
    seen = call(flows, "integration_flow", {"ids": ["orders"], "started_after": moment})
    assert seen.result.get("msg") is None
    assert _deployments(flows)["orders"][0] == "STARTED"


@pytest.mark.parametrize(
    ("options", "kind", "says"),
    [
        ({"ids": ["orders"]}, None, "started_after"),
        ({"ids": [" "], "state": "deployed"}, "NotWanted", "an ID is empty"),
        ({"ids": ["orders"], "state": "deployed", "parallel": 0}, "NotWanted", "parallel"),
        ({"ids": ["orders"], "state": "deployed", "wait_timeout": -1}, "NotWanted", "wait_timeout"),
        ({"ids": ["orders"], "state": "running"}, None, "restarted, deployed, undeployed"),
    ],
)
def test_what_cannot_be_meant_costs_no_request(
    flows: LocalTenant, options: dict[str, Any], kind: str | None, says: str
) -> None:
    refused = call(flows, "integration_flow", options)
    assert says in refused.message
    assert refused.result.get("problem", {}).get("kind") == kind
    assert (refused.requests, refused.tokens) == ([], 0)


def test_an_alias_that_is_none_is_named(flows: LocalTenant) -> None:
    refused = call(flows, "integration_flow", {"ids": ["orders"], "started_after": "no_such_alias"})
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert "no_such_alias" in refused.message


def test_a_time_to_come_is_refused_before_a_flow_is_restarted_in_vain(flows: LocalTenant) -> None:
    refused = call(flows, "integration_flow", {"ids": ["orders"], "started_after": "2126-01-01T00:00:00Z"})
    assert refused.writes == []
    assert "2126-01-01T00:00:00Z" in refused.message


def _just_now(tenant: LocalTenant) -> str:
    return str(tenant.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z"))
