# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal is taken back from each of its stages, and only what it did itself is undone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import (
    ADDRESSES,
    NEW_ALIAS,
    OLD_ALIAS,
    Renewal,
)
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import run_playbook

Make = Callable[..., Renewal]
LONG_AGO = "2020-01-01T00:00:00Z"


def roll_back(renewal: Renewal, **variables: Any) -> dict[str, Any]:
    run = run_playbook(renewal, state="rolled_back", **variables)
    assert run.status == 0, run.output
    return run.result


def steps(result: dict[str, Any]) -> list[str]:
    return [step["name"] for step in result["steps"]]


def test_before_the_exchange_a_confirmation_is_asked_for_first(renewal: Make, tmp_path: Path) -> None:
    with renewal(exchange="manual", records_path=str(tmp_path / "records")) as one:
        run = run_playbook(one)
        assert run.result["stage"] == "exchange_certificate", run.output
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}
        asked = roll_back(one)
        assert (asked["stage"], asked["finished"], steps(asked)) == ("recall_exchange", False, [])
        assert "do not install a certificate under the new root" in asked["hand_over"]["text"]
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}
        done = roll_back(one, exchange_recalled=True)
        assert (done["stage"], done["finished"], steps(done)) == ("rolled_back", True, ["delete_new_root"])
        assert done["steps"][0]["deleted"] == [{"aliases": [NEW_ALIAS], "pem": one.receiver.new_root.pem}]
        assert one.roots() == {OLD_ALIAS: "old"}
        one.tenant.clear_journal()
        again = roll_back(one, exchange_recalled=True)
        assert (again["finished"], one.tenant.writes()) == (True, [])
        assert list((tmp_path / "records").iterdir()) == []
        assert one.failed_messages() == []


def test_after_the_exchange_the_previous_files_come_back_first(renewal: Make) -> None:
    with renewal(unproven_flows="block", rate=0.0) as one:
        run = run_playbook(one)
        assert run.result["decision"]["waits_for"] == "a completed message of each of these flows", run.output
        assert one.receiver.serves(one.receiver.after)
        done = roll_back(one, began=LONG_AGO, unproven_flows="warn")
        assert (done["finished"], steps(done)) == (True, ["exchange_back", "delete_new_root"])
        assert one.receiver.serves(one.receiver.before)
        assert one.roots() == {OLD_ALIAS: "old"}


@pytest.mark.parametrize("began", ["", "2099-01-01T00:00:00Z"])
def test_a_root_that_was_there_before_stays(renewal: Make, began: str) -> None:
    with renewal(exchange="manual") as one:
        one.tenant.seed_certificate(NEW_ALIAS, one.receiver.new_root.der)
        done = roll_back(one, began=began, exchange_recalled=True)
        assert (done["finished"], steps(done)) == (True, [])
        assert "not known to have imported it" in done["decision"]["reason"]
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}


def test_once_the_old_root_is_deleted_there_is_no_way_back(renewal: Make) -> None:
    with renewal() as one:
        assert run_playbook(one).result["finished"] is True
        one.tenant.clear_journal()
        result = roll_back(one, began=LONG_AGO)
        assert (result["stage"], result["finished"]) == ("past_return", False)
        assert one.tenant.writes() == []
        assert one.roots() == {NEW_ALIAS: "new"}


def test_a_receiver_that_moved_to_the_new_root_meanwhile_keeps_it(renewal: Make) -> None:
    """One address was exchanged by its administrator; the rollback hands over and deletes nothing."""
    with renewal(exchange="manual") as one:
        run_playbook(one)
        one.receiver.install(one.receiver.after)
        result = roll_back(one, began=LONG_AGO, exchange_recalled=True)
        assert result["stage"] == "exchange_back"
        assert all(address in result["hand_over"]["text"] for address in ADDRESSES)
        assert one.roots() == {OLD_ALIAS: "old", NEW_ALIAS: "new"}
        assert one.failed_messages() == []


def test_what_was_imported_is_known_after_a_crash_too(renewal: Make, tmp_path: Path) -> None:
    records = tmp_path / "records"
    with renewal(exchange="manual", records_path=str(records)) as one:
        one.tenant.faults.add("drop_after", method="PUT", count=None)
        one.tenant.faults.add("drop_before", method="GET", count=None, skip=6)
        run_playbook(one)
        one.tenant.faults.clear()
        (record,) = [json.loads(path.read_text()) for path in records.glob("import_new_root-*")]
        assert (record["alias"], record["fingerprint_sha256"]) == (NEW_ALIAS, one.receiver.new_root.fingerprint_sha256)
        if NEW_ALIAS in one.tenant.entries():
            assert steps(roll_back(one, exchange_recalled=True))[-1] == "delete_new_root"
        assert one.roots() == {OLD_ALIAS: "old"}
