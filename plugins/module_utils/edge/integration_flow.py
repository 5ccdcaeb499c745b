# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module integration_flow between its options and the decision."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..clock import format_time, parse_time
from ..decisions.integration_flow import CHOICES, SeenFlows, WantedFlows, decide_flows, stale_flows
from ..decisions.plan import Plan
from ..decisions.refused import Conflict, NotWanted
from ..flow_bundle.changes import SideEffect
from ..tenant.integration_flow import IntegrationFlow
from ..tenant.session import Tenant
from .comparison import Comparison
from .flow_reading import Reading, reading_of
from .flow_states import settled

__all__ = ["decide_wanted_flows", "read_flows", "wanted_flows"]

# The tenant's time is known to the second, and an entry that was written just now is dated to the millisecond.
_TOLERANCE = timedelta(seconds=5)


@dataclass
class _Compared:
    """What was compared before anything was deployed; the read-back does not ask for it again."""

    comparison: Comparison | None = None
    before: dict[str, IntegrationFlow] = field(default_factory=dict)
    effects: dict[str, tuple[SideEffect, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Wanted:
    flows: WantedFlows
    started_after: datetime | str | None
    reading: Reading
    compared: _Compared = field(default_factory=_Compared)


def wanted_flows(options: dict[str, Any]) -> _Wanted:
    ids = tuple(dict.fromkeys(flow_id.strip() for flow_id in options["ids"]))
    if not all(ids):
        raise NotWanted("an ID is empty", where="option ids")
    started_after: datetime | str | None = options["started_after"]
    if started_after is not None:
        # What is no time is an alias.
        with contextlib.suppress(ValueError):
            started_after = parse_time(str(started_after))
    flows = WantedFlows(
        ids,
        options["state"],
        options["wait_timeout"],
        options["parallel"],
        options["on_side_effect"],
        _choices(options["flow_side_effects"]),
    )
    return _Wanted(flows, started_after, reading_of(options))


def _choices(given: Mapping[str, Any]) -> dict[str, str]:
    wrong = [f"{flow_id}: {choice}" for flow_id, choice in given.items() if choice not in CHOICES]
    if wrong:
        raise NotWanted(
            f"each flow has one of {', '.join(CHOICES)}", where="option flow_side_effects", said=", ".join(wrong)
        )
    return {str(flow_id).strip(): str(choice) for flow_id, choice in given.items()}


def read_flows(tenant: Tenant, wanted: _Wanted) -> SeenFlows:
    """The runtime entries after whatever is under way has settled; a colleague's deployment counts as well as ours."""
    moment = wanted.started_after
    if isinstance(moment, str):
        moment = _written(tenant, moment)
    flows = settled(tenant, wanted.flows.ids, timeout=wanted.flows.wait_timeout)
    if moment is not None and moment > tenant.now() + _TOLERANCE:
        raise Conflict(
            f"no flow was started after {format_time(moment)}, because on the tenant it is {format_time(tenant.now())}",
            where="option started_after",
            remedy="Give a time that has passed",
        )
    stale = stale_flows(wanted.flows, flows, moment)
    effects = _side_effects(tenant, wanted, flows, stale)
    return SeenFlows(flows, moment, effects, tenant.now())


def _side_effects(
    tenant: Tenant, wanted: _Wanted, flows: Mapping[str, IntegrationFlow | None], stale: Sequence[str]
) -> Mapping[str, tuple[SideEffect, ...]]:
    """Of the flows that are to be restarted, and of those that just were."""
    known = wanted.compared
    if known.comparison is None:
        known.comparison = wanted.reading.open(tenant)[1]
    for flow_id, before in known.before.items():
        after = flows.get(flow_id)
        if after is not None and after.is_started and after.deployed_after(before):
            known.comparison.remember_deployed(after)
    new = [flow for flow_id in stale if flow_id not in known.before and (flow := flows[flow_id]) is not None]
    known.effects.update(known.comparison.side_effects(new))
    known.before.update((flow.id, flow) for flow in new)
    return known.effects


def _written(tenant: Tenant, alias: str) -> datetime:
    entry = tenant.keystore.entry(alias)
    if entry is None or entry.last_modified_at is None:
        raise Conflict(
            "the text is no time in RFC 3339 and no alias of the keystore either",
            where=f'started_after "{alias}"',
            remedy="Give a time such as 2026-11-21T18:00:00Z, or an alias that exists",
        )
    return entry.last_modified_at


def decide_wanted_flows(wanted: _Wanted, seen: SeenFlows) -> Plan:
    return decide_flows(wanted.flows, seen)
