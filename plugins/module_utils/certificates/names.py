# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Comparing distinguished names that are only known as text, such as those in a tenant's listing.

Tenants, Java, openssl and this collection write the same name differently: order, blanks, quotes or backslashes,
names of attribute types. So the answer is three-valued, and only a clear difference is a "no".
"""

from __future__ import annotations

import re

from .distinguished_name import normalise_value
from .oids import ATTRIBUTE_NAMES

__all__ = ["same_name_text"]

_LONGEST = 4000  # a tenant may cut longer ones off
_SYNONYMS = {
    "E": "EMAILADDRESS", "EMAIL": "EMAILADDRESS", "S": "ST", "SP": "ST", "STATE": "ST", "SN": "SURNAME",
    "G": "GIVENNAME", "GN": "GIVENNAME", "TITLE": "T", "SERIAL": "SERIALNUMBER", "USERID": "UID", "DNQUALIFIER": "DNQ",
    "GENERATIONQUALIFIER": "GENERATION", "STREETADDRESS": "STREET", "DOMAINCOMPONENT": "DC", "COUNTRYNAME": "C",
    "COMMONNAME": "CN", "STATEORPROVINCENAME": "ST", "LOCALITYNAME": "L", "ORGANIZATIONNAME": "O",
    "ORGANIZATIONALUNITNAME": "OU",
}  # fmt: skip
_KNOWN = {name.upper(): name.upper() for name in ATTRIBUTE_NAMES.values()} | {
    oid: name.upper() for oid, name in ATTRIBUTE_NAMES.items()
}
_PART = re.compile(
    r"""\s*(?P<type>[A-Za-z][A-Za-z0-9-]*|(?:OID\.)?[0-9]+(?:\.[0-9]+)+)\s*=\s*
        (?P<value>"(?:[^"\\]|\\.)*"|(?:[^"\\,;+]|\\.)*)\s*(?P<end>[,;+]|$)""",
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)


def same_name_text(text_a: str, text_b: str) -> bool | None:
    """Whether two texts write the same name; ``None`` when that cannot be said.

    Both may be written as a tenant does (``CN=host, OU="X, Inc.", C=DE``), or by RFC 4514, in either order. The order
    of the parts is not compared, so a "yes" needs a check by signature where it matters.
    """
    if not text_a.strip() or not text_b.strip() or max(len(text_a), len(text_b)) > _LONGEST:
        return None
    parsed_a, parsed_b = _parse(text_a), _parse(text_b)
    if parsed_a is None or parsed_b is None:
        return None
    return sorted(parsed_a) == sorted(parsed_b)


def _parse(text: str) -> list[tuple[str, str]] | None:
    """Pairs of attribute type and compared value; ``None`` when a part is not understood."""
    parts: list[tuple[str, str]] = []
    position = 0
    while position < len(text):
        match = _PART.match(text, position)
        if match is None or match.end() == position:
            return None
        written = match["type"].upper().removeprefix("OID.")
        kind = _KNOWN.get(_SYNONYMS.get(written, written))
        value = match["value"]
        if kind is None or value.startswith("#"):
            return None
        parts.append((kind, normalise_value(_unescape(value[1:-1] if value.startswith('"') else value))))
        position = match.end()
    return parts


def _unescape(value: str) -> str:
    def replace(match: re.Match[str]) -> str:
        return bytes.fromhex(match[1].replace("\\", "")).decode("utf-8", "replace") if match[1] else match[2]

    return _ESCAPE.sub(replace, value)
