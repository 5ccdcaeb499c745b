# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checking the signature on a certificate or on a signing request.

Keys are built from their numbers rather than from the DER of the certificate, because the library refuses encodings
that real CAs have used. RFC 3279 and 8017 (RSA, DSA, ECDSA), RFC 4055 (RSA-PSS), RFC 8410 (Ed25519, Ed448).
"""

from __future__ import annotations

import functools
from typing import Any

from .asn1 import SEQUENCE, Asn1Error, children, decode_integer, decode_oid, first_child, read_element
from .certificate import Certificate, PublicKey, Signature
from .library import library
from .oids import SIGNATURE_ALGORITHMS

__all__ = ["could_have_signed", "made_with", "verify_signature"]

_HASHES = {
    "md5": "MD5",
    "sha1": "SHA1",
    "sha224": "SHA224",
    "sha256": "SHA256",
    "sha384": "SHA384",
    "sha512": "SHA512",
    "sha512_224": "SHA512_224",
    "sha512_256": "SHA512_256",
    "sha3_224": "SHA3_224",
    "sha3_256": "SHA3_256",
    "sha3_384": "SHA3_384",
    "sha3_512": "SHA3_512",
}
_HASH_OIDS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
    "2.16.840.1.101.3.4.2.5": "sha512_224",
    "2.16.840.1.101.3.4.2.6": "sha512_256",
}
_CURVE_CLASSES = {
    "secp192r1": "SECP192R1",
    "secp224r1": "SECP224R1",
    "secp256r1": "SECP256R1",
    "secp384r1": "SECP384R1",
    "secp521r1": "SECP521R1",
    "secp256k1": "SECP256K1",
    "brainpoolP256r1": "BrainpoolP256R1",
    "brainpoolP384r1": "BrainpoolP384R1",
    "brainpoolP512r1": "BrainpoolP512R1",
}
_MGF1 = "1.2.840.113549.1.1.8"
_MAX_RSA_BITS = 16384  # as OpenSSL; a larger key only costs time
_MAX_EXPONENT_BITS = 64


class _CannotCheck(Exception):
    """The algorithm or key is unknown here, so neither yes nor no can be said."""


@functools.lru_cache(maxsize=4096)
def verify_signature(certificate: Certificate, issuer: Certificate) -> bool | None:
    """Whether the issuer's key made the signature on the certificate; ``None`` when it cannot be checked.

    Names, dates and permissions are not looked at. Raises :class:`BadCertificate` only when the library is missing.
    """
    if not certificate.signature.consistent:
        return False
    return made_with(certificate.signature, issuer.public_key)


def made_with(signature: Signature, key: PublicKey) -> bool | None:
    """Whether this key made the signature; ``None`` when it cannot be checked."""
    known = SIGNATURE_ALGORITHMS.get(signature.algorithm)
    if known is None:
        return None
    if not _could_have_made(signature, key):
        return False
    _unused, hash_name, kind = known
    try:
        return _verify(key, kind, hash_name, signature.parameters, signature.octets, signature.signed)
    except (_CannotCheck, Asn1Error):
        return None


def could_have_signed(certificate: Certificate, issuer: Certificate) -> bool:
    """Whether the issuer's key is of the kind that makes such a signature; True for unknown algorithms.

    A key made for RSA-PSS alone makes no other signature, a plain RSA key makes both (RFC 4055, 1.2).
    """
    return _could_have_made(certificate.signature, issuer.public_key)


def _could_have_made(signature: Signature, key: PublicKey) -> bool:
    known = SIGNATURE_ALGORITHMS.get(signature.algorithm)
    return known is None or key.kind == known[2] or (known[2] == "RSASSA-PSS" and key.kind == "RSA")


def _verify(key: PublicKey, kind: str, hash_name: str | None, parameters: bytes, octets: bytes, signed: bytes) -> bool:
    found = library()
    try:
        if kind == "RSA":
            _rsa_key(key).verify(octets, signed, found.padding.PKCS1v15(), _hash(hash_name))
        elif kind == "RSASSA-PSS":
            digest, mask_digest, salt_length = _pss_parameters(parameters)
            padding = found.padding.PSS(found.padding.MGF1(_hash(mask_digest)), salt_length)
            _rsa_key(key).verify(octets, signed, padding, _hash(digest))
        elif kind == "EC":
            _ec_key(key).verify(octets, signed, found.ec.ECDSA(_hash(hash_name)))
        elif kind == "DSA":
            _dsa_key(key).verify(octets, signed, _hash(hash_name))
        else:
            source = found.ed25519.Ed25519PublicKey if kind == "Ed25519" else found.ed448.Ed448PublicKey
            source.from_public_bytes(key.octets).verify(octets, signed)
    except found.invalid_signature:
        return False
    except (ValueError, TypeError, AttributeError, found.unsupported):
        raise _CannotCheck from None
    return True


def _rsa_key(key: PublicKey) -> Any:
    modulus, exponent = (decode_integer(part) for part in children(read_element(key.octets), SEQUENCE)[:2])
    if not 0 < modulus.bit_length() <= _MAX_RSA_BITS or not 0 < exponent.bit_length() <= _MAX_EXPONENT_BITS:
        raise _CannotCheck
    return library().rsa.RSAPublicNumbers(exponent, modulus).public_key()


def _ec_key(key: PublicKey) -> Any:
    curve = _CURVE_CLASSES.get(key.curve or "")
    if curve is None:
        raise _CannotCheck
    ec = library().ec
    return ec.EllipticCurvePublicKey.from_encoded_point(getattr(ec, curve)(), key.octets)


def _dsa_key(key: PublicKey) -> Any:
    if not key.parameters:
        raise _CannotCheck  # inherited from the issuer (RFC 3279, 2.3.2); the numbers are elsewhere
    p, q, g = (decode_integer(part) for part in children(read_element(key.parameters), SEQUENCE)[:3])
    if p.bit_length() > _MAX_RSA_BITS:
        raise _CannotCheck
    dsa = library().dsa
    return dsa.DSAPublicNumbers(decode_integer(read_element(key.octets)), dsa.DSAParameterNumbers(p, q, g)).public_key()


def _hash(name: str | None) -> Any:
    if name not in _HASHES:
        raise _CannotCheck
    return getattr(library().hashes, _HASHES[name])()


def _pss_parameters(parameters: bytes) -> tuple[str, str, int]:
    """Hash, hash of the mask, octets of salt; SHA-1, SHA-1 and 20 where they are left out (RFC 4055, 3.1)."""
    digest, mask_digest, salt_length = "sha1", "sha1", 20
    for part in children(read_element(parameters), SEQUENCE) if parameters else ():
        inner = children(part)
        if not inner:
            raise _CannotCheck
        if part.tag == 0xA0:
            digest = _HASH_OIDS.get(decode_oid(first_child(inner[0])), "")
        elif part.tag == 0xA1:
            function, *of_hash = children(inner[0])
            if decode_oid(function) != _MGF1 or not of_hash:
                raise _CannotCheck
            mask_digest = _HASH_OIDS.get(decode_oid(first_child(of_hash[0])), "")
        elif part.tag == 0xA2:
            salt_length = decode_integer(inner[0])
    if not 0 <= salt_length <= 1024:
        raise _CannotCheck
    return digest, mask_digest, salt_length
