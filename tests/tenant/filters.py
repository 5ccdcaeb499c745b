# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The ``$filter`` of a request, as strict as the API specification makes each resource."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from .http import Refusal

__all__ = ["FilterRules", "Predicate", "parse_filter"]

Predicate = Callable[[Mapping[str, Any]], bool]

_TOKEN = re.compile(r"\s*(?:(datetime)?'((?:[^']|'')*)'|([A-Za-z_/]+)|([(),]))")
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "eq": lambda one, other: one == other,
    "ne": lambda one, other: one != other,
    "gt": lambda one, other: one is not None and one > other,
    "ge": lambda one, other: one is not None and one >= other,
    "lt": lambda one, other: one is not None and one < other,
    "le": lambda one, other: one is not None and one <= other,
}
_TEXT: dict[str, Callable[[str, str], bool]] = {
    "substringof": lambda part, text: part in text,
    "startswith": lambda part, text: text.startswith(part),
    "endswith": lambda part, text: text.endswith(part),
}


@dataclass(frozen=True)
class FilterRules:
    """What a resource lets a client filter by.

    :param properties: the operators of each property, separated by blanks.
    :param dates: properties that are compared with ``datetime'…'``.
    :param joins: ``or``, ``and`` or both.
    :param nesting: whether parentheses are allowed.
    :param functions: whether the string functions are allowed.
    """

    properties: Mapping[str, str]
    dates: frozenset[str] = frozenset()
    joins: frozenset[str] = frozenset({"and", "or"})
    nesting: bool = True
    functions: bool = False


def parse_filter(text: str | None, rules: FilterRules) -> Predicate:
    """:raises Refusal: 400 for anything that the rules do not allow."""
    if text is None:
        return lambda _values: True
    return _Parser(text, rules).whole()


class _Parser:
    def __init__(self, text: str, rules: FilterRules) -> None:
        self._rules = rules
        self._tokens: list[tuple[str, str]] = []
        at = 0
        while text[at:].strip():
            found = _TOKEN.match(text, at)
            if found is None:
                raise _refused(f"Invalid token at position {at} in filter expression.")
            kind = "sign" if found[4] else "word" if found[3] else found[1] or "string"
            literal = (found[2] or "").replace("''", "'")
            self._tokens.append((kind, found[4] or found[3] or literal))
            at = found.end()
        self._at = 0

    def whole(self) -> Predicate:
        predicate = self._or()
        if self._at != len(self._tokens):
            raise _refused(f"Unexpected '{self._tokens[self._at][1]}' in filter expression.")
        return predicate

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise _refused("The filter expression ends too early.")
        self._at += 1
        return self._tokens[self._at - 1]

    def _takes(self, kind: str, text: str) -> bool:
        if self._tokens[self._at : self._at + 1] == [(kind, text)]:
            self._at += 1
            return True
        return False

    def _joined(self, word: str) -> bool:
        if not self._takes("word", word):
            return False
        if word not in self._rules.joins:
            raise _refused(f"The operator '{word}' is not supported in filter expressions of this resource.")
        return True

    def _or(self) -> Predicate:
        parts = [self._and()]
        while self._joined("or"):
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda values: any(part(values) for part in parts)

    def _and(self) -> Predicate:
        parts = [self._one()]
        while self._joined("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda values: all(part(values) for part in parts)

    def _one(self) -> Predicate:
        kind, text = self._next()
        if (kind, text) == ("sign", "("):
            if not self._rules.nesting:
                raise _refused("Nested filter expressions are not supported.")
            inner = self._or()
            self._expect("sign", ")")
            return inner
        if kind != "word":
            raise _refused(f"Unexpected '{text}' in filter expression.")
        if text in _TEXT and self._rules.functions:
            return self._function(text)
        return self._comparison(text)

    def _comparison(self, name: str) -> Predicate:
        operators = self._property(name)
        operator = self._next()[1]
        if operator not in _COMPARE:
            raise _refused(f"Unknown operator '{operator}' in filter expression.")
        if operator not in operators:
            raise _refused(f"The operator '{operator}' is not supported for the property '{name}'.")
        kind, literal = self._next()
        is_date = name in self._rules.dates
        if kind not in ("string", "datetime") or is_date != (kind == "datetime"):
            raise _refused(f"Type mismatch in the filter on '{name}'.")
        wanted: Any = _datetime(literal) if is_date else literal
        compare = _COMPARE[operator]
        return lambda values: compare(values.get(name), wanted)

    def _function(self, function: str) -> Predicate:
        """``substringof('part',Property) eq true`` has the part first, the other two have it last."""
        self._expect("sign", "(")
        first = self._next()
        self._expect("sign", ",")
        second = self._next()
        self._expect("sign", ")")
        part, name = (first, second) if function == "substringof" else (second, first)
        if part[0] != "string" or name[0] != "word":
            raise _refused(f"Type mismatch in '{function}'.")
        self._property(name[1])
        wanted = True
        if self._takes("word", "eq"):
            wanted = self._next() == ("word", "true")
        test = _TEXT[function]
        return lambda values: test(part[1], str(values.get(name[1]) or "")) == wanted

    def _expect(self, kind: str, text: str) -> None:
        if self._next() != (kind, text):
            raise _refused(f"'{text}' is missing in filter expression.")

    def _property(self, name: str) -> list[str]:
        if name not in self._rules.properties:
            raise _refused(f"The property '{name}' cannot be used in a filter expression.")
        return self._rules.properties[name].split()


def _datetime(literal: str) -> datetime:
    """UTC without a zone (SAP Help: "OData API: Query Options"); a zone is no part of Edm.DateTime (OData V2)."""
    try:
        moment = datetime.fromisoformat(literal)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is not None or "T" not in literal:
        raise _refused(f"'{literal}' is no Edm.DateTime.")
    return moment.replace(tzinfo=timezone.utc)


def _refused(text: str) -> Refusal:
    return Refusal(400, text)
