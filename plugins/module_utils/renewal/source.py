# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Typed values out of a plain mapping: extra keys are ignored, wrong types are refused with the place they stand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..clock import parse_time
from ..problem import Problem

__all__ = ["BadFacts", "Source"]

_ABSENT = object()


class BadFacts(Problem):
    """The observed facts do not have the agreed shape: a mistake in the caller, never in the landscape."""


class Source:
    """One mapping and where it stands, such as ``facts.receiver.addresses[1]``.

    A method without ``default`` demands the key; with one, a missing key or ``None`` gives the default.
    """

    def __init__(self, value: object, where: str) -> None:
        if not isinstance(value, Mapping):
            raise BadFacts("A mapping belongs here", where=where, said=f"the type {type(value).__name__}")
        self._mapping: Mapping[str, Any] = value
        self._where = where

    def _get(self, key: str, kind: type, default: Any) -> Any:
        value = self._mapping.get(key)
        if value is None:
            if default is _ABSENT:
                raise BadFacts(f"The value {key} is missing", where=self._where)
            return default
        # bool is an int for Python, but a count that arrives as true is a mistake.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise BadFacts(
                f"The value {key} must be of type {kind.__name__}",
                where=self._where,
                said=f"the type {type(value).__name__}",
            )
        return value

    def text(self, key: str, default: Any = _ABSENT) -> Any:
        return self._get(key, str, default)

    def flag(self, key: str, default: Any = _ABSENT) -> Any:
        return self._get(key, bool, default)

    def count(self, key: str, default: Any = _ABSENT) -> Any:
        value = self._get(key, int, default)
        if isinstance(value, int) and value < 0:
            raise BadFacts(f"The value {key} must not be negative", where=self._where, said=str(value))
        return value

    def seconds(self, key: str, default: float) -> float:
        """A duration: an int or a float, not negative."""
        value = self._mapping.get(key)
        if isinstance(value, float):
            if not 0 <= value < float("inf"):
                raise BadFacts(f"The value {key} must be a number of seconds", where=self._where, said=str(value))
            return value
        return float(self.count(key, default))

    def choice(self, key: str, choices: tuple[str, ...], default: Any = _ABSENT) -> str:
        value: str = self.text(key, default)
        if value not in choices:
            raise BadFacts(f"The value {key} must be one of {', '.join(choices)}", where=self._where, said=value)
        return value

    def moment(self, key: str, default: Any = _ABSENT) -> Any:
        """An RFC 3339 time as an aware datetime."""
        value = self.text(key, default)
        if not isinstance(value, str):
            return value
        try:
            return parse_time(value)
        except ValueError:
            raise BadFacts(f"The value {key} must be an RFC 3339 time", where=self._where, said=value) from None

    def has(self, key: str) -> bool:
        """The key is there and not null."""
        return self._mapping.get(key) is not None

    def child(self, key: str) -> Source:
        return Source(self._mapping.get(key), f"{self._where}.{key}")

    def optional_child(self, key: str) -> Source | None:
        return self.child(key) if self.has(key) else None

    def children(self, key: str) -> list[Source]:
        """The mappings of a list; an absent list is empty."""
        return [Source(value, f"{self._where}.{key}[{number}]") for number, value in enumerate(self._list(key))]

    def texts(self, key: str) -> tuple[str, ...]:
        values = self._list(key)
        for number, value in enumerate(values):
            if not isinstance(value, str):
                raise BadFacts(
                    "A text belongs here",
                    where=f"{self._where}.{key}[{number}]",
                    said=f"the type {type(value).__name__}",
                )
        return tuple(values)

    def refuse(self, what: str, said: str | None = None) -> BadFacts:
        """The error for a value that has the right type and still makes no sense."""
        return BadFacts(what, where=self._where, said=said)

    def _list(self, key: str) -> list[Any]:
        value = self._mapping.get(key)
        if value is None:
            return []
        if not isinstance(value, (list, tuple)):
            raise BadFacts(
                f"The value {key} must be a list", where=self._where, said=f"the type {type(value).__name__}"
            )
        return list(value)
