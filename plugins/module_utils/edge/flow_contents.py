# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The content of deployed flows: from an earlier run, from the runtime, or from design time where nothing changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone

from ..clock import format_time
from ..decisions.flow_content import CHANGES_CONTENT, FlowContent, Missing, Question
from ..flow_bundle.changes import Deployed, DesignTime, SideEffect, side_effects
from ..flow_bundle.flow_bundle import FlowBundle
from ..problem import Problem
from ..tenant.errors import NotFound
from ..tenant.integration_flow import DesignTimeFlow, IntegrationFlow
from ..tenant.session import Tenant
from .content_cache import CachedContent, ContentCache
from .design_time import DesignTimeReader, ReadBundle, read_bundle

__all__ = ["FlowContents"]


@dataclass(frozen=True)
class _Found:
    """The bytes that stand for what runs.

    :param parameters: the Configurations that go with them; ``None`` when they were not read.
    """

    content: FlowContent
    data: bytes = b""
    parameters: Mapping[str, str] | None = None

    @property
    def configurable(self) -> bool:
        """Whether the values of the parameters may still be asked for."""
        return self.content.bundle is not None and self.content.source == "design_time" and self.parameters is None


class FlowContents:
    """:param prefer_deployed: try to download what the runtime holds first.

    :param connections: how many at a time.
    """

    def __init__(
        self,
        tenant: Tenant,
        cache: ContentCache,
        design_time: DesignTimeReader,
        *,
        connections: int,
        prefer_deployed: bool,
    ) -> None:
        self._tenant = tenant
        self._cache = cache
        self._design_time = design_time
        self._connections = connections
        self._prefer_deployed = prefer_deployed

    def of(
        self, flows: Sequence[IntegrationFlow], question: Question, others: Sequence[IntegrationFlow]
    ) -> dict[str, FlowContent]:
        """The content of each flow, as far as it matters to the question.

        :param others: the runtime entries of what is no flow, script collections among them.
        """
        found: dict[str, _Found] = {}
        kept = {flow.id: self._cache.get("running", flow.id) for flow in flows}
        for flow in flows:
            record = kept[flow.id]
            if record is not None and record.is_of(flow.version, _moment(flow)):
                found[flow.id] = _remembered(record)
        if self._prefer_deployed:
            found.update(self._deployed([flow for flow in flows if flow.id not in found]))
        packages = {flow_id: record.package_id for flow_id, record in kept.items() if record and record.package_id}
        found.update(self._designed([flow for flow in flows if flow.id not in found], packages))
        before = {flow_id: one.parameters for flow_id, one in found.items()}
        self._fill_in_parameters(found, question)
        for flow in flows:
            one = found[flow.id]
            # What the runtime gave out was remembered at once.
            if one.content.source == "design_time" and (not one.content.cached or one.parameters != before[flow.id]):
                self._remember(flow, one)
        self._fill_in_scripts(found, question, {other.id: other for other in others})
        return {flow_id: one.content for flow_id, one in found.items()}

    def running_parameters(self, flow: IntegrationFlow) -> Mapping[str, str] | None:
        """What the flow was deployed with, as far as an earlier run or the runtime itself tells."""
        record = self._cache.get("running", flow.id)
        if record is None or not record.is_of(flow.version, _moment(flow)):
            found = self._deployed([flow]).get(flow.id) if self._prefer_deployed else None
        else:
            found = _remembered(record)
        if found is None or found.content.bundle is None or found.configurable:
            return None
        return found.content.bundle.parameters.values

    def remember_deployed(self, flow: IntegrationFlow, data: bytes, parameters: Mapping[str, str]) -> None:
        """A deployment of this very content has just ended."""
        self._remember(flow, _Found(FlowContent(read_or_none(data), "design_time"), data, parameters))

    def _deployed(self, flows: Sequence[IntegrationFlow]) -> dict[str, _Found]:
        """What the runtime gives out; the first flow shows whether it gives out anything."""
        found: dict[str, _Found] = {}
        for group in (flows[:1], flows[1:]):
            answers = self._tenant.side_by_side(group, _download_deployed, connections=self._connections)
            for flow, answer in zip(group, answers, strict=True):
                if isinstance(answer, ReadBundle) and isinstance(answer.bundle, FlowBundle):
                    found[flow.id] = _Found(FlowContent(answer.bundle, "deployed"), answer.data)
                    self._remember(flow, found[flow.id])
            if any(isinstance(answer, Problem) and not isinstance(answer, NotFound) for answer in answers):
                break
        return found

    def _designed(self, flows: Sequence[IntegrationFlow], packages: Mapping[str, str]) -> dict[str, _Found]:
        designed = self._design_time.flows([flow.id for flow in flows], packages)
        bundles = self._design_time.bundles(each for each in designed.values() if isinstance(each, DesignTimeFlow))
        return {flow.id: _from_design_time(flow, designed[flow.id], bundles.get(flow.id)) for flow in flows}

    def _fill_in_parameters(self, found: dict[str, _Found], question: Question) -> None:
        wanted = [
            flow_id
            for flow_id, one in found.items()
            if one.configurable and one.content.bundle and question.depends_on_parameters(one.content.bundle)
        ]
        for flow_id, parameters in self._design_time.configurations(wanted).items():
            one = found[flow_id]
            if isinstance(parameters, Missing):
                missing = replace(parameters, sentence=f"Its parameters are not known: {parameters.sentence}")
                found[flow_id] = replace(one, content=replace(one.content, bundle=None, missing=missing))
            else:
                content = _with_bundle(one.content, read_bundle(one.data, parameters))
                if content.bundle is not None and not content.differences:
                    # The profile may be one of the parameters.
                    content = replace(content, differences=_elsewhere(content.bundle.profile))
                found[flow_id] = replace(one, content=content, parameters=parameters)

    def _fill_in_scripts(
        self, found: dict[str, _Found], question: Question, deployed: Mapping[str, IntegrationFlow]
    ) -> None:
        wanted = {
            flow_id: one.content.bundle.scripts.unread
            for flow_id, one in found.items()
            if one.content.bundle is not None and question.depends_on_scripts(one.content.bundle)
        }
        names = list(dict.fromkeys(name for unread in wanted.values() for name in unread))
        given = self._design_time.script_collections(names, deployed)
        for flow_id, unread in wanted.items():
            collections = {name: given[name] for name in unread if name in given}
            if collections:
                one = found[flow_id]
                bundle = read_bundle(one.data, one.parameters, collections)
                found[flow_id] = replace(one, content=_with_bundle(one.content, bundle))

    def _remember(self, flow: IntegrationFlow, one: _Found) -> None:
        content = one.content
        if content.source is None or content.differences or not one.data or flow.deployed_on is None:
            return
        parameters = None if one.parameters is None else dict(one.parameters)
        self._cache.put(
            "running",
            CachedContent(
                flow.id, flow.version, _moment(flow), content.source, one.data, parameters, content.package_id
            ),
        )


def read_or_none(data: bytes) -> FlowBundle | None:
    bundle = read_bundle(data)
    return bundle if isinstance(bundle, FlowBundle) else None


def _moment(flow: IntegrationFlow) -> str:
    return "" if flow.deployed_on is None else format_time(flow.deployed_on)


def _download_deployed(tenant: Tenant, flow: IntegrationFlow) -> ReadBundle:
    data = tenant.integration_flows.deployed_bundle(flow.id)
    return ReadBundle(data, read_bundle(data))


def _remembered(record: CachedContent) -> _Found:
    content = FlowContent(None, record.source, cached=True, package_id=record.package_id)
    return _Found(_with_bundle(content, read_bundle(record.data, record.parameters)), record.data, record.parameters)


def _with_bundle(content: FlowContent, bundle: FlowBundle | Missing) -> FlowContent:
    if isinstance(bundle, Missing):
        return replace(content, bundle=None, missing=bundle)
    return replace(content, bundle=bundle)


def _from_design_time(
    flow: IntegrationFlow, designed: DesignTimeFlow | Missing, read: ReadBundle | Missing | None
) -> _Found:
    if isinstance(designed, Missing):
        return _Found(FlowContent(None, missing=designed))
    if not isinstance(read, ReadBundle):
        return _Found(FlowContent(None, missing=read, package_id=designed.package_id))
    profile = read.bundle.profile if isinstance(read.bundle, FlowBundle) else None
    differences = _differences(flow, designed, profile)
    content = FlowContent(None, "design_time", differences=differences, package_id=designed.package_id)
    return _Found(_with_bundle(content, read.bundle), read.data)


def _differences(flow: IntegrationFlow, designed: DesignTimeFlow, profile: str | None) -> tuple[SideEffect, ...]:
    """Of all that a deployment would change, what concerns the content."""
    if flow.deployed_on is None:
        sentence = "The tenant does not say when the flow was deployed"
        return (SideEffect("modification_unknown", sentence),)
    return _of_content(
        Deployed(flow.version, flow.deployed_on), DesignTime(designed.version, designed.modified_at), profile
    )


def _elsewhere(profile: str | None) -> tuple[SideEffect, ...]:
    """Content that is made for another runtime is not what runs here."""
    long_ago = datetime.min.replace(tzinfo=timezone.utc)
    return _of_content(Deployed("", long_ago), DesignTime("", long_ago), profile)


def _of_content(deployed: Deployed, designed: DesignTime, profile: str | None) -> tuple[SideEffect, ...]:
    found = side_effects(deployed, designed, parameters_now=None, parameters_then=None, timers=(), profile=profile)
    return tuple(effect for effect in found if effect.name in CHANGES_CONTENT)
