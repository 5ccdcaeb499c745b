# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module trusted_roots between its options and the decision."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ..certificates.certificate import Certificate
from ..decisions.plan import Plan
from ..decisions.protection import ProtectedChain, check_still_protected, leaving, possible_anchors
from ..decisions.trust_plan import TrustPlan
from ..decisions.trusted_roots import DeclaredTrust, decide_trusted_roots, unlisted_candidates
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.session import Tenant
from .declaration import declared_roots
from .known_certificates import KnownCertificates
from .receivers import Protected, protected_chains, protected_of

__all__ = ["decide_roots", "read_roots", "read_roots_back", "wanted_roots"]

_DROPPING = ("removed", "replaced")
_UNPROTECTED = (
    "Roots are dropped and the option protect names no receiver, so nobody checked whether one of them is still needed."
)


@dataclass(frozen=True)
class _Wanted:
    trust: DeclaredTrust
    protected: tuple[Protected, ...]
    accepted: frozenset[str]
    probe_timeout: float
    known: KnownCertificates


@dataclass(frozen=True)
class _Seen:
    """:param chains: what must stay valid; only asked for when something would go.

    :param staying: by alias, the certificates that may validate it afterwards.
    :param going: by alias, those that would go.
    """

    entries: tuple[KeystoreEntry, ...]
    now: datetime
    chains: tuple[ProtectedChain, ...] = ()
    staying: Mapping[str, Certificate] = field(default_factory=dict)
    going: Mapping[str, Certificate] = field(default_factory=dict)
    written: bool = False


def wanted_roots(options: dict[str, Any]) -> _Wanted:
    """Options to what is wanted; refuses every fault of the declaration at once."""
    roots = declared_roots(options["roots"] or [], options["roots_path"] or [])
    protected, accepted = protected_of(options["protect"], options["accept_unprobed"])
    known = KnownCertificates(root.certificate for root in roots if root.certificate is not None)
    trust = DeclaredTrust(roots, options["unlisted"], options["upload"])
    return _Wanted(trust, protected, accepted, options["probe_timeout"], known)


def read_roots(tenant: Tenant, wanted: _Wanted) -> _Seen:
    """One listing; certificates that nobody declared; and what the protected receivers serve if anything goes."""
    entries = tenant.keystore.entries()
    if wanted.trust.unlisted != "keep":
        wanted.known.read(tenant, unlisted_candidates(wanted.trust, entries))
    seen = _Seen(entries, tenant.now())
    plan = _plan(wanted, seen)
    aliases = {change.before.alias for change in plan.changes if change.kind in _DROPPING and change.before}
    coming = [change.after for change in plan.changes if change.kind in ("added", "replaced") and change.after]
    going = leaving(entries, aliases, coming={entry.fingerprint_sha256 for entry in coming})
    if not going or not wanted.protected:
        return seen
    chains = protected_chains(wanted.protected, wanted.accepted, timeout=wanted.probe_timeout)
    staying = possible_anchors([entry for entry in entries if entry.alias not in aliases], chains)
    known = wanted.known
    known.read(tenant, [*staying, *going])
    return replace(seen, chains=chains, staying=known.by_alias([*staying, *coming]), going=known.by_alias(going))


def read_roots_back(tenant: Tenant, wanted: _Wanted, seen: _Seen) -> _Seen:
    """The listing again. No receiver is asked again: what goes was decided before the first write."""
    entries = tenant.keystore.entries()
    if wanted.trust.unlisted != "keep":
        wanted.known.read(tenant, unlisted_candidates(wanted.trust, entries))
    return replace(seen, entries=entries, written=True)


def decide_roots(wanted: _Wanted, seen: _Seen) -> Plan:
    plan = _plan(wanted, seen)
    if seen.written or not any(change.kind in _DROPPING for change in plan.changes):
        return plan
    if not wanted.protected:
        return replace(plan, warnings=(*plan.warnings, _UNPROTECTED))
    return replace(plan, warnings=check_still_protected(seen.chains, seen.staying, seen.going, at=seen.now))


def _plan(wanted: _Wanted, seen: _Seen) -> TrustPlan:
    return decide_trusted_roots(
        wanted.trust, seen.entries, wanted.known.by_fingerprint, now=seen.now, written=seen.written
    )
