# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which integration flows have to be deployed or undeployed; a restart is a state: started after a given time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ..clock import format_time
from ..flow_bundle.changes import SideEffect
from ..tenant.integration_flow import IntegrationFlow
from .plan import Plan
from .refused import Conflict, RestartBlocked
from .steps import DeployFlows, UndeployFlows

__all__ = ["CHOICES", "SeenFlows", "WantedFlows", "decide_flows", "stale_flows"]

CHOICES = ("block", "redeploy", "wait")
"""What to do with a flow whose deployment would do more than restart it."""

# SAP Help "Renewal of Receiver Back-End Server Certificate": so long the SSL socket caches the keystore.
_CACHE = timedelta(hours=24)

# What the tenant sets when it deploys a flow.
_UNKNOWN = {"deployed_on": None, "deployed_by": None}


@dataclass(frozen=True)
class WantedFlows:
    """:param state: ``restarted``, ``deployed`` or ``undeployed``.

    :param on_side_effect: one of ``CHOICES``, for all flows but those named in ``of_flow``.
    """

    ids: tuple[str, ...]
    state: str
    wait_timeout: float = 600
    parallel: int = 4
    on_side_effect: str = "block"
    of_flow: Mapping[str, str] = field(default_factory=dict)

    def choice(self, flow_id: str) -> str:
        return self.of_flow.get(flow_id, self.on_side_effect)


@dataclass(frozen=True)
class SeenFlows:
    """:param flows: the runtime entry of each wanted flow, ``None`` where it is not deployed.

    :param started_after: for ``restarted``: a flow deployed at that very moment may still have read the old keystore,
        so only a later one counts (tenant time on both sides).
    :param effects: of the flows that were compared with design time: what deploying them would do beyond a restart.
    :param now: on the tenant's clock.
    """

    flows: Mapping[str, IntegrationFlow | None]
    started_after: datetime | None
    effects: Mapping[str, Sequence[SideEffect]]
    now: datetime


def stale_flows(
    wanted: WantedFlows, seen: Mapping[str, IntegrationFlow | None], started_after: datetime | None
) -> tuple[str, ...]:
    """The flows that a restart concerns: deployed, and not started after that time."""
    if wanted.state != "restarted":
        return ()
    return tuple(
        flow_id
        for flow_id in wanted.ids
        if (flow := seen[flow_id]) is not None and not _started_after(flow, started_after)
    )


def decide_flows(wanted: WantedFlows, observed: SeenFlows) -> Plan:
    seen, started_after = observed.flows, observed.started_after
    if wanted.state == "undeployed":
        present = tuple(flow_id for flow_id in wanted.ids if seen[flow_id] is not None)
        after = _resource(dict.fromkeys(wanted.ids))
        steps = (UndeployFlows(present, wanted.wait_timeout),) if present else ()
        return Plan(_resource(seen), after, steps, _sentence(present, "deployed", "None of the flows is deployed."))
    if wanted.state == "deployed":
        missing = tuple(flow_id for flow_id in wanted.ids if not _runs(seen[flow_id]))
        return _deployment(wanted, seen, missing, _sentence(missing, "not running", "Every flow runs."))
    _check_restartable(seen)
    return _restart(wanted, observed, stale_flows(wanted, seen, started_after))


def _restart(wanted: WantedFlows, observed: SeenFlows, stale: tuple[str, ...]) -> Plan:
    moment = format_time(observed.started_after) if observed.started_after else "ever"
    blocking: dict[str, dict[str, str]] = {
        flow_id: {effect.name: effect.sentence for effect in observed.effects.get(flow_id, ()) if effect.blocking}
        for flow_id in stale
    }
    blocked = {flow_id: named for flow_id, named in blocking.items() if named and wanted.choice(flow_id) == "block"}
    if blocked:
        raise RestartBlocked(blocked)
    left_alone = [flow_id for flow_id, named in blocking.items() if named and wanted.choice(flow_id) == "wait"]
    until = observed.started_after + _CACHE if observed.started_after else None
    waiting = left_alone if until is not None and observed.now < until else []
    restart = tuple(flow_id for flow_id in stale if flow_id not in left_alone)
    reason = _sentence(restart, f"not started after {moment}", f"Every flow was started after {moment}.")
    if left_alone and until is not None:
        reason = "" if not restart else f"{reason} "
        verb = "wait until" if waiting else "have read the keystore again by themselves since"
        reason += f"Not deployed, because that would do more than restart them; these {verb} {format_time(until)}: "
        reason += ", ".join(left_alone) + "."
    details = {
        "side_effects": {
            flow_id: [effect.to_result() for effect in observed.effects[flow_id]]
            for flow_id in stale
            if flow_id in observed.effects
        },
        "waits_until": {flow_id: format_time(until) for flow_id in waiting if until is not None},
    }
    return replace(_deployment(wanted, observed.flows, restart, reason), details=details)


def _deployment(
    wanted: WantedFlows, seen: Mapping[str, IntegrationFlow | None], ids: tuple[str, ...], reason: str
) -> Plan:
    after = {
        **_resource(seen),
        **{flow_id: {**_row(flow_id, seen[flow_id]), "status": "STARTED", **_UNKNOWN} for flow_id in ids},
    }
    start_new = wanted.state == "deployed"
    steps = (DeployFlows(ids, wanted.wait_timeout, wanted.parallel, start_new),) if ids else ()
    return Plan(_resource(seen), after, steps, reason)


def _check_restartable(seen: Mapping[str, IntegrationFlow | None]) -> None:
    absent = [flow_id for flow_id, flow in seen.items() if flow is None]
    if absent:
        raise Conflict(
            "only a deployed flow can be restarted; these are not deployed, or not visible to this user: "
            + ", ".join(absent),
            remedy="Take them off the list, or deploy them with state deployed",
        )


def _runs(flow: IntegrationFlow | None) -> bool:
    return flow is not None and flow.status in ("STARTED", "STARTING")


def _started_after(flow: IntegrationFlow | None, moment: datetime | None) -> bool:
    return (
        flow is not None
        and _runs(flow)
        and moment is not None
        and flow.deployed_on is not None
        and flow.deployed_on > moment
    )


def _resource(seen: Mapping[str, IntegrationFlow | None]) -> dict[str, object]:
    return {flow_id: _row(flow_id, flow) for flow_id, flow in seen.items()}


def _row(flow_id: str, flow: IntegrationFlow | None) -> dict[str, object]:
    return (
        flow.to_result()
        if flow is not None
        else {"id": flow_id, "name": None, "version": None, "status": None, "deployed_by": None, "deployed_on": None}
    )


def _sentence(ids: Sequence[str], what: str, otherwise: str) -> str:
    if not ids:
        return otherwise
    return f"{'This flow is' if len(ids) == 1 else 'These flows are'} {what}: " + ", ".join(ids) + "."
