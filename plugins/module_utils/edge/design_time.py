# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What design time holds, asked with as few requests as there can be, over several connections, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from ..clock import format_time
from ..decisions.flow_content import Missing
from ..flow_bundle.archive import BadBundle, open_archive
from ..flow_bundle.flow_bundle import FlowBundle, read_flow_bundle
from ..problem import Problem
from ..tenant.errors import LoginRefused, NotFound, NotPermitted, Refused
from ..tenant.integration_flow import DesignTimeFlow, IntegrationFlow
from ..tenant.session import Tenant
from .content_cache import CachedContent, ContentCache

__all__ = ["DesignTimeReader", "ReadBundle", "missing_because", "read_bundle"]

T = TypeVar("T")
R = TypeVar("R")

# For so few flows, asking for each is cheaper than finding out how many packages there are.
_FEW = 10
_NO_ARTIFACT = Missing("no_design_time_artifact", "There is no design-time artifact of this id, so it cannot be read")


@dataclass(frozen=True)
class ReadBundle:
    """The bytes of a bundle, and what they say or why they say nothing."""

    data: bytes
    bundle: FlowBundle | Missing


def read_bundle(
    data: bytes, configured: Mapping[str, str] | None = None, collections: Mapping[str, bytes] | None = None
) -> FlowBundle | Missing:
    try:
        return read_flow_bundle(data, configured, collections)
    except BadBundle as problem:
        return Missing("unreadable_bundle", f"Its bundle is not read: {problem}")


def missing_because(problem: Problem) -> Missing:
    if isinstance(problem, NotPermitted):
        return Missing("not_permitted", str(problem))
    return Missing("unavailable", str(problem))


class DesignTimeReader:
    """What was read is remembered for the length of a call: it is one look at the tenant, not several."""

    def __init__(self, tenant: Tenant, cache: ContentCache, *, connections: int) -> None:
        self._tenant = tenant
        self._cache = cache
        self._connections = connections
        self._flows: dict[str, DesignTimeFlow | Missing] = {}
        self._bundles: dict[str, ReadBundle | Missing] = {}
        self._configurations: dict[str, dict[str, str] | Missing] = {}
        self._collections: dict[str, bytes | None] = {}

    def forget(self) -> None:
        """The next question is asked of the tenant again."""
        for known in (self._flows, self._bundles, self._configurations, self._collections):
            known.clear()

    def flows(self, ids: Sequence[str], packages: Mapping[str, str]) -> dict[str, DesignTimeFlow | Missing]:
        """What a deployment of each flow would ship.

        :param packages: the package of a flow, where an earlier run has seen it.
        """
        wanted = [flow_id for flow_id in ids if flow_id not in self._flows]
        by_package: dict[str, list[str]] = {}
        for flow_id in wanted:
            if flow_id in packages:
                by_package.setdefault(packages[flow_id], []).append(flow_id)
        worth_listing = [package for package, members in by_package.items() if len(members) > 1]
        unreadable = self._list_packages(worth_listing)
        rest = [flow_id for flow_id in wanted if flow_id not in self._flows]
        if len(rest) > _FEW:
            unreadable = self._list_all(rest) or unreadable
        singly = [flow_id for flow_id in wanted if flow_id not in self._flows]
        if unreadable is not None and unreadable.name == "not_permitted":
            self._flows.update(dict.fromkeys(singly, unreadable))
        else:
            self._ask(singly, lambda tenant, flow_id: tenant.integration_flows.design_time(flow_id), self._flows)
        return {flow_id: self._flows[flow_id] for flow_id in ids}

    def bundles(self, designed: Iterable[DesignTimeFlow]) -> dict[str, ReadBundle | Missing]:
        """The content that a deployment would ship; as the author shipped it, without the Configurations."""
        flows = {flow.id: flow for flow in designed}
        for flow in flows.values():
            kept = None if flow.id in self._bundles else self._cached(flow)
            if kept is not None and kept.refused is not None:
                self._bundles[flow.id] = Missing("configure_only", kept.refused)
            elif kept is not None:
                self._bundles[flow.id] = ReadBundle(kept.data, read_bundle(kept.data))
        wanted = [flow for flow in flows.values() if flow.id not in self._bundles]
        for flow, found in zip(wanted, self._side_by_side(wanted, _download), strict=True):
            self._bundles[flow.id] = found if isinstance(found, ReadBundle) else _not_given(found)
            self._keep(flow, self._bundles[flow.id])
        return {flow_id: self._bundles[flow_id] for flow_id in flows}

    def configurations(self, ids: Sequence[str]) -> dict[str, dict[str, str] | Missing]:
        """The values of externalized parameters in design time."""
        wanted = [flow_id for flow_id in ids if flow_id not in self._configurations]
        self._ask(
            wanted, lambda tenant, flow_id: tenant.integration_flows.configurations(flow_id), self._configurations
        )
        return {flow_id: self._configurations[flow_id] for flow_id in ids}

    def script_collections(self, names: Iterable[str], deployed: Mapping[str, IntegrationFlow]) -> dict[str, bytes]:
        """Those collections whose content in design time is the one that was deployed.

        :param deployed: the runtime entries of everything that is no flow.
        """
        wanted = [name for name in dict.fromkeys(names) if name not in self._collections]

        def read(tenant: Tenant, name: str) -> bytes | None:
            return self._collection(tenant, name, deployed.get(name))

        for name, found in zip(wanted, self._side_by_side(wanted, read), strict=True):
            self._collections[name] = found if isinstance(found, bytes) else None
        return {name: data for name in names if (data := self._collections[name]) is not None}

    def _side_by_side(self, items: Sequence[T], read: Callable[[Tenant, T], R]) -> list[R | Problem]:
        return self._tenant.side_by_side(items, read, connections=self._connections)

    def _ask(self, ids: Sequence[str], read: Callable[[Tenant, str], R | None], known: dict[str, R | Missing]) -> None:
        for flow_id, found in zip(ids, self._side_by_side(ids, read), strict=True):
            if isinstance(found, NotFound) or found is None:
                known[flow_id] = _NO_ARTIFACT
            else:
                known[flow_id] = missing_because(found) if isinstance(found, Problem) else found

    def _list_all(self, ids: Sequence[str]) -> Missing | None:
        """List every package, unless there are more of them than flows to ask for."""
        try:
            packages = [package.id for package in self._tenant.integration_flows.packages()]
        except LoginRefused:
            raise
        except Problem as problem:
            return missing_because(problem)
        if len(packages) >= len(ids):
            return None
        unreadable = self._list_packages(packages)
        absent = [flow_id for flow_id in ids if flow_id not in self._flows]
        if unreadable is None:
            self._flows.update(dict.fromkeys(absent, _NO_ARTIFACT))
        return unreadable

    def _list_packages(self, packages: Sequence[str]) -> Missing | None:
        """Note all flows of these packages; why one of them could not be listed."""
        unreadable = None
        found = self._side_by_side(packages, lambda tenant, package: tenant.integration_flows.designed_in(package))
        for listed in found:
            if isinstance(listed, Problem):
                unreadable = missing_because(listed)
            else:
                self._flows.update((flow.id, flow) for flow in listed)
        return unreadable

    def _cached(self, flow: DesignTimeFlow) -> CachedContent | None:
        if flow.modified_at is None:
            return None
        kept = self._cache.get("design_time", flow.id)
        return kept if kept is not None and kept.is_of(flow.version, format_time(flow.modified_at)) else None

    def _keep(self, flow: DesignTimeFlow, found: ReadBundle | Missing) -> None:
        """For the next run; that content may only be configured stays so until somebody changes it."""
        if flow.modified_at is None or (isinstance(found, Missing) and found.name != "configure_only"):
            return
        data, refused = (found.data, None) if isinstance(found, ReadBundle) else (b"", found.sentence)
        moment = format_time(flow.modified_at)
        self._cache.put(
            "design_time",
            CachedContent(
                flow.id, flow.version, moment, "design_time", data, package_id=flow.package_id, refused=refused
            ),
        )

    def _collection(self, tenant: Tenant, name: str, deployed: IntegrationFlow | None) -> bytes | None:
        if deployed is None or deployed.deployed_on is None:
            return None
        moment = format_time(deployed.deployed_on)
        kept = self._cache.get("script_collection", name)
        if kept is not None and kept.is_of(deployed.version, moment):
            return kept.data
        designed = tenant.integration_flows.script_collection(name)
        if designed is None or designed.version != deployed.version:
            return None
        if designed.modified_at is None or designed.modified_at > deployed.deployed_on:
            return None
        data = tenant.integration_flows.script_collection_bundle(name)
        open_archive(data)
        self._cache.put("script_collection", CachedContent(name, deployed.version, moment, "design_time", data))
        return data


def _download(tenant: Tenant, flow: DesignTimeFlow) -> ReadBundle:
    data = tenant.integration_flows.bundle(flow.id)
    return ReadBundle(data, read_bundle(data))


def _not_given(problem: Problem) -> Missing:
    """Why a flow that is listed in design time cannot be downloaded."""
    if isinstance(problem, NotFound):
        return _NO_ARTIFACT
    if isinstance(problem, (NotPermitted, Refused)) and not (isinstance(problem, Refused) and problem.status >= 500):
        said = f" It answered: {problem.said}" if problem.said else ""
        return Missing(
            "configure_only",
            "The tenant lists the flow in design time and does not let it be downloaded, as with content that may only "
            f"be configured.{said}",
        )
    return missing_because(problem)
