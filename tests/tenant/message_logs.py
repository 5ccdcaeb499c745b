# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Message processing logs of the API (API specification MessageProcessingLogs.json)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .filters import FilterRules, parse_filter
from .http import Answer, Refusal, Request, Route
from .odata import Entity
from .paging import collection_answer, order_of, selected
from .runtime.messages import MessageLog

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["routes"]

_ROLE = "MonitoringDataRead"
_KEY = r"\((?:MessageGuid=)?'(?P<guid>[^']*)'\)"
_IDENTITIES = (
    "MessageGuid", "CorrelationId", "ApplicationMessageId", "ApplicationMessageType", "IntegrationFlowName",
    "IntegrationArtifact/Id", "IntegrationArtifact/Name", "IntegrationArtifact/Type", "IntegrationArtifact/PackageId",
    "IntegrationArtifact/PackageName",
)  # fmt: skip
_RULES = FilterRules(
    # "For any Id filter use only the 'eq' operator": GET /MessageProcessingLogs, parameter $filter.
    properties={
        **dict.fromkeys(_IDENTITIES, "eq"),
        **dict.fromkeys(("Status", "CustomStatus", "LogLevel", "Sender", "Receiver"), "eq ne"),
        **dict.fromkeys(("LogStart", "LogEnd"), "eq ne gt ge lt le"),
    },
    dates=frozenset({"LogStart", "LogEnd"}),
)  # fmt: skip
_ORDERS = ("LogEnd", "LogEnd desc", "LogStart", "LogStart desc", "Status,LogEnd desc", "ApplicationMessageId")
_SELECTABLE = (
    "MessageGuid", "CorrelationId", "ApplicationMessageId", "ApplicationMessageType", "IntegrationFlowName",
    "IntegrationArtifact", "Status", "CustomStatus", "LogLevel", "LogStart", "LogEnd", "Sender", "Receiver",
    "AlternateWebLink", "ArchivingStatus",
)  # fmt: skip
_LIST_OPTIONS = frozenset({"$format", "$filter", "$orderby", "$select", "$top", "$skip", "$inlinecount", "$skiptoken"})


class _Logs:
    def __init__(self, tenant: LocalTenant) -> None:
        self._runtime = tenant.runtime

    def listed(self, request: Request) -> Answer:
        found = self._found(request)
        order = order_of(request, _ORDERS, "Invalid order by expression")
        if order is not None:
            # The logs come in the order of LogEnd; sorting is stable, so the second criterion goes first.
            key = order.partition(",")[0].removesuffix(" desc")
            if order == "Status,LogEnd desc":
                found.reverse()
            found.sort(key=_ORDER[key], reverse=order in ("LogEnd desc", "LogStart desc"))
        return collection_answer(request, "MessageProcessingLogs", found, _entity, properties=_SELECTABLE)

    def count(self, request: Request) -> Answer:
        return Answer.text(str(len(self._found(request))))

    def one(self, request: Request) -> Answer:
        return Answer.entity(selected(request, _entity(self._log(request)), _SELECTABLE))

    def error(self, request: Request) -> Answer:
        log = self._with_error(request)
        values = {"MessageGuid": log.guid, "Type": "text/plain", "LastErrorModelStepId": log.step}
        entity = Entity(
            "MessageProcessingLogErrorInformation", "MessageProcessingLogErrorInformations", f"'{log.guid}'", values
        )
        return Answer.entity(entity)

    def error_text(self, request: Request) -> Answer:
        return Answer.media((self._with_error(request).error or "").encode(), "text/plain;charset=utf-8")

    def _found(self, request: Request) -> list[MessageLog]:
        test = parse_filter(request.query.get("$filter"), _RULES)
        # A flow with log level NONE writes no log (SAP Help: "Setting Log Levels").
        return [log for log in self._runtime.logs.all() if log.level != "NONE" and test(_filterable(log))]

    def _log(self, request: Request) -> MessageLog:
        log = self._runtime.logs.one(request.match["guid"])
        if log is None or log.level == "NONE":
            raise Refusal(404, "Requested entity could not be found.")
        return log

    def _with_error(self, request: Request) -> MessageLog:
        """Only a message that failed has error information; DISCARDED and ABANDONED ones have none (observed)."""
        log = self._log(request)
        if log.error is None:
            raise Refusal(404, "Requested entity could not be found.")
        return log


_ORDER = {
    "LogEnd": lambda log: log.end,
    "LogStart": lambda log: log.start,
    "Status": lambda log: log.status,
    "ApplicationMessageId": lambda log: log.guid,
}


def _filterable(log: MessageLog) -> Mapping[str, Any]:
    return {
        "MessageGuid": log.guid,
        "CorrelationId": log.correlation,
        "IntegrationArtifact/Id": log.flow_id,
        # Deprecated, and rewritten to the artifact's id: GET /MessageProcessingLogs, parameter $filter.
        "IntegrationFlowName": log.flow_id,
        "IntegrationArtifact/Name": log.flow_name,
        "IntegrationArtifact/Type": "INTEGRATION_FLOW",
        "IntegrationArtifact/PackageId": log.package,
        "IntegrationArtifact/PackageName": log.package,
        "Status": log.status,
        "CustomStatus": log.status,
        "LogLevel": log.level,
        "LogStart": log.start,
        "LogEnd": log.end,
    }


def _entity(log: MessageLog) -> Entity:
    artifact = {
        "Id": log.flow_id,
        "Name": log.flow_name,
        "Type": "INTEGRATION_FLOW",
        "PackageId": log.package,
        "PackageName": log.package,
    }
    values = {
        "MessageGuid": log.guid,
        "CorrelationId": log.correlation,
        "ApplicationMessageId": None,
        "ApplicationMessageType": None,
        "LogStart": log.start,
        "LogEnd": log.end,
        "Sender": None,
        "Receiver": None,
        "IntegrationFlowName": log.flow_id,
        "Status": log.status,
        "AlternateWebLink": None,
        "IntegrationArtifact": artifact,
        "LogLevel": log.level,
        "CustomStatus": log.status,
        "ArchivingStatus": "NOT_RELEVANT",
    }
    edm = {"LogStart": "Edm.DateTime", "LogEnd": "Edm.DateTime"}
    return Entity(
        "MessageProcessingLog", "MessageProcessingLogs", f"'{log.guid}'", values, ("ErrorInformation",), edm=edm
    )


def routes(tenant: LocalTenant) -> list[Route]:
    logs = _Logs(tenant)
    one = f"/MessageProcessingLogs{_KEY}"
    return [
        Route("GET", "/MessageProcessingLogs", logs.listed, _ROLE, _LIST_OPTIONS),
        Route("GET", r"/MessageProcessingLogs/\$count", logs.count, _ROLE, frozenset({"$filter"})),
        Route("GET", one, logs.one, _ROLE, frozenset({"$format", "$select"})),
        Route("GET", f"{one}/ErrorInformation", logs.error, _ROLE),
        Route("GET", rf"{one}/ErrorInformation/\$value", logs.error_text, _ROLE),
    ]
