# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates and files for these tests: fresh per run, encoded by openssl and by hand, never by our own code."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    Certificate,
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.tests import pki
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


def openssl(*arguments: str, given: bytes | None = None) -> bytes:
    """What openssl writes to its standard output."""
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, check=True).stdout


@dataclass(frozen=True)
class Chain:
    """A leaf, its intermediate and its root, as credentials and as our values."""

    leaf: pki.Credential
    intermediate: pki.Credential
    root: pki.Credential

    @property
    def ders(self) -> list[bytes]:
        return [self.leaf.der, self.intermediate.der, self.root.der]

    @property
    def certificates(self) -> list[Certificate]:
        return [parse_certificate(der) for der in self.ders]

    @property
    def pem(self) -> bytes:
        return "".join(credential.pem for credential in (self.leaf, self.intermediate, self.root)).encode()


def make_chain(key: Callable[[], pki.PrivateKey], host: str = "receiver.example") -> Chain:
    root = pki.make_root("Example Root", key=key())
    intermediate = pki.issue(root, "Example Issuing CA", ca=True, key=key())
    return Chain(pki.issue(intermediate, host, hosts=[host], key=key()), intermediate, root)


def encodings_of(chain: Chain, directory: Path) -> dict[str, bytes]:
    """The chain in every encoding that a signing response may have."""
    pem_path = directory / "chain.pem"
    pem_path.write_bytes(chain.pem)
    pkcs7 = openssl("crl2pkcs7", "-nocrl", "-certfile", str(pem_path), "-outform", "DER")
    pkcs7_pem = openssl("crl2pkcs7", "-nocrl", "-certfile", str(pem_path))
    der = b"".join(chain.ders)
    text = openssl("pkcs7", "-print_certs", given=pkcs7_pem)
    verbose = b"".join(openssl("x509", "-text", given=part) for part in _pem_parts(chain.pem))
    bag = b"Bag Attributes\n    localKeyID: 01 02\n    friendlyName: leaf\nsubject=/CN=leaf\n\nissuer=/CN=ca\n"
    return {
        "PEM": chain.pem,
        "PEM with CRLF": chain.pem.replace(b"\n", b"\r\n"),
        "PEM with old Mac line ends": chain.pem.replace(b"\n", b"\r"),
        "PEM with a byte-order mark": b"\xef\xbb\xbf" + chain.pem,
        "PEM in UTF-16 with a byte-order mark": chain.pem.decode().encode("utf-16"),
        "PEM in UTF-16, little end first": chain.pem.decode().encode("utf-16-le"),
        "PEM in UTF-16, big end first": chain.pem.decode().encode("utf-16-be"),
        "PEM with bag attributes": bag + chain.pem,
        "PEM after Latin-1 text": "Schöne Grüße\n".encode("latin-1") + chain.pem,
        "PEM with the text of openssl x509": verbose,
        "PEM as openssl pkcs7 prints it": text,
        "PEM after s_client's text": b"0 s:CN = leaf\n   i:CN = ca\n" + chain.pem,
        "PEM on one line": chain.pem.replace(b"\n", b" "),
        "PEM, indented": chain.pem.replace(b"\n", b"\n    "),
        "PEM without a last line break": chain.pem.rstrip(),
        "PEM labelled X509": chain.pem.replace(b"CERTIFICATE", b"X509 CERTIFICATE"),
        "PEM twice": chain.pem * 2,
        "PKCS#7, DER": pkcs7,
        "PKCS#7, DER, with a line break": pkcs7 + b"\r\n",
        "PKCS#7, PEM": pkcs7_pem,
        "PKCS#7, PEM, RFC 2315's label": pkcs7_pem.replace(b"PKCS7", b"PKCS #7 SIGNED DATA"),
        "PKCS#7, PEM, label CMS": pkcs7_pem.replace(b"PKCS7", b"CMS"),
        "PKCS#7 in CERTIFICATE, as Windows CAs send it": pkcs7_pem.replace(b"PKCS7", b"CERTIFICATE"),
        "PKCS#7, bare base64 in lines": b"".join(pkcs7_pem.splitlines(keepends=True)[1:-1]),
        "PKCS#7, bare base64 on one line": b"".join(pkcs7_pem.splitlines()[1:-1]),
        "PKCS#7, BER with indefinite lengths": indefinite(pkcs7, depth=4),
        "DER in a row": der,
        "DER in a row, base64": openssl("base64", given=der),
        "DER, base64 one after the other": b"\n".join(openssl("base64", given=one) for one in chain.ders),
        "PkiPath": sequence(b"".join(chain.ders)),
    }


def _pem_parts(pem: bytes) -> list[bytes]:
    end = b"-----END CERTIFICATE-----\n"
    return [part + end for part in pem.split(end) if part.strip()]


def sequence(content: bytes) -> bytes:
    """A SEQUENCE in DER, written without our reader's help."""
    length = len(content)
    if length < 128:
        return bytes([0x30, length]) + content
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x30, 0x80 | len(octets)]) + octets + content


def indefinite(der: bytes, *, depth: int) -> bytes:
    """The same element in BER: every constructed one down to the depth has an indefinite length (X.690, 8.1.3.6)."""
    if not der[0] & 0x20 or depth == 0:
        return der
    count = der[1] & 0x7F if der[1] & 0x80 else 0
    content, parts = der[2 + count :], b""
    while content:
        extra = content[1] & 0x7F if content[1] & 0x80 else 0
        size = int.from_bytes(content[2 : 2 + extra], "big") if extra else content[1]
        part, content = content[: 2 + extra + size], content[2 + extra + size :]
        is_certificate = part[0] == 0x30 and size > 200
        parts += part if is_certificate else indefinite(part, depth=depth - 1)
    return bytes([der[0], 0x80]) + parts + b"\0\0"


@dataclass(frozen=True)
class Authority:
    """A name with a key, which several certificates may carry: cross-signed, or issued again."""

    name: str
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    def signs(self, subject: Authority, *, days: tuple[int, int] = (-1, 365), **details: Any) -> Certificate:
        """A certificate for the subject; see :func:`certificate` for the details."""
        return certificate(subject, self, days=days, **details)


def certificate(
    subject: Authority,
    issuer: Authority,
    *,
    days: tuple[int, int] = (-1, 365),
    ca: bool | None = True,
    path_length: int | None = None,
    extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    issuer_name: x509.Name | None = None,
    identifiers: bool = False,
) -> Certificate:
    """A certificate valid for days counted from now; without basic constraints when ``ca`` is None."""
    now = datetime.now(timezone.utc).replace(microsecond=0)
    builder = x509.CertificateBuilder(
        issuer_name or x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer.name)]),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, subject.name)]),
        subject.key.public_key(),
        x509.random_serial_number(),
        now + timedelta(days=days[0]),
        now + timedelta(days=days[1]),
    )
    if ca is not None:
        builder = builder.add_extension(x509.BasicConstraints(ca, path_length if ca else None), critical=True)
    if identifiers:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(subject.key.public_key()), False)
        builder = builder.add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False
        )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return parse_certificate(builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER))
