# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate authority whose key is a file: it answers signing requests (RFC 5280, section 4; RFC 2986)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from .certificate import Certificate, parse_certificate
from .errors import BadCertificate
from .fingerprint import fingerprint_sha256
from .library import library
from .oids import EXTENDED_KEY_USAGES
from .signing_request import SigningRequest

__all__ = ["LocalCa", "open_local_ca"]

# A certificate that begins a little earlier is valid on machines whose clocks are a little behind.
_HEAD_START = timedelta(minutes=5)
_OIDS = {name: identifier for identifier, name in EXTENDED_KEY_USAGES.items()}


@dataclass(frozen=True)
class LocalCa:
    certificate: Certificate
    key: Any = field(repr=False)

    def issue(
        self, request: SigningRequest, *, usages: Sequence[str], now: datetime, lifetime: timedelta
    ) -> Certificate:
        """A certificate for the subject and key of the request; ends with the CA's own at the latest.

        :param usages: extended key usages, by name or dotted identifier; none leaves the use open.
        """
        found = library()
        x509, hashes = found.x509, found.hashes
        asked = x509.load_der_x509_csr(request.der)
        own = x509.load_der_x509_certificate(self.certificate.der)
        key = asked.public_key()
        rsa = request.public_key.kind == "RSA"
        builder = (
            x509.CertificateBuilder()
            .subject_name(asked.subject)
            .issuer_name(own.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(max(now - _HEAD_START, self.certificate.not_before))
            .not_valid_after(min(now + lifetime, self.certificate.not_after))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(_authority_key_identifier(x509, own), critical=False)
            .add_extension(_key_usage(x509, encipherment=rsa), critical=True)
        )
        if usages:
            identifiers = [x509.ObjectIdentifier(_OIDS.get(usage, usage)) for usage in usages]
            builder = builder.add_extension(x509.ExtendedKeyUsage(identifiers), critical=False)
        without_digest = isinstance(self.key, (found.ed25519.Ed25519PrivateKey, found.ed448.Ed448PrivateKey))
        signed = builder.sign(self.key, None if without_digest else hashes.SHA256())
        return parse_certificate(signed.public_bytes(found.serialization.Encoding.DER))


def _authority_key_identifier(x509: Any, issuer: Any) -> Any:
    try:
        own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
    except x509.ExtensionNotFound:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())


def _key_usage(x509: Any, *, encipherment: bool) -> Any:
    return x509.KeyUsage(
        digital_signature=True, content_commitment=False, key_encipherment=encipherment, data_encipherment=False,
        key_agreement=False, key_cert_sign=False, crl_sign=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def open_local_ca(certificate: Certificate, key: bytes, passphrase: str) -> LocalCa:
    """:param key: PEM or DER. Raises :class:`BadCertificate`; no message holds anything of the key."""
    if not certificate.is_ca:
        raise BadCertificate(
            "The certificate of the CA says that it is none, so nobody would accept what it signs",
            where=certificate.subject,
            remedy="Give the certificate of the CA that the key belongs to",
        )
    found = library()
    load = (
        found.serialization.load_pem_private_key if b"-----BEGIN" in key else found.serialization.load_der_private_key
    )
    try:
        private_key = load(key, passphrase.encode() or None)
    except TypeError:
        what = "needs a passphrase" if not passphrase else "is not encrypted, and a passphrase was given"
        raise BadCertificate(f"The private key of the CA {what}", remedy="Check the passphrase") from None
    except (ValueError, found.unsupported):
        raise BadCertificate(
            "The private key of the CA cannot be read",
            remedy="Check that it is a private key in PEM or DER, and its passphrase",
        ) from None
    spki = private_key.public_key().public_bytes(
        found.serialization.Encoding.DER, found.serialization.PublicFormat.SubjectPublicKeyInfo
    )
    if fingerprint_sha256(spki) != certificate.spki_sha256:
        raise BadCertificate(
            "The private key does not belong to the certificate of the CA",
            where=certificate.subject,
            remedy="Give the certificate and the private key of one CA",
        )
    return LocalCa(certificate, private_key)
