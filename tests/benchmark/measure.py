# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one playbook and counts what the tenant saw of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from ..demo.playbook import TaskEvent, run_playbook
from ..tenant import LocalTenant

__all__ = ["BenchmarkFailed", "Measured", "measure", "typical"]

PLAYBOOKS = Path(__file__).parent / "playbooks"


class BenchmarkFailed(Exception):
    """A playbook failed or did something else than it was to do; the text says where to look."""


@dataclass(frozen=True)
class Measured:
    """One run. ``seconds`` go from the beginning of the first task to the end of the last one; ``requests`` are those
    to the API, without the ones for ``tokens``; connections are counted per listener."""

    seconds: float
    requests: int
    tokens: int
    connections: int
    token_connections: int
    changed: bool


def measure(tenant: LocalTenant, playbook: str, variables: dict[str, Any], *, log: Path) -> Measured:
    """:param playbook: the name of a file beside this one, or a playbook of the collection by its full name.

    :raises BenchmarkFailed: when the playbook fails.
    """
    inventory = log.with_suffix(".inventory.json")
    inventory.write_text(json.dumps({"all": {"hosts": {"tenant": variables}}}))
    events: list[TaskEvent] = []
    tenant.clear_journal()
    path = PLAYBOOKS / f"{playbook}.yml"
    status = run_playbook(str(path) if path.exists() else playbook, inventory, log=log, heard=events.append)
    if status != 0:
        raise BenchmarkFailed(f"The playbook {playbook} failed, see {log}.")
    counts = tenant.journal_book.counts()
    return Measured(
        seconds=events[-1].at - events[0].at,
        requests=counts["requests"].get("api", 0),
        tokens=counts["requests"].get("token", 0),
        connections=counts["connections"].get("api", 0),
        token_connections=counts["connections"].get("token", 0),
        changed=any(event.changed for event in events),
    )


def typical(runs: list[Measured]) -> Measured:
    """The run with the middle time. Counts must not differ between runs of the same thing.

    :raises BenchmarkFailed: when they do.
    """
    counts = {(run.requests, run.tokens, run.connections, run.token_connections, run.changed) for run in runs}
    if len(counts) != 1:
        raise BenchmarkFailed(f"The same playbook took different numbers of requests: {sorted(counts)}.")
    middle = median(run.seconds for run in runs)
    return min(runs, key=lambda run: abs(run.seconds - middle))
