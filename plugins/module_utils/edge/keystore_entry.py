# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module keystore_entry between its options and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..clock import SystemClock
from ..decisions.keystore_entry import WantedEntry, decide_absent_entry, decide_certificate_entry
from ..decisions.plan import Plan
from ..decisions.trusted_root import check_validity
from ..tenant.alias import check_alias
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.session import Tenant
from .inputs import CERTIFICATE_LIMIT, certificate_of, pinned_fingerprint

__all__ = ["decide_entry", "read_entries", "wanted_entry"]


@dataclass(frozen=True)
class _Wanted:
    entry: WantedEntry
    present: bool
    fingerprint: str | None


def wanted_entry(options: dict[str, Any]) -> _Wanted:
    """Options to what is wanted; refuses everything that cannot be meant."""
    present = options["state"] == "present"
    check_alias(options["alias"])
    if options["previous_alias"] is not None:
        check_alias(options["previous_alias"])
    certificate = certificate_of(options, limit=CERTIFICATE_LIMIT)
    pin = pinned_fingerprint(options, certificate)
    if certificate is not None and present:
        check_validity(certificate, now=SystemClock().now())
    entry = WantedEntry(
        options["alias"], certificate, pin is not None, options["previous_alias"], options["on_mismatch"]
    )
    return _Wanted(entry, present, certificate.fingerprint_sha256 if certificate is not None else pin)


def read_entries(tenant: Tenant, wanted: _Wanted) -> tuple[KeystoreEntry, ...]:
    return tenant.keystore.entries()


def decide_entry(wanted: _Wanted, entries: tuple[KeystoreEntry, ...]) -> Plan:
    if wanted.present:
        return decide_certificate_entry(wanted.entry, entries)
    return decide_absent_entry(wanted.entry.alias, wanted.fingerprint, entries)
