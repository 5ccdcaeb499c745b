# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module served_chain_info between its options and its answer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.trust import problem_kind, validating_anchors, validation_problem
from ..clock import SystemClock
from ..receiver.endpoint import Endpoint, parse_endpoint
from ..receiver.served_chain import ServedChain, probe_again, stable_probes
from .inputs import CERTIFICATE_LIMIT, certificate_of

__all__ = ["answer_served_chain"]


def answer_served_chain(options: dict[str, Any]) -> dict[str, Any]:
    """Ask every address as often as wanted; the last answer is shown, the earlier ones say how stable it is."""
    endpoint = parse_endpoint(options["receiver"], server_name=options["server_name"], addresses=options["addresses"])
    roots = [root for one in options["roots"] if (root := certificate_of(one, limit=CERTIFICATE_LIMIT)) is not None]
    clock = SystemClock()
    rounds = probe_again(
        endpoint, probes=options["probes"], pause=options["pause"], timeout=options["timeout"], clock=clock
    )
    return {"served_chain": _result(endpoint, rounds, roots, clock.now())}


def _result(
    endpoint: Endpoint, rounds: Sequence[tuple[ServedChain, ...]], roots: Sequence[Certificate], now: datetime
) -> dict[str, Any]:
    addresses = [_address(endpoint, one, rounds, roots, now) for one in rounds[-1]]
    leaves = {one.leaf.fingerprint_sha256 if one.leaf else None for answers in rounds for one in answers}
    return {
        "receiver": str(endpoint),
        "server_name": endpoint.server_name,
        "uniform": len(leaves) == 1 and None not in leaves,
        "validated_by": [
            root.fingerprint_sha256
            for root in roots
            if addresses and all(root.fingerprint_sha256 in address["validated_by"] for address in addresses)
        ],
        "addresses": addresses,
    }


def _address(
    endpoint: Endpoint,
    last: ServedChain,
    rounds: Sequence[tuple[ServedChain, ...]],
    roots: Sequence[Certificate],
    now: datetime,
) -> dict[str, Any]:
    validating = validating_anchors(last.chain, roots, at=now) if last.chain and roots else ()
    problem = (
        validation_problem(last.chain, roots, at=now, server_name=endpoint.server_name)
        if last.chain and roots
        else None
    )
    return {
        "address": last.address,
        "error": last.error,
        "tls_version": last.tls_version,
        "chain": [certificate.to_result() for certificate in last.chain],
        "leaf_fingerprint_sha256": last.leaf.fingerprint_sha256 if last.leaf else None,
        "validated_by": [anchor.fingerprint_sha256 for anchor in validating],
        "problem": problem,
        "problem_kind": problem_kind(last.chain, at=now, server_name=endpoint.server_name) if problem else None,
        "stable_probes": stable_probes(last, rounds),
    }
