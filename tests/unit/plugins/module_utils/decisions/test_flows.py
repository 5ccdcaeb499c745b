# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which flows take part, what may be answered of what runs, and which flows are deployed again."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.flow_content import (
    FlowContent,
    Missing,
    Question,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.flow_selection import (
    listed_flows,
    select_flows,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.integration_flow import (
    SeenFlows,
    WantedFlows,
    decide_flows,
    stale_flows,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import (
    NotWanted,
    RestartBlocked,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.changes import SideEffect
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.integration_flow import (
    IntegrationFlow,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    flow,
    http,
    step,
)

_NOON = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
_TIMER = SideEffect("run_once_timer", "it fires")
_POLLS = SideEffect("polling_sender", "it polls")
_DRAFT = SideEffect("draft", "there is a draft")


def _found(**verdicts: str) -> list[dict[str, Any]]:
    return [
        {"id": name, "sends_to": {"verdict": verdict, "reasons": [f"because {name}"]}}
        for name, verdict in verdicts.items()
    ]


@pytest.mark.parametrize(
    ("unknown", "flows", "undecided"),
    [("restart", ["a", "c"], {}), ("ignore", ["a"], {}), ("block", ["a", "c"], {"c": "because c"})],
)
def test_unknown_flows_are_the_users_to_decide(unknown: str, flows: list[str], undecided: dict[str, str]) -> None:
    selected = select_flows(_found(a="yes", b="no", c="unknown"), include=[], exclude=[], unknown=unknown)
    assert (selected.flows, selected.undecided) == (flows, undecided)
    assert all("because" in row["why"] for row in selected.rows)


def test_names_go_before_what_was_found() -> None:
    selected = select_flows(
        _found(a="yes", b="no", c="unknown"), include=["b", "c", "absent"], exclude=["a"], unknown="block"
    )
    assert (selected.flows, selected.undecided) == (["b", "c", "absent"], {})
    why = {row["id"]: row["why"] for row in selected.rows}
    assert why["a"] == "excluded by name; found: yes, because a"
    assert why["absent"] == "included by name; it is not deployed"


def test_a_flow_is_not_in_and_out() -> None:
    with pytest.raises(NotWanted, match="both included and excluded: a"):
        select_flows(_found(a="yes"), include=["a"], exclude=["a"], unknown="restart")
    with pytest.raises(NotWanted, match="restart, ignore, block"):
        select_flows([], include=[], exclude=[], unknown="perhaps")
    with pytest.raises(NotWanted, match="without an answer"):
        select_flows([{"id": "a"}], include=[], exclude=[], unknown="restart")


def test_a_given_list_is_taken_as_it_is() -> None:
    assert listed_flows(["z", "a"]).flows == ["z", "a"]


def _content(data: bytes, **more: Any) -> FlowContent:
    return FlowContent(read_flow_bundle(data), "design_time", **more)


def test_what_may_differ_from_what_runs_is_unknown() -> None:
    question = Question("a.example")
    bundle = flow(http("https://a.example/"))
    assert _content(bundle).answer(question.sends).verdict == "yes"
    differs = _content(bundle, differences=(_DRAFT,)).answer(question.sends)
    assert (differs.verdict, differs.reasons[0]) == ("unknown", "there is a draft")
    assert "of the content in design time the answer is yes" in differs.reasons[1]
    missing = FlowContent(None, missing=Missing("unavailable", "it is gone")).answer(question.sends)
    assert (missing.verdict, missing.reasons) == ("unknown", ("it is gone",))


@pytest.mark.parametrize(
    ("data", "question", "depends"),
    [
        (flow(http("https://{{Host}}/"), prop="Host=a.example"), Question("a.example"), True),
        (flow(http("https://b.example/", timeout="{{T}}"), prop="T=1"), Question("a.example"), False),
        (flow(http("https://b.example/", timeout="{{T}}"), prop="T=1"), Question(details=True), True),
        (flow(http("https://b.example/"), prop="T=1"), Question("a.example", details=True), False),
        (flow(http("https://b.example/", privateKeyAlias="{{K}}"), prop="K=k"), Question(alias="k"), True),
        (flow(http("https://b.example/", privateKeyAlias="{{K}}"), prop="K=k"), Question("a.example"), False),
        (flow(http("https://b.example/", proxyType="{{P}}"), prop="P=default"), Question("b.example"), True),
        (flow(http("http://b.example/", proxyType="{{P}}"), prop="P=default"), Question("b.example"), False),
        (
            flow(http("https://b.example/"), step("Enricher", headerTable="{{H}}"), prop="H=x"),
            Question("a.example"),
            True,
        ),
        (flow(http("https://b.example/"), prop="SAP_ProfileId=iflmap"), Question("a.example"), True),
    ],
)
def test_parameters_matter_only_where_they_can_change_the_answer(
    data: bytes, question: Question, depends: bool
) -> None:
    assert question.depends_on_parameters(read_flow_bundle(data)) is depends


def _flow(flow_id: str, deployed_on: datetime | None = _NOON, status: str = "STARTED") -> IntegrationFlow:
    return IntegrationFlow(flow_id, flow_id, "1.0.0", status, None, deployed_on)


def _seen(*flows: IntegrationFlow, now: datetime = _NOON, **effects: tuple[SideEffect, ...]) -> SeenFlows:
    return SeenFlows({one.id: one for one in flows}, _NOON, effects, now)


def _wanted(*ids: str, state: str = "restarted", **choices: str) -> WantedFlows:
    return WantedFlows(ids, state, on_side_effect=choices.pop("default", "block"), of_flow=choices)


def test_only_what_started_too_early_is_stale() -> None:
    flows = {"old": _flow("old"), "new": _flow("new", _NOON + timedelta(seconds=1)), "gone": None}
    assert stale_flows(_wanted(*flows), flows, _NOON) == ("old",)
    assert stale_flows(_wanted(*flows, state="deployed"), flows, _NOON) == ()


def test_blocking_effects_block_all_and_are_all_named() -> None:
    seen = _seen(_flow("a"), _flow("b"), _flow("c"), a=(_TIMER, _POLLS), b=(_DRAFT, _TIMER), c=(_POLLS,))
    with pytest.raises(RestartBlocked) as raised:
        decide_flows(_wanted("a", "b", "c"), seen)
    assert raised.value.effects == {
        "a": {"run_once_timer": "it fires"},
        "b": {"draft": "there is a draft", "run_once_timer": "it fires"},
    }
    assert "a: it fires. b: there is a draft; it fires. Nothing was deployed" in str(raised.value)


def test_each_flow_has_its_own_choice() -> None:
    seen = _seen(_flow("a"), _flow("b"), _flow("c"), a=(_TIMER,), b=(_DRAFT,), c=(_POLLS,))
    plan = decide_flows(_wanted("a", "b", "c", a="redeploy", b="wait"), seen)
    assert plan.actions == ["deploy a, c"]
    assert plan.details["waits_until"] == {"b": "2026-11-22T12:00:00Z"}
    assert [effect["name"] for effect in plan.details["side_effects"]["c"]] == ["polling_sender"]
    assert "wait until 2026-11-22T12:00:00Z: b" in plan.reason


@pytest.mark.parametrize(("hours", "waits"), [(23.99, {"b": "2026-11-22T12:00:00Z"}), (24, {})])
def test_waiting_ends_with_the_cache(hours: float, waits: dict[str, str]) -> None:
    seen = _seen(_flow("b"), now=_NOON + timedelta(hours=hours), b=(_DRAFT,))
    plan = decide_flows(_wanted("b", default="wait"), seen)
    assert (plan.changed, plan.details["waits_until"]) == (False, waits)


def test_a_deployment_that_is_asked_for_asks_nothing() -> None:
    seen = _seen(_flow("a", status="ERROR"), a=(_DRAFT,))
    assert decide_flows(_wanted("a", state="deployed"), seen).actions == ["deploy a"]
