# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many certificates into the keystore, and many entries out of it, in as few requests as the tenant's limits allow.

Limits and statuses: API specification SecurityContent.json, POST /KeystoreResources and PUT /KeystoreResources.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from ..certificates.fingerprint import fingerprint_sha256
from ..certificates.java_keystore import entry_size, is_folded, write_trusted_certificates
from ..clock import SystemClock
from ..problem import Problem
from .alias import join_for_mass_delete
from .errors import OutcomeUnknown, Refused, TenantProblem
from .keystore import Keystore
from .keystore_entry import KeystoreEntry
from .secret import Secret

__all__ = ["NewCertificate", "NotAllImported", "Upload", "delete_entries", "import_certificates"]

Upload = Literal["auto", "single", "keystore"]
T = TypeVar("T")

# So many go one by one: single uploads were seen on tenants, the import of a keystore is only specified.
FEW = 3
# The specification restricts the base64 text of a file to 1 MB, "Uploading a Keystore" in SAP's documentation the file
# to 2 MB, a tenant's metadata the text to 6 MiB. The smallest of the three costs a request more at a thousand roots.
LARGEST_FILE = 740_000
# KeystoreResource.Aliases in a tenant's metadata holds 2097152 characters.
LONGEST_ALIAS_LIST = 2_000_000


@dataclass(frozen=True)
class NewCertificate:
    """:param replace: in place of the certificate that is under the alias now."""

    alias: str
    der: bytes
    replace: bool = False


class NotAllImported(TenantProblem):
    """Some of several certificates were not imported; the others were."""

    def __init__(self, refusals: Sequence[tuple[str, str]]) -> None:
        super().__init__(
            f"The tenant did not import {len(refusals)} of the certificates: "
            + "; ".join(f'alias "{alias}": {reason}' for alias, reason in refusals),
            remedy="See to these, then run again: only what is missing is imported",
        )


def import_certificates(keystore: Keystore, wanted: Sequence[NewCertificate], upload: Upload) -> None:
    """Import them all, or raise and name what was not imported. New entries come before replaced ones.

    :param upload: ``single`` is one request each; ``keystore`` is a Java keystore file, whose statuses are read for
        each entry; ``auto`` takes single uploads for a few, the file for more, and tries again one by one what did not
        come through with the file.
    """
    ordered = sorted(wanted, key=lambda one: one.replace)
    if upload == "single" or (upload == "auto" and len(ordered) <= FEW):
        _one_by_one(keystore, ordered)
        return
    # A Java program does not find an alias with capitals in such a file.
    in_file = [one for one in ordered if is_folded(one.alias)]
    left: list[NewCertificate] = [one for one in ordered if not is_folded(one.alias)]
    named: list[tuple[str, str]] = []
    for batch in _batches(in_file, lambda one: entry_size(one.alias, one.der), LARGEST_FILE):
        try:
            refused = _as_file(keystore, batch)
        except (Refused, OutcomeUnknown):
            if upload == "keystore":
                raise
            left += _missing(keystore, batch)
            continue
        if upload == "keystore":
            named += [(one.alias, reason) for one, reason in refused]
        else:
            left += [one for one, _unused in refused]
    _one_by_one(keystore, left, named)


def delete_entries(keystore: Keystore, aliases: Sequence[str]) -> None:
    """Delete them in one request, or a few when the list of aliases is longer than a tenant takes."""
    for batch in _batches(aliases, lambda alias: len(join_for_mass_delete([alias])) + 1, LONGEST_ALIAS_LIST):
        keystore.delete_many(batch)


def _one_by_one(keystore: Keystore, wanted: Iterable[NewCertificate], refusals: Iterable[tuple[str, str]] = ()) -> None:
    """What concerns one certificate does not hold up the others; what concerns the tenant as a whole ends it."""
    named = list(refusals)
    problems: list[Problem] = []
    for one in wanted:
        try:
            keystore.import_certificate(one.alias, one.der, replace=one.replace)
        except Refused as refusal:
            problems.append(refusal)
            named.append((one.alias, refusal.said or refusal.what))
    if len(named) == 1 and problems:
        raise problems[0]
    if named:
        raise NotAllImported(named)


def _missing(keystore: Keystore, batch: Sequence[NewCertificate]) -> list[NewCertificate]:
    """What the keystore does not hold after an import that was refused, or of which nobody knows what became."""
    held = {entry.alias: entry.fingerprint_sha256 for entry in keystore.entries()}
    return [one for one in batch if held.get(one.alias) != fingerprint_sha256(one.der)]


def _as_file(keystore: Keystore, batch: Sequence[NewCertificate]) -> list[tuple[NewCertificate, str]]:
    """Import one file; what the tenant did not take of it, each with its reason.

    ``merge`` never touches an alias that somebody else took in the meantime; ``overwrite`` replaces what the file
    names. Neither deletes anything.
    """
    password = Secret(secrets.token_urlsafe(18))
    content = write_trusted_certificates(
        [(one.alias, one.der) for one in batch], password.reveal(), SystemClock().now()
    )
    option: Literal["merge", "overwrite"] = "overwrite" if any(one.replace for one in batch) else "merge"
    answered: dict[str, KeystoreEntry] = {
        entry.alias: entry for entry in keystore.import_keystore(content, password, option=option)
    }
    refused: list[tuple[NewCertificate, str]] = []
    for one in batch:
        entry = answered.get(one.alias)
        if entry is None:
            refused.append((one, "it is not among the entries that the tenant answered with"))
        # What is there as wanted counts, whoever imported it.
        elif entry.fingerprint_sha256 != fingerprint_sha256(one.der):
            refused.append((one, f"the alias holds {entry.fingerprint_sha256} ({entry.status or 'without a status'})"))
    return refused


def _batches(items: Iterable[T], size: Callable[[T], int], largest: int) -> Iterator[list[T]]:
    """The items in order, as few lists as possible without reordering, none larger than that in all."""
    batch: list[T] = []
    total = 0
    for item in items:
        if batch and total + size(item) > largest:
            yield batch
            batch, total = [], 0
        batch.append(item)
        total += size(item)
    if batch:
        yield batch
