# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report calls a story good only when everything was shown that had to be shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.demo.recording import Message, Recording, Trusting
from ansible_collections.certops.sap_cloud_integration.tests.demo.report import make_report
from ansible_collections.certops.sap_cloud_integration.tests.unit.demo.recordings import PKIX, renewed, wrong_order


def _wrong_claims(recording: Recording) -> list[str]:
    return [each["claim"] for each in make_report(recording)["checks"] if not each["passed"]]


def test_a_good_story_passes() -> None:
    report = make_report(renewed())
    assert [each["claim"] for each in report["checks"] if not each["passed"]] == []
    assert report["passed"] is True


def test_the_report_holds_what_was_promised() -> None:
    report = json.loads(json.dumps(make_report(renewed())))
    assert (report["messages"]["total"], report["messages"]["failed"]) == (300, 0)
    assert report["messages"]["failed_after_first_failure_text"] is None
    assert set(report["stages"][0]) >= {"name", "started", "ended", "changed"}
    assert report["stages"][0]["started"] == "1970-01-01T00:16:41.000Z"
    assert report["second_run"] == {"changed": False, "writes": 0}
    assert report["requests"] == {"total": 20, "by_method": {"GET": 13, "POST": 6, "PUT": 1}, "for_tokens": 5}
    assert report["flows"][0]["restarts"] == 1
    assert report["flows"][0]["trusted_roots_at_end"] == ["new"]
    assert report["flows"][0]["messages"] == 200


def _one_fails(recording: Recording) -> None:
    recording.messages = [*recording.messages[:-1], replace(recording.messages[-1], status="FAILED", error=PKIX)]


def _one_is_cut_off(recording: Recording) -> None:
    recording.messages = [*recording.messages[:-1], replace(recording.messages[-1], status="ABANDONED")]


def _one_is_lost_on_the_way(recording: Recording) -> None:
    recording.received = {**recording.received, "127.0.0.4": 99}


def _few_messages(recording: Recording) -> None:
    recording.messages = recording.messages[::2]
    recording.received = {"127.0.0.2": 150}


def _no_restart(recording: Recording) -> None:
    recording.restarts = {"To_ERP": 0, "To_CRM": 1}


def _two_restarts(recording: Recording) -> None:
    recording.restarts = {"To_ERP": 2, "To_CRM": 1}


def _restart_after_the_exchange(recording: Recording) -> None:
    recording.trusting = [
        replace(each, at=1004.5) if each.flow == "To_ERP" and "new" in each.roots and each.at < 1004 else each
        for each in recording.trusting
    ]


def _no_refusal(recording: Recording) -> None:
    recording.stages = [stage for stage in recording.stages if stage.outcome != "refused"]


def _no_deletion(recording: Recording) -> None:
    recording.stages = recording.stages[:-1]


def _old_root_still_there(recording: Recording) -> None:
    recording.keeping = recording.keeping[:-1]


def _old_root_still_trusted(recording: Recording) -> None:
    recording.trusted_at_end = {"To_ERP": ("old", "new"), "To_CRM": ("new",)}


def _nothing_sent_the_day_after(recording: Recording) -> None:
    recording.day_later = recording.ended


def _second_run_writes(recording: Recording) -> None:
    recording.runs[-1].writes = 1


def _second_run_changes(recording: Recording) -> None:
    recording.runs[-1].changed = True


def _a_run_fails(recording: Recording) -> None:
    recording.runs[0].exit_status = 2


@pytest.mark.parametrize(
    ("spoil", "claim"),
    [
        (_one_fails, "Every message was completed"),
        (_one_is_cut_off, "Every message was completed"),
        (_one_is_lost_on_the_way, "The receivers counted"),
        (_few_messages, "At least 20 messages"),
        (_no_restart, "Each flow was restarted once"),
        (_two_restarts, "Each flow was restarted once"),
        (_restart_after_the_exchange, "Each flow was restarted once"),
        (_no_refusal, "The old root was not deleted while"),
        (_no_deletion, "The old root was deleted once"),
        (_old_root_still_there, "The old root was deleted once"),
        (_old_root_still_trusted, "A day later"),
        (_nothing_sent_the_day_after, "A day later"),
        (_second_run_writes, "A second run changes nothing"),
        (_second_run_changes, "A second run changes nothing"),
        (_a_run_fails, "Each run of the playbook"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_whatever_is_missing_is_named(spoil: Callable[[Recording], None], claim: str) -> None:
    recording = renewed()
    spoil(recording)
    assert any(wrong.startswith(claim) for wrong in _wrong_claims(recording))
    assert make_report(recording)["passed"] is False


def test_a_story_without_messages_proves_nothing() -> None:
    recording = renewed()
    recording.messages = []
    recording.received = {}
    assert "Every message was completed" in _wrong_claims(recording)


def test_the_control_passes_when_messages_failed() -> None:
    report = make_report(wrong_order())
    assert [each["claim"] for each in report["checks"] if not each["passed"]] == []
    assert report["messages"]["failed"] == 10
    assert report["messages"]["failed_after_first_failure_text"] == PKIX
    assert report["messages"]["first_failure"] == "1970-01-01T00:16:42.000Z"


def test_a_control_that_cannot_fail_is_no_control() -> None:
    recording = wrong_order()
    recording.messages = [Message(message.at, message.flow, "COMPLETED") for message in recording.messages]
    recording.received = {"127.0.0.2": 40}
    assert "Messages failed, as they must in this order" in _wrong_claims(recording)


def test_the_control_wants_the_tenants_own_words() -> None:
    recording = wrong_order()
    recording.messages = [
        replace(message, error="Connection refused") if message.failed else message for message in recording.messages
    ]
    assert any(claim.startswith("Each failed in the TLS handshake") for claim in _wrong_claims(recording))


def test_the_control_wants_the_diagnosis_and_the_repair() -> None:
    recording = wrong_order()
    recording.runs[0].found = {"half_exchanged": "Some"}
    assert any("exchanged_too_early" in claim for claim in _wrong_claims(recording))
    recording = wrong_order()
    recording.messages = [*recording.messages, Message(1007.5, "To_ERP", "FAILED", PKIX)]
    assert any(claim.startswith("After its repair") for claim in _wrong_claims(recording))


def test_a_flow_that_never_read_both_roots_was_not_ready() -> None:
    recording = renewed()
    recording.trusting = [Trusting(1000.0, "To_ERP", ("old",))]
    assert any(claim.startswith("Each flow was restarted once") for claim in _wrong_claims(recording))
