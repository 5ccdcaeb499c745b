# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A landscape in the small: keystore, flows with a cached keystore, receivers, and all that may happen to them.

It knows nothing of the collection. Certificates are sets of roots: a keystore is a set of the roots it holds, a chain
is the set of roots that validate it; a flow can send when the two meet. Time is a clock of half days: ``CACHE`` ticks
are the 24 hours for which a flow caches the keystore. Ages saturate at that, so every landscape has finitely many
states. Two things in one tick have equal times, the hard case of "deployed later than the entry was modified".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

__all__ = [
    "ABSENT",
    "BROKEN",
    "CACHE",
    "DEPLOYING",
    "ERROR",
    "NEW",
    "OLD",
    "RUNNING",
    "STARTING",
    "UNDEPLOYED",
    "Flow",
    "Run",
    "State",
    "environment",
    "misdeeds",
    "restart",
    "settle",
    "tainted",
    "tick",
    "with_node",
]

OLD, NEW, BROKEN = 1, 2, 0
CACHE = 2
ABSENT = -1

# RUNNING; DEPLOYING: a deployment was asked for, the old runtime still serves and the tenant still shows it as it was;
# STARTING: the old runtime is gone, the new one not there yet.
RUNNING, DEPLOYING, STARTING, ERROR, UNDEPLOYED = range(5)


class Flow(NamedTuple):
    phase: int = RUNNING
    deployed: int = CACHE  # age of DeployedOn
    cache: int = OLD  # the roots it trusts
    age: int = 0  # of the cache, from the moment the keystore became something else

    @property
    def sends(self) -> bool:
        return self.phase <= DEPLOYING


class Run(NamedTuple):
    """A run of the role: what it has decided and not yet done, and what it remembers. A crash forgets all of it."""

    step: str | None = None
    flows: tuple[int, ...] = ()
    tainted: bool = False  # a misdeed happened between its observation and its write
    soaked: bool = False
    logs: bool = False


class State(NamedTuple):
    old: int  # age of the keystore entry, or ABSENT
    new: int
    ours: bool  # this renewal imported the new root
    flows: tuple[Flow, ...]
    addresses: tuple[tuple[int, ...], ...]  # per address the chain of each node behind it
    guarded: int | None  # the chain of another receiver that began with the old root
    guard: Flow | None  # the flow that sends there; the renewal may not touch it
    runs: tuple[Run, ...]
    manual: bool = True  # the receiver's own administrator exchanges, when told to
    steady: bool = False  # and never goes back unasked
    rollback: bool = False
    handed: bool = False  # told to exchange
    handed_back: bool = False  # told to exchange back
    recall_asked: bool = False
    recalled: bool = False  # confirmed that nobody will exchange any more
    stable: bool = False  # a tick went by with the new chain everywhere: nobody goes back now without asking
    misdeeds: int = 0  # how many may still happen

    @property
    def keystore(self) -> int:
        return (OLD if self.old != ABSENT else 0) | (NEW if self.new != ABSENT else 0)

    @property
    def chains(self) -> frozenset[int]:
        return frozenset(chain for nodes in self.addresses for chain in nodes)

    @property
    def may_exchange(self) -> bool:
        """The receiver's administrator may install the new chain at any moment now."""
        return self.manual and self.handed and not self.recalled

    @property
    def may_go_back(self) -> bool:
        """... or the old chain again: when asked to, or because something is wrong with the new one."""
        doubts = self.handed and not self.stable and not self.steady and not self.rollback
        return self.manual and (self.handed_back or doubts)


def settle(state: State) -> State:
    """The normal form after any change: a cache equal to the keystore might as well have been read just now."""
    keystore = state.keystore

    def settled(flow: Flow) -> Flow:
        if not flow.sends:
            return flow if flow.cache == flow.age == 0 else flow._replace(cache=0, age=0)
        return flow._replace(age=0) if flow.cache == keystore and flow.age else flow

    stable = state.stable and all(chain & NEW for chain in state.chains)
    return state._replace(
        flows=tuple(map(settled, state.flows)),
        guard=None if state.guard is None else settled(state.guard),
        stable=stable,
    )


def with_flow(state: State, number: int, flow: Flow) -> State:
    return settle(state._replace(flows=(*state.flows[:number], flow, *state.flows[number + 1 :])))


def with_node(state: State, address: int, node: int, chain: int) -> State:
    nodes = state.addresses[address]
    nodes = (*nodes[:node], chain, *nodes[node + 1 :])
    return settle(state._replace(addresses=(*state.addresses[:address], nodes, *state.addresses[address + 1 :])))


def restart(state: State, number: int) -> State:
    """What a deploy request does: at once, nothing that anybody could see."""
    flow = state.flows[number]
    if flow.phase == RUNNING:
        return with_flow(state, number, flow._replace(phase=DEPLOYING))
    if flow.phase in (ERROR, UNDEPLOYED):
        return with_flow(state, number, flow._replace(phase=STARTING))
    return state


def tick(state: State) -> State:
    """Half a day goes by; a cache that is a day old is read again."""

    def older(age: int) -> int:
        return age if age == ABSENT else min(age + 1, CACHE)

    def aged(flow: Flow) -> Flow:
        flow = flow._replace(deployed=older(flow.deployed))
        if not flow.sends or flow.cache == state.keystore:
            return flow
        if flow.age + 1 >= CACHE:
            return flow._replace(cache=state.keystore, age=0)
        return flow._replace(age=flow.age + 1)

    return settle(
        state._replace(
            old=older(state.old),
            new=older(state.new),
            flows=tuple(map(aged, state.flows)),
            guard=None if state.guard is None else aged(state.guard),
            stable=all(chain & NEW for chain in state.chains),
            runs=tuple(_soaking(state, run) for run in state.runs),
        )
    )


def _soaking(state: State, run: Run) -> Run:
    """A run that soaks through this tick has probed all the time: it would have seen any other chain."""
    if run.step != "soak":
        return run
    arriving = OLD if state.rollback else NEW
    return run._replace(step=None, flows=(), tainted=False, soaked=all(chain & arriving for chain in state.chains))


def environment(state: State) -> Iterator[tuple[str, State]]:
    """What may happen while everybody keeps to the procedure."""
    yield "half a day goes by", tick(state)
    for number, flow in enumerate(state.flows):
        if flow.sends and flow.cache != state.keystore:
            yield (
                f"flow {number} reads the keystore again",
                with_flow(state, number, flow._replace(cache=state.keystore)),
            )
        if flow.phase == DEPLOYING:
            yield f"flow {number} goes down for its deployment", with_flow(state, number, flow._replace(phase=STARTING))
        if flow.phase == STARTING:
            landed = Flow(RUNNING, 0, state.keystore, 0)
            yield f"flow {number} is up", with_flow(state, number, landed)
            yield f"flow {number} fails to start", with_flow(state, number, Flow(ERROR, 0, 0, 0))
        if flow.phase in (RUNNING, ERROR, UNDEPLOYED):
            yield f"a colleague deploys flow {number}", restart(state, number)
        if flow.phase == RUNNING:
            yield f"a colleague undeploys flow {number}", with_flow(state, number, flow._replace(phase=UNDEPLOYED))
    if state.guard is not None and state.guard.cache != state.keystore:
        yield (
            "the other flow reads the keystore again",
            settle(state._replace(guard=state.guard._replace(cache=state.keystore))),
        )
    if state.guard is not None and state.guarded == OLD and state.guard.cache & NEW and state.keystore & NEW:
        yield "the other receiver moves to the new root as well", settle(state._replace(guarded=NEW))
    for address, nodes in enumerate(state.addresses):
        for node, chain in enumerate(nodes):
            if chain == OLD and state.may_exchange:
                yield f"node {address}.{node} is exchanged", with_node(state, address, node, NEW)
            if chain == NEW and state.may_go_back:
                yield f"node {address}.{node} goes back", with_node(state, address, node, OLD)
    if state.recall_asked and not state.recalled and state.rollback:
        yield "the receiver's administrator confirms the recall", state._replace(recalled=True)
    for age, root in ((state.old, "old"), (state.new, "new")):
        if age > 0:
            yield (
                f"somebody renames the {root} root",
                settle(state._replace(old=0) if root == "old" else state._replace(new=0)),
            )


def misdeeds(state: State, *, restored_times: bool) -> Iterator[tuple[str, State]]:
    """What nobody should do. ``restored_times``: a restored backup brings the old times back with it."""
    if not state.misdeeds:
        return
    for label, after in _misdeeds(state, restored_times=restored_times):
        left = state.misdeeds if state.misdeeds > 9 else state.misdeeds - 1
        yield label, settle(tainted(after)._replace(misdeeds=left))


def tainted(state: State) -> State:
    """The landscape is no longer as the runs saw it that are about to write."""
    return state._replace(runs=tuple(run._replace(tainted=True) if run.step else run for run in state.runs))


def _misdeeds(state: State, *, restored_times: bool) -> Iterator[tuple[str, State]]:
    if state.old != ABSENT:
        yield "somebody deletes the old root", state._replace(old=ABSENT)
    if state.new != ABSENT:
        yield "somebody deletes the new root", state._replace(new=ABSENT)
    else:
        yield "somebody imports the new root by hand", state._replace(new=0, ours=False)
    time = CACHE if restored_times else 0
    yield "somebody restores a backup with the old root alone", state._replace(old=time, new=ABSENT)
    yield "somebody restores a backup with both roots", state._replace(old=time, new=time)
    for address, nodes in enumerate(state.addresses):
        for node, chain in enumerate(nodes):
            if chain != NEW:
                yield f"node {address}.{node} is exchanged, unasked", with_node(state, address, node, NEW)
            if chain != OLD:
                yield f"node {address}.{node} goes back, unasked", with_node(state, address, node, OLD)
            if chain != BROKEN:
                yield f"node {address}.{node} serves a broken chain", with_node(state, address, node, BROKEN)
