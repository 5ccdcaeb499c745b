# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module integration_flow_info between its options and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..clock import format_time
from ..decisions.flow_content import FlowContent, Question
from ..flow_bundle.changes import SideEffect
from ..flow_bundle.host_names import read_target
from ..tenant.integration_flow import IntegrationFlow
from ..tenant.session import Tenant
from .flow_reading import Reading, reading_of
from .query import Query, compile_query

__all__ = ["answer_flows", "wanted_flow_info"]

_VERDICTS = ("yes", "no", "unknown")


@dataclass(frozen=True)
class _Wanted:
    ids: tuple[str, ...] | None
    errors: bool
    query: Query | None
    question: Question
    side_effects: bool
    reading: Reading

    @property
    def asks_for_content(self) -> bool:
        question = self.question
        return question.details or question.host is not None or question.alias is not None


def wanted_flow_info(options: dict[str, Any]) -> _Wanted:
    ids = options["ids"]
    host, port = read_target(options["sends_to"]) if options["sends_to"] else (None, None)
    return _Wanted(
        None if ids is None else tuple(ids),
        options["errors"],
        compile_query(options["query"]),
        Question(host, port, options["uses_alias"] or None, options["details"]),
        options["side_effects"],
        reading_of(options),
    )


def answer_flows(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """One listing, however many flows are asked for; contents only when something is asked that they tell."""
    deployed, others = tenant.integration_flows.deployed_artifacts()
    by_id = {flow.id: flow for flow in deployed}
    ids = sorted(by_id) if wanted.ids is None else sorted(set(wanted.ids))
    flows = [by_id[flow_id] for flow_id in ids if flow_id in by_id]
    contents, comparison = wanted.reading.open(tenant)
    found = contents.of(flows, wanted.question, others) if wanted.asks_for_content else {}
    effects = comparison.side_effects(flows) if wanted.side_effects else None
    rows = []
    for flow in flows:
        row = flow.to_result()
        if wanted.errors:
            row["error"] = tenant.integration_flows.error_text(flow.id) if flow.status == "ERROR" else None
        if wanted.asks_for_content:
            row.update(_answers(found[flow.id], wanted.question))
        if effects is not None:
            row.update(_restart(flow, effects))
        rows.append(row)
    answer: dict[str, Any] = {
        "integration_flows": rows,
        "not_deployed": [flow_id for flow_id in ids if flow_id not in by_id],
        "tenant_time": format_time(tenant.now()),
    }
    if wanted.question.host is not None:
        answer["sends_to"] = _by_verdict(rows, "sends_to")
    if wanted.question.alias is not None:
        answer["uses_alias"] = _by_verdict(rows, "uses_alias")
    if wanted.query is not None:
        answer["selected"] = wanted.query(rows)
    return answer


def _answers(content: FlowContent, question: Question) -> dict[str, Any]:
    row: dict[str, Any] = {"content": content.to_result()}
    if question.host is not None:
        row["sends_to"] = content.answer(question.sends).to_result()
    if question.alias is not None:
        row["uses_alias"] = content.answer(question.uses).to_result()
    if question.details:
        row["details"] = None if content.bundle is None else content.bundle.to_result()
    return row


def _restart(flow: IntegrationFlow, effects: Mapping[str, Sequence[SideEffect]]) -> dict[str, Any]:
    found = effects[flow.id]
    return {
        "side_effects": [effect.to_result() for effect in found],
        "restartable": not any(effect.blocking for effect in found),
    }


def _by_verdict(rows: Sequence[Mapping[str, Any]], name: str) -> dict[str, list[str]]:
    return {verdict: [row["id"] for row in rows if row[name]["verdict"] == verdict] for verdict in _VERDICTS}
