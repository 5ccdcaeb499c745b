# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which proxy leads to a host, as the environment says. Pure.

The variables are a convention without a standard: ``https_proxy`` before ``HTTPS_PROXY``; ``no_proxy`` is a list of
hosts, domains, addresses and networks, each with or without a port, or ``*``.
"""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from .errors import BadConnectionOptions
from .secret import Secret

__all__ = ["Proxy", "proxy_for"]


@dataclass(frozen=True, slots=True)
class Proxy:
    """:param authorization: the value of ``Proxy-Authorization``, when the address held a user."""

    host: str
    port: int
    authorization: Secret | None


def proxy_for(host: str, port: int, environment: Mapping[str, str]) -> Proxy | None:
    """The proxy to ask for a tunnel, or ``None`` for a direct connection. Raises :class:`BadConnectionOptions`."""
    url = (environment.get("https_proxy") or environment.get("HTTPS_PROXY") or "").strip()
    if not url:
        return None
    excluded = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if _is_excluded(host, port, excluded):
        return None
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        proxy_port = parts.port or 80
    except ValueError:
        parts, proxy_port = urlsplit(""), 0
    if not parts.hostname:
        raise BadConnectionOptions(
            "The environment variable HTTPS_PROXY is no address", remedy="Give it as http://host:port"
        )
    if parts.scheme != "http":
        raise BadConnectionOptions(
            f"The environment variable HTTPS_PROXY begins with {parts.scheme}://",
            where=parts.hostname,
            remedy="Give a proxy that is asked over http://",
        )
    authorization = None
    if parts.username is not None:
        user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        authorization = Secret("Basic " + base64.b64encode(user.encode()).decode())
    return Proxy(parts.hostname, proxy_port, authorization)


def _is_excluded(host: str, port: int, excluded: str) -> bool:
    host = host.strip("[]").rstrip(".").lower()
    return any(_matches(host, port, entry) for entry in excluded.replace(",", " ").lower().split())


def _matches(host: str, port: int, entry: str) -> bool:
    if entry == "*":
        return True
    name, wanted = _split_port(entry)
    if wanted is not None and wanted != port:
        return False
    address = _address(host)
    if address is not None:
        try:
            return address in ipaddress.ip_network(name, strict=False)
        except ValueError:
            return False
    name = name.removeprefix("*").strip(".")
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _split_port(entry: str) -> tuple[str, int | None]:
    if entry.startswith("["):
        name, _unused, rest = entry[1:].partition("]")
        return name, int(rest[1:]) if rest[1:].isdigit() else None
    name, colon, digits = entry.rpartition(":")
    if colon and digits.isdigit() and ":" not in name:
        return name, int(digits)
    return entry, None


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None
