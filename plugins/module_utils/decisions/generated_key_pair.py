# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a key pair of the keystore is one that would be generated, as far as a listing tells."""

from __future__ import annotations

from typing import Any

from ..certificates.names import same_name_text
from ..certificates.oids import CURVES
from ..clock import format_time
from ..tenant.key_pair import NewKeyPair
from ..tenant.keystore_entry import KeystoreEntry

__all__ = ["curve_size", "differences", "expected_entry", "unforeseen"]

# Names of the same curve (RFC 8422, appendix A).
_SYNONYMS = {
    "p-192": "secp192r1",
    "prime192v1": "secp192r1",
    "p-224": "secp224r1",
    "p-256": "secp256r1",
    "prime256v1": "secp256r1",
    "p-384": "secp384r1",
    "p-521": "secp521r1",
}
_SIZES = {name.lower(): size for name, size in CURVES.values()}


def curve_size(curve: str) -> int | None:
    """Bits of a curve by any of its names; ``None`` for one that is not known here."""
    return _SIZES.get(_SYNONYMS.get(curve.lower(), curve.lower()))


def differences(wanted: NewKeyPair, entry: KeystoreEntry) -> list[str]:
    """What makes the entry another key pair than the wanted one; what was left to the tenant makes no difference.

    Validity and signature algorithm are those of the certificate, which a CA exchanges later; so is the subject, which
    many CAs write in their own way, and which is compared only while the certificate is self-signed.
    """
    found = []
    if entry.key_type and entry.key_type.upper() != wanted.key_type:
        return [f"its key is {entry.key_type}, not {wanted.key_type}"]
    size = wanted.key_size or (curve_size(wanted.curve) if wanted.curve else None)
    if size and entry.key_size and entry.key_size != size:
        found.append(f"its key has {entry.key_size} bits, not {size}")
    elif wanted.curve and entry.elliptic_curve and not _same_curve(wanted.curve, entry.elliptic_curve):
        found.append(f"its curve is {entry.elliptic_curve}, not {wanted.curve}")
    self_issued = entry.subject and entry.issuer and same_name_text(entry.subject, entry.issuer)
    subject = subject_text(wanted)
    if self_issued and entry.subject and same_name_text(entry.subject, subject) is False:
        found.append(f"its subject is {entry.subject}, not {subject}")
    return found


def _same_curve(wanted: str, shown: str) -> bool:
    """A tenant may show a curve as Java does: ``secp256r1 [NIST P-256,X9.62 prime256v1] (1.2.840.10045.3.1.7)``."""
    name = _SYNONYMS.get(wanted.lower(), wanted.lower())
    names = {name, *(other for other, known in _SYNONYMS.items() if known == name)}
    return any(one in shown.lower() for one in names)


def subject_text(wanted: NewKeyPair) -> str:
    """One line, most specific part first."""
    parts = (
        ("EMAILADDRESS", wanted.email),
        ("CN", wanted.common_name),
        ("OU", wanted.organizational_unit),
        ("O", wanted.organization),
        ("L", wanted.locality),
        ("ST", wanted.state),
        ("C", wanted.country),
    )
    return ", ".join(f"{name}={_quoted(value)}" for name, value in parts if value)


def _quoted(value: str) -> str:
    if not any(character in value for character in ',+="<>#;\\') and value == value.strip():
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def expected_entry(alias: str, wanted: NewKeyPair) -> dict[str, Any]:
    """The entry as it is returned, with ``None`` for all that the tenant will choose."""
    subject = subject_text(wanted)
    return {
        **KeystoreEntry.from_odata({"Alias": alias, "Type": "Key Pair"}).to_result(),
        "subject": subject,
        "issuer": subject,
        "not_before": format_time(wanted.not_before) if wanted.not_before else None,
        "not_after": format_time(wanted.not_after) if wanted.not_after else None,
        "fingerprint_sha256": None,
        "key_type": wanted.key_type,
        "key_size": wanted.key_size or (curve_size(wanted.curve) if wanted.curve else None),
        "elliptic_curve": wanted.curve,
    }


def unforeseen(wanted: NewKeyPair) -> frozenset[str]:
    """What the tenant chooses or writes in its own way."""
    chosen = {"subject", "issuer", "serial_number", "not_before", "not_after", "fingerprint_sha256"}
    size = wanted.key_size or (wanted.curve and curve_size(wanted.curve))
    return frozenset(chosen | {"signature_algorithm"} | (set() if size else {"key_size"}))
