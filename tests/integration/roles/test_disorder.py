# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""States that are not as they should be: refused, waited for or repaired, and always named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import RENEW, Playbook
from ansible_collections.certops.sap_cloud_integration.tests.integration.renewal import (
    PREFIX,
    Renewal,
    running_renewal,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until


@pytest.fixture
def landscape(tmp_path: Path) -> Iterator[tuple[Renewal, LocalReceiver]]:
    with ExitStack() as stack:
        yield stack.enter_context(running_renewal(tmp_path, ["127.0.0.13", "127.0.0.14"]))


def test_the_old_root_stays_while_another_receiver_needs_it(landscape: tuple[Renewal, LocalReceiver]) -> None:
    renewal, receiver = landscape
    renewal.tenant.seed_certificate("new_root", renewal.new_root.der)
    # What was begun before the flows read the keystore again may still be on its way to the old certificate.
    seeded = renewal.tenant.clock.now().isoformat()
    wait_until(
        lambda: (
            {"invoices", "orders"} <= {one["flow_id"] for one in renewal.tenant.messages() if one["start"] > seeded}
        ),
        "a message of each flow that was begun with the new root",
    )
    receiver.exchange(renewal.after)
    other = issue(renewal.old_root, "crm.example", hosts=["crm.example"])
    with LocalReceiver(addresses=["127.0.0.15"], credential=other) as crm:
        name = f"crm.example:{crm.port}"
        protect = [{"receiver": name, "addresses": ["127.0.0.15"], "flows": ["customers"]}]
        playbook = renewal.playbook(protect=protect)
        renewal.renew(playbook)
        decision = renewal.report["decision"]
        assert (renewal.report["stage"], decision["step"]) == ("delete_old_root", None)
        assert name in decision["reason"]
        assert decision["flows"] == ["customers"]
        assert renewal.tenant.writes() == []
        assert renewal.aliases() == {"old_root": "old", "new_root": "new"}

        crm.exchange(issue(renewal.new_root, "crm.example", hosts=["crm.example"]))
        renewal.renew(playbook)
        assert (renewal.steps, renewal.report["finished"]) == (["delete_old_root"], True)
        assert renewal.aliases() == {"new_root": "new"}
    assert renewal.failures() == []


def test_one_step_by_its_tag_and_the_status_by_itself(landscape: tuple[Renewal, LocalReceiver]) -> None:
    renewal, _unused = landscape
    playbook = renewal.playbook()
    renewal.renew(playbook, "--tags", "import_new_root")
    assert renewal.steps == ["import_new_root"]
    assert renewal.aliases() == {"old_root": "old", "new_root": "new"}
    assert set(renewal.restarts().values()) == {0}

    status = renewal.directory / "status.yml"
    role = {"name": "certops.sap_cloud_integration.receiver_certificate_renewal", "tasks_from": "status"}
    defaults = {
        "group/certops.sap_cloud_integration.tenant": {
            "service_key": "{{ sap_ci_service_key }}",
            "ca_path": "{{ sap_ci_ca_path }}",
        }
    }
    play = {
        "name": "Where it stands",
        "hosts": "all",
        "connection": "local",
        "gather_facts": False,
        "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
        "module_defaults": defaults,
        "tasks": [{"name": "Ask", "ansible.builtin.include_role": role}],
    }
    status.write_text(json.dumps([play]))
    renewal.tenant.clear_journal()
    ran = playbook.run(str(status))
    assert ran.status == 0, ran.output
    assert renewal.tenant.writes() == []
    assert (renewal.report["stage"], renewal.report["decision"]["step"]) == ("restart_flows", "restart_flows")
    assert renewal.steps == []


def test_a_certificate_that_was_exchanged_too_early(landscape: tuple[Renewal, LocalReceiver]) -> None:
    """Messages fail before the run, are said to fail, and get through after it."""
    renewal, receiver = landscape
    receiver.exchange(renewal.after)
    wait_until(lambda: len(renewal.failures()) > 2, "messages fail")
    renewal.renew(renewal.playbook())
    assert "was exchanged before the new root was imported" in renewal.report["steps"][0]["outage"][0]
    assert renewal.steps == ["import_new_root", "restart_flows", "delete_old_root"]
    assert renewal.aliases() == {"new_root": "new"}
    failed = len(renewal.failures())
    renewal.wait_for_messages("invoices", "orders")
    assert len(renewal.failures()) == failed


def test_a_flow_in_error_is_reported_in_the_words_of_the_tenant(landscape: tuple[Renewal, LocalReceiver]) -> None:
    renewal, _unused = landscape
    renewal.tenant.runtime.plan_deployment("orders", outcome="error", error="No such queue: ORDERS.IN")
    renewal.tenant.runtime.deploy("orders", "active", "colleague@example.com")
    wait_until(lambda: _status(renewal, "orders") == "ERROR", "the flow is in ERROR")
    ran = renewal.renew(renewal.playbook())
    assert "No such queue: ORDERS.IN" in ran.output
    assert "No such queue: ORDERS.IN" in json.dumps(renewal.report["decision"]["diagnosis"])
    assert renewal.steps == ["import_new_root", "restart_flows"]
    assert renewal.restarts()["invoices"] == 1
    assert renewal.report["decision"]["flows"] == ["orders"]
    # While it is repaired, nothing is handed over: the exchange would come before this flow trusts both.
    assert renewal.report["stage"] == "restart_flows"


def _said_about(host: str, output: str) -> str:
    """From the line that says that the host failed to the next line about another host or task."""
    found = re.search(rf"^(?:fatal|failed): \[{host}\].*?(?=^\S+: \[|^TASK|^PLAY)", output, re.MULTILINE | re.DOTALL)
    task = output.rfind("[ERROR]", 0, found.start() if found else None)
    return " ".join((output[max(task, 0) : found.start()] + found[0]).split()) if found else ""


def _status(renewal: Renewal, flow: str) -> str:
    return next((one["status"] for one in renewal.tenant.runtime.flows() if one["id"] == flow), "gone")


MISTAKES = {
    "no_receiver": ({"receiver": None}, "receiver_certificate_renewal_receiver"),
    "unknown_exchange": ({"exchange": "sometimes"}, "manual, files, tasks"),
    "probes_no_number": ({"probes": "many"}, "receiver_certificate_renewal_probes"),
    "unknown_key_of_files": (
        {"exchange": "files", "exchange_files": {"files": [{"src": "a", "dest": "b"}], "command": "x"}},
        "exchange_files",
    ),
    "files_without_files": ({"exchange": "files"}, "receiver_certificate_renewal_exchange_files"),
    "tasks_without_tasks": ({"exchange": "tasks"}, "receiver_certificate_renewal_exchange_tasks"),
    "no_old_root": ({"old_root_content": ""}, "receiver_certificate_renewal_old_root_path"),
    "old_root_twice": ({"old_root_path": "old.pem"}, "receiver_certificate_renewal_old_root_path"),
    "no_certificate": ({"new_root_content": "Dear colleague"}, "certificate"),
    "another_pin": ({"new_root_fingerprint_sha256": "ab" * 32}, "fingerprint"),
    "the_same_root_twice": ({"new_root_content": "OLD"}, "are the same certificate"),
    "a_leaf": ({"new_root_content": "LEAF"}, "is no root"),
}


def test_what_cannot_be_meant_is_refused_before_anything_is_asked(landscape: tuple[Renewal, LocalReceiver]) -> None:
    """Each host makes one mistake; none of them reaches the tenant."""
    renewal, _unused = landscape
    texts = {"OLD": renewal.old_root, "LEAF": renewal.before}
    hosts = {}
    for name, (variables, _unused) in MISTAKES.items():
        # A receiver of its own each, so that none of them has to wait for another tenant.
        given = {"receiver": f"{name}.example:443", **variables}
        one = texts.get(str(given.get("new_root_content")))
        if one is not None:
            given |= {"new_root_content": one.pem, "new_root_fingerprint_sha256": one.fingerprint_sha256}
        hosts[name] = {key: value for key, value in renewal.host(**given).items() if value is not None}
    ran = Playbook(renewal.directory, hosts, quick=True).run(RENEW)
    assert ran.status != 0
    assert renewal.requests() == []
    for name, (_unused, says) in MISTAKES.items():
        assert ran.recap(name)["failed"] == 1, name
        assert says in _said_about(name, ran.output), ran.output
    assert PREFIX in ran.output
