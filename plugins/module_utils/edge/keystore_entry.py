# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module keystore_entry between its options and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..clock import SystemClock
from ..decisions.key_pair import KeyPairsSeen, WantedKeyPair, decide_key_pair, entry_concerned
from ..decisions.keystore_entry import WantedEntry, decide_absent_entry, decide_certificate_entry
from ..decisions.plan import Plan
from ..decisions.refused import NotWanted
from ..decisions.trusted_root import check_validity
from ..tenant.alias import check_alias
from ..tenant.session import Tenant
from .inputs import CERTIFICATE_LIMIT, certificate_of, pinned_fingerprint
from .key_pair import file_of, new_key_pair_of

__all__ = ["decide_entry", "read_entries", "wanted_entry"]


@dataclass(frozen=True)
class _Wanted:
    entry: WantedEntry
    present: bool
    fingerprint: str | None
    key_pair: WantedKeyPair | None = None


def wanted_entry(options: dict[str, Any]) -> _Wanted:
    """Options to what is wanted; refuses everything that cannot be meant."""
    present = options["state"] == "present"
    alias = check_alias(options["alias"])
    if options["previous_alias"] is not None:
        check_alias(options["previous_alias"])
    key_pair = _key_pair(options)
    if key_pair is not None:
        if not present:
            raise NotWanted(
                "a key pair to make and state absent were given together",
                remedy="To delete only a certain key pair, give the fingerprint_sha256 of its certificate",
            )
        return _Wanted(WantedEntry(alias), present, None, key_pair)
    certificate = certificate_of(options, limit=CERTIFICATE_LIMIT)
    pin = pinned_fingerprint(options, certificate)
    if certificate is not None and present:
        check_validity(certificate, now=SystemClock().now())
    entry = WantedEntry(alias, certificate, pin is not None, options["previous_alias"], options["on_mismatch"])
    return _Wanted(entry, present, certificate.fingerprint_sha256 if certificate is not None else pin)


def _key_pair(options: dict[str, Any]) -> WantedKeyPair | None:
    generate = new_key_pair_of(options)
    file, passphrase = file_of(options) or (None, None)
    if file is not None:
        pinned_fingerprint(options, file.leaf)
        check_validity(file.leaf, now=SystemClock().now())
    elif generate is None:
        return None
    elif options["fingerprint_sha256"]:
        raise NotWanted(
            "a key pair that is generated has no fingerprint yet",
            where="option fingerprint_sha256",
            remedy="Leave it out",
        )
    return WantedKeyPair(
        options["alias"], generate, file, passphrase, options["previous_alias"], options["on_mismatch"]
    )


def read_entries(tenant: Tenant, wanted: _Wanted) -> KeyPairsSeen:
    """One listing; a second request only where another certificate may still belong to the same key."""
    entries = tenant.keystore.entries()
    if wanted.key_pair is None or wanted.key_pair.file is None:
        return KeyPairsSeen(entries)
    entry = entry_concerned(wanted.key_pair, entries)
    if entry is None or entry.fingerprint_sha256 == wanted.key_pair.file.leaf.fingerprint_sha256:
        return KeyPairsSeen(entries)
    return KeyPairsSeen(entries, tenant.keystore.certificate(entry.alias))


def decide_entry(wanted: _Wanted, seen: KeyPairsSeen) -> Plan:
    if wanted.key_pair is not None:
        return decide_key_pair(wanted.key_pair, seen)
    if wanted.present:
        return decide_certificate_entry(wanted.entry, seen.entries)
    return decide_absent_entry(wanted.entry.alias, wanted.fingerprint, seen.entries)
