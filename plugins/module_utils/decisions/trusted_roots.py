# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the declared trust anchors of a tenant and its keystore to one plan.

Identity is the SHA-256 of a certificate, never the alias. What is added comes before what goes, so that a call that
is stopped in between leaves more trust than wanted and not less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..certificates.certificate import Certificate
from ..clock import format_time
from ..problem import Problem
from ..tenant.alias import check_alias
from ..tenant.keystore_entry import KeystoreEntry
from .declared_roots import DeclaredRoot, DoesNotFit, Fault
from .expected import certificate_entry, renamed
from .steps import DeleteEntries, DeleteEntry, ImportCertificate, ImportCertificates, RenameEntry
from .trust_plan import Change, TrustPlan
from .trusted_root import check_replaceable

__all__ = ["DeclaredTrust", "decide_trusted_roots", "unlisted_candidates"]


@dataclass(frozen=True)
class DeclaredTrust:
    """:param unlisted: what becomes of trust anchors that are not declared: ``keep``, ``report`` or ``remove``."""

    roots: tuple[DeclaredRoot, ...]
    unlisted: Literal["keep", "report", "remove"] = "keep"
    upload: Literal["auto", "single", "keystore"] = "auto"


def unlisted_candidates(wanted: DeclaredTrust, entries: Sequence[KeystoreEntry]) -> list[KeystoreEntry]:
    """The tenant administrator's certificates that nobody declared. Which of them are CAs, only they can tell."""
    declared = {root.fingerprint_sha256 for root in wanted.roots}
    return [entry for entry in entries if _ours(entry) and entry.fingerprint_sha256 not in declared]


def decide_trusted_roots(
    wanted: DeclaredTrust,
    entries: Sequence[KeystoreEntry],
    certificates: Mapping[str, Certificate],
    *,
    now: datetime,
    written: bool = False,
) -> TrustPlan:
    """The plan; raises :class:`.declared_roots.DoesNotFit` with every conflict at once.

    :param certificates: by fingerprint; needed for :func:`unlisted_candidates` unless they are kept.
    :param now: the tenant's time.
    :param written: the plan was carried out, and this one only says what is left of it: a conflict that somebody caused
        in the meantime is something left to do.
    """
    deciding = _Deciding(entries, now, written)
    for root in wanted.roots:
        if not root.present:
            deciding.take_away(root)
    deciding.settle([root for root in wanted.roots if root.present], wanted.upload)
    unlisted = []
    if wanted.unlisted != "keep":
        unlisted = [
            entry
            for entry in unlisted_candidates(wanted, entries)
            if entry.alias not in deciding.replaced
            and (certificate := certificates.get(entry.fingerprint_sha256)) is not None
            and certificate.is_ca
        ]
    if wanted.unlisted == "remove":
        deciding.remove(unlisted)
    if deciding.faults and not written:
        raise DoesNotFit(deciding.faults)
    return deciding.plan(wanted, unlisted)


class _Deciding:
    """Collects what is to be done while the declaration is gone through."""

    def __init__(self, entries: Sequence[KeystoreEntry], now: datetime, written: bool) -> None:
        self._now = now
        self._written = written
        self._holders: dict[str, list[KeystoreEntry]] = {}
        for entry in entries:
            if entry.type == "certificate":
                self._holders.setdefault(entry.fingerprint_sha256, []).append(entry)
        self._by_alias = {entry.alias.casefold(): entry for entry in entries}
        self.faults: list[Fault] = []
        self.notes: list[Fault] = []
        self.doomed: list[KeystoreEntry] = []
        self.replaced: dict[str, KeystoreEntry] = {}
        self.added: list[ImportCertificate] = []
        self.renamed: list[tuple[KeystoreEntry, str]] = []
        self.after: list[tuple[DeclaredRoot, KeystoreEntry]] = []

    def take_away(self, root: DeclaredRoot) -> None:
        """An anchor that is declared absent."""
        for entry in self._holders.get(root.fingerprint_sha256, ()):
            if root.alias is not None and entry.alias != root.alias:
                continue
            if _ours(entry):
                self.doomed.append(entry)
            else:
                self.faults.append(
                    Fault(
                        "owned_by_sap",
                        root.where,
                        f'the root is held by alias "{entry.alias}", which SAP owns and nobody else can delete',
                        "Take it out of the declaration",
                    )
                )

    def remove(self, unlisted: Sequence[KeystoreEntry]) -> None:
        """What is not declared; an entry that somebody gave an alias nobody may write is only told."""
        for entry in unlisted:
            try:
                check_alias(entry.alias)
            except Problem as problem:
                self.notes.append(Fault("bad_alias", repr(entry.alias), f"it is not removed: {problem.what}"))
            else:
                self.doomed.append(entry)

    def settle(self, roots: Sequence[DeclaredRoot], upload: str) -> None:
        """The anchors that are declared present.

        An alias that is written over loses its certificate, so a declared root that is held there and nowhere else has
        to be imported as well; that may write over another alias, hence until nothing more comes up.
        """
        overwritten: dict[str, KeystoreEntry] = {}
        while True:
            found = {
                root.alias: occupant
                for root in roots
                if root.alias is not None
                and root.on_alias_conflict == "replace"
                and not self._held(root, overwritten)
                and (occupant := self._by_alias.get(root.alias.casefold())) is not None
            }
            if found.keys() == overwritten.keys():
                break
            overwritten = found
        for root in roots:
            held = self._held(root, overwritten)
            if held:
                self._keep(root, held)
            else:
                self._add(root, upload)

    def _held(self, root: DeclaredRoot, overwritten: Mapping[str, KeystoreEntry]) -> list[KeystoreEntry]:
        return [entry for entry in self._holders.get(root.fingerprint_sha256, ()) if entry.alias not in overwritten]

    def _keep(self, root: DeclaredRoot, held: Sequence[KeystoreEntry]) -> None:
        entry = next((one for one in held if one.alias == root.alias), None)
        if entry is None:
            entry = next((one for one in held if _ours(one)), held[0])
            if root.on_other_alias == "rename" and _ours(entry):
                self._rename(root, entry)
                return
            owner = ", which SAP owns" if not _ours(entry) else ""
            self._note("held_under_another_alias", root, f'it is trusted under alias "{entry.alias}"{owner}')
        self.after.append((root, entry))
        others = [f'"{one.alias}"' for one in held if one is not entry]
        if others:
            self._note(
                "root_under_two_aliases", root, f'beside alias "{entry.alias}" it is held under {", ".join(others)} too'
            )
        if entry.not_after is not None and entry.not_after < self._now:
            self._note("expired", root, f"it expired at {format_time(entry.not_after)} and validates nothing any more")

    def _rename(self, root: DeclaredRoot, entry: KeystoreEntry) -> None:
        alias = root.alias or entry.alias
        occupant = self._by_alias.get(alias.casefold())
        if occupant is not None and occupant is not entry and not self._written:
            self._fault(
                "alias_taken", root, f'alias "{occupant.alias}" holds {_line(occupant)}', "Choose another alias"
            )
            return
        self.renamed.append((entry, alias))
        self.after.append((root, renamed(entry, alias)))

    def _add(self, root: DeclaredRoot, upload: str) -> None:
        certificate, alias = root.certificate, root.alias or ""
        if certificate is None:
            self._fault(
                "certificate_missing", root, "the tenant does not hold this root and no certificate was given",
                "Give certificate_path or certificate_content",
            )  # fmt: skip
            return
        if not certificate.valid_at(self._now):
            self._fault(
                "not_valid_now", root,
                f"{certificate.subject} is valid from {format_time(certificate.not_before)} "
                f"to {format_time(certificate.not_after)}, so it would validate nothing today",
                "Ask its CA for the current one",
            )  # fmt: skip
        if upload == "keystore" and alias != alias.lower():
            self._fault(
                "alias_in_capitals", root, f'alias "{alias}" has capitals, which a Java keystore file loses',
                "Write the alias in lower case, or set upload: auto",
            )  # fmt: skip
        occupant = self._by_alias.get(alias.casefold())
        if occupant is not None:
            try:
                check_replaceable(
                    occupant, alias, allowed=root.on_alias_conflict == "replace", option="on_alias_conflict: replace"
                )
                self.replaced[alias] = occupant
            except Problem as problem:
                self._fault("alias_taken", root, f'alias "{occupant.alias}": {problem.what}', problem.remedy)
                occupant = None
        self.added.append(ImportCertificate(alias, certificate, replace=occupant is not None))
        self.after.append((root, certificate_entry(alias, certificate)))

    def _fault(self, rule: str, root: DeclaredRoot, what: str, remedy: str | None) -> None:
        self.faults.append(Fault(rule, root.where, what, remedy))

    def _note(self, rule: str, root: DeclaredRoot, what: str) -> None:
        self.notes.append(Fault(rule, root.where, what))

    def plan(self, wanted: DeclaredTrust, unlisted: Sequence[KeystoreEntry]) -> TrustPlan:
        doomed = [entry for entry in self.doomed if entry.alias not in self.replaced]
        coming = [(part, certificate_entry(part.alias, part.certificate)) for part in self.added]
        changes = [
            *(
                Change("replaced" if part.replace else "added", part.alias, entry, self.replaced.get(part.alias))
                for part, entry in coming
            ),
            *(Change("renamed", alias, renamed(entry, alias), entry) for entry, alias in self.renamed),
            *(Change("removed", entry.alias, None, entry) for entry in doomed),
        ]
        steps: list[ImportCertificates | RenameEntry | DeleteEntries] = []
        if self.added:
            steps.append(ImportCertificates(tuple(self.added), wanted.upload))
        steps += [RenameEntry(entry.alias, alias) for entry, alias in self.renamed]
        if doomed:
            steps.append(DeleteEntries(tuple(DeleteEntry(one.alias, one.fingerprint_sha256) for one in doomed)))
        counts = {kind: sum(change.kind == kind for change in changes) for kind in Change.KINDS}
        reason = (
            "; ".join(f"{count} {kind}" for kind, count in counts.items() if count).capitalize() + "."
            if changes
            else f"The tenant trusts the {len(self.after)} declared roots."
        )
        return TrustPlan(
            before=None,
            after={"roots": [_shown(root, entry) for root, entry in self.after]},
            steps=tuple(steps),
            reason=reason,
            details={
                "changes": [change.to_result() for change in changes],
                "unlisted": [_shown_entry(entry) for entry in unlisted],
                "notes": [note.to_result() for note in self.notes],
                "decided_at": format_time(self._now),
            },
            changes=tuple(changes),
        )


def _ours(entry: KeystoreEntry) -> bool:
    """What may be removed or renamed here: never a key pair, never SAP's."""
    return entry.type == "certificate" and entry.owner == "tenant_administrator"


def _line(entry: KeystoreEntry) -> str:
    return f"{entry.subject} ({entry.fingerprint_sha256})"


def _shown(root: DeclaredRoot, entry: KeystoreEntry) -> dict[str, Any]:
    return {**_shown_entry(entry), "declared_alias": root.alias}


def _shown_entry(entry: KeystoreEntry) -> dict[str, Any]:
    result = entry.to_result()
    return {name: result[name] for name in _SHOWN}


_SHOWN = ("alias", "owner", "subject", "not_before", "not_after", "fingerprint_sha256", "last_modified_at")
