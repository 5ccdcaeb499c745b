# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module message_processing_log_info between its options and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..clock import SystemClock, format_time, growing_pauses, parse_time, wait_for
from ..decisions.refused import NotWanted
from ..tenant.message_logs import MessageFailure
from ..tenant.session import Tenant

__all__ = ["answer_logs", "wanted_logs"]


@dataclass(frozen=True)
class _Wanted:
    """:param failures_since: ``None`` when failures count from the same time as completed messages."""

    ids: tuple[str, ...]
    since: datetime | None
    failures_since: datetime | None
    wait_timeout: float


def wanted_logs(options: dict[str, Any]) -> _Wanted:
    since, failures_since = options["since"], options["failures_since"]
    return _Wanted(
        tuple(dict.fromkeys(options["ids"])),
        None if since == "deployment" else _moment("since", since),
        None if failures_since is None else _moment("failures_since", failures_since),
        options["wait_timeout"],
    )


def _moment(option: str, text: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError:
        raise NotWanted(
            "this is no time in RFC 3339",
            where=f'option {option} "{text}"',
            remedy="Give a time such as 2026-11-21T18:00:00Z" + (", or deployment" if option == "since" else ""),
        ) from None


def answer_logs(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """Look until every flow has shown whether it delivers, or the time is over."""
    answer: dict[str, Any] = {}

    def look() -> bool | None:
        answer.update(_look(tenant, wanted))
        return all(row["completed"] or row["tls_failures"] for row in answer["message_processing_logs"]) or None

    wait_for(look, clock=SystemClock(), timeout=wanted.wait_timeout, pauses=growing_pauses(2, 10))
    return answer


def _look(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """One request for the failures of all flows and one for each flow's completed messages.

    One request more for each failure that is looked at, one for each flow with a TLS failure, and a listing when
    deployment times are needed.
    """
    since: dict[str, datetime | None] = dict.fromkeys(wanted.ids, wanted.since)
    if wanted.since is None:
        since.update({flow.id: flow.deployed_on for flow in tenant.integration_flows.deployed() if flow.id in since})
    failing_since = {
        flow_id: wanted.failures_since or moment for flow_id, moment in since.items() if moment is not None
    }
    failures = tenant.message_logs.failures(list(failing_since), min(failing_since.values())) if failing_since else ()
    rows = []
    for flow_id, moment in since.items():
        own = [one for one in failures if one.flow_id == flow_id and _ended_since(one, failing_since.get(flow_id))]
        rows.append(_row(tenant, flow_id, moment, own))
    return {"message_processing_logs": rows, "tenant_time": format_time(tenant.now())}


def _row(tenant: Tenant, flow_id: str, since: datetime | None, failures: Sequence[MessageFailure]) -> dict[str, Any]:
    """The row of one flow; its failures come newest first."""
    tls = [one for one in failures if one.is_tls]
    # Only after a failure does it matter whether something got through since.
    recovered = tenant.message_logs.last_completed(flow_id, tls[0].ended_at or since) if tls and since else None
    return {
        "id": flow_id,
        "since": format_time(since) if since else None,
        "completed": tenant.message_logs.completed_count(flow_id, since) if since else 0,
        "failed": len(failures),
        "tls_failures": len(tls),
        "first_failure_text": tls[-1].to_result()["text"] if tls else None,
        "last_failure_time": format_time(tls[0].ended_at) if tls and tls[0].ended_at else None,
        "last_completed_time": format_time(recovered) if recovered else None,
    }


def _ended_since(failure: MessageFailure, since: datetime | None) -> bool:
    return since is not None and (failure.ended_at is None or failure.ended_at >= since)
