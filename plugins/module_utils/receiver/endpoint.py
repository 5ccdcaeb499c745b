# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver as the user names it: host, port, the name its certificate must carry, and the addresses behind it."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..problem import Problem

__all__ = ["BadReceiver", "Endpoint", "parse_endpoint"]

_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)\Z")


class BadReceiver(Problem):
    """The text names no receiver."""


@dataclass(frozen=True)
class Endpoint:
    """Where a receiver listens.

    :param server_name: sent as server name indication (RFC 6066 section 3) and expected in the certificate.
    :param addresses: what to connect to; empty means every address that the name resolves to.
    """

    host: str
    port: int
    server_name: str
    addresses: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_endpoint(text: str, *, server_name: str | None = None, addresses: Sequence[str] = ()) -> Endpoint:
    """``host``, ``host:port`` or ``[IPv6]:port``; the port is 443 when none is given."""
    text = text.strip()
    host, port_text = _split(text)
    if not (port_text.isascii() and port_text.isdigit()) or not 0 < int(port_text) < 65536:
        raise BadReceiver(
            "the port is no number between 1 and 65535", where=text, remedy="Give the receiver as host:port"
        )
    return Endpoint(
        host=_host(host, text),
        port=int(port_text),
        server_name=_host(server_name, server_name) if server_name else _host(host, text),
        addresses=tuple(_address(address) for address in addresses),
    )


def _split(text: str) -> tuple[str, str]:
    if text.startswith("["):
        host, closed, rest = text[1:].partition("]")
        if not closed or (rest and not rest.startswith(":")):
            raise BadReceiver(
                "the brackets around the IPv6 address do not fit", where=text, remedy="Give it as [address]:port"
            )
        return host, rest[1:] or "443"
    if text.count(":") > 1:
        return text, "443"
    host, _unused, port = text.partition(":")
    return host, port or "443"


def _host(host: str, text: str) -> str:
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        pass
    if "/" in text or "@" in text:
        raise BadReceiver(
            "a receiver is a host name and a port, not a URL", where=text, remedy="Give the receiver as host:port"
        )
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        name = ""
    if not name or len(name) > 253 or not all(_LABEL.match(label) for label in name.split(".")):
        raise BadReceiver("this is no host name", where=text, remedy="Give the receiver as host:port")
    return name


def _address(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text.strip()))
    except ValueError:
        raise BadReceiver("this is no IP address", where=text, remedy="Give the addresses as IP addresses") from None
