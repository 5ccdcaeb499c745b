# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module keystore_info between its options and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ..certificates.fingerprint import normalise_fingerprint
from ..clock import format_time
from ..tenant.keystore import KeystoreName
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.session import Tenant
from .query import Query, compile_query

__all__ = ["answer_keystore", "wanted_entries"]

# The tenant calls the one in use "system", which says little to a user.
_KEYSTORES: dict[str, KeystoreName] = {
    "current": "system",
    "backup": "backup",
    "renewal": "renewal",
    "history": "history",
}

# Days: a thousand years.
_LATER_THAN_ANY = 365000


@dataclass(frozen=True)
class _Wanted:
    keystore: KeystoreName
    alias: str | None
    fingerprint: str | None
    expires_within: timedelta | None
    chain: bool
    query: Query | None


def wanted_entries(options: dict[str, Any]) -> _Wanted:
    days = options["expires_within"]
    return _Wanted(
        keystore=_KEYSTORES[options["keystore"]],
        alias=options["alias"],
        fingerprint=normalise_fingerprint(options["fingerprint_sha256"]) if options["fingerprint_sha256"] else None,
        expires_within=None if days is None else timedelta(days=min(days, _LATER_THAN_ANY)),
        chain=options["chain"],
        query=compile_query(options["query"]),
    )


def answer_keystore(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """One listing, and one more request for each chain that is asked for."""
    entries = tenant.keystore.entries(wanted.keystore)
    now = tenant.now()
    rows = [_row(tenant, entry, wanted) for entry in _chosen(entries, wanted, now)]
    answer: dict[str, Any] = {"keystore_entries": rows, "tenant_time": format_time(now)}
    if wanted.query is not None:
        answer["selected"] = wanted.query(rows)
    return answer


def _row(tenant: Tenant, entry: KeystoreEntry, wanted: _Wanted) -> dict[str, Any]:
    row = entry.to_result()
    if wanted.chain:
        chain = tenant.keystore.chain(entry.alias, wanted.keystore) if entry.type == "key_pair" else ()
        row["chain"] = [
            {**one.to_result(), "extended_key_usages": one.extended_key_usages and list(one.extended_key_usages)}
            for one in chain
        ]
    return row


def _chosen(entries: Sequence[KeystoreEntry], wanted: _Wanted, now: datetime) -> list[KeystoreEntry]:
    return [
        entry
        for entry in entries
        if (wanted.alias is None or entry.alias == wanted.alias)
        and (wanted.fingerprint is None or entry.fingerprint_sha256 == wanted.fingerprint)
        and (
            wanted.expires_within is None
            or (entry.not_after is not None and entry.not_after <= now + wanted.expires_within)
        )
    ]
