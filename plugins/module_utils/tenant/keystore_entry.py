# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One entry of a keystore: from the tenant's words to the user's, in one place for every module."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..clock import format_time
from .odata import parse_date

__all__ = ["EntryType", "KeystoreEntry", "Owner"]

EntryType = Literal["certificate", "key_pair", "ssh_key"]
Owner = Literal["tenant_administrator", "sap"]


@dataclass(frozen=True, slots=True)
class KeystoreEntry:
    """What a listing tells about an entry; its certificate itself is another request.

    :param serial_number: upper case hex without ``0x`` and leading zeros.
    :param fingerprint_sha256: of the leaf certificate, lower case with colons; empty for an SSH key without one.
    :param validity: the tenant's remark on the certificate, such as ``notTrusted``; ``None`` when it is fine.
    :param status: ``unchanged`` in a listing; what became of the entry in the answer to a write.
    :param original_alias: in the history keystore: the alias the entry had when it was active.
    """

    alias: str
    type: EntryType
    owner: Owner
    subject: str | None
    issuer: str | None
    serial_number: str | None
    not_before: datetime | None
    not_after: datetime | None
    fingerprint_sha256: str
    key_type: str | None
    key_size: int | None
    elliptic_curve: str | None
    signature_algorithm: str | None
    validity: str | None
    status: str | None
    last_modified_by: str | None
    last_modified_at: datetime | None
    created_by: str | None
    created_at: datetime | None
    original_alias: str | None = None
    active_from: datetime | None = None
    active_until: datetime | None = None

    @classmethod
    def from_odata(cls, entity: Mapping[str, Any]) -> KeystoreEntry:
        """Raises ``ValueError`` when the entity has no alias."""
        alias = entity.get("Alias")
        if not isinstance(alias, str):
            raise ValueError("a keystore entry in the answer has no alias")
        return cls(
            alias=alias,
            type=_type(_text(entity, "Type") or ""),
            owner="sap" if (_text(entity, "Owner") or "").upper() == "SAP" else "tenant_administrator",
            subject=_text(entity, "SubjectDN"),
            issuer=_text(entity, "IssuerDN"),
            serial_number=_serial_number(_text(entity, "SerialNumber")),
            not_before=parse_date(entity.get("ValidNotBefore")),
            not_after=parse_date(entity.get("ValidNotAfter")),
            fingerprint_sha256=(_text(entity, "FingerprintSha256") or "").lower(),
            key_type=_text(entity, "KeyType"),
            key_size=entity["KeySize"] if isinstance(entity.get("KeySize"), int) else None,
            elliptic_curve=_text(entity, "EllipticCurve"),
            signature_algorithm=_text(entity, "SignatureAlgorithm"),
            validity=_text(entity, "Validity"),
            status=_text(entity, "Status"),
            last_modified_by=_text(entity, "LastModifiedBy"),
            last_modified_at=parse_date(entity.get("LastModifiedTime")),
            created_by=_text(entity, "CreatedBy"),
            created_at=parse_date(entity.get("CreatedTime")),
            original_alias=_text(entity, "OriginalAlias"),
            active_from=parse_date(entity.get("ActiveFrom")),
            active_until=parse_date(entity.get("ActiveUntil")),
        )

    def to_result(self) -> dict[str, Any]:
        """The entry as every module returns it; times in RFC 3339, ``None`` for what the tenant left open."""
        result = {name: getattr(self, name) for name in _RESULT}
        return {name: format_time(value) if isinstance(value, datetime) else value for name, value in result.items()}


_RESULT = (
    "alias", "type", "owner", "subject", "issuer", "serial_number", "not_before", "not_after", "fingerprint_sha256",
    "key_type", "key_size", "elliptic_curve", "signature_algorithm", "validity", "last_modified_by", "last_modified_at",
    "created_by", "created_at", "original_alias", "active_from", "active_until",
)  # fmt: skip


def _text(entity: Mapping[str, Any], name: str) -> str | None:
    value = entity.get(name)
    return value if isinstance(value, str) and value else None


def _type(text: str) -> EntryType:
    words = text.casefold()
    if "ssh" in words:
        return "ssh_key"
    return "key_pair" if "pair" in words else "certificate"


def _serial_number(text: str | None) -> str | None:
    if text is None:
        return None
    return text.lower().removeprefix("0x").lstrip("0").upper() or "0"
