# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receivers and chains that must stay valid, as options name them, asked for what they serve now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from ..certificates.encodings import read_certificates
from ..clock import SystemClock
from ..decisions.protection import ProtectedChain
from ..decisions.refused import NotWanted
from ..problem import Problem
from ..receiver.endpoint import Endpoint, parse_endpoint
from ..receiver.served_chain import probe_again, stable_probes
from .inputs import content_of

__all__ = ["Protected", "protected_chains", "protected_of"]

# What a key pair's chain may hold on a tenant; a served chain is no longer in practice.
_CHAIN_LIMIT = 30720
_KEYS = frozenset({"receiver", "server_name", "addresses", "chain_path", "chain_content", "flows"})


@dataclass(frozen=True)
class _Asked:
    """A receiver that is asked for its chain, and the flows that send there, as far as the user named them."""

    endpoint: Endpoint
    flows: tuple[str, ...] = ()


Protected: TypeAlias = "_Asked | ProtectedChain"


def protected_of(elements: Sequence[Any], accepted: Sequence[str]) -> tuple[tuple[Protected, ...], frozenset[str]]:
    """The elements of an option ``protect`` and the receivers accepted by name; pure but for files."""
    names = frozenset(str(parse_endpoint(text)) for text in accepted)
    return tuple(_protected(element) for element in elements), names


def _protected(element: Any) -> Protected:
    if isinstance(element, str):
        return _Asked(parse_endpoint(element))
    if not isinstance(element, Mapping) or not set(element) <= _KEYS:
        raise NotWanted(
            "an element of protect is a text host:port or a mapping with the keys " + ", ".join(sorted(_KEYS)),
            where="option protect",
        )
    flows = tuple(str(flow) for flow in element.get("flows") or ())
    found = content_of(element, "chain", limit=_CHAIN_LIMIT)
    if found is not None:
        data, where = found
        try:
            chain = tuple(read_certificates(data, limit=_CHAIN_LIMIT))
            return ProtectedChain(str(element.get("receiver") or where), None, chain, flows=flows)
        except Problem as problem:
            problem.where = problem.where or where
            raise
    if not element.get("receiver"):
        raise NotWanted("an element of protect names neither a receiver nor a chain", where="option protect")
    endpoint = parse_endpoint(
        str(element["receiver"]),
        server_name=element.get("server_name"),
        addresses=[str(a) for a in element.get("addresses") or ()],
    )
    return _Asked(endpoint, flows)


def protected_chains(
    protected: Sequence[Protected], accepted: frozenset[str], *, timeout: float, probes: int = 1, pause: float = 0
) -> tuple[ProtectedChain, ...]:
    """What each one serves now, at every address, asked as often as wanted."""
    chains: list[ProtectedChain] = []
    for one in protected:
        if isinstance(one, ProtectedChain):
            chains.append(one)
            continue
        name = str(one.endpoint)
        rounds = probe_again(one.endpoint, probes=probes, pause=pause, timeout=timeout, clock=SystemClock())
        chains += [
            ProtectedChain(
                name,
                served.address,
                served.chain,
                served.error,
                name in accepted,
                stable_probes=stable_probes(served, rounds),
                flows=one.flows,
            )
            for served in rounds[-1]
        ]
    return tuple(chains)
