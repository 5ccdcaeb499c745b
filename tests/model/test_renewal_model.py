# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal is safe in every reachable state of small landscapes, and on random ways through larger ones.

The model has flows with cached keystores, receivers with several addresses and nodes, a keystore and a clock; it is
explored over every order of the role's steps, crashes, unlucky looks, delays and other people's changes. The role of
the model asks the very function that the real role asks.
"""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.model.explorer import (
    Counterexample,
    Explorer,
    World,
    explore,
    walk,
)
from ansible_collections.certops.sap_cloud_integration.tests.model.gates import (
    BROKEN_GATES,
    TWO_ADDRESSES,
    TWO_NODES,
    BrokenGate,
)
from ansible_collections.certops.sap_cloud_integration.tests.model.landscape import ABSENT, NEW, OLD
from ansible_collections.certops.sap_cloud_integration.tests.model.role import Role

ANY_NUMBER = 10

PROCEDURE = (
    World("one flow, one address"),
    World("two flows", flows=2),
    World("two addresses", addresses=(1, 1)),
    World("two nodes behind one address", addresses=(2,)),
    World("exchange by the role itself", addresses=(1, 1), manual=False),
    World("another receiver needs the old root", protected=True),
    World("two runs at the same time", runs=2),
    World("the new root was imported half a day ago", new_age=1),
    World("the new root was there before, and rollback", new_age=2, rollback=True),
    World("a chain that both roots validate", chain=OLD | NEW),
    World("rollback, two addresses", rollback=True, addresses=(1, 1)),
    World("rollback by the role itself", rollback=True, manual=False),
)
DAMAGED = (
    # A misdeed between a look and its write excuses the write; one such is explored below, and leaves the landscape as
    # the same misdeed after the same write does, or as a colleague's would.
    World("any number of misdeeds", misdeeds=ANY_NUMBER, between_steps=True),
    World("one misdeed at any moment", misdeeds=1),
    World("one misdeed, two addresses", misdeeds=1, addresses=(1, 1)),
    World("one misdeed, two nodes behind one address", misdeeds=1, addresses=(2,)),
    World("one misdeed, a backup restored with its times", misdeeds=1, restored_times=True),
)
LARGE = (
    World("four flows, three addresses of two nodes, two runs", 4, (2, 2, 2), protected=True, runs=2),
    World("four flows, three addresses, rollback", 4, (1, 1, 1), runs=2, rollback=True),
    World("four flows, three addresses of two nodes, any number of misdeeds", 4, (2, 2, 2), True, misdeeds=ANY_NUMBER),
)

Tell = Callable[..., None]


@pytest.fixture
def tell(record_property: Callable[[str, object], None]) -> Tell:
    return lambda line, **counts: record_property("model", {"line": line, **counts})


@pytest.fixture(autouse=True)
def _no_collector() -> Iterator[None]:
    """Millions of small tuples without a cycle among them: looking for garbage costs a third of the time."""
    gc.disable()
    yield
    gc.enable()


def told(tell: Tell, explorer: Explorer, promise: str) -> None:
    tell(
        f"{explorer.world.name}: {explorer.states} states, {explorer.transitions} transitions,"
        f" {explorer.quiet_states} starts of a fresh run; {promise}",
        states=explorer.states,
        transitions=explorer.transitions,
        writes=explorer.writes,
    )


def steps_taken(explorer: Explorer) -> set[str | None]:
    return {answer.step for answer in explorer.role.answers}


def expected_steps(world: World) -> set[str]:
    """A model in which a step never happens would prove nothing about it."""
    steps = {"restart_flows", "soak", "check_messages", "delete_old_root"}
    if world.chain == OLD:
        steps |= {"hand_over"} if world.manual else {"exchange_certificate"}
    if world.rollback and world.new_age == ABSENT:
        steps |= {"delete_new_root"} if world.manual else {"delete_new_root", "exchange_back"}
    return steps


@pytest.mark.parametrize("world", PROCEDURE, ids=lambda world: world.name)
def test_the_invariant_holds_in_every_state_while_everybody_keeps_to_the_procedure(world: World, tell: Tell) -> None:
    explorer = explore(world, Role())
    assert explorer.finished
    assert steps_taken(explorer) >= expected_steps(world)
    told(tell, explorer, "the invariant holds and each ends well")


@pytest.mark.parametrize("world", DAMAGED, ids=lambda world: world.name)
def test_the_role_makes_nothing_worse_names_it_and_repairs_it(world: World, tell: Tell) -> None:
    # With old times restored along with a backup nothing that can be observed tells which flow lacks what.
    explorer = explore(world, Role(), quiet=not world.restored_times)
    assert steps_taken(explorer) >= expected_steps(world) | {"import_old_root", "import_new_root", "await_flows"}
    told(tell, explorer, "no write of the role makes it worse")


@pytest.mark.parametrize("world", LARGE, ids=lambda world: world.name)
def test_random_ways_through_larger_landscapes(world: World, tell: Tell) -> None:
    seed = secrets.randbelow(10**9)
    explorers = [walk(world, Role(), seed=seed + number, steps=300) for number in range(10)]
    tell(
        f"{world.name}: 10 random ways of 300 steps from seed {seed}",
        states=sum(explorer.states for explorer in explorers),
        transitions=sum(explorer.transitions for explorer in explorers),
        writes=sum(explorer.writes for explorer in explorers),
    )


@pytest.mark.parametrize("gate", BROKEN_GATES, ids=lambda gate: gate.name)
def test_a_broken_gate_is_found(gate: BrokenGate, tell: Tell) -> None:
    with pytest.raises(Counterexample) as found:
        explore(gate.world, gate.role(), quiet=False)
    tell(f"found: the role {gate.name}: {found.value.what} (after {len(found.value.path)} moves)", gates=1)


@pytest.mark.parametrize("world", [TWO_ADDRESSES, TWO_NODES], ids=lambda world: world.name)
def test_the_whole_role_is_safe_where_the_soak_is_taken_away_to_show_another_gate(world: World, tell: Tell) -> None:
    told(tell, explore(world, Role(careless_soak=True), quiet=False), "the invariant holds")
