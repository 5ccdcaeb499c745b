# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmark covers every module, and compares it with tasks that use nothing of the collection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.tests.benchmark.playbooks import (
    WORK,
    module_playbook,
    uri_playbook,
)
from ansible_collections.certops.sap_cloud_integration.tests.benchmark.scenarios import PARTS, Scenario

_ROOT = Path(__file__).resolve().parents[3]


def _scenarios() -> Iterator[Scenario]:
    for part in PARTS:
        yield from part.scenarios


def test_every_module_is_measured() -> None:
    modules = {path.stem for path in (_ROOT / "plugins/modules").glob("[!_]*.py")}
    assert len(modules) > 10
    assert modules <= {scenario.work for scenario in _scenarios()}


def test_each_work_is_used_and_has_a_counterpart_or_a_reason() -> None:
    assert {scenario.work for scenario in _scenarios()} == set(WORK)
    for name, work in WORK.items():
        assert ("uri" in work) != ("uri_cannot" in work), name


def test_each_scenario_has_a_case_and_a_playbook() -> None:
    for scenario in _scenarios():
        assert scenario.first or scenario.again
        assert (module_playbook(scenario.work) is None) == bool(scenario.playbook)
        if scenario.playbook:
            assert (_ROOT / "playbooks" / f"{scenario.playbook.rpartition('.')[2]}.yml").exists()


def test_the_plain_playbooks_use_nothing_of_the_collection() -> None:
    plain = [json.dumps(uri_playbook(name)) for name in WORK if "uri" in WORK[name]]
    assert len(plain) > 10
    assert [play for play in plain if "certops." in play] == []
