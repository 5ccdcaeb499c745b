# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An address as a channel states it: scheme, host, port, path, and what of it is only known at run time.

The parts of an address are those of RFC 3986 section 3. An expression ``${…}`` is evaluated for each message (Camel
Simple language), so wherever it may touch the host, the host is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from .host_names import normalise_host
from .parameters import Value

__all__ = ["DEFAULT_PORTS", "TLS_SCHEMES", "Address", "find_expressions", "read_address", "split_list"]

DEFAULT_PORTS = {
    "https": 443,
    "http": 80,
    "wss": 443,
    "ws": 80,
    "smtps": 465,
    "smtp": 25,
    "imaps": 993,
    "imap": 143,
    "pop3s": 995,
    "pop3": 110,
    "amqps": 5671,
    "amqp": 5672,
    "tcps": 55443,
    "smfs": 55443,
    "tcp": 55555,
    "smf": 55555,
    "ldaps": 636,
    "ldap": 389,
    "ftps": 990,
    "ftp": 21,
    "mqtts": 8883,
    "sftp": 22,
}
TLS_SCHEMES = frozenset({"https", "wss", "smtps", "imaps", "pop3s", "amqps", "tcps", "smfs", "ldaps", "ftps", "mqtts"})

LONGEST_ADDRESS = 8192
"""Characters; RFC 9110 section 4.1 asks for 8000."""

# An expression or missing parameter is masked by its number while the address is cut into parts; neither of the two
# characters around the number is legal in XML.
_MARK = re.compile("\x00(\\d+)\x01")
_SCHEME = re.compile("([A-Za-z][A-Za-z0-9+.\\-]*|\x00[^/:]*)://(.*)", re.DOTALL)
_NO_SCHEME = re.compile("[^/?#:\\[]*:(?:/|(?![0-9\x00]))")
_MARKED_PORT = re.compile("([^:\x00]+|\\[[^\\]\x00]*\\]):(?:\x00\\d+\x01)+")
_MISSING = re.compile(r"\{\{[^{}]+\}\}")


@dataclass(frozen=True, slots=True)
class Address:
    """``host`` is ``None`` exactly when there is a ``reason`` why it cannot be known."""

    text: str
    """For people: without user name, password and query, which may be secret."""
    scheme: str | None = None
    host: str | None = None
    port: int | None = None
    path: str = ""
    dynamic: tuple[str, ...] = ()
    """Expressions ``${…}`` anywhere in it."""
    reason: str | None = None


def find_expressions(text: str) -> list[tuple[int, int]]:
    """Start and end of each ``${…}``; one that is never closed reaches to the end of the text."""
    found: list[tuple[int, int]] = []
    start = text.find("${")
    while start >= 0:
        depth, end = 0, start + 1
        while end < len(text):
            depth += (text[end] == "{") - (text[end] == "}")
            end += 1
            if depth == 0:
                break
        found.append((start, end))
        start = text.find("${", end)
    return found


def split_list(value: Value) -> list[Value]:
    """The parts of a list with commas, at least one; an expression may hold commas, so a text with one is one part."""
    pieces = [] if "${" in value.text else [piece for piece in value.text.split(",") if piece.strip()]
    return [Value(piece, value.parameters, value.missing) for piece in pieces or [value.text]]


def read_address(value: Value, default_port: int | None = None, default_scheme: str | None = None) -> Address:
    """Take an address apart; ``default_scheme`` and ``default_port`` count when it states none."""
    text = value.text.strip()
    masked, originals = _mask(text[:LONGEST_ADDRESS])
    expressions = tuple(original for original in originals if original.startswith("${"))
    scheme, prefix, rest = default_scheme, "", masked
    if match := _SCHEME.fullmatch(masked):
        scheme, rest = (None if match[1][0] == "\x00" else match[1].lower()), match[2]
        prefix = masked[: len(masked) - len(rest)]
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    path = re.split(r"[?#]", rest[len(authority) :], maxsplit=1)[0]
    # Where a backslash stands, parsers disagree about which of two names is the host; so the whole text must fail.
    authority = authority if "\\" in authority else authority.rpartition("@")[2]
    shown = _unmask(prefix + authority + path, originals)

    def unknown(reason: str) -> Address:
        return Address(shown, scheme, dynamic=expressions, reason=reason)

    if not text:
        return unknown(f"the address is empty{_because(value.parameters)}")
    if len(text) > LONGEST_ADDRESS:
        return unknown(f"the address has more than {LONGEST_ADDRESS} characters")
    if not match and (_NO_SCHEME.match(masked) or authority.lower() in ("http", "https")):
        return unknown("the address does not begin with a scheme such as https://")
    if match and _SCHEME.fullmatch(rest):
        return unknown(f"the address has two schemes{_because(value.parameters)}")
    marked_port = _MARKED_PORT.fullmatch(authority)
    host_text = marked_port[1] if marked_port else authority
    if marks := [originals[int(number)] for number in _MARK.findall(host_text)]:
        if any(not mark.startswith("${") for mark in marks):
            return unknown(f"the parameter {_quoted(value.missing)} has no value")
        return unknown(f"the host is decided at run time by {', '.join(marks[:3])}")
    if not host_text:
        return unknown(f"the address names no host{_because(value.parameters)}")
    if "<" in host_text or ">" in host_text:
        return unknown("the address still holds a placeholder in angle brackets")
    written, port_text = (host_text, "") if marked_port else _split_port(host_text)
    host = normalise_host(written)
    if host is None:
        return unknown(f"{written[:80]!r} is not a host name")
    port = default_port if default_port is not None else DEFAULT_PORTS.get(scheme or "")
    if marked_port:
        port = None
    elif port_text:
        if not (port_text.isascii() and port_text.isdigit() and len(port_text) < 6 and 0 < int(port_text) < 65536):
            return unknown(f"{port_text[:80]!r} is not a port")
        port = int(port_text)
    return Address(shown, scheme, host, port, _unmask(path, originals), expressions)


def _split_port(authority: str) -> tuple[str, str]:
    if authority.endswith("]") or (authority.count(":") > 1 and not authority.startswith("[")):
        return authority, ""
    host, colon, port = authority.rpartition(":")
    return (host, port) if colon else (authority, "")


def _mask(text: str) -> tuple[str, list[str]]:
    """The text with numbers for what is not literal, and what each number stands for."""
    clean = text.replace("\x00", " ").replace("\x01", " ")
    originals: list[str] = []

    def put(part: str) -> str:
        originals.append(part)
        return f"\x00{len(originals) - 1}\x01"

    def literal(part: str) -> str:
        return _MISSING.sub(lambda match: put(match[0]), part)

    out: list[str] = []
    end = 0
    for start, stop in find_expressions(clean):
        out += (literal(clean[end:start]), put(clean[start:stop]))
        end = stop
    return "".join((*out, literal(clean[end:]))), originals


def _unmask(masked: str, originals: list[str]) -> str:
    return _MARK.sub(lambda match: originals[int(match[1])], masked)


def _quoted(names: tuple[str, ...]) -> str:
    return ", ".join(repr(name) for name in names[:3])


def _because(parameters: tuple[str, ...]) -> str:
    return f"; look at the parameter {_quoted(parameters)}" if parameters else ""
