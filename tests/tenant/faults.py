# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults on demand: what a network, a proxy or an overloaded tenant does to a client, at a chosen request."""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass, field
from typing import Any

from .odata import error_json

__all__ = ["KINDS", "Fault", "Faults", "fault_body"]

KINDS = {
    "latency": "answer later by `seconds`",
    "status": "answer `status` with `body` instead of handling the request",
    "status_after": "handle the request, then answer `status` with `body` nevertheless",
    "drop_before": "close the connection before the request is handled",
    "drop_after": "handle the request, then close the connection without an answer",
    "truncate": "handle the request, send half of the answer's body, close the connection",
    "redirect": "answer 302 to `location`",
    "slow": "send the answer's body in small pieces that take `seconds` in all",
    "hold_before": "keep the request waiting, unhandled, until the fault is released",
    "hold_after": "handle the request and keep its answer until the fault is released",
}

_HTML = b"<html><head><title>500 Internal Server Error</title></head><body><h1>Internal Server Error</h1></body></html>"
# What a kind of fault takes beside the choice of requests, which all of them have.
_CHOICE = ("method", "path", "number", "skip", "count")
_ANSWER = ("status", "body", "text", "retry_after")
_OPTIONS = {
    "latency": ("seconds",), "slow": ("seconds",), "redirect": ("location",), "status": _ANSWER, "status_after": _ANSWER
}  # fmt: skip
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "MERGE", "DELETE")
_BODIES = ("odata", "bare", "empty", "html", "nonsense")


@dataclass
class Fault:
    """One fault and the requests that it befalls.

    ``method`` and ``path`` are regular expressions that must match the whole of the method and of the decoded path
    (with ``/api/v1``, without the query; the token endpoint is ``/oauth/token``).
    ``number`` is the request's number in the
    journal, for "at request n". ``skip`` lets so many matching requests pass first; ``count`` is how many are then hit
    (None: all of them). ``body`` is odata, bare (the error without its wrapper), empty, html or nonsense.
    """

    kind: str
    method: str = ".*"
    path: str = ".*"
    number: int | None = None
    skip: int = 0
    count: int | None = 1
    seconds: float = 0.0
    status: int = 500
    body: str = "empty"
    text: str = "Injected fault"
    retry_after: str | None = None
    location: str = "https://elsewhere.invalid/"
    hits: int = 0
    reached: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)
    released: threading.Event = field(default_factory=threading.Event, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.body not in _BODIES:
            raise ValueError(f"unknown body {self.body!r}; one of {', '.join(_BODIES)}")
        if not any(re.fullmatch(self.method, method) for method in _METHODS):
            raise ValueError(f"no request has a method like {self.method!r}; there are {', '.join(_METHODS)}")
        re.compile(self.path)

    def release(self) -> None:
        """Let the requests that this fault holds go on."""
        self.released.set()

    def concerns(self, number: int, method: str, path: str) -> bool:
        return (self.number is None or self.number == number) and bool(
            re.fullmatch(self.method, method) and re.fullmatch(self.path, path)
        )

    def to_dict(self) -> dict[str, Any]:
        shown = {name: value for name, value in vars(self).items() if name not in ("reached", "released")}
        return {**shown, "reached": self.reached.is_set()}


class Faults:
    """All faults in the order they were added; the first that concerns a request befalls it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, kind: str, **options: Any) -> Fault:
        """See :class:`Fault`. Raises ``ValueError`` for what it does not know, and for what would have no effect."""
        if kind not in KINDS:
            raise ValueError(f"unknown kind of fault {kind!r}; one of {', '.join(KINDS)}")
        known = (*_CHOICE, *_OPTIONS.get(kind, ()))
        unknown = sorted(set(options) - set(known))
        if unknown:
            raise ValueError(f"a fault of kind {kind} takes no {', '.join(unknown)}; it takes {', '.join(known)}")
        fault = Fault(kind, **options)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        with self._lock:
            for fault in self._faults:
                fault.release()
            self._faults.clear()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def strike(self, number: int, method: str, path: str) -> Fault | None:
        """The fault for this request, counted as having hit it."""
        with self._lock:
            for fault in self._faults:
                if not fault.concerns(number, method, path) or fault.count == 0:
                    continue
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                if fault.count is not None:
                    fault.count -= 1
                fault.hits += 1
                fault.reached.set()
                return fault
        return None


def fault_body(fault: Fault) -> tuple[bytes, str]:
    """The bytes and the content type of a fault's answer."""
    if fault.body == "odata":
        return error_json(fault.status, fault.text), "application/json;charset=utf-8"
    if fault.body == "bare":
        return error_json(fault.status, None, bare=True), "application/json;charset=utf-8"
    if fault.body == "html":
        return _HTML, "text/html;charset=utf-8"
    if fault.body == "nonsense":
        return b'{"d":{"results":[{"Hexalias":', "application/json;charset=utf-8"
    return b"", "text/plain"
