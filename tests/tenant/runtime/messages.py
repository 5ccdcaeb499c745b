# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Message processing logs: one record per message, with its real outcome."""

from __future__ import annotations

import base64
import secrets
import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

__all__ = ["MessageLog", "MessageLogs"]

# The longest a landscape may run before old logs make room (a tenant keeps them about 30 days).
_LIMIT = 200_000
_SAVED = 1000


@dataclass(frozen=True, slots=True)
class MessageLog:
    """``status`` as in SAP Help: "Message Status"; ``error`` is the text of ``ErrorInformation/$value``."""

    guid: str
    correlation: str
    flow_id: str
    flow_name: str
    package: str
    status: str
    start: datetime
    end: datetime
    address: str | None = None
    error: str | None = None
    step: str | None = None
    level: str = "INFO"

    def to_dict(self) -> dict[str, Any]:
        """Plain values; times in RFC 3339 with milliseconds."""
        return asdict(self) | {"start": _time(self.start), "end": _time(self.end)}


class MessageLogs:
    """In the order in which messages ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._all: OrderedDict[str, MessageLog] = OrderedDict()
        self._by_flow: dict[str, deque[MessageLog]] = {}

    @staticmethod
    def new_guid() -> str:
        """28 characters as on a tenant: ``AF`` and URL-safe base64."""
        return "AF" + base64.urlsafe_b64encode(secrets.token_bytes(20)).decode()[:26]

    def add(self, log: MessageLog) -> None:
        with self._lock:
            self._all[log.guid] = log
            self._by_flow.setdefault(log.flow_id, deque()).append(log)
            if len(self._all) > _LIMIT:
                _unused, oldest = self._all.popitem(last=False)
                self._by_flow[oldest.flow_id].popleft()

    def one(self, guid: str) -> MessageLog | None:
        with self._lock:
            return self._all.get(guid)

    def all(self, flow_id: str | None = None) -> list[MessageLog]:
        with self._lock:
            return list(self._all.values() if flow_id is None else self._by_flow.get(flow_id, ()))

    def snapshot(self) -> list[dict[str, Any]]:
        """The latest ones."""
        with self._lock:
            latest = list(self._all.values())[-_SAVED:]
        return [log.to_dict() for log in latest]

    def restore(self, saved: list[dict[str, Any]], parse: Callable[[str], datetime] = datetime.fromisoformat) -> None:
        for item in saved:
            self.add(MessageLog(**{**item, "start": parse(item["start"]), "end": parse(item["end"])}))


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
