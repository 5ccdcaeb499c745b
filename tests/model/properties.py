# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must hold: in each state, at each write of the role, and at the end."""

from __future__ import annotations

from ansible_collections.certops.sap_cloud_integration.tests.model.landscape import BROKEN, NEW, OLD, RUNNING, State
from ansible_collections.certops.sap_cloud_integration.tests.model.role import Answer, Observation

__all__ = ["broken", "patient", "undiagnosed", "unsafe", "wrong_write"]

INVARIANT = (
    "every flow that runs can validate the certificate that its receiver serves now, and the one it will serve after"
    " the next step; so can every flow that reads the keystore now"
)


def broken(state: State) -> frozenset[tuple[int, int, int]]:
    """Which running flow cannot send to which node at this moment: (flow, address, node)."""
    return frozenset(
        (number, address, node)
        for number, flow in enumerate(state.flows)
        if flow.sends
        for address, nodes in enumerate(state.addresses)
        for node, chain in enumerate(nodes)
        if not flow.cache & chain
    )


def unsafe(state: State) -> str | None:
    """The invariant: why this state breaks it, or None. Holds as long as everybody keeps to the procedure."""
    served = set(state.chains)
    coming = set()
    if state.may_exchange and any(chain == OLD for chain in served):
        coming.add(NEW)
    if state.may_go_back and any(chain == NEW for chain in served):
        coming.add(OLD)
    for chain in served | coming:
        when = "serves" if chain in served else "may serve at any moment"
        if not state.keystore & chain:
            return f"the receiver {when} a chain under {_roots(chain)} and the keystore holds {_roots(state.keystore)}"
        for number, flow in enumerate(state.flows):
            if flow.sends and not flow.cache & chain:
                return (
                    f"the receiver {when} a chain under {_roots(chain)} and flow {number} trusts {_roots(flow.cache)}"
                )
    if state.guard is not None and state.guarded is not None:
        if not state.keystore & state.guarded:
            return f"the other receiver needs {_roots(state.guarded)} and the keystore holds {_roots(state.keystore)}"
        if not state.guard.cache & state.guarded:
            return f"the other receiver needs {_roots(state.guarded)}, its flow trusts {_roots(state.guard.cache)}"
    return None


def wrong_write(before: State, after: State, step: str, flow: int | None) -> str | None:
    """The role never makes it worse, whatever others did: why this write did, or None."""
    worse = broken(after) - broken(before)
    if worse:
        return f"{step} broke {sorted(worse)}"
    lost = [chain for chain in before.chains if before.keystore & chain and not after.keystore & chain]
    if lost:
        return f"{step} took the root away that validates {[_roots(chain) for chain in lost]}"
    if step == "restart_flows" and flow is not None:
        cached = before.flows[flow]
        taken = [c for c in before.chains if cached.sends and cached.cache & c and not before.keystore & c]
        if taken:
            return f"flow {flow} was restarted though only its cache validated {[_roots(chain) for chain in taken]}"
    if step in ("delete_old_root", "delete_new_root"):
        leaving = OLD if step == "delete_old_root" else NEW
        if any(chain in (leaving, BROKEN) for chain in before.chains):
            return f"{step} while a node serves {[_roots(chain) for chain in before.chains]}"
        if before.guarded == leaving:
            return f"{step} while the other receiver needs it"
        if broken(before):
            return f"{step} while messages fail"
        if step == "delete_new_root" and not before.ours:
            return "the rollback deletes a root that this renewal did not import"
    return None


def patient(before: State, step: str) -> str | None:
    """Nobody is told to exchange while messages fail that a restart would save."""
    if step not in ("hand_over", "exchange_certificate", "exchange_back"):
        return None
    for number, address, node in sorted(broken(before)):
        if before.flows[number].phase == RUNNING and before.keystore & before.addresses[address][node]:
            return f"{step} while flow {number} fails and a restart would save it"
    return None


def undiagnosed(state: State, seen: Observation, answer: Answer) -> str | None:
    """Whatever is broken at an address that was seen must be named, and reported as an outage."""
    expected = {
        BROKEN: {"unvalidated_chain"},
        NEW: {"exchanged_too_early", "new_root_gone", "new_root_changed"},
        OLD: {"old_root_gone", "old_root_changed"},
    }
    for number, flow in enumerate(state.flows):
        for chain, _unused in seen.addresses:
            if chain is None or not flow.sends or flow.cache & chain:
                continue
            names = expected[chain & (OLD | NEW)] if chain != OLD | NEW else expected[NEW] | expected[OLD]
            if not answer.outage or not names & answer.findings:
                return f"flow {number} fails at a chain under {_roots(chain)}, found: {sorted(answer.findings)}"
    return None


def _roots(roots: int) -> str:
    return {0: "no root", OLD: "the old root", NEW: "the new root", OLD | NEW: "both roots"}[roots]
