# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The address of a channel whose adapter nobody described: by the names and the look of its properties."""

from __future__ import annotations

import re
from collections.abc import Mapping

from .address import DEFAULT_PORTS, Address, read_address, split_list
from .host_names import LONGEST_HOST
from .parameters import Value

__all__ = ["find_addresses"]

_URL = re.compile(r"[a-z][a-z0-9+.\-]*://", re.IGNORECASE)
_ADDRESS_NAME = re.compile(
    r"address|url|uri|host|server|endpoint|broker|bootstrap|instance|site|domain|datacenter", re.IGNORECASE
)
# Properties that every channel has, or whose URL names a vocabulary or a design-time file and is never opened.
_NO_ADDRESS = re.compile(
    r"^(cmdVariantUri|Component(NS|SWCV.*)|Name|Description|system|Vendor)$|namespace|schema|wsdl|xsd|proxy|"
    r"suffix|timeout|interval|email|pattern|query",
    re.IGNORECASE,
)


def find_addresses(properties: Mapping[str, Value]) -> list[Address]:
    """Everything that may be an address, URLs first; empty when nothing looks like one."""
    candidates = {name: value for name, value in properties.items() if not _NO_ADDRESS.search(name)}
    urls, named = [], []
    for name, value in ((name, part) for name, whole in candidates.items() for part in split_list(whole)):
        if (scheme := _URL.match(value.text.strip())) and (
            scheme[0][:-3].lower() in DEFAULT_PORTS or _ADDRESS_NAME.search(name)
        ):
            urls.append(read_address(value))
        elif _ADDRESS_NAME.search(name) and _may_be_host(value):
            named.append(read_address(value))
    return list(dict.fromkeys(urls + named))


def _may_be_host(value: Value) -> bool:
    text = value.text.strip()
    if value.missing or "${" in text or "<" in text:
        # It may become anything, so it must not be passed over.
        return True
    head = text.partition("/")[0]
    if not head or len(head) > LONGEST_HOST + 6 or any(character.isspace() or character in "@," for character in head):
        return False
    host, colon, port = head.rpartition(":")
    return "." in head.strip(".") or bool(colon and host and port.isdigit())
