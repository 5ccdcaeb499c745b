# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The extensions of a certificate that decide what it may be used for (RFC 5280, section 4.2)."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import Any, NamedTuple

from .asn1 import (
    OCTET_STRING,
    SEQUENCE,
    Asn1Error,
    Element,
    children,
    decode_bits,
    decode_boolean,
    decode_integer,
    decode_oid,
    read_element,
)
from .distinguished_name import DistinguishedName, parse_name
from .oids import EXTENDED_KEY_USAGES

__all__ = ["KEY_CERT_SIGN", "Extension", "Extensions", "GeneralName", "parse_extensions", "parse_general_name"]

SUBJECT_KEY_ID, KEY_USAGE, SUBJECT_ALTERNATIVE_NAME = "2.5.29.14", "2.5.29.15", "2.5.29.17"
BASIC_CONSTRAINTS, NAME_CONSTRAINTS, AUTHORITY_KEY_ID, EXTENDED_KEY_USAGE = (
    "2.5.29.19",
    "2.5.29.30",
    "2.5.29.35",
    "2.5.29.37",
)

#: Number of the bit in KeyUsage (RFC 5280, 4.2.1.3).
KEY_CERT_SIGN = 5

_GENERAL_NAME_KINDS = {
    0xA0: "otherName",
    0x81: "email",
    0x82: "DNS",
    0xA4: "dirName",
    0x86: "URI",
    0x87: "IP",
    0x88: "RID",
}


class Extension(NamedTuple):
    critical: bool
    value: bytes


class GeneralName(NamedTuple):
    """One alternative name: ``kind`` as openssl writes it, ``text`` for people, ``octets`` as in the certificate."""

    kind: str
    text: str
    octets: bytes
    name: DistinguishedName | None = None


@dataclass(frozen=True, slots=True)
class Extensions:
    """What the extensions say. An extension that cannot be read is listed in ``malformed`` and says nothing."""

    raw: dict[str, Extension]
    malformed: tuple[str, ...] = ()
    is_ca: bool = False
    path_length: int | None = None
    key_usage: frozenset[int] | None = None
    extended_key_usages: tuple[str, ...] | None = None
    alternative_names: tuple[GeneralName, ...] = ()
    subject_key_id: bytes | None = None
    authority_key_id: bytes | None = None

    @property
    def has_basic_constraints(self) -> bool:
        return BASIC_CONSTRAINTS in self.raw


def parse_extensions(element: Element | None) -> Extensions:
    """The ``Extensions`` of a certificate; ``None`` when it has none.

    The list itself must be well-formed and name each extension once (RFC 5280, 4.2); the content of a single one may
    be broken, because CAs have issued such certificates and they are in use. Raises :class:`Asn1Error`.
    """
    raw: dict[str, Extension] = {}
    for part in children(element, SEQUENCE) if element else ():
        fields = children(part, SEQUENCE)
        if not 2 <= len(fields) <= 3 or fields[-1].tag != OCTET_STRING:
            raise Asn1Error("an extension is broken")
        oid = decode_oid(fields[0])
        if oid in raw:
            raise Asn1Error(f"it has the extension {oid} twice")
        raw[oid] = Extension(len(fields) == 3 and decode_boolean(fields[1]), fields[-1].content)
    malformed = []
    known: dict[str, Any] = {}
    for oid, parse in _PARSERS.items():
        if oid in raw:
            try:
                known.update(parse(_only_element(raw[oid].value)))
            except Asn1Error:
                malformed.append(oid)
    return Extensions(raw, tuple(malformed), **known)


def _only_element(value: bytes) -> Element:
    element = read_element(value)
    if element.end != len(value):
        raise Asn1Error("an extension has extra bytes")
    return element


def _basic_constraints(element: Element) -> dict[str, object]:
    fields = children(element, SEQUENCE)
    is_ca = decode_boolean(fields.pop(0)) if fields and fields[0].tag == 0x01 else False
    length = decode_integer(fields.pop(0)) if fields else None
    if fields or (length is not None and length < 0):
        raise Asn1Error("the basic constraints are broken")
    return {"is_ca": is_ca, "path_length": length if is_ca else None}


def _key_usage(element: Element) -> dict[str, object]:
    return {"key_usage": decode_bits(element)}


def _extended_key_usage(element: Element) -> dict[str, object]:
    oids = [decode_oid(usage) for usage in children(element, SEQUENCE)]
    return {"extended_key_usages": tuple(EXTENDED_KEY_USAGES.get(oid, oid) for oid in oids)}


def _alternative_names(element: Element) -> dict[str, object]:
    return {"alternative_names": tuple(parse_general_name(name) for name in children(element, SEQUENCE))}


def _subject_key_id(element: Element) -> dict[str, object]:
    if element.tag != OCTET_STRING:
        raise Asn1Error("the subject key identifier is broken")
    return {"subject_key_id": element.content}


def _authority_key_id(element: Element) -> dict[str, object]:
    for part in children(element, SEQUENCE):
        if part.tag == 0x80:
            return {"authority_key_id": part.content}
    return {}


_PARSERS = {
    BASIC_CONSTRAINTS: _basic_constraints,
    KEY_USAGE: _key_usage,
    EXTENDED_KEY_USAGE: _extended_key_usage,
    SUBJECT_ALTERNATIVE_NAME: _alternative_names,
    SUBJECT_KEY_ID: _subject_key_id,
    AUTHORITY_KEY_ID: _authority_key_id,
}


def parse_general_name(element: Element) -> GeneralName:
    """RFC 5280, 4.2.1.6. Names of kinds that TLS does not use keep their octets only."""
    kind = _GENERAL_NAME_KINDS.get(element.tag, f"[{element.tag:02x}]")
    content = element.content
    if kind == "dirName":
        name = parse_name(read_element(content))
        return GeneralName(kind, name.text, content, name)
    if kind == "IP":
        return GeneralName(kind, _address_text(content), content)
    if kind in ("DNS", "email", "URI"):
        return GeneralName(kind, _printable(content), content)
    if kind == "otherName":
        fields = children(element)
        return GeneralName(kind, decode_oid(fields[0]) if fields else "", content)
    return GeneralName(kind, content.hex(), content)


def _address_text(octets: bytes) -> str:
    """An address, or for name constraints an address and its mask; other lengths in hexadecimal."""
    if len(octets) in (4, 16):
        return str(ipaddress.ip_address(octets))
    if len(octets) in (8, 32):
        half = len(octets) // 2
        return f"{ipaddress.ip_address(octets[:half])}/{ipaddress.ip_address(octets[half:])}"
    return octets.hex()


def _printable(octets: bytes) -> str:
    text = octets.decode("utf-8", "replace")
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in text)
