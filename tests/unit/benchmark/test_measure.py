# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark takes the run in the middle, and no run for another."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.benchmark.measure import (
    PLAYBOOKS,
    BenchmarkFailed,
    Measured,
    typical,
)
from ansible_collections.certops.sap_cloud_integration.tests.benchmark.scenarios import SCENARIOS

_RUN = Measured(1.0, requests=1, tokens=1, connections=1, token_connections=1, changed=False)


def test_the_run_in_the_middle_counts() -> None:
    runs = [replace(_RUN, seconds=seconds) for seconds in (9.0, 1.0, 2.0)]
    assert typical(runs).seconds == 2.0


@pytest.mark.parametrize("other", [{"requests": 2}, {"connections": 2}, {"changed": True}])
def test_runs_that_differ_are_no_measurement(other: dict[str, int]) -> None:
    with pytest.raises(BenchmarkFailed, match="different numbers"):
        typical([_RUN, replace(_RUN, **other)])


def test_each_scenario_has_its_playbooks_and_countable_bounds() -> None:
    countable = {field.name for field in fields(Measured)}
    for scenario in SCENARIOS:
        assert {bound.counted for bound in scenario.bounds} <= countable
        for playbook in (scenario.ours, scenario.plain):
            assert (PLAYBOOKS / f"{playbook}.yml").exists() or playbook.startswith("certops.sap_cloud_integration.")


def test_the_plain_playbooks_use_nothing_of_the_collection() -> None:
    for path in PLAYBOOKS.glob("*_uri.yml"):
        assert not re.search(r"certops\.\w+\.\w+:", path.read_text())
