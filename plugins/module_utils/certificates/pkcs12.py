# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is in a PKCS#12 file, as far as it shows without the passphrase (RFC 7292): its keys and how it is encrypted.

Looked at before the passphrase is tried, so that each kind of unusable file has its own sentence.
"""

from __future__ import annotations

from dataclasses import dataclass

from .asn1 import (
    INTEGER,
    OBJECT_IDENTIFIER,
    OCTET_STRING,
    SEQUENCE,
    Asn1Error,
    Element,
    IndefiniteLength,
    children,
    decode_integer,
    decode_oid,
    first_child,
    read_element,
    with_definite_lengths,
)
from .errors import BadCertificate
from .pem import bare_base64, decode_text

__all__ = ["Pkcs12Outline", "outline_of_pkcs12"]

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_KEY_BAG, _SHROUDED_KEY_BAG = "1.2.840.113549.1.12.10.1.1", "1.2.840.113549.1.12.10.1.2"
_PBES2 = "1.2.840.113549.1.5.13"
_CONSTRUCTED_OCTET_STRING = 0x24
_VERSION = 3
# RFC 7292, appendix C, and the ciphers of PBES2 that are as old (RFC 8018, appendix B.2).
_LEGACY = {
    "1.2.840.113549.1.12.1.1": "RC4 with 128 bits",
    "1.2.840.113549.1.12.1.2": "RC4 with 40 bits",
    "1.2.840.113549.1.12.1.3": "3DES",
    "1.2.840.113549.1.12.1.4": "3DES with two keys",
    "1.2.840.113549.1.12.1.5": "RC2 with 128 bits",
    "1.2.840.113549.1.12.1.6": "RC2 with 40 bits",
    "1.2.840.113549.1.5.3": "DES",
    "1.2.840.113549.1.5.10": "DES",
    "1.2.840.113549.1.5.11": "RC2",
    "1.3.14.3.2.7": "DES",
    "1.2.840.113549.3.2": "RC2",
    "1.2.840.113549.3.7": "3DES",
}


@dataclass(frozen=True)
class Pkcs12Outline:
    """:param data: the file as DER or BER, decoded from base64 when it came so.

    :param keys: how many private keys stand in parts that are not encrypted as a whole; every known tool writes its
        keys there, each encrypted by itself.
    :param legacy: names of outdated ciphers in it.
    """

    data: bytes
    keys: int
    legacy: tuple[str, ...]


def outline_of_pkcs12(data: bytes) -> Pkcs12Outline:
    """Raises :class:`BadCertificate` when it is no PKCS#12 file, or a damaged one."""
    text = decode_text(data)
    if text is not None:
        if "-----BEGIN " in text:
            raise BadCertificate(
                "It is PEM text, and a key pair is imported as PKCS#12",
                remedy="Make one with: openssl pkcs12 -export -in certificates.pem -inkey key.pem -out key_pair.p12",
            )
        pieces = bare_base64(text)
        if pieces is None or len(pieces) != 1:
            raise _no_pkcs12()
        data = pieces[0]
    if data[:4] in (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce"):
        raise BadCertificate(
            "It is a Java keystore (JKS or JCEKS), and a key pair is imported as PKCS#12",
            remedy="Convert it with: keytool -importkeystore -srckeystore FILE -destkeystore key_pair.p12 "
            "-deststoretype PKCS12",
        )
    if data[:1] != b"\x30":
        raise _no_pkcs12()
    try:
        try:
            parts = children(_whole(data), SEQUENCE)
        except IndefiniteLength:
            parts = children(_whole(with_definite_lengths(data)), SEQUENCE)
        if len(parts) < 2 or parts[0].tag != INTEGER or decode_integer(parts[0]) != _VERSION:
            raise _no_pkcs12()
        return _outline(data, parts[1])
    except Asn1Error as problem:
        raise BadCertificate(
            f"It begins like a PKCS#12 file, but {problem}", remedy="The file is cut off or damaged: copy it again"
        ) from None


def _no_pkcs12() -> BadCertificate:
    return BadCertificate(
        "It is no PKCS#12 file", remedy="Give the key pair as PKCS#12, usually with the ending .p12 or .pfx"
    )


def _whole(data: bytes) -> Element:
    element = read_element(data)
    if element.end != len(data):
        raise Asn1Error("there are bytes after its end")
    return element


def _outline(data: bytes, safe: Element) -> Pkcs12Outline:
    kind, content = _content_info(safe)
    if kind != _DATA:
        raise BadCertificate(
            "The PKCS#12 file is protected with a public key instead of a passphrase",
            remedy="Export the key pair again, protected with a passphrase",
        )
    keys, ciphers = 0, list[str]()
    for part in children(_inside(content), SEQUENCE):
        kind, content = _content_info(part)
        if kind == _ENCRYPTED_DATA:
            ciphers += _ciphers(children(children(content, SEQUENCE)[1], SEQUENCE)[1])
        elif kind == _DATA:
            for bag in children(_inside(content), SEQUENCE):
                bag_kind, *values = children(bag, SEQUENCE)
                identifier = decode_oid(bag_kind)
                if identifier in (_KEY_BAG, _SHROUDED_KEY_BAG):
                    keys += 1
                if identifier == _SHROUDED_KEY_BAG and values:
                    ciphers += _ciphers(first_child(first_child(values[0])))
    return Pkcs12Outline(data, keys, tuple(dict.fromkeys(_LEGACY[one] for one in ciphers if one in _LEGACY)))


def _content_info(element: Element) -> tuple[str, Element]:
    parts = children(element, SEQUENCE)
    if len(parts) != 2 or parts[0].tag != OBJECT_IDENTIFIER:
        raise Asn1Error("it has another structure than PKCS#12")
    return decode_oid(parts[0]), first_child(parts[1])


def _inside(octets: Element) -> Element:
    """The value that an octet string holds; BER may write the string in pieces."""
    if octets.tag == _CONSTRUCTED_OCTET_STRING:
        content = b"".join(piece.content for piece in children(octets))
    elif octets.tag == OCTET_STRING:
        content = octets.content
    else:
        raise Asn1Error("it has another structure than PKCS#12")
    try:
        return _whole(content)
    except IndefiniteLength:
        return _whole(with_definite_lengths(content))


def _ciphers(algorithm: Element) -> list[str]:
    """The algorithm's identifier; of PBES2 that of its cipher (RFC 8018, appendix A.4)."""
    parts = children(algorithm, SEQUENCE)
    if not parts:
        raise Asn1Error("an algorithm is missing")
    identifier = decode_oid(parts[0])
    if identifier != _PBES2:
        return [identifier]
    schemes = children(parts[1], SEQUENCE) if len(parts) > 1 else []
    return [decode_oid(first_child(scheme)) for scheme in schemes[1:]]
