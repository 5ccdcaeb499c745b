# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page of the documentation about the last run."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from statistics import median
from typing import Any

from .table import headings, side_cells

__all__ = ["render_page"]

_PAGE = """\
..
  Copyright (c) 2026, the certops.sap_cloud_integration authors
  GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
  SPDX-License-Identifier: GPL-3.0-or-later

..
  Written by "make benchmark". Change tests/benchmark/page.py instead.

.. _ansible_collections.certops.sap_cloud_integration.docsite.benchmark:

Numbers
=======

``make benchmark`` runs playbooks against the local tenant and counts what the tenant sees. Where tasks with
``ansible.builtin.uri`` can do the same work, they are measured beside it. This page shows the last run.

How to read it
--------------

* *Requests* are those to the API, plus those for tokens. *Connections* are those to both. They depend on the work
  alone, so they are the same on every machine. Only what waits for deployments asks a little more or less often.
* *s* are seconds from the beginning of the first task to the end of the last one. They depend on the machine. To start,
  ``ansible-playbook`` needs another {start:.1f} s here.
* A real tenant is far away. *50 ms* means that the local tenant lets each answer wait for a simulated round trip of 50
  milliseconds, and each new connection for two more.
* *Nothing to do* is the same playbook run once more.
* The playbooks with ``uri`` tasks ask for one token and list where they can. They check less: they do not see whether
  a deployment would do more than restart a flow, or whether a certificate is the one that was meant.
* In discovery the tenant enforces the rate limits that SAP documents. Without a cache it takes as long as these demand.
* What takes minutes is measured at 50 ms alone.{runs}

The machine
-----------

{machine}
{parts}
Limits
------

``make benchmark`` fails when a limit is not met: a call of a module opens one connection to the API and one for tokens,
sends two requests beside that for the token when it has nothing to do, four when it changes an entry, and six when it
imports many. Modules that read or deploy many flows open up to eight connections. Discovery among 500 flows takes at
most three times as long as the rate limits demand, with no request refused, and five seconds from its cache.
{bounds}

To measure again
----------------

On an idle machine, ``make benchmark`` measures everything and writes this page. It takes about {minutes:.0f} minutes.
``make benchmark ARGS="--only trusted_root"`` measures what has this in its name, and leaves the page alone. The numbers
lie in ``build/benchmark/results.json``, with the requests of each run by kind.
"""


def render_page(results: Mapping[str, Any]) -> str:
    """:param results: what a run wrote as JSON."""
    rows = results["rows"]
    runs = [sides["collection"] for row in rows for sides in row["at"].values()]
    parts = [_part(title, list(part)) for title, part in groupby(rows, key=lambda row: row["part"])]
    most = max(row["runs"] for row in rows)
    return _PAGE.format(
        start=median(run["wall_seconds"] - run["seconds"] for run in runs),
        minutes=results["seconds"] / 60,
        runs=f" Modules are run {most} times, and the run with the middle time counts." if most > 1 else "",
        machine=_list_table(
            None, [[f"**{name}**", _escaped(value)] for name, value in results["machine"].items()], "25 75"
        ),
        parts="\n".join(parts),
        bounds=_bounds(rows),
    )


def _part(title: str, rows: Sequence[Mapping[str, Any]]) -> str:
    round_trips = sorted({milliseconds for row in rows for milliseconds in row["at"]}, key=float)
    columns = ["", *headings(round_trips), *(f"uri: {heading}" for heading in headings(round_trips))]
    cells = [
        [
            f"{_code(row['name'])}: {row['case']}",
            *side_cells(row, "collection", round_trips),
            *side_cells(row, "uri", round_trips),
        ]
        for row in rows
    ]
    widths = " ".join(["34", *["8"] * (len(columns) - 1)])
    return f"{title}\n{'-' * len(title)}\n\n{_list_table(columns, cells, widths)}{_dashes(rows)}"


def _dashes(rows: Sequence[Mapping[str, Any]]) -> str:
    """Why there is nothing beside some rows."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row["uri_cannot"] is not None:
            names = reasons.setdefault(row["uri_cannot"], [])
            names += [_code(row["name"])] if _code(row["name"]) not in names else []
    if not reasons:
        return ""
    lines = [f"* {'; '.join(names)}: {reason}." for reason, names in reasons.items()]
    return "\nWhere there is a dash, ``ansible.builtin.uri`` does not do the work:\n\n" + "\n".join(lines) + "\n"


def _bounds(rows: Sequence[Mapping[str, Any]]) -> str:
    bounds = [(row, bound) for row in rows for bound in row["bounds"]]
    missed = [
        f"* {_code(row['name'])}: {row['case']}: {bound['bound']}, {bound['round_trip_ms']:g} ms: **{bound['seen']:g}**"
        for row, bound in bounds
        if not bound["met"]
    ]
    said = f"In this run {len(bounds) - len(missed)} of {len(bounds)} limits were met"
    return "\n".join([f"{said}, and these were not:", "", *missed]) if missed else f"{said}."


def _code(name: str) -> str:
    """Modules as code; names for people as they are."""
    return name if " " in name else f"``{name}``"


def _escaped(text: str) -> str:
    return re.sub(r"([\\*_`|])", r"\\\1", text)


def _list_table(header: Sequence[str] | None, rows: Sequence[Sequence[str]], widths: str) -> str:
    lines = [".. list-table::", *(["   :header-rows: 1"] if header else []), f"   :widths: {widths}", ""]
    for row in [header, *rows] if header else rows:
        for number, cell in enumerate(row):
            lines.append(f"   {'*' if number == 0 else ' '} -{' ' if cell else ''}{cell}")
    return "\n".join(lines) + "\n"
