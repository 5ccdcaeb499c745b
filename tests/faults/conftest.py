# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver process for each test process, and the counts of what was tried in the output of every run."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ansible_collections.certops.sap_cloud_integration as package
import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import ReceiverProcess, Renewal

pytest.register_assert_rewrite("ansible_collections.certops.sap_cloud_integration.tests.faults.outcome")

_ROOT = str(Path(next(iter(package.__path__))).parents[2])
os.environ["PYTHONPATH"] = os.pathsep.join([_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.fixture(scope="session")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReceiverProcess]:
    process = ReceiverProcess(tmp_path_factory.mktemp("receiver"))
    yield process
    process.stop()


@pytest.fixture
def renewal(receiver: ReceiverProcess, tmp_path: Path) -> Callable[..., Renewal]:
    """Make renewals, one after the other."""
    made: list[Renewal] = []

    def make(**options: Any) -> Renewal:
        made.append(Renewal(receiver, tmp_path / f"renewal-{len(made)}", **options))
        return made[-1]

    return make


@pytest.fixture
def tried(record_property: Callable[[str, object], None]) -> Callable[[str, int], None]:
    """Tell what was tried, how often."""
    return lambda what, count: record_property("tried", (what, count))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    counts: Counter[str] = Counter()
    for outcome in ("passed", "failed"):
        for report in terminalreporter.stats.get(outcome, []):
            for key, value in report.user_properties:
                if key == "tried" and report.when == "call":
                    counts[value[0]] += value[1]
    if counts:
        terminalreporter.section("what was done to the renewal")
        for what, count in counts.items():
            terminalreporter.write_line(f"{count:6} {what}")
