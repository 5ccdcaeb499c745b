# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From declared trust anchors and a keystore to a plan: every rule by its name."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    Certificate,
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.declared_roots import (
    DeclaredRoot,
    DoesNotFit,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.expected import certificate_entry
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trust_plan import TrustPlan
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trusted_roots import (
    DeclaredTrust,
    decide_trusted_roots,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.keystore_entry import KeystoreEntry
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, self_signed_leaf

NOW = datetime.now(timezone.utc)
ONE, TWO, THREE = (make_root(f"Root {name}") for name in ("one", "two", "three"))


def certificate(credential: Credential) -> Certificate:
    return parse_certificate(credential.der)


def held(alias: str, credential: Credential, **changes: Any) -> KeystoreEntry:
    return replace(certificate_entry(alias, certificate(credential)), **changes)


def declared(alias: str, credential: Credential, **changes: Any) -> DeclaredRoot:
    root = DeclaredRoot(f"roots.yml at {alias}", credential.fingerprint_sha256, certificate(credential), alias)
    return replace(root, **changes)


def decide(roots: list[DeclaredRoot], entries: list[KeystoreEntry], **options: Any) -> TrustPlan:
    """With everything known that the keystore holds of the tenant administrator's."""
    known = {one.fingerprint_sha256: certificate(one) for one in (ONE, TWO, THREE, LEAF, INTERMEDIATE)}
    return decide_trusted_roots(DeclaredTrust(tuple(roots), **options), entries, known, now=NOW)


LEAF = self_signed_leaf()
INTERMEDIATE = issue(ONE, "Intermediate", ca=True)


def changes(plan: TrustPlan) -> list[tuple[str, str]]:
    return [(change.kind, change.alias) for change in plan.changes]


def rules(roots: list[DeclaredRoot], entries: list[KeystoreEntry], **options: Any) -> list[str]:
    with pytest.raises(DoesNotFit) as refused:
        decide(roots, entries, **options)
    assert all(fault.where in str(refused.value) for fault in refused.value.faults)
    return [fault.rule for fault in refused.value.faults]


def notes(plan: TrustPlan) -> list[str]:
    return [note["rule"] for note in plan.details["notes"]]


def test_what_is_missing_is_added_in_one_step() -> None:
    plan = decide([declared("a", ONE), declared("b", TWO), declared("c", THREE)], [held("b", TWO)])
    assert changes(plan) == [("added", "a"), ("added", "c")]
    assert len(plan.steps) == 1
    assert [action.split()[0] for action in plan.actions] == ["import", "import"]
    assert plan.diff["before"] == {}
    assert sorted(plan.diff["after"]) == ["a", "c"]
    line = plan.diff["after"]["a"]
    assert line.startswith("added: CN=Root one")
    assert ONE.fingerprint_sha256 in line


def test_what_is_there_is_left_alone_whatever_its_alias() -> None:
    plan = decide([declared("a", ONE)], [held("other", ONE)])
    assert not plan.changed
    assert notes(plan) == ["held_under_another_alias"]
    assert plan.after is not None
    assert plan.after["roots"][0]["alias"] == "other"
    assert plan.after["roots"][0]["declared_alias"] == "a"


def test_an_entry_is_renamed_when_that_was_asked_for() -> None:
    plan = decide([declared("a", ONE, on_other_alias="rename")], [held("other", ONE)])
    assert changes(plan) == [("renamed", "a")]
    assert plan.diff["before"].keys() == {"other"}
    assert plan.diff["after"].keys() == {"a"}
    assert rules([declared("a", ONE, on_other_alias="rename")], [held("other", ONE), held("A", TWO)]) == ["alias_taken"]


def test_what_sap_owns_is_neither_renamed_nor_removed() -> None:
    entries = [held("sap_root", ONE, owner="sap")]
    assert not decide([declared("a", ONE, on_other_alias="rename")], entries, unlisted="remove").changed
    assert rules([replace(declared("a", ONE, present=False), alias=None)], entries) == ["owned_by_sap"]
    assert not decide([], entries, unlisted="remove").changed


@pytest.mark.parametrize(
    "occupant",
    [
        held("a", TWO),
        held("A", TWO),
        held("a", TWO, owner="sap"),
        held("a", TWO, type="key_pair"),
    ],
    ids=["another certificate", "another letter case", "SAP's", "a key pair"],
)
def test_an_alias_that_is_taken_stops_the_whole_set(occupant: KeystoreEntry) -> None:
    assert rules([declared("b", THREE), declared("a", ONE)], [occupant]) == ["alias_taken"]


def test_all_conflicts_are_told_at_once() -> None:
    roots = [declared("a", ONE), declared("b", TWO, certificate=None)]
    assert rules(roots, [held("a", THREE)]) == ["alias_taken", "certificate_missing"]


def test_a_certificate_is_replaced_only_where_that_was_asked_for() -> None:
    plan = decide([declared("a", ONE, on_alias_conflict="replace"), declared("b", TWO)], [held("a", THREE)])
    assert changes(plan) == [("replaced", "a"), ("added", "b")]
    assert THREE.fingerprint_sha256 in plan.diff["before"]["a"]
    assert ONE.fingerprint_sha256 in plan.diff["after"]["a"]
    with_key = held("a", THREE, type="key_pair")
    assert rules([declared("a", ONE, on_alias_conflict="replace")], [with_key]) == ["alias_taken"]


def test_two_aliases_that_change_places_keep_both_roots() -> None:
    """What would be written over has to be imported again, or it would be lost."""
    roots = [declared("a", ONE, on_alias_conflict="replace"), declared("b", TWO, on_alias_conflict="replace")]
    assert decide(roots, [held("a", TWO), held("b", ONE)]).changes == ()
    plan = decide([*roots[:1], declared("b", TWO)], [held("a", TWO)])
    assert changes(plan) == [("replaced", "a"), ("added", "b")]


def test_what_is_not_declared_is_kept_reported_or_removed() -> None:
    entries = [
        held("a", ONE),
        held("stray", TWO),
        held("above", INTERMEDIATE),
        held("partner", LEAF),
        held("key", THREE, type="key_pair"),
        held("sap_three", THREE, owner="sap"),
    ]
    kept = decide([declared("a", ONE)], entries)
    reported = decide([declared("a", ONE)], entries, unlisted="report")
    removed = decide([declared("a", ONE)], entries, unlisted="remove")
    assert not kept.changed
    assert kept.details["unlisted"] == []
    assert not reported.changed
    assert [one["alias"] for one in reported.details["unlisted"]] == ["stray", "above"]
    assert changes(removed) == [("removed", "stray"), ("removed", "above")]
    assert len(removed.steps) == 1


def test_another_alias_of_a_declared_root_is_no_stranger() -> None:
    plan = decide([declared("a", ONE)], [held("a", ONE), held("b", ONE)], unlisted="remove")
    assert not plan.changed
    assert notes(plan) == ["root_under_two_aliases"]


def test_a_certificate_that_nobody_could_read_is_not_removed() -> None:
    trust = DeclaredTrust((), unlisted="remove")
    assert not decide_trusted_roots(trust, [held("stray", TWO)], {}, now=NOW).changed


def test_an_alias_that_nobody_may_write_is_told_and_left() -> None:
    plan = decide([], [held(" blank ", ONE), held("stray", TWO)], unlisted="remove")
    assert changes(plan) == [("removed", "stray")]
    assert notes(plan) == ["bad_alias"]


def test_additions_come_before_removals() -> None:
    plan = decide([declared("a", ONE)], [held("stray", TWO)], unlisted="remove")
    assert [action.split()[0] for action in plan.actions] == ["import", "delete"]


def test_a_root_that_is_declared_absent_goes_under_every_alias_or_the_one_named() -> None:
    entries = [held("a", ONE), held("b", ONE), held("c", TWO)]
    absent = declared("a", ONE, present=False)
    assert changes(decide([replace(absent, alias=None)], entries)) == [("removed", "a"), ("removed", "b")]
    assert changes(decide([absent], entries)) == [("removed", "a")]
    assert not decide([absent], [held("c", TWO)]).changed


def test_an_expired_root_stays_and_is_not_imported() -> None:
    old = make_root("Old", days=10, starts_in_days=-20)
    plan = decide([declared("a", old)], [held("a", old)])
    assert not plan.changed
    assert notes(plan) == ["expired"]
    assert rules([declared("a", old)], []) == ["not_valid_now"]
    later = make_root("Later", starts_in_days=5)
    assert rules([declared("a", later)], []) == ["not_valid_now"]


def test_an_alias_with_capitals_cannot_go_into_a_keystore_file() -> None:
    assert rules([declared("Alias", ONE)], [], upload="keystore") == ["alias_in_capitals"]
    assert decide([declared("Alias", ONE)], [], upload="auto").changed


def test_the_second_decision_has_nothing_left_to_do() -> None:
    roots = [declared("a", ONE, on_alias_conflict="replace"), declared("b", TWO, on_other_alias="rename")]
    entries = [held("a", THREE), held("z", TWO), held("stray", INTERMEDIATE)]
    plan = decide(roots, entries, unlisted="remove")
    assert {change.kind for change in plan.changes} == {"replaced", "renamed", "removed"}
    assert not decide(roots, [held("a", ONE), held("b", TWO)], unlisted="remove").changed


def test_what_is_left_after_a_refusal_is_told_entry_by_entry() -> None:
    roots = [declared("a", ONE), declared("b", TWO)]
    plan = decide(roots, [])
    left = decide(roots, [held("a", ONE)])
    state = plan.state_after(left, 0)
    done, _unused, missing = state.partition("Not done:")
    assert ('"a"' in done, '"b"' in done, '"a"' in missing, '"b"' in missing) == (True, False, False, True)
    assert plan.state_after(plan, 0) == "Nothing was changed"
