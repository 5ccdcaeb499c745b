# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Atom XML, what the tenant answers when nobody asked for JSON (documented by SAP as the default format)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .odata import Collection, Entity, error_reason

__all__ = ["error_xml", "to_atom"]

_D = "http://schemas.microsoft.com/ado/2007/08/dataservices"
_M = f"{_D}/metadata"
_HEAD = '<?xml version="1.0" encoding="utf-8"?>'


def _namespaces(base_url: str) -> str:
    return f' xmlns="http://www.w3.org/2005/Atom" xmlns:m="{_M}" xmlns:d="{_D}" xml:base={quoteattr(base_url + "/")}'


def _moment(value: datetime, edm: str) -> str:
    text = value.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    text += f".{value.microsecond // 1000:03d}" if value.microsecond // 1000 else ""
    return text if edm == "Edm.DateTime" else text + "Z"


def _property(name: str, value: Any, edm: str | None) -> str:
    if value is None:
        return f'<d:{name} m:null="true"/>'
    if isinstance(value, Mapping):
        inner = "".join(_property(key, item, None) for key, item in value.items())
        kind = f' m:type="{edm}"' if edm else ""
        return f"<d:{name}{kind}>{inner}</d:{name}>"
    if isinstance(value, datetime):
        edm = edm or "Edm.DateTimeOffset"
        text = _moment(value, edm)
    elif isinstance(value, bool):
        edm, text = "Edm.Boolean", str(value).lower()
    elif isinstance(value, int):
        edm, text = edm or "Edm.Int32", str(value)
    else:
        text = str(value)
    kind = f' m:type="{edm}"' if edm else ""
    return f"<d:{name}{kind}>{escape(text)}</d:{name}>"


def _entry(entity: Entity, base_url: str, updated: str, *, attributes: str = "") -> str:
    uri = entity.uri(base_url)
    address = uri.removeprefix(f"{base_url}/")
    parts = [
        f"<entry{attributes}><id>{escape(uri)}</id>",
        f'<title type="text">{escape(entity.entity_set)}</title><updated>{updated}</updated>',
        f'<category term="com.sap.hci.api.{entity.type}" scheme="{_D}/scheme"/>',
        f'<link href={quoteattr(address)} rel="edit" title="{entity.type}"/>',
    ]
    for link in entity.links:
        inlined = entity.expanded.get(link)
        many = inlined is not None or link.endswith("s")
        kind = "feed" if many else "entry"
        head = f'<link href={quoteattr(f"{address}/{link}")} rel="{_D}/related/{link}" title="{link}"'
        head += f' type="application/atom+xml;type={kind}"'
        parts.append(
            f"{head}/>"
            if inlined is None
            else f"{head}><m:inline>{_feed(link, inlined, base_url, updated)}</m:inline></link>"
        )
    properties = (
        "<m:properties>"
        + "".join(_property(name, value, entity.edm.get(name)) for name, value in entity.properties.items())
        + "</m:properties>"
    )
    if entity.media:
        parts.append(f"<content type={quoteattr(entity.media)} src={quoteattr(f'{address}/$value')}/>{properties}")
    else:
        parts.append(f'<content type="application/xml">{properties}</content>')
    return "".join(parts) + "</entry>"


def _feed(
    title: str, entities: list[Entity], base_url: str, updated: str, *, attributes: str = "", extra: str = ""
) -> str:
    entries = "".join(_entry(entity, base_url, updated) for entity in entities)
    head = f'<id>{escape(base_url)}/{title}</id><title type="text">{title}</title><updated>{updated}</updated>'
    return f"<feed{attributes}>{head}{extra}{entries}</feed>"


def to_atom(value: Entity | Collection, base_url: str, now: datetime) -> bytes:
    """An entry or a feed; ``now`` is what the mandatory ``updated`` element says."""
    updated = now.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    attributes = _namespaces(base_url)
    if isinstance(value, Entity):
        return (_HEAD + _entry(value, base_url, updated, attributes=attributes)).encode()
    extra = "" if value.count is None else f"<m:count>{value.count}</m:count>"
    if value.next_link is not None:
        extra += f'<link rel="next" href={quoteattr(value.next_link)}/>'
    return (
        _HEAD + _feed(value.entity_set, value.entities, base_url, updated, attributes=attributes, extra=extra)
    ).encode()


def error_xml(status: int, text: str | None, *, code: str | None = None) -> bytes:
    """``<error><code>…</code><message xml:lang="en">…</message></error>`` (observed on a tenant)."""
    said = f'<code>{escape(code or error_reason(status))}</code><message xml:lang="en">{escape(text or "")}</message>'
    return f'{_HEAD}<error xmlns="{_M}">{said}</error>'.encode()
