# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a CA's answer is installed under a key pair. The key decides to whom an answer belongs, never a name.

Rules from SAP Help, "Updating a Key Pair with a Signing Response": the alias stays, SAP's entries are not touched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.chain import Chain, order_chain
from ..clock import format_time
from ..tenant.keystore_entry import KeystoreEntry
from .chain_warning import chain_warning
from .key_usage import check_key_usages
from .plan import Plan
from .refused import Conflict, NotWanted
from .steps import InstallChain
from .trusted_root import occupant_of

__all__ = ["KeyPairSeen", "WantedResponse", "decide_signing_response", "key_pair_entry"]


@dataclass(frozen=True)
class WantedResponse:
    """:param certificates: every certificate of the answer, in the order found.

    :param required_key_usages: extended key usages without which the leaf is refused instead of warned of.
    """

    alias: str
    certificates: tuple[Certificate, ...]
    required_key_usages: tuple[str, ...]


@dataclass(frozen=True)
class KeyPairSeen:
    """:param entries: the whole listing, which also knows the roots.

    :param installed: the chain of the key pair, leaf first.
    :param now: the tenant's time, by which it judges validity itself.
    """

    entries: tuple[KeystoreEntry, ...]
    installed: tuple[Certificate, ...]
    now: datetime


def decide_signing_response(wanted: WantedResponse, seen: KeyPairSeen) -> Plan:
    alias, installed = wanted.alias, seen.installed
    key_pair_entry(alias, seen.entries)
    own = installed[0]
    chain = _chain_for(wanted, own)
    leaf = chain.leaf
    lasting = (check_key_usages(leaf, wanted.required_key_usages), chain_warning(chain, seen.entries))
    warnings = [warning for warning in lasting if warning]
    before = _resource(alias, _without_root(installed))
    new = (leaf, *chain.intermediates)
    if _without_root(installed)[: len(new)] == new:
        # The tenant may have completed the chain from its keystore. What is installed already is not judged by its
        # dates: a playbook that still names an old answer must go on changing nothing.
        if not own.valid_at(seen.now):
            warnings.append(f"The installed certificate is not valid now: {_validity(own)}.")
        reason = "The key pair has this chain already."
        return Plan(before, before, (), reason, tuple(warnings), details=_details(own, own))
    for certificate in new:
        _check_validity(certificate, leaf=leaf, now=seen.now)
    if leaf.not_after < own.not_after and not own.self_issued:
        warnings.append(
            f"The answer ends at {format_time(leaf.not_after)}, earlier than the certificate that it replaces "
            f"({format_time(own.not_after)})."
        )
    warnings += [
        f"{stranger.subject} ({stranger.fingerprint_sha256}) is not part of the chain that was chosen and is left out."
        for stranger in chain.strangers
    ]
    reason = "The key pair has another chain." if own == leaf else "The key pair has another certificate."
    step = InstallChain(alias, new)
    return Plan(before, _resource(alias, new), (step,), reason, tuple(warnings), details=_details(own, leaf))


def key_pair_entry(alias: str, entries: Sequence[KeystoreEntry]) -> KeystoreEntry:
    """The entry, when it is a key pair that the tenant administrator owns; raises :class:`Conflict` otherwise."""
    where = f'alias "{alias}"'
    entry = occupant_of(entries, alias)
    if entry is None:
        raise Conflict(
            "there is no such entry", where=where, remedy="Make the key pair first, with the module keystore_entry"
        )
    if entry.alias != alias:
        raise Conflict(
            f'there is no such entry, but one that differs in letter case: "{entry.alias}"',
            where=where,
            remedy="Write the alias as the keystore does",
        )
    if entry.owner == "sap":
        raise Conflict(
            "the entry is owned by SAP, which renews it itself", where=where, remedy="Give the alias of your key pair"
        )
    if entry.type != "key_pair":
        kind = "an SSH key" if entry.type == "ssh_key" else "a certificate"
        raise Conflict(
            f"the entry is {kind}, and only a key pair has signing requests and responses",
            where=where,
            remedy="Give the alias of a key pair",
        )
    return entry


def _chain_for(wanted: WantedResponse, own: Certificate) -> Chain:
    """The chain for the key of the key pair; each way in which the answer cannot be for it has its own sentence."""
    where, key = f'alias "{wanted.alias}"', own.spki_sha256
    if not any(one.spki_sha256 == key for one in wanted.certificates):
        leaves = [one for one in wanted.certificates if not one.is_ca]
        if not leaves:
            raise NotWanted(
                "the leaf is missing: there are only certificates of CAs in the answer ("
                + "; ".join(one.subject for one in wanted.certificates[:5])
                + f"), and none for the key pair's public key with the SHA-256 {key}",
                where=where,
                remedy="Ask the CA for the certificate that it issued for the signing request",
            )
        raise NotWanted(
            f"the answer is for another key: the key pair's public key has the SHA-256 {key}, "
            + "; ".join(f"that of {one.subject} has {one.spki_sha256}" for one in leaves[:5]),
            where=where,
            remedy="Ask the CA for the answer to this key pair's own signing request; a key pair that was generated "
            "anew needs a new one",
        )
    chain = order_chain(wanted.certificates, spki_sha256=key)
    if chain.broken:
        raise NotWanted(
            f"the chain is broken: {chain.broken}",
            where=where,
            remedy="Ask the CA for the certificates of the issuer that signed the leaf",
        )
    if chain.leaf.self_issued and not own.self_issued:
        raise NotWanted(
            "the certificate for this key is self-signed: it is what the key pair was made with, not a CA's answer",
            where=where,
            remedy="Give what the CA sent",
        )
    return chain


def _check_validity(certificate: Certificate, *, leaf: Certificate, now: datetime) -> None:
    if certificate.valid_at(now):
        return
    what = "the certificate" if certificate is leaf else "an intermediate certificate of the chain"
    if now > certificate.not_after:
        raise NotWanted(
            f"{what} expired at {format_time(certificate.not_after)}",
            where=certificate.subject,
            remedy="Ask the CA for a new answer" if certificate is leaf else "Ask the CA for its current intermediates",
        )
    raise NotWanted(
        f"{what} is not valid before {format_time(certificate.not_before)}",
        where=certificate.subject,
        remedy="Install it when it is; the tenant's clock counts",
    )


def _without_root(chain: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """Leaf first; the leaf stays although it may have signed itself."""
    return tuple(one for number, one in enumerate(chain) if number == 0 or not one.self_issued)


def _validity(certificate: Certificate) -> str:
    return f"from {format_time(certificate.not_before)} to {format_time(certificate.not_after)}"


def _resource(alias: str, chain: Sequence[Certificate]) -> dict[str, Any]:
    leaf = chain[0]
    return {
        "alias": alias,
        "leaf": leaf.to_result(),
        "chain": [certificate.to_result() for certificate in chain],
        "fingerprint_sha256": leaf.fingerprint_sha256,
        "spki_sha256": leaf.spki_sha256,
        "not_before": format_time(leaf.not_before),
        "not_after": format_time(leaf.not_after),
    }


def _details(old: Certificate, new: Certificate) -> dict[str, Any]:
    return {
        "previous_leaf": old.to_result(),
        "days_gained": round((new.not_after - old.not_after).total_seconds() / 86400),
    }
