# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who trusts whom in a tenant: receivers, the flows that send to them, and the keystore entries that validate them.

The tenant's runtime is a Java one: every certificate of the keystore is a trust anchor, so several entries may satisfy
one receiver, and none of them is "its" root.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from ..certificates.certificate import Certificate
from ..certificates.trust import validating_anchors, validation_problem
from ..clock import format_time
from ..tenant.keystore_entry import KeystoreEntry
from .protection import ProtectedChain

__all__ = ["Sender", "TrustMap", "Uncertain"]

Kind = Literal["root", "intermediate", "leaf", "key_pair", "unreadable"]


@dataclass(frozen=True)
class Sender:
    """A flow that sends to a receiver.

    :param certain: whether it is known to.
    """

    flow_id: str
    receiver: str
    certain: bool


@dataclass(frozen=True)
class Uncertain:
    """A flow that may also send to a receiver that nobody can name, and why."""

    flow_id: str
    reasons: tuple[str, ...]

    def to_result(self) -> dict[str, Any]:
        return {"id": self.flow_id, "reasons": list(self.reasons)}


@dataclass(frozen=True)
class TrustMap:
    """What was observed.

    :param certificates: by alias, the certificate of an entry, as far as it was read.
    :param chains: what each address of each receiver serves, with the name that was asked for as the receiver.
    :param named: by alias, the flows that name the entry in a channel, step or script.
    :param at: on the tenant's clock.
    """

    entries: Sequence[KeystoreEntry]
    certificates: Mapping[str, Certificate]
    senders: Sequence[Sender]
    uncertain: Sequence[Uncertain]
    chains: Sequence[ProtectedChain]
    named: Mapping[str, Sequence[str]]
    at: datetime
    expires_within: timedelta

    def to_result(self) -> dict[str, Any]:
        validating = {chain: self._aliases(chain) for chain in self.chains}
        receivers = [self._receiver(name, validating) for name in sorted({sender.receiver for sender in self.senders})]
        entries = [self._entry(entry, validating) for entry in sorted(self.entries, key=lambda entry: entry.alias)]
        complete = not self.uncertain and not any(chain.error for chain in self.chains)
        return {
            "tenant_time": format_time(self.at),
            "complete": complete,
            "receivers": receivers,
            "entries": entries,
            "unneeded_roots": [
                entry["alias"]
                for entry in entries
                if entry["kind"] == "root" and not (entry["validates"] or entry["flows"] or entry["owner"] == "sap")
            ],
            "unsatisfied_receivers": [one["receiver"] for one in receivers if one["satisfied"] == "no"],
            "unprobed_receivers": [one["receiver"] for one in receivers if one["satisfied"] == "unknown"],
            "pinned": [
                entry["alias"]
                for entry in entries
                if entry["kind"] in ("leaf", "intermediate") and entry["owner"] != "sap"
            ],
            "expiring": self._expiring(receivers, entries),
            "uncertain_flows": [one.to_result() for one in self.uncertain],
        }

    def _aliases(self, chain: ProtectedChain) -> list[str]:
        if chain.error is not None:
            return []
        anchors = validating_anchors(chain.chain, list(self.certificates.values()), at=self.at)
        found = {anchor.fingerprint_sha256 for anchor in anchors}
        return sorted(
            alias for alias, certificate in self.certificates.items() if certificate.fingerprint_sha256 in found
        )

    def _receiver(self, name: str, validating: Mapping[ProtectedChain, list[str]]) -> dict[str, Any]:
        addresses = [
            self._address(chain, aliases, name) for chain, aliases in validating.items() if chain.receiver == name
        ]
        answered = [address for address in addresses if address["error"] is None]
        satisfied = "yes" if all(address["validated_by"] for address in answered) else "no"
        return {
            "receiver": name,
            "flows": sorted(one.flow_id for one in self.senders if one.receiver == name and one.certain),
            "possible_flows": sorted(one.flow_id for one in self.senders if one.receiver == name and not one.certain),
            "satisfied": satisfied if satisfied == "no" or len(answered) == len(addresses) > 0 else "unknown",
            "addresses": addresses,
        }

    def _address(self, chain: ProtectedChain, aliases: list[str], receiver: str) -> dict[str, Any]:
        leaf = chain.chain[0] if chain.chain else None
        roots = {self.certificates[alias].fingerprint_sha256: self.certificates[alias].subject for alias in aliases}
        problem = None
        if chain.error is None and not aliases:
            host = receiver.rpartition(":")[0].strip("[]")
            problem = validation_problem(chain.chain, list(self.certificates.values()), at=self.at, server_name=host)
        return {
            "address": chain.address,
            "error": chain.error,
            "leaf": None if leaf is None else leaf.to_result(),
            # What its chain ends in: the anchors of the keystore that complete it, or else the issuer that is missing.
            "roots": [{"subject": subject, "fingerprint_sha256": key} for key, subject in sorted(roots.items())],
            "missing_issuer": chain.chain[-1].issuer if chain.chain and not aliases else None,
            "validated_by": aliases,
            "problem": problem,
        }

    def _entry(self, entry: KeystoreEntry, validating: Mapping[ProtectedChain, list[str]]) -> dict[str, Any]:
        used = {chain.receiver for chain, aliases in validating.items() if entry.alias in aliases}
        alone = {chain.receiver for chain, aliases in validating.items() if aliases == [entry.alias]}
        return {
            "alias": entry.alias,
            "kind": self._kind(entry),
            "owner": entry.owner,
            "subject": entry.subject,
            "fingerprint_sha256": entry.fingerprint_sha256,
            "not_after": None if entry.not_after is None else format_time(entry.not_after),
            "validates": sorted(used),
            "alone_for": sorted(alone),
            "flows": sorted(self.named.get(entry.alias, ())),
        }

    def _kind(self, entry: KeystoreEntry) -> Kind:
        if entry.type != "certificate":
            return "key_pair"
        certificate = self.certificates.get(entry.alias)
        if certificate is None:
            return "unreadable"
        if not certificate.is_ca:
            return "leaf"
        return "root" if certificate.self_signed else "intermediate"

    def _expiring(
        self, receivers: Sequence[Mapping[str, Any]], entries: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        """Entries and served certificates whose last day is near or past, the next one first."""
        limit = format_time((self.at + self.expires_within).replace(microsecond=0))
        found = [
            {"what": "keystore entry", "name": entry["alias"], "subject": entry["subject"], "when": entry["not_after"]}
            for entry in entries
            if entry["not_after"] is not None
        ]
        found += [
            {
                "what": "served certificate",
                "name": f"{one['receiver']} at {address['address']}",
                "subject": address["leaf"]["subject"],
                "when": address["leaf"]["not_after"],
            }
            for one in receivers
            for address in one["addresses"]
            if address["leaf"] is not None
        ]
        return sorted((one for one in found if one["when"] <= limit), key=lambda one: (one["when"], one["name"]))
