# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What deploying flows again would do beyond a restart: the comparison of what runs with what would be deployed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..decisions.flow_content import Missing, MissingName
from ..flow_bundle.changes import Deployed, DesignTime, NoDesignTime, SideEffect, side_effects
from ..flow_bundle.flow_bundle import FlowBundle
from ..tenant.errors import NotPermitted, Refused
from ..tenant.integration_flow import DesignTimeFlow, FlowLock, IntegrationFlow
from ..tenant.session import Tenant
from .content_cache import ContentCache
from .design_time import DesignTimeReader, ReadBundle, read_bundle
from .flow_contents import FlowContents

__all__ = ["Comparison"]

_WHY: Mapping[MissingName, NoDesignTime] = {
    "no_design_time_artifact": "not_found",
    "configure_only": "configure_only",
    "not_permitted": "not_permitted",
}


class Comparison:
    """Compares flows once per deployment of theirs: what was found stands until they are deployed anew."""

    def __init__(
        self,
        tenant: Tenant,
        cache: ContentCache,
        design_time: DesignTimeReader,
        contents: FlowContents,
    ) -> None:
        self._tenant = tenant
        self._cache = cache
        self._design_time = design_time
        self._contents = contents
        self._would_ship: dict[str, tuple[bytes, Mapping[str, str]]] = {}

    def side_effects(self, flows: Sequence[IntegrationFlow]) -> dict[str, tuple[SideEffect, ...]]:
        """For each flow all that a deployment would do beyond restarting it."""
        if not flows:
            return {}
        packages = {
            flow.id: record.package_id
            for flow in flows
            if (record := self._cache.get("running", flow.id)) is not None and record.package_id
        }
        designed = self._design_time.flows([flow.id for flow in flows], packages)
        present = [each for each in designed.values() if isinstance(each, DesignTimeFlow)]
        bundles = self._design_time.bundles(present)
        readable = [flow_id for flow_id, read in bundles.items() if isinstance(read, ReadBundle)]
        configured = self._design_time.configurations(readable)
        locks = self._locks() if present else {}
        found = {}
        for flow in flows:
            read, parameters = bundles.get(flow.id), configured.get(flow.id)
            found[flow.id] = self._compare(flow, designed[flow.id], read, parameters, locks)
        return found

    def remember_deployed(self, flow: IntegrationFlow) -> None:
        """This flow was just deployed with what was compared: the next run may know with which parameters."""
        shipped = self._would_ship.get(flow.id)
        if shipped is not None:
            self._contents.remember_deployed(flow, *shipped)

    def _compare(
        self,
        flow: IntegrationFlow,
        designed: DesignTimeFlow | Missing,
        read: ReadBundle | Missing | None,
        parameters: Mapping[str, str] | Missing | None,
        locks: Mapping[str, FlowLock] | None,
    ) -> tuple[SideEffect, ...]:
        if flow.deployed_on is None:
            return (SideEffect("modification_unknown", "The tenant does not say when the flow was deployed"),)
        deployed = Deployed(flow.version, flow.deployed_on)
        missing = designed if isinstance(designed, Missing) else read if isinstance(read, Missing) else None
        bundle = None
        values: Mapping[str, str] | None = None
        if isinstance(read, ReadBundle):
            configured = None if isinstance(parameters, Missing) else parameters
            again = read_bundle(read.data, configured)
            bundle = again if isinstance(again, FlowBundle) else None
            if bundle is not None and configured is not None:
                values = bundle.parameters.values
                self._would_ship[flow.id] = (read.data, configured)
        return side_effects(
            deployed,
            _WHY.get(missing.name, "unknown") if missing is not None else _stated(designed, flow.id, locks),
            parameters_now=values,
            parameters_then=None if missing is not None else self._contents.running_parameters(flow),
            timers=None if bundle is None else bundle.timers,
            profile=None if bundle is None else bundle.profile,
        )

    def _locks(self) -> Mapping[str, FlowLock] | None:
        """By flow; ``None`` when this login may not see them, or the tenant has no such list."""
        try:
            return {lock.flow_id: lock for lock in self._tenant.integration_flows.locks()}
        except (NotPermitted, Refused):
            return None


def _stated(
    designed: DesignTimeFlow | Missing, flow_id: str, locks: Mapping[str, FlowLock] | None
) -> DesignTime | NoDesignTime:
    if isinstance(designed, Missing):
        return "unknown"
    lock = None if locks is None else locks.get(flow_id)
    return DesignTime(
        designed.version,
        designed.modified_at,
        locked_by=None if lock is None else lock.created_by or "",
        lock_known=locks is not None,
    )
