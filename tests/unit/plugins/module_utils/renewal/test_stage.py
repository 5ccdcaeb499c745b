# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The next safe step, case by case as a user meets them; every reachable state is explored by ``tests/model``."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.decision import STEPS, Decision
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.facts import Facts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.stage import decide, decide_rollback


def decided(facts: dict[str, Any]) -> Decision:
    decision = decide(Facts.from_mapping(facts))
    assert decision.step is None or decision.step in STEPS
    json.dumps(decision.to_result())
    return decision


def names(decision: Decision) -> set[str]:
    return {finding.name for finding in decision.diagnosis}


def restarted(facts: dict[str, Any]) -> None:
    """The new root came at 08:00, the flows were restarted after it."""
    facts["new_root"]["entries"] = [{"alias": "new", "last_modified_time": "2026-11-21T08:00:00Z"}]
    for flow in facts["flows"]:
        flow["deployed_on"] = "2026-11-21T08:05:00Z"


# The stages, in their order.


def test_first_the_new_root_is_imported(facts: dict[str, Any]) -> None:
    decision = decided(facts)
    assert (decision.stage, decision.step, decision.who) == (
        "import_new_root",
        "import_new_root",
        "tenant administrator",
    )


def test_then_just_the_flows_are_restarted_that_may_lack_it(facts: dict[str, Any]) -> None:
    restarted(facts)
    facts["flows"][0]["deployed_on"] = "2026-11-21T07:59:59Z"
    decision = decided(facts)
    assert (decision.stage, decision.step, decision.flows) == ("restart_flows", "restart_flows", ("Orders",))


@pytest.mark.parametrize(
    ("deployed_on", "now", "step"),
    [
        ("2026-11-21T08:00:00Z", "2026-11-21T09:00:00Z", "restart_flows"),  # equal: it may
        ("2026-11-21T08:00:00.001Z", "2026-11-21T09:00:00Z", "hand_over"),
        (None, "2026-11-21T09:00:00Z", "restart_flows"),
        ("2026-01-01T00:00:00Z", "2026-11-22T07:59:59.999Z", "restart_flows"),
        ("2026-01-01T00:00:00Z", "2026-11-22T08:00:00Z", "hand_over"),  # the cache of 24 hours has run out
        ("2026-01-01T00:00:00Z", "2026-11-21T07:00:00Z", "restart_flows"),  # the clock went back: no proof
    ],
)
def test_a_flow_may_hold_the_old_keystore(facts: dict[str, Any], deployed_on: str | None, now: str, step: str) -> None:
    restarted(facts)
    facts["now"] = now
    facts["flows"] = [{"id": "Orders", "status": "STARTED", "deployed_on": deployed_on}]
    assert decided(facts).step == step


def test_a_second_alias_that_came_later_restarts_nothing(facts: dict[str, Any]) -> None:
    restarted(facts)
    facts["new_root"]["entries"].append({"alias": "again", "last_modified_time": "2026-11-21T10:00:00Z"})
    assert decided(facts).stage == "exchange_certificate"


def test_then_the_exchange_is_handed_over(facts: dict[str, Any]) -> None:
    restarted(facts)
    decision = decided(facts)
    assert (decision.stage, decision.step, decision.who) == (
        "exchange_certificate",
        "hand_over",
        "receiver administrator",
    )
    assert decision.hand_over is not None
    assert decision.hand_over.by == "receiver administrator"
    assert "bb:02" in decision.hand_over.text
    assert "192.0.2.1, 192.0.2.2" in decision.hand_over.text
    facts["now"] = "2026-11-21T20:00:00Z"
    facts["receiver"]["addresses"][0].update(validated_by_old=False, validated_by_new=True)
    later = decided(facts)
    assert later.hand_over is not None
    assert later.hand_over.key == decision.hand_over.key
    assert "half_exchanged" in names(later)


@pytest.mark.parametrize(
    ("invoices", "now", "since"),
    [
        ("2026-11-21T08:07:00Z", "2026-11-21T12:00:00Z", "2026-11-21T08:07:00Z"),  # the later of the two restarts
        ("2026-11-21T08:07:00.019Z", "2026-11-21T08:07:00Z", "2026-11-21T08:07:00.019Z"),  # in this very second
        ("2026-11-25T08:00:00Z", "2026-11-26T12:00:00Z", "2026-11-22T08:00:00Z"),  # deployed long after it was ready
        ("2026-01-01T00:00:00Z", "2026-11-26T12:00:00Z", "2026-11-22T08:00:00Z"),  # never restarted: its cache ran out
    ],
)
def test_since_when_the_exchange_is_awaited_is_the_same_in_every_run(
    facts: dict[str, Any], invoices: str, now: str, since: str
) -> None:
    restarted(facts)
    facts["flows"][1]["deployed_on"], facts["now"] = invoices, now
    hand_over = decided(facts).to_result()["hand_over"]
    assert (hand_over["what"], hand_over["since"]) == ("exchange_certificate", since)


def test_since_when_a_root_is_missing_is_not_known(facts: dict[str, Any]) -> None:
    facts["old_root"].update(entries=[], certificate_known=False)
    hand_over = decided(facts).to_result()["hand_over"]
    assert (hand_over["what"], hand_over["since"]) == ("provide_old_root", None)


@pytest.mark.parametrize("exchange", ["files", "tasks"])
def test_or_done_here_when_told_how(facts: dict[str, Any], exchange: str) -> None:
    restarted(facts)
    facts["policy"]["exchange"] = exchange
    assert decided(facts).step == "exchange_certificate"


def test_then_it_soaks(exchanged: dict[str, Any]) -> None:
    exchanged["policy"]["observed_stable_seconds"] = 20
    decision = decided(exchanged)
    assert (decision.stage, decision.step, decision.who) == ("soak", "soak", "both")
    assert decision.waits_for is not None
    assert "40 more seconds" in decision.waits_for


def test_too_few_probes_of_one_address_are_not_believed(exchanged: dict[str, Any]) -> None:
    exchanged["receiver"]["addresses"][1]["consecutive"] = 2
    assert decided(exchanged).step == "soak"


def test_then_the_messages_are_looked_at(exchanged: dict[str, Any]) -> None:
    exchanged["logs"] = None
    decision = decided(exchanged)
    assert (decision.stage, decision.step) == ("soak", "check_messages")


def test_then_the_old_root_is_deleted_under_every_alias(exchanged: dict[str, Any]) -> None:
    exchanged["old_root"]["entries"].append({"alias": "older", "last_modified_time": "2021-01-01T00:00:00Z"})
    decision = decided(exchanged)
    assert (decision.stage, decision.step, decision.aliases) == ("delete_old_root", "delete_old_root", ("old", "older"))
    assert decision.warnings == ()


def test_an_entry_of_sap_stays(exchanged: dict[str, Any]) -> None:
    exchanged["old_root"]["entries"][0]["owner"] = "sap"
    decision = decided(exchanged)
    assert decision.finished
    assert "SAP owns it" in decision.reason


def test_at_last_there_is_nothing_to_do(done: dict[str, Any]) -> None:
    decision = decided(done)
    assert (decision.stage, decision.step, decision.finished, decision.who) == ("done", None, True, "nobody")
    assert not decision.outage


def test_a_run_may_be_limited_to_some_steps(facts: dict[str, Any]) -> None:
    facts["policy"]["allow"] = ["restart_flows"]
    decision = decided(facts)
    assert (decision.step, decision.withheld) == (None, "import_new_root")


# Gates.


@pytest.mark.parametrize(
    ("choice", "step", "until"),
    [
        ("block", None, "2026-11-22T08:00:00Z"),
        ("redeploy", "restart_flows", None),
        ("wait", None, "2026-11-22T08:00:00Z"),
    ],
)
def test_a_flow_that_cannot_just_be_restarted(
    facts: dict[str, Any], choice: str, step: str | None, until: str | None
) -> None:
    restarted(facts)
    facts["flows"][0].update(
        deployed_on="2026-01-01T00:00:00Z", restartable=False, blocked_by=["a draft"], on_side_effect=choice
    )
    decision = decided(facts)
    assert (decision.stage, decision.step, decision.flows) == ("restart_flows", step, ("Orders",))
    assert decision.to_result()["waits_until"] == until
    assert "flow_cannot_restart" in names(decision)


def test_the_others_are_restarted_before_anybody_is_asked(facts: dict[str, Any]) -> None:
    facts["new_root"]["entries"] = [{"alias": "new", "last_modified_time": "2026-11-21T08:00:00Z"}]
    facts["flows"][0].update(restartable=False, blocked_by=["a draft"])
    assert decided(facts).flows == ("Invoices",)


@pytest.mark.parametrize(
    ("status", "step", "finding"),
    [
        ("STARTING", "await_flows", "flow_changing"),
        ("ERROR", None, "flow_in_error"),
        (None, "hand_over", "flow_not_deployed"),
    ],
)
def test_a_flow_that_does_not_run(facts: dict[str, Any], status: str | None, step: str | None, finding: str) -> None:
    restarted(facts)
    facts["flows"][1]["status"] = status
    decision = decided(facts)
    assert decision.step == step
    assert finding in names(decision)


@pytest.mark.parametrize(
    ("needs", "accepted", "step"),
    [
        ("no", False, "delete_old_root"),
        ("yes", False, None),
        ("yes", True, None),  # nobody can accept an outage that is known
        ("unknown", False, None),
        ("unknown", True, "delete_old_root"),
    ],
)
def test_a_protected_receiver(exchanged: dict[str, Any], needs: str, accepted: bool, step: str | None) -> None:
    other = {"receiver": "crm.example:443", "needs_old_root": needs, "accepted": accepted, "flows": ["Leads"]}
    exchanged["protected"] = [{**other, "consecutive": 3}]
    decision = decided(exchanged)
    assert (decision.stage, decision.step) == ("delete_old_root", step)
    if step is None:
        assert "crm.example:443" in decision.reason
        assert decision.flows == ("Leads",)


def test_one_probe_of_a_protected_receiver_is_not_believed(exchanged: dict[str, Any]) -> None:
    exchanged["protected"] = [{"receiver": "crm.example:443", "needs_old_root": "no"}]
    assert decided(exchanged).step == "soak"


def test_tls_failures_since_the_restart_stop_the_deletion(exchanged: dict[str, Any]) -> None:
    exchanged["logs"]["flows"][0].update(tls_failures=3, first_failure_text="PKIX path building failed")
    decision = decided(exchanged)
    assert (decision.step, decision.flows, decision.outage) == (None, ("Orders",), True)
    assert any("PKIX path building failed" in finding.sentence for finding in decision.diagnosis)


def test_tls_failures_from_before_the_restart_of_a_flow_are_cured_by_it(exchanged: dict[str, Any]) -> None:
    failed = {"tls_failures": 2, "completed": 0}
    exchanged["logs"]["flows"] = [
        {"id": "Orders", "last_failure_time": "2026-11-21T08:04:59Z", **failed},
        {"id": "Invoices", "last_failure_time": "2026-11-21T08:06:00Z", **failed},
    ]
    decision = decided(exchanged)
    assert (decision.step, decision.flows, decision.outage) == (None, ("Invoices",), True)
    exchanged["flows"][1]["deployed_on"] = "2026-11-21T08:06:01Z"
    assert decided(exchanged).step == "delete_old_root"


@pytest.mark.parametrize(("policy", "step"), [("warn", "delete_old_root"), ("block", None)])
def test_a_flow_without_messages_is_named_as_unproven(exchanged: dict[str, Any], policy: str, step: str | None) -> None:
    exchanged["logs"]["flows"][1]["completed"] = 0
    exchanged["policy"]["unproven_flows"] = policy
    decision = decided(exchanged)
    assert decision.step == step
    assert "Invoices" in " ".join([decision.reason, *decision.warnings])


# What others did.


def test_exchanged_too_early_is_repaired_at_once(facts: dict[str, Any]) -> None:
    facts["receiver"]["addresses"] = [
        {**a, "validated_by_old": False, "validated_by_new": True} for a in addresses(facts)
    ]
    decision = decided(facts)
    assert (decision.step, decision.outage) == ("import_new_root", True)
    assert "exchanged_too_early" in names(decision)
    facts["new_root"]["entries"] = [{"alias": "new", "last_modified_time": "2026-11-21T11:59:00Z"}]
    decision = decided(facts)
    assert (decision.step, decision.outage, len(decision.flows)) == ("restart_flows", True, 2)
    assert "exchanged_too_early" in names(decision)


def test_an_old_root_that_is_gone_comes_back_before_anything_is_restarted(facts: dict[str, Any]) -> None:
    facts["old_root"]["entries"] = []
    facts["new_root"]["entries"] = [{"alias": "new", "last_modified_time": "2026-11-21T11:59:00Z"}]
    decision = decided(facts)
    assert (decision.step, decision.outage) == ("import_old_root", True)
    assert "old_root_gone" in names(decision)
    facts["old_root"]["certificate_known"] = False
    decision = decided(facts)
    assert decision.step is None
    assert decision.hand_over is not None
    assert decision.hand_over.what == "provide_old_root"


def test_flows_that_may_have_started_without_the_old_root_are_restarted(facts: dict[str, Any]) -> None:
    restarted(facts)
    facts["old_root"]["entries"][0]["last_modified_time"] = "2026-11-21T09:00:00Z"
    decision = decided(facts)
    assert (decision.step, len(decision.flows), decision.outage) == ("restart_flows", 2, True)
    assert "old_root_changed" in names(decision)


def test_a_deleted_new_root_after_the_end_is_imported_again(done: dict[str, Any]) -> None:
    done["new_root"]["entries"] = []
    decision = decided(done)
    assert decision.step == "import_new_root"
    assert "new_root_gone" in names(decision)


def test_nothing_is_restarted_while_no_keystore_entry_validates_what_is_served(facts: dict[str, Any]) -> None:
    facts["new_root"]["entries"] = [{"alias": "new", "last_modified_time": "2026-11-21T11:59:00Z"}]
    addresses(facts)[1].update(validated_by_old=False, problem="no path to a root")
    decision = decided(facts)
    assert (decision.stage, decision.step) == ("restart_flows", None)
    assert "unvalidated_chain" in names(decision)


@pytest.mark.parametrize(("probes", "step"), [(2, "soak"), (3, "restart_flows")])
def test_without_the_old_root_nothing_is_restarted_on_too_few_probes(
    done: dict[str, Any], probes: int, step: str
) -> None:
    done["new_root"]["entries"][0]["last_modified_time"] = "2026-11-21T10:00:00Z"
    for address in addresses(done):
        address["consecutive"] = probes
    decision = decided(done)
    assert (decision.stage, decision.step) == ("restart_flows", step)
    assert "new_root_changed" in names(decision)


@pytest.mark.parametrize("kind", ["leaf_expired", "leaf_not_yet_valid", "wrong_host"])
def test_a_certificate_that_no_keystore_can_save_does_not_stop_the_renewal(facts: dict[str, Any], kind: str) -> None:
    facts["new_root"]["entries"] = [{"alias": "new", "last_modified_time": "2026-11-21T11:59:00Z"}]
    for address in addresses(facts):
        address.update(validated_by_old=False, problem="said the probe", problem_kind=kind)
    decision = decided(facts)
    assert (decision.step, decision.outage) == ("restart_flows", True)
    assert kind in names(decision)
    restarted(facts)
    decision = decided(facts)
    assert decision.hand_over is not None
    assert "said the probe" in decision.hand_over.text


@pytest.mark.parametrize("kind", ["no_intermediate", "unvalidated_chain"])
def test_a_broken_chain_after_the_exchange_keeps_the_old_root(exchanged: dict[str, Any], kind: str) -> None:
    addresses(exchanged)[0].update(validated_by_new=False, problem="said the probe", problem_kind=kind)
    decision = decided(exchanged)
    assert decision.stage == "exchange_certificate"
    assert kind in names(decision)


def test_an_address_that_does_not_answer_stops_it(exchanged: dict[str, Any]) -> None:
    addresses(exchanged)[0]["error"] = "timed out"
    decision = decided(exchanged)
    assert (decision.stage, decision.step, decision.hand_over) == ("exchange_certificate", None, None)
    assert "receiver_unreachable" in names(decision)


def test_a_third_root_is_named_and_nobody_is_cut_off(facts: dict[str, Any]) -> None:
    restarted(facts)
    for address in addresses(facts):
        address.update(validated_by_old=False, validated_by_others=True)
    decision = decided(facts)
    assert (decision.stage, decision.outage) == ("exchange_certificate", False)
    assert "served_by_other_root" in names(decision)


def test_a_chain_that_both_roots_validate_needs_no_exchange(exchanged: dict[str, Any]) -> None:
    for address in addresses(exchanged):
        address["validated_by_old"] = True
    assert decided(exchanged).step == "delete_old_root"


# Rollback.


def rolled_back(facts: dict[str, Any]) -> Decision:
    return decide_rollback(Facts.from_mapping(facts))


def test_a_rollback_of_an_import_recalls_and_deletes_what_this_renewal_imported(facts: dict[str, Any]) -> None:
    restarted(facts)
    facts["policy"]["observed_stable_seconds"] = 60
    facts["logs"] = {"flows": [{"id": name, "tls_failures": 0, "completed": 1} for name in ("Orders", "Invoices")]}
    assert rolled_back(facts).stage == "rolled_back"  # the new root was there before
    facts["new_root"]["entries"][0]["imported_by_renewal"] = True
    decision = rolled_back(facts)
    assert (decision.stage, decision.step) == ("recall_exchange", "hand_over")
    facts["policy"]["exchange_recalled"] = True
    decision = rolled_back(facts)
    assert (decision.step, decision.aliases) == ("delete_new_root", ("new",))


def test_a_rollback_after_the_exchange_goes_back_first(exchanged: dict[str, Any]) -> None:
    exchanged["new_root"]["entries"][0]["imported_by_renewal"] = True
    exchanged["policy"]["exchange_recalled"] = True
    decision = rolled_back(exchanged)
    assert (decision.stage, decision.step) == ("exchange_back", "hand_over")
    assert decision.hand_over is not None
    assert "aa:01" in decision.hand_over.text
    exchanged["policy"]["exchange"] = "files"
    assert rolled_back(exchanged).step == "exchange_back"


def test_a_rollback_keeps_a_new_root_that_another_receiver_needs(facts: dict[str, Any]) -> None:
    test_a_rollback_of_an_import_recalls_and_deletes_what_this_renewal_imported(facts)
    other = {"receiver": "crm.example:443", "needs_old_root": "no", "needs_new_root": "yes", "consecutive": 3}
    facts["protected"] = [other]
    assert rolled_back(facts).step is None


def test_after_the_old_root_is_deleted_there_is_no_way_back(done: dict[str, Any]) -> None:
    decision = rolled_back(done)
    assert (decision.stage, decision.step) == ("past_return", None)


def addresses(facts: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = facts["receiver"]["addresses"]
    return found


def test_a_receiver_that_does_not_answer_does_not_prove_that_there_is_no_way_back(facts: dict[str, Any]) -> None:
    """Somebody deleted the old root; whether the receiver still needs it is not known."""
    facts["old_root"]["entries"] = []
    facts["receiver"]["addresses"] = [{"address": "192.0.2.1", "error": "no answer"}]
    decision = decide_rollback(Facts.from_mapping(facts))
    assert (decision.stage, decision.step, decision.finished) == ("past_return", None, False)
    assert "is not known at 192.0.2.1" in decision.reason
