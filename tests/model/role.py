# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The role in the small: it observes a landscape, asks the function that the real role asks, and does what it says.

An observation is a plain tuple, so that equal ones are decided once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import product
from typing import Any, NamedTuple

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import format_time
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.decision import Decision
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.facts import Facts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.stage import decide, decide_rollback
from ansible_collections.certops.sap_cloud_integration.tests.model.landscape import (
    ABSENT,
    NEW,
    OLD,
    STARTING,
    Run,
    State,
    restart,
    settle,
    with_node,
)

__all__ = ["Answer", "Observation", "Role", "full_observation", "observations"]

NOW = datetime(2026, 11, 21, 12, tzinfo=timezone.utc)
HALF_A_DAY = timedelta(hours=12)
PROBES = 2
STATUS = ("STARTED", "STARTED", "STARTING", "ERROR", None)
LOOKS = ("await_flows",)


class Observation(NamedTuple):
    old: int
    new: int
    ours: bool
    flows: tuple[tuple[str | None, int], ...]
    addresses: tuple[tuple[int | None, int], ...]  # chain (None: no answer) and probes in a row
    protected: str | None
    logs: tuple[bool, ...] | None  # per flow: its messages fail
    soaked: bool
    manual: bool
    rollback: bool
    recalled: bool


class Answer(NamedTuple):
    """As much of a decision as the model needs."""

    step: str | None
    flows: tuple[int, ...]
    stage: str
    finished: bool
    outage: bool
    findings: frozenset[str]


@dataclass
class Role:
    """The role, whole or with one gate broken on purpose."""

    blind: Callable[[dict[str, Any]], None] | None = None  # spoils the facts before the decision
    hasty: Callable[[Decision], tuple[str | None, tuple[str, ...]]] | None = None  # spoils step and flows after it
    replaces_in_place: bool = False
    careless_soak: bool = False  # soaks with one look instead of many over time
    overlooks: Callable[[Observation], Observation] | None = None  # spoils what it sees, in all that it does
    _answers: dict[Observation, Answer] = field(default_factory=dict)

    @property
    def answers(self) -> Iterable[Answer]:
        """Every answer so far."""
        return self._answers.values()

    def answer(self, seen: Observation) -> Answer:
        if self.overlooks:
            seen = self.overlooks(seen)
        answer = self._answers.get(seen)
        if answer is None:
            mapping = facts_of(seen)
            if self.blind:
                self.blind(mapping)
            facts = Facts.from_mapping(mapping)
            decision = decide_rollback(facts) if seen.rollback else decide(facts)
            step, flows = self.hasty(decision) if self.hasty else (decision.step, decision.flows)
            answer = self._answers[seen] = Answer(
                step,
                tuple(map(int, flows)) if step == "restart_flows" else (),
                decision.stage,
                decision.finished,
                decision.outage,
                frozenset(finding.name for finding in decision.diagnosis),
            )
        return answer

    def decides(self, state: State, number: int, seen: Observation) -> State:
        """The run has looked; what it will do next is settled, and the landscape goes on changing meanwhile."""
        run = state.runs[number]
        if self.overlooks:
            seen = self.overlooks(seen)
        arriving = OLD if state.rollback else NEW
        if run.soaked and not all(chain is not None and chain & arriving for chain, _unused in seen.addresses):
            run = run._replace(soaked=False)
            seen = seen._replace(soaked=False)
        answer = self.answer(seen)
        if answer.step is None or answer.step in LOOKS:
            return _with_run(state, number, run)
        if answer.step == "soak" and self.careless_soak:
            return _with_run(state, number, run._replace(soaked=True))
        return _with_run(state, number, run._replace(step=answer.step, flows=answer.flows, tainted=False))

    def acts(self, state: State, number: int) -> Iterator[tuple[str, State]]:
        """One write of the pending step. A step of several writes may be left after each by a crash."""
        run = state.runs[number]
        idle = run._replace(step=None, flows=(), tainted=False)
        done = _with_run(state, number, idle)
        if run.step == "restart_flows":
            rest = run._replace(flows=run.flows[1:]) if run.flows[1:] else idle
            yield f"run {number} restarts flow {run.flows[0]}", restart(_with_run(state, number, rest), run.flows[0])
        elif run.step == "import_new_root":
            if state.new == ABSENT:
                done = done._replace(new=0, ours=True)
            if self.replaces_in_place:
                done = done._replace(old=ABSENT)
            yield f"run {number} imports the new root", settle(done)
        elif run.step == "import_old_root":
            yield f"run {number} imports the old root", settle(done._replace(old=0) if state.old == ABSENT else done)
        elif run.step == "delete_old_root":
            yield f"run {number} deletes the old root", settle(done._replace(old=ABSENT))
        elif run.step == "delete_new_root":
            yield f"run {number} deletes the new root", settle(done._replace(new=ABSENT, ours=False))
        elif run.step == "hand_over":
            yield f"run {number} hands over", _handed_over(done)
        elif run.step == "check_messages":
            yield f"run {number} reads the message processing logs", _with_run(state, number, idle._replace(logs=True))
        elif run.step in ("exchange_certificate", "exchange_back"):
            yield from _exchanges(state, number, done, NEW if run.step == "exchange_certificate" else OLD)


def _exchanges(state: State, number: int, done: State, chain: int) -> Iterator[tuple[str, State]]:
    left = [
        (address, node)
        for address, nodes in enumerate(state.addresses)
        for node, served in enumerate(nodes)
        if served != chain
    ]
    for address, node in left:
        before = done if len(left) == 1 else state
        yield f"run {number} exchanges node {address}.{node}", with_node(before, address, node, chain)
    if not left:
        yield f"run {number} finds nothing to exchange", done


def _handed_over(state: State) -> State:
    if not state.rollback:
        return state._replace(handed=True)
    if any(not chain & OLD for chain in state.chains):
        return state._replace(handed_back=True)
    return state._replace(recall_asked=True)


def _with_run(state: State, number: int, run: Run) -> State:
    return state._replace(runs=(*state.runs[:number], run, *state.runs[number + 1 :]))


def full_observation(state: State, run: Run) -> Observation:
    """What careful probing finds; of an address whose nodes differ, the first node."""
    return next(observations(state, run))


def observations(state: State, run: Run) -> Iterator[Observation]:
    """Everything that an honest look at this state may find: the careful one first, then the unlucky ones."""
    addresses = [
        [(nodes[0], PROBES)] if len(set(nodes)) == 1 else [(chain, 1) for chain in sorted(set(nodes))]
        for nodes in state.addresses
    ]
    base = Observation(
        state.old,
        state.new,
        state.ours,
        tuple((STATUS[flow.phase], flow.deployed) for flow in state.flows),
        (),
        None if state.guarded is None else ("no" if state.guarded & NEW else "yes"),
        tuple(flow.sends and not all(flow.cache & chain for chain in state.chains) for flow in state.flows)
        if run.logs
        else None,
        run.soaked,
        state.manual,
        state.rollback,
        state.recalled,
    )
    for combination in product(*addresses):
        seen = base._replace(addresses=combination)
        yield seen
        yield seen._replace(addresses=tuple((chain, 1) for chain, _unused in combination))
        for number in range(len(combination)):
            yield seen._replace(addresses=(*combination[:number], (None, 1), *combination[number + 1 :]))
        if state.guarded is not None:
            yield seen._replace(protected="unknown")
        if any(flow.phase == STARTING for flow in state.flows):
            # Between the two halves of a deployment the tenant may say that the flow does not exist.
            gone = tuple((None, age) if status == "STARTING" else (status, age) for status, age in base.flows)
            yield seen._replace(flows=gone)


def facts_of(seen: Observation) -> dict[str, Any]:
    """The facts as the real role builds them."""
    return {
        "now": format_time(NOW),
        "old_root": _root("aa", "old", seen.old, True),
        "new_root": _root("bb", "new", seen.new, seen.ours),
        "flows": [
            {
                "id": str(number),
                "status": status,
                "deployed_on": None if status is None else _ago(age),
                "restartable": True,
            }
            for number, (status, age) in enumerate(seen.flows)
        ],
        "receiver": {
            "host": "receiver.example",
            "port": 443,
            "addresses": [
                {
                    "address": f"127.0.0.{number + 2}",
                    "error": "no answer" if chain is None else None,
                    "validated_by_old": bool(chain and chain & OLD),
                    "validated_by_new": bool(chain and chain & NEW),
                    "consecutive": probes,
                }
                for number, (chain, probes) in enumerate(seen.addresses)
            ],
        },
        "protected": []
        if seen.protected is None
        else [
            {
                "receiver": "other.example:443",
                "needs_old_root": seen.protected,
                "needs_new_root": {"yes": "no", "no": "yes", "unknown": "unknown"}[seen.protected],
                "consecutive": PROBES,
            }
        ],
        "logs": None
        if seen.logs is None
        else {
            "flows": [
                {"id": str(number), "tls_failures": int(fails), "completed": int(not fails)}
                for number, fails in enumerate(seen.logs)
            ]
        },
        "policy": {
            "probes_required": PROBES,
            "soak_seconds": 1,
            "observed_stable_seconds": int(seen.soaked),
            "exchange": "manual" if seen.manual else "files",
            "exchange_recalled": seen.recalled,
        },
    }


def _root(fingerprint: str, alias: str, age: int, ours: bool) -> Mapping[str, Any]:
    entry = {"alias": alias, "last_modified_time": _ago(age), "imported_by_renewal": ours}
    return {
        "fingerprint_sha256": fingerprint,
        "certificate_known": True,
        "entries": [] if age == ABSENT else [entry],
    }


def _ago(age: int) -> str:
    return format_time(NOW - age * HALF_A_DAY)
