# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One spelling for a host, so that two names can be compared exactly."""

from __future__ import annotations

import ipaddress
import re

from ..problem import Problem

__all__ = ["LONGEST_HOST", "normalise_host", "read_target"]

LONGEST_HOST = 253
_LABEL = re.compile(r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?")
_ONLY_NUMBERS = re.compile(r"[0-9.]+")


def normalise_host(written: str) -> str | None:
    """Lower case, without trailing dot; international names in their ``xn--`` form; IPv6 compressed, no brackets.

    IPv4 addresses lose leading zeros and the wrapping as IPv6, as ``java.net.InetAddress`` reads both. Its short forms,
    such as ``10.1``, are not hosts here, because they look like other addresses than they are.

    ``None`` when the text is no host. International names follow IDNA 2003 (RFC 3490), as ``java.net.IDN`` does,
    because it is a Java runtime that connects. Underscores are let through: real hosts have them.
    """
    text = written.strip()
    if text.startswith("[") and text.endswith("]"):
        return _address(text[1:-1], version=6)
    if ":" in text:
        return _address(text, version=6)
    text = text.removesuffix(".")
    if not text or len(text) > LONGEST_HOST:
        return None
    if not text.isascii():
        try:
            text = text.encode("idna").decode("ascii").removesuffix(".")
        except UnicodeError:
            return None
    text = text.lower()
    if _ONLY_NUMBERS.fullmatch(text):
        return _address(".".join(part.lstrip("0") or "0" for part in text.split(".")), version=4)
    if len(text) > LONGEST_HOST or not all(_LABEL.fullmatch(label) for label in text.split(".")):
        return None
    return text


def read_target(text: str) -> tuple[str, int | None]:
    """A user's ``host``, ``host:port``, ``[IPv6]:port`` or ``https://host[:port][/…]`` as normalised host and port.

    Raises :class:`Problem` when it is none of these.
    """
    rest = text.strip()
    port: int | None = None
    if rest.lower().startswith("https://"):
        rest, port = re.split(r"[/?#]", rest[8:], maxsplit=1)[0], 443
    host, colon, digits = rest.rpartition(":")
    if colon and digits.isascii() and digits.isdigit() and (":" not in host or host.endswith("]")):
        rest, port = host, int(digits)
    normal = normalise_host(rest)
    if normal is None or (port is not None and not 0 < port < 65536):
        raise Problem("This is not a receiver's address", where=text, remedy="Give host or host:port")
    return normal, port


def _address(text: str, version: int) -> str | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    # A zone, as in fe80::1%eth0, names an interface of one machine: not a host that can be compared.
    if address.version != version or "%" in text:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).compressed
