# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module trusted_root_info between its options and its answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..certificates.fingerprint import normalise_fingerprint
from ..decisions.protection import need_of, possible_anchors
from ..decisions.trusted_root import held_under
from ..tenant.session import Tenant
from .receivers import Protected, protected_chains, protected_of

__all__ = ["answer_needs", "wanted_needs"]


@dataclass(frozen=True)
class _Wanted:
    fingerprint: str
    receivers: tuple[Protected, ...]
    probes: int
    pause: float
    probe_timeout: float


def wanted_needs(options: dict[str, Any]) -> _Wanted:
    receivers, _unused = protected_of(options["receivers"], ())
    return _Wanted(
        normalise_fingerprint(options["fingerprint_sha256"]),
        receivers,
        options["probes"],
        options["pause"],
        options["probe_timeout"],
    )


def answer_needs(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """One listing, and one request for each entry that may validate what is served."""
    entries = tenant.keystore.entries()
    chains = protected_chains(
        wanted.receivers, frozenset(), timeout=wanted.probe_timeout, probes=wanted.probes, pause=wanted.pause
    )
    anchors = {entry.alias: tenant.keystore.certificate(entry.alias) for entry in possible_anchors(entries, chains)}
    staying = {alias: one for alias, one in anchors.items() if one.fingerprint_sha256 != wanted.fingerprint}
    going = {alias: one for alias, one in anchors.items() if alias not in staying}
    now = tenant.now()
    return {
        "aliases": [entry.alias for entry in held_under(entries, wanted.fingerprint)],
        "needs": [need_of(one, staying, going, at=now).to_result() for one in chains],
    }
