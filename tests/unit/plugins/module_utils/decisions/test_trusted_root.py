# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import Conflict, NotWanted
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trusted_root import (
    WantedRoot,
    check_validity,
    check_wanted_root,
    decide_absent_root,
    decide_trusted_root,
    doomed_aliases,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.decisions.entries import (
    certificate_of,
    entry,
)

OLD, NEW = make_root("Old Root"), make_root("New Root")
NOW = datetime.now(timezone.utc)


def _wanted(**more: Any) -> WantedRoot:
    return WantedRoot(
        **{
            "fingerprint_sha256": NEW.fingerprint_sha256,
            "certificate": certificate_of(NEW),
            "pinned": True,
            "alias": "new",
            **more,
        }
    )


def test_what_is_there_under_any_alias_is_left_alone() -> None:
    plan = decide_trusted_root(_wanted(), [entry("old", OLD), entry("elsewhere", NEW)])
    assert (plan.changed, plan.before, plan.after) == (False, plan.after, plan.before)
    assert plan.after is not None
    assert plan.after["alias"] == "elsewhere"


def test_the_wanted_alias_is_preferred_when_several_hold_it() -> None:
    plan = decide_trusted_root(_wanted(), [entry("elsewhere", NEW), entry("new", NEW)])
    assert plan.after is not None
    assert plan.after["alias"] == "new"


def test_a_key_pair_with_this_certificate_is_no_trusted_root() -> None:
    plan = decide_trusted_root(_wanted(), [entry("pair", NEW, type="key_pair")])
    assert plan.changed


@pytest.mark.parametrize(
    ("more", "says"),
    [({"certificate": None}, "certificate_path"), ({"pinned": False}, "out of band"), ({"alias": None}, "Give alias")],
)
def test_what_an_import_needs(more: dict[str, Any], says: str) -> None:
    with pytest.raises(NotWanted, match=says):
        decide_trusted_root(_wanted(**more), [])
    assert not decide_trusted_root(_wanted(**more), [entry("new", NEW)]).changed


@pytest.mark.parametrize(
    ("alias", "more", "says"),
    [
        ("new", {}, "another certificate"),
        ("New", {}, "letter case"),
        ("new", {"type": "key_pair"}, "key pair"),
        ("new", {"owner": "sap"}, "owned by SAP"),
    ],
)
def test_an_alias_that_is_taken(alias: str, more: dict[str, Any], says: str) -> None:
    taken = [entry(alias, OLD, **more)]
    with pytest.raises(Conflict, match=says):
        decide_trusted_root(_wanted(), taken)
    replacing = _wanted(on_alias_conflict="replace")
    if says == "another certificate":
        plan = decide_trusted_root(replacing, taken)
        assert plan.warnings
        assert plan.actions[0].startswith("replace")
    else:
        with pytest.raises(Conflict, match=says):
            decide_trusted_root(replacing, taken)


def test_every_alias_goes_or_only_the_named_one() -> None:
    held = [entry("one", NEW), entry("two", NEW), entry("old", OLD)]
    assert doomed_aliases(decide_absent_root(_wanted(alias=None), held)) == ["one", "two"]
    plan = decide_absent_root(_wanted(alias="two"), held)
    assert doomed_aliases(plan) == ["two"]
    assert plan.warnings == ('The root stays trusted through alias "one".',)


def test_what_is_not_there_is_not_deleted() -> None:
    assert not decide_absent_root(_wanted(alias=None), [entry("old", OLD)]).changed
    assert not decide_absent_root(_wanted(alias="gone"), [entry("old", OLD), entry("new", NEW)]).changed
    with pytest.raises(Conflict, match="another certificate"):
        decide_absent_root(_wanted(alias="old"), [entry("old", OLD)])


def test_what_sap_owns_stays() -> None:
    held = [entry("sap_new", NEW, owner="sap"), entry("mine", NEW)]
    with pytest.raises(Conflict, match="SAP owns"):
        decide_absent_root(_wanted(alias=None), held)
    assert doomed_aliases(decide_absent_root(_wanted(alias="mine"), held)) == ["mine"]


@pytest.mark.parametrize(
    ("credential", "says"),
    [
        (issue(NEW, "erp.example"), "leaf certificate"),
        (self_signed_leaf(), "leaf certificate"),
        (issue(NEW, "Issuing CA", ca=True), "intermediate"),
        (make_root(days=1, starts_in_days=-2), "expired"),
        (make_root(starts_in_days=2), "not valid before"),
    ],
)
def test_what_is_no_root_today(credential: Any, says: str) -> None:
    with pytest.raises(NotWanted, match=says):
        check_wanted_root(certificate_of(credential), now=NOW)


def test_the_first_and_the_last_second_are_valid() -> None:
    root = certificate_of(NEW)
    for moment in (root.not_before, root.not_after):
        check_validity(root, now=moment)
    for moment in (root.not_before - timedelta(seconds=1), root.not_after + timedelta(seconds=1)):
        with pytest.raises(NotWanted):
            check_validity(root, now=moment)
