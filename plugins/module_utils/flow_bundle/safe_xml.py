# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML from strangers as a small tree: no document type, so no entities; no network; bounded depth and size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from xml.parsers import expat

from .archive import BadBundle

__all__ = ["Node", "parse_xml"]

DEEPEST = 200
MOST_NODES = 400_000
MOST_ATTRIBUTES = 256
LONGEST_ATTRIBUTES = 1024 * 1024
"""Characters of all attributes of one element."""

TEXT_PIECE = 256 * 1024
"""Bytes of text that arrive together: long texts must not be put together of thousands of pieces."""

_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class Node:
    """One element. Names are local: the namespace is dropped, because prefixes and versions of it vary."""

    tag: str
    attributes: Mapping[str, str]
    children: list[Node] = field(default_factory=list)
    text: str = ""
    """What stands before the first child."""

    def child(self, tag: str) -> Node | None:
        return next((child for child in self.children if child.tag == tag), None)

    def child_text(self, tag: str) -> str:
        found = self.child(tag)
        return found.text if found else ""


class _Builder:
    """Called for every element of every flow of a tenant: kept lean."""

    def __init__(self, where: str) -> None:
        self.where = where
        self.root: Node | None = None
        self.path: list[Node] = []
        self.nodes = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.nodes += 1
        path = self.path
        if self.nodes > MOST_NODES:
            raise BadBundle(f"The XML has more than {MOST_NODES} elements", where=self.where)
        if len(path) >= DEEPEST:
            raise BadBundle(f"The XML is nested more than {DEEPEST} levels deep", where=self.where)
        node = Node(name.rpartition(" ")[2], self.attributes(attributes) if attributes else _NOTHING)
        if path:
            path[-1].children.append(node)
        else:
            self.root = node
        path.append(node)

    def attributes(self, attributes: dict[str, str]) -> Mapping[str, str]:
        if len(attributes) > MOST_ATTRIBUTES or len("".join(attributes.values())) > LONGEST_ATTRIBUTES:
            raise BadBundle("The XML has an element with too many or too long attributes", where=self.where)
        return {name.rpartition(" ")[2]: value for name, value in attributes.items()}

    def end(self, name: str) -> None:
        self.path.pop()

    def characters(self, text: str) -> None:
        node = self.path[-1]
        if not node.children:
            node.text += text

    def refuse(self, *anything: object) -> int:
        raise BadBundle("The XML declares a document type or entities, as no integration flow does", where=self.where)


def parse_xml(data: bytes, where: str) -> Node:
    """The root element. Raises :class:`BadBundle` when it is not well-formed or not harmless."""
    builder = _Builder(where)
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.buffer_size = TEXT_PIECE
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.characters
    parser.StartDoctypeDeclHandler = builder.refuse
    parser.EntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    try:
        # In one piece: fed in pieces, old releases of expat look at a long token again for every piece.
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise BadBundle("The XML is not well-formed", where=where, said=str(error)) from error
    except (LookupError, UnicodeError) as error:
        raise BadBundle("The XML is in an unknown encoding", where=where, said=str(error)) from error
    if builder.root is None:
        raise BadBundle("The XML is empty", where=where)
    return builder.root
