# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module trusted_root between its options and the decision."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..certificates.certificate import Certificate
from ..clock import SystemClock
from ..decisions.plan import Plan
from ..decisions.protection import ProtectedChain, check_still_protected, possible_anchors
from ..decisions.refused import NotWanted
from ..decisions.steps import DeleteEntry
from ..decisions.trusted_root import WantedRoot, check_wanted_root, decide_absent_root, decide_trusted_root
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
    chains: tuple[ProtectedChain, ...] = ()
    anchors: tuple[Certificate, ...] = field(default=())
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
    """One listing; for a protected deletion also what the receivers serve and the certificates that may validate it."""
    entries = tenant.keystore.entries()
    if wanted.present or not wanted.protected:
        return _Seen(entries)
    doomed = {step.alias for step in decide_absent_root(wanted.root, entries).steps if isinstance(step, DeleteEntry)}
    if not doomed:
        return _Seen(entries)
    chains = protected_chains(wanted.protected, wanted.accepted, timeout=wanted.probe_timeout)
    rest = [entry for entry in entries if entry.alias not in doomed]
    anchors = tuple(tenant.keystore.certificate(entry.alias) for entry in possible_anchors(rest, chains))
    return _Seen(entries, chains, anchors, tenant.now())


def decide_root(wanted: _Wanted, seen: _Seen) -> Plan:
    if wanted.present:
        return decide_trusted_root(wanted.root, seen.entries)
    plan = decide_absent_root(wanted.root, seen.entries)
    if not plan.changed or seen.now is None:
        return plan
    warnings = check_still_protected(seen.chains, seen.anchors, at=seen.now, root=wanted.root.fingerprint_sha256)
    return Plan(plan.before, plan.after, plan.steps, plan.reason, plan.warnings + warnings)
