# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The cells of a row, for the terminal and for the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

__all__ = ["NONE", "headings", "missed_lines", "side_cells", "text_line"]

NONE = "–"
_NAME = 58


def headings(round_trips: Sequence[str]) -> list[str]:
    """Of one side. :param round_trips: in milliseconds."""
    return ["requests", "connections", *(f"s at {milliseconds} ms" for milliseconds in round_trips)]


def side_cells(row: Mapping[str, Any], side: str, round_trips: Sequence[str]) -> list[str]:
    """:param side: collection or uri."""
    runs = [row["at"][milliseconds][side] for milliseconds in round_trips if milliseconds in row["at"]]
    if None in runs:
        return [NONE] * (2 + len(round_trips))
    seconds = [
        f"{row['at'][milliseconds][side]['seconds']:.2f}" if milliseconds in row["at"] else NONE
        for milliseconds in round_trips
    ]
    requests = f"{_span(runs, lambda run: run['requests'])} + {_span(runs, lambda run: run['tokens'])}"
    connections = _span(runs, lambda run: run["connections"] + run["token_connections"])
    return [requests, connections, *seconds]


def text_line(first: str, cells: Sequence[str]) -> str:
    """For the terminal."""
    return f"{first:{_NAME}} " + " ".join(f"{cell:>12}" for cell in cells)


def missed_lines(row: Mapping[str, Any]) -> list[str]:
    return [
        f"    NOT MET: {bound['bound']}: {bound['seen']:g} ({bound['round_trip_ms']:g} ms)"
        for bound in row["bounds"]
        if not bound["met"]
    ]


def _span(runs: Sequence[Mapping[str, Any]], count: Callable[[Mapping[str, Any]], int]) -> str:
    """One number, or from which to which where a run has to wait for something and asks until it is so."""
    counts = sorted({count(run) for run in runs})
    return str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
