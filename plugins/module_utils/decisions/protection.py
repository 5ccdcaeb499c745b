# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a trust anchor may go: every protected chain must still validate with the keystore as it would be afterwards.

The tenant's runtime is a Java one: every certificate of the keystore is an anchor, whatever its alias or type, and
several anchors may complete the same chain. So what is needed is a set, and the only sound question is what
validates without this one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from ..certificates.certificate import Certificate
from ..certificates.names import same_name_text
from ..certificates.trust import validating_anchors, validation_problem
from ..tenant.keystore_entry import KeystoreEntry
from .refused import StillNeeded

__all__ = ["Need", "ProtectedChain", "check_still_protected", "needs_root", "possible_anchors", "unprotected"]


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
    """Whether one served chain needs one root.

    :param validated_by: the aliases of the other entries that validate it.
    """

    chain: ProtectedChain
    needs_root: Literal["yes", "no", "unknown"]
    validated_by: tuple[str, ...]
    problem: str | None

    @property
    def accepted(self) -> bool:
        return self.chain.accepted

    @property
    def sentence(self) -> str:
        """Of a chain that needs the root, or may need it."""
        if self.needs_root == "yes":
            return f"{self.chain.where}: no other certificate of the keystore validates what it serves"
        return f"{self.chain.where}: whether it needs the root is not known ({self.problem})"

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


def needs_root(one: ProtectedChain, anchors: Mapping[str, Certificate], root: str, *, at: datetime) -> Need:
    """:param anchors: by alias, the certificates of the keystore that may validate the chain.

    :param root: the fingerprint of the root in question, under whatever alias.
    """
    if one.error is not None:
        return Need(one, "unknown", (), one.error)
    rest = {alias: anchor for alias, anchor in anchors.items() if anchor.fingerprint_sha256 != root}
    completing = {anchor.fingerprint_sha256 for anchor in validating_anchors(one.chain, list(rest.values()), at=at)}
    if completing:
        return Need(
            one, "no", tuple(alias for alias, anchor in rest.items() if anchor.fingerprint_sha256 in completing), None
        )
    if validating_anchors(one.chain, list(anchors.values()), at=at):
        return Need(one, "yes", (), None)
    problem = validation_problem(one.chain, list(anchors.values()), at=at, server_name=None)
    return Need(one, "unknown", (), problem or "no certificate of the keystore validates it now")


def unprotected(
    chains: Sequence[ProtectedChain], anchors: Sequence[Certificate], *, at: datetime
) -> list[tuple[ProtectedChain, str]]:
    """The chains that these anchors do not validate, each with the reason; what could not be seen counts as broken."""
    broken = []
    for one in chains:
        if one.error is not None:
            broken.append((one, f"it could not be asked ({one.error})"))
        elif not validating_anchors(one.chain, anchors, at=at):
            broken.append((one, f"its chain from {one.chain[0].subject} would end at no certificate of the keystore"))
    return broken


def check_still_protected(
    chains: Sequence[ProtectedChain], anchors: Mapping[str, Certificate], *, at: datetime, root: str
) -> tuple[str, ...]:
    """Refuse to delete a root that somebody needs, or may need; returns warnings for what the user accepted by name.

    A need that is known cannot be accepted: the user would accept that messages fail.

    :param anchors: as for :func:`needs_root`, the root in question among them.
    """
    found = [needs_root(one, anchors, root, at=at) for one in chains]
    refused = [one for one in found if one.needs_root == "yes" or (one.needs_root == "unknown" and not one.accepted)]
    if refused:
        raise StillNeeded(
            "the root is, or may be, still needed: " + "; ".join(one.sentence for one in refused),
            where=root,
            remedy=". ".join(dict.fromkeys(one.remedy for one in refused)),
        )
    return tuple(f"{one.sentence}; it was accepted by name." for one in found if one.needs_root == "unknown")
