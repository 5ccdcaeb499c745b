# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measures scenarios. A result is a row: one scenario and one case of it, at each length of the round trip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .measure import BenchmarkFailed, Measured, measure, typical
from .playbooks import WORK, module_playbook, uri_playbook, write_playbook
from .scenarios import Part, Scenario
from .stages import Stage

__all__ = ["measure_part"]


def measure_part(part: Part, *, round_trips: Sequence[float], repeat: int, output: Path) -> Iterator[dict[str, Any]]:
    """The rows of the part, each when it is measured.

    :param round_trips: in milliseconds.
    :param repeat: how often each is run, unless the scenario says that once is enough.
    :param output: for playbooks and logs.
    """
    with part.stage(output / "stage") as stage:
        for scenario in part.scenarios:
            runs = scenario.runs or repeat
            rows = {case: _row(part, scenario, case, runs) for case in (scenario.first, scenario.again) if case}
            for milliseconds in round_trips:
                stage.set_latency(milliseconds / 1000)
                plain_play = None if scenario.alone else uri_playbook(scenario.work)
                plain = _side(stage, scenario, plain_play, runs, output, "uri")
                ours = _side(stage, scenario, module_playbook(scenario.work), runs, output, "collection")
                bounds = {scenario.first: scenario.first_bounds, scenario.again: scenario.again_bounds}
                for case, row in rows.items():
                    beside = plain.get(case)
                    row["at"][f"{milliseconds:g}"] = {
                        "collection": asdict(ours[case]),
                        "uri": asdict(beside) if beside else None,
                    }
                    row["bounds"] += [
                        {**bound.check(ours[case], beside), "round_trip_ms": milliseconds} for bound in bounds[case]
                    ]
            yield from rows.values()


def _row(part: Part, scenario: Scenario, case: str, runs: int) -> dict[str, Any]:
    return {
        "part": part.title,
        "name": scenario.name or scenario.work,
        "case": case,
        "runs": runs,
        "uri_cannot": scenario.alone or WORK[scenario.work].get("uri_cannot"),
        "at": {},
        "bounds": [],
    }


def _side(
    stage: Stage, scenario: Scenario, play: list[dict[str, Any]] | None, runs: int, output: Path, side: str
) -> dict[str, Measured]:
    """What each case took. Empty for uri tasks that cannot do it."""
    if play is not None:
        playbook = write_playbook(play, output / "playbooks" / f"{scenario.work}_{side}.yml")
    elif side == "collection":
        playbook = scenario.playbook
    else:
        return {}
    log = output / f"{scenario.work}_{side}.log"

    def run(case: str) -> Measured:
        measured = measure(stage.tenants, stage.hosts, playbook, log=log, arguments=scenario.arguments)
        expected = bool(case == scenario.first and scenario.changes)
        # What uri tasks write to a file counts as a change each time.
        if measured.changed != expected and (side == "collection" or expected):
            raise BenchmarkFailed(
                f"{scenario.work}, {case}: the playbook reports changed={measured.changed}, see {log}."
            )
        return measured

    found: dict[str, list[Measured]] = {}
    for _number in range(runs if scenario.first else 1):
        scenario.prepare(stage)
        if scenario.first:
            found.setdefault(scenario.first, []).append(run(scenario.first))
    if scenario.again:
        found[scenario.again] = [run(scenario.again) for _number in range(runs)]
    return {case: typical(measured) for case, measured in found.items()}
