# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""OData V2 values and their JSON encoding. The tenant's own encoder: sharing the client's would hide shared mistakes.

Facts: ``d``, ``results``, ``__metadata`` and ``__deferred`` (OData V2 JSON format); ``/Date(ms)/`` without an offset
also for DateTimeOffset (observed on a tenant); ``error.message.lang`` is ``en`` (SecurityContent.json).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

__all__ = ["Collection", "Entity", "date_literal", "error_json", "error_reason", "to_json"]


@dataclass
class Entity:
    """One entity: ``properties`` in order; datetimes are aware; ``links`` are the names of navigation properties.

    ``key`` is the text inside the parentheses of its address: ``'616263'`` or ``Id='x',Version='active'``.
    ``expanded`` holds entities inlined by ``$expand``; ``edm`` gives the Edm type where Atom XML must name another one
    than the value suggests (a datetime is Edm.DateTimeOffset unless said otherwise). ``media`` is the content type of
    an entity whose ``$value`` is a stream.
    """

    type: str  # without the namespace com.sap.hci.api
    entity_set: str
    key: str
    properties: Mapping[str, Any]
    links: tuple[str, ...] = ()
    expanded: Mapping[str, list[Entity]] = field(default_factory=dict)
    edm: Mapping[str, str] = field(default_factory=dict)
    media: str | None = None

    def uri(self, base_url: str) -> str:
        key = quote(self.key, safe="'=,")
        return f"{base_url}/{self.entity_set}({key})"


@dataclass
class Collection:
    """Entities of one set, one page."""

    entity_set: str
    entities: list[Entity]
    next_link: str | None = None
    count: int | None = None


def date_literal(moment: datetime) -> str:
    """``/Date(ms)/`` in UTC."""
    return f"/Date({round(moment.timestamp() * 1000)})/"


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return date_literal(value)
    if isinstance(value, Mapping):
        return {name: _value(item) for name, item in value.items()}
    return value


def _entity(entity: Entity, base_url: str) -> dict[str, Any]:
    uri = entity.uri(base_url)
    metadata = {"id": uri, "uri": uri, "type": f"com.sap.hci.api.{entity.type}"}
    if entity.media:
        metadata |= {"content_type": entity.media, "media_src": f"{uri}/$value", "edit_media": f"{uri}/$value"}
    written: dict[str, Any] = {"__metadata": metadata}
    written |= {name: _value(value) for name, value in entity.properties.items()}
    for link in entity.links:
        inlined = entity.expanded.get(link)
        if inlined is None:
            written[link] = {"__deferred": {"uri": f"{uri}/{link}"}}
        else:
            written[link] = {"results": [_entity(item, base_url) for item in inlined]}
    return written


def to_json(value: Entity | Collection, base_url: str) -> bytes:
    if isinstance(value, Entity):
        content: dict[str, Any] = _entity(value, base_url)
    else:
        content = {} if value.count is None else {"__count": str(value.count)}
        content["results"] = [_entity(item, base_url) for item in value.entities]
        if value.next_link is not None:
            content["__next"] = value.next_link
    return json.dumps({"d": content}, ensure_ascii=False, separators=(",", ":")).encode()


def error_reason(status: int) -> str:
    """The ``code`` of an error: the reason phrase of the status in SAP's spelling (API specification, error
    examples).
    """
    spelled = {413: "Payload Too Large", 501: "Not Implemented", 423: "Locked"}
    return spelled.get(status) or HTTPStatus(status).phrase


def error_json(status: int, text: str | None, *, code: str | None = None, bare: bool = False) -> bytes:
    content: dict[str, Any] = {"code": code or error_reason(status), "message": {"lang": "en", "value": text}}
    return json.dumps(content if bare else {"error": content}, ensure_ascii=False, separators=(",", ":")).encode()
