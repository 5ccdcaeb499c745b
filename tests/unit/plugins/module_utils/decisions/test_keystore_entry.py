# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.keystore_entry import (
    WantedEntry,
    decide_absent_entry,
    decide_certificate_entry,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.plan import Plan
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import Conflict, NotWanted
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.decisions.entries import (
    certificate_of,
    entry,
)

ONE, OTHER = make_root("One"), make_root("Other")


def _wanted(**more: Any) -> WantedEntry:
    return WantedEntry(**{"alias": "a", "certificate": certificate_of(ONE), "pinned": True, **more})


def _actions(plan: Plan) -> list[str]:
    return [action.split()[0] for action in plan.actions]


def test_the_cases_of_an_alias() -> None:
    assert _actions(decide_certificate_entry(_wanted(), [])) == ["import"]
    assert _actions(decide_certificate_entry(_wanted(), [entry("a", ONE)])) == []
    assert _actions(decide_certificate_entry(_wanted(pinned=False), [entry("a", ONE)])) == []
    replacing = _wanted(on_mismatch="replace")
    assert _actions(decide_certificate_entry(replacing, [entry("a", OTHER)])) == ["replace"]
    for wanted, entries in (
        (_wanted(), [entry("a", OTHER)]),
        (_wanted(), [entry("A", ONE)]),
        (_wanted(), [entry("A", OTHER)]),
        (_wanted(certificate=None), [entry("A", ONE)]),
        (replacing, [entry("a", OTHER, type="key_pair")]),
        (replacing, [entry("a", OTHER, owner="sap")]),
        (_wanted(previous_alias="b"), [entry("a", ONE), entry("b", OTHER)]),
        (_wanted(previous_alias="b"), [entry("b", OTHER)]),
        (_wanted(previous_alias="b"), [entry("b", ONE, owner="sap")]),
    ):
        with pytest.raises(Conflict):
            decide_certificate_entry(wanted, entries)
    for wanted in (_wanted(pinned=False), _wanted(certificate=None)):
        with pytest.raises(NotWanted):
            decide_certificate_entry(wanted, [])


def test_a_previous_alias_is_a_rename() -> None:
    wanted = _wanted(previous_alias="b")
    plan = decide_certificate_entry(wanted, [entry("b", ONE)])
    assert _actions(plan) == ["rename"]
    assert (plan.before or {})["alias"] == "b"
    assert (plan.after or {})["alias"] == "a"
    assert _actions(decide_certificate_entry(wanted, [entry("a", ONE)])) == []
    replacing = _wanted(previous_alias="b", on_mismatch="replace")
    assert _actions(decide_certificate_entry(replacing, [entry("b", OTHER)])) == ["rename", "replace"]
    only_the_case = _wanted(previous_alias="A", certificate=None)
    assert _actions(decide_certificate_entry(only_the_case, [entry("A", ONE)])) == ["rename"]


def test_after_what_was_planned_nothing_is_left() -> None:
    """Deciding again on what a plan promises leaves nothing to do: the very thing that a read-back proves."""
    for entries in ([], [entry("a", OTHER)], [entry("b", ONE)], [entry("b", OTHER)]):
        wanted = _wanted(previous_alias="b", on_mismatch="replace")
        assert decide_certificate_entry(wanted, entries).changed
        assert not decide_certificate_entry(wanted, [entry("a", ONE)]).changed


def test_an_entry_goes_only_if_it_is_the_one() -> None:
    assert _actions(decide_absent_entry("a", None, [entry("a", ONE)])) == ["delete"]
    assert _actions(decide_absent_entry("a", ONE.fingerprint_sha256, [entry("a", ONE)])) == ["delete"]
    assert not decide_absent_entry("a", None, [entry("b", ONE)]).changed
    assert decide_absent_entry("a", None, [entry("a", ONE, type="key_pair")]).warnings
    with pytest.raises(Conflict, match="another certificate"):
        decide_absent_entry("a", OTHER.fingerprint_sha256, [entry("a", ONE)])
    with pytest.raises(Conflict, match="SAP"):
        decide_absent_entry("a", None, [entry("a", ONE, owner="sap")])


@dataclass(frozen=True)
class _Write:
    text: str

    def describe(self) -> str:
        return self.text


def test_a_diff_promises_only_what_a_plan_can_know() -> None:
    before = {"alias": "a", "last_modified_at": "1", "key_type": "EC", "size": 1}
    plan = Plan(before, {**before, "size": 2, "last_modified_at": None}, (_Write("x"),), "r")
    assert plan.diff == {"before": {"alias": "a", "size": 1}, "after": {"alias": "a", "size": 2}}
    assert Plan(None, None, (), "r").diff == {"before": {}, "after": {}}
    assert (plan.changed, plan.actions) == (True, ["x"])


def test_a_failed_write_says_what_became_of_the_entry() -> None:
    plan = Plan(None, None, (_Write("x"), _Write("y")), "r")
    assert plan.state_after(plan, 0) == "Nothing was changed"
    assert plan.state_after(Plan(None, None, (_Write("y"),), "r"), 1) == "Done: x"
    assert plan.state_after(Plan(None, None, (_Write("z"),), "r"), 0) == "Not done: z"
