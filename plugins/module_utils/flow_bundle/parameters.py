# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Externalized parameters of a flow: what is declared, what each is set to, and putting them into values.

A value refers to a parameter as ``{{name}}``, anywhere in a text; names hold blanks, slashes and angle brackets
(observed in published flows). The tenant's Configurations go before the ``parameters.prop`` of the bundle, because the
file holds what the author shipped and the Configurations what the administrator set.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .archive import BadBundle
from .safe_xml import Node

__all__ = ["Parameter", "Parameters", "Value", "read_declarations"]

LONGEST_VALUE = 1024 * 1024
"""Characters of a value after its parameters were put in: each may refer to others twice, and so on without end."""
DEEPEST_REFERENCE = 50
MOST_RESOLVED = 32 * 1024 * 1024
"""Characters that all values of one flow may have together."""

_REFERENCE = re.compile(r"\{\{([^{}]+)\}\}")


@dataclass(frozen=True, slots=True)
class Parameter:
    """One externalized parameter as ``parameters.propdef`` declares it, or as a value alone makes it known."""

    name: str
    type: str | None = None
    required: bool = False
    used_for: tuple[str, ...] = ()
    """Channel or step attributes that the author linked it to."""


@dataclass(frozen=True, slots=True)
class Value:
    """A property after its parameters were put in. The text of a missing one stays as ``{{name}}``."""

    text: str
    parameters: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Parameters without any value, or that refer to each other in a circle."""


class Parameters:
    """Names and values. Values may be secrets: they are never part of a representation or a result."""

    def __init__(
        self, declared: Iterable[Parameter], shipped: Mapping[str, str], configured: Mapping[str, str] | None = None
    ) -> None:
        self._shipped = dict(shipped)
        self._configured = {name: value or "" for name, value in (configured or {}).items()}
        self._values = {**self._shipped, **self._configured}
        self._declared = {parameter.name: parameter for parameter in declared}
        self._known: dict[str, Value] = {}
        self._resolved = 0

    @property
    def values(self) -> Mapping[str, str]:
        """The value of each parameter, before references inside of it were followed."""
        return self._values

    def source(self, name: str) -> str:
        """Where its value is from: ``configured``, ``bundle`` or ``none``."""
        return "configured" if name in self._configured else "bundle" if name in self._shipped else "none"

    def to_result(self) -> list[dict[str, object]]:
        every = {**{name: Parameter(name) for name in self._values}, **self._declared}
        return [
            {
                "name": parameter.name,
                "type": parameter.type,
                "required": parameter.required,
                "source": self.source(parameter.name),
            }
            for parameter in every.values()
        ]

    def resolve(self, template: str) -> Value:
        """Put in what is known. Raises :class:`BadBundle` when the result grows beyond all measure."""
        if "{{" not in template:
            return Value(template)
        value = self._resolve(template, ())
        self._resolved += len(value.text)
        if self._resolved > MOST_RESOLVED:
            raise BadBundle("The parameters of this flow expand to an absurd size", where="parameters.prop")
        return value

    def _resolve(self, template: str, inside: tuple[str, ...]) -> Value:
        parts: list[str] = []
        used: dict[str, None] = {}
        missing: dict[str, None] = {}
        length = end = 0
        for reference in _REFERENCE.finditer(template):
            before = template[end : reference.start()]
            end = reference.end()
            name = self._name(reference[1])
            used[name] = None
            if name not in self._values or name in inside or len(inside) >= DEEPEST_REFERENCE:
                missing[name] = None
                text = reference[0]
            else:
                found = self._parameter(name, inside)
                used.update(dict.fromkeys(found.parameters))
                missing.update(dict.fromkeys(found.missing))
                text = found.text
            parts += (before, text)
            length += len(before) + len(text)
            if length > LONGEST_VALUE:
                raise BadBundle("The parameters of this flow expand to an absurd size", where=name)
        return Value("".join((*parts, template[end:])), tuple(used), tuple(missing))

    def _parameter(self, name: str, inside: tuple[str, ...]) -> Value:
        known = self._known.get(name)
        if known is None:
            known = self._resolve(self._values[name], (*inside, name))
            # What a circle cut off depends on where it was entered, so only whole answers are kept.
            if not known.missing:
                self._known[name] = known
        return known

    def _name(self, written: str) -> str:
        return written if written in self._values else written.strip()


def read_declarations(root: Node) -> tuple[Parameter, ...]:
    """Parameters of a parsed ``parameters.propdef``, in its order; one without a name is dropped."""
    uses: dict[str, list[str]] = {}
    for references in root.children:
        if references.tag == "param_references":
            for reference in references.children:
                uses.setdefault(_field(reference, "param_key"), []).append(_field(reference, "attribute_id"))
    return tuple(
        Parameter(
            name=name,
            type=node.child_text("type").strip() or None,
            required=node.child_text("isRequired").strip().lower() == "true",
            used_for=tuple(use for use in uses.get(name, ()) if use),
        )
        for node in root.children
        if node.tag == "parameter" and (name := node.child_text("name"))
    )


def _field(node: Node, name: str) -> str:
    return node.attributes.get(name) or node.child_text(name)
