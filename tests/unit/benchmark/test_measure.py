# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark takes the run in the middle, and no run for another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.benchmark.measure import BenchmarkFailed, Measured, typical

_RUN = Measured(1.0, 2.0, requests=1, tokens=1, connections=1, token_connections=1, changed=False)


def test_the_run_in_the_middle_counts() -> None:
    runs = [replace(_RUN, seconds=seconds) for seconds in (9.0, 1.0, 2.0)]
    assert typical(runs).seconds == 2.0


@pytest.mark.parametrize("other", [{"requests": 2}, {"connections": 2}, {"changed": True}, {"kinds": {"GET Keys": 1}}])
def test_runs_that_differ_are_no_measurement(other: dict[str, int]) -> None:
    with pytest.raises(BenchmarkFailed, match="different numbers"):
        typical([_RUN, replace(_RUN, **other)])
