# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A receiver channel as it runs: parameters filled in, the address taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..adapters import adapter_of

__all__ = ["Channel", "resolve_channels"]

_PARAMETER = re.compile(r"\{\{(.+?)\}\}")
_DYNAMIC = re.compile(r"\$\{([^}]+)\}")


@dataclass(frozen=True)
class Channel:
    """Where a message goes: an HTTPS address that the tenant itself connects to."""

    host: str
    port: int
    path: str
    key_alias: str
    step: str


def resolve_channels(
    channels: Iterable[Mapping[str, str]], parameters: Mapping[str, str], dynamic: Mapping[str, str]
) -> tuple[Channel, ...]:
    """The channels that open TLS connections from the tenant.

    Left out: addresses behind the Cloud Connector (``sapcc``: plain HTTP to a virtual host, the tenant's keystore plays
    no part), adapters that do not speak HTTPS, and ``${…}`` parts for which ``dynamic`` gives no value.
    """
    found = []
    for number, written in enumerate(channels, 1):
        pairs = {
            key: _PARAMETER.sub(lambda match: parameters.get(match.group(1), ""), value)
            for key, value in written.items()
        }
        adapter = adapter_of(pairs)
        if adapter is None or pairs.get("proxyType") == "sapcc":
            continue
        address = pairs.get(adapter.address, "") + (pairs.get(adapter.suffix, "") if adapter.suffix else "")
        address = _DYNAMIC.sub(lambda match: dynamic.get(match.group(1), match.group(0)), address)
        if "${" in address:
            continue
        try:
            url = urlsplit(address.strip())
            port = url.port or 443
        except ValueError:
            continue
        if url.scheme.lower() == "https" and url.hostname:
            alias = pairs.get(adapter.key_alias, "") if adapter.key_alias else ""
            found.append(Channel(url.hostname, port, url.path or "/", alias.strip(), f"MessageFlow_{number}"))
    return tuple(found)
