# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the tenant's one backup slot is filled or brought back, and what is lost by it.

Source: SAP Help, "Backing Up Keystore Entries": there is one backup, each new one takes the place of the last, and only
the tenant administrator's entries are in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..tenant.keystore_entry import KeystoreEntry
from .plan import Plan
from .refused import Conflict

__all__ = ["Comparison", "RestoreBackup", "TakeBackup", "compare", "decide_restored", "decide_taken"]


@dataclass(frozen=True)
class TakeBackup:
    def describe(self) -> str:
        return "copy the keystore to the backup slot"


@dataclass(frozen=True)
class RestoreBackup:
    """:param delete_others: entries of the tenant administrator that are not in the backup are deleted."""

    delete_others: bool

    def describe(self) -> str:
        others = "deleting the others" if self.delete_others else "keeping the others"
        return f"restore the keystore from the backup slot, {others}"


@dataclass(frozen=True)
class Comparison:
    """The tenant administrator's entries in the keystore, and those in the backup, by alias.

    Equal means the same type and the same certificate; whether two key pairs with the same certificate are the same
    key needs no look, because the certificate holds the public key.
    """

    keystore: Mapping[str, KeystoreEntry]
    backup: Mapping[str, KeystoreEntry]

    @property
    def only_in_keystore(self) -> list[str]:
        return sorted(set(self.keystore) - set(self.backup))

    @property
    def only_in_backup(self) -> list[str]:
        return sorted(set(self.backup) - set(self.keystore))

    @property
    def different(self) -> list[str]:
        both = set(self.keystore) & set(self.backup)
        return sorted(alias for alias in both if _identity(self.keystore[alias]) != _identity(self.backup[alias]))

    def to_result(self) -> dict[str, Any]:
        same = set(self.keystore) & set(self.backup) - set(self.different)
        return {
            "only_in_keystore": self.only_in_keystore,
            "only_in_backup": self.only_in_backup,
            "different": self.different,
            "same": sorted(same),
        }


def compare(keystore: Sequence[KeystoreEntry], backup: Sequence[KeystoreEntry]) -> Comparison:
    ours = {entry.alias: entry for entry in keystore if entry.owner == "tenant_administrator"}
    return Comparison(ours, {entry.alias: entry for entry in backup})


def decide_taken(seen: Comparison) -> Plan:
    """The plan for ``state: taken``."""
    before = _resource(seen.keystore, seen.backup)
    if not seen.keystore and not seen.backup:
        return Plan(before, before, (), "There is nothing to back up.", details=_details(seen))
    if not _differ(seen):
        return Plan(before, before, (), "The backup holds just what the keystore holds.", details=_details(seen))
    warnings = []
    if lost := [*seen.only_in_backup, *seen.different]:
        warnings.append(
            f"The last backup is overwritten; what only it holds is lost: {_named(seen.backup, lost)}. A private key"
            " cannot be read back, so of a key pair this was the only copy on the tenant"
        )
    return Plan(
        before,
        _resource(seen.keystore, seen.keystore),
        (TakeBackup(),),
        "The backup differs from the keystore." if seen.backup else "There is no backup.",
        tuple(warnings),
        _details(seen),
    )


def decide_restored(seen: Comparison, *, delete_others: bool) -> Plan:
    """The plan for ``state: restored``."""
    if not seen.backup:
        raise Conflict(
            "there is no backup to restore",
            where="the backup slot",
            remedy="Somebody may have overwritten it; take one with state taken before the next change",
        )
    before = _resource(seen.keystore, seen.backup)
    deleted = seen.only_in_keystore if delete_others else []
    if not seen.only_in_backup and not seen.different and not deleted:
        return Plan(before, before, (), "The keystore holds everything that the backup holds.", details=_details(seen))
    after = {**({} if delete_others else seen.keystore), **seen.backup}
    warnings = []
    if seen.different:
        warnings.append(f"Replaced by what the backup holds: {_named(seen.keystore, seen.different)}")
    if deleted:
        warnings.append(f"Deleted, because the backup does not hold them: {_named(seen.keystore, deleted)}")
    return Plan(
        before,
        _resource(after, seen.backup),
        (RestoreBackup(delete_others),),
        "The keystore differs from the backup.",
        tuple(warnings),
        _details(seen),
    )


def _differ(seen: Comparison) -> bool:
    return bool(seen.only_in_backup or seen.only_in_keystore or seen.different)


def _details(seen: Comparison) -> dict[str, Any]:
    return {"comparison": seen.to_result()}


def _identity(entry: KeystoreEntry) -> tuple[str, str]:
    return (entry.type, entry.fingerprint_sha256)


def _resource(keystore: Mapping[str, KeystoreEntry], backup: Mapping[str, KeystoreEntry]) -> dict[str, Any]:
    return {"keystore": _shown(keystore), "backup": _shown(backup)}


def _shown(entries: Mapping[str, KeystoreEntry]) -> dict[str, str]:
    return {alias: " ".join(_identity(entry)).strip() for alias, entry in sorted(entries.items())}


def _named(entries: Mapping[str, KeystoreEntry], aliases: Iterable[str]) -> str:
    return ", ".join(
        f'"{alias}" ({entries[alias].type.replace("_", " ")} {entries[alias].subject or "without a name"})'
        for alias in aliases
    )
