# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificate authorities for tests and the demo, made fresh per run so that nothing expires."""

from __future__ import annotations

import datetime
import ipaddress
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

__all__ = ["Credential", "ec_key", "fingerprint", "issue", "make_root", "rsa_key", "self_signed_leaf"]

PrivateKey = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True)
class Credential:
    """A certificate, its private key, and the intermediates above it (leaf side first, no root)."""

    certificate: x509.Certificate
    key: PrivateKey
    intermediates: tuple[x509.Certificate, ...] = field(default=())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def chain_pem(self) -> str:
        """Leaf first, no root."""
        return self.pem + "".join(c.public_bytes(serialization.Encoding.PEM).decode() for c in self.intermediates)

    @property
    def key_pem(self) -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode()

    @property
    def fingerprint_sha256(self) -> str:
        return fingerprint(self.certificate)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256, lower case with colons."""
    return certificate.fingerprint(hashes.SHA256()).hex(":")


def ec_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _build(
    subject: x509.Name,
    key: PrivateKey,
    issuer: x509.Name,
    issuer_key: PrivateKey,
    *,
    ca: bool,
    days: int,
    starts_in_days: int,
    extensions: Iterable[tuple[x509.ExtensionType, bool]],
) -> x509.Certificate:
    # An hour ago: a slow test run may validate by a clock that it has read at its beginning.
    start = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0) + datetime.timedelta(
        days=starts_in_days, hours=-1
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + datetime.timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    algorithm = None if isinstance(issuer_key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    return builder.sign(issuer_key, algorithm)


_CA_USAGE = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


def make_root(
    common_name: str = "Example Root", *, key: PrivateKey | None = None, days: int = 3650, starts_in_days: int = 0
) -> Credential:
    """A self-signed CA."""
    key = key or ec_key()
    name = _name(common_name)
    certificate = _build(
        name, key, name, key, ca=True, days=days, starts_in_days=starts_in_days, extensions=[(_CA_USAGE, True)]
    )
    return Credential(certificate, key)


def issue(
    issuer: Credential,
    common_name: str,
    *,
    ca: bool = False,
    hosts: Sequence[str] = (),
    key: PrivateKey | None = None,
    days: int = 365,
    starts_in_days: int = 0,
    usages: Sequence[x509.ObjectIdentifier] = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
) -> Credential:
    """A certificate signed by the issuer; hosts become subject alternative names (DNS names or IP addresses)."""
    key = key or ec_key()
    extensions: list[tuple[x509.ExtensionType, bool]] = []
    if ca:
        extensions.append((_CA_USAGE, True))
    elif usages:
        extensions.append((x509.ExtendedKeyUsage(list(usages)), False))
    if hosts:
        extensions.append((x509.SubjectAlternativeName([_general_name(host) for host in hosts]), False))
    certificate = _build(
        _name(common_name),
        key,
        issuer.certificate.subject,
        issuer.key,
        ca=ca,
        days=days,
        starts_in_days=starts_in_days,
        extensions=extensions,
    )
    is_root = issuer.certificate.subject == issuer.certificate.issuer
    above = () if is_root else (issuer.certificate, *issuer.intermediates)
    return Credential(certificate, key, above)


def self_signed_leaf(common_name: str = "leaf.example", *, days: int = 365) -> Credential:
    """A certificate that signs itself but is no CA."""
    key = ec_key()
    name = _name(common_name)
    return Credential(_build(name, key, name, key, ca=False, days=days, starts_in_days=0, extensions=()), key)


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)
