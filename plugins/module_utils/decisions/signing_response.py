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
from ..certificates.names import same_name_text
from ..clock import format_time
from ..tenant.keystore_entry import KeystoreEntry
from .plan import Plan
from .refused import Conflict, NotWanted
from .steps import InstallChain
from .trusted_root import check_validity

__all__ = ["KeyPairSeen", "WantedResponse", "decide_signing_response"]

_CLIENT_AUTH = "clientAuth"


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
    """:param entry: what the listing says of the alias.

    :param installed: its chain, leaf first; empty when the entry is no key pair.
    """

    entry: KeystoreEntry | None
    installed: tuple[Certificate, ...]
    entries: tuple[KeystoreEntry, ...]


def decide_signing_response(wanted: WantedResponse, seen: KeyPairSeen, *, now: datetime) -> Plan:
    entry = _key_pair(wanted.alias, seen.entry)
    own = seen.installed[0]
    chain = order_chain(wanted.certificates, spki_sha256=own.spki_sha256)
    if chain.broken:
        raise NotWanted(
            f"the chain is broken: {chain.broken}",
            where=f'alias "{wanted.alias}"',
            remedy="Ask the CA for the certificates of the issuer that signed the leaf",
        )
    check_validity(chain.leaf, now=now)
    usage_warning = _check_key_usages(chain.leaf, wanted.required_key_usages)
    before = _resource(entry.alias, _without_root(seen.installed))
    if _is_installed(chain, seen.installed):
        return Plan(before, before, (), "The key pair has this chain already.", details=_details(own, own))
    new = (chain.leaf, *chain.intermediates)
    warnings = [*_gaps(chain, seen.entries), *([usage_warning] if usage_warning else [])]
    if chain.leaf.not_after < own.not_after and not own.self_issued:
        warnings.append(
            f"The answer ends at {format_time(chain.leaf.not_after)}, earlier than the certificate that it replaces "
            f"({format_time(own.not_after)})."
        )
    warnings += [
        f"{stranger.subject} belongs to no place in the chain and is left out." for stranger in chain.strangers
    ]
    return Plan(
        before,
        _resource(entry.alias, new),
        (InstallChain(wanted.alias, new),),
        "The key pair has another chain.",
        tuple(warnings),
        details=_details(own, chain.leaf),
    )


def _key_pair(alias: str, entry: KeystoreEntry | None) -> KeystoreEntry:
    where = f'alias "{alias}"'
    if entry is None:
        raise Conflict(
            "there is no such entry", where=where, remedy="Make the key pair first, with the module keystore_entry"
        )
    if entry.owner == "sap":
        raise Conflict("the entry is owned by SAP, which renews it itself", where=where)
    if entry.type != "key_pair":
        raise Conflict(
            f"the entry is a {entry.type.replace('_', ' ')}, and only a key pair can get a signing response",
            where=where,
        )
    return entry


def _is_installed(chain: Chain, installed: Sequence[Certificate]) -> bool:
    """Whether the tenant has the same chain, which it may have completed from its keystore up to the root."""
    new = (chain.leaf, *chain.intermediates)
    return tuple(_without_root(installed)[: len(new)]) == new


def _without_root(chain: Sequence[Certificate]) -> tuple[Certificate, ...]:
    return tuple(one for number, one in enumerate(chain) if number == 0 or not one.self_issued)


def _check_key_usages(leaf: Certificate, required: Sequence[str]) -> str | None:
    usages = leaf.extended_key_usages
    if usages is None or "anyExtendedKeyUsage" in usages:
        return None
    missing = [usage for usage in required if usage not in usages]
    if missing:
        raise NotWanted(
            f"the certificate may not be used for {', '.join(missing)}, only for {', '.join(usages) or 'nothing'}",
            where=leaf.subject,
            remedy="Ask the CA for a certificate with this extended key usage",
        )
    if _CLIENT_AUTH not in usages:
        return (
            f"The certificate may be used for {', '.join(usages) or 'nothing'}, but not for {_CLIENT_AUTH}: a receiver "
            "may refuse it as the client certificate of an outbound connection."
        )
    return None


def _gaps(chain: Chain, entries: Sequence[KeystoreEntry]) -> list[str]:
    """What the other side may miss: issuers that neither the answer nor the keystore holds."""
    issuer = chain.root.subject if chain.root else chain.top.issuer
    known = any(
        entry.subject and same_name_text(entry.subject, issuer) for entry in entries if entry.type == "certificate"
    )
    if chain.root is not None:
        in_keystore = any(entry.fingerprint_sha256 == chain.root.fingerprint_sha256 for entry in entries)
        return (
            []
            if in_keystore
            else [f"The root of the chain, {issuer}, is not in the keystore; the tenant cannot check it."]
        )
    if known or chain.gap is None:
        return []
    if chain.intermediates:
        return [f"The root of the chain is not known: {chain.gap}, and the keystore does not hold it either."]
    return [f"Intermediate certificates may be missing: {chain.gap}, and the keystore does not hold it either."]


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
        "days_gained": (new.not_after - old.not_after).days,
    }
