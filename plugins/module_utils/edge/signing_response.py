# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module signing_response between its options and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..certificates.signing_response import SIGNING_RESPONSE_LIMIT, read_signing_response
from ..clock import SystemClock
from ..decisions.plan import Plan
from ..decisions.refused import NotWanted
from ..decisions.signing_response import KeyPairSeen, WantedResponse, decide_signing_response
from ..problem import Problem
from ..tenant.alias import check_alias
from ..tenant.session import Tenant
from .inputs import content_of

__all__ = ["decide_response", "read_key_pair", "wanted_response"]


@dataclass(frozen=True)
class _Wanted:
    response: WantedResponse
    now: datetime


def wanted_response(options: dict[str, Any]) -> _Wanted:
    found = content_of(options, "response", limit=SIGNING_RESPONSE_LIMIT)
    if found is None:
        raise NotWanted("no signing response was given", remedy="Give response_path or response_content")
    data, where = found
    try:
        certificates = tuple(read_signing_response(data))
    except Problem as problem:
        problem.where = problem.where or where
        raise
    return _Wanted(
        WantedResponse(check_alias(options["alias"]), certificates, tuple(options["required_key_usage"])),
        SystemClock().now(),
    )


def read_key_pair(tenant: Tenant, wanted: _Wanted) -> KeyPairSeen:
    """Two requests: the listing, which also knows the roots, and the installed chain."""
    entries = tenant.keystore.entries()
    entry = next((entry for entry in entries if entry.alias == wanted.response.alias), None)
    readable = entry is not None and entry.type == "key_pair" and entry.owner != "sap"
    return KeyPairSeen(entry, tenant.keystore.chain(wanted.response.alias) if readable else (), entries)


def decide_response(wanted: _Wanted, seen: KeyPairSeen) -> Plan:
    return decide_signing_response(wanted.response, seen, now=wanted.now)
