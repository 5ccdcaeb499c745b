# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What somebody else has to do is said at every run, written down, and notified once."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import parse_time
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import (
    FLOWS,
    HOST,
    NEW_ALIAS,
    Renewal,
    write_log,
)
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun, run_playbook
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

Make = Callable[..., Renewal]


def notifying(directory: Path, *, fails: bool = False) -> tuple[dict[str, Any], Path]:
    """Variables of a renewal that notifies, and the file that grows with each notification."""
    told, tasks = directory / "told.txt", directory / "notify.yml"
    command = "exit 1" if fails else f"echo {{{{ receiver_certificate_renewal_hand_over.key | quote }}}} >> {told}"
    tasks.write_text(f"- name: Tell\n  ansible.builtin.shell: {json.dumps(command)}\n  changed_when: false\n")
    return {"records_path": str(directory / "records"), "notify_tasks": str(tasks)}, told


def test_it_is_written_and_notified_once(renewal: Make, tmp_path: Path) -> None:
    variables, told = notifying(tmp_path)
    with renewal(exchange="manual", **variables) as one:
        first = run_playbook(one)
        handed = first.result["hand_over"]
        assert (handed["what"], handed["by"]) == ("exchange_certificate", "receiver administrator")
        assert handed["fingerprints"]["new root"] == one.receiver.new_root.fingerprint_sha256
        assert HOST in handed["text"]
        assert json.loads(Path(handed["path"]).read_text()) == handed
        # Of other renewals in the same folder: of a receiver whose name ends like this one's, and of another tenant.
        names = [Path(handed["path"]).name.replace(HOST, f"my-{HOST}"), "exchange_certificate-x-0123456789ab.json"]
        others = {Path(handed["path"]).with_name(name) for name in names}
        for other in others:
            other.write_text("{}")
        assert Path(handed["path"]).stat().st_mode & 0o077 == 0
        assert told.read_text().splitlines() == [handed["key"]]
        second = run_playbook(one)
        assert second.recap["changed"] == 0, second.output
        assert second.result["hand_over"] == handed
        assert f"since {handed['since']}" in second.output
        assert told.read_text().splitlines() == [handed["key"]]
        one.receiver.install(one.receiver.after)
        assert run_playbook(one).result["finished"] is True
        assert set((tmp_path / "records").iterdir()) == others
        assert told.read_text().splitlines() == [handed["key"]]


def test_a_notification_that_failed_is_tried_again(renewal: Make, tmp_path: Path) -> None:
    failing, _unused = notifying(tmp_path, fails=True)
    with renewal(exchange="manual") as one:
        assert run_playbook(one, **failing).status == 2
        working, told = notifying(tmp_path)
        run = run_playbook(one, **working)
        assert run.status == 0, run.output
        assert len(told.read_text().splitlines()) == 1


def test_without_a_memory_nobody_is_notified(renewal: Make, tmp_path: Path) -> None:
    variables, _unused = notifying(tmp_path)
    with renewal(exchange="manual", notify_tasks=variables["notify_tasks"]) as one:
        run = run_playbook(one)
        assert run.status == 2
        assert "Give receiver_certificate_renewal_records_path" in run.output
        assert one.tenant.journal == []


def test_check_mode_writes_no_record(renewal: Make, tmp_path: Path) -> None:
    variables, told = notifying(tmp_path)
    with renewal(exchange="manual", **variables) as one:
        run_playbook(one, records_path="", notify_tasks="")
        run = run_playbook(one, arguments=["--check"])
        assert run.status == 0, run.output
        assert run.result["hand_over"]["what"] == "exchange_certificate"
        assert not (tmp_path / "records").exists()
        assert not told.exists()


def test_a_run_can_wait_for_the_exchange(renewal: Make) -> None:
    with renewal(exchange="manual", wait=True, wait_limit=120, wait_pause=0.1) as one:
        run = PlaybookRun(one)
        wait_until(lambda: "seconds have passed)" in run.output or run.over, "the run waits", 120)
        assert not run.over, run.output
        assert "Waits for a chain under the new root at every address: 0 of 120 seconds have passed" in run.output
        assert "FAILED" not in run.output, "waiting is no failure"
        threading.Thread(target=one.receiver.install, args=[one.receiver.after]).start()
        run.wait()
        assert run.status == 0, run.output
        assert run.result["finished"] is True, run.output
        assert one.roots() == {NEW_ALIAS: "new"}
        assert one.failed_messages() == []


def test_a_run_can_wait_for_messages(renewal: Make) -> None:
    with renewal(rate=0.0, unproven_flows="block", wait=True, wait_limit=120, wait_pause=0.1) as one:
        run = PlaybookRun(one)
        wait_until(
            lambda: "Waits for a completed message of each of these flows" in run.output or run.over, "it waits", 120
        )
        assert not run.over, run.output
        for flow in FLOWS:
            write_log(one, flow, "COMPLETED")
        run.wait()
        assert (run.status, run.result["finished"]) == (0, True), run.output


def test_since_when_it_is_awaited_needs_no_memory(renewal: Make) -> None:
    with renewal(exchange="manual") as one:
        first, second = run_playbook(one), run_playbook(one)
        newest = max(flow["deployed_on"] for flow in one.tenant.runtime.flows())
        since = first.result["hand_over"]["since"]
        assert abs(parse_time(since) - parse_time(newest)) < timedelta(milliseconds=2), "of the last restart"
        assert second.result["hand_over"]["since"] == since
        assert f"To the receiver administrator, since {since}:" in second.output


def test_waiting_ends(renewal: Make) -> None:
    with renewal(exchange="manual", wait=True, wait_limit=2, wait_pause=0.2) as one:
        run = run_playbook(one)
        assert run.status == 0, run.output
        assert (run.result["stage"], run.result["finished"]) == ("exchange_certificate", False)
