# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module trusted_root between its options and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..certificates.certificate import Certificate
from ..clock import SystemClock
from ..decisions.plan import Plan
from ..decisions.protection import ProtectedChain, check_still_protected, leaving, possible_anchors
from ..decisions.refused import NotWanted
from ..decisions.trusted_root import (
    WantedRoot,
    check_wanted_root,
    decide_absent_root,
    decide_trusted_root,
    doomed_aliases,
)
from ..tenant.alias import check_alias
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.session import Tenant
from .inputs import CERTIFICATE_LIMIT, certificate_of, pinned_fingerprint
from .receivers import Protected, protected_chains, protected_of

__all__ = ["decide_root", "read_root", "wanted_root"]


@dataclass(frozen=True)
class _Wanted:
    root: WantedRoot
    present: bool
    protected: tuple[Protected, ...]
    accepted: frozenset[str]
    probe_timeout: float


@dataclass(frozen=True)
class _Seen:
    entries: tuple[KeystoreEntry, ...]
    doomed: Certificate | None = None
    chains: tuple[ProtectedChain, ...] = ()
    staying: Mapping[str, Certificate] = field(default_factory=dict)
    now: datetime | None = None


def wanted_root(options: dict[str, Any]) -> _Wanted:
    """Options to what is wanted; refuses everything that cannot be meant."""
    present = options["state"] == "present"
    certificate = certificate_of(options, limit=CERTIFICATE_LIMIT)
    pin = pinned_fingerprint(options, certificate)
    if certificate is not None and present:
        check_wanted_root(certificate, now=SystemClock().now())
    if options["alias"] is not None:
        check_alias(options["alias"])
    if present and options["protect"]:
        raise NotWanted(
            "protect says what must outlive a deletion", where="option protect", remedy="Give it with state absent only"
        )
    fingerprint = certificate.fingerprint_sha256 if certificate is not None else pin
    if fingerprint is None:
        raise NotWanted(
            "neither a certificate nor a fingerprint was given", remedy="Give certificate_path or fingerprint_sha256"
        )
    protected, accepted = protected_of(options["protect"], options["accept_unprobed"])
    root = WantedRoot(fingerprint, certificate, pin is not None, options["alias"], options["on_alias_conflict"])
    return _Wanted(root, present, protected, accepted, options["probe_timeout"])


def read_root(tenant: Tenant, wanted: _Wanted) -> _Seen:
    """One listing. Before a deletion also the certificate that is to go, so that it can be put back, what the protected
    receivers serve, and the certificates that may validate it.
    """
    entries = tenant.keystore.entries()
    if wanted.present:
        return _Seen(entries)
    going = doomed_aliases(decide_absent_root(wanted.root, entries))
    if not going:
        return _Seen(entries)
    doomed = wanted.root.certificate or tenant.keystore.certificate(going[0])
    if not wanted.protected or not leaving(entries, going):
        return _Seen(entries, doomed)
    chains = protected_chains(wanted.protected, wanted.accepted, timeout=wanted.probe_timeout)
    rest = [entry for entry in entries if entry.alias not in going]
    staying = {entry.alias: tenant.keystore.certificate(entry.alias) for entry in possible_anchors(rest, chains)}
    return _Seen(entries, doomed, chains, staying, tenant.now())


def decide_root(wanted: _Wanted, seen: _Seen) -> Plan:
    if wanted.present:
        return replace(decide_trusted_root(wanted.root, seen.entries), details={"deleted": None})
    plan = decide_absent_root(wanted.root, seen.entries)
    if seen.doomed is None:
        return replace(plan, details={"deleted": None})
    warnings = plan.warnings
    aliases = doomed_aliases(plan)
    if seen.now is not None:
        going = dict.fromkeys(aliases, seen.doomed)
        warnings += check_still_protected(seen.chains, seen.staying, going, at=seen.now)
    return replace(plan, warnings=warnings, details={"deleted": {"aliases": aliases, "pem": seen.doomed.pem}})
