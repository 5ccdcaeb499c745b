# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OData V2 on the wire: literals, keys, envelopes and the many shapes of an error. Pure.

Sources: OData V2 "URI Conventions" and "JSON Format"; API specifications SecurityContent.json and
IntegrationContent.json (responses 400 to 503); error shapes as observed on tenants.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from html import unescape
from typing import Any
from urllib.parse import quote, urlencode

__all__ = [
    "clip",
    "encode_query",
    "entity",
    "error_code",
    "error_text",
    "key",
    "literal",
    "page",
    "parse_date",
    "path_of_link",
]

# Enough to recognise a message, too little to hold a page or a key.
_LONGEST_TEXT = 300
# Nobody's message is deeper in the body; an error page may be megabytes.
_LONGEST_ERROR_BODY = 65536
_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_DATE = re.compile(r"/Date\((-?\d{1,17})([+-]\d{1,4})?\)/")


def literal(text: str) -> str:
    """A string literal: in single quotes, quotes inside doubled."""
    return "'" + text.replace("'", "''") + "'"


def key(entity_set: str, value: str | None = None, **names: str) -> str:
    """The address of one entity: ``key("A", "x")`` is ``A('x')``, ``key("A", Id="x")`` is ``A(Id='x')``."""
    if value is not None:
        return f"{entity_set}({_encode(literal(value))})"
    return f"{entity_set}({','.join(f'{name}={_encode(literal(text))}' for name, text in names.items())})"


def _encode(text: str) -> str:
    # The quote itself may stay: it is what every client of the API sends, and RFC 3986 allows it in a path.
    return quote(text, safe="'")


def encode_query(query: Mapping[str, str]) -> str:
    """A query string; blanks as ``%20`` because not every server reads ``+`` as a blank."""
    return urlencode(query, quote_via=quote, safe="$'(),:/")


def parse_date(value: object) -> datetime | None:
    """A time as the API writes it: ``/Date(ms)/``, ``/Date(ms+offset)/``, milliseconds as text, or RFC 3339.

    The milliseconds are UTC; an offset (minutes) only says how to show them (OData V2 JSON format, section 4).
    ``None`` for null, an empty text and anything that is no time.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return _from_milliseconds(value)
    if not isinstance(value, str) or not value:
        return None
    match = _DATE.fullmatch(value)
    if match:
        return _from_milliseconds(int(match.group(1)))
    if re.fullmatch(r"-?\d{1,17}", value):
        return _from_milliseconds(int(value))
    try:
        moment = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)


def _from_milliseconds(milliseconds: int) -> datetime | None:
    try:
        return _EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        return None


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise ValueError("the answer is no JSON") from None


def entity(body: bytes) -> dict[str, Any]:
    """The one entity of an answer ``{"d": {...}}``. Raises ``ValueError`` for anything else."""
    answer = _parse(body)
    inner = answer.get("d") if isinstance(answer, dict) else None
    if not isinstance(inner, dict) or "error" in inner:
        raise ValueError("the answer holds no entity")
    return inner


def page(body: bytes) -> tuple[list[dict[str, Any]], str | None]:
    """The entities of an answer ``{"d": {"results": [...], "__next": ...}}`` and the address of the next page.

    ``{"d": [...]}`` is the same in OData V1 and is taken too. Raises ``ValueError`` for anything else.
    """
    answer = _parse(body)
    inner = answer.get("d") if isinstance(answer, dict) else None
    following = None
    if isinstance(inner, dict):
        following = inner.get("__next")
        inner = inner.get("results")
    if not isinstance(inner, list) or not all(isinstance(item, dict) for item in inner):
        raise ValueError("the answer holds no list of entities")
    return inner, following if isinstance(following, str) and following else None


def path_of_link(link: str) -> str:
    """The path below ``/api/v1/`` of a link that an answer gave; its host does not count."""
    _unused, found, path = link.partition("/api/v1/")
    if not found:
        path = link.rsplit("/", 1)[-1] if "://" in link else link.lstrip("/")
    return quote(path, safe="%/?&=$'(),:;@!*+~-._")


def error_code(body: bytes) -> str | None:
    """The ``code`` of an error object, wrapped or not, JSON or XML."""
    found = _error_object(body)
    if found is not None:
        code = found.get("code")
        return clip(str(code)) if code else None
    match = re.search(r"<code[^>]*>(.*?)</code>", _decode(body), re.DOTALL)
    return clip(unescape(match.group(1))) or None if match else None


def error_text(body: bytes, content_type: str | None, reason: str | None) -> str:
    """The readable text of an error answer, never longer than 300 characters.

    Taken in this order: ``error.message.value``, ``message.value``, an OAuth ``error_description`` (RFC 6749
    section 5.2), the message of an XML error, title and heading of an HTML page, the text itself, the reason
    of the status line. A JSON answer without any message, such as the entity of a 409, gives the reason.
    """
    found = _error_object(body)
    if found is not None:
        return clip(_message(found)) or clip(reason or "")
    text = _decode(body)
    if re.match(r"\s*[{\[]", text):
        return clip(reason or "")
    match = re.search(r"<message[^>]*>(.*?)</message>", text, re.DOTALL)
    if match:
        return clip(unescape(match.group(1))) or clip(reason or "")
    if "html" in (content_type or "").lower() or re.match(r"\s*<", text):
        parts = [
            _without_tags(part)
            for part in re.findall(r"<(?:title|h1)[^>]*>(.*?)</(?:title|h1)>", text, re.DOTALL | re.IGNORECASE)
        ]
        return clip(" ".join(dict.fromkeys(part for part in parts if part))) or clip(reason or "")
    return clip(text) or clip(reason or "")


def _error_object(body: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(body[:_LONGEST_ERROR_BODY])
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    inner = answer.get("error")
    return inner if isinstance(inner, dict) else answer


def _message(found: Mapping[str, Any]) -> str:
    message = found.get("message")
    if isinstance(message, dict):
        message = message.get("value")
    if isinstance(message, str) and message.strip():
        return message
    described = found.get("error_description")
    if isinstance(described, str) and described.strip():
        return f"{described} ({found['error']})" if isinstance(found.get("error"), str) else described
    return ""


def _decode(body: bytes) -> str:
    return body[:_LONGEST_ERROR_BODY].decode("utf-8", "replace")


def _without_tags(text: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", text)).strip()


def clip(text: str) -> str:
    """One line, without control characters, of at most 300 characters."""
    line = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    return line if len(line) <= _LONGEST_TEXT else line[: _LONGEST_TEXT - 1].rstrip() + "…"
