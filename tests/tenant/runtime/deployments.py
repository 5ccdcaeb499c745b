# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a flow is deployed and undeployed, step by step, in the background.

SAP Help: "Get Runtime Status of Deployed Integration Flow", "Updating your Existing Integration Flow", "Manage
Integration Content"; observed on a tenant: the task is DEPLOYING, then SUCCESS; the old entry is shown as STARTED with
its old DeployedOn for a while; running messages end, at most a minute long; for a moment there is no entry; the new one
is STARTING with the new DeployedOn, reads the keystore, and is STARTED.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .artifacts import DeployPlan, DeployTask, DesignArtifact, RuntimeArtifact

if TYPE_CHECKING:
    from .engine import Runtime

__all__ = ["Deployments"]

# How long a flow that is taken out of service waits for its messages (SAP Help: "Manage Integration Content").
_LAST_MESSAGES = 60.0
_STOPPED = "java.util.concurrent.RejectedExecutionException: the integration flow was stopped"


class Deployments:
    """Carries tasks out; two of the same flow one after the other."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._stopping = threading.Event()
        self._turns: dict[str, threading.Lock] = {}

    def resume(self) -> None:
        """Go on with what a restart of the tenant interrupted."""
        runtime = self._runtime
        with runtime.lock:
            unfinished = [task for task in runtime.tasks.values() if not task.done]
            leaving = [artifact.id for artifact in runtime.deployed.values() if artifact.status == "STOPPING"]
        for task in unfinished:
            self.begin(task, runtime.design.get(task.flow_id), runtime.plan_of(task.flow_id))
        for flow_id in leaving:
            self.begin_removal(flow_id)

    def stop(self) -> None:
        """Leave every task where it is; ``resume`` in another process goes on with it."""
        self._stopping.set()

    def begin(self, task: DeployTask, design: DesignArtifact | None, plan: DeployPlan) -> None:
        self._in_background(self._carry_out, task, design, plan)

    def begin_removal(self, flow_id: str) -> None:
        self._in_background(self._remove, flow_id)

    def _in_background(self, work: Callable[..., None], *arguments: Any) -> None:
        threading.Thread(target=work, args=arguments, name="tenant deployment", daemon=True).start()

    def _pause(self, seconds: float) -> bool:
        """False when the tenant stops meanwhile."""
        return not self._stopping.wait(seconds)

    def _turn_of(self, flow_id: str) -> threading.Lock:
        with self._runtime.lock:
            return self._turns.setdefault(flow_id, threading.Lock())

    def _carry_out(self, task: DeployTask, design: DesignArtifact | None, plan: DeployPlan) -> None:
        with self._turn_of(task.flow_id):
            if task.status == "DEPLOYING" and not self._build(task, design, plan):
                return
            if design is None or not self._pause(plan.stale_seconds):
                return
            before = self._take_out(design.id)
            if self._pause(plan.gap_seconds):
                self._bring_in(design, task, plan, before)

    def _build(self, task: DeployTask, design: DesignArtifact | None, plan: DeployPlan) -> bool:
        """The task's own part; True when the runtime is to take the flow over."""
        if not self._pause(plan.seconds):
            return False
        if plan.outcome in ("fail", "license") or design is None:
            task.status = "FAIL_ON_LICENSE_ERROR" if plan.outcome == "license" else "FAIL"
            task.done = True
            return False
        # Observed on a tenant: such a flow runs elsewhere; the task succeeds and no runtime entry appears here.
        task.done = design.parameters.get("SAP_ProfileId") == "integrationcell"
        task.status = "SUCCESS"
        return not task.done

    def _bring_in(self, design: DesignArtifact, task: DeployTask, plan: DeployPlan, before: datetime | None) -> None:
        runtime = self._runtime
        spec = runtime.specs.get(design.id)
        with runtime.lock:
            now = runtime.clock.now()
            if before is not None:
                now = max(now, before + timedelta(milliseconds=1))
            artifact = RuntimeArtifact(
                id=design.id,
                name=design.name,
                version=design.version,
                type=spec.type if spec else "INTEGRATION_FLOW",
                package=design.package,
                deployed_by=task.user,
                deployed_on=now,
                status="STARTING",
                bundle=design.bundle,
                parameters=dict(design.parameters),
                hidden=design.hidden,
            )
            runtime.deployed[design.id] = artifact
        if plan.outcome == "success":
            # After DeployedOn: a flow that is dated later than a keystore entry has read that entry.
            runtime.start_instance(artifact, deployed=True)
        elif plan.outcome == "never":
            task.done = True
            return
        if not self._pause(plan.starting_seconds):
            return
        with runtime.lock:
            artifact.status = "ERROR" if plan.outcome == "error" else "STARTED"
            artifact.error = plan.error if plan.outcome == "error" else None
            task.done = True

    def _take_out(self, flow_id: str) -> datetime | None:
        """Let the old instance end, then remove the entry; gives its DeployedOn."""
        runtime = self._runtime
        instance = runtime.instances.get(flow_id)
        if instance is not None:
            if runtime.options["abandon_in_flight"]:
                if not instance.retire(0.0):
                    instance.abort("ABANDONED", None)
            elif not instance.retire(_LAST_MESSAGES):
                instance.abort("FAILED", _STOPPED)
        with runtime.lock:
            runtime.instances.pop(flow_id, None)
            gone = runtime.deployed.pop(flow_id, None)
            return gone.deployed_on if gone else None

    def _remove(self, flow_id: str) -> None:
        with self._turn_of(flow_id):
            if self._pause(self._runtime.plan_of(flow_id).gap_seconds):
                self._take_out(flow_id)
