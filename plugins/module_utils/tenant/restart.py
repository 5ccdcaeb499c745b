# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Restarting integration flows: deploy again, and believe it only when the tenant shows a newer deployment that runs.

There is no public restart (SAP Help "OData API: Integration Content" lists no such operation), so a deployment stands
in for it. Right after it the old entry still reads STARTED with the old time, and for a moment there may be none
(SAP Help "Updating Your Existing Integration Flow"; observed on tenants).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from ..clock import Clock, growing_pauses
from ..problem import Problem
from .errors import LoginRefused, NotFound, OutcomeUnknown, RestartFailed, TenantProblem, Unreachable
from .integration_flow import IntegrationFlow

__all__ = ["RestartOutcome", "restart_flows"]

# An error text may come a little later than the status ERROR (204 until then).
_ERROR_TEXT_LOOKS = 5
_POLL_GROWS_TO = 10.0


class Deployments(Protocol):
    """The part of :class:`.integration_flows.IntegrationFlows` that a restart needs."""

    def one(self, flow_id: str) -> IntegrationFlow | None:
        """A flow that is deployed."""

    def deployed(self) -> tuple[IntegrationFlow, ...]:
        """All of them."""

    def deploy(self, flow_id: str) -> str:
        """Ask for a deployment; the ID of its task."""

    def build_status(self, task: str) -> str | None:
        """How far that task is."""

    def error_text(self, flow_id: str) -> str | None:
        """Why a flow does not run, once the tenant says so."""


@dataclass(frozen=True, slots=True)
class RestartOutcome:
    """:param deployed: whether a deployment was asked for, even if it did not end well.

    :param after: the newest entry seen; of the old deployment when the new one never showed.
    :param problem: why the flow does not count as restarted; ``None`` for success.
    :param seconds: from the deployment to the end of the wait.
    """

    flow_id: str
    deployed: bool
    before: IntegrationFlow | None
    after: IntegrationFlow | None
    problem: Problem | None
    seconds: float

    @property
    def restarted(self) -> bool:
        return self.problem is None


def restart_flows(
    flows: Deployments,
    flow_ids: Sequence[str],
    *,
    clock: Clock,
    timeout: float,
    parallel: int,
    poll: float,
    start_new: bool = False,
) -> list[RestartOutcome]:
    """Restart flows, at most ``parallel`` at a time, taking turns on one connection; outcomes in the order asked for.

    A flow is restarted when its task reached SUCCESS, then its entry is newer than the one read before, and STARTED.
    A flow that fails does not keep the others from being restarted; a login that is refused or a tenant that cannot
    be reached does, for those not begun yet.

    :param timeout: seconds for each flow, from its own deployment on.
    :param poll: seconds between the first two looks at a flow; grows to ten times as much.
    :param start_new: also deploy a flow that is not deployed, instead of failing for it.
    """
    waiting = deque(dict.fromkeys(flow_ids))
    running: list[_Restart] = []
    done: dict[str, RestartOutcome] = {}
    try:
        before = _read_before(flows, list(waiting))
    except TenantProblem as problem:
        return [_not_begun(flow_id, problem) for flow_id in waiting]
    while waiting or running:
        while waiting and len(running) < max(parallel, 1):
            flow_id = waiting.popleft()
            restart = _Restart(flows, flow_id, before.get(flow_id), clock, timeout, poll)
            restart.begin(start_new=start_new)
            running.append(restart)
            if isinstance(restart.problem, (LoginRefused, Unreachable)):
                done.update((other, _not_begun(other, restart.problem)) for other in waiting)
                waiting.clear()
        restart = min(running, key=lambda one: one.next_look)
        if not restart.ended:
            clock.pause(max(restart.next_look - clock.monotonic(), 0.0))
            restart.look()
        if restart.ended:
            running.remove(restart)
            done[restart.flow_id] = restart.outcome()
    return [done[flow_id] for flow_id in dict.fromkeys(flow_ids)]


def _read_before(flows: Deployments, flow_ids: list[str]) -> dict[str, IntegrationFlow]:
    """The entries as they are, with one request however many flows there are."""
    if len(flow_ids) == 1:
        found = flows.one(flow_ids[0])
        return {flow_ids[0]: found} if found else {}
    return {flow.id: flow for flow in flows.deployed()} if flow_ids else {}


def _not_begun(flow_id: str, problem: TenantProblem) -> RestartOutcome:
    return RestartOutcome(flow_id, deployed=False, before=None, after=None, problem=problem, seconds=0.0)


class _Restart:
    """One flow on its way: the task first, then the entry in the runtime."""

    def __init__(
        self,
        flows: Deployments,
        flow_id: str,
        before: IntegrationFlow | None,
        clock: Clock,
        timeout: float,
        poll: float,
    ) -> None:
        self.flow_id = flow_id
        self.ended = False
        self.problem: TenantProblem | None = None
        self._flows = flows
        self._before = before
        self._after = before
        self._clock = clock
        self._timeout = timeout
        self._pauses: Iterator[float] = iter(growing_pauses(poll, poll * _POLL_GROWS_TO))
        self._task = ""
        self._task_status: str | None = None
        self._deployed = False
        self._started = self.next_look = clock.monotonic()
        self._error_text_looks = 0

    def begin(self, *, start_new: bool) -> None:
        if self._before is None and not start_new:
            self._fail(
                "The integration flow is not deployed, or this login may not see it",
                remedy="Check its id; deploy it first",
            )
            return
        try:
            self._task = self._flows.deploy(self.flow_id)
        except OutcomeUnknown:
            # Without a task the entry in the runtime alone shows whether the deployment began.
            self._task = ""
        except NotFound as problem:
            self._fail(
                "There is no such integration flow in design time that this login may deploy",
                said=problem.said,
                remedy="Restart it in the web user interface, or deploy it from where it comes",
            )
            return
        except TenantProblem as problem:
            self.problem, self.ended = problem, True
            return
        self._deployed = True
        self._started = self._clock.monotonic()
        self._schedule()

    def look(self) -> None:
        """One look at the flow; plans the next one, or ends."""
        overdue = self._clock.monotonic() - self._started >= self._timeout
        try:
            if self._task_is_over():
                self._look_at_runtime()
        except Unreachable as problem:
            if overdue or not problem.temporary:
                self.problem, self.ended = problem, True
        except TenantProblem as problem:
            self.problem, self.ended = problem, True
        if not self.ended and overdue:
            self._time_out()
        if not self.ended:
            self._schedule()

    def outcome(self) -> RestartOutcome:
        seconds = self._clock.monotonic() - self._started if self._deployed else 0.0
        return RestartOutcome(self.flow_id, self._deployed, self._before, self._after, self.problem, round(seconds, 3))

    def _schedule(self) -> None:
        left = self._started + self._timeout - self._clock.monotonic()
        # The last look is at the deadline, so that a long pause never hides a success.
        self.next_look = self._clock.monotonic() + min(next(self._pauses), max(left, 0.0))

    def _task_is_over(self) -> bool:
        if self._task and self._task_status != "SUCCESS":
            self._task_status = self._flows.build_status(self._task)
            if self._task_status is None:
                self._task = ""
            elif self._task_status.startswith("FAIL"):
                self._fail_of_task(self._task_status)
            return not self.ended and self._task_status in (None, "SUCCESS")
        return True

    def _fail_of_task(self, status: str) -> None:
        text = self._flows.error_text(self.flow_id)
        self._after = self._flows.one(self.flow_id) or self._after
        still = (
            " The deployment from before still runs"
            if self._after and self._after.is_started and not self._after.deployed_after(self._before)
            else ""
        )
        why = "for lack of a licence" if "LICENSE" in status else f"with {status}"
        self._fail(
            f"The deployment ended {why}.{still}".rstrip("."),
            said=text,
            remedy="Open the flow in the design workspace and look at what deploying it reports",
        )

    def _look_at_runtime(self) -> None:
        seen = self._flows.one(self.flow_id)
        if seen is None:
            return
        self._after = seen
        if not seen.deployed_after(self._before):
            return
        if seen.is_started:
            self.ended = True
        elif seen.has_failed:
            text = self._flows.error_text(self.flow_id)
            self._error_text_looks += 1
            if text or self._error_text_looks >= _ERROR_TEXT_LOOKS:
                self._fail(
                    "The integration flow was deployed and ended in ERROR",
                    said=text,
                    remedy="Look at the flow under Manage Integration Content",
                )

    def _time_out(self) -> None:
        after = self._after
        if after is not None and after.deployed_after(self._before):
            self._fail(
                f"The integration flow was deployed and is still {after.status} after {self._timeout:g} seconds",
                remedy="Raise the timeout, or look at the flow in the tenant",
            )
        elif self._task_status == "SUCCESS":
            self._fail(
                f"The deployment ended in SUCCESS, but no newer deployment showed within {self._timeout:g} seconds",
                remedy="Look at its externalized parameter SAP_ProfileId: integrationcell is another runtime",
            )
        else:
            state = f"; the deployment is still {self._task_status}" if self._task_status else ""
            self._fail(
                f"The integration flow was not deployed anew within {self._timeout:g} seconds{state}",
                remedy="Raise the timeout, or look at the flow in the tenant",
            )

    def _fail(self, what: str, *, remedy: str, said: str | None = None) -> None:
        self.problem = RestartFailed(what, where=self.flow_id, said=said, remedy=remedy)
        self.ended = True
