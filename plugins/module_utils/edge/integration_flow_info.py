# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module integration_flow_info between its options and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..clock import format_time
from ..tenant.session import Tenant
from .query import Query, compile_query

__all__ = ["answer_flows", "wanted_flow_info"]


@dataclass(frozen=True)
class _Wanted:
    ids: tuple[str, ...] | None
    errors: bool
    query: Query | None


def wanted_flow_info(options: dict[str, Any]) -> _Wanted:
    ids = options["ids"]
    return _Wanted(None if ids is None else tuple(ids), options["errors"], compile_query(options["query"]))


def answer_flows(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """One listing, however many flows are asked for."""
    deployed = {flow.id: flow for flow in tenant.integration_flows.deployed()}
    ids = sorted(deployed) if wanted.ids is None else sorted(set(wanted.ids))
    rows = []
    for flow in (deployed[flow_id] for flow_id in ids if flow_id in deployed):
        row = flow.to_result()
        if wanted.errors:
            row["error"] = tenant.integration_flows.error_text(flow.id) if flow.status == "ERROR" else None
        rows.append(row)
    answer: dict[str, Any] = {
        "integration_flows": rows,
        "not_deployed": [flow_id for flow_id in ids if flow_id not in deployed],
        "tenant_time": format_time(tenant.now()),
    }
    if wanted.query is not None:
        answer["selected"] = wanted.query(rows)
    return answer
