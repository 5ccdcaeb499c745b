# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of a keystore, and how the API shows it (entity type KeystoreEntry of a tenant's ``$metadata``)."""

from __future__ import annotations

import functools
import hashlib
from base64 import b64decode, b64encode
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from cryptography import x509

from .java_names import curve_name, distinguished_name, java_signature_algorithm, key_type_and_size
from .odata import Entity

__all__ = ["ADMINISTRATOR", "SAP", "Entry", "certificate_properties", "chain_entities", "entry_entity", "hex_alias"]

ADMINISTRATOR = "Tenant Administrator"
SAP = "SAP"

_LINKS = ("ChainCertificates", "Certificate", "Sshkey", "Keystore", "ChainResource", "SigningRequest")


@dataclass(frozen=True)
class Entry:
    """A certificate, or a key pair: then ``key`` holds the private key (PKCS#8, DER) and ``chain`` its chain, leaf
    first.

    ``history`` has the extra properties of an entry of the history keystore.
    """

    alias: str
    chain: tuple[bytes, ...]
    key: bytes | None = field(repr=False)
    owner: str
    created_by: str
    created: datetime
    modified_by: str
    modified: datetime
    history: dict[str, Any] | None = None

    @property
    def is_key_pair(self) -> bool:
        return self.key is not None

    @property
    def size(self) -> int:
        """Bytes it takes in a Java keystore file, about."""
        return sum(len(der) + 11 for der in self.chain) + len(self.key or b"") + len(self.alias.encode()) + 30

    def certificate(self) -> x509.Certificate:
        return x509.load_der_x509_certificate(self.chain[0])

    def to_state(self) -> dict[str, Any]:
        times = {name: getattr(self, name).isoformat() for name in ("created", "modified")}
        history = (
            {k: v.isoformat() if isinstance(v, datetime) else v for k, v in self.history.items()}
            if self.history
            else None
        )
        return {
            "alias": self.alias,
            "chain": [b64encode(der).decode() for der in self.chain],
            "key": b64encode(self.key).decode() if self.key else None,
            "owner": self.owner,
            "created_by": self.created_by,
            "modified_by": self.modified_by,
            "history": history,
            **times,
        }

    @classmethod
    def from_state(cls, saved: dict[str, Any]) -> Entry:
        history = saved.get("history")
        if history:
            history = {
                k: datetime.fromisoformat(v) if k in ("ActiveFrom", "ActiveUntil") else v for k, v in history.items()
            }
        return cls(
            saved["alias"],
            tuple(b64decode(der) for der in saved["chain"]),
            b64decode(saved["key"]) if saved["key"] else None,
            saved["owner"],
            saved["created_by"],
            datetime.fromisoformat(saved["created"]),
            saved["modified_by"],
            datetime.fromisoformat(saved["modified"]),
            history,
        )

    def renewed(self, chain: tuple[bytes, ...], key: bytes | None, user: str, now: datetime) -> Entry:
        """Other content under the same alias: creation stays, modification moves."""
        return replace(self, chain=chain, key=key, modified_by=user, modified=now)


def hex_alias(alias: str) -> str:
    """UTF-8 in hex; answers of a tenant are in upper case (observed on a tenant)."""
    return alias.encode().hex().upper()


def _fingerprint(der: bytes, algorithm: str) -> str:
    return hashlib.new(algorithm, der).digest().hex(":").upper()


def _validity(not_before: datetime, not_after: datetime, now: datetime) -> str | None:
    """Null when all is well; the words for expired and not yet valid are our own (the API says nothing about them)."""
    if now > not_after:
        return "expired"
    return "notYetValid" if now < not_before else None


@functools.lru_cache(maxsize=4096)
def _lasting_properties(der: bytes) -> dict[str, Any]:
    """All but the validity, which depends on the time; the serial number has no leading zeros."""
    certificate = x509.load_der_x509_certificate(der)
    kind, size = key_type_and_size(certificate)
    return {
        "KeyType": kind,
        "KeySize": size,
        "ValidNotBefore": certificate.not_valid_before_utc,
        "ValidNotAfter": certificate.not_valid_after_utc,
        "SerialNumber": f"0x{certificate.serial_number:X}",
        "SignatureAlgorithm": java_signature_algorithm(certificate),
        "EllipticCurve": curve_name(certificate),
        "Validity": None,
        "SubjectDN": distinguished_name(certificate.subject),
        "IssuerDN": distinguished_name(certificate.issuer),
        "Version": certificate.version.value + 1,
        "FingerprintSha1": _fingerprint(der, "sha1"),
        "FingerprintSha256": _fingerprint(der, "sha256"),
        "FingerprintSha512": _fingerprint(der, "sha512"),
    }


def certificate_properties(der: bytes, now: datetime) -> dict[str, Any]:
    """The properties that entries and chain certificates share."""
    properties = dict(_lasting_properties(der))
    properties["Validity"] = _validity(properties["ValidNotBefore"], properties["ValidNotAfter"], now)
    return properties


def entry_entity(entry: Entry, now: datetime, *, status: str = "unchanged", validity: str | None = None) -> Entity:
    properties: dict[str, Any] = {
        "Hexalias": hex_alias(entry.alias),
        "Alias": entry.alias,
        **certificate_properties(entry.chain[0], now),
    }
    if validity is not None:
        properties["Validity"] = validity
    properties |= {
        "Type": "Key Pair" if entry.is_key_pair else "Certificate",
        "Owner": entry.owner,
        "LastModifiedBy": entry.modified_by,
        "LastModifiedTime": entry.modified,
        "CreatedBy": entry.created_by,
        "CreatedTime": entry.created,
        "Status": status,
    }
    if entry.history is None:
        return Entity("KeystoreEntry", "KeystoreEntries", f"'{hex_alias(entry.alias)}'", properties, _LINKS)
    return Entity(
        "HistoryKeystoreEntry",
        "HistoryKeystoreEntries",
        f"'{hex_alias(entry.alias)}'",
        {**properties, **entry.history},
        _LINKS,
    )


def chain_entities(entry: Entry, now: datetime) -> list[Entity]:
    """Index 0 is the top CA, the highest one the leaf (API specification SecurityContent.json: ChainCertificates)."""
    head = {"Hexalias": hex_alias(entry.alias), "Alias": entry.alias}
    found = []
    for index, der in enumerate(reversed(entry.chain)):
        key = f"Hexalias='{head['Hexalias']}',Index={index}"
        found.append(
            Entity(
                "ChainCertificate",
                "ChainCertificates",
                key,
                {**head, "Index": index, **certificate_properties(der, now)},
                ("KeystoreEntry",),
            )
        )
    return found
