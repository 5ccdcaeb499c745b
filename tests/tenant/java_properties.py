# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java property files, as ``parameters.prop`` of an integration flow is one (java.util.Properties, load and store)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

__all__ = ["read_properties", "write_properties"]

_NAMED = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def write_properties(values: Mapping[str, str], stamp: datetime) -> bytes:
    """As ``Properties.store`` writes: a comment with the date, then escaped pairs, in ISO 8859-1."""
    date = f"#{_DAYS[stamp.weekday()]} {_MONTHS[stamp.month - 1]} {stamp:%d %H:%M:%S} UTC {stamp.year}\n"
    return (date + "".join(f"{_escape(k, key=True)}={_escape(v, key=False)}\n" for k, v in values.items())).encode(
        "latin-1"
    )


def read_properties(data: bytes) -> dict[str, str]:
    """As ``Properties.load`` reads; the last of two equal keys counts."""
    values: dict[str, str] = {}
    for line in _logical_lines(data.decode("latin-1")):
        end = 0
        while end < len(line) and line[end] not in "=: \t\f":
            end += 2 if line[end] == "\\" else 1
        rest = line[end:].lstrip(" \t\f")
        if rest[:1] in ("=", ":"):
            rest = rest[1:].lstrip(" \t\f")
        values[_unescape(line[:end])] = _unescape(rest)
    return values


def _escape(text: str, *, key: bool) -> str:
    written = []
    leading = True
    for character in text:
        leading = leading and character == " "
        if character == " ":
            written.append("\\ " if key or leading else " ")
        elif character in "\t\n\r\f":
            written.append({"\t": "\\t", "\n": "\\n", "\r": "\\r", "\f": "\\f"}[character])
        elif character in "\\=:#!":
            written.append("\\" + character)
        elif " " < character <= "~":
            written.append(character)
        else:
            units = character.encode("utf-16-be")
            written.extend(f"\\u{units[i]:02X}{units[i + 1]:02X}" for i in range(0, len(units), 2))
    return "".join(written)


def _unescape(text: str) -> str:
    units: list[str] = []
    at = 0
    while at < len(text):
        if text[at] != "\\" or at + 1 == len(text):
            units.append(text[at])
            at += 1
        elif text[at + 1] == "u":
            units.append(chr(int(text[at + 2 : at + 6], 16)))
            at += 6
        else:
            units.append(_NAMED.get(text[at + 1], text[at + 1]))
            at += 2
    # Java's characters are UTF-16 units: two escapes may make one character.
    return "".join(units).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _logical_lines(text: str) -> list[str]:
    lines: list[str] = []
    open_line = ""
    for natural in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        line = natural.lstrip(" \t\f")
        if not open_line and (not line or line[0] in "#!"):
            continue
        line = open_line + line
        if (len(line) - len(line.rstrip("\\"))) % 2:
            open_line = line[:-1]
            continue
        open_line = ""
        lines.append(line)
    if open_line:
        lines.append(open_line)
    return lines
