# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages of a collection: ``$orderby``, ``$skip``, ``$top``, ``$inlinecount``, ``$select``, and at most 1000 at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar
from urllib.parse import quote

from .http import Answer, Refusal, Request
from .odata import Entity

__all__ = ["LARGEST_PAGE", "collection_answer", "order_of", "selected"]

T = TypeVar("T")

# SAP Help: "OData API: Query Options".
LARGEST_PAGE = 1000


def order_of(request: Request, allowed: Sequence[str], refusal: str) -> str | None:
    """``$orderby`` when it is one of those that the API specification lists; :raises Refusal: 400 otherwise."""
    asked = request.query.get("$orderby")
    if asked is None:
        return None
    plain = ",".join(" ".join(part.split()) for part in asked.split(",")).removesuffix(" asc")
    if plain not in allowed:
        raise Refusal(400, refusal)
    return plain


def collection_answer(
    request: Request, entity_set: str, found: Sequence[T], entity: Callable[[T], Entity], *, properties: Sequence[str]
) -> Answer:
    """One page of what was found, already in its order; only what is on the page is turned into entities."""
    total = len(found)
    skip = _number(request, "$skip")
    top = _number(request, "$top")
    at = _number(request, "$skiptoken") or 0
    asked = list(found[skip or 0 :])[:top]
    page = asked[at : at + LARGEST_PAGE]
    more = at + LARGEST_PAGE < len(asked)
    entities = [selected(request, entity(one), properties) for one in page]
    wish = request.query.get("$inlinecount")
    if wish not in (None, "none", "allpages"):
        raise Refusal(400, "Invalid value for $inlinecount.")
    link = _next_link(request, at + LARGEST_PAGE) if more else None
    return Answer.collection(entity_set, entities, next_link=link, count=total if wish == "allpages" else None)


def selected(request: Request, entity: Entity, properties: Sequence[str]) -> Entity:
    """Only the properties that ``$select`` names; :raises Refusal: 400 for one that the entity has not."""
    asked = request.query.get("$select")
    if asked is None or asked.strip() == "*":
        return entity
    names = [name.strip() for name in asked.split(",")]
    unknown = [name for name in names if name not in properties]
    if unknown:
        raise Refusal(400, f"Property {unknown[0]} is not found in type com.sap.hci.api.{entity.type}")
    entity.properties = {name: value for name, value in entity.properties.items() if name in names}
    entity.links = ()
    return entity


def _number(request: Request, option: str) -> int | None:
    text = request.query.get(option)
    if text is None:
        return None
    if not text.isdigit():
        raise Refusal(400, f"Invalid value for {option}.")
    return int(text)


def _next_link(request: Request, at: int) -> str:
    kept = [(name, value) for name, value in request.query.pairs if name != "$skiptoken"]
    options = "&".join(f"{quote(name, safe='$')}={quote(value)}" for name, value in [*kept, ("$skiptoken", str(at))])
    path = quote(request.path, safe="/()',=")
    return f"{request.base_url}{path}?{options}"
