# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m ansible_collections.certops.sap_cloud_integration.tests.benchmark`` measures and prints a table."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .discovery import measure_discovery
from .measure import BenchmarkFailed, Measured, measure, typical
from .scenarios import SCENARIOS, Scenario, Stage
from .trust import measure_trust

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="benchmark",
        description="Measures requests, connections and seconds of the collection on a local tenant, beside the same "
        "work done with ansible.builtin.uri. Exit status 1 when a bound is not met.",
    )
    parser.add_argument(
        "--round-trip", type=float, action="append", metavar="MS",
        help="milliseconds of one simulated round trip; may be given again (default: 0 and 50)",
    )  # fmt: skip
    parser.add_argument(
        "--repeat", type=int, default=3, help="runs of each playbook; the middle one counts (default 3)"
    )
    parser.add_argument("--only", metavar="TEXT", default="", help="only scenarios whose name holds this text")
    parser.add_argument(
        "--output", type=Path, default=Path("build/benchmark"), help="directory (default build/benchmark)"
    )
    options = parser.parse_args(arguments)
    options.output.mkdir(parents=True, exist_ok=True)
    chosen = [scenario for scenario in SCENARIOS if options.only in scenario.name]
    results = []
    try:
        for milliseconds in options.round_trip or [0.0, 50.0]:
            print(f"\nRound trip {milliseconds:g} ms; the middle one of {options.repeat} runs\n{_HEAD}", flush=True)
            results += _measured(chosen, milliseconds, options.repeat, options.output.absolute())
        if options.only in "discovery":
            results += measure_discovery(options.output.absolute())
        if options.only in "trusted_roots":
            results += measure_trust(options.output.absolute())
    except BenchmarkFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    bounds = [bound for result in results for bound in result["bounds"]]
    (options.output / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    missed = [bound for bound in bounds if not bound["met"]]
    print(_LEGEND)
    print(f"\n{len(bounds) - len(missed)} of {len(bounds)} bounds met; {options.output / 'results.json'}")
    return 1 if missed else 0


_HEAD = f"{'':44} {'collection':^31}   {'ansible.builtin.uri':^31}   {'uri / collection':>18}\n" + " ".join(
    [f"{'':44}", *[f"{'requests':>10} {'connections':>12} {'s':>7}  "] * 2, f"{'connections':>11} {'time':>6}"]
)
_LEGEND = """
requests: to the API + for tokens; connections: to both; s: from the beginning of the first task to the end of the last.
The playbooks with uri tasks ask for one token each and list where they can; they check less than the modules do."""


def _measured(chosen: Sequence[Scenario], milliseconds: float, repeat: int, output: Path) -> list[dict[str, Any]]:
    results = []
    with tempfile.TemporaryDirectory(prefix="benchmark-") as directory:
        stage = Stage(Path(directory), milliseconds / 1000)
        stage.start()
        try:
            for scenario in chosen:
                ours = _runs(stage, scenario, scenario.ours, repeat, output / "ours.log")
                plain = _runs(stage, scenario, scenario.plain, repeat, output / "plain.log")
                result = _result(scenario, milliseconds, ours, plain)
                _show(scenario.name, ours, plain, result)
                results.append(result)
        finally:
            stage.stop()
    return results


def _runs(stage: Stage, scenario: Scenario, playbook: str, repeat: int, log: Path) -> Measured:
    runs = []
    while len(runs) < repeat:
        scenario.prepare(stage)
        runs.append(measure(stage.tenant, playbook, stage.variables(), log=log))
        if runs[-1].changed != scenario.changes:
            raise BenchmarkFailed(
                f"{scenario.name}: the playbook {playbook} reports changed={runs[-1].changed}, see {log}."
            )
    return typical(runs)


def _result(scenario: Scenario, milliseconds: float, ours: Measured, plain: Measured) -> dict[str, Any]:
    return {
        "scenario": scenario.name,
        "round_trip_ms": milliseconds,
        "collection": asdict(ours),
        "uri": asdict(plain),
        "ratios": {
            "connections": round(_connections(plain) / _connections(ours), 2),
            "seconds": round(plain.seconds / ours.seconds, 2),
        },
        "bounds": [
            {"bound": bound.words, "most": bound.most, "seen": getattr(ours, bound.counted),
             "met": getattr(ours, bound.counted) <= bound.most}
            for bound in scenario.bounds
        ],
    }  # fmt: skip


def _connections(run: Measured) -> int:
    return run.connections + run.token_connections


def _show(name: str, ours: Measured, plain: Measured, result: dict[str, Any]) -> None:
    sides = [f"{run.requests:>6} + {run.tokens} {_connections(run):>12} {run.seconds:>7.2f}  " for run in (ours, plain)]
    ratios = result["ratios"]
    print(f"{name:44} {' '.join(sides)} {ratios['connections']:>10.1f}× {ratios['seconds']:>5.1f}×", flush=True)
    for bound in result["bounds"]:
        print(f"    {'met' if bound['met'] else 'NOT MET':8} at most {bound['bound']}: {bound['seen']}", flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
