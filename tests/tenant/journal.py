# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The journal: what was asked and answered, never with a body or a secret."""

from __future__ import annotations

import json
import threading
from collections import Counter
from pathlib import Path
from typing import Any, TypedDict

from .http import Query

__all__ = ["Journal", "JournalEntry"]

_HIDDEN = {"client_secret", "password", "access_token", "refresh_token", "client_assertion", "passcode", "assertion"}


class JournalEntry(TypedDict):
    """One request. ``status`` is None as long as no answer was sent (for ever, when the connection was dropped)."""

    number: int  # from 1, over both listeners, never reset
    time: str  # RFC 3339 on the tenant's clock
    listener: str  # "api" or "token"
    method: str
    path: str  # decoded, with /api/v1
    query: dict[str, str]  # decoded; secrets are hidden
    status: int | None
    connection: int
    user: str | None
    size: int  # bytes of the request body
    fault: str | None  # the fault that befell it


class Journal:
    """In memory, and as JSON lines in a file when there is one; safe to use from many threads."""

    def __init__(self, file: Path | None = None) -> None:
        self._entries: list[JournalEntry] = []
        self._file = file
        self._changed = threading.Condition()
        self._number = 0
        self._connections: Counter[str] = Counter()
        self._handshakes: Counter[str] = Counter()

    def begin(
        self, *, time: str, listener: str, method: str, path: str, query: Query, connection: int, size: int
    ) -> JournalEntry:
        shown = {name: "(hidden)" if name.lower() in _HIDDEN else value for name, value in query.pairs}
        with self._changed:
            self._number += 1
            entry = JournalEntry(
                number=self._number,
                time=time,
                listener=listener,
                method=method,
                path=path,
                query=shown,
                status=None,
                connection=connection,
                user=None,
                size=size,
                fault=None,
            )
            self._entries.append(entry)
            self._changed.notify_all()
        return entry

    def end(self, entry: JournalEntry, status: int | None) -> None:
        with self._changed:
            entry["status"] = status
            if self._file is not None:
                with self._file.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps(entry, ensure_ascii=False) + "\n")
            self._changed.notify_all()

    def connected(self, listener: str) -> None:
        with self._changed:
            self._connections[listener] += 1

    def shook_hands(self, listener: str) -> None:
        with self._changed:
            self._handshakes[listener] += 1

    def entries(self) -> list[JournalEntry]:
        with self._changed:
            return [entry.copy() for entry in self._entries]

    def counts(self) -> dict[str, Any]:
        """Connections, TLS handshakes and requests of each listener since the journal was cleared."""
        with self._changed:
            requests = Counter(entry["listener"] for entry in self._entries)
            return {
                "connections": dict(self._connections),
                "handshakes": dict(self._handshakes),
                "requests": dict(requests),
            }

    def clear(self) -> None:
        """Forget what was seen; numbers go on."""
        with self._changed:
            self._entries.clear()
            self._connections.clear()
            self._handshakes.clear()

    def wait_for(self, count: int, timeout: float = 10.0) -> bool:
        """Until so many requests have arrived (answered or not); False after the timeout (seconds)."""
        with self._changed:
            return self._changed.wait_for(lambda: len(self._entries) >= count, timeout)
