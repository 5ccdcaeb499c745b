# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints: SHA-256 of DER bytes, shown in lower case with colons."""

from __future__ import annotations

import hashlib
import re

from .errors import BadCertificate

__all__ = ["fingerprint_sha256", "normalise_fingerprint"]

# "sha256:", "SHA-256 Fingerprint=", "sha256 Fingerprint:" as browsers, openssl and keytool put before the digits.
_PREFIX = re.compile(
    r"^\s*sha[-_ ]?256(?:\s+finger\s?print|\s+thumbprint)?\s*[:=/]?\s*(?=[0-9a-f]{2}(?:[^0-9a-z]|[0-9a-f]))",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"[\s:.\-\u200e\u200f\ufeff]+")
_HEX_LENGTHS = {32: "MD5", 40: "SHA-1", 96: "SHA-384", 128: "SHA-512"}


def fingerprint_sha256(der: bytes) -> str:
    """SHA-256 of the bytes: 32 pairs of hexadecimal digits in lower case with colons between them."""
    return hashlib.sha256(der).digest().hex(":")


def normalise_fingerprint(text: str) -> str:
    """A SHA-256 fingerprint in any common form, as lower case with colons.

    Colons, dashes, blanks, capitals, plain hexadecimal and a prefix such as ``SHA256 Fingerprint=`` are taken.
    Raises :class:`BadCertificate` when it is something else; a hash of another length is named.
    """
    digits = _BETWEEN.sub("", _PREFIX.sub("", text, count=1)).lower()
    if not digits or not re.fullmatch(r"[0-9a-f]+", digits):
        raise BadCertificate(
            "The fingerprint is not written in hexadecimal digits",
            remedy="Give the SHA-256 fingerprint of the certificate, 64 hexadecimal digits with or without colons",
        )
    if len(digits) != 64:
        kind = _HEX_LENGTHS.get(len(digits))
        raise BadCertificate(
            f"The fingerprint has {len(digits)} hexadecimal digits, a SHA-256 fingerprint has 64"
            + (f"; this looks like {kind}" if kind else ""),
            remedy="Ask for the SHA-256 fingerprint of the certificate",
        )
    return bytes.fromhex(digits).hex(":")
