# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an entry of the keystore will look like after a write, as far as a plan can know it."""

from __future__ import annotations

from dataclasses import replace

from ..certificates.certificate import Certificate
from ..tenant.keystore_entry import KeystoreEntry

__all__ = ["certificate_entry", "renamed"]


def certificate_entry(alias: str, certificate: Certificate) -> KeystoreEntry:
    """The entry that an import makes; the tenant sets the rest."""
    return KeystoreEntry(
        alias=alias,
        type="certificate",
        owner="tenant_administrator",
        subject=certificate.subject,
        issuer=certificate.issuer,
        serial_number=certificate.serial_number,
        not_before=certificate.not_before,
        not_after=certificate.not_after,
        fingerprint_sha256=certificate.fingerprint_sha256,
        key_type=certificate.key_type,
        key_size=certificate.key_size,
        elliptic_curve=None,
        signature_algorithm=certificate.signature_algorithm,
        validity=None,
        status=None,
        last_modified_by=None,
        last_modified_at=None,
        created_by=None,
        created_at=None,
    )


def renamed(entry: KeystoreEntry, alias: str) -> KeystoreEntry:
    return entry if entry.alias == alias else replace(entry, alias=alias, last_modified_by=None, last_modified_at=None)
