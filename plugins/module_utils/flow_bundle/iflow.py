# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The model of an integration flow (``.iflw``): BPMN 2.0 elements with properties (OMG BPMN 2.0, XML schema).

Only names, connections and properties are kept. Adapters, steps and timers are all elements with properties; what they
mean is decided elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from .safe_xml import Node, parse_xml

__all__ = ["Element", "read_elements"]


@dataclass(frozen=True, slots=True)
class Element:
    """A channel, step, event, participant or process of the flow."""

    tag: str
    """BPMN name, such as ``messageFlow`` (a channel), ``callActivity`` (a step) or ``timerEventDefinition``."""
    id: str
    name: str
    """Its own name, or that of the nearest element around it that has one."""
    source: str
    target: str
    properties: Mapping[str, str] = field(repr=False)
    """Key to value as written, parameters not put in. May hold secrets: never shown."""
    participant_type: str = ""
    """Of a participant: ``EndpointSender``, ``EndpointRecevier`` (sic) or ``IntegrationProcess``."""

    @property
    def is_channel(self) -> bool:
        return self.tag == "messageFlow"


def read_elements(data: bytes, where: str) -> tuple[Element, ...]:
    """Every element that has properties or an id, in document order.

    Raises :class:`~.archive.BadBundle` when the XML is broken or hostile.
    """
    root = parse_xml(data, where)
    found: list[Element] = []
    waiting = [(root, "")]
    while waiting:
        node, around = waiting.pop()
        name = node.attributes.get("name") or around
        properties = _properties(node)
        if properties or "id" in node.attributes:
            found.append(
                Element(
                    tag=node.tag,
                    id=node.attributes.get("id", ""),
                    name=name,
                    source=node.attributes.get("sourceRef", ""),
                    target=node.attributes.get("targetRef", ""),
                    properties=properties,
                    participant_type=node.attributes.get("type", ""),
                )
            )
        waiting += ((child, name) for child in reversed(node.children) if child.tag != "extensionElements")
    return tuple(found)


def _properties(node: Node) -> dict[str, str]:
    return {
        key: entry.child_text("value")
        for extension in node.children
        if extension.tag == "extensionElements"
        for entry in extension.children
        if entry.tag == "property" and (key := entry.child_text("key").strip())
    }
