# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m ansible_collections.certops.sap_cloud_integration.tests.benchmark`` measures and prints a table."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from .machine import COLLECTION, describe
from .measure import BenchmarkFailed
from .page import render_page
from .runner import measure_part
from .scenarios import PARTS, ROUND_TRIPS, Part
from .table import headings, missed_lines, side_cells, text_line

__all__ = ["main"]

_PAGE = COLLECTION / "docs/docsite/rst/benchmark.rst"
_LEGEND = """
requests: to the API + for tokens; connections: to both; s: from the beginning of the first task to the end of the last.
A dash: ansible.builtin.uri cannot do it, or the case was not measured. The page says why, and how to read this."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _options(arguments)
    output: Path = options.output.absolute()
    output.mkdir(parents=True, exist_ok=True)
    everything = output / "results.json"
    if options.page:
        _PAGE.write_text(render_page(json.loads(everything.read_text())))
        return 0
    complete = not options.only
    started = time.monotonic()
    results: dict[str, Any] = {"machine": describe(), "rows": []}
    try:
        for row in _measure(options, output):
            results["rows"].append(row)
    except BenchmarkFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    if not results["rows"]:
        print(f'Nothing is called "{options.only}".', file=sys.stderr)
        return 1
    results["seconds"] = round(time.monotonic() - started)
    written = everything if complete else output / "partial.json"
    written.write_text(json.dumps(results, indent=1) + "\n")
    bounds = [bound for row in results["rows"] for bound in row["bounds"]]
    missed = [bound for bound in bounds if not bound["met"]]
    print(_LEGEND)
    print(f"\n{len(bounds) - len(missed)} of {len(bounds)} limits met, {results['seconds']} s; {written}")
    if complete:
        _PAGE.write_text(render_page(results))
        print(_PAGE)
    return 1 if missed else 0


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="benchmark",
        description="Measures requests, connections and seconds of the collection on a local tenant, beside the same "
        "work done with ansible.builtin.uri. Without --only, a page of the documentation is written, too. "
        "Exit status 1 when a limit is not met.",
    )
    parser.add_argument(
        "--round-trip", type=float, action="append", metavar="MS",
        help="milliseconds of one simulated round trip; may be given again (default: 0 and 50, long work 50 alone)",
    )  # fmt: skip
    parser.add_argument(
        "--repeat", type=int, default=1, help="runs of each module; the middle one counts (default 1); long work once"
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="only what has this text in its part or its name")
    parser.add_argument(
        "--output", type=Path, default=Path("build/benchmark"), help="directory (default build/benchmark)"
    )
    parser.add_argument("--page", action="store_true", help="measure nothing: write the page from the last results")
    return parser.parse_args(arguments)


def _measure(options: argparse.Namespace, output: Path) -> Iterator[dict[str, Any]]:
    """The rows, each printed."""
    title = ""
    names = [f"{milliseconds:g}" for milliseconds in options.round_trip or ROUND_TRIPS]
    for part in _chosen(options.only):
        round_trips = options.round_trip or part.round_trips
        if part.title != title:
            title = part.title
            print(f"\n{text_line('', ['collection:', *[''] * (len(names) + 1), 'uri:'])}")
            print(text_line(title, headings(names) * 2), flush=True)
        for row in measure_part(part, round_trips=round_trips, repeat=options.repeat, output=output):
            cells = side_cells(row, "collection", names) + side_cells(row, "uri", names)
            print("\n".join([text_line(f"{row['name']}: {row['case']}", cells), *missed_lines(row)]), flush=True)
            yield row


def _chosen(text: str) -> Iterator[Part]:
    """The parts with the scenarios whose name, or whose part's title, has the text."""
    for part in PARTS:
        scenarios = [one for one in part.scenarios if text in f"{part.title}, {one.name or one.work}"]
        if scenarios:
            yield replace(part, scenarios=scenarios)


if __name__ == "__main__":
    raise SystemExit(main())
