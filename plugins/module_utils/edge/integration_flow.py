# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module integration_flow between its options and the decision."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..clock import parse_time
from ..decisions.integration_flow import WantedFlows, decide_flows
from ..decisions.plan import Plan
from ..decisions.refused import Conflict, NotWanted
from ..tenant.integration_flow import IntegrationFlow
from ..tenant.session import Tenant
from .flow_states import settled

__all__ = ["decide_wanted_flows", "read_flows", "wanted_flows"]


@dataclass(frozen=True)
class _Wanted:
    flows: WantedFlows
    started_after: datetime | str | None


@dataclass(frozen=True)
class _Seen:
    flows: Mapping[str, IntegrationFlow | None]
    started_after: datetime | None


def wanted_flows(options: dict[str, Any]) -> _Wanted:
    ids = tuple(dict.fromkeys(flow_id.strip() for flow_id in options["ids"]))
    if not all(ids):
        raise NotWanted("an ID is empty", where="option ids")
    if options["parallel"] < 1:
        raise NotWanted("at least one deployment must be allowed at a time", where="option parallel")
    started_after: datetime | str | None = options["started_after"]
    if started_after is not None:
        # What is no time is an alias.
        with contextlib.suppress(ValueError):
            started_after = parse_time(str(started_after))
    return _Wanted(WantedFlows(ids, options["state"], options["wait_timeout"], options["parallel"]), started_after)


def read_flows(tenant: Tenant, wanted: _Wanted) -> _Seen:
    """The runtime entries after whatever is under way has settled; a colleague's deployment counts as well as ours."""
    moment = wanted.started_after
    if isinstance(moment, str):
        moment = _written(tenant, moment)
    flows = settled(tenant, wanted.flows.ids, timeout=wanted.flows.wait_timeout)
    return _Seen(flows, moment)


def _written(tenant: Tenant, alias: str) -> datetime:
    entry = tenant.keystore.entry(alias)
    if entry is None or entry.last_modified_at is None:
        raise Conflict(
            "the text is no time in RFC 3339 and no alias of the keystore either",
            where=f'started_after "{alias}"',
            remedy="Give a time such as 2026-11-21T18:00:00Z, or an alias that exists",
        )
    return entry.last_modified_at


def decide_wanted_flows(wanted: _Wanted, seen: _Seen) -> Plan:
    return decide_flows(wanted.flows, seen.flows, seen.started_after)
