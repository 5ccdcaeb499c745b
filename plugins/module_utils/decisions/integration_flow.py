# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which integration flows have to be deployed or undeployed; a restart is a state: started after a given time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..clock import format_time
from ..tenant.integration_flow import IntegrationFlow
from .plan import Plan
from .refused import Conflict
from .steps import DeployFlows, UndeployFlows

__all__ = ["WantedFlows", "decide_flows"]


@dataclass(frozen=True)
class WantedFlows:
    """:param state: ``restarted``, ``deployed`` or ``undeployed``."""

    ids: tuple[str, ...]
    state: str
    wait_timeout: float = 600
    parallel: int = 4


def decide_flows(
    wanted: WantedFlows, seen: Mapping[str, IntegrationFlow | None], started_after: datetime | None
) -> Plan:
    """:param seen: the runtime entry of each wanted flow, ``None`` where it is not deployed.

    :param started_after: for ``restarted``: a flow deployed at that very moment may still have read the old keystore,
        so only a later one counts (tenant time on both sides).
    """
    if wanted.state == "undeployed":
        present = tuple(flow_id for flow_id in wanted.ids if seen[flow_id] is not None)
        after = _resource(dict.fromkeys(wanted.ids))
        steps = (UndeployFlows(present, wanted.wait_timeout),) if present else ()
        return Plan(_resource(seen), after, steps, _sentence(present, "deployed", "None of the flows is deployed."))
    if wanted.state == "deployed":
        missing = tuple(flow_id for flow_id in wanted.ids if not _runs(seen[flow_id]))
        return _deployment(wanted, seen, missing, _sentence(missing, "not running", "Every flow runs."))
    _check_restartable(seen)
    stale = tuple(flow_id for flow_id in wanted.ids if not _started_after(seen[flow_id], started_after))
    moment = format_time(started_after) if started_after else "ever"
    return _deployment(
        wanted, seen, stale, _sentence(stale, f"not started after {moment}", f"Every flow was started after {moment}.")
    )


def _deployment(
    wanted: WantedFlows, seen: Mapping[str, IntegrationFlow | None], ids: tuple[str, ...], reason: str
) -> Plan:
    after = {
        **_resource(seen),
        **{flow_id: {**_row(flow_id, seen[flow_id]), "status": "STARTED", "deployed_on": None} for flow_id in ids},
    }
    steps = (DeployFlows(ids, wanted.wait_timeout, wanted.parallel),) if ids else ()
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
