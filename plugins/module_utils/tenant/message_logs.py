# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the message processing logs say about flows since a time: failures with their texts, and how many went well.

Sources: API specification MessageProcessingLogs.json; SAP Help "Message Status"; texts of TLS failures from SAP Note
2354153 and its family. The log's times are UTC, and a literal carries no zone (SAP Help "Query Options").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ..clock import format_time
from . import odata
from .client import Client
from .errors import Nonsense, NotFound

__all__ = ["MessageFailure", "MessageLogs", "is_tls_failure"]

# RETRY too: asynchronous flows (JMS, AS2) stay in it while the receiver cannot be trusted.
_FAILURES = ("FAILED", "RETRY", "ESCALATED")
_MOST_FLOWS_IN_A_QUESTION = 25
_MOST_LOGS = 1000
_FLOW_ID = "IntegrationArtifact/Id"
_TLS_TEXTS = (
    "PKIX path building failed",
    "PKIX path validation failed",
    "unable to find valid certification path to requested target",
    "SunCertPathBuilderException",
    "SSLHandshakeException",
    "CertificateExpiredException",
    "CertificateNotYetValidException",
    "Peer certificate rejected by ChainVerifier",
    "Could not convert socket to TLS",
)
_TLS_ALERTS = ("certificate_unknown", "unknown_ca", "bad_certificate", "certificate_expired", "handshake_failure")


def is_tls_failure(text: str) -> bool:
    """Whether the text of a failed message is about TLS: the other side's certificate, or ours."""
    return any(part in text for part in _TLS_TEXTS) or any(
        f"Received fatal alert: {alert}" in text for alert in _TLS_ALERTS
    )


@dataclass(frozen=True, slots=True)
class MessageFailure:
    """A message that failed, is retried or was escalated.

    :param text: its error text; ``None`` when it was not asked for or there is none.
    """

    message_guid: str
    flow_id: str
    status: str
    ended_at: datetime | None
    text: str | None

    @property
    def is_tls(self) -> bool | None:
        """``None`` when the text is not known."""
        return None if self.text is None else is_tls_failure(self.text)

    def to_result(self) -> dict[str, Any]:
        return {
            "message_guid": self.message_guid,
            "flow_id": self.flow_id,
            "status": self.status,
            "ended_at": format_time(self.ended_at) if self.ended_at else None,
            "text": odata.clip(self.text) if self.text else None,
            "is_tls": self.is_tls,
        }


class MessageLogs:
    """Every method raises :class:`.errors.TenantProblem`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def failures(
        self, flow_ids: str | Sequence[str], since: datetime, *, texts: int = 20
    ) -> tuple[MessageFailure, ...]:
        """Messages that ended badly at or after ``since``, newest first; one request for up to 25 flows.

        :param texts: for how many to ask for the error text (one request each): the newest of each flow, whatever the
            number, then the second one of each, and so on, so that many failures of one flow hide no other's.
            0 for none.
        """
        ids = [flow_ids] if isinstance(flow_ids, str) else list(dict.fromkeys(flow_ids))
        found: list[Mapping[str, Any]] = []
        for start in range(0, len(ids), _MOST_FLOWS_IN_A_QUESTION):
            part = ids[start : start + _MOST_FLOWS_IN_A_QUESTION]
            query = {
                "$filter": f"{_any(_FLOW_ID, part)} and {_any('Status', _FAILURES)} and LogEnd ge {_datetime(since)}",
                "$orderby": "LogEnd desc",
                "$top": str(_MOST_LOGS),
            }
            found += self._client.get_all(
                "MessageProcessingLogs", doing="list failed messages", where=", ".join(part[:3]), query=query
            )
        failures = sorted((_failure(one) for one in found), key=_newest_first)
        ranks: Counter[str] = Counter()
        ranked = []
        for number, failure in enumerate(failures):
            ranked.append((ranks[failure.flow_id], number))
            ranks[failure.flow_id] += 1
        looked_at = {number for _rank, number in sorted(ranked)[: max(texts, len(ranks)) if texts else 0]}
        return tuple(self._with_text(one) if number in looked_at else one for number, one in enumerate(failures))

    def completed_count(self, flow_id: str, since: datetime) -> int:
        """How many messages of a flow completed at or after ``since``; zero proves nothing."""
        query = {"$filter": f"{_any(_FLOW_ID, [flow_id])} and Status eq 'COMPLETED' and LogEnd ge {_datetime(since)}"}
        body = self._client.get_media(
            "MessageProcessingLogs/$count", doing="count completed messages", where=flow_id, query=query
        )
        try:
            return int(body.decode("utf-8-sig"))
        except ValueError:
            raise Nonsense(
                "The tenant was asked to count messages, and the answer is no number", where=flow_id
            ) from None

    def last_completed(self, flow_id: str, since: datetime) -> datetime | None:
        """When the newest message of a flow completed that did so at or after ``since``; ``None`` when none did."""
        query = {
            "$filter": f"{_any(_FLOW_ID, [flow_id])} and Status eq 'COMPLETED' and LogEnd ge {_datetime(since)}",
            "$orderby": "LogEnd desc",
            "$top": "1",
        }
        found = self._client.get_all(
            "MessageProcessingLogs", doing="find a completed message", where=flow_id, query=query
        )
        return odata.parse_date(found[0].get("LogEnd")) if found else None

    def _with_text(self, failure: MessageFailure) -> MessageFailure:
        path = odata.key("MessageProcessingLogs", failure.message_guid) + "/ErrorInformation/$value"
        try:
            content = self._client.get_media(path, doing="read the error of a message", where=failure.flow_id)
        except NotFound:
            return failure
        text = content.decode("utf-8", "replace")
        return MessageFailure(failure.message_guid, failure.flow_id, failure.status, failure.ended_at, text or None)


def _failure(entity: Mapping[str, Any]) -> MessageFailure:
    artifact = entity.get("IntegrationArtifact")
    flow_id = artifact.get("Id") if isinstance(artifact, Mapping) else None
    return MessageFailure(
        message_guid=str(entity.get("MessageGuid") or ""),
        flow_id=str(flow_id or entity.get("IntegrationFlowName") or ""),
        status=str(entity.get("Status") or ""),
        ended_at=odata.parse_date(entity.get("LogEnd")),
        text=None,
    )


def _newest_first(failure: MessageFailure) -> float:
    return -failure.ended_at.timestamp() if failure.ended_at else 0.0


def _any(name: str, values: Sequence[str]) -> str:
    """Equal to one of the values; ids may only be compared with ``eq``."""
    terms = " or ".join(f"{name} eq {odata.literal(value)}" for value in values)
    return f"({terms})" if len(values) > 1 else terms


def _datetime(moment: datetime) -> str:
    moment = moment.astimezone(timezone.utc)
    return f"datetime'{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{moment.microsecond // 1000:03d}'"
