# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report: what was recorded, as plain values, and whether it is what was to be shown. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from typing import Any

from .recording import Recording, Run

__all__ = ["Check", "check", "make_report"]

_LEAST_RATE = 20.0
_PKIX = "PKIX path building failed"


@dataclass(frozen=True)
class Check:
    """One thing that had to be so. ``seen`` is the evidence, in words."""

    claim: str
    passed: bool
    seen: str


def make_report(recording: Recording) -> dict[str, Any]:
    """Everything that ``report.json`` holds; times are RFC 3339 in UTC, on the machine's clock."""
    failures = [message for message in recording.messages if message.failed]
    methods: Counter[str] = Counter()
    for run in recording.runs:
        methods.update(run.requests)
    checks = check(recording)
    second = _second_run(recording)
    return {
        "expected": recording.expected,
        "passed": all(each.passed for each in checks),
        "checks": [asdict(each) for each in checks],
        "started": _time(recording.started),
        "ended": _time(recording.ended),
        "seconds": round(recording.ended - recording.started, 1),
        "day_later": None if recording.day_later is None else _time(recording.day_later),
        "messages": {
            "total": len(recording.messages),
            "completed": len(recording.messages) - len(failures),
            "failed": len(failures),
            # The tenant's own text of the first failure; null when none failed.
            "failed_after_first_failure_text": failures[0].error if failures else None,
            "first_failure": _time(failures[0].at) if failures else None,
            "last_failure": _time(failures[-1].at) if failures else None,
            "per_second": round(_rate(recording), 1),
            "received_by_receivers": dict(recording.received),
        },
        "stages": [
            {
                "name": stage.name, "run": stage.run, "who": stage.who, "started": _time(stage.started),
                "ended": _time(stage.ended), "changed": stage.changed, "outcome": stage.outcome,
                "reason": stage.reason, "actions": list(stage.actions),
            }
            for stage in recording.stages
        ],
        "runs": [_run(run) for run in recording.runs],
        "second_run": None if second is None else {"changed": second.changed, "writes": second.writes},
        "requests": {
            "total": sum(methods.values()),
            "by_method": dict(sorted(methods.items())),
            "for_tokens": sum(run.tokens for run in recording.runs),
        },
        "flows": [
            {
                "id": flow, "receiver": receiver, "messages_per_second": recording.rates[flow],
                "messages": sum(message.flow == flow for message in recording.messages),
                "failed": sum(message.flow == flow for message in failures),
                "restarts": recording.restarts.get(flow, 0),
                "trusted_roots_at_end": list(recording.trusted_at_end.get(flow, ())),
            }
            for flow, receiver in recording.receivers.items()
        ],
        "served": [{**asdict(serving), "at": _time(serving.at)} for serving in recording.serving],
        "keystore": [{"at": _time(keeping.at), "roots": list(keeping.roots)} for keeping in recording.keeping],
        "certificates": [asdict(certificate) for certificate in recording.certificates],
        "events": [{**asdict(event), "at": _time(event.at)} for event in recording.happenings],
        "versions": dict(recording.versions),
    }  # fmt: skip


def check(recording: Recording) -> list[Check]:
    """Whether the story showed what it was to show."""
    return list(_renewed(recording) if recording.expected == "renewed" else _failed_as_expected(recording))


def _renewed(recording: Recording) -> Iterator[Check]:
    failed = sum(message.failed for message in recording.messages)
    total = len(recording.messages)
    yield Check(
        "Every message was completed", total > 0 and failed == 0, f"{total} messages, {failed} of them not completed"
    )
    yield _received(recording)
    rate = _rate(recording)
    yield Check(f"At least {_LEAST_RATE:g} messages a second", rate >= _LEAST_RATE, f"{rate:.1f} on average")
    quiet = [flow for flow, rate in recording.rates.items() if rate > 0 and not recording.restarts.get(flow)]
    often = {flow: count for flow, count in recording.restarts.items() if count > 1}
    yield Check(
        "Each flow was restarted once, between the import of the new root and the exchange of its receiver",
        not quiet and not often and _restarted_in_time(recording),
        ", ".join(f"{flow}: {count}" for flow, count in recording.restarts.items()),
    )
    refused = [stage for stage in recording.stages if stage.outcome == "refused"]
    yield Check(
        "The old root was not deleted while another receiver needed it",
        bool(refused) and refused[0].name == "delete_old_root",
        refused[0].reason if refused else "it was never refused",
    )
    deleted = [stage for stage in recording.stages if stage.name == "delete_old_root" and stage.changed]
    keeps = recording.keeping[-1].roots if recording.keeping else ()
    yield Check(
        "The old root was deleted once nobody needed it",
        len(deleted) == 1 and keeps == ("new",) and (not refused or refused[0].ended <= deleted[0].started),
        "; ".join(deleted[0].actions) if deleted else "it was not deleted",
    )
    held = {flow: roots for flow, roots in recording.trusted_at_end.items() if roots != ("new",)}
    yield Check(
        "A day later each flow trusts the new root alone, and messages still get through",
        bool(recording.trusted_at_end)
        and not held
        and recording.day_later is not None
        and _completed_since(recording, recording.day_later) > 0,
        f"{_completed_since(recording, recording.day_later or recording.ended)} messages completed since then",
    )
    second = _second_run(recording)
    yield Check(
        "A second run changes nothing",
        second is not None and not second.changed and second.writes == 0,
        "there was none" if second is None
        else f"{sum(second.requests.values())} requests, {second.writes} writes; the tenant was read-only meanwhile",
    )  # fmt: skip
    yield _ended_well(recording)


def _failed_as_expected(recording: Recording) -> Iterator[Check]:
    failures = [message for message in recording.messages if message.failed]
    texts = {message.error or "" for message in failures}
    yield Check(
        "Messages failed, as they must in this order", bool(failures), f"{len(failures)} of {len(recording.messages)}"
    )
    yield Check(
        "Each failed in the TLS handshake, with the tenant's own words",
        bool(failures) and all(_PKIX in text for text in texts),
        "; ".join(sorted(texts)),
    )
    yield _received(recording)
    named = {name for run in recording.runs for name in run.found}
    yield Check(
        "The role named the mistake: exchanged_too_early", "exchanged_too_early" in named, ", ".join(sorted(named))
    )
    repaired = max((stage.ended for stage in recording.stages if stage.name == "restart_flows"), default=None)
    after = [message for message in failures if repaired is not None and message.at > repaired]
    yield Check(
        "After its repair no message failed any more",
        repaired is not None and not after and _completed_since(recording, repaired) > 0,
        "it was not repaired"
        if repaired is None
        else f"{_completed_since(recording, repaired)} completed, {len(after)} failed",
    )
    yield _ended_well(recording)


def _second_run(recording: Recording) -> Run | None:
    """The last one, on a tenant that takes no write."""
    last = recording.runs[-1] if recording.runs else None
    return last if last is not None and last.read_only and not last.check_mode else None


def _received(recording: Recording) -> Check:
    """The receivers count for themselves; a completed message is one that they have answered."""
    completed = sum(not message.failed for message in recording.messages)
    received = sum(recording.received.values())
    return Check(
        "The receivers counted as many messages as the tenant's logs", completed == received,
        f"{received} received, {completed} completed in the logs",
    )  # fmt: skip


def _ended_well(recording: Recording) -> Check:
    statuses = [run.exit_status for run in recording.runs]
    claim = "Each run of the playbook ended without an error"
    return Check(claim, bool(statuses) and not any(statuses), f"exit status {statuses}")


def _restarted_in_time(recording: Recording) -> bool:
    """Each flow read both roots before any address of its receiver served the new chain."""
    for flow, receiver in recording.receivers.items():
        exchanged = [
            serving.at for serving in recording.serving if serving.receiver == receiver and serving.root == "new"
        ]
        ready = [each.at for each in recording.trusting if each.flow == flow and set(each.roots) == {"old", "new"}]
        if not exchanged or not ready or min(ready) > min(exchanged):
            return False
    return True


def _completed_since(recording: Recording, moment: float) -> int:
    return sum(not message.failed and message.at > moment for message in recording.messages)


def _rate(recording: Recording) -> float:
    return len(recording.messages) / max(recording.ended - recording.started, 0.001)


def _run(run: Run) -> dict[str, Any]:
    return {
        **asdict(run), "started": _time(run.started), "ended": _time(run.ended),
        "result": {key: run.result.get(key) for key in ("stage", "finished", "by")},
    }  # fmt: skip


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
