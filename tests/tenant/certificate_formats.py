# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bodies of imports, read as a Java program reads them: strictly. What is not one of the documented formats gives
415.
"""

from __future__ import annotations

import base64
import binascii
import re

from cryptography import x509

from .http import Refusal
from .pkcs7 import NotPkcs7, certificate_path, pkcs7_certificates

__all__ = ["CHAIN_TYPES", "read_certificate", "read_chain"]

# API specification SecurityContent.json: PUT /CertificateChainResources, Content-Type; pkix-cert: observed on a tenant.
CHAIN_TYPES = (
    "",
    "application/pkcs7-mime",
    "application/x-pkcs7-certificates",
    "application/pkix-pkipath",
    "application/pkix-cert",
)

# A block begins at the start of a line; text around blocks is skipped (as the JDK does). A byte-order mark before the
# first block hides it, and any other kind of block (a key, a CRL) spoils the file.
_BLOCK = re.compile(rb"(?:\A|(?<=[\r\n]))-----BEGIN ([A-Z0-9 #]+)-----[ \t]*\r?\n(.*?)-----END \1-----", re.DOTALL)
_NOT_A_CERTIFICATE = (
    "The format of the certificate is not supported. Supported formats are X.509 certificates in DER, PEM or base64."
)
_NOT_A_CHAIN = (
    "The format of the certificate chain is not supported. "
    "Supported formats are PKCS7, SPC, PKIPath and a chain of DER or PEM encoded X.509 certificates."
)


def _base64(data: bytes) -> bytes | None:
    """Base64 without armour, with or without line breaks."""
    try:
        return base64.b64decode(b"".join(data.split()), validate=True) or None
    except (binascii.Error, ValueError):
        return None


def _blocks(data: bytes, refusal: str) -> list[tuple[str, bytes]]:
    found = []
    for label, text in _BLOCK.findall(data):
        der = _base64(text)
        if der is None:
            raise Refusal(415, refusal)
        found.append((label.decode(), der))
    if len(found) != data.count(b"-----BEGIN "):
        raise Refusal(415, refusal)
    return found


def _checked(der: bytes) -> bytes:
    try:
        x509.load_der_x509_certificate(der).public_key()
    except Exception as error:  # the library has many ways to say that a certificate is broken
        raise Refusal(400, "Certificate validation failed: Could not parse certificate") from error
    return der


def _one_element(data: bytes) -> bool:
    """Whether the data look like one DER SEQUENCE, to its end."""
    try:
        return data[:1] == b"\x30" and certificate_elements(data) == [data]
    except NotPkcs7:
        return False


def certificate_elements(data: bytes) -> list[bytes]:
    """Concatenated DER SEQUENCEs. Raises :class:`NotPkcs7`."""
    found = []
    while data:
        header = 2 + (data[1] & 0x7F if len(data) > 1 and data[1] & 0x80 else 0)
        length = header + (data[1] if header == 2 and len(data) > 1 else int.from_bytes(data[2:header], "big"))
        if data[0] != 0x30 or length > len(data) or len(data) < 4:
            raise NotPkcs7("not DER")
        found.append(data[:length])
        data = data[length:]
    return found


def read_certificate(body: bytes, content_type: str) -> bytes:
    """The DER of the one certificate in a body. Raises :class:`Refusal` 400 or 415."""
    if content_type != "application/pkix-cert":
        raise Refusal(415, _NOT_A_CERTIFICATE)
    if not body.strip():
        raise Refusal(400, "Certificate validation failed: the request body is empty")
    if body[:1] == b"\x30" and _one_element(body):
        return _checked(body)
    if b"-----BEGIN " in body:
        blocks = _blocks(body, _NOT_A_CERTIFICATE)
        if any(label not in ("CERTIFICATE", "X509 CERTIFICATE") for label, _unused in blocks):
            raise Refusal(415, _NOT_A_CERTIFICATE)
        if len(blocks) != 1:
            raise Refusal(400, "Certificate validation failed: the request body holds more than one certificate")
        return _checked(blocks[0][1])
    der = _base64(body)
    if der is not None and _one_element(der):
        return _checked(der)
    raise Refusal(415, _NOT_A_CERTIFICATE)


def read_chain(body: bytes, content_type: str) -> list[bytes]:
    """The DER of all certificates of a signing response, in the order of the file. Raises :class:`Refusal` 400 or
    415.
    """
    if content_type not in CHAIN_TYPES:
        raise Refusal(415, _NOT_A_CHAIN)
    if not body.strip():
        raise Refusal(400, "Certificate chain validation failed: the request body is empty")
    if b"-----BEGIN " in body:
        found = [der for label, block in _blocks(body, _NOT_A_CHAIN) for der in _armoured(label, block, content_type)]
    else:
        binary = body if body[:1] == b"\x30" else _base64(body)
        if binary is None or binary[:1] != b"\x30":
            raise Refusal(415, _NOT_A_CHAIN)
        found = _binary(binary, content_type)
    if not found:
        raise Refusal(400, "Certificate chain validation failed: no certificate found")
    return [_checked(der) for der in found]


def _armoured(label: str, block: bytes, content_type: str) -> list[bytes]:
    if label in ("CERTIFICATE", "X509 CERTIFICATE", "PKCS7", "PKCS #7 SIGNED DATA", "CMS"):
        try:
            return pkcs7_certificates(block)
        except NotPkcs7:
            if label.endswith("CERTIFICATE") and content_type in ("", "application/pkix-cert"):
                return [block]
    raise Refusal(415, _NOT_A_CHAIN)


def _binary(data: bytes, content_type: str) -> list[bytes]:
    if content_type != "application/pkix-pkipath":
        try:
            return pkcs7_certificates(data)
        except NotPkcs7:
            if content_type.startswith(("application/pkcs7", "application/x-pkcs7")):
                raise Refusal(415, _NOT_A_CHAIN) from None
    try:
        return certificate_path(data)
    except NotPkcs7:
        if content_type == "application/pkix-pkipath":
            raise Refusal(415, _NOT_A_CHAIN) from None
    try:
        return certificate_elements(data)
    except NotPkcs7:
        raise Refusal(415, _NOT_A_CHAIN) from None
