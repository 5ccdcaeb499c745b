# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When an entry of the keystore is imported, replaced, renamed, deleted or left alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..certificates.certificate import Certificate
from ..tenant.keystore_entry import KeystoreEntry
from .expected import certificate_entry, renamed
from .plan import Plan, Step
from .refused import Conflict, NotWanted
from .steps import DeleteEntry, ImportCertificate, RenameEntry
from .trusted_root import check_replaceable, occupant_of

__all__ = ["WantedEntry", "decide_absent_entry", "decide_certificate_entry"]


@dataclass(frozen=True)
class WantedEntry:
    """An entry as the user declares it; its identity is the alias, its content the fingerprint.

    :param certificate: ``None``: whatever the entry holds is fine, it is only to be found under this alias.
    :param previous_alias: an entry under this alias is renamed.
    :param on_mismatch: ``fail`` or ``replace``, when the alias holds another certificate.
    """

    alias: str
    certificate: Certificate | None = None
    pinned: bool = False
    previous_alias: str | None = None
    on_mismatch: str = "fail"


def decide_certificate_entry(wanted: WantedEntry, entries: Sequence[KeystoreEntry]) -> Plan:
    """The plan for ``state: present`` of a certificate, or of an entry that only changes its alias."""
    occupant = occupant_of(entries, wanted.alias)
    previous = (
        next((entry for entry in entries if entry.alias == wanted.previous_alias), None)
        if wanted.previous_alias
        else None
    )
    steps: list[Step] = []
    seen = occupant
    if occupant is not None and previous is not None and previous is not occupant:
        raise Conflict(
            "both the alias and the previous alias exist, so the one cannot become the other",
            where=f'aliases "{occupant.alias}" and "{previous.alias}"',
            remedy="Delete the one that is not needed",
        )
    if previous is not None and (occupant is None or occupant is previous):
        check_own(previous)
        if previous.alias != wanted.alias:
            steps.append(RenameEntry(previous.alias, wanted.alias))
        seen = previous
    if wanted.certificate is None:
        if seen is None:
            raise NotWanted(
                "the entry does not exist and nothing was given to make it from",
                where=f'alias "{wanted.alias}"',
                remedy="Give certificate_path or certificate_content",
            )
        if seen.alias != wanted.alias and not steps:
            raise Conflict(
                f'the alias differs only in letter case from "{wanted.alias}"',
                where=f'alias "{seen.alias}"',
                remedy="Give the alias as it is, or as previous_alias to rename the entry",
            )
        after = renamed(seen, wanted.alias)
        return Plan(
            seen.to_result(),
            after.to_result(),
            tuple(steps),
            "The entry is renamed." if steps else "The entry exists under this alias.",
        )
    certificate = wanted.certificate
    if seen is not None and seen.type == "certificate" and seen.fingerprint_sha256 == certificate.fingerprint_sha256:
        if seen.alias != wanted.alias and not steps:
            check_replaceable(seen, wanted.alias, allowed=False, option="on_mismatch: replace")
        after = renamed(seen, wanted.alias)
        return Plan(
            seen.to_result(),
            after.to_result(),
            tuple(steps),
            "The entry is renamed." if steps else "The alias holds this certificate.",
        )
    if not wanted.pinned:
        raise NotWanted(
            "a certificate is imported only with a fingerprint compared out of band: the tenant verifies nothing",
            where=certificate.subject,
            remedy="Compare the SHA-256 fingerprint with its owner and give it as fingerprint_sha256",
        )
    after = certificate_entry(wanted.alias, certificate)
    if seen is None:
        return Plan(
            None, after.to_result(), (ImportCertificate(wanted.alias, certificate),), "No entry has this alias."
        )
    check_replaceable(
        seen,
        seen.alias if steps else wanted.alias,
        allowed=wanted.on_mismatch == "replace",
        option="on_mismatch: replace",
    )
    steps.append(ImportCertificate(wanted.alias, certificate, replace=True))
    warning = f"Replacing {seen.subject} ({seen.fingerprint_sha256}) drops it at once; it is not kept anywhere else."
    return Plan(seen.to_result(), after.to_result(), tuple(steps), "The alias holds another certificate.", (warning,))


def decide_absent_entry(alias: str, fingerprint: str | None, entries: Sequence[KeystoreEntry]) -> Plan:
    """The plan for ``state: absent``; with a fingerprint only that certificate is deleted."""
    entry = next((entry for entry in entries if entry.alias == alias), None)
    if entry is None:
        return Plan(None, None, (), "No entry has this alias.")
    check_own(entry)
    if fingerprint is not None and entry.fingerprint_sha256 != fingerprint:
        raise Conflict(
            f"the alias holds another certificate than {fingerprint}: {entry.subject}, {entry.fingerprint_sha256}",
            where=f'alias "{alias}"',
            remedy="Give the fingerprint of the entry that is to go",
        )
    warnings = (
        (f'Deleting alias "{alias}" destroys its private key, which cannot be read back from the tenant.',)
        if entry.type == "key_pair"
        else ()
    )
    return Plan(entry.to_result(), None, (DeleteEntry(alias, entry.fingerprint_sha256),), "The alias exists.", warnings)


def check_own(entry: KeystoreEntry) -> None:
    """Refuse what only SAP may change."""
    if entry.owner == "sap":
        raise Conflict("the entry is owned by SAP and cannot be changed", where=f'alias "{entry.alias}"')
