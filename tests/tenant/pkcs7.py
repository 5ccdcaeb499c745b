# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PKCS#7 (RFC 2315) as certificate container: our own reader, also for BER with indefinite lengths, and the writer."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Iterator

__all__ = ["NotPkcs7", "certificate_path", "elements", "pkcs7_certificates", "write_pkcs7_pem"]

_SIGNED_DATA = bytes.fromhex("06092a864886f70d010702")
_DATA = bytes.fromhex("06092a864886f70d010701")
_DEEPEST = 32


class NotPkcs7(ValueError):
    """Not a SignedData with certificates."""


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """The length octets at a position: the length (None: indefinite) and where the content starts."""
    if at >= len(data):
        raise NotPkcs7("truncated")
    first = data[at]
    if first < 0x80:
        return first, at + 1
    if first == 0x80:
        return None, at + 1
    end = at + 1 + (first & 0x7F)
    if first & 0x7F > 4 or end > len(data):
        raise NotPkcs7("bad length")
    return int.from_bytes(data[at + 1 : end], "big"), end


def _element(data: bytes, at: int, depth: int = 0) -> tuple[int, int, int, int]:
    """Tag, start and end of the content, and where the next element starts."""
    if at + 1 >= len(data) or data[at] & 0x1F == 0x1F or depth > _DEEPEST:
        raise NotPkcs7("bad element")
    length, start = _length(data, at + 1)
    if length is not None:
        if start + length > len(data):
            raise NotPkcs7("truncated")
        return data[at], start, start + length, start + length
    here = start
    while data[here : here + 2] != b"\0\0":
        here = _element(data, here, depth + 1)[3]
    return data[at], start, here, here + 2


def _children(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int, int]]:
    """Tag, where the element starts, its content's start and end, and the element's end."""
    at = start
    while at < end:
        tag, content, content_end, after = _element(data, at)
        yield tag, at, content, content_end, after
        at = after


def elements(data: bytes) -> list[tuple[int, bytes]]:
    """Tag and content of the elements in a row. Raises :class:`NotPkcs7`."""
    return [(tag, data[start:end]) for tag, _unused, start, end, _unused in _children(data, 0, len(data))]


def _definite(data: bytes, at: int) -> bytes:
    """One element with definite lengths throughout."""
    tag, start, end, _unused = _element(data, at)
    content = (
        b"".join(_definite(data, child) for _unused, child, *_unused in _children(data, start, end))
        if tag & 0x20
        else data[start:end]
    )
    return bytes([tag]) + _encoded_length(len(content)) + content


def _encoded_length(length: int) -> bytes:
    if length < 0x80:
        return bytes([length])
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def pkcs7_certificates(data: bytes) -> list[bytes]:
    """The certificates of a SignedData, DER, in the order of the file. Raises :class:`NotPkcs7`."""
    tag, start, end, after = _element(data, 0)
    if tag != 0x30 or after != len(data):
        raise NotPkcs7("not a ContentInfo")
    parts = list(_children(data, start, end))
    if len(parts) != 2 or data[parts[0][1] : parts[0][4]] != _SIGNED_DATA or parts[1][0] != 0xA0:
        raise NotPkcs7("not a SignedData")
    tag, start, end, _unused = _element(data, parts[1][2])
    if tag != 0x30:
        raise NotPkcs7("not a SignedData")
    return [
        _definite(data, at)
        for tag, _unused, first, last, _unused in _children(data, start, end)
        if tag == 0xA0
        for kind, at, *_unused in _children(data, first, last)
        if kind == 0x30
    ]


def certificate_path(data: bytes) -> list[bytes]:
    """A PkiPath (SEQUENCE OF Certificate, ITU-T X.509), in the order of the file: the top CA first. Raises
    :class:`NotPkcs7`.
    """
    tag, start, end, after = _element(data, 0)
    if tag != 0x30 or after != len(data):
        raise NotPkcs7("not a PkiPath")
    found = []
    for tag, at, first, _unused, next_one in _children(data, start, end):
        # A certificate starts with its tbsCertificate, a SEQUENCE in the SEQUENCE; a lone one has that a level higher.
        if tag != 0x30 or data[first : first + 1] != b"\x30":
            raise NotPkcs7("not a PkiPath")
        found.append(data[at:next_one])
    return found


def write_pkcs7_pem(certificates: tuple[bytes, ...]) -> str:
    """A degenerate SignedData (no content, no signers) in PEM."""

    def wrap(tag: int, *content: bytes) -> bytes:
        joined = b"".join(content)
        return bytes([tag]) + _encoded_length(len(joined)) + joined

    signed = wrap(0x30, b"\x02\x01\x01", wrap(0x31), wrap(0x30, _DATA), wrap(0xA0, *certificates), wrap(0x31))
    der = wrap(0x30, _SIGNED_DATA, wrap(0xA0, signed))
    return f"-----BEGIN PKCS7-----\n{encodebytes(der).decode()}-----END PKCS7-----\n"
