# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal of a key pair: what is decided case by case, and a run that is killed after any write."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import format_time
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import Conflict
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.key_pair import (
    KeyPairDecision,
    decide_key_pair_renewal,
    forecast_key_pair,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.key_pair_facts import KeyPairFacts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.key_pair_observation import (
    key_pair_facts_of,
)

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
CA = "CN=Example CA, O=Example, C=DE"
OTHER_CA = "CN=Other CA, O=Example, C=DE"


def leaf(days: float, *, issuer: str = CA, name: str = "aa", **more: Any) -> dict[str, Any]:
    return {
        "subject": "CN=client.example, C=DE",
        "issuer": issuer,
        "not_before": format_time(NOW - timedelta(days=300)),
        "not_after": format_time(NOW + timedelta(days=days)),
        "fingerprint_sha256": name,
        "self_signed": False,
        "extended_key_usages": ["clientAuth"],
        **more,
    }


@dataclass
class World:
    """A tenant, two files and a CA, as far as the role sees them."""

    installed: dict[str, Any] = field(default_factory=lambda: leaf(20))
    written_hours_ago: float = 1000
    request: bool = False
    response: dict[str, Any] | None = None
    deployed_hours_ago: float = 500
    provider: str = "local_ca"
    policy: dict[str, Any] = field(default_factory=dict)
    now: str = ""
    waits_until: dict[str, str] = field(default_factory=dict)
    logs: list[dict[str, Any]] | None = None
    answer_days: float = 365
    answers: int = 0
    steps: list[str] = field(default_factory=list)

    def facts(self) -> KeyPairFacts:
        row = {
            "alias": "client", "type": "key_pair", "owner": "tenant_administrator", "chain": [self.installed],
            "last_modified_at": format_time(NOW - timedelta(hours=self.written_hours_ago)), "created_at": None,
        }  # fmt: skip
        deployed = format_time(NOW - timedelta(hours=self.deployed_hours_ago))
        response = None
        if self.response is not None:
            actions = [] if self.response == self.installed else ["install"]
            refused = self.response.get("refused")
            answer = {"msg": refused} if refused else {"signing_response": {"leaf": self.response}, "actions": actions}
            response = answer
        return KeyPairFacts.from_mapping(
            key_pair_facts_of(
                {
                    "alias": "client",
                    "now": self.now,
                    "keystore": {"keystore_entries": [row], "tenant_time": format_time(NOW)},
                    "request": {"actions": [] if self.request else ["write"]},
                    "response": response,
                    "flows": {
                        "integration_flows": [{"id": "orders", "status": "STARTED", "deployed_on": deployed}],
                        "not_deployed": ["idle"],
                    },
                    "waits_until": self.waits_until,
                    "logs": self.logs,
                    "steps": self.steps,
                    "policy": {
                        "provider": self.provider, "renew_before": "30", "request_path": "a.csr",
                        "response_path": "a.p7b", **self.policy,
                    },
                }
            )
        )  # fmt: skip

    def decide(self) -> KeyPairDecision:
        return decide_key_pair_renewal(self.facts())

    def carry_out(self, step: str) -> None:
        """One step of the role, whole."""
        if step == "write_request":
            self.request = True
        elif step in ("answer_request", "run_tasks"):
            self.answers += 1
            # Another certificate each time, and each ends a little later than the one before.
            days, name = self.answer_days + self.answers / 86400, f"b{self.answers}"
            self.response = leaf(days, issuer=self.policy.get("issuer") or CA, name=name)
        elif step == "install_response":
            assert self.response is not None
            self.installed, self.written_hours_ago = self.response, 0.01
        elif step == "restart_flows":
            self.deployed_hours_ago = 0.001
        elif step == "check_messages":
            self.logs = [{"id": "orders", "completed": 3, "tls_failures": 0}]
        else:
            raise AssertionError(step)

    def run(self, stop_after: int | None = None) -> list[str]:
        """A run of the role; the logs and its steps are all that it keeps in mind, and a new run has forgotten them."""
        self.logs, self.steps = None, []
        while (step := self.decide().step) is not None and len(self.steps) < 20 and len(self.steps) != stop_after:
            if step == "hand_over":
                break
            self.carry_out(step)
            self.steps.append(step)
        return self.steps


ALL = ["write_request", "answer_request", "install_response", "restart_flows", "check_messages"]


def test_a_run_goes_from_the_request_to_the_proof() -> None:
    world = World()
    assert forecast_key_pair(world.facts()) == ALL
    assert world.run() == ALL
    assert world.decide().finished
    assert world.run() == ["check_messages"], "the second run only looks"


@pytest.mark.parametrize("number", range(len(ALL)))
def test_a_run_that_is_killed_after_any_step_is_continued(number: int) -> None:
    world = World()
    done = world.run(stop_after=number)
    rest = world.run()
    assert [*done, *rest] == ALL
    assert world.decide().finished


def test_manual_stops_until_the_answer_is_there() -> None:
    world = World(provider="manual")
    assert world.run() == ["write_request"]
    decision = world.decide()
    assert (decision.stage, decision.step) == ("await_response", "hand_over")
    assert decision.hand_over is not None
    assert "a.csr" in decision.hand_over
    assert "a.p7b" in decision.hand_over
    world.response = leaf(365, name="bb")
    assert world.run() == ["install_response", "restart_flows", "check_messages"]


@pytest.mark.parametrize(
    ("world", "because"),
    [
        (World(leaf(20)), "ends in 20 days"),
        (World(leaf(-2)), "ended 2 days ago"),
        (World(leaf(300), policy={"issuer": OTHER_CA}), f"it is from {CA}, and {OTHER_CA} is wanted"),
        (
            World(leaf(300, extended_key_usages=["serverAuth"]), policy={"required_key_usage": ["client_auth"]}),
            "may not be used for clientAuth",
        ),
        (World(leaf(300, self_signed=True)), "no CA has signed the certificate yet"),
        (World(leaf(300), now="2027-09-20T00:00:00Z"), "sooner than 30 days"),
    ],
    ids=["soon", "over", "another CA", "another usage", "self-signed", "the clock is set"],
)
def test_a_renewal_is_due(world: World, because: str) -> None:
    decision = world.decide()
    assert decision.is_due
    assert because in decision.due


@pytest.mark.parametrize(
    "world",
    [
        World(leaf(31)),
        World(leaf(20), policy={"renew_before": 10}),
        World(leaf(300), policy={"issuer": "c=de, o=EXAMPLE, cn=example ca"}),
        World(leaf(300, extended_key_usages=None), policy={"required_key_usage": ["clientAuth"]}),
        World(leaf(20), now="2026-01-01T00:00:00Z"),
    ],
    ids=["long enough", "a smaller renew_before", "the same CA written differently", "any usage", "the clock is set"],
)
def test_no_renewal_is_due(world: World) -> None:
    decision = world.decide()
    assert (decision.is_due, decision.finished, decision.step) == (False, True, None)
    assert "No renewal is due: the certificate ends in" in decision.due


@pytest.mark.parametrize(
    ("response", "flaw"),
    [
        (None, "There is no answer"),
        (leaf(20), "the answer that the key pair has already"),
        (leaf(10, name="cc"), "no later than the certificate that it would replace"),
        (leaf(365, issuer=OTHER_CA, name="cc"), f"It is from {OTHER_CA}"),
        ({"refused": "the answer is for another key"}, "the answer is for another key"),
    ],
)
def test_an_answer_that_does_not_help_is_asked_for_again(response: dict[str, Any] | None, flaw: str) -> None:
    world = World(provider="manual", request=True, response=response, policy={"issuer": CA})
    decision = world.decide()
    assert decision.step == "hand_over"
    assert flaw in decision.reason


@pytest.mark.parametrize("provider", ["local_ca", "tasks"])
@pytest.mark.parametrize("days", [1, 25, 30 - 2 / 86400], ids=["a day", "less than renew_before", "renew_before"])
def test_a_run_installs_one_certificate_even_if_it_is_due_again_at_once(provider: str, days: float) -> None:
    """A CA whose certificates last no longer than renew_before: one installation for each run, and a warning."""
    ask = {"local_ca": "answer_request", "tasks": "run_tasks"}[provider]
    world = World(leaf(0.5), provider=provider, answer_days=days)
    assert world.run() == ["write_request", ask, "install_response", "restart_flows", "check_messages"]
    first = world.decide()
    assert (first.finished, first.is_due, world.installed["fingerprint_sha256"]) == (True, False, "b1")
    assert "This run has renewed it" in first.due
    assert "the next run renews it again" in first.warnings[0]
    world.written_hours_ago, world.deployed_hours_ago = 25, 24.9
    assert world.run() == [ask, "install_response", "restart_flows", "check_messages"], "the next run, and once"
    assert world.installed["fingerprint_sha256"] == "b2"


@pytest.mark.parametrize(
    ("not_before", "days", "warned"),
    [(-1, 25, True), (-1, 30, True), (-1, 31, False), (1, 31, True)],
    ids=["shorter", "equal", "longer", "equal, by a CA whose clock is ahead"],
)
def test_an_answer_that_is_too_short_is_installed_with_a_warning(not_before: int, days: int, warned: bool) -> None:
    answer = leaf(days, name="cc", not_before=format_time(NOW + timedelta(days=not_before)))
    world = World(request=True, response=answer)
    decision = world.decide()
    assert decision.step == "install_response"
    assert bool(decision.warnings) == warned
    if warned:
        assert f"{min(days, days - not_before)} days" in decision.warnings[0]
        assert "renew_before is 30 days" in decision.warnings[0]
        assert "Lower renew_before, or ask the CA for a longer validity" in decision.warnings[0]


def test_manual_installs_a_short_answer_once_and_then_waits_for_another_file() -> None:
    world = World(provider="manual", request=True, response=leaf(25, name="bb"))
    assert world.run() == ["install_response", "restart_flows", "check_messages"]
    assert world.decide().finished
    for _run in range(2):
        assert world.run() == []
        assert (world.decide().step, world.decide().stage) == ("hand_over", "await_response")
        assert "It is the answer that the key pair has already" in (world.decide().hand_over or "")


def test_killed_after_a_short_answer_the_flows_are_restarted_before_somebody_is_waited_for() -> None:
    """The certificate that they still present may end before the CA answers."""
    world = World(provider="manual", request=True, response=leaf(25, name="bb"))
    assert world.run(stop_after=1) == ["install_response"]
    killed = replace(world, steps=[])
    decision = killed.decide()
    assert (decision.step, decision.is_due, decision.flows) == ("restart_flows", True, ("orders",))
    renewal = ["install_response", "restart_flows", "check_messages"]
    assert forecast_key_pair(killed.facts()) == ["restart_flows", "hand_over", *renewal]
    assert (killed.run(), killed.decide().step) == (["restart_flows"], "hand_over")
    unsigned = World(leaf(300, self_signed=True), provider="manual", request=True, written_hours_ago=1)
    assert unsigned.decide().step == "hand_over", "no flow is made to present what no CA has signed"


def test_the_answer_of_the_previous_renewal_is_not_installed_again() -> None:
    """It lies where the next one is expected, and another certificate may have been installed since."""
    previous = leaf(20, name="bb")
    for installed in (previous, leaf(25, name="by hand")):
        world = World(installed, provider="manual", request=True, response=previous)
        assert (world.run(), world.decide().step) == ([], "hand_over")


def test_only_flows_that_may_have_the_old_certificate_are_restarted() -> None:
    fresh = World(leaf(300), written_hours_ago=2, deployed_hours_ago=5)
    assert fresh.decide().flows == ("orders",)
    assert "idle" in fresh.decide().warnings[0]
    assert replace(fresh, deployed_hours_ago=1).decide().step == "check_messages"
    assert replace(fresh, deployed_hours_ago=2).decide().step == "restart_flows", "the same moment is not after"
    assert replace(fresh, written_hours_ago=25, deployed_hours_ago=500).decide().finished, "the cache has run out"


def test_a_flow_that_is_left_alone_waits_for_its_cache() -> None:
    world = World(leaf(300), written_hours_ago=2, waits_until={"orders": "2026-11-22T10:00:00Z"})
    decision = world.decide()
    assert (decision.stage, decision.step, decision.finished) == ("await_cache", None, False)
    assert decision.waits_until == NOW + timedelta(hours=22)


def test_messages_prove_it_or_fail_it() -> None:
    world = World(leaf(300), written_hours_ago=2, deployed_hours_ago=1)
    failing = replace(world, logs=[{"id": "orders", "completed": 4, "tls_failures": 1}]).decide()
    assert (failing.stage, failing.failing, failing.finished) == ("messages_fail", ("orders",), False)
    silent = replace(world, logs=[{"id": "orders", "completed": 0, "tls_failures": 0}]).decide()
    assert silent.finished
    assert "nothing is proved: orders" in silent.warnings[-1]


@pytest.mark.parametrize("change", [{"type": "certificate"}, {"owner": "sap"}, {"alias": "other"}])
def test_without_a_key_pair_there_is_nothing_to_renew(change: dict[str, str]) -> None:
    row = {"alias": "client", "type": "key_pair", "owner": "tenant_administrator", "chain": [leaf(1)], **change}
    observation = {"alias": "client", "keystore": {"keystore_entries": [row]}, "policy": {}}
    with pytest.raises(Conflict, match="no key pair"):
        key_pair_facts_of(observation)
