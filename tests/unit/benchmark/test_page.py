# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page says what the results say. That it is sound reStructuredText is seen by "make docs"."""

from __future__ import annotations

from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.benchmark.page import render_page
from ansible_collections.certops.sap_cloud_integration.tests.benchmark.table import side_cells


def _run(requests: int, seconds: float) -> dict[str, Any]:
    return {
        "seconds": seconds, "wall_seconds": seconds + 1.25, "requests": requests, "tokens": 1, "connections": 1,
        "token_connections": 1, "changed": False, "refused": 0, "kinds": {"GET KeystoreEntries": requests},
    }  # fmt: skip


def _row(name: str, plain: bool, bounds: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "part": "Modules",
        "name": name,
        "case": "imports",
        "runs": 3,
        "uri_cannot": None if plain else "it sees no certificates",
        "at": {
            "0": {"collection": _run(3, 0.41), "uri": _run(5, 1.87) if plain else None},
            "50": {"collection": _run(4, 0.93), "uri": _run(5, 2.63) if plain else None},
        },
        "bounds": bounds,
    }


_MISSED = {"bound": "at most 3 requests", "seen": 4, "met": False, "round_trip_ms": 50.0}
_RESULTS: dict[str, Any] = {
    "machine": {"Date": "2026-11-21 20:00 UTC", "Processor": "A processor *of some kind*_"},
    "seconds": 660,
    "rows": [_row("trusted_root", True, [_MISSED]), _row("served_chain_info", False, [])],
}


_PAGE = render_page(_RESULTS)


def test_counts_that_differ_are_a_span_and_times_are_apart() -> None:
    cells = side_cells(_RESULTS["rows"][0], "collection", ["0", "50"])
    assert cells == ["3 to 4 + 1", "2", "0.41", "0.93"]


def test_the_machine_is_shown_and_nothing_in_its_names_is_markup() -> None:
    assert _cells("**Date**", "2026-11-21 20:00 UTC") in _PAGE
    assert _cells("**Processor**", r"A processor \*of some kind\*\_") in _PAGE


def test_a_row_shows_both_sides_or_dashes() -> None:
    ours = ("3 to 4 + 1", "2", "0.41", "0.93")
    assert _cells("``trusted_root``: imports", *ours, "5 + 1", "2", "1.87", "2.63") in _PAGE
    assert _cells("``served_chain_info``: imports", *ours, *["–"] * 4) in _PAGE
    assert "* ``served_chain_info``: it sees no certificates." in _PAGE


def test_a_limit_that_was_missed_stands_out() -> None:
    assert "In this run 0 of 1 limits were met, and these were not:" in _PAGE
    assert "\n\n* ``trusted_root``: imports: at most 3 requests, 50 ms: **4**\n\n" in _PAGE


def test_the_page_says_what_the_run_took() -> None:
    assert "another 1.2 s here" in _PAGE
    assert "about 11 minutes" in _PAGE


def _cells(*cells: str) -> str:
    """A row of a list-table."""
    first, *others = cells
    return "\n".join([f"   * - {first}", *(f"     - {cell}" for cell in others)]) + "\n"
