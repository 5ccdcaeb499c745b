# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""PEM blocks and bare base64 in text (RFC 7468), read so that damage is never overlooked."""

from __future__ import annotations

import base64
import binascii
import re
from typing import NamedTuple

from .errors import BadCertificate

__all__ = ["PemBlock", "bare_base64", "decode_body", "decode_text", "split_pem"]

_BEGIN = re.compile(r"-----BEGIN ([^\n-]{1,64}?)-----")
# What a mail program or a copy by hand makes of a boundary: other dashes, too few, a lost half of the block.
_DAMAGED = re.compile(
    r"(?<![-\u2010-\u2015])[-\u2010-\u2015]+[ \t]*(?:BEGIN|END)[ \t]+"
    r"(?:[A-Z0-9#]+[ \t]+){0,4}(?:CERTIFICATE|PKCS7|CMS|KEY|CHAIN|DATA)\b",
    re.IGNORECASE,
)
# No text has these; DER has one at least, the tag of a number.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")
_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")
_PADDED = re.compile(r"[A-Za-z0-9+/]*={0,2}")  # the decoder of Python overlooks superfluous padding
_BLANKS = re.compile(r"\s+")


class PemBlock(NamedTuple):
    label: str
    body: str


def decode_text(data: bytes) -> str | None:
    """The bytes as text: UTF-8, or UTF-16 as Windows tools write it; ``None`` for binary data."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif len(data) >= 4 and data[1::2][:64].count(0) == len(data[1::2][:64]):
        encoding = "utf-16-le"
    elif len(data) >= 4 and data[0:128:2].count(0) == len(data[0:128:2]):
        encoding = "utf-16-be"
    else:
        encoding = "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = data.decode("latin-1")  # text around the blocks in an old encoding
    return None if _CONTROL.search(text) else text


def split_pem(text: str) -> list[PemBlock]:
    """Every block in the text, in order. Text outside the blocks is ignored, the remains of a broken block are not.

    Raises :class:`BadCertificate` for a block without its end, and for a boundary that is damaged.
    """
    blocks: list[PemBlock] = []
    outside: list[str] = []
    position = 0
    while True:
        begin = _BEGIN.search(text, position)
        if begin is None:
            outside.append(text[position:])
            break
        outside.append(text[position : begin.start()])
        label = begin[1].strip()
        boundary = f"-----END {begin[1]}-----"
        end = text.find(boundary, begin.end())
        following = text.find("-----BEGIN ", begin.end())
        if end < 0 or 0 <= following < end:
            raise BadCertificate(
                f"Block {len(blocks) + 1} ({label}) begins but has no END line of its own",
                remedy="The file is cut off or damaged: save the CA's answer again",
            )
        blocks.append(PemBlock(label, text[begin.end() : end]))
        position = end + len(boundary)
    if any(_DAMAGED.search(part) for part in outside):
        raise BadCertificate(
            "A BEGIN or END line is damaged or has no partner",
            remedy="Such a line has five hyphens on each side; save the CA's answer as a file, do not copy its text",
        )
    return blocks


def decode_body(block: PemBlock, number: int) -> bytes:
    """The bytes of a block: strict base64, in which only blanks and line breaks may stand anywhere."""
    decoded = _strict_base64(block.body)
    if not decoded:
        raise BadCertificate(
            f"Block {number} ({block.label}) is {'empty' if not block.body.strip() else 'not correct base64'}",
            remedy="The block is damaged, often by copying or by a mail program: save the CA's answer again as a file",
        )
    return decoded


def bare_base64(text: str) -> list[bytes] | None:
    """The pieces of a text that is nothing but base64 of ASN.1; ``None`` for any other text.

    One piece, or several with a blank line or their padding between them, as from joined files.
    """
    if not _BASE64.fullmatch(text):
        return None
    whole = _strict_base64(text)
    pieces = (
        [whole]
        if whole
        else [_strict_base64(piece) for piece in re.split(r"\n\s*\n|(?<==)\s+(?=[^\s=])", text.strip())]
    )
    decoded = [piece for piece in pieces if piece]
    return decoded if len(decoded) == len(pieces) else None


def _strict_base64(text: str) -> bytes:
    """The decoded bytes; empty when it is not correct base64."""
    packed = _BLANKS.sub("", text)
    if len(packed) % 4 or not _PADDED.fullmatch(packed):
        return b""
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error:
        return b""
