# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rest of a renewal if all goes well: the same decisions, on facts as the steps would leave them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from .decision import Decision
from .facts import Entry, Facts, FlowLog, Root

__all__ = ["forecast"]

# Longer than any renewal: import, restart, await, exchange, soak, check, delete, with one repair before.
_MOST_STEPS = 16


def forecast(facts: Facts, decide: Callable[[Facts], Decision]) -> list[Decision]:
    """The decisions from now to the end, or to the first that no step of anybody known here gets past.

    :param decide: ``stage.decide`` or ``stage.decide_rollback``.
    """
    plan: list[Decision] = []
    while len(plan) < _MOST_STEPS:
        decision = decide(facts)
        if decision.finished:
            break
        plan.append(decision)
        if decision.step is None:
            break
        facts = _effect(decision)(_a_moment_later(facts), decision)
    return plan


def _effect(decision: Decision) -> Callable[[Facts, Decision], Facts]:
    """Handing over has as many effects as there are things to ask for."""
    if decision.step == "hand_over" and decision.hand_over is not None:
        return _EFFECTS[decision.hand_over.what]
    return _EFFECTS[decision.step or ""]


def _a_moment_later(facts: Facts) -> Facts:
    return replace(facts, now=facts.now + timedelta(seconds=1))


def _import_old(facts: Facts, decision: Decision) -> Facts:
    return replace(facts, old_root=_imported(facts.old_root, facts))


def _import_new(facts: Facts, decision: Decision) -> Facts:
    return replace(facts, new_root=_imported(facts.new_root, facts))


def _imported(root: Root, facts: Facts) -> Root:
    return replace(root, entries=(Entry("", "tenant_administrator", facts.now, imported_by_renewal=True),))


def _restarted(facts: Facts, decision: Decision) -> Facts:
    flows = tuple(
        replace(flow, status="STARTED", deployed_on=facts.now) if flow.id in decision.flows else flow
        for flow in facts.flows
    )
    return replace(facts, flows=flows)


def _exchanged(facts: Facts, decision: Decision) -> Facts:
    return _serving(facts, new=True)


def _exchanged_back(facts: Facts, decision: Decision) -> Facts:
    return _serving(facts, new=False)


def _serving(facts: Facts, *, new: bool) -> Facts:
    """Every address serves another chain now, and how long it did so begins to count anew."""
    addresses = tuple(
        replace(address, error=None, problem=None, validated_by_old=not new, validated_by_new=new, consecutive=0)
        for address in facts.receiver.addresses
    )
    return replace(
        facts,
        receiver=replace(facts.receiver, addresses=addresses),
        policy=replace(facts.policy, observed_stable_seconds=0.0),
    )


def _recalled(facts: Facts, decision: Decision) -> Facts:
    return replace(facts, policy=replace(facts.policy, exchange_recalled=True))


def _soaked(facts: Facts, decision: Decision) -> Facts:
    enough = facts.policy.probes_required
    addresses = tuple(replace(address, consecutive=enough) for address in facts.receiver.addresses)
    return replace(
        facts,
        receiver=replace(facts.receiver, addresses=addresses),
        protected=tuple(replace(other, consecutive=enough) for other in facts.protected),
        policy=replace(facts.policy, observed_stable_seconds=facts.policy.soak_seconds),
    )


def _proven(facts: Facts, decision: Decision) -> Facts:
    logs = tuple(FlowLog(flow, 0, 1, None, None, None) for flow in decision.flows)
    return replace(facts, logs=logs)


def _deleted(facts: Facts, decision: Decision) -> Facts:
    entries = tuple(entry for entry in facts.old_root.entries if entry.alias not in decision.aliases)
    return replace(facts, old_root=replace(facts.old_root, entries=entries))


def _deleted_new(facts: Facts, decision: Decision) -> Facts:
    entries = tuple(entry for entry in facts.new_root.entries if entry.alias not in decision.aliases)
    return replace(facts, new_root=replace(facts.new_root, entries=entries))


_EFFECTS: dict[str, Callable[[Facts, Decision], Facts]] = {
    "import_old_root": _import_old,
    "import_new_root": _import_new,
    "restart_flows": _restarted,
    "await_flows": _restarted,
    "exchange_certificate": _exchanged,
    "exchange_back": _exchanged_back,
    "recall_exchange": _recalled,
    "soak": _soaked,
    "check_messages": _proven,
    "delete_old_root": _deleted,
    "delete_new_root": _deleted_new,
}
