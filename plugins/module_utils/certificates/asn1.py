# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading ASN.1 as certificates use it: DER, and BER with indefinite lengths turned into definite ones (X.690).

An own reader, because real CAs write what strict readers refuse: encoded default values, parameters where none
belong, old time formats. Nothing is decoded that is not asked for, and nothing is trusted: lengths are checked against
the bytes that are there, and nesting is bounded, so the effort is linear in the size of the input.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

__all__ = [
    "BIT_STRING",
    "BOOLEAN",
    "INTEGER",
    "OBJECT_IDENTIFIER",
    "OCTET_STRING",
    "SEQUENCE",
    "SET",
    "Asn1Error",
    "Element",
    "IndefiniteLength",
    "children",
    "decode_bit_string",
    "decode_bits",
    "decode_boolean",
    "decode_integer",
    "decode_oid",
    "decode_time",
    "first_child",
    "read_all",
    "read_element",
    "with_definite_lengths",
]

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OBJECT_IDENTIFIER = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

_CONSTRUCTED = 0x20
_INDEFINITE = 0x80
_MAX_NESTING = 48  # a certificate inside PKCS#7 with every extension stays under 20

_REST_OF_TIME = r"(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})?(?:[.,](\d{1,9}))?(Z|[+-]\d{4})?"
_TIMES = {
    UTC_TIME: re.compile(r"(\d{2})" + _REST_OF_TIME, re.ASCII),
    GENERALIZED_TIME: re.compile(r"(\d{4})" + _REST_OF_TIME, re.ASCII),
}


class Asn1Error(ValueError):
    """The bytes are not what they should be. Internal to this layer: it leaves it as ``BadCertificate``."""


class IndefiniteLength(Asn1Error):
    """BER with an indefinite length, to be converted before it can be read."""


class Element(NamedTuple):
    """One tag, length and value inside ``data``; no bytes are copied until asked for."""

    tag: int  #: the identifier octet; for tag numbers above 30 all identifier octets as one number
    start: int
    content_start: int
    end: int
    data: bytes

    @property
    def content(self) -> bytes:
        return self.data[self.content_start : self.end]

    @property
    def raw(self) -> bytes:
        """Tag, length and value."""
        return self.data[self.start : self.end]


def read_element(data: bytes, start: int = 0, end: int | None = None) -> Element:
    """The element at ``start``. It must end at or before ``end``."""
    end = len(data) if end is None else end
    tag, position = _read_tag(data, start, end)
    if position >= end:
        raise Asn1Error("it ends in the middle of a length")
    length = data[position]
    position += 1
    if length == _INDEFINITE:
        raise IndefiniteLength("it has an indefinite length")
    if length > _INDEFINITE:
        count = length - _INDEFINITE
        if count > 4:
            raise Asn1Error("it states an impossible length")
        if position + count > end:
            raise Asn1Error("it ends in the middle of a length")
        length = int.from_bytes(data[position : position + count], "big")
        position += count
    if position + length > end:
        raise Asn1Error("it is cut off: it states more bytes than there are")
    return Element(tag, start, position, position + length, data)


def read_all(data: bytes, start: int = 0, end: int | None = None) -> list[Element]:
    """All elements from ``start`` to ``end``, which they must fill exactly."""
    end = len(data) if end is None else end
    found = []
    while start < end:
        element = read_element(data, start, end)
        found.append(element)
        start = element.end
    return found


def children(element: Element, tag: int | None = None) -> list[Element]:
    """The elements inside; with ``tag``, the element itself must have it."""
    if tag is not None and element.tag != tag:
        raise Asn1Error("it has another structure than a certificate")
    return read_all(element.data, element.content_start, element.end)


def first_child(element: Element) -> Element:
    """The first element inside; there must be one."""
    return read_element(element.data, element.content_start, element.end)


def with_definite_lengths(data: bytes) -> bytes:
    """The same elements with every indefinite length replaced (X.690, 8.1.3.6). Bytes after them are an error."""
    parts: list[bytes] = []
    position = 0
    while position < len(data):
        part, position = _definite(data, position, len(data), 0)
        parts.append(part)
    return b"".join(parts)


def _definite(data: bytes, start: int, end: int, depth: int) -> tuple[bytes, int]:
    if depth > _MAX_NESTING:
        raise Asn1Error("it is nested deeper than any certificate")
    _unused, position = _read_tag(data, start, end)
    if position >= end:
        raise Asn1Error("it ends in the middle of a length")
    if data[position] == _INDEFINITE:
        if not _is_constructed(data[start]):
            raise Asn1Error("a plain value has an indefinite length")
        header, position, parts = data[start:position], position + 1, []
        while data[position : position + 2] != b"\0\0":
            if position >= end:
                raise Asn1Error("it is cut off: the end of an indefinite length is missing")
            part, position = _definite(data, position, end, depth + 1)
            parts.append(part)
        if position + 2 > end:
            raise Asn1Error("it is cut off: the end of an indefinite length is missing")
        content = b"".join(parts)
        return header + _encode_length(len(content)) + content, position + 2
    element = read_element(data, start, end)
    if not _is_constructed(data[start]):
        return element.raw, element.end
    parts, inner, changed = [], element.content_start, False
    while inner < element.end:
        part, after = _definite(data, inner, element.end, depth + 1)
        changed = changed or part != data[inner:after]
        parts.append(part)
        inner = after
    if not changed:
        return element.raw, element.end
    content = b"".join(parts)
    return data[start:position] + _encode_length(len(content)) + content, element.end


def _is_constructed(identifier: int) -> bool:
    return bool(identifier & _CONSTRUCTED)


def _encode_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def _read_tag(data: bytes, start: int, end: int) -> tuple[int, int]:
    if start >= end:
        raise Asn1Error("it ends where a value should begin")
    tag, position = data[start], start + 1
    if tag & 0x1F == 0x1F:
        for _unused in range(4):
            if position >= end:
                raise Asn1Error("it ends in the middle of a tag")
            octet = data[position]
            tag, position = tag << 8 | octet, position + 1
            if not octet & 0x80:
                break
        else:
            raise Asn1Error("it has an impossible tag")
    return tag, position


def decode_integer(element: Element) -> int:
    if element.tag != INTEGER or element.content_start == element.end:
        raise Asn1Error("a number is missing")
    return int.from_bytes(element.content, "big", signed=True)


def decode_boolean(element: Element) -> bool:
    if element.tag != BOOLEAN or element.end - element.content_start != 1:
        raise Asn1Error("a yes or no is missing")
    return element.data[element.content_start] != 0


def decode_oid(element: Element) -> str:
    """Dotted decimal."""
    content = element.content
    if element.tag != OBJECT_IDENTIFIER or not content or content[-1] & 0x80 or len(content) > 128:
        raise Asn1Error("an object identifier is missing or broken")
    arcs: list[int] = []
    value = 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in (first, arcs[0] - 40 * first, *arcs[1:]))


def decode_bit_string(element: Element) -> bytes:
    """The octets of a bit string that has no unused bits, such as a key or a signature."""
    content = element.content
    if element.tag != BIT_STRING or not content or content[0] > 7:
        raise Asn1Error("a bit string is missing or broken")
    return content[1:]


def decode_bits(element: Element) -> frozenset[int]:
    """The numbers of the bits that are set, the first bit being 0, as ``KeyUsage`` counts them."""
    octets = decode_bit_string(element)[:8]
    return frozenset(8 * index + bit for index, octet in enumerate(octets) for bit in range(8) if octet & 0x80 >> bit)


def decode_time(element: Element) -> datetime:
    """UTCTime or GeneralizedTime as an aware time in UTC (RFC 5280, 4.1.2.5).

    Old forms without seconds, with fractions or with an offset are read as well: CAs have written them. The year 0 is
    taken as the year 1, the first that Python knows.
    """
    try:
        text = element.content.decode("ascii")
    except UnicodeDecodeError:
        text = ""
    pattern = _TIMES.get(element.tag)
    match = pattern.fullmatch(text.strip()) if pattern else None
    if match is None:
        raise Asn1Error("a date is written in no known form")
    year = int(match[1])
    if element.tag == UTC_TIME:
        year += 1900 if year >= 50 else 2000
    fraction = int((match[7] or "0").ljust(6, "0")[:6])
    try:
        day, clock = (int(match[2]), int(match[3])), (int(match[4]), int(match[5]), int(match[6] or 0))
        moment = datetime(max(year, 1), *day, *clock, fraction, timezone.utc)
        zone = match[8] or "Z"
        if zone != "Z":
            offset = timedelta(hours=int(zone[1:3]), minutes=int(zone[3:5]))
            moment = moment - offset if zone[0] == "+" else moment + offset
    except (ValueError, OverflowError):
        raise Asn1Error("a date does not exist in the calendar") from None
    return moment
