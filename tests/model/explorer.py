# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Explore every order of steps, crashes, delays and other people's changes; walk at random where that is too much."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from ansible_collections.certops.sap_cloud_integration.tests.model.landscape import (
    ABSENT,
    BROKEN,
    CACHE,
    DEPLOYING,
    ERROR,
    NEW,
    OLD,
    RUNNING,
    STARTING,
    Flow,
    Run,
    State,
    environment,
    misdeeds,
    settle,
    tainted,
    tick,
    with_flow,
    with_node,
)
from ansible_collections.certops.sap_cloud_integration.tests.model.properties import (
    broken,
    patient,
    undiagnosed,
    unsafe,
    wrong_write,
)
from ansible_collections.certops.sap_cloud_integration.tests.model.role import Role, full_observation, observations

__all__ = ["Counterexample", "Explorer", "World", "explore", "walk"]

# The quiet life of `_next_quiet` needs about 40 moves from the worst state; more than this is no progress.
PATIENCE = 200


class Counterexample(Exception):
    """A property that does not hold, and how to get there."""

    def __init__(self, what: str, path: list[str]) -> None:
        super().__init__("\n".join([what, *(f"  {number}. {label}" for number, label in enumerate(path, 1))]))
        self.what = what
        self.path = path


@dataclass(frozen=True)
class World:
    """One landscape, and what may happen in it."""

    name: str
    flows: int = 1
    addresses: tuple[int, ...] = (1,)  # nodes behind each address
    protected: bool = False
    runs: int = 1
    manual: bool = True
    steady: bool = False
    rollback: bool = False
    misdeeds: int = 0  # how many in all; 10 or more means any number
    between_steps: bool = False  # misdeeds happen only while no run is about to write
    restored_times: bool = False
    new_age: int = ABSENT  # the new root's entry at the beginning
    chain: int = OLD

    def start(self) -> State:
        keystore = OLD | (NEW if self.new_age != ABSENT else 0)
        return settle(
            State(
                old=2,
                new=self.new_age,
                ours=False,
                flows=(Flow(cache=OLD, age=self.new_age) if 0 < self.new_age < CACHE else Flow(cache=keystore),)
                * self.flows,
                addresses=tuple((self.chain,) * nodes for nodes in self.addresses),
                guarded=OLD if self.protected else None,
                guard=Flow(cache=OLD) if self.protected else None,
                runs=(Run(),) * self.runs,
                manual=self.manual,
                steady=self.steady,
                misdeeds=self.misdeeds,
            )
        )


@dataclass
class Explorer:
    """Walks through a world and raises :class:`Counterexample` where a property fails."""

    world: World
    role: Role
    states: int = 0
    transitions: int = 0
    writes: int = 0
    quiet_states: int = 0
    finished: int = 0
    _quiet: dict[State, bool] = field(default_factory=dict)

    def successors(self, state: State) -> Iterator[tuple[str, State]]:
        """Every state that may come next. Raises for a write of the role that makes things worse."""
        for number, run in enumerate(state.runs):
            if run.step is None:
                yield from self._looks(state, number)
            else:
                for label, after in self.role.acts(state, number):
                    self.writes += 1
                    if not run.tainted:
                        wrong = wrong_write(state, after, run.step, run.flows[0] if run.flows else None)
                        if not wrong and not self.world.restored_times:
                            wrong = patient(state, run.step)
                        if wrong:
                            raise Counterexample(wrong, [label])
                    yield label, after
            if run != Run():
                yield f"run {number} is killed", _without_run(state, number)
        for label, after in environment(state):
            # The write of a run is judged by what the run could see. As long as everybody keeps to the procedure it
            # has to be right whatever happens in between; in a damaged landscape a receiver that changes its chain in
            # that very moment excuses the run, though not its successor.
            if self.world.misdeeds and after.addresses != state.addresses:
                after = tainted(after)
            yield label, after
        if not (self.world.between_steps and any(run.step for run in state.runs)):
            yield from misdeeds(state, restored_times=self.world.restored_times)
        if self.world.rollback and not state.rollback and state.old != ABSENT:
            calm = state._replace(runs=(Run(),) * len(state.runs), rollback=True)
            yield "the renewal is to be rolled back", calm

    def _looks(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        for seen in observations(state, state.runs[number]):
            after = self.role.decides(state, number, seen)
            answer = self.role.answer(seen)
            nameless = undiagnosed(state, seen, answer) if not self.world.restored_times else None
            if nameless:
                raise Counterexample(nameless, [f"run {number} looks"])
            if after != state:
                yield f"run {number} looks and decides: {after.runs[number].step}", after

    def check(self, state: State) -> None:
        """The invariant, where everybody keeps to the procedure."""
        if not self.world.misdeeds:
            why = unsafe(state)
            if why:
                raise Counterexample(why, [])

    def check_quiet(self, state: State) -> None:
        """From here on nobody does anything unasked: the role must come to its end, and then leave everything alone."""
        state = state._replace(runs=(Run(),), misdeeds=0)
        path: list[State] = []
        moves: list[str] = []
        while state not in self._quiet:
            self._quiet[state] = True
            path.append(state)
            if len(path) > PATIENCE:
                raise Counterexample("no end in sight once everybody keeps to the procedure", moves[-12:])
            label, after = self._next_quiet(state)
            moves.append(label)
            if after is None:
                self.finished += 1
                self._check_rest(state)
                break
            state = after
        else:
            if state in path:
                raise Counterexample("the role goes in circles once everybody keeps to the procedure", moves[-12:])
        self.quiet_states = len(self._quiet)

    def _check_rest(self, state: State) -> None:
        """A finished renewal stays finished: however often the role runs, it writes nothing."""
        for _unused in range(3):
            state = tick(state)
            answer = self.role.answer(full_observation(state, Run()))
            if answer.step is not None:
                raise Counterexample(f"the renewal was finished, and the next run does {answer.step}", [])

    def _next_quiet(self, state: State) -> tuple[str, State | None]:
        for number, flow in enumerate(state.flows):
            if flow.phase in (DEPLOYING, STARTING):
                # A tick, so that DeployedOn is later than the change before it, as it is on a clock of milliseconds.
                return f"flow {number} is up", with_flow(tick(state), number, Flow(RUNNING, 0, state.keystore, 0))
        run = state.runs[0]
        if run.step is not None:
            if run.step == "soak":
                return "half a day goes by", tick(state)
            return next(self.role.acts(state, 0))
        seen = full_observation(state, run)
        answer = self.role.answer(seen)
        if answer.finished or answer.stage == "past_return":
            return "finished", None
        if answer.step == "hand_over":
            for label, told in self._told(state):
                return label, told
        after = self.role.decides(state, 0, seen)
        if after.runs[0].step is not None and not (answer.step == "hand_over" and self._was_told(state)):
            return f"the role decides: {answer.step}", after
        return self._others(state)

    def _was_told(self, state: State) -> bool:
        if not state.rollback:
            return state.handed
        return state.handed_back if any(not chain & OLD for chain in state.chains) else state.recall_asked

    def _told(self, state: State) -> Iterator[tuple[str, State]]:
        """What the receiver's administrator does about a hand-over."""
        if not self._was_told(state):
            return
        wanted = OLD if state.rollback else NEW
        for address, nodes in enumerate(state.addresses):
            for node, chain in enumerate(nodes):
                if not chain & wanted:
                    yield f"node {address}.{node} is exchanged", with_node(state, address, node, wanted)
        if state.rollback and not state.recalled:
            yield "the recall is confirmed", state._replace(recalled=True)

    def _others(self, state: State) -> tuple[str, State]:
        """The role can do nothing: whoever it waits for acts, or time goes by."""
        for address, nodes in enumerate(state.addresses):
            for node, chain in enumerate(nodes):
                if chain == BROKEN:
                    return f"node {address}.{node} is repaired", with_node(state, address, node, OLD)
        for number, flow in enumerate(state.flows):
            if flow.phase == ERROR:
                return f"flow {number} is repaired", with_flow(state, number, flow._replace(phase=STARTING))
        if state.guard is not None and state.guarded == OLD and state.guard.cache & state.keystore & NEW:
            return "the other receiver moves as well", settle(state._replace(guarded=NEW))
        if broken(state):
            raise Counterexample(f"messages fail at {sorted(broken(state))}, and the role lets time go by", [])
        return "half a day goes by", tick(state)


def explore(world: World, role: Role, *, limit: int = 400_000, quiet: bool = True) -> Explorer:
    """Every reachable state of the world. Raises :class:`Counterexample` with the shortest way to what is wrong."""
    explorer = Explorer(world, role)
    first = _canonical(world.start())
    came_from: dict[State, tuple[State, str] | None] = {first: None}
    queue = deque([first])
    while queue:
        state = queue.popleft()
        try:
            explorer.check(state)
            if quiet:
                explorer.check_quiet(state)
            for label, after in explorer.successors(state):
                explorer.transitions += 1
                after = _canonical(after)
                if after not in came_from:
                    came_from[after] = (state, label)
                    queue.append(after)
        except Counterexample as found:
            raise Counterexample(found.what, _path(came_from, state) + found.path) from None
        if len(came_from) > limit:
            raise OverflowError(f"{world.name} has more than {limit} states")
    explorer.states = len(came_from)
    return explorer


def walk(world: World, role: Role, *, seed: int, steps: int) -> Explorer:
    """One random way of so many steps through a world that is too large to be explored."""
    explorer = Explorer(world, role)
    choose = random.Random(seed)
    state = world.start()
    path: list[str] = []
    for number in range(steps):
        try:
            explorer.check(state)
            if number % 10 == 0:
                explorer.check_quiet(state)
            ways = list(explorer.successors(state))
        except Counterexample as found:
            raise Counterexample(f"{found.what} (seed {seed}, step {number})", path[-30:] + found.path) from None
        # The role would hardly ever get anywhere among so many other moves: half of them are its own.
        own = [way for way in ways if way[0].startswith("run") and not way[0].endswith("killed")]
        label, state = choose.choice(own if own and choose.random() < 0.5 else ways)
        path.append(label)
        explorer.states += 1
        explorer.transitions += len(ways)
    return explorer


def _without_run(state: State, number: int) -> State:
    return state._replace(runs=(*state.runs[:number], Run(), *state.runs[number + 1 :]))


def _canonical(state: State) -> State:
    """Flows that nothing tells apart may change places, and so may runs, and the nodes behind one address."""
    addresses = tuple(sorted(tuple(sorted(nodes)) for nodes in state.addresses))
    if addresses != state.addresses:
        state = state._replace(addresses=addresses)
    if len(state.flows) > 1:
        order = sorted(range(len(state.flows)), key=lambda number: state.flows[number])
        if order != list(range(len(order))):
            place = {number: position for position, number in enumerate(order)}
            state = state._replace(
                flows=tuple(state.flows[number] for number in order),
                runs=tuple(run._replace(flows=tuple(sorted(place[f] for f in run.flows))) for run in state.runs),
            )
    if len(state.runs) > 1:
        state = state._replace(runs=tuple(sorted(state.runs, key=str)))
    return state


def _path(came_from: dict[State, tuple[State, str] | None], state: State) -> list[str]:
    path: list[str] = []
    step = came_from[state]
    while step is not None:
        state, label = step
        path.append(label)
        step = came_from[state]
    return path[::-1]
