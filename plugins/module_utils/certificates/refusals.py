# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Naming what is not a certificate: one sentence for each kind of file that people hand in by mistake.

Only the first bytes and the outer structure are looked at, and nothing of the content is repeated.
"""

from __future__ import annotations

import re

from .asn1 import (
    BIT_STRING,
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Asn1Error,
    Element,
    children,
    decode_oid,
    first_child,
)
from .errors import BadCertificate

__all__ = [
    "holds_private_key",
    "private_key",
    "refuse_asn1",
    "refuse_binary",
    "refuse_content_type",
    "refuse_label",
    "refuse_text",
]

_ASK = "Give the certificates that the CA issued, as DER, PEM or PKCS#7"

_CONTENT_TYPES = {
    "1.2.840.113549.1.7.1": "plain data",
    "1.2.840.113549.1.7.3": "an encrypted message",
    "1.2.840.113549.1.7.4": "a signed and encrypted message",
    "1.2.840.113549.1.7.5": "a digest of a message",
    "1.2.840.113549.1.7.6": "encrypted data",
    "1.2.840.113549.1.9.16.1.9": "compressed data",
    "1.2.840.113549.1.9.16.1.23": "an encrypted message",
}
_MAGIC = (
    (b"\xfe\xed\xfe\xed", "a Java keystore (JKS)", "Export the certificates with keytool -exportcert -rfc"),
    (b"\xce\xce\xce\xce", "a Java keystore (JCEKS)", "Export the certificates with keytool -exportcert -rfc"),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it and give the file with the certificates"),
    (b"PK\x05\x06", "a ZIP archive", "Unpack it and give the file with the certificates"),
    (b"\x1f\x8b", "a gzip archive", "Unpack it and give the file with the certificates"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive", "Unpack it and give the file with the certificates"),
    (b"%PDF", "a PDF document", _ASK),
    (b"\xd0\xcf\x11\xe0", "an Outlook message or Office document", "Save its attachment and give that file"),
    (b"{\\rtf", "an RTF document", _ASK),
)
_PEM_LABELS = (
    ("CERTIFICATE REQUEST", "a certificate signing request (CSR), which is what goes to the CA, not what it answers"),
    ("ATTRIBUTE CERTIFICATE", "an attribute certificate"),
    ("CRL", "a certificate revocation list (CRL)"),
    ("PUBLIC KEY", "a public key without a certificate"),
    ("PGP", "PGP data"),
    ("PARAMETERS", "key parameters"),
)
_PRIVATE_KEY = re.compile(r"-BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY|PuTTY-User-Key-File|PGP PRIVATE KEY BLOCK", re.IGNORECASE)
_HTML = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.{0,2000}?-->\s*)?<(?:!doctype\s+html|html|head|body|title|meta|script|div|table)\b",
    re.IGNORECASE | re.DOTALL,
)
_MIME = re.compile(
    r"^(?:MIME-Version|Content-Type|Received|Return-Path|From|Subject)\s*:", re.IGNORECASE | re.MULTILINE
)


def _refusal(looks_like: str, remedy: str = _ASK) -> BadCertificate:
    return BadCertificate(f"There is no certificate in it: it looks like {looks_like}", remedy=remedy)


def private_key() -> BadCertificate:
    return BadCertificate(
        "There is a private key in it, which must not be sent to anyone",
        remedy="Give a file with the certificates alone, and treat the key as disclosed if the file came from outside",
    )


def holds_private_key(text: str) -> bool:
    """A block of a private key, or a JSON Web Key with its private part (RFC 7518, 6.2.2 and 6.3.2)."""
    return _PRIVATE_KEY.search(text) is not None or ('"kty"' in text and '"d"' in text)


def refuse_label(label: str) -> BadCertificate | None:
    """Why a PEM block with this label holds no certificate; ``None`` for a label that does not tell."""
    if label.upper().endswith("PRIVATE KEY") or "PRIVATE KEY" in label.upper():
        return private_key()
    for part, meaning in _PEM_LABELS:
        if part in label.upper():
            return _refusal(meaning)
    return None


def refuse_binary(data: bytes) -> BadCertificate:
    """For bytes that are neither text nor ASN.1."""
    for start, meaning, remedy in _MAGIC:
        if data.startswith(start):
            return _refusal(meaning, remedy)
    return _refusal("binary data of an unknown kind")


def refuse_text(text: str) -> BadCertificate:
    """For text without a PEM block that is not base64 either."""
    start = text.lstrip("\ufeff \t\r\n\v\f")
    if not start:
        return BadCertificate("It is empty", remedy=_ASK)
    for magic, meaning, remedy in _MAGIC:
        if start.encode("utf-8", "replace").startswith(magic):
            return _refusal(meaning, remedy)
    if _HTML.match(start):
        return _refusal(
            "an HTML page, perhaps a login or error page of the CA's web site",
            "Download the certificates again while logged in",
        )
    if start.startswith("<"):
        return _refusal("XML")
    if start.startswith(("{", "[")):
        return _refusal("JSON", "Take the certificates out of it and give those")
    if _MIME.search(start[:4000]):
        return _refusal("an e-mail message", "Save its attachment and give that file")
    if start.startswith(("ssh-", "ecdsa-sha2-", "---- BEGIN SSH2")):
        return _refusal("an SSH key")
    if start.startswith("SPKAC="):
        return _refusal("a certificate signing request (SPKAC)")
    if re.fullmatch(r"[A-Za-z0-9+/=_\-\s]{40,}", start):
        return _refusal(
            "base64 text that is damaged, cut off or not of a certificate", "Save the CA's answer again as a file"
        )
    return _refusal("plain text")


def refuse_content_type(oid: str) -> BadCertificate:
    return _refusal(
        f"PKCS#7 that holds {_CONTENT_TYPES.get(oid, 'something else than certificates')}",
        "Ask the CA for a certificates-only PKCS#7 or for PEM",
    )


def refuse_asn1(element: Element) -> BadCertificate:
    """For well-formed ASN.1 that is no certificate, path of certificates or PKCS#7."""
    try:
        return _name_asn1(element)
    except Asn1Error:
        return _refusal(
            "ASN.1 data of an unknown kind, or a damaged certificate", "Save the CA's answer again as a file"
        )


def _name_asn1(element: Element) -> BadCertificate:
    parts = children(element, SEQUENCE)
    tags = [part.tag for part in parts]
    if tags[:1] == [INTEGER]:
        if tags[1:3] == [SEQUENCE, SEQUENCE] or (tags[1:2] == [SEQUENCE] and parts[0].content == b"\3"):
            return _refusal(
                "a PKCS#12 keystore",
                "Export the certificates from it, without the key; a key pair is imported as keystore_entry",
            )
        if (
            tags[1:3] == [SEQUENCE, OCTET_STRING]
            or tags[1:2] == [OCTET_STRING]
            or (len(tags) >= 5 and set(tags[:5]) == {INTEGER})
        ):
            return private_key()
        if tags == [INTEGER, INTEGER]:
            return _refusal("a public key without a certificate")
    if tags == [SEQUENCE, OCTET_STRING]:
        return private_key()  # PKCS#8, encrypted
    if tags == [SEQUENCE, BIT_STRING]:
        return _refusal("a public key without a certificate")
    if tags[:1] == [0x0A]:
        return _refusal("an answer about revocation (OCSP)")
    if tags[:1] == [OBJECT_IDENTIFIER]:
        return refuse_content_type(decode_oid(parts[0]))
    if tags == [SEQUENCE, SEQUENCE, BIT_STRING]:
        return _name_signed(parts[0])
    return _refusal("ASN.1 data of an unknown kind, or a damaged certificate", "Save the CA's answer again as a file")


def _name_signed(content: Element) -> BadCertificate:
    """The three-part shape that certificates share with requests and lists (RFC 2986, 5280, 5755)."""
    fields = children(content)
    tags = [field.tag for field in fields]
    if (
        tags[:3] == [INTEGER, SEQUENCE, SEQUENCE]
        and tags[3:] in ([], [0xA0])
        and first_child(fields[2]).tag == SEQUENCE
    ):
        return _refusal(_PEM_LABELS[0][1])
    if any(tag in (0x17, 0x18) for tag in tags[:5]):
        return _refusal("a certificate revocation list (CRL)")
    return _refusal(
        "a signed object that is not a certificate (perhaps an attribute certificate), or a damaged certificate"
    )
