# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Integration flows: what is deployed, and how it is deployed again.

Sources: API specification IntegrationContent.json; deviations observed on tenants are marked.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..clock import Clock
from . import odata
from .client import Client
from .deployment_error import read_deployment_error
from .errors import Nonsense, NotFound
from .integration_flow import DesignTimeFlow, FlowLock, FlowPackage, IntegrationFlow
from .restart import RestartOutcome, restart_flows

__all__ = ["IntegrationFlows"]

_TYPE = "INTEGRATION_FLOW"


class IntegrationFlows:
    """Every method raises :class:`.errors.TenantProblem`."""

    def __init__(self, client: Client, clock: Clock) -> None:
        self._client = client
        self._clock = clock

    def deployed(self) -> tuple[IntegrationFlow, ...]:
        """All deployed flows; value mappings, script collections and other artifacts are left out."""
        return self.deployed_artifacts()[0]

    def deployed_artifacts(self) -> tuple[tuple[IntegrationFlow, ...], tuple[IntegrationFlow, ...]]:
        """All deployed flows, and all other deployed artifacts, which are listed in the same shape."""
        found = self._client.get_all("IntegrationRuntimeArtifacts", doing="list the deployed integration flows")
        flows = tuple(self._flow(entity) for entity in found if entity.get("Type") == _TYPE)
        return flows, tuple(self._flow(entity) for entity in found if entity.get("Type") != _TYPE)

    def one(self, flow_id: str) -> IntegrationFlow | None:
        """A deployed flow, or ``None``: also when the tenant says so with another status than 404 (observed)."""
        path = odata.key("IntegrationRuntimeArtifacts", flow_id)
        try:
            return self._flow(self._client.get(path, doing="read the deployed integration flow", where=flow_id))
        except NotFound:
            return None

    def deploy(self, flow_id: str) -> str:
        """Deploy what stands in design time; the id of the task, empty when the tenant named none.

        :raises NotFound: there is no such flow in design time, or this login may not see it.
        """
        query = {"Id": odata.literal(flow_id), "Version": odata.literal("active")}
        answer = self._client.post(
            "DeployIntegrationDesigntimeArtifact", doing="deploy the integration flow", where=flow_id, query=query
        )
        return _task_id(answer.body)

    def build_status(self, task: str) -> str | None:
        """``DEPLOYING``, ``SUCCESS``, ``FAIL`` or ``FAIL_ON_LICENSE_ERROR``; ``None`` once forgotten."""
        path = odata.key("BuildAndDeployStatus", TaskId=task)
        try:
            entity = self._client.get(path, doing="tell the state of a deployment", where=task)
        except NotFound:
            return None
        return str(entity.get("Status") or "").upper() or None

    def undeploy(self, flow_id: str) -> None:
        """Ask for the end of a deployed flow; it is gone some time later. One that is not deployed is no error."""
        try:
            self._client.delete(
                odata.key("IntegrationRuntimeArtifacts", flow_id), doing="undeploy the integration flow", where=flow_id
            )
        except NotFound:
            return

    def error_text(self, flow_id: str) -> str | None:
        """Why a deployed flow is in ``ERROR``, in one line; ``None`` while there is no text yet (204, observed)."""
        path = odata.key("IntegrationRuntimeArtifacts", flow_id) + "/ErrorInformation/$value"
        try:
            content = self._client.get_media(path, doing="read the error of the integration flow", where=flow_id)
        except NotFound:
            return None
        return read_deployment_error(content.decode("utf-8", "replace"))

    def restart(
        self,
        flow_ids: Sequence[str],
        *,
        timeout: float = 600.0,
        parallel: int = 5,
        poll: float = 1.0,
        start_new: bool = False,
    ) -> list[RestartOutcome]:
        """Deploy flows again and wait until each runs; see :func:`.restart.restart_flows`."""
        return restart_flows(
            self, flow_ids, clock=self._clock, timeout=timeout, parallel=parallel, poll=poll, start_new=start_new
        )

    def design_time(self, flow_id: str) -> DesignTimeFlow | None:
        """What a deployment would ship; ``None`` when design time has no such flow that this login may see."""
        try:
            entity = self._client.get(
                _design_time(flow_id), doing="read the integration flow in design time", where=flow_id
            )
        except NotFound:
            return None
        try:
            return DesignTimeFlow.from_odata(entity)
        except ValueError as error:
            raise Nonsense(f"The tenant was asked for an integration flow, and {error}", where=flow_id) from None

    def configurations(self, flow_id: str) -> dict[str, str]:
        """The externalized parameters in design time, by name."""
        path = _design_time(flow_id) + "/Configurations"
        found = self._client.get_all(path, doing="list the parameters of the integration flow", where=flow_id)
        return {
            str(one["ParameterKey"]): str(one.get("ParameterValue") or "") for one in found if one.get("ParameterKey")
        }

    def bundle(self, flow_id: str) -> bytes:
        """The flow in design time as a zip file."""
        return self._client.get_media(
            _design_time(flow_id) + "/$value", doing="download the integration flow", where=flow_id
        )

    def deployed_bundle(self, flow_id: str) -> bytes:
        """The deployed flow as a zip file. Only a tenant's metadata says that this exists, no specification does."""
        path = odata.key("IntegrationRuntimeArtifacts", flow_id) + "/$value"
        return self._client.get_media(path, doing="download the deployed integration flow", where=flow_id)

    def packages(self) -> tuple[FlowPackage, ...]:
        """The integration packages that this login may see."""
        found = self._client.get_all("IntegrationPackages", doing="list the integration packages")
        return tuple(FlowPackage.from_odata(entity) for entity in found)

    def designed_in(self, package_id: str) -> tuple[DesignTimeFlow, ...]:
        """All flows of a package as they stand in design time; none when there is no such package."""
        path = odata.key("IntegrationPackages", package_id) + "/IntegrationDesigntimeArtifacts"
        try:
            found = self._client.get_all(path, doing="list the integration flows of a package", where=package_id)
            return tuple(DesignTimeFlow.from_odata(entity) for entity in found)
        except NotFound:
            return ()
        except ValueError as error:
            raise Nonsense(f"The tenant was asked for the flows of a package, and {error}", where=package_id) from None

    def script_collection(self, collection_id: str) -> DesignTimeFlow | None:
        """A script collection in design time, in the shape of a flow; ``None`` when there is none to be seen."""
        path = _script_collection(collection_id)
        try:
            entity = self._client.get(path, doing="read the script collection", where=collection_id)
            return DesignTimeFlow.from_odata(entity)
        except NotFound:
            return None
        except ValueError as error:
            raise Nonsense(f"The tenant was asked for a script collection, and {error}", where=collection_id) from None

    def script_collection_bundle(self, collection_id: str) -> bytes:
        """The script collection in design time as a zip file."""
        path = _script_collection(collection_id) + "/$value"
        return self._client.get_media(path, doing="download the script collection", where=collection_id)

    def locks(self) -> tuple[FlowLock, ...]:
        """The flows that somebody has open for editing."""
        found = self._client.get_all("IntegrationDesigntimeLocks", doing="list the locks of integration flows")
        return tuple(FlowLock.from_odata(entity) for entity in found)

    def _flow(self, entity: Mapping[str, Any]) -> IntegrationFlow:
        try:
            return IntegrationFlow.from_odata(entity)
        except ValueError as error:
            raise Nonsense(f"The tenant was asked for deployed flows, and {error}", where=self._client.host) from None


def _design_time(flow_id: str) -> str:
    return odata.key("IntegrationDesigntimeArtifacts", Id=flow_id, Version="active")


def _script_collection(collection_id: str) -> str:
    return odata.key("ScriptCollectionDesigntimeArtifacts", Id=collection_id, Version="active")


def _task_id(body: bytes) -> str:
    """Bare text, as tenants answer; the JSON envelope of a function import is understood too."""
    text = body.decode("utf-8", "replace").strip()
    if text.startswith("{"):
        try:
            inner = json.loads(text).get("d")
        except (ValueError, AttributeError, RecursionError):
            inner = None
        values = list(inner.values()) if isinstance(inner, dict) else []
        text = values[0] if len(values) == 1 and isinstance(values[0], str) else ""
    text = text.strip("\"'")
    return text if len(text) <= 200 and text.isprintable() and "<" not in text else ""
