# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts and content modifiers may do to an address or a key at run time.

The header ``CamelHttpUri`` replaces the address of an HTTP receiver (SAP Help: HTTP Receiver Adapter), and
``CamelDestinationOverrideUrl`` that of receivers built on Apache CXF (Apache Camel: CXF component). Nothing is
interpreted: a text that names such a header, other than only to read or remove it, may set it. A script that is kept
outside of the bundle may as well, unless its script collection is given too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from .archive import Archive
from .iflow import Element
from .parameters import Parameters
from .tables import read_rows

__all__ = ["Scripts", "read_scripts"]

_SOURCES = (".groovy", ".gsh", ".gvy", ".gy", ".js", ".xsl", ".xslt", ".mmap")
_HEADERS = ("CamelHttpUri", "CamelDestinationOverrideUrl")
_LOWER_HEADERS = frozenset(header.lower() for header in _HEADERS)
# Camel compares names of headers without regard to case; the constants of its class Exchange are Java names.
_NAMES = r"(?:(?i:CamelHttpUri|CamelDestinationOverrideUrl)|HTTP_URI|DESTINATION_OVERRIDE_URL)"
_NAMED = re.compile(rf"\b{_NAMES}\b")
_ONLY_READ = re.compile(rf"\b(?:get|getHeader|remove|removeHeader|containsKey)\s*\(\s*['\"]?(?:\w+\.)?{_NAMES}\b")
_KEYSTORE = re.compile(r"\bKeystoreService\b|\bKeyStoreService\b")
_LITERAL = re.compile(r"'([^'\n]{1,250})'|\"([^\"\n]{1,250})\"")
LARGEST_TEXT = 64 * 1024 * 1024
"""Bytes of all sources of one bundle that are looked at."""


@dataclass(frozen=True, slots=True)
class Scripts:
    """What was found; each entry of ``override_address`` is a reason for people."""

    override_address: tuple[str, ...] = ()
    keystore_users: tuple[tuple[str, frozenset[str]], ...] = ()
    """Scripts that read the keystore, with all short texts in quotes they hold: aliases may be among them."""
    unread: tuple[str, ...] = ()
    """Script collections that the flow uses and that were not given; they are artifacts of their own."""


def read_scripts(
    archive: Archive, elements: Sequence[Element], parameters: Parameters, collections: Mapping[str, Archive]
) -> Scripts:
    """Look through all sources and content modifiers. Raises :class:`~.archive.BadBundle` for a damaged one.

    :param collections: script collections of the tenant by id, as far as they are known.
    """
    override: dict[str, None] = {}
    users: list[tuple[str, frozenset[str]]] = []
    used = dict.fromkeys(
        collection
        for element in elements
        if (collection := parameters.resolve(element.properties.get("scriptBundleId", "")).text.strip())
    )
    looked_at = 0
    for place, name in _sources([archive, *(collections[name] for name in used if name in collections)]):
        data = place.read(name)
        looked_at += len(data)
        short = name.rpartition("/")[2]
        if looked_at > LARGEST_TEXT:
            override[f"the script {short} was not read, because all scripts together are too large"] = None
            continue
        text = data.decode("utf-8", "replace")
        if found := _NAMED.search(_ONLY_READ.sub("", text)):
            override[f"the script {short} names the header {found[0]}"] = None
        if _KEYSTORE.search(text):
            users.append((short, frozenset(one or two for one, two in _LITERAL.findall(text))))
    for element in elements:
        for header in _headers_set(element, parameters):
            override[f"the step {element.name or element.id!r} sets the header {header}"] = None
        if allowed := _allowed_in(element, parameters):
            override[f"the flow lets its sender give the header {allowed}"] = None
    unread = tuple(name for name in used if name not in collections)
    for collection in unread:
        override[f"the scripts of the script collection {collection} are not part of the bundle"] = None
    return Scripts(tuple(override), tuple(users), unread)


def _sources(archives: Sequence[Archive]) -> Iterator[tuple[Archive, str]]:
    for archive in archives:
        for name in archive.find(lambda name: name.lower().endswith(_SOURCES)):
            yield archive, name


def _headers_set(element: Element, parameters: Parameters) -> set[str]:
    """Headers of this kind that a content modifier creates; a row that deletes one is none."""
    found: set[str] = set()
    for row in read_rows(parameters.resolve(element.properties.get("headerTable", "")).text):
        named = dict(row)
        deletes = named.get("Action", "").lower() == "delete"
        names = [named["Name"]] if "Name" in named else [cell for _unused, cell in row]
        if not deletes:
            found.update(name for name in names if name.lower() in _LOWER_HEADERS or "${" in name or "{{" in name)
    return found


def _allowed_in(element: Element, parameters: Parameters) -> str | None:
    """A header named in the list of allowed headers. ``*`` alone is not taken as a sign: it is everywhere."""
    listed = parameters.resolve(element.properties.get("allowedHeaderList", "")).text.split("|")
    for entry in listed:
        start, star, _unused = entry.strip().lower().partition("*")
        for header in _HEADERS:
            if header.lower() == start or (star and len(start) > 4 and header.lower().startswith(start)):
                return header
    return None
