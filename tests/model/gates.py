# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gates, each broken on purpose, and the smallest world in which that must be found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.decision import Decision
from ansible_collections.certops.sap_cloud_integration.tests.model.explorer import World
from ansible_collections.certops.sap_cloud_integration.tests.model.role import Observation, Role

__all__ = ["BROKEN_GATES", "BrokenGate"]

LONG_AGO = "2020-01-01T00:00:00Z"
TOMORROW = "2026-11-22T12:00:00Z"


@dataclass(frozen=True)
class BrokenGate:
    """One gate that is gone: by facts that are bent before the decision, or by a step that is bent after it."""

    name: str
    world: World
    blind: Callable[[dict[str, Any]], None] | None = None
    hasty: Callable[[Decision], tuple[str | None, tuple[str, ...]]] | None = None
    replaces_in_place: bool = False
    overlooks: Callable[[Observation], Observation] | None = None
    careless_soak: bool = False  # the soak would hide what the other gate lets pass; the world is steady instead

    def role(self) -> Role:
        return Role(self.blind, self.hasty, self.replaces_in_place, self.careless_soak, self.overlooks)


def _flows(**values: Any) -> Callable[[dict[str, Any]], None]:
    def bend(facts: dict[str, Any]) -> None:
        for flow in facts["flows"]:
            flow.update(values)

    return bend


def _policy(**values: Any) -> Callable[[dict[str, Any]], None]:
    return lambda facts: facts["policy"].update(values)


def _later(facts: dict[str, Any]) -> None:
    """Equal times are taken for later: a second is added to each DeployedOn."""
    for flow in facts["flows"]:
        if flow["deployed_on"]:
            flow["deployed_on"] = flow["deployed_on"].replace(":00Z", ":01Z")


def _fewer_addresses(seen: Observation) -> Observation:
    return seen._replace(addresses=seen.addresses[-1:])


def _only_those_that_answer(seen: Observation) -> Observation:
    answering = tuple(address for address in seen.addresses if address[0] is not None)
    return seen._replace(addresses=answering or seen.addresses)


def _nobody_protected(facts: dict[str, Any]) -> None:
    facts["protected"] = []


def _unknown_is_no(facts: dict[str, Any]) -> None:
    for other in facts["protected"]:
        if other["needs_old_root"] == "unknown":
            other["needs_old_root"] = "no"


def _no_failures(facts: dict[str, Any]) -> None:
    if facts["logs"]:
        facts["logs"] = {"flows": [{**log, "tls_failures": 0} for log in facts["logs"]["flows"]]}


def _old_root_is_old(facts: dict[str, Any]) -> None:
    for entry in facts["old_root"]["entries"]:
        entry["last_modified_time"] = LONG_AGO


def _all_ours(facts: dict[str, Any]) -> None:
    for entry in facts["new_root"]["entries"]:
        entry["imported_by_renewal"] = True


def _instead(stage: str, instead: str) -> Callable[[Decision], tuple[str | None, tuple[str, ...]]]:
    """Another step, whenever the decision is in this stage and wants to do something."""

    def bend(decision: Decision) -> tuple[str | None, tuple[str, ...]]:
        if decision.stage == stage and decision.step and decision.step != "restart_flows":
            return instead, decision.flows or ("0",)
        return decision.step, decision.flows

    return bend


SMALL = World("one flow, one address")
TWO_ADDRESSES = World("two addresses, steady", addresses=(1, 1), steady=True)
TWO_NODES = World("two nodes behind one address, steady", addresses=(2,), steady=True)
PROTECTED = World("another receiver needs the old root", protected=True)
ROLLBACK = World("rollback", rollback=True)
DAMAGED = World("one misdeed", misdeeds=1)
DAMAGED_NODES = World("two nodes, one misdeed", addresses=(2,), misdeeds=1)

BROKEN_GATES = (
    BrokenGate("hands over before the new root is imported", SMALL, hasty=_instead("import_new_root", "hand_over")),
    BrokenGate("replaces the old root in place", SMALL, replaces_in_place=True),
    BrokenGate("skips the restart", SMALL, blind=_flows(deployed_on=TOMORROW)),
    BrokenGate("forgets that flows cache the keystore for a whole day", SMALL, blind=_policy(cache_hours=12)),
    BrokenGate("takes a deployment at the time of the import for a later one", SMALL, blind=_later),
    BrokenGate("deletes before the exchange", SMALL, hasty=_instead("exchange_certificate", "delete_old_root")),
    BrokenGate("ignores one address", TWO_ADDRESSES, overlooks=_fewer_addresses, careless_soak=True),
    BrokenGate(
        "ignores an address that does not answer", TWO_ADDRESSES, overlooks=_only_those_that_answer, careless_soak=True
    ),
    BrokenGate("trusts a single probe", TWO_NODES, blind=_policy(probes_required=1), careless_soak=True),
    BrokenGate("does not soak", SMALL, blind=_policy(soak_seconds=0)),
    BrokenGate("ignores protected receivers", PROTECTED, blind=_nobody_protected),
    BrokenGate("takes an unknown need for none", PROTECTED, blind=_unknown_is_no),
    BrokenGate(
        "ignores TLS failures in the message processing logs",
        World("a backup restored with its times", misdeeds=1, restored_times=True),
        blind=_no_failures,
    ),
    BrokenGate(
        "restarts flows while the old root is gone", DAMAGED, hasty=_instead("import_old_root", "restart_flows")
    ),
    BrokenGate(
        "restarts flows when one probe says that nothing needs the missing root",
        DAMAGED_NODES,
        blind=_policy(probes_required=1),
    ),
    BrokenGate("forgets that flows may lack the old root", DAMAGED, blind=_old_root_is_old),
    BrokenGate("rolls back without recalling the hand-over", ROLLBACK, blind=_policy(exchange_recalled=True)),
    BrokenGate(
        "deletes the new root before the receiver went back",
        ROLLBACK,
        hasty=_instead("exchange_back", "delete_new_root"),
    ),
    BrokenGate(
        "deletes a new root that was there before",
        World("the new root was there before", rollback=True, new_age=2),
        blind=_all_ours,
    ),
)
