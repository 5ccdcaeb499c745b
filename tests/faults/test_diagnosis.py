# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What others did wrong is recognised, named and answered with the safe next step; an outage is repaired at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import (
    ADDRESSES,
    FLOWS,
    HOST,
    NEW_ALIAS,
    OLD_ALIAS,
    Renewal,
    write_log,
)
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun, run_playbook
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

Make = Callable[..., Renewal]


def finding(run: PlaybookRun, name: str) -> dict[str, Any]:
    found = {one["name"]: one for one in run.result["decision"]["diagnosis"]}
    assert name in found, f"{name} is not among {sorted(found)}\n{run.output}"
    for part in ("sentence", "remedy"):
        assert found[name][part] in run.output.replace('\\"', '"'), f"the {part} of {name} is not shown"
    return found[name]


def steps(run: PlaybookRun) -> list[str]:
    return [step["name"] for step in run.result["steps"]]


def reach_hand_over(renewal: Renewal) -> None:
    assert run_playbook(renewal).result["stage"] == "exchange_certificate"


@pytest.mark.parametrize(
    ("name", "severity"),
    [
        ("no_intermediate", "outage"),
        ("wrong_host", "outage"),
        ("leaf_expired", "outage"),
        ("leaf_not_yet_valid", "outage"),
        ("unvalidated_chain", "outage"),
    ],
)
def test_a_chain_that_nothing_can_validate_is_named(renewal: Make, name: str, severity: str) -> None:
    """The administrator tried to exchange the certificate, and installed something that fails."""
    with renewal(exchange="manual", rate=0.0) as one:
        reach_hand_over(one)
        authority = issue(one.receiver.new_root, "Issuing CA", ca=True)
        served = {
            "no_intermediate": lambda: issue(authority, HOST, hosts=[HOST]),
            "wrong_host": lambda: issue(authority, "other.example.com", hosts=["other.example.com"]),
            "leaf_expired": lambda: issue(authority, HOST, hosts=[HOST], days=1, starts_in_days=-10),
            "leaf_not_yet_valid": lambda: issue(authority, HOST, hosts=[HOST], starts_in_days=10),
            "unvalidated_chain": lambda: issue(issue(make_root("Third"), "Third CA", ca=True), HOST, hosts=[HOST]),
        }[name]()
        if name == "no_intermediate":
            served = type(served)(served.certificate, served.key)
        one.receiver.install(served)
        run = run_playbook(one)
        assert finding(run, name)["severity"] == severity
        assert run.status == 2, "an outage that this run cannot repair is a failure"
        assert steps(run) == []
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}, "nothing is taken away meanwhile"
        one.receiver.install(one.receiver.after)
        assert run_playbook(one).result["finished"] is True


def test_a_certificate_exchanged_too_early_is_repaired_at_once(renewal: Make) -> None:
    with renewal(exchange="manual") as one:
        one.receiver.install(one.receiver.after)
        wait_until(lambda: bool(one.failed_messages()), "messages fail, as they must here")
        assert "PKIX path building failed" in str(one.failed_messages()[0])
        checked = run_playbook(one, arguments=["--check"])
        finding(checked, "exchanged_too_early")
        assert one.roots() == {OLD_ALIAS: "old"}
        run = run_playbook(one)
        assert run.status == 0, run.output
        assert "outage exchanged_too_early: The certificate of" in run.output
        assert steps(run) == ["import_new_root", "restart_flows", "delete_old_root"]
        assert one.roots() == {NEW_ALIAS: "new"}
        failed, sent = len(one.failed_messages()), len(one.tenant.messages())
        wait_until(lambda: len(one.tenant.messages()) > sent + 3, "messages go on")
        assert len(one.failed_messages()) == failed, "the outage is over"


def test_an_old_root_deleted_too_early_comes_back_first(renewal: Make) -> None:
    with renewal(exchange="manual") as one:
        one.tenant.keystore.remove(OLD_ALIAS)
        run = run_playbook(one)
        assert "outage old_root_gone: The old root is still needed" in run.output
        assert steps(run) == ["import_old_root", "import_new_root", "restart_flows"]
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}
        assert one.failed_messages() == [], "its flows still had it cached"


def test_an_old_root_that_this_run_may_not_import_is_asked_for(renewal: Make) -> None:
    with renewal(exchange="manual", old_root_alias="", old_root_fingerprint_sha256="") as one:
        one.tenant.keystore.remove(OLD_ALIAS)
        run = run_playbook(one)
        assert run.status == 2, "messages may fail at any moment"
        assert run.result["hand_over"]["what"] == "provide_old_root"
        assert (steps(run), one.roots()) == ([], {})


def test_an_address_that_does_not_answer_holds_up_the_deletion(renewal: Make) -> None:
    with renewal(exchange="manual", probes=2) as one:
        reach_hand_over(one)
        one.receiver.install(one.receiver.after)
        run = run_playbook(one, addresses=[*ADDRESSES, "127.0.0.99"])
        found = finding(run, "receiver_unreachable")
        assert found["concerns"] == ["127.0.0.99"]
        assert (run.result["finished"], steps(run)) == (False, [])
        assert OLD_ALIAS in one.roots()


def test_a_flow_in_error_stops_the_renewal_before_the_exchange(renewal: Make) -> None:
    with renewal(exchange="files") as one:
        one.tenant.runtime.plan_deployment(FLOWS[0], outcome="error", error="Validation of the artifact failed")
        run = run_playbook(one)
        assert run.status == 2
        assert FLOWS[0] in run.output
        assert one.receiver.serves(one.receiver.before), "no exchange while a flow does not trust the new root"
        second = run_playbook(one)
        assert finding(second, "flow_in_error")["concerns"] == [FLOWS[0]]
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}


def test_a_protected_receiver_is_named_with_its_flow(renewal: Make) -> None:
    """It is the same receiver under another name here, which keeps the old chain in a file."""
    with renewal(exchange="files") as one:
        protected = {
            "receiver": "crm.example.com:443",
            "chain_content": one.receiver.before.chain_pem,
            "flows": ["Contacts_To_CRM"],
        }
        run = run_playbook(one, protect=[protected])
        found = finding(run, "protected_receiver_needs_old_root")
        assert "crm.example.com:443" in found["sentence"]
        assert "Contacts_To_CRM" in found["sentence"]
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}
        # Accepted by name or not: what is known to be needed stays.
        again = run_playbook(one, protect=[protected], accept_unprobed=["crm.example.com:443"])
        assert OLD_ALIAS in one.roots(), again.output
        assert run_playbook(one).result["finished"] is True


def test_a_receiver_that_does_not_answer_counts_as_needing_the_root(renewal: Make) -> None:
    with renewal(exchange="files", probe_timeout=2) as one:
        silent = "127.0.0.98:1"
        run = run_playbook(one, protect=[silent])
        assert silent in finding(run, "protected_receiver_unknown")["sentence"]
        assert OLD_ALIAS in one.roots()
        accepted = run_playbook(one, protect=[silent], accept_unprobed=[silent])
        assert accepted.result["finished"] is True, accepted.output


def test_without_the_logs_the_old_root_stays(renewal: Make) -> None:
    with renewal(exchange="files") as one:
        one.tenant.faults.add("status", path=".*MessageProcessingLogs.*", status=500, count=None, body="odata")
        run = run_playbook(one)
        assert run.status == 2, "without the logs nothing is proven"
        assert OLD_ALIAS in one.roots()
        one.tenant.faults.clear()
        assert run_playbook(one).result["finished"] is True


def test_flows_without_a_message_are_named(renewal: Make) -> None:
    with renewal(rate=0.0) as one:
        blocked = run_playbook(one, unproven_flows="block")
        assert set(blocked.result["decision"]["flows"]) == set(FLOWS)
        assert OLD_ALIAS in one.roots()
        run = run_playbook(one)
        assert run.result["finished"] is True
        (line,) = [line for line in run.output.splitlines() if "Unproven, because they completed no message" in line]
        assert all(flow in line for flow in FLOWS)


PKIX = "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path"


def test_tls_failures_hold_the_deletion_until_something_gets_through(renewal: Make) -> None:
    """A flow that sends once a night failed between the exchange and the run that sees it."""
    with renewal(exchange="manual", rate=0.0) as one:
        reach_hand_over(one)
        one.receiver.install(one.receiver.after)
        write_log(one, FLOWS[0], "FAILED", PKIX)
        # Many failures of another kind, of another flow and newer, do not hide it.
        for _number in range(25):
            write_log(one, FLOWS[1], "FAILED", "statusCode: 500")
        for _again in range(2):
            run = run_playbook(one)
            found = finding(run, "tls_failures")
            assert (found["concerns"], found["severity"]) == ([FLOWS[0]], "outage")
            assert PKIX in found["sentence"]
            assert (run.status, steps(run)) == (2, [])
            assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}
        write_log(one, FLOWS[0], "COMPLETED")
        run = run_playbook(one)
        assert (run.status, run.result["finished"]) == (0, True), run.output


def test_tls_failures_from_before_do_not_hold_it(renewal: Make) -> None:
    with renewal(exchange="manual", rate=0.0) as one:
        write_log(one, FLOWS[0], "FAILED", PKIX)
        reach_hand_over(one)  # restarts both
        write_log(one, FLOWS[1], "FAILED", PKIX)
        write_log(one, FLOWS[1], "COMPLETED")
        one.receiver.install(one.receiver.after)
        run = run_playbook(one)
        assert (run.status, run.result["finished"], steps(run)) == (0, True, ["delete_old_root"]), run.output


def test_a_flow_that_a_colleague_deploys_before_the_import_is_restarted_too(renewal: Make) -> None:
    """It runs with the keystore from before, and the discovery could not know of it."""
    late = "Stock_To_ERP"
    one = renewal(exchange="files", flows=(*FLOWS, late))
    one.tenant.runtime.deployed.pop(late)
    with one:
        held = one.tenant.faults.add("hold_before", method="PUT", path=".*/CertificateResources.*")
        run = PlaybookRun(one, flows=[])
        wait_until(lambda: held.reached.is_set() or run.over, "the import", 120)
        one.tenant.runtime.deploy(late, "active", "colleague@example.com")
        wait_until(lambda: any(message["flow_id"] == late for message in one.tenant.messages()), "the flow sends")
        held.release()
        run.wait()
        assert (run.status, run.result["finished"]) == (0, True), run.output
        assert {flow["id"] for flow in run.result["flows"]} == {*FLOWS, late}
        sent = len(one.tenant.messages())
        wait_until(lambda: len(one.tenant.messages()) > sent + 5, "messages go on")
        assert one.failed_messages() == []


def test_a_deployment_of_a_colleague_is_waited_for(renewal: Make) -> None:
    with renewal(exchange="files") as one:
        artifact = one.tenant.runtime.deployed[FLOWS[0]]
        artifact.status = "STARTING"
        run = PlaybookRun(one)
        wait_until(lambda: "Await flows | Let some seconds go by" in run.output or run.over, "it waits", 120)
        artifact.status = "STARTED"
        run.wait()
        assert (run.status, run.result["finished"]) == (0, True), run.output
        assert f"Somebody deploys or undeploys {FLOWS[0]}" in run.output
        assert "FAILED" not in run.output, "waiting is no failure"
        assert one.failed_messages() == []
