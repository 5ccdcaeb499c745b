# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each thing that deploying does beyond restarting has its own name."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.changes import (
    Deployed,
    DesignTime,
    side_effects,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.timers import Timer

THEN = datetime(2026, 11, 20, 8, tzinfo=timezone.utc)
DEPLOYED = Deployed("1.0.3", THEN)
SAME = DesignTime("1.0.3", THEN - timedelta(seconds=1))
ORDINARY: dict[str, Any] = {
    "parameters_now": {"Host": "a.example"},
    "parameters_then": {"Host": "a.example"},
    "timers": (Timer("T", "Nightly", "timer", "no"),),
    "profile": "iflmap",
}


def names(design_time: Any = SAME, **facts: Any) -> list[str]:
    return [effect.name for effect in side_effects(DEPLOYED, design_time, **{**ORDINARY, **facts})]


def test_nothing_but_a_restart() -> None:
    assert names() == []
    assert names(DesignTime(" 1.0.3", THEN), profile=None, timers=(), parameters_now={}, parameters_then={}) == []


@pytest.mark.parametrize(
    ("design_time", "expected"),
    [
        (DesignTime("1.0.4", THEN), ["newer_version"]),
        (DesignTime("1.0.10", THEN), ["newer_version"]),
        (DesignTime("1.0.2", THEN), ["other_version"]),
        (DesignTime("Active", THEN), ["draft"]),
        (DesignTime("1.0.3", THEN + timedelta(milliseconds=1)), ["modified_since_deployment"]),
        (DesignTime("1.0.4", THEN + timedelta(days=1)), ["newer_version", "modified_since_deployment"]),
        (DesignTime("1.0.3", None), ["modification_unknown"]),
        (DesignTime("1.0.3", THEN, locked_by="anna"), ["locked"]),
        (DesignTime("1.0.3", THEN, locked_by=""), ["locked"]),
        ("not_found", ["no_design_time_artifact"]),
        ("configure_only", ["configure_only"]),
        ("not_permitted", ["design_time_unknown"]),
        ("unknown", ["design_time_unknown"]),
    ],
)
def test_design_time(design_time: Any, expected: list[str]) -> None:
    assert names(design_time) == expected


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({"parameters_now": {"Host": "b.example"}}, ["parameters_changed"]),
        ({"parameters_now": {}}, ["parameters_changed"]),
        ({"parameters_now": {"Host": "a.example", "New": ""}}, []),
        ({"parameters_then": {"Host": "a.example", "Old": ""}}, []),
        ({"parameters_then": None}, ["parameters_unknown"]),
        ({"parameters_now": None}, ["parameters_unknown"]),
        ({"timers": (Timer("T", "Now", "timer", "yes"),)}, ["run_once_timer"]),
        ({"timers": (Timer("T", "Now", "polling_sender", "yes"),)}, ["run_once_timer"]),
        ({"timers": (Timer("T", "Poll", "polling_sender", "no"),)}, ["polling_sender"]),
        ({"timers": (Timer("T", "Now", "timer", "unknown"),)}, ["timers_unknown"]),
        ({"timers": None}, ["timers_unknown"]),
        ({"profile": "integrationcell"}, ["other_runtime_profile"]),
        ({"profile": "IFLMAP"}, []),
    ],
)
def test_content(facts: dict[str, Any], expected: list[str]) -> None:
    assert names(**facts) == expected


def test_everything_at_once_keeps_every_name() -> None:
    found = names(
        DesignTime("Active", THEN + timedelta(days=1), "anna"),
        parameters_now={"Host": "b.example"},
        timers=(Timer("T", "Now", "timer", "yes"),),
        profile="integrationcell",
    )
    assert found == [
        "draft",
        "modified_since_deployment",
        "parameters_changed",
        "run_once_timer",
        "locked",
        "other_runtime_profile",
    ]


def test_only_what_is_true_of_most_flows_does_not_block() -> None:
    poll = (Timer("T", "Poll", "polling_sender", "no"),)
    soft = side_effects(DEPLOYED, SAME, **{**ORDINARY, "parameters_then": None, "timers": poll})
    assert [(effect.name, effect.blocking) for effect in soft] == [
        ("parameters_unknown", False),
        ("polling_sender", False),
    ]
    (hard,) = side_effects(DEPLOYED, "not_found", **ORDINARY)
    assert hard.to_result() == {"name": "no_design_time_artifact", "sentence": hard.sentence, "blocking": True}


def test_tells_the_times_and_the_names_of_parameters_never_values() -> None:
    changed = {f"p{number}": "s3cret" for number in range(8)}
    effects = side_effects(
        DEPLOYED, DesignTime("1.0.3", THEN + timedelta(hours=1)), **{**ORDINARY, "parameters_now": changed}
    )
    text = " ".join(effect.sentence for effect in effects)
    assert "2026-11-20T09:00:00Z" in text
    assert "'Host', 'p0', 'p1', 'p2', 'p3' and 4 more" in text
    assert "s3cret" not in text
