# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a trust anchor is imported, left alone or deleted. Its identity is its SHA-256, never the alias."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..certificates.certificate import Certificate
from ..clock import format_time
from ..tenant.keystore_entry import KeystoreEntry
from .expected import certificate_entry
from .plan import Plan
from .refused import Conflict, NotWanted
from .steps import DeleteEntries, DeleteEntry, ImportCertificate

__all__ = [
    "WantedRoot",
    "check_replaceable",
    "check_validity",
    "check_wanted_root",
    "decide_absent_root",
    "decide_trusted_root",
    "doomed_aliases",
    "held_under",
    "occupant_of",
]


@dataclass(frozen=True)
class WantedRoot:
    """A trust anchor as the user declares it.

    :param fingerprint_sha256: identity; lower case with colons.
    :param certificate: needed to import, not to find or to delete.
    :param pinned: the user gave the fingerprint, hence compared it out of band.
    :param alias: where to import it; for a deletion the only alias to delete, ``None`` means every one.
    :param on_alias_conflict: ``fail`` or ``replace``.
    """

    fingerprint_sha256: str
    certificate: Certificate | None
    pinned: bool
    alias: str | None
    on_alias_conflict: str = "fail"


def check_wanted_root(certificate: Certificate, *, now: datetime) -> None:
    """Refuse what cannot be a root, offline (RFC 5280 section 3.2: a trust anchor is a self-signed CA here)."""
    where = certificate.subject
    if not certificate.is_ca:
        raise NotWanted(
            "this is a leaf certificate, not a root: it may not sign others",
            where=where,
            remedy=f"Give the root at the top of its chain (its issuer is {certificate.issuer})",
        )
    if not certificate.self_signed:
        raise NotWanted(
            "this is an intermediate certificate, not a root: another CA signed it",
            where=where,
            remedy=f"Give the root at the top of its chain (its issuer is {certificate.issuer}), "
            "or pin this one on purpose with the module keystore_entry",
        )
    check_validity(certificate, now=now)


def check_validity(certificate: Certificate, *, now: datetime) -> None:
    """Refuse a certificate that validates nothing today."""
    if now > certificate.not_after:
        raise NotWanted(
            f"the certificate expired at {format_time(certificate.not_after)}",
            where=certificate.subject,
            remedy="Ask its CA for the current one",
        )
    if now < certificate.not_before:
        raise NotWanted(
            f"the certificate is not valid before {format_time(certificate.not_before)}",
            where=certificate.subject,
            remedy="Import it when it is, or check the clock of this machine",
        )


def held_under(entries: Sequence[KeystoreEntry], fingerprint: str) -> list[KeystoreEntry]:
    """The certificate entries that hold this certificate, under any alias."""
    return [entry for entry in entries if entry.type == "certificate" and entry.fingerprint_sha256 == fingerprint]


def decide_trusted_root(wanted: WantedRoot, entries: Sequence[KeystoreEntry]) -> Plan:
    """The plan for ``state: present``."""
    held = held_under(entries, wanted.fingerprint_sha256)
    if held:
        entry = next((entry for entry in held if entry.alias == wanted.alias), held[0])
        seen = entry.to_result()
        reason = f'The root is trusted under alias "{entry.alias}".'
        return Plan(seen, seen, (), reason)
    if wanted.certificate is None:
        raise NotWanted(
            "the tenant does not hold this root and no certificate was given to import",
            where=wanted.fingerprint_sha256,
            remedy="Give certificate_path or certificate_content",
        )
    if not wanted.pinned:
        raise NotWanted(
            "a root is imported only with a fingerprint compared out of band, because the tenant verifies nothing",
            where=wanted.certificate.subject,
            remedy="Compare the SHA-256 fingerprint with the one its CA publishes and give it as fingerprint_sha256",
        )
    if wanted.alias is None:
        raise NotWanted(
            "the root is not in the keystore and no alias was given to import it",
            where=wanted.certificate.subject,
            remedy="Give alias",
        )
    after = certificate_entry(wanted.alias, wanted.certificate).to_result()
    occupant = occupant_of(entries, wanted.alias)
    if occupant is None:
        step = ImportCertificate(wanted.alias, wanted.certificate)
        return Plan(None, after, (step,), "No entry of the keystore holds this root.")
    check_replaceable(
        occupant, wanted.alias, allowed=wanted.on_alias_conflict == "replace", option="on_alias_conflict: replace"
    )
    step = ImportCertificate(wanted.alias, wanted.certificate, replace=True)
    warning = (
        f'Replacing alias "{wanted.alias}" drops {occupant.subject} ({occupant.fingerprint_sha256}) at once; '
        "flows that reach a receiver through it fail as soon as they read the keystore again."
    )
    return Plan(
        occupant.to_result(),
        after,
        (step,),
        "The alias holds another certificate and on_alias_conflict is replace.",
        (warning,),
    )


def occupant_of(entries: Sequence[KeystoreEntry], alias: str) -> KeystoreEntry | None:
    """The entry under this alias; letter case does not tell two aliases apart (Java keystores fold it)."""
    return next((entry for entry in entries if entry.alias.casefold() == alias.casefold()), None)


def check_replaceable(occupant: KeystoreEntry, alias: str, *, allowed: bool, option: str) -> None:
    """Refuse to write over what is no certificate of the tenant administrator, or over anything unless allowed."""
    if occupant.owner == "sap":
        raise Conflict(
            "the entry is owned by SAP and cannot be changed",
            where=f'alias "{occupant.alias}"',
            remedy="Choose another alias",
        )
    if occupant.alias != alias:
        raise Conflict(
            f'the alias differs only in letter case from "{alias}"',
            where=f'alias "{occupant.alias}"',
            remedy="Choose another alias",
        )
    if occupant.type != "certificate":
        raise Conflict(
            f"the alias holds a {occupant.type.replace('_', ' ')}, which a certificate must not overwrite",
            where=f'alias "{occupant.alias}"',
            remedy="Choose another alias",
        )
    if not allowed:
        raise Conflict(
            f"the alias holds another certificate: {occupant.subject}, {occupant.fingerprint_sha256}, "
            f"valid until {format_time(occupant.not_after) if occupant.not_after else 'unknown'}",
            where=f'alias "{occupant.alias}"',
            remedy=f"Choose another alias, so that both are trusted side by side, or set {option}",
        )


def doomed_aliases(plan: Plan) -> list[str]:
    """What a plan of :func:`decide_absent_root` deletes."""
    parts = [part for step in plan.steps for part in (step.parts if isinstance(step, DeleteEntries) else (step,))]
    return [part.alias for part in parts if isinstance(part, DeleteEntry)]


def decide_absent_root(wanted: WantedRoot, entries: Sequence[KeystoreEntry]) -> Plan:
    """The plan for ``state: absent``; whether somebody still needs the root is decided in ``protection``."""
    held = held_under(entries, wanted.fingerprint_sha256)
    doomed = [entry for entry in held if wanted.alias is None or entry.alias == wanted.alias]
    if not doomed:
        if wanted.alias is not None and (occupant := occupant_of(entries, wanted.alias)) is not None:
            raise Conflict(
                f"the alias holds another certificate than {wanted.fingerprint_sha256}: "
                f"{occupant.subject}, {occupant.fingerprint_sha256}",
                where=f'alias "{occupant.alias}"',
                remedy="Give the fingerprint of the certificate that is to go, or leave alias out",
            )
        return Plan(None, None, (), "No entry of the keystore holds this root.")
    owned_by_sap = [entry for entry in doomed if entry.owner == "sap"]
    if owned_by_sap:
        raise Conflict(
            "the root is held by an entry that SAP owns, which nobody else can delete",
            where=f'alias "{owned_by_sap[0].alias}"',
            remedy="Give the alias of your own entry if only that one is to go; the root stays trusted through SAP's",
        )
    before = doomed[0].to_result()
    aliases = ", ".join(f'"{entry.alias}"' for entry in doomed)
    parts = tuple(DeleteEntry(entry.alias, entry.fingerprint_sha256) for entry in doomed)
    # In one request, so that a deletion that breaks off is never a half one.
    steps = parts if len(parts) == 1 else (DeleteEntries(parts),)
    kept = [entry for entry in held if entry not in doomed]
    warnings = tuple(f'The root stays trusted through alias "{entry.alias}".' for entry in kept)
    return Plan(before, None, steps, f"The root is held under {aliases}.", warnings)
