# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a key pair is generated, imported, renamed, replaced or left alone.

The identity of a key pair is its public key. Its private key cannot be read back from a tenant, so whatever would drop
one needs a named policy, and the message says what would be lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..certificates.certificate import Certificate
from ..certificates.key_pair_file import KeyPairFile
from ..clock import format_time
from ..tenant.key_pair import NewKeyPair
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.secret import Secret
from .chain_warning import chain_warning
from .expected import certificate_entry, renamed
from .generated_key_pair import differences, expected_entry, unforeseen
from .plan import Plan, Step
from .refused import Conflict
from .steps import DeleteEntry, GenerateKeyPair, ImportKeyPair, InstallChain, RenameEntry
from .trusted_root import occupant_of

__all__ = ["KeyPairsSeen", "WantedKeyPair", "decide_key_pair", "entry_concerned"]

_INTERIM = "_generated_anew"
_LONGEST_ALIAS = 250


@dataclass(frozen=True)
class WantedKeyPair:
    """One of ``generate`` and ``file`` is given.

    :param previous_alias: an entry under this alias is renamed.
    :param on_mismatch: ``fail`` or ``replace``, when the alias holds another key pair.
    """

    alias: str
    generate: NewKeyPair | None = None
    file: KeyPairFile | None = None
    passphrase: Secret | None = None
    previous_alias: str | None = None
    on_mismatch: str = "fail"


@dataclass(frozen=True)
class KeyPairsSeen:
    """:param certificate: that of the key pair concerned, where the listing does not already tell that it is wanted."""

    entries: tuple[KeystoreEntry, ...]
    certificate: Certificate | None = None


def entry_concerned(wanted: WantedKeyPair, entries: Sequence[KeystoreEntry]) -> KeystoreEntry | None:
    """The entry that is, or will become, the wanted one; raises :class:`Conflict` for what must not be touched."""
    occupant = occupant_of(entries, wanted.alias)
    previous = next((entry for entry in entries if entry.alias == wanted.previous_alias), None)
    if previous is not None and occupant is not None and previous is not occupant:
        raise Conflict(
            "both the alias and the previous alias exist, so the one cannot become the other",
            where=f'aliases "{occupant.alias}" and "{previous.alias}"',
            remedy="Delete the one that is not needed",
        )
    seen = previous or occupant
    if seen is None:
        return None
    where = f'alias "{seen.alias}"'
    if seen.owner == "sap":
        raise Conflict("the entry is owned by SAP and cannot be changed", where=where, remedy="Choose another alias")
    if seen.type != "key_pair":
        kind = "an SSH key" if seen.type == "ssh_key" else "a certificate"
        raise Conflict(
            f"the alias holds {kind}, which a key pair must not overwrite", where=where, remedy="Choose another alias"
        )
    if previous is None and seen.alias != wanted.alias:
        raise Conflict(
            f'the alias differs only in letter case from "{wanted.alias}"', where=where, remedy="Choose another alias"
        )
    return seen


def decide_key_pair(wanted: WantedKeyPair, seen: KeyPairsSeen) -> Plan:
    """The plan for ``state: present``."""
    entry = entry_concerned(wanted, seen.entries)
    if wanted.file is not None:
        return _imported(wanted, wanted.file, wanted.passphrase or Secret(""), entry, seen)
    if wanted.generate is None:
        raise TypeError("neither generate nor file is given")
    return _generated(wanted, wanted.generate, entry, seen)


def _generated(wanted: WantedKeyPair, generate: NewKeyPair, entry: KeystoreEntry | None, seen: KeyPairsSeen) -> Plan:
    interim = _interim_alias(wanted.alias)
    # Left by a run that was killed between its writes: this key pair is what is wanted, under another alias.
    left = next((one for one in seen.entries if one.alias == interim and one.type == "key_pair"), None)
    if left is not None and differences(generate, left):
        left = None
    after = expected_entry(wanted.alias, generate)
    if entry is None and left is not None:
        reason = f'An earlier run has generated it under alias "{interim}" and did not finish.'
        return Plan(None, renamed(left, wanted.alias).to_result(), (RenameEntry(interim, wanted.alias),), reason)
    if entry is None:
        step = GenerateKeyPair(wanted.alias, generate)
        return Plan(None, after, (step,), "No entry has this alias.", unforeseen=unforeseen(generate))
    found = differences(generate, entry)
    if not found:
        return _kept(wanted, entry, "The alias holds such a key pair.")
    _check_replaceable(wanted, entry, "another key pair: " + "; ".join(found))
    # The old key pair goes when the new one is there: a tenant that refuses to generate it has lost nothing.
    steps: list[Step] = [] if left is not None else [GenerateKeyPair(interim, generate)]
    steps += [DeleteEntry(entry.alias, entry.fingerprint_sha256), RenameEntry(interim, wanted.alias)]
    reason = f"The alias holds another key pair: {'; '.join(found)}."
    return Plan(entry.to_result(), after, tuple(steps), reason, (_loss(entry),), unforeseen=unforeseen(generate))


def _imported(
    wanted: WantedKeyPair, file: KeyPairFile, passphrase: Secret, entry: KeystoreEntry | None, seen: KeyPairsSeen
) -> Plan:
    leaf = file.leaf
    missing = chain_warning(file.chain, seen.entries)
    warnings = (missing,) if missing else ()
    after = replace(certificate_entry(wanted.alias, leaf), type="key_pair").to_result()
    if entry is None:
        step = ImportKeyPair(wanted.alias, file, passphrase)
        return Plan(None, after, (step,), "No entry has this alias.", warnings)
    if entry.fingerprint_sha256 == leaf.fingerprint_sha256:
        return _kept(wanted, entry, "The alias holds this key pair.")
    renaming = _renaming(wanted, entry)
    held = seen.certificate
    if held is not None and held.spki_sha256 == leaf.spki_sha256:
        if held.not_before >= leaf.not_before:
            reason = (
                f"The alias holds this key with a certificate that is not older ({held.fingerprint_sha256}, valid "
                f"until {format_time(held.not_after)}), and keeps it."
            )
            return _kept(wanted, entry, reason)
        install = InstallChain(wanted.alias, (leaf, *file.chain.intermediates))
        reason = f"The alias holds this key with an older certificate ({held.fingerprint_sha256})."
        return Plan(entry.to_result(), after, (*renaming, install), reason, warnings)
    what = f"another key pair: {entry.subject}, {entry.fingerprint_sha256}"
    _check_replaceable(wanted, entry, what)
    steps = (*renaming, ImportKeyPair(wanted.alias, file, passphrase, replace=True))
    return Plan(entry.to_result(), after, steps, f"The alias holds {what}.", (_loss(entry), *warnings))


def _kept(wanted: WantedKeyPair, entry: KeystoreEntry, reason: str) -> Plan:
    steps = _renaming(wanted, entry)
    after = renamed(entry, wanted.alias).to_result()
    return Plan(entry.to_result(), after, steps, "The entry is renamed." if steps else reason)


def _renaming(wanted: WantedKeyPair, entry: KeystoreEntry) -> tuple[Step, ...]:
    return () if entry.alias == wanted.alias else (RenameEntry(entry.alias, wanted.alias),)


def _check_replaceable(wanted: WantedKeyPair, entry: KeystoreEntry, what: str) -> None:
    if wanted.on_mismatch != "replace":
        raise Conflict(
            f"the alias holds {what}. {_loss(entry)}",
            where=f'alias "{entry.alias}"',
            remedy="Choose another alias, or set on_mismatch: replace to lose it",
        )


def _loss(entry: KeystoreEntry) -> str:
    until = f", valid until {format_time(entry.not_after)}" if entry.not_after else ""
    return (
        "Replacing it destroys its private key, which cannot be read back from the tenant, and with it the chain of "
        f"{entry.subject} from {entry.issuer} ({entry.fingerprint_sha256}{until}); only the tenant's one backup slot "
        "can bring it back, if a backup was made and nobody has made another one since"
    )


def _interim_alias(alias: str) -> str:
    return alias[: _LONGEST_ALIAS - len(_INTERIM)] + _INTERIM
