# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A key pair in a PKCS#12 file: opening it with its passphrase, and saying why when that does not work."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .certificate import Certificate, parse_certificate
from .chain import Chain, order_chain
from .errors import BadCertificate
from .fingerprint import fingerprint_sha256
from .library import library
from .pkcs12 import outline_of_pkcs12

__all__ = ["PKCS12_LIMIT", "KeyPairFile", "read_pkcs12"]

#: Bytes (API specification SecurityContent.json: POST /KeyPairResources, 413).
PKCS12_LIMIT = 30072


@dataclass(frozen=True)
class KeyPairFile:
    """:param data: the PKCS#12 itself, as it is sent; never shown.

    :param chain: the certificate of its key, with what else of its chain is inside.
    """

    data: bytes = field(repr=False)
    chain: Chain

    @property
    def leaf(self) -> Certificate:
        return self.chain.leaf


def read_pkcs12(data: bytes, passphrase: str) -> KeyPairFile:
    """The one key pair in the file. Raises :class:`BadCertificate`; the message never holds the passphrase.

    Files with outdated encryption are refused even where the library at hand could open them: which ones it opens
    depends on how it was built, and a refusal that depends on the machine helps nobody.
    """
    if len(data) > (PKCS12_LIMIT + 2) // 3 * 4 + PKCS12_LIMIT // 16:
        raise _too_long(len(data))
    outline = outline_of_pkcs12(data)
    if len(outline.data) > PKCS12_LIMIT:
        raise _too_long(len(outline.data))
    if outline.keys > 1:
        raise BadCertificate(
            f"There are {outline.keys} private keys in the PKCS#12 file, and a tenant would import one of them",
            remedy="Give a file with the one key pair that is meant, for example with: keytool -importkeystore "
            "-srcalias ALIAS -srckeystore FILE -destkeystore one.p12 -deststoretype PKCS12",
        )
    if outline.legacy:
        raise BadCertificate(
            f"The PKCS#12 file is encrypted with {' and '.join(outline.legacy)}, which is outdated",
            remedy="Encrypt it anew: openssl pkcs12 -legacy -in FILE -nodes | openssl pkcs12 -export -out key_pair.p12",
        )
    return _open(outline.data, passphrase)


def _too_long(length: int) -> BadCertificate:
    return BadCertificate(
        f"The PKCS#12 file has {length} bytes, and a tenant takes at most {PKCS12_LIMIT}",
        remedy="Leave out certificates that do not belong to the chain of the key",
    )


def _open(data: bytes, passphrase: str) -> KeyPairFile:
    found = library()
    try:
        key, own, others = found.pkcs12.load_key_and_certificates(data, passphrase.encode() or None)
    except (ValueError, TypeError) as problem:
        if "password" not in str(problem).lower():
            raise BadCertificate(
                "A key or certificate in the PKCS#12 file cannot be read", remedy="Export the key pair again"
            ) from None
        raise BadCertificate(
            "The passphrase does not open the PKCS#12 file" if passphrase else "The PKCS#12 file needs a passphrase",
            remedy="Give the passphrase that it was exported with",
        ) from None
    except found.unsupported:
        raise BadCertificate(
            "The PKCS#12 file holds a cipher or a kind of key that the library cryptography does not know",
            remedy="Export it again with AES, as openssl 3 and keytool do by default",
        ) from None
    certificates = [parse_certificate(_der(one)) for one in (own, *others) if one is not None]
    if key is None:
        raise BadCertificate(
            "There is no private key in the PKCS#12 file, only certificates",
            remedy="Export it again with its private key, or import a certificate with certificate_path",
        )
    spki = fingerprint_sha256(
        key.public_key().public_bytes(
            found.serialization.Encoding.DER, found.serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    if not any(one.spki_sha256 == spki for one in certificates):
        raise BadCertificate(
            "No certificate in the PKCS#12 file belongs to its private key",
            remedy="Export the key together with its certificate",
        )
    chain = order_chain(certificates, spki_sha256=spki)
    if chain.broken:
        raise BadCertificate(f"The chain is broken: {chain.broken}", remedy="Export it again with the right issuers")
    return KeyPairFile(data, chain)


def _der(certificate: Any) -> bytes:
    encoded: bytes = certificate.public_bytes(library().serialization.Encoding.DER)
    return encoded
