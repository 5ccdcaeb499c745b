# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A request, an answer and a route: all that the areas of the local tenant know about HTTP.

An area is a module with ``routes(tenant) -> list[Route]``. A handler takes a :class:`Request` whose ``match`` holds the
groups of the route's path, and returns an :class:`Answer`. It says "no" by raising :class:`Refusal`.
How a value becomes JSON or Atom XML is the affair of :mod:`.odata`: handlers return entities, not text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Answer", "Handler", "Query", "Refusal", "Request", "Route", "key_pattern"]


class Query:
    """The options of a URL, decoded, in the order sent; names are case-sensitive, as in OData."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        self.pairs = pairs

    def get(self, name: str, default: str | None = None) -> str | None:
        """The first value sent under this name."""
        return next((value for key, value in self.pairs if key == name), default)

    def flag(self, name: str, *, default: bool = False) -> bool:
        """``true`` in any case is true; absent is the default; everything else is false, as Java's parseBoolean has
        it.
        """
        value = self.get(name)
        return default if value is None else value.strip().lower() == "true"

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _unused in self.pairs)

    @property
    def system_options(self) -> list[str]:
        """The names sent that begin with ``$``."""
        return [key for key, _unused in self.pairs if key.startswith("$")]


@dataclass
class Request:
    """One request as an area sees it; ``path`` is decoded and relative to ``/api/v1`` (it begins with ``/``)."""

    method: str
    path: str
    query: Query
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    user: str
    base_url: str  # https://host:port/api/v1, as the client named it
    match: dict[str, str] = field(default_factory=dict)

    @property
    def wants_json(self) -> bool:
        """``$format`` wins over Accept; Atom XML is the default (observed on a tenant: Accept missing gives Atom)."""
        asked = self.query.get("$format")
        if asked is not None:
            return asked.lower().startswith(("json", "application/json"))
        return "json" in self.headers.get("accept", "").lower()

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; raises :class:`Refusal` (400) otherwise."""
        try:
            value = json.loads(self.body)
        except (ValueError, UnicodeDecodeError):
            value = None
        if not isinstance(value, dict):
            raise Refusal(400, "Could not parse the request body.")
        return value


@dataclass
class Answer:
    """A status, headers and bytes; or an OData value that is encoded when it is known what the client accepts."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    odata: Any = None  # an odata.Entity or an odata.Collection
    cookies: list[str] = field(default_factory=list)

    @classmethod
    def empty(cls, status: int) -> Answer:
        return cls(status)

    @classmethod
    def text(cls, text: str, *, status: int = 200) -> Answer:
        return cls(status, text.encode(), {"Content-Type": "text/plain;charset=utf-8"})

    @classmethod
    def media(cls, body: bytes, content_type: str, *, filename: str | None = None, status: int = 200) -> Answer:
        headers = {"Content-Type": content_type}
        if filename:
            headers["Content-Disposition"] = f"attachment; filename={filename}"
        return cls(status, body, headers)

    @classmethod
    def entity(cls, entity: Any, *, status: int = 200) -> Answer:
        """One :class:`.odata.Entity`."""
        return cls(status, odata=entity)

    @classmethod
    def collection(
        cls, entity_set: str, entities: list[Any], *, next_link: str | None = None, count: int | None = None
    ) -> Answer:
        """A list of :class:`.odata.Entity`; ``next_link`` becomes ``d.__next``, ``count`` becomes ``d.__count``."""
        from .odata import Collection

        return cls(200, odata=Collection(entity_set, entities, next_link, count))


class Refusal(Exception):
    """The tenant says no: status, text, and the code when it is not the reason phrase of the status.

    ``bare`` leaves the ``error`` wrapper away, as the API specification's 403 example does; ``empty`` sends no body.
    """

    def __init__(
        self, status: int, text: str | None = None, *, code: str | None = None, bare: bool = False, empty: bool = False
    ) -> None:
        super().__init__(status, text)
        self.status = status
        self.text = text
        self.code = code
        self.bare = bare
        self.empty = empty
        self.headers: dict[str, str] = {}  # to be sent with the answer


Handler = Callable[[Request], Answer]


@dataclass(frozen=True)
class Route:
    """``path`` is a regular expression that must match the whole decoded path below ``/api/v1``.

    ``role`` is the service-instance role a client needs (None: any client that is logged in); without it the answer is
    an empty 403. ``options`` are the ``$`` options this resource understands; another one is answered with
    ``refuse_options`` (400 on keystore entries, 501 elsewhere: observed on a tenant).
    """

    method: str
    path: str
    handler: Handler
    role: str | None = None
    options: frozenset[str] = frozenset({"$format"})
    refuse_options: int = 501

    def matches(self, path: str) -> dict[str, str] | None:
        found = re.fullmatch(self.path, path)
        return None if found is None else found.groupdict()


def key_pattern(name: str = "key", *, named: str = "Id") -> str:
    """The regular expression of a key in both forms, ``('x')`` and ``(Id='x')``; quotes inside are doubled (OData
    V2).
    """
    return rf"\((?:{named}=)?'(?P<{name}>(?:[^']|'')*)'\)"
