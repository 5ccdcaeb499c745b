# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs one playbook and counts what the tenants saw of it."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median
from typing import Any

from ..demo.playbook import TaskEvent, run_playbook
from ..tenant import LocalTenant

__all__ = ["BenchmarkFailed", "Measured", "measure", "typical"]


class BenchmarkFailed(Exception):
    """A playbook failed or did something else than it was to do; the text says where to look."""


@dataclass(frozen=True)
class Measured:
    """One run, over all tenants.

    :param seconds: from the beginning of the first task to the end of the last one.
    :param wall_seconds: of the whole command, its start included.
    :param requests: to the API, without the ones for ``tokens``. Connections are counted per listener.
    :param refused: requests that were answered with 429, too many.
    :param kinds: how many requests of each method and entity set.
    """

    seconds: float
    wall_seconds: float
    requests: int
    tokens: int
    connections: int
    token_connections: int
    changed: bool
    refused: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict)


def measure(
    tenants: Sequence[LocalTenant],
    hosts: Mapping[str, Mapping[str, Any]],
    playbook: str,
    *,
    log: Path,
    arguments: Sequence[str] = (),
) -> Measured:
    """:param hosts: the inventory with its variables.
    :param playbook: a path, or a playbook of the collection by its full name.
    :param log: gets what ansible-playbook prints; the inventory goes beside it.

    :raises BenchmarkFailed: when the playbook fails.
    """
    inventory = log.with_suffix(".inventory.json")
    inventory.write_text(json.dumps({"all": {"hosts": hosts}}))
    events: list[TaskEvent] = []
    for tenant in tenants:
        tenant.clear_journal()
    started = time.monotonic()
    status = run_playbook(playbook, inventory, log=log, heard=events.append, arguments=arguments)
    wall_seconds = time.monotonic() - started
    if status != 0:
        raise BenchmarkFailed(f"The playbook {playbook} failed, see {log}.")
    requests, connections = Counter[str](), Counter[str]()
    for tenant in tenants:
        counts = tenant.journal_book.counts()
        requests.update(counts["requests"])
        connections.update(counts["connections"])
    journal = [entry for tenant in tenants for entry in tenant.journal]
    kinds = Counter(_kind(entry["method"], entry["path"]) for entry in journal if entry["listener"] == "api")
    return Measured(
        seconds=round(events[-1].at - events[0].at, 3),
        wall_seconds=round(wall_seconds, 3),
        requests=requests["api"],
        tokens=requests["token"],
        connections=connections["api"],
        token_connections=connections["token"],
        changed=any(event.changed for event in events),
        refused=sum(entry["status"] == 429 for entry in journal),
        kinds=dict(sorted(kinds.items())),
    )


def typical(runs: Sequence[Measured]) -> Measured:
    """The run with the middle time. Counts must not differ between runs of the same thing.

    :raises BenchmarkFailed: when they do.
    """
    counted = [replace(run, seconds=0.0, wall_seconds=0.0) for run in runs]
    if any(one != counted[0] for one in counted):
        raise BenchmarkFailed(f"The same playbook took different numbers of requests: {counted}.")
    middle = median(run.seconds for run in runs)
    return min(runs, key=lambda run: abs(run.seconds - middle))


def _kind(method: str, path: str) -> str:
    """Such as ``GET KeystoreEntries``: which entry it was does not matter, but whether it was one is told."""
    first, _slash, _rest = path.removeprefix("/api/v1/").partition("/")
    name, parenthesis, _key = first.partition("(")
    return f"{method} {name}{'(…)' if parenthesis else ''}"
