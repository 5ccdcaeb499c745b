# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java ``.properties`` text, as ``java.util.Properties.load`` reads it.

Rule: Java SE API, class Properties, method ``load(Reader)``: logical lines, comments, the end of a key, escapes.
"""

from __future__ import annotations

from .archive import BadBundle

__all__ = ["read_properties"]

_BLANKS = " \t\f"
_COMMENT = "#!"
_SHORT_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}


def read_properties(data: bytes, where: str = "parameters.prop") -> dict[str, str]:
    """Keys and values in the order found; a key given twice has its last value.

    Bytes beyond ASCII are taken as UTF-8 where they are valid UTF-8, otherwise as ISO 8859-1 (what Java does with a
    stream): a tool writes escapes, so only an editor puts such bytes there, and editors write UTF-8.

    Raises :class:`BadBundle` for an escape that Java refuses.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = data.decode("iso-8859-1")
    found: dict[str, str] = {}
    for line in _logical_lines(text.removeprefix("\ufeff")):
        key, value = _split(line)
        found[_unescape(key, where)] = _unescape(value, where)
    return found


def _logical_lines(text: str) -> list[str]:
    """Lines without comments and leading blanks, continued lines joined; escapes are still in them."""
    lines: list[str] = []
    pieces: list[str] = []
    for natural in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        piece = natural.lstrip(_BLANKS)
        if not any(pieces) and (not piece or piece[0] in _COMMENT):
            pieces = []
            continue
        # What was continued ends before its last backslash, so whether a line goes on is seen from its last piece.
        if (len(piece) - len(piece.rstrip("\\"))) % 2:
            if not pieces or len(piece) > 1:
                pieces.append(piece[:-1])
            continue
        lines.append("".join((*pieces, piece)))
        pieces = []
    if pieces:
        lines.append("".join(pieces))
    return lines


def _split(line: str) -> tuple[str, str]:
    """The key ends at the first ``=``, ``:`` or blank that is not escaped."""
    position = 0
    while position < len(line) and line[position] not in "=:" + _BLANKS:
        position += 2 if line[position] == "\\" else 1
    key, rest = line[:position], line[position:].lstrip(_BLANKS)
    if rest[:1] in ("=", ":"):
        rest = rest[1:].lstrip(_BLANKS)
    return key, rest


def _unescape(text: str, where: str) -> str:
    if "\\" not in text:
        return text
    out: list[str] = []
    position = 0
    while position < len(text):
        character = text[position]
        position += 1
        if character != "\\":
            out.append(character)
            continue
        escaped = text[position : position + 1]
        position += 1
        if escaped != "u":
            out.append(_SHORT_ESCAPES.get(escaped, escaped))
            continue
        digits = text[position : position + 4]
        position += 4
        if len(digits) < 4 or any(digit not in "0123456789abcdefABCDEF" for digit in digits):
            raise BadBundle(f"The escape \\u{ascii(digits)[1:-1]} is not four hexadecimal digits", where=where)
        out.append(chr(int(digits, 16)))
    # Java strings are UTF-16: a character beyond the first plane is written as two escapes.
    return "".join(out).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
