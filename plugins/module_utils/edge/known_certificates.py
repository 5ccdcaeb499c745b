# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates of keystore entries in as few requests as the tenant permits, each read once."""

from __future__ import annotations

from collections.abc import Iterable

from ..certificates.certificate import Certificate, parse_certificate
from ..certificates.errors import BadCertificate
from ..certificates.fingerprint import fingerprint_sha256
from ..certificates.java_keystore import read_trusted_certificates
from ..problem import Problem
from ..tenant.errors import NotPermitted, Refused
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.session import Tenant

__all__ = ["KnownCertificates"]

# So many are asked for by themselves: the export wants the role SecurityMaterialDownload and costs one request too.
_FEW = 1
_CONNECTIONS = 8


class KnownCertificates:
    """Certificates by fingerprint. A certificate never changes, so what was read once is never asked for again."""

    def __init__(self, known: Iterable[Certificate] = ()) -> None:
        self.by_fingerprint = {certificate.fingerprint_sha256: certificate for certificate in known}
        self.export_refused = False

    def read(self, tenant: Tenant, entries: Iterable[KeystoreEntry]) -> None:
        """Know the certificates of these entries: from the public export, or one request each where that is refused.

        Raises ``Problem`` when one cannot be read.
        """
        missing = self._missing(entries)
        if len(missing) > _FEW and not self.export_refused:
            self._from_export(tenant, {entry.fingerprint_sha256 for entry in missing})
            missing = self._missing(missing)
        answers = tenant.side_by_side(
            missing, lambda one, entry: one.keystore.certificate(entry.alias), connections=_CONNECTIONS
        )
        for answer in answers:
            if isinstance(answer, Problem):
                raise answer
            self.by_fingerprint[answer.fingerprint_sha256] = answer

    def by_alias(self, entries: Iterable[KeystoreEntry]) -> dict[str, Certificate]:
        """Those that are known."""
        return {
            one.alias: self.by_fingerprint[one.fingerprint_sha256]
            for one in entries
            if one.fingerprint_sha256 in self.by_fingerprint
        }

    def _missing(self, entries: Iterable[KeystoreEntry]) -> list[KeystoreEntry]:
        missing = {
            entry.fingerprint_sha256: entry
            for entry in entries
            if entry.fingerprint_sha256 and entry.fingerprint_sha256 not in self.by_fingerprint
        }
        return list(missing.values())

    def _from_export(self, tenant: Tenant, wanted: set[str]) -> None:
        try:
            exported = read_trusted_certificates(tenant.keystore.public_export())
        except (NotPermitted, Refused, BadCertificate):
            # The export is only specified, and needs a role of its own; each entry can still be asked for.
            self.export_refused = True
            return
        for _unused, der in exported:
            # Aliases are folded in the file, so a certificate is recognised by its fingerprint.
            fingerprint = fingerprint_sha256(der)
            if fingerprint in wanted and fingerprint not in self.by_fingerprint:
                self.by_fingerprint[fingerprint] = parse_certificate(der)
