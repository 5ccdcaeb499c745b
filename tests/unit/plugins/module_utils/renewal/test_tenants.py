# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who comes when, where tenants share a receiver; and what the report about all of them says."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.filter import renewal_hosts as hosts_filter
from ansible_collections.certops.sap_cloud_integration.plugins.filter import renewal_summary as summary_filter
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.stage import decide
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.tenants import (
    PASSES,
    TenantRun,
    hosts_of_pass,
)

EARLY = ("import_old_root", "import_new_root", "restart_flows")
READY = "exchange_certificate"
LATER = ("soak", "delete_old_root", "done")


def host(
    stage: str | None = READY, *, canary: bool | None = False, failed: bool = False, **settings: Any
) -> dict[str, Any]:
    """Variables of a host; a canary of ``None`` is one that is not part of the run."""
    variables: dict[str, Any] = {
        "receiver_certificate_renewal_receiver": "erp.example:443",
        "receiver_certificate_renewal_exchange": "files",
        "receiver_certificate_renewal_result": None
        if stage is None
        else {
            "stage": stage,
            "finished": stage == "done",
            "check_mode": False,
            "decision": {
                "reason": "because",
                "waits_for": "somebody",
                "waits_until": None,
                "outage": False,
                "plan": [],
            },
            "steps": [{"name": "import_new_root", "changed": True}, {"name": "await_flows", "changed": False}],
        },
        "renewal_failure": {"task": "Observe | Ask", "message": "it | broke\nhere"} if failed else None,
        **{f"receiver_certificate_renewal_{name}": value for name, value in settings.items()},
    }
    return variables if canary is None else {**variables, "renewal_canary": canary}


def passes(hosts: dict[str, dict[str, Any]]) -> dict[str, list[str]]:
    return {name: hosts_of_pass(name, TenantRun.all_of(hosts)) for name in PASSES}


def test_canaries_come_first_and_the_others_after_them() -> None:
    hosts = {"a": host(None), "b": host(None, canary=True), "c": host(None), "elsewhere": host(None, canary=None)}
    assert passes(hosts) == {
        "canaries": ["b"],
        "others": ["a", "c"],
        "exchange_by_canaries": [],
        "exchange_by_others": [],
        "go_on": [],
    }


def test_after_a_broken_canary_the_others_are_not_begun() -> None:
    hosts = {"a": host(None, canary=True, failed=True), "b": host(None, canary=True), "c": host(None)}
    assert passes(hosts)["others"] == []


def test_a_broken_tenant_that_is_no_canary_stops_nobody() -> None:
    hosts = {"a": host(canary=True), "b": host(None, failed=True), "c": host(None)}
    assert passes(hosts)["others"] == ["b", "c"]


def test_one_tenant_exchanges_for_all_and_preferably_a_canary() -> None:
    assert passes({"a": host(), "b": host(canary=True), "c": host()})["exchange_by_canaries"] == ["b"]
    assert passes({"a": host(), "b": host()})["exchange_by_others"] == ["a"]


@pytest.mark.parametrize(
    ("other", "hindrance"),
    [
        *[(host(stage), f"is at {stage}") for stage in EARLY],
        (host(failed=True), "failed"),
        (host(None), "was not started"),
        (host(canary=None), "is not part of this run"),
        (host(exchange="manual", stage="restart_flows"), "is at restart_flows"),
    ],
)
def test_nobody_exchanges_while_one_that_sends_there_is_not_ready(other: dict[str, Any], hindrance: str) -> None:
    hosts = {"a": host(canary=True), "b": other}
    assert passes(hosts)["exchange_by_canaries"] == passes(hosts)["exchange_by_others"] == []
    summary = summary_filter.renewal_summary(hosts)
    assert isinstance(summary, dict)
    receiver = summary["receivers"][0]
    assert (receiver["ready_for_exchange"], receiver["held_up_by"]) == (False, {"b": hindrance})


def test_an_exchange_happens_only_when_all_who_send_there_trust_both_roots() -> None:
    """Every mixture of three tenants, whatever else is true of them."""
    states = [host(stage, canary=canary) for stage in (*EARLY, READY, *LATER, None) for canary in (True, False, None)]
    for mixture in itertools.product(states, repeat=3):
        hosts = {str(number): variables for number, variables in enumerate(mixture)}
        found = passes(hosts)
        exchangers = found["exchange_by_canaries"] + found["exchange_by_others"]
        stages = [(each["receiver_certificate_renewal_result"] or {"stage": None})["stage"] for each in mixture]
        ready = all("renewal_canary" in each for each in mixture) and all(s == READY or s in LATER for s in stages)
        assert bool(exchangers or found["go_on"]) == (ready and READY in stages)
        assert len(set(exchangers)) <= 1
        assert bool(found["go_on"]) == (ready and READY in stages and any(stage in LATER for stage in stages))


def test_a_localhost_that_ansible_made_itself_is_no_tenant() -> None:
    """It has the variables of group_vars/all, the receiver among them."""
    hosts = {"a": {**host(), "group_names": ["tenants"]}, "localhost": {**host(canary=None), "group_names": []}}
    assert passes(hosts)["exchange_by_others"] == ["a"]
    summary = summary_filter.renewal_summary(hosts)
    assert isinstance(summary, dict)
    assert summary["receivers"][0]["tenants"] == ["a"]


def test_tenants_with_receivers_of_their_own_do_not_wait_for_each_other() -> None:
    hosts = {"a": host(receiver="a.example:443"), "b": host("import_new_root", receiver="b.example:443"), "c": host()}
    assert passes(hosts)["exchange_by_others"] == ["a", "c"]


def test_one_receiver_written_in_two_ways_is_one() -> None:
    hosts = {"a": host(receiver="ERP.example:443"), "b": host("import_new_root", receiver="erp.example:443")}
    assert passes(hosts)["exchange_by_others"] == []


@pytest.mark.parametrize("means", ["notify_tasks", "records_path", "wait"])
def test_a_manual_exchange_is_handed_over_once_when_there_is_more_to_do_than_print_it(means: str) -> None:
    assert passes({"a": host(exchange="manual"), "b": host(exchange="manual")})["exchange_by_others"] == []
    told = {"exchange": "manual", means: "given"}
    assert passes({"a": host(**told), "b": host(**told)})["exchange_by_others"] == ["a"]


def test_those_that_waited_go_on_once_another_exchanged() -> None:
    hosts = {"a": host("done", canary=True), "b": host(), "c": host("soak"), "d": host()}
    assert passes(hosts)["go_on"] == ["b", "d"]
    assert passes(hosts)["exchange_by_others"] == []


def test_after_a_failed_exchange_nobody_tries_it_again() -> None:
    hosts = {"a": host(canary=True, failed=True), "b": host()}
    assert [passes(hosts)[name] for name in PASSES[2:]] == [[], [], []]


def test_a_plan_exchanges_nothing() -> None:
    hosts = {"a": host()}
    hosts["a"]["receiver_certificate_renewal_result"]["check_mode"] = True
    assert [passes(hosts)[name] for name in PASSES[2:]] == [[], [], []]


def test_every_stage_of_the_state_machine_is_known_here() -> None:
    """A stage that this file does not know would hold up an exchange for ever."""
    import inspect
    import re

    module = Path(inspect.getfile(decide)).read_text()
    stages = set(re.findall(r'(?:stage|finished|exchange)="(\w+)"', module)) | {"delete_old_root", "delete_new_root"}
    before = {"restart_flows"} | {stage for stage in stages if stage.startswith("import_")}
    known = before | {
        stage
        for stage in stages
        if TenantRun.from_variables("a", host(stage)).at_the_exchange
        or TenantRun.from_variables("a", host(stage)).exchanged
    }
    assert stages - known == set()


def test_an_empty_pass_is_a_pattern_that_matches_nobody() -> None:
    assert hosts_filter.renewal_hosts({"a": host(None, canary=True)}, "others") == ["all", "!all"]
    with pytest.raises(Exception, match="the pass is one of canaries"):
        hosts_filter.renewal_hosts({}, "cananries")


def test_the_summary_counts_each_tenant_once() -> None:
    hosts = {
        "a": host("done", canary=True),
        "b": host(failed=True),
        "c": host(None),
        "d": host("restart_flows"),
        "elsewhere": host(canary=None),
    }
    summary = summary_filter.renewal_summary(hosts)
    assert isinstance(summary, dict)
    assert summary["totals"] == {"tenants": 4, "failed": 1, "not_started": 1, "waiting": 1, "finished": 1}
    assert [tenant["outcome"] for tenant in summary["tenants"]] == ["finished", "failed", "not_started", "waiting"]
    assert summary["tenants"][0]["steps"] == ["import_new_root"]
    assert summary["receivers"][0]["tenants"] == ["a", "b", "c", "d", "elsewhere"]
    assert summary["receivers"][0]["exchanged"] is True


def test_the_report_for_people_keeps_its_tables_whole() -> None:
    hosts = {"a": host("done", canary=True), "b": host(failed=True)}
    text = summary_filter.renewal_summary(hosts, form="markdown")
    assert isinstance(text, str)
    lines = text.splitlines()
    rows = [line for line in lines if line.startswith("|")]
    assert {line.replace("\\|", "").count("|") for line in rows} == {7, 4}
    assert "2 tenants: 1 failed, 1 finished." in lines
    assert "- **b**, Observe \\| Ask: it \\| broke here" in lines
    with pytest.raises(Exception, match="data or markdown"):
        summary_filter.renewal_summary(hosts, form="html")


def test_the_steps_of_all_passes_are_in_the_report() -> None:
    hosts = {"a": {**host("done"), "renewal_earlier_steps": [{"name": "restart_flows", "changed": True}]}}
    summary = summary_filter.renewal_summary(hosts)
    assert isinstance(summary, dict)
    assert summary["tenants"][0]["steps"] == ["restart_flows", "import_new_root"]
    assert summary["changed"] is True


def test_a_host_that_renews_nothing_is_not_in_the_report_unless_it_took_part() -> None:
    hosts = {"a": {"renewal_canary": True, "renewal_failure": {"task": "t", "message": "no receiver"}}, "proxy": {}}
    summary = summary_filter.renewal_summary(hosts)
    assert isinstance(summary, dict)
    assert [(tenant["name"], tenant["outcome"]) for tenant in summary["tenants"]] == [("a", "failed")]
    assert summary["receivers"] == []
