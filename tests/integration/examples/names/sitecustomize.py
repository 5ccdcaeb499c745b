# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name service of the examples: erp.example.com:443 is a receiver at some port of a loopback address.

Every Python that starts with this folder on its path knows the names in ``EXAMPLE_NAMES``. So an example is run with
the host and the port that it names, by a user who may not listen at port 443.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping
from typing import Any

# Host, documented port, address, real port.
Name = tuple[str, int, str, int]

__all__ = ["Name", "replacements"]


def replacements(names: list[Name]) -> Mapping[str, Any]:
    """By the name of the function of ``socket`` that each replaces."""
    addresses = {host: address for host, _port, address, _real in names}
    ports = {(address, port): (address, real) for _host, port, address, real in names}
    resolve, connect = socket.getaddrinfo, socket.create_connection

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        return resolve(addresses.get(host, host), *arguments, **options)

    def create_connection(address: Any, *arguments: Any, **options: Any) -> socket.socket:
        return connect(ports.get(tuple(address), address), *arguments, **options)

    return {"getaddrinfo": getaddrinfo, "create_connection": create_connection}


if "EXAMPLE_NAMES" in os.environ:
    for function, replacement in replacements(json.loads(os.environ["EXAMPLE_NAMES"])).items():
        setattr(socket, function, replacement)
