# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificate is exchanged by the role itself: files with a check and a reload, or the user's own tasks."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import HOST, ReceiverProcess, Renewal
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import run_playbook
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue

_RECEIVER = "ansible_collections.certops.sap_cloud_integration.tests.receiver"
_NAMES = ("certificate", "chain", "key")


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReceiverProcess]:
    process = ReceiverProcess(tmp_path_factory.mktemp("receiver"))
    yield process
    process.stop()


@pytest.fixture
def renewal(receiver: ReceiverProcess, tmp_path: Path) -> Iterator[Renewal]:
    with Renewal(receiver, tmp_path / "renewal") as renewal:
        yield renewal


def _exchange_files(receiver: ReceiverProcess, **more: Any) -> dict[str, Any]:
    checked = [part for name in _NAMES for part in (f"--{name}", str(receiver.installed / f"{name}.pem"))]
    return {
        "files": [
            {"src": str(receiver.new_files / f"{name}.pem"), "dest": str(receiver.installed / f"{name}.pem")}
            for name in _NAMES
        ],
        "check_command": " ".join([sys.executable, "-m", _RECEIVER, "--check", *checked]),
        "reload_command": receiver.reload_command,
        **more,
    }


def _installed(receiver: ReceiverProcess) -> dict[str, str]:
    return {name: (receiver.installed / f"{name}.pem").read_text() for name in _NAMES}


def test_files_are_installed_checked_and_read(receiver: ReceiverProcess, renewal: Renewal) -> None:
    before = _installed(receiver)
    ran = run_playbook(renewal, exchange_files=_exchange_files(receiver))
    assert ran.status == 0, ran.output
    assert [step["name"] for step in ran.result["steps"]] == [
        "import_new_root",
        "restart_flows",
        "exchange_certificate",
        "delete_old_root",
    ]
    assert receiver.serves(receiver.after)
    assert renewal.roots() == {"new_root": "new"}
    for name in _NAMES:
        installed = receiver.installed / f"{name}.pem"
        assert installed.read_text() == (receiver.new_files / f"{name}.pem").read_text()
        assert installed.stat().st_mode & 0o777 == 0o600
        assert (receiver.installed / f"{name}.pem.previous").read_text() == before[name]
    assert receiver.after.key_pem not in ran.output
    assert renewal.failed_messages() == []

    renewal.tenant.clear_journal()
    again = run_playbook(renewal, exchange_files=_exchange_files(receiver))
    assert (again.status, again.recap["changed"], renewal.tenant.writes()) == (0, 0, [])


def test_a_wrong_key_never_reaches_the_receiver(receiver: ReceiverProcess, renewal: Renewal) -> None:
    """The check refuses it, and what lay there is back: not what some renewal of last year left behind."""
    before = _installed(receiver)
    for name in _NAMES:
        (receiver.installed / f"{name}.pem.previous").write_text("left behind last year\n")
    files = _exchange_files(receiver)
    # The certificate is new, its key is not: the file in place is as the new one is said to be.
    files["files"][2]["src"] = str(receiver.installed / "key.pem")
    ran = run_playbook(renewal, exchange_files=files)
    assert ran.status != 0
    assert "does not belong to the certificate" in ran.output
    assert "the previous files are in place again" in " ".join(ran.output.split())
    assert _installed(receiver) == before
    assert receiver.serves(receiver.before)
    assert renewal.roots() == {"old_root": "old", "new_root": "new"}
    assert renewal.failed_messages() == []


def test_a_receiver_that_does_not_come_up_with_the_new_chain_gets_its_files_back(
    receiver: ReceiverProcess, renewal: Renewal
) -> None:
    before = _installed(receiver)
    ran = run_playbook(renewal, exchange_files=_exchange_files(receiver, reload_command="true"))
    assert ran.status != 0
    assert _installed(receiver) == before
    assert receiver.serves(receiver.before)
    assert "the previous files are in place again" in " ".join(ran.output.split())
    # The cause is mended: the next run goes on where this one stopped.
    again = run_playbook(renewal, exchange_files=_exchange_files(receiver))
    assert again.status == 0, again.output
    assert [step["name"] for step in again.result["steps"]] == ["exchange_certificate", "delete_old_root"]
    assert renewal.failed_messages() == []


def test_a_new_file_that_is_missing_replaces_nothing(receiver: ReceiverProcess, renewal: Renewal) -> None:
    before = _installed(receiver)
    files = _exchange_files(receiver)
    files["files"][1]["src"] = "/nonexistent/chain.pem"
    ran = run_playbook(renewal, exchange_files=files)
    assert ran.status != 0
    assert "/nonexistent/chain.pem" in ran.output
    assert _installed(receiver) == before


def test_files_for_a_host_that_nobody_can_reach_are_not_installed_here(
    receiver: ReceiverProcess, renewal: Renewal
) -> None:
    before = _installed(receiver)
    ran = run_playbook(renewal, exchange_files=_exchange_files(receiver, host="erp_proxy"))
    assert ran.status != 0
    assert "would be installed on the controller, not on erp_proxy" in " ".join(ran.output.split())
    assert renewal.tenant.journal == []
    assert _installed(receiver) == before


def test_the_users_own_tasks(receiver: ReceiverProcess, renewal: Renewal, tmp_path: Path) -> None:
    tasks = tmp_path / "exchange.yml"
    copies = [
        {
            "name": f"Install {name}",
            "ansible.builtin.copy": {
                "src": str(receiver.new_files / f"{name}.pem"),
                "dest": str(receiver.installed / f"{name}.pem"),
                "mode": "0600",
            },
        }
        for name in _NAMES
    ]
    tasks.write_text(json.dumps([*copies, {"name": "Reload", "ansible.builtin.command": receiver.reload_command}]))
    ran = run_playbook(renewal, exchange="tasks", exchange_tasks=str(tasks))
    assert ran.status == 0, ran.output
    assert ran.result["finished"] is True
    assert receiver.serves(receiver.after)
    assert renewal.failed_messages() == []


def test_what_somebody_installed_after_the_exchange_is_kept_by_the_next_one(
    receiver: ReceiverProcess, renewal: Renewal
) -> None:
    """The receiver's administrator went back by hand, to a certificate that only he has."""
    other = {"receiver": "crm.example.com:443", "chain_content": receiver.before.chain_pem}
    waiting = {"exchange_files": _exchange_files(receiver), "protect": [other]}
    run_playbook(renewal, **waiting)
    assert receiver.serves(receiver.after)
    his = issue(issue(receiver.old_root, "Old Issuing CA", ca=True, starts_in_days=-1), HOST, hosts=[HOST])
    receiver.install(his)
    run_playbook(renewal, **waiting)
    assert receiver.serves(receiver.after)
    assert (receiver.installed / "key.pem.previous").read_text() == his.key_pem
    back = run_playbook(renewal, **waiting, state="rolled_back", began="2020-01-01T00:00:00Z")
    assert back.result["finished"] is True, back.output
    assert receiver.serves(his)
