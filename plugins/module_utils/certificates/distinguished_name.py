# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Distinguished names: read from a certificate, shown to people, and compared (RFC 4514; RFC 5280, section 7.1)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

from .asn1 import SEQUENCE, SET, Asn1Error, Element, children, decode_oid
from .oids import ATTRIBUTE_NAMES

__all__ = ["DistinguishedName", "normalise_value", "parse_name"]

# String types of RFC 5280, appendix A. PrintableString, IA5String and the old ones are read as Latin-1: CAs have put
# German and French letters there.
_ENCODINGS = {
    0x0C: "utf-8",
    0x12: "latin-1",
    0x13: "latin-1",
    0x14: "latin-1",
    0x16: "latin-1",
    0x1A: "latin-1",
    0x1C: "utf-32-be",
    0x1E: "utf-16-be",
}
_SPECIAL = frozenset(',+"\\<>;')

Attribute = tuple[str, str]
RelativeName = tuple[Attribute, ...]


@dataclass(frozen=True, slots=True)
class DistinguishedName:
    """A name; two of them are equal when RFC 5280, section 7.1, calls them the same.

    ``text`` is one line, most specific part first, in the manner of RFC 4514 with a blank after each comma.
    ``key`` is what is compared: case, blanks and the string type make no difference.
    """

    text: str = field(compare=False)
    key: tuple[RelativeName, ...]

    def __bool__(self) -> bool:
        """False for the empty name, which identifies nobody."""
        return bool(self.key)


def parse_name(element: Element) -> DistinguishedName:
    """The name in an ``RDNSequence``. Raises :class:`Asn1Error`."""
    shown: list[str] = []
    compared: list[RelativeName] = []
    for relative in children(element, SEQUENCE):
        attributes = [_parse_attribute(attribute) for attribute in children(relative, SET)]
        if not attributes:
            raise Asn1Error("a name has an empty part")
        shown.append("+".join(f"{ATTRIBUTE_NAMES.get(oid, oid)}={text}" for oid, text, _unused in attributes))
        compared.append(tuple(sorted((oid, value) for oid, _unused, value in attributes)))
    return DistinguishedName(", ".join(reversed(shown)), tuple(compared))


def _parse_attribute(element: Element) -> tuple[str, str, str]:
    """The type, the value as shown, and the value as compared."""
    parts = children(element, SEQUENCE)
    if len(parts) != 2:
        raise Asn1Error("a name has a broken part")
    oid = decode_oid(parts[0])
    encoding = _ENCODINGS.get(parts[1].tag)
    try:
        if encoding is None:
            raise UnicodeError
        value = parts[1].content.decode(encoding)
    except UnicodeError:
        return oid, f"#{parts[1].raw.hex()}", f"#{parts[1].raw.hex()}"
    return oid, _escape(value), normalise_value(value)


def normalise_value(value: str) -> str:
    """The value as it is compared: compatibility form, no case, no outer blanks, inner blanks as one (RFC 4518)."""
    if value.isascii():
        return " ".join(value.lower().split())
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", value).casefold()).split())


def _escape(value: str) -> str:
    """RFC 4514, section 2.4; also whatever a terminal would not print as a character."""
    out = []
    for index, character in enumerate(value):
        at_the_edge = character == " " and index in (0, len(value) - 1)
        if character in _SPECIAL or at_the_edge or (character == "#" and index == 0):
            out.append("\\" + character)
        elif character.isprintable():
            out.append(character)
        else:
            out.append("".join(f"\\{octet:02X}" for octet in character.encode("utf-8", "surrogatepass")))
    return "".join(out)
