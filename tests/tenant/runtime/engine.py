# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime as a whole: which flows are designed and deployed, which run, and what they hold."""

from __future__ import annotations

import threading
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from ..bundles import UnreadableBundle, read_bundle, with_parameters
from ..clock import TenantClock
from .artifacts import DeployPlan, DeployTask, DesignArtifact, RuntimeArtifact
from .channel import resolve_channels
from .deployments import Deployments
from .flow import FlowInstance, FlowSettings
from .landscape import FlowSpec, read_landscape
from .messages import MessageLogs
from .saved_state import restore_runtime, save_runtime
from .trust import TrustStore

# When a keystore was read, and the certificates in it.
HeldTrust = tuple[datetime, list[bytes]]

__all__ = ["Runtime", "TenantKeystore", "UnknownArtifact"]

_AUTHOR = "designer@example.com"


class TenantKeystore(Protocol):
    """What the runtime needs of the tenant."""

    @property
    def clock(self) -> TenantClock:
        """The tenant's time."""

    def trust_anchors(self) -> Sequence[bytes]:
        """The certificates of the keystore, in DER."""

    def key_pair(self, alias: str) -> tuple[Any, list[bytes]] | None:
        """The private key and its chain."""


class UnknownArtifact(LookupError):
    """No such flow, or none that this client may see."""


class Runtime:
    """:param landscape: see ``read_landscape``. Its ``options``:

    ``deployed_bundles`` (the runtime entry's ``$value`` can be downloaded; off: 501), ``not_found_status`` (what a flow
    that is not deployed gives: 404, or another one with "Requested entity could not be found"), ``abandon_in_flight``
    (a redeployment ends running messages as ABANDONED instead of waiting for them).

    :param resolve: addresses behind names, over those of the landscape.
    :param deploy_seconds: real seconds until a deployment's task is done; the other phases are parts of it.
    """

    def __init__(
        self,
        tenant: TenantKeystore,
        landscape: Mapping[str, Any] | str | Path | None = None,
        *,
        resolve: Mapping[str, Sequence[str]] | None = None,
        deploy_seconds: float = 0.3,
    ) -> None:
        read = read_landscape(landscape)
        self.options = dict(read.options)
        self.packages = {name: dict(settings) for name, settings in read.packages.items()}
        self.logs = MessageLogs()
        self.lock = threading.RLock()
        self.specs = {spec.id: spec for spec in read.flows}
        self.design: dict[str, DesignArtifact] = {}
        self.deployed: dict[str, RuntimeArtifact] = {}
        self.tasks: dict[str, DeployTask] = {}
        self.starts: dict[str, int] = {}
        self.instances: dict[str, FlowInstance] = {}
        self.held: dict[str, HeldTrust] = {}  # read before the tenant itself was restarted
        self.trust_history: list[dict[str, Any]] = []
        self._tenant = tenant
        self.clock = tenant.clock
        self._resolve = {**read.resolve, **{name.lower(): tuple(found) for name, found in (resolve or {}).items()}}
        self._plan = DeployPlan(
            seconds=deploy_seconds,
            stale_seconds=deploy_seconds / 2,
            gap_seconds=deploy_seconds / 6,
            starting_seconds=deploy_seconds / 3,
        )
        self._next_plans: dict[str, deque[dict[str, Any]]] = {}
        self._running = False
        self._deployments = Deployments(self)
        for spec in read.flows:
            self._set_up(spec)

    def start(self) -> None:
        """Start every deployed flow, and go on with deployments that a restart of the tenant interrupted."""
        with self.lock:
            if self._running:
                return
            self._running = True
            artifacts = [artifact for artifact in self.deployed.values() if artifact.status == "STARTED"]
            held, self.held = self.held, {}
        for number, artifact in enumerate(artifacts):
            self.start_instance(artifact, held=held.get(artifact.id), phase=number * 0.37 % 1)
        self._deployments.resume()

    def stop(self) -> None:
        """Stop at once; a message that runs is cut and logged as CANCELLED."""
        self._deployments.stop()
        with self.lock:
            instances = list(self.instances.values())
            self._running = False
        for instance in instances:
            instance.retire(0.0)
        for instance in instances:
            if not instance.retire(0.5):
                instance.abort("CANCELLED", None)

    def snapshot(self) -> dict[str, Any]:
        """All that a restart of the tenant must not change, as JSON."""
        with self.lock:
            return save_runtime(self)

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Be as when ``snapshot`` was called; before ``start``."""
        with self.lock:
            restore_runtime(self, saved)

    def artifact(self, flow_id: str) -> RuntimeArtifact:
        """A copy of the runtime entry; :raises UnknownArtifact:."""
        with self.lock:
            found = self.deployed.get(flow_id)
            if found is None or found.hidden:
                raise UnknownArtifact(flow_id)
            return replace(found)

    def artifacts(self) -> list[RuntimeArtifact]:
        with self.lock:
            return [replace(found) for found in self.deployed.values() if not found.hidden]

    def error_information(self, flow_id: str) -> str | None:
        """The readable error; None at the first look, when it is not ready yet, and for a flow without one."""
        with self.lock:
            self.artifact(flow_id)
            artifact = self.deployed[flow_id]
            ready, artifact.error_read = artifact.error_read, True
            return artifact.error if ready else None

    def designed(self, flow_id: str, version: str = "active") -> DesignArtifact:
        """:raises UnknownArtifact: also for a version that is not the current one."""
        with self.lock:
            found = self.design.get(flow_id)
            if found is None or found.hidden or not found.is_version(version):
                raise UnknownArtifact(flow_id)
            return found

    def messages(self) -> list[dict[str, Any]]:
        """Every message processing log, oldest first, those of flows with log level NONE too."""
        return [log.to_dict() for log in self.logs.all()]

    def flows(self) -> list[dict[str, Any]]:
        """For reports: per deployed flow its state, how often it was deployed, and the keystore that it holds.

        ``trusted``, here and in ``trust_history``, holds SHA-256 of certificates as plain hexadecimal digits.
        """
        with self.lock:
            return [
                {
                    "id": artifact.id,
                    "status": artifact.status,
                    "deployed_on": artifact.deployed_on.isoformat(timespec="milliseconds"),
                    "restarts": self.starts.get(artifact.id, 0),
                    "trusted": list(instance.held.fingerprints) if instance else [],
                    "trust_read_at": instance.held.read_at.isoformat(timespec="milliseconds") if instance else None,
                }
                for artifact in self.deployed.values()
                for instance in [self.instances.get(artifact.id)]
            ]

    def plan_deployment(self, flow_id: str, **settings: Any) -> None:
        """How the next deployment of this flow goes (fields of ``DeployPlan``); several calls make a queue.

        :raises UnknownArtifact: for a flow that the landscape does not have.
        :raises TypeError: for an unknown field.
        :raises ValueError: for an unknown outcome.
        """
        if flow_id not in self.specs:
            raise UnknownArtifact(f"the landscape has no flow {flow_id!r}; it has {', '.join(self.specs) or 'none'}")
        replace(self._plan, **settings)  # refuses now, not in a background thread
        with self.lock:
            self._next_plans.setdefault(flow_id, deque()).append(settings)

    def deploy(self, flow_id: str, version: str, user: str) -> str:
        """Begin a deployment of what design time holds now; gives the task's id. :raises UnknownArtifact:."""
        with self.lock:
            found = self.designed(flow_id, version)
            design = replace(found, parameters=dict(found.parameters))
            task = DeployTask(str(uuid.uuid4()), flow_id, user)
            self.tasks[task.id] = task
            plan = self.plan_of(flow_id)
        self._deployments.begin(task, design, plan)
        return task.id

    def edit(self, flow_id: str, user: str = _AUTHOR, **changes: Any) -> None:
        """Somebody works on the flow in design time: fields of ``DesignArtifact``; new parameters go into the bundle.

        :raises UnknownArtifact:.
        """
        with self.lock:
            before = self.designed(flow_id)
            after = replace(before, **{"modified_at": self.clock.now(), "modified_by": user, **changes})
            if after.parameters != before.parameters:
                after.bundle = with_parameters(after.bundle, after.parameters, after.modified_at)
            self.design[flow_id] = after

    def undeploy(self, flow_id: str) -> None:
        """:raises UnknownArtifact:."""
        with self.lock:
            self.artifact(flow_id)
            self.deployed[flow_id].status = "STOPPING"
        self._deployments.begin_removal(flow_id)

    def forget_trust(self) -> None:
        """Every flow reads the keystore again now: for a test that fills the keystore after the flows were started."""
        with self.lock:
            instances = list(self.instances.values())
        for instance in instances:
            instance.forget_trust()

    def plan_of(self, flow_id: str) -> DeployPlan:
        """How the next deployment goes; takes it from the queue."""
        spec = self.specs.get(flow_id)
        queue = self._next_plans.get(flow_id)
        plan = replace(self._plan, **(spec.deploy if spec else {}))
        return replace(plan, **queue.popleft()) if queue else plan

    def start_instance(
        self, artifact: RuntimeArtifact, *, deployed: bool = False, held: HeldTrust | None = None, phase: float = 0.0
    ) -> None:
        """Run a deployed flow; ``held`` is the keystore that it held before the tenant itself was restarted.

        Not under the runtime's lock: the keystore is read here, and it has a lock of its own.
        """
        spec = self.specs.get(artifact.id) or FlowSpec(artifact.id)
        try:
            content = read_bundle(artifact.bundle)
            channels = resolve_channels(content.channels, artifact.parameters, spec.dynamic)
            runs_once = content.runs_once
        except UnreadableBundle:
            channels, runs_once = (), False
        settings = FlowSettings(
            id=artifact.id,
            name=artifact.name,
            package=artifact.package,
            channels=channels,
            messages_per_second=spec.messages_per_second if channels else 0.0,
            message_seconds=spec.message_seconds,
            failure_status=spec.failure_status,
            log_level=spec.log_level,
        )

        def read_keystore(aliases: Sequence[str]) -> TrustStore:
            return self._read_keystore(artifact.id, aliases)

        instance = FlowInstance(
            settings,
            clock=self.clock,
            logs=self.logs,
            read_keystore=read_keystore,
            lookup=self._lookup,
            trust=TrustStore(held[0], held[1], self._key_pairs(settings.aliases)) if held else None,
            phase=phase,
        )
        with self.lock:
            self.instances[artifact.id] = instance
            if deployed:
                self.starts[artifact.id] = self.starts.get(artifact.id, 0) + 1
        # A deployment fires a Run Once timer, a start of the node does not (SAP Help: "Define a Timer Start Event").
        instance.start(send_now=runs_once and deployed)

    def _key_pairs(self, aliases: Sequence[str]) -> dict[str, tuple[Any, list[bytes]]]:
        return {alias: found for alias in aliases if (found := self._tenant.key_pair(alias)) is not None}

    def _read_keystore(self, flow_id: str, aliases: Sequence[str]) -> TrustStore:
        read_at = self.clock.now()
        trust = TrustStore(read_at, self._tenant.trust_anchors(), self._key_pairs(aliases))
        entry = {
            "flow": flow_id,
            "read_at": read_at.isoformat(timespec="milliseconds"),
            "trusted": list(trust.fingerprints),
        }
        self.trust_history.append(entry)
        return trust

    def _lookup(self, host: str) -> Sequence[str]:
        found = self._resolve.get(host.lower())
        if found is not None:
            return found
        return (host,) if host.replace(".", "").isdigit() else ()

    def _set_up(self, spec: FlowSpec) -> None:
        now = self.clock.now()
        modified = now - timedelta(days=spec.modified_days_ago)
        name = spec.name or spec.id
        self.packages.setdefault(spec.package, {})
        if spec.design_time:
            self.design[spec.id] = DesignArtifact(
                id=spec.id,
                name=name,
                version=spec.version,
                package=spec.package,
                bundle=spec.bundle,
                parameters=dict(spec.parameters),
                modified_at=modified,
                modified_by=_AUTHOR,
                created_at=modified,
                draft=spec.draft,
                locked=spec.locked,
                configure_only=spec.configure_only,
                hidden=spec.hidden,
                type=spec.type,
            )
        if spec.deployed and spec.parameters.get("SAP_ProfileId") != "integrationcell":
            parameters, bundle = spec.parameters, spec.bundle
            if spec.deployed_parameters is not None:
                parameters = spec.deployed_parameters
                bundle = with_parameters(bundle, parameters, modified)
            self.deployed[spec.id] = RuntimeArtifact(
                id=spec.id,
                name=name,
                version=spec.deployed_version or spec.version,
                type=spec.type,
                package=spec.package,
                deployed_by=_AUTHOR,
                deployed_on=now - timedelta(days=spec.deployed_days_ago),
                status="STARTED",
                bundle=bundle,
                parameters=dict(parameters),
                hidden=spec.hidden,
            )
