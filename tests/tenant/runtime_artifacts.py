# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deployed flows and their deployment (API specification IntegrationContent.json)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .filters import FilterRules, parse_filter
from .http import Answer, Refusal, Request, Route, key_pattern
from .odata import Entity
from .paging import collection_answer, order_of, selected
from .runtime import RuntimeArtifact, UnknownArtifact

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["NOT_FOUND", "literal", "routes"]

NOT_FOUND = "Requested entity could not be found."

_PROPERTIES = ("Id", "Version", "Name", "Type", "DeployedBy", "DeployedOn", "Status")
_ORDERS = tuple(name + direction for name in _PROPERTIES for direction in ("", " desc"))
# "Not possible for DeployedOn. No nesting possible. Only logical operator or is allowed."
_RULES = FilterRules(
    properties={name: "eq ne" for name in _PROPERTIES if name != "DeployedOn"}, joins=frozenset({"or"}), nesting=False
)
_LIST_OPTIONS = frozenset({"$format", "$filter", "$orderby", "$select", "$top", "$skip", "$inlinecount", "$skiptoken"})
_ATTRIBUTES = {
    "Id": "id", "Version": "version", "Name": "name", "Type": "type",
    "DeployedBy": "deployed_by", "DeployedOn": "deployed_on", "Status": "status",
}  # fmt: skip


def literal(text: str | None) -> str | None:
    """A string of a function import's option, without its quotes; also one that came without (observed on a tenant)."""
    if text is not None and len(text) >= 2 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text


class _Artifacts:
    def __init__(self, tenant: LocalTenant) -> None:
        self._runtime = tenant.runtime

    def listed(self, request: Request) -> Answer:
        found = self._found(request)
        order = order_of(request, _ORDERS, "Invalid order by expression")
        if order is not None:
            attribute = _ATTRIBUTES[order.removesuffix(" desc")]
            found.sort(key=lambda artifact: getattr(artifact, attribute), reverse=order.endswith(" desc"))
        return collection_answer(request, "IntegrationRuntimeArtifacts", found, _entity, properties=_PROPERTIES)

    def count(self, request: Request) -> Answer:
        return Answer.text(str(len(self._found(request))))

    def one(self, request: Request) -> Answer:
        return Answer.entity(selected(request, _entity(self._artifact(request)), _PROPERTIES))

    def content(self, request: Request) -> Answer:
        """The media stream that ``$metadata`` declares and the specification does not offer: behind a switch."""
        artifact = self._artifact(request)
        if not self._runtime.options["deployed_bundles"]:
            raise Refusal(501, "Not implemented")
        return Answer.media(artifact.bundle, "application/zip", filename=f"{artifact.id}.zip")

    def error_information(self, request: Request) -> Answer:
        """204 while it is not ready, then JSON whose readable text is JSON inside JSON (observed on a tenant)."""
        artifact = self._artifact(request)
        text = self._runtime.error_information(artifact.id)
        if text is None:
            return Answer.empty(204)
        child = {"message": {"subsystemName": "CONTENT", "subsytemPartName": "CONTENT_DEPLOY", "messageText": text}}
        document = {
            "message": {
                "subsystemName": "CONTENT",
                "subsytemPartName": "CONTENT_DEPLOY",  # the spelling is SAP's
                "messageId": "InstanceError",
                "messageText": "",
            },
            "parameter": [json.dumps({"message": "ERROR", "childMessageInstances": [child]})],
        }
        return Answer.media(json.dumps(document).encode(), "application/json;charset=utf-8")

    def undeploy(self, request: Request) -> Answer:
        self._runtime.undeploy(self._artifact(request).id)
        return Answer.empty(202)

    def deploy(self, request: Request) -> Answer:
        """202 with the bare id of the task, no JSON and no quotes (observed on a tenant)."""
        flow_id, version = literal(request.query.get("Id")), literal(request.query.get("Version"))
        if not flow_id or not version:
            raise Refusal(400, "Missing mandatory parameters Id and Version.")
        try:
            return Answer.text(self._runtime.deploy(flow_id, version, request.user), status=202)
        except UnknownArtifact:
            raise Refusal(404, "Integration design time artifact not found.") from None

    def validate(self, request: Request) -> Answer:
        """202, or 404 with the text of SAP Help: "Update and Validate Integration Flow"; nothing is checked here."""
        flow_id, version = literal(request.query.get("Id")), literal(request.query.get("Version"))
        try:
            self._runtime.designed(flow_id or "", version or "")
        except UnknownArtifact:
            raise Refusal(404, "Integration design time artifact not found.") from None
        return Answer.empty(202)

    def deploy_elsewhere(self, request: Request) -> Answer:
        """POST /IntegrationRuntimeArtifacts: "This method is NOT SUPPORTED in CF"."""
        raise Refusal(501, "Not implemented")

    def build_status(self, request: Request) -> Answer:
        task = self._runtime.tasks.get(request.match["key"])
        if task is None:
            raise Refusal(404, NOT_FOUND)
        values = {"TaskId": task.id, "Status": task.status}
        return Answer.entity(Entity("BuildAndDeployStatus", "BuildAndDeployStatus", f"'{task.id}'", values))

    def _found(self, request: Request) -> list[RuntimeArtifact]:
        test = parse_filter(request.query.get("$filter"), _RULES)
        return [artifact for artifact in self._runtime.artifacts() if test(_values(artifact))]

    def _artifact(self, request: Request) -> RuntimeArtifact:
        try:
            return self._runtime.artifact(request.match["key"].replace("''", "'"))
        except UnknownArtifact:
            # Since 2024 not always 404; the text is what clients must look for (observed on a tenant).
            raise Refusal(int(self._runtime.options["not_found_status"]), NOT_FOUND) from None


def _values(artifact: RuntimeArtifact) -> dict[str, object]:
    return {name: getattr(artifact, attribute) for name, attribute in _ATTRIBUTES.items()}


def _entity(artifact: RuntimeArtifact) -> Entity:
    return Entity(
        "IntegrationRuntimeArtifact",
        "IntegrationRuntimeArtifacts",
        "'" + artifact.id.replace("'", "''") + "'",
        _values(artifact),
        ("ErrorInformation",),
        edm={"DeployedOn": "Edm.DateTime"},
        media="application/octet-stream",
    )


def routes(tenant: LocalTenant) -> list[Route]:
    artifacts = _Artifacts(tenant)
    one = f"/IntegrationRuntimeArtifacts{key_pattern()}"
    read, remove, deploy = "MonitoringDataRead", "MonitoringArtifactsDeploy", "WorkspaceArtifactsDeploy"
    return [
        Route("GET", "/IntegrationRuntimeArtifacts", artifacts.listed, read, _LIST_OPTIONS),
        Route("POST", "/IntegrationRuntimeArtifacts", artifacts.deploy_elsewhere, deploy),
        Route("GET", r"/IntegrationRuntimeArtifacts/\$count", artifacts.count, read, frozenset({"$filter"})),
        Route("GET", one, artifacts.one, read, frozenset({"$format", "$select"})),
        Route("DELETE", one, artifacts.undeploy, remove),
        Route("GET", rf"{one}/\$value", artifacts.content, read),
        Route("GET", rf"{one}/ErrorInformation/\$value", artifacts.error_information, read),
        Route("POST", "/DeployIntegrationDesigntimeArtifact", artifacts.deploy, deploy),
        Route("POST", "/ValidateIntegrationDesigntimeArtifact", artifacts.validate, "WorkspacePackagesRead"),
        Route("GET", f"/BuildAndDeployStatus{key_pattern(named='TaskId')}", artifacts.build_status, read),
    ]
