# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The API's part for flows: packages and what is designed in them; :mod:`.runtime_artifacts` has what is deployed.

API specification IntegrationContent.json; SAP Help: "OData API: Integration Content".
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from . import runtime_artifacts, script_collections
from .filters import FilterRules, parse_filter
from .http import Answer, Refusal, Request, Route, key_pattern
from .odata import Entity
from .paging import collection_answer, order_of, selected
from .runtime import DesignArtifact, UnknownArtifact
from .runtime_artifacts import NOT_FOUND, literal

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["routes"]

_PARAMETERS = ("ParameterKey", "ParameterValue", "DataType", "Description")
# "Supported operators: eq and ne; substringof, startswith, endswith": GET …/Configurations, parameter $filter.
_RULES = FilterRules(properties=dict.fromkeys(_PARAMETERS, "eq ne"), functions=True)
_PACKAGE_PROPERTIES = (
    "Id", "Name", "Description", "ShortText", "Version", "Vendor", "Mode", "SupportedPlatform", "ModifiedBy",
    "CreationDate", "ModifiedDate", "CreatedBy", "Products", "Keywords", "Countries", "Industries", "LineOfBusiness",
)  # fmt: skip
_PACKAGE = key_pattern("package")
FLOW = "INTEGRATION_FLOW"
_VERSIONED = r"\(Id='(?P<key>(?:[^']|'')*)',Version='(?P<version>[^']*)'\)"
_Pair = tuple[str, str]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _milliseconds(moment: datetime) -> str:
    """Times of design time are strings of milliseconds (``$metadata``: Edm.String; specification, ModifiedDate)."""
    return str(round(moment.timestamp() * 1000))


class _Content:
    def __init__(self, tenant: LocalTenant) -> None:
        self._runtime = tenant.runtime

    def packages(self, request: Request) -> Answer:
        found = sorted(self._visible_packages())
        return collection_answer(request, "IntegrationPackages", found, self._package_entity, properties=())

    def package(self, request: Request) -> Answer:
        return Answer.entity(self._package_entity(self._package(request)))

    def flows_of_package(self, request: Request) -> Answer:
        """Drafts are listed with Version ``Active`` (observed on a tenant)."""
        package = self._package(request)
        with self._runtime.lock:
            designed = [one for one in self._runtime.design.values() if one.package == package and not one.hidden]
        found = [one for one in designed if one.type == FLOW]
        return collection_answer(request, "IntegrationDesigntimeArtifacts", found, _design_entity, properties=())

    def flow(self, request: Request) -> Answer:
        """Here ``$select`` knows Name, Version and PackageId only."""
        entity = _design_entity(self._design(request))
        return Answer.entity(selected(request, entity, ("Name", "Version", "PackageId")))

    def bundle(self, request: Request) -> Answer:
        design = self._design(request)
        if design.configure_only:
            # SAP's configure-only content cannot be downloaded; which status it gives is not recorded.
            raise Refusal(403, "Artifact cannot be downloaded because it is configure-only content.")
        return Answer.media(design.bundle, "application/zip", filename=f"{design.id}.zip")

    def configurations(self, request: Request) -> Answer:
        found = self._parameters(request)
        order = order_of(request, ("ParameterKey", "ParameterKey desc"), "Invalid order by expression")
        if order is not None:
            found.sort(reverse=order.endswith(" desc"))
        return collection_answer(request, "Configurations", found, _parameter_entity, properties=_PARAMETERS)

    def configurations_count(self, request: Request) -> Answer:
        return Answer.text(str(len(self._parameters(request))))

    def configure(self, request: Request) -> Answer:
        """202; in force at the next deployment (SAP Help: "Configure Integration Flows")."""
        design = self._design(request)
        name = request.match["parameter"].replace("''", "'")
        value = request.json().get("ParameterValue")
        if name not in design.parameters:
            raise Refusal(404, NOT_FOUND)
        if not isinstance(value, str):
            raise Refusal(400, "ParameterValue is missing.")
        self._runtime.edit(design.id, request.user, parameters={**design.parameters, name: value})
        return Answer.empty(202)

    def save_as_version(self, request: Request) -> Answer:
        """A draft becomes a version; 200 without a body."""
        flow_id, version = literal(request.query.get("Id")), literal(request.query.get("SaveAsVersion"))
        if not flow_id or not version:
            raise Refusal(400, "Missing mandatory parameters Id and SaveAsVersion.")
        try:
            self._runtime.edit(flow_id, request.user, version=version, draft=False)
        except UnknownArtifact:
            raise Refusal(404, "Integration design time artifact not found.") from None
        return Answer.empty(200)

    def locks(self, request: Request) -> Answer:
        """Flows that somebody has open for editing (SAP Help: "Unlocking Integration Flows")."""
        with self._runtime.lock:
            found = [one for one in self._runtime.design.values() if one.locked and not one.hidden]
        return collection_answer(request, "IntegrationDesigntimeLocks", found, _lock_entity, properties=())

    def unlock(self, request: Request) -> Answer:
        with self._runtime.lock:
            design = self._runtime.design.get(request.match["key"].replace("''", "'"))
            if design is None or not design.locked or design.hidden:
                raise Refusal(404, NOT_FOUND)
            design.locked = False
        return Answer.empty(200)

    def _design(self, request: Request) -> DesignArtifact:
        try:
            found = self._runtime.designed(request.match["key"].replace("''", "'"), request.match["version"])
        except UnknownArtifact:
            found = None
        if found is None or found.type != FLOW:
            raise Refusal(404, "Integration design time artifact not found.")
        return found

    def _parameters(self, request: Request) -> list[_Pair]:
        test = parse_filter(request.query.get("$filter"), _RULES)
        return [pair for pair in self._design(request).parameters.items() if test(_parameter_values(pair))]

    def _visible_packages(self) -> set[str]:
        """A package whose flows are all under an access policy of others is not seen either."""
        with self._runtime.lock:
            all_flows = list(self._runtime.design.values())
            empty = set(self._runtime.packages) - {flow.package for flow in all_flows}
            return empty | {flow.package for flow in all_flows if not flow.hidden}

    def _package(self, request: Request) -> str:
        name = request.match["package"].replace("''", "'")
        if name not in self._visible_packages():
            raise Refusal(404, NOT_FOUND)
        return name

    def _package_entity(self, name: str) -> Entity:
        settings = self._runtime.packages.get(name, {})
        with self._runtime.lock:
            dates = [flow.modified_at for flow in self._runtime.design.values() if flow.package == name]
        stamp = _milliseconds(max(dates)) if dates else "0"
        title = settings.get("name", name)
        said = {"Id": name, "Name": title, "ShortText": title, "Vendor": settings.get("vendor", "")}
        values = {
            **dict.fromkeys(_PACKAGE_PROPERTIES, ""),
            **said,
            "Version": "1.0.0",
            "Mode": settings.get("mode", "EDIT_ALLOWED"),
            "SupportedPlatform": "SAP Cloud Integration",
            "CreationDate": stamp,
            "ModifiedDate": stamp,
        }
        links = ("IntegrationDesigntimeArtifacts",)
        return Entity(
            "IntegrationPackage", "IntegrationPackages", _quoted(name), values, links, media="application/octet-stream"
        )


def _design_entity(design: DesignArtifact) -> Entity:
    values = {
        "Id": design.id,
        "Version": design.shown_version,
        "PackageId": design.package,
        "Name": design.name,
        "Description": "",
        "Sender": "",
        "Receiver": "",
        "CreatedBy": design.modified_by,
        "CreatedAt": _milliseconds(design.created_at),
        "ModifiedBy": design.modified_by,
        "ModifiedAt": _milliseconds(design.modified_at),
        "ArtifactContent": None,
    }
    key = f"Id={_quoted(design.id)},Version={_quoted(design.shown_version)}"
    links = ("Configurations", "Resources", "DesignGuidelineExecutionResults")
    return Entity(
        "IntegrationDesigntimeArtifact",
        "IntegrationDesigntimeArtifacts",
        key,
        values,
        links,
        media="application/octet-stream",
    )


def _parameter_values(pair: _Pair) -> dict[str, str]:
    return dict(zip(_PARAMETERS, (*pair, "xsd:string", ""), strict=True))


def _parameter_entity(pair: _Pair) -> Entity:
    return Entity("Configuration", "Configurations", _quoted(pair[0]), _parameter_values(pair))


def _lock_entity(design: DesignArtifact) -> Entity:
    values = {
        "ResourceId": design.id, "ArtifactId": design.id, "ArtifactName": design.name, "ArtifactType": "IFLOW",
        "PackageId": design.package, "PackageName": design.package,
        "CreatedAt": _milliseconds(design.modified_at), "CreatedBy": design.modified_by,
    }  # fmt: skip
    return Entity("IntegrationDesigntimeLock", "IntegrationDesigntimeLocks", _quoted(design.id), values)


def routes(tenant: LocalTenant) -> list[Route]:
    content = _Content(tenant)
    read, configure, edit = "WorkspacePackagesRead", "WorkspacePackagesConfigure", "WorkspacePackagesEdit"
    package = f"/IntegrationPackages{_PACKAGE}"
    flow = f"/IntegrationDesigntimeArtifacts{_VERSIONED}"
    paged = frozenset({"$format", "$top", "$skip", "$skiptoken"})
    searched = paged | {"$filter", "$select", "$orderby"}
    link = r"/\$links/Configurations" + key_pattern("parameter", named="ParameterKey")
    return [
        *runtime_artifacts.routes(tenant),
        *script_collections.routes(tenant),
        Route("GET", "/IntegrationPackages", content.packages, read, paged),
        Route("GET", package, content.package, read),
        Route("GET", f"{package}/IntegrationDesigntimeArtifacts", content.flows_of_package, read, paged),
        Route("GET", f"{package}/IntegrationDesigntimeArtifacts{_VERSIONED}", content.flow, read),
        Route("GET", flow, content.flow, read, frozenset({"$format", "$select"})),
        Route("GET", rf"{flow}/\$value", content.bundle, read),
        Route("GET", f"{flow}/Configurations", content.configurations, read, searched),
        Route("GET", rf"{flow}/Configurations/\$count", content.configurations_count, read, frozenset({"$filter"})),
        Route("PUT", f"{flow}{link}", content.configure, configure),
        Route("POST", "/IntegrationDesigntimeArtifactSaveAsVersion", content.save_as_version, edit),
        Route("GET", "/IntegrationDesigntimeLocks", content.locks, "WorkspaceArtifactLocksRead", paged),
        Route(
            "DELETE",
            f"/IntegrationDesigntimeLocks{key_pattern(named='ResourceId')}",
            content.unlock,
            "WorkspaceArtifactLocksDelete",
        ),
    ]
