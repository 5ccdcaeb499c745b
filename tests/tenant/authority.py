# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's own certificate authority: server certificates of its listeners, client certificates of its service
keys.
"""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .state import write_file

__all__ = ["Authority"]

_DAY = datetime.timedelta(days=1)
_BASIC = x509.BasicConstraints(ca=False, path_length=None)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, both as PEM; the certificate as an object too."""

    certificate: x509.Certificate
    certificate_pem: str
    key_pem: str


class Authority:
    """ECDSA throughout: keys are made in a millisecond."""

    def __init__(self, certificate_pem: str | None = None, key_pem: str | None = None) -> None:
        if certificate_pem is None or key_pem is None:
            key = ec.generate_private_key(ec.SECP256R1())
            name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Local tenant CA")])
            usage = x509.KeyUsage(
                digital_signature=False,
                content_commitment=False,
                key_encipherment=False,
                data_encipherment=False,
                key_agreement=False,
                key_cert_sign=True,
                crl_sign=True,
                encipher_only=False,
                decipher_only=False,
            )
            builder = self._builder(name, key.public_key(), days=3650).issuer_name(name)
            builder = builder.add_extension(
                x509.BasicConstraints(ca=True, path_length=None), critical=True
            ).add_extension(usage, critical=True)
            builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            certificate = builder.sign(key, hashes.SHA256())
            self._key = key
            self.certificate = certificate
        else:
            loaded = serialization.load_pem_private_key(key_pem.encode(), None)
            if not isinstance(loaded, ec.EllipticCurvePrivateKey):
                raise ValueError("the key of the CA in the state directory is not an EC key")
            self._key = loaded
            self.certificate = x509.load_pem_x509_certificate(certificate_pem.encode())

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        return _key_pem(self._key)

    @staticmethod
    def _builder(subject: x509.Name, public_key: ec.EllipticCurvePublicKey, *, days: int) -> x509.CertificateBuilder:
        start = datetime.datetime.now(datetime.timezone.utc) - _DAY
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + days * _DAY)
        )

    def _issue(self, subject: x509.Name, usage: x509.ObjectIdentifier, names: list[x509.GeneralName]) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        builder = self._builder(subject, key.public_key(), days=365).issuer_name(self.certificate.subject)
        builder = builder.add_extension(_BASIC, critical=True).add_extension(
            x509.ExtendedKeyUsage([usage]), critical=False
        )
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        return Issued(certificate, certificate.public_bytes(serialization.Encoding.PEM).decode(), _key_pem(key))

    def issue_server(self) -> Issued:
        """For ``localhost`` and 127.0.0.1, where the listeners are."""
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        return self._issue(
            subject,
            ExtendedKeyUsageOID.SERVER_AUTH,
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))],
        )

    def issue_client(self, common_name: str) -> Issued:
        """For a service key of type certificate (SAP Help: "Service Key Types")."""
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
                x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64]),
            ]
        )
        return self._issue(subject, ExtendedKeyUsageOID.CLIENT_AUTH, [])

    def server_context(self, directory: Path) -> ssl.SSLContext:
        """TLS 1.2 and later; a client certificate is welcome and not demanded."""
        issued = self.issue_server()
        file = directory / "server.pem"
        write_file(
            file, issued.certificate_pem + issued.key_pem, secret=True
        )  # the ssl module reads keys from files alone
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(file)
        context.load_verify_locations(cadata=self.pem)
        context.verify_mode = ssl.CERT_OPTIONAL
        return context


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
