# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JMESPath over a result; the only place that needs the jmespath package."""

from __future__ import annotations

from typing import Any

from ..problem import Problem

__all__ = ["BadQuery", "compile_query"]


class BadQuery(Problem):
    """The expression, or the package that evaluates it, is missing something."""


class Query:
    """A compiled expression."""

    def __init__(self, expression: str) -> None:
        try:
            import jmespath
            import jmespath.exceptions
        except ImportError:
            raise BadQuery(
                "the Python package jmespath is missing on the controller",
                where="option query",
                remedy="Install it: pip install jmespath",
            ) from None
        self._error = jmespath.exceptions.JMESPathError
        try:
            self._compiled = jmespath.compile(expression)
        except self._error as error:
            raise BadQuery("the expression is not valid JMESPath", where=expression, said=str(error)) from None

    def __call__(self, data: Any) -> Any:
        try:
            return self._compiled.search(data)
        except self._error as error:
            raise BadQuery("the expression does not fit the data", where="option query", said=str(error)) from None


def compile_query(expression: str | None) -> Query | None:
    """Compiled before the first request, so that a slip costs nothing."""
    return Query(expression) if expression else None
