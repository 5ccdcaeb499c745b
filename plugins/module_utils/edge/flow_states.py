# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting for integration flows, and what became of several of them at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..clock import SystemClock, growing_pauses, wait_for
from ..problem import Problem
from ..tenant.errors import OutcomeUnknown, RestartFailed, TenantProblem
from ..tenant.integration_flow import IntegrationFlow
from ..tenant.restart import RestartOutcome
from ..tenant.session import Tenant

__all__ = ["FlowsFailed", "settled", "undeployed"]

_TRANSIENT = frozenset({"STARTING", "STOPPING"})


class FlowsFailed(Problem):
    """Some flows of a call are not in the state that was asked for; the others are."""

    def __init__(self, outcomes: Sequence[RestartOutcome]) -> None:
        failed = [outcome for outcome in outcomes if outcome.problem is not None]
        super().__init__(
            f"{len(failed)} of {len(outcomes)} integration flows could not be deployed: "
            + " ".join(f"{outcome.flow_id}: {outcome.problem}" for outcome in failed),
            remedy="See to these flows, then run again; the others are not deployed twice",
        )
        self.outcomes = outcomes

    @property
    def accepted(self) -> tuple[str, ...]:
        """Flows whose deployment the tenant took, and could not be asked about to its end: they may still come up."""
        return tuple(
            one.flow_id
            for one in self.outcomes
            if one.deployed and not one.restarted and not isinstance(one.problem, RestartFailed)
        )

    def to_result(self) -> dict[str, Any]:
        return {
            **super().to_result(),
            "flows": [
                {
                    "id": outcome.flow_id,
                    "restarted": outcome.restarted,
                    "deployed": outcome.deployed,
                    "problem": None if outcome.problem is None else outcome.problem.to_result(),
                }
                for outcome in self.outcomes
            ],
        }


def settled(tenant: Tenant, ids: Sequence[str], *, timeout: float) -> Mapping[str, IntegrationFlow | None]:
    """The runtime entries of these flows once none of them is starting or stopping; raises ``Problem`` otherwise."""
    seen: dict[str, IntegrationFlow | None] = {}

    def look() -> bool | None:
        seen.update(_entries(tenant, ids))
        return None if any(flow is not None and flow.status in _TRANSIENT for flow in seen.values()) else True

    if wait_for(look, clock=SystemClock(), timeout=timeout, pauses=growing_pauses(1, 10)) is None:
        moving = [f"{flow.id} ({flow.status})" for flow in seen.values() if flow and flow.status in _TRANSIENT]
        raise Problem(
            f"these flows did not settle within {timeout:g} seconds: {', '.join(moving)}",
            remedy="Look into the tenant's monitor, then run again, perhaps with a higher wait_timeout",
        )
    return seen


def undeployed(tenant: Tenant, ids: Sequence[str], *, timeout: float) -> None:
    """Take flows out of service and wait until none of them is listed; what is left then, a read-back shows."""
    for flow_id in ids:
        tenant.integration_flows.undeploy(flow_id)
    try:
        wait_for(
            lambda: None if any(_entries(tenant, ids).values()) else True,
            clock=SystemClock(),
            timeout=timeout,
            pauses=growing_pauses(1, 10),
        )
    except TenantProblem as problem:
        raise OutcomeUnknown(
            f"The tenant accepted to take {', '.join(ids)} out of service, and could not be asked whether it is done",
            said=str(problem),
            remedy="Run again",
        ) from problem


def _entries(tenant: Tenant, ids: Sequence[str]) -> dict[str, IntegrationFlow | None]:
    """One request: the entry itself for one flow, the listing for several."""
    if len(ids) == 1:
        return {ids[0]: tenant.integration_flows.one(ids[0])}
    deployed = {flow.id: flow for flow in tenant.integration_flows.deployed()}
    return {flow_id: deployed.get(flow_id) for flow_id in ids}
