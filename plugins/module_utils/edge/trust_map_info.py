# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module trust_map_info between its options and its answer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from ..certificates.certificate import Certificate
from ..decisions.flow_content import FlowContent, Question
from ..decisions.protection import ProtectedChain, possible_anchors
from ..decisions.refused import NotWanted
from ..decisions.trust_map import Sender, TrustMap, Uncertain
from ..flow_bundle.address import TLS_SCHEMES
from ..flow_bundle.channels import Channel
from ..flow_bundle.flow_bundle import FlowBundle
from ..flow_bundle.matching import Answer, sends_to
from ..receiver.endpoint import Endpoint
from ..receiver.served_chain import probe
from ..tenant.keystore_entry import KeystoreEntry
from ..tenant.session import Tenant
from .flow_reading import Reading, reading_of
from .known_certificates import KnownCertificates

__all__ = ["answer_trust_map", "wanted_trust_map"]

_PARALLEL_RECEIVERS = 8
# A name that nobody can own (RFC 6761 section 6.4): who may send there may send anywhere.
_ANYWHERE = "anywhere.invalid"
_STARTTLS = "it begins without TLS (STARTTLS), which is not probed"


@dataclass(frozen=True)
class _Wanted:
    addresses: Mapping[str, tuple[str, ...]]
    expires_within: timedelta
    probe_timeout: float
    reading: Reading


@dataclass(frozen=True)
class _Receiver:
    """:param probed: whether it speaks TLS from the first byte."""

    host: str
    port: int
    probed: bool

    @property
    def name(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def wanted_trust_map(options: dict[str, Any]) -> _Wanted:
    addresses = {}
    for host, given in options["addresses"].items():
        if not isinstance(given, (list, tuple)) or not all(isinstance(one, str) for one in given):
            raise NotWanted("each host has a list of IP addresses", where=f"option addresses, {host}")
        addresses[str(host).lower()] = tuple(given)
    return _Wanted(addresses, timedelta(days=options["expires_within"]), options["probe_timeout"], reading_of(options))


def answer_trust_map(tenant: Tenant, wanted: _Wanted) -> dict[str, Any]:
    """One listing of flows and one of entries; then the contents, the certificates and the receivers, side by side."""
    flows, others = tenant.integration_flows.deployed_artifacts()
    contents = wanted.reading.open(tenant)[0].of(flows, Question(details=True), others)
    senders, receivers, uncertain = _who_sends_where(contents)
    chains = _probe(sorted(receivers, key=lambda receiver: receiver.name), wanted)
    entries = tenant.keystore.entries()
    found = TrustMap(
        entries=entries,
        certificates=_certificates(tenant, entries, chains),
        senders=senders,
        uncertain=uncertain,
        chains=chains,
        named=_named(contents),
        at=tenant.now(),
        expires_within=wanted.expires_within,
    )
    return {"trust_map": {"tenant": tenant.host, **found.to_result()}}


def _who_sends_where(
    contents: Mapping[str, FlowContent],
) -> tuple[list[Sender], set[_Receiver], list[Uncertain]]:
    senders: list[Sender] = []
    receivers: dict[str, _Receiver] = {}
    uncertain: list[Uncertain] = []
    for flow_id, content in contents.items():
        for receiver in {one.name: one for one in map(_receiver, _channels(content)) if one is not None}.values():
            answer = content.answer(partial(_sends_to, receiver))
            if answer.verdict != "no":
                known = receivers.setdefault(receiver.name, receiver)
                if receiver.probed and not known.probed:
                    receivers[receiver.name] = receiver
                senders.append(Sender(flow_id, receiver.name, answer.verdict == "yes"))
        anywhere = content.answer(lambda bundle: sends_to(bundle, _ANYWHERE))
        if anywhere.verdict == "unknown":
            uncertain.append(Uncertain(flow_id, anywhere.reasons))
    return senders, set(receivers.values()), uncertain


def _sends_to(receiver: _Receiver, bundle: FlowBundle) -> Answer:
    return sends_to(bundle, receiver.host, receiver.port)


def _channels(content: FlowContent) -> Sequence[Channel]:
    return () if content.bundle is None else content.bundle.channels


def _receiver(channel: Channel) -> _Receiver | None:
    """Where a channel connects to itself and with TLS, as far as that can be named."""
    address = channel.address
    if address.host is None or address.port is None or channel.tls == "no" or channel.never is not None:
        return None
    if channel.proxy == "cloud_connector":
        return None
    return _Receiver(address.host, address.port, address.scheme in TLS_SCHEMES)


def _probe(receivers: Sequence[_Receiver], wanted: _Wanted) -> list[ProtectedChain]:
    def one(receiver: _Receiver) -> list[ProtectedChain]:
        if not receiver.probed:
            return [ProtectedChain(receiver.name, None, (), _STARTTLS)]
        addresses = wanted.addresses.get(receiver.host, ())
        endpoint = Endpoint(receiver.host, receiver.port, receiver.host, addresses)
        return [
            ProtectedChain(receiver.name, served.address, served.chain, served.error)
            for served in probe(endpoint, timeout=wanted.probe_timeout)
        ]

    with ThreadPoolExecutor(max_workers=_PARALLEL_RECEIVERS) as pool:
        return [chain for chains in pool.map(one, receivers) for chain in chains]


def _certificates(
    tenant: Tenant, entries: Sequence[KeystoreEntry], chains: Sequence[ProtectedChain]
) -> dict[str, Certificate]:
    """Those of all entries that are certificates, and of key pairs where they may validate something."""
    anchors = {entry.alias for entry in possible_anchors(entries, chains)}
    shown = [entry for entry in entries if entry.type == "certificate" or entry.alias in anchors]
    known = KnownCertificates()
    known.read(tenant, shown)
    return known.by_alias(shown)


def _named(contents: Mapping[str, FlowContent]) -> dict[str, list[str]]:
    named: dict[str, set[str]] = {}
    for flow_id, content in contents.items():
        for reference in () if content.bundle is None else content.bundle.aliases:
            if reference.kind == "literal" and reference.alias is not None:
                named.setdefault(reference.alias, set()).add(flow_id)
    return {alias: sorted(flows) for alias, flows in named.items()}
