# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module signing_response between its options and the decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.signing_response import SIGNING_RESPONSE_LIMIT, read_signing_response
from ..decisions.key_usage import normalise_key_usages
from ..decisions.plan import Plan
from ..decisions.refused import NotWanted
from ..decisions.signing_response import KeyPairSeen, WantedResponse, decide_signing_response, key_pair_entry
from ..problem import Problem
from ..tenant.alias import check_alias
from ..tenant.session import Tenant
from .inputs import content_of

__all__ = ["decide_response", "read_chain_back", "read_key_pair", "wanted_response"]


def wanted_response(options: dict[str, Any]) -> WantedResponse:
    """Options to what is wanted; refuses everything that cannot be meant."""
    alias = check_alias(options["alias"])
    usages = normalise_key_usages(options["required_key_usage"])
    found = content_of(options, "response", limit=SIGNING_RESPONSE_LIMIT)
    if found is None:
        raise NotWanted("no signing response was given", remedy="Give response_path or response_content")
    data, where = found
    try:
        return WantedResponse(alias, tuple(read_signing_response(data)), usages)
    except Problem as problem:
        problem.where = problem.where or where
        raise


def read_key_pair(tenant: Tenant, wanted: WantedResponse) -> KeyPairSeen:
    """Two requests: the listing, which also knows the roots, and the installed chain."""
    entries = tenant.keystore.entries()
    entry = key_pair_entry(wanted.alias, entries)
    installed = _leaf_first(tenant.keystore.chain(wanted.alias), entry.fingerprint_sha256)
    return KeyPairSeen(entries, installed, tenant.now())


def read_chain_back(tenant: Tenant, wanted: WantedResponse, seen: KeyPairSeen) -> KeyPairSeen:
    """One request: only the chain was written, so only the chain is read again."""
    return replace(seen, installed=tenant.keystore.chain(wanted.alias))


def decide_response(wanted: WantedResponse, seen: KeyPairSeen) -> Plan:
    return decide_signing_response(wanted, seen)


def _leaf_first(chain: tuple[Certificate, ...], leaf: str) -> tuple[Certificate, ...]:
    """The listing says which certificate of an odd chain is the key pair's own."""
    own = [one for one in chain if one.fingerprint_sha256 == leaf]
    return (*own, *(one for one in chain if one not in own))
