# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import of a certificate, a signed chain and a PKCS#12 file: the order of decisions is what makes the answers."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    pkcs12,
)

from .certificate_formats import read_certificate, read_chain
from .entries import Entry
from .http import Refusal
from .java_names import issued_by, same_name, signed_by
from .keystore import Keystore, is_reserved

__all__ = ["NotTrusted", "import_certificate", "import_chain", "import_key_pair", "refuse_reserved"]

_LARGEST_CERTIFICATE = 10240  # SAP Help: "Managing Keystore Entries"; the API specification says 10 kB
_LARGEST_CHAIN = 30072  # API specification SecurityContent.json, and KeyPairResource.Resource in a tenant's $metadata


class NotTrusted(Exception):
    """No trust path: the answer is 409 with the certificate as an entity (observed on a tenant)."""

    def __init__(self, entry: Entry) -> None:
        super().__init__(entry.alias)
        self.entry = entry


def refuse_reserved(alias: str) -> None:
    """Aliases that belong to SAP: 403 without the error wrapper (API specification, example of 403)."""
    if is_reserved(alias):
        raise Refusal(403, None, bare=True)


def _check_validity(keystore: Keystore, certificate: x509.Certificate) -> None:
    """The specification has "certificate validation failed" among the reasons for 400; strict, as it says no more."""
    now = keystore.now()
    if now > certificate.not_valid_after_utc:
        raise Refusal(
            400, f"Certificate validation failed: NotAfter: {certificate.not_valid_after_utc:%a %b %d %H:%M:%S UTC %Y}"
        )
    if now < certificate.not_valid_before_utc:
        raise Refusal(
            400,
            f"Certificate validation failed: NotBefore: {certificate.not_valid_before_utc:%a %b %d %H:%M:%S UTC %Y}",
        )


def import_certificate(
    keystore: Keystore,
    alias: str,
    body: bytes,
    content_type: str,
    *,
    user: str,
    update: bool,
    fingerprint_verified: bool,
) -> dict[str, str]:
    """PUT CertificateResources: reserved, lock, size, format, existence against ``update``, trust, store (observed on
    a tenant).
    """
    refuse_reserved(alias)
    with keystore.writing(user):
        if len(body) > _LARGEST_CERTIFICATE:
            raise Refusal(413, "The maximum size of the request body is 10240 bytes")
        der = read_certificate(body, content_type)
        certificate = x509.load_der_x509_certificate(der)
        existing = keystore.find(alias)
        if existing is not None and not update:
            raise Refusal(400, f'Entry with alias "{alias}" already exists in keystore "system"')
        if update and (existing is None or existing.alias != alias):
            raise Refusal(400, f'Entry with alias "{alias}" does not exist in keystore "system"')
        keystore.check_characters(alias)
        if existing is not None and existing.is_key_pair:
            raise Refusal(400, "Key Pair entry cannot be overwritten by a certificate entry.")
        _check_validity(keystore, certificate)
        entry = (
            keystore.new_entry(alias, (der,), None, user)
            if existing is None
            else existing.renewed((der,), None, user, keystore.now())
        )
        if not fingerprint_verified and not keystore.trusts(certificate):
            raise NotTrusted(keystore.new_entry(alias, (der,), None, user))
        keystore.put(entry)
    return {alias: "new" if existing is None else "changed"}


def import_chain(
    keystore: Keystore, alias: str, body: bytes, content_type: str, *, user: str, fingerprint_verified: bool
) -> dict[str, str]:
    """PUT CertificateChainResources. A plain repetition replaces; there is no ``update``."""
    refuse_reserved(alias)
    with keystore.writing(user):
        if len(body) > _LARGEST_CHAIN:
            raise Refusal(413, f"The maximum size of the request body is {_LARGEST_CHAIN} bytes")
        entry = keystore.get(alias)
        if entry.key is None:
            raise Refusal(400, f'Alias "{alias}" does not represent a Key Pair')
        chain = _ordered_reply(
            [x509.load_der_x509_certificate(der) for der in read_chain(body, content_type)], _spki_of_key(entry.key)
        )
        for certificate in chain:
            _check_validity(keystore, certificate)
        renewed = entry.renewed(tuple(_der(certificate) for certificate in chain), entry.key, user, keystore.now())
        if not fingerprint_verified and not keystore.trusts(chain[-1]):
            raise NotTrusted(renewed)
        keystore.put(renewed)
    return {alias: "changed"}


def _ordered_reply(reply: list[x509.Certificate], spki: bytes) -> list[x509.Certificate]:
    """Leaf first. Works as Java's keytool treats a CA reply: every certificate must have its place in the one chain."""
    leaf = next((certificate for certificate in reply if _spki(certificate) == spki), None)
    if leaf is None:
        # Observed on a tenant.
        raise Refusal(400, "The public key of the CA Reply is different from the public key of the keystore entry")
    rest = list(reply)
    rest.remove(leaf)
    chain = [leaf]
    while rest:
        issuer = next((certificate for certificate in rest if same_name(chain[-1].issuer, certificate.subject)), None)
        if issuer is None:
            raise Refusal(400, "Certificate chain validation failed: Incomplete certificate chain in reply")
        if not signed_by(chain[-1], issuer):
            raise Refusal(400, "Certificate chain validation failed: Certificate chain in reply does not verify")
        rest.remove(issuer)
        chain.append(issuer)
    return chain


def import_key_pair(
    keystore: Keystore, fields: dict[str, Any], *, user: str, update: bool, fingerprint_verified: bool
) -> dict[str, str]:
    """POST KeyPairResources: PKCS#12 in base64. Of several keys only one gets in (documented by SAP)."""
    alias = str(fields.get("Alias") or "")
    refuse_reserved(alias)
    with keystore.writing(user):
        if not alias.strip():
            raise Refusal(400, "The alias must not be empty")
        keystore.check_characters(alias)
        data = decoded_resource(fields.get("Resource"))
        if len(data) > _LARGEST_CHAIN:
            raise Refusal(413, f"The maximum size of the key pair file is {_LARGEST_CHAIN} bytes")
        existing = keystore.find(alias)
        if existing is not None and not update:
            raise Refusal(400, f'Entry with alias "{alias}" already exists in keystore "system"')
        if update and (existing is None or existing.alias != alias):
            raise Refusal(400, f'Entry with alias "{alias}" does not exist in keystore "system"')
        if existing is not None and not existing.is_key_pair:
            raise Refusal(400, f'Alias "{alias}" does not represent a Key Pair')
        key, chain = _read_pkcs12(data, fields.get("Password"))
        for certificate in chain:
            _check_validity(keystore, certificate)
        ders = tuple(_der(certificate) for certificate in chain)
        entry = (
            keystore.new_entry(alias, ders, key, user)
            if existing is None
            else existing.renewed(ders, key, user, keystore.now())
        )
        if not fingerprint_verified and not keystore.trusts(chain[-1]):
            raise NotTrusted(entry)
        keystore.put(entry)
    return {alias: "new" if existing is None else "changed"}


def decoded_resource(text: object) -> bytes:
    """An Edm.Binary property. Raises :class:`Refusal` (400)."""
    try:
        return base64.b64decode("".join(str(text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, "The value of the property 'Resource' is not valid base64") from None


def _read_pkcs12(data: bytes, password: object) -> tuple[bytes, list[x509.Certificate]]:
    # PFX ::= SEQUENCE { version INTEGER (3), ... } (RFC 7292), with a definite or an indefinite length
    if data[:1] != b"\x30" or b"\x02\x01\x03" not in data[:10]:
        raise Refusal(415, "The resource property does not contain a PKCS#12 file")
    try:
        read = pkcs12.load_pkcs12(data, str(password).encode() if password else None)
    except Exception as error:  # a wrong password, or an algorithm nobody knows
        raise Refusal(400, "The password is not correct or the PKCS#12 file is damaged") from error
    if read.key is None or read.cert is None:
        raise Refusal(400, "The PKCS#12 file does not contain a key pair")
    chain, others = [read.cert.certificate], [other.certificate for other in read.additional_certs]
    while (
        issuer := next((other for other in others if issued_by(chain[-1], other)), None)
    ) is not None and issuer not in chain:
        chain.append(issuer)
    return read.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), chain


def _der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def _spki(certificate: x509.Certificate) -> bytes:
    return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _spki_of_key(key: bytes) -> bytes:
    return load_der_private_key(key, None).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
