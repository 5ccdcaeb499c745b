# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a trust anchor may go: every protected chain must still validate with the keystore as it would be afterwards.

The tenant's runtime is a Java one: every certificate of the keystore is an anchor, whatever its alias or type, and
several anchors may complete the same chain. So what is needed is a set, and the only sound question is what
validates without this one.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..certificates.certificate import Certificate
from ..certificates.names import same_name_text
from ..certificates.trust import validating_anchors, validation_problem
from ..tenant.keystore_entry import KeystoreEntry
from .refused import StillNeeded

__all__ = ["Need", "ProtectedChain", "check_still_protected", "leaving", "need_of", "possible_anchors"]


@dataclass(frozen=True)
class ProtectedChain:
    """A chain that must stay valid.

    :param receiver: ``host:port``, or the file that the chain was read from.
    :param address: where it was served, ``None`` for a chain from a file.
    :param chain: as served, leaf first; empty when it could not be read.
    :param error: why not.
    :param accepted: the user accepted by name that this receiver is left to chance when its need is not known.
    :param flows: the integration flows that send there, as far as they are known.
    :param stable_probes: how many answers in a row showed this chain; ``None`` for one from a file.
    """

    receiver: str
    address: str | None
    chain: tuple[Certificate, ...]
    error: str | None = None
    accepted: bool = False
    stable_probes: int | None = None
    flows: tuple[str, ...] = ()

    @property
    def where(self) -> str:
        place = f"{self.receiver} at {self.address}" if self.address else self.receiver
        return f"{place} (used by {', '.join(self.flows)})" if self.flows else place


def leaving(
    entries: Sequence[KeystoreEntry], aliases: Collection[str], *, coming: Collection[str] = ()
) -> list[KeystoreEntry]:
    """Of the entries under these aliases those whose certificate the keystore does not hold afterwards.

    :param coming: fingerprints of what is imported.
    """
    staying = {entry.fingerprint_sha256 for entry in entries if entry.alias not in aliases}
    return [
        entry for entry in entries if entry.alias in aliases and entry.fingerprint_sha256 not in {*staying, *coming}
    ]


def possible_anchors(entries: Sequence[KeystoreEntry], chains: Sequence[ProtectedChain]) -> list[KeystoreEntry]:
    """The entries whose certificates are worth reading: those that may be, or may have issued, a served certificate.

    A prefilter that spares requests; when a name cannot be compared the entry stays in.
    """
    served = {certificate.fingerprint_sha256 for one in chains for certificate in one.chain}
    issuers = {certificate.issuer for one in chains for certificate in one.chain}
    return [
        entry
        for entry in entries
        if entry.fingerprint_sha256 in served
        or entry.subject is None
        or any(same_name_text(entry.subject, issuer) is not False for issuer in issuers)
    ]


@dataclass(frozen=True)
class Need:
    """Whether one served chain needs one of the anchors that would go.

    :param validated_by: the aliases of the others that validate it.
    :param needed: the aliases of which one must stay, where it needs one.
    """

    chain: ProtectedChain
    needs_root: Literal["yes", "no", "unknown"]
    validated_by: tuple[str, ...] = ()
    needed: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def accepted(self) -> bool:
        """Whether it is left to chance: a need that is known cannot be accepted, for messages would fail."""
        return self.needs_root == "unknown" and self.chain.accepted

    @property
    def sentence(self) -> str:
        """Of a chain that needs an anchor that would go, or may need one."""
        if self.needs_root == "yes":
            aliases = " or ".join(f'"{alias}"' for alias in self.needed)
            return f"{self.chain.where}: nothing but alias {aliases} validates what it serves"
        return f"{self.chain.where}: what it needs is not known ({self.problem})"

    @property
    def remedy(self) -> str:
        if self.needs_root == "yes":
            return f"Let {self.chain.receiver} move to another root first"
        if self.chain.address is None:
            return f"Give the whole chain that {self.chain.receiver} serves, or leave it out"
        return f"Let {self.chain.receiver} be reached from here, or accept it by name with accept_unprobed"

    def to_result(self) -> dict[str, Any]:
        return {
            "receiver": self.chain.receiver,
            "address": self.chain.address,
            "flows": list(self.chain.flows),
            "needs_root": self.needs_root,
            "validated_by": list(self.validated_by),
            "problem": self.problem,
            "stable_probes": self.chain.stable_probes,
        }


def need_of(
    one: ProtectedChain, staying: Mapping[str, Certificate], going: Mapping[str, Certificate], *, at: datetime
) -> Need:
    """:param staying: by alias, the certificates that may validate the chain afterwards.

    :param going: by alias, those that would go.
    """
    if one.error is not None:
        return Need(one, "unknown", problem=one.error)
    validated_by = _completing(one, staying, at)
    if validated_by:
        return Need(one, "no", validated_by)
    needed = _completing(one, going, at)
    if needed:
        return Need(one, "yes", needed=needed)
    known = [*staying.values(), *going.values()]
    problem = validation_problem(one.chain, known, at=at, server_name=None)
    return Need(one, "unknown", problem=problem or "no certificate of the keystore validates it now")


def _completing(one: ProtectedChain, anchors: Mapping[str, Certificate], at: datetime) -> tuple[str, ...]:
    found = {anchor.fingerprint_sha256 for anchor in validating_anchors(one.chain, list(anchors.values()), at=at)}
    return tuple(alias for alias, anchor in anchors.items() if anchor.fingerprint_sha256 in found)


def check_still_protected(
    chains: Sequence[ProtectedChain],
    staying: Mapping[str, Certificate],
    going: Mapping[str, Certificate],
    *,
    at: datetime,
) -> tuple[str, ...]:
    """Refuse to drop anchors that somebody needs, or may need; returns warnings for what the user accepted by name.

    The parameters are those of :func:`need_of`.
    """
    found = [need for one in chains if (need := need_of(one, staying, going, at=at)).needs_root != "no"]
    refused = [one for one in found if not one.accepted]
    if refused:
        raise StillNeeded(
            "what would go is, or may be, still needed: " + "; ".join(one.sentence for one in refused),
            where="option protect",
            remedy=". ".join(dict.fromkeys(one.remedy for one in refused)),
        )
    return tuple(f"{one.sentence}; it was accepted by name." for one in found)
