# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The renewal of a receiver's certificate as a pure state machine: observed facts in, the next safe step out.

How it is used. A run observes with modules, builds the mapping of ``facts.py``, calls :func:`decide` (or
:func:`decide_rollback`), carries out the one step of the answer, and observes again, until ``step`` is ``None``.
Nothing is remembered between two runs: what this file returns depends on what can be seen, so a run that was killed
anywhere is continued by the next one. Within a run, count ``observed_stable_seconds`` from the first probe that saw
what all later ones saw, and start at 0 again when any address answers differently. When the same step comes back for
the same flows right after it was carried out, nothing was gained by it: stop and show the reason. The steps are named
and explained in ``decision.STEPS``; ``hand_over``, ``await_flows``, ``soak`` and ``check_messages`` write nothing to
the tenant.

The invariant (checked over every reachable state of small landscapes by ``tests/model``): every flow that runs can
validate the certificate that its receiver serves now, and the one it will serve after the next step. Only what somebody
else did can break it; that is diagnosed by name and repaired in the same order as everything else.

The order is that of SAP Help, "Renewal of Receiver Back-End Server Certificate". Each gate below either lets pass
(``None``) or ends the matter with a decision. Rolling back is the same renewal with the two roots exchanged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from . import hand_over
from .decision import BOTH, NOBODY, RECEIVER_ADMINISTRATOR, TENANT_ADMINISTRATOR, Decision, Finding
from .evidence import Evidence, failing, needs
from .facts import Entry, Facts, Flow, Root, RootName
from .findings import diagnose

__all__ = ["decide", "decide_rollback"]


@dataclass(frozen=True, slots=True)
class _Goal:
    """A direction, and how its steps are called."""

    name: Literal["renewed", "rolled_back"]
    arriving: RootName
    exchange: str
    finished: str


_RENEW = _Goal("renewed", arriving="new", exchange="exchange_certificate", finished="done")
_ROLL_BACK = _Goal("rolled_back", arriving="old", exchange="exchange_back", finished="rolled_back")

_Gate = Callable[[Evidence, _Goal], "Decision | None"]


def decide(facts: Facts) -> Decision:
    """The next safe step towards: the receiver is validated by the new root, and the old root is deleted."""
    return _decide(facts, _RENEW, (_restore, _import, _restart, _exchange, _soak, _prove, _delete))


def decide_rollback(facts: Facts) -> Decision:
    """The next safe step towards: the receiver is validated by the old root, and the new root is deleted.

    Only an entry that this renewal imported is deleted. Once the old root is deleted there is no way back this way.
    """
    return _decide(
        facts, _ROLL_BACK, (_past_return, _restore, _import, _restart, _exchange, _recall, _soak, _prove, _delete)
    )


def _decide(facts: Facts, goal: _Goal, gates: tuple[_Gate, ...]) -> Decision:
    old_to_new = goal.arriving == "new"
    evidence = Evidence(
        facts,
        arriving=facts.new_root if old_to_new else facts.old_root,
        leaving=facts.old_root if old_to_new else facts.new_root,
    )
    decisions = (gate(evidence, goal) for gate in gates)
    decision = next((each for each in decisions if each is not None), None) or _finished(evidence, goal)
    findings = diagnose(facts)
    warnings = tuple(finding.sentence for finding in findings if _worth_a_warning(finding, decision))
    decision = replace(decision, diagnosis=findings, warnings=decision.warnings + warnings)
    return decision.limited_to(facts.policy.allow)


def _worth_a_warning(finding: Finding, decision: Decision) -> bool:
    return finding.severity == "outage" or (decision.finished and finding.severity == "blocking")


# The gates, in the order of the steps.


def _past_return(evidence: Evidence, goal: _Goal) -> Decision | None:
    """Rollback only: without the old root, and nothing that needs it, there is nothing to go back to."""
    arriving = evidence.arriving
    if arriving.in_keystore or any(needs(address, arriving, evidence.leaving) for address in evidence.addresses):
        return None
    if evidence.unreachable:
        return _unanswered(evidence, goal, "past_return")
    return Decision(
        goal.name,
        stage="past_return",
        step=None,
        who=NOBODY,
        reason=f"The {arriving.name} root is deleted, so the renewal is complete and cannot be taken back",
        waits_for=f"a new renewal, with the {arriving.name} root as the root to move to",
    )


def _restore(evidence: Evidence, goal: _Goal) -> Decision | None:
    """The leaving root must be in the keystore as long as anything is known to need it."""
    if evidence.leaving.in_keystore or not evidence.leaving_is_needed:
        return None
    where = ", ".join(evidence.leaving_is_needed)
    return _import_root(
        evidence, goal, evidence.leaving, f"The {evidence.leaving.name} root is gone, and still needed: {where}"
    )


def _import(evidence: Evidence, goal: _Goal) -> Decision | None:
    """The arriving root must be in the keystore before anything else happens."""
    if evidence.arriving.in_keystore:
        return None
    return _import_root(evidence, goal, evidence.arriving, f"The {evidence.arriving.name} root is not in the keystore")


def _import_root(evidence: Evidence, goal: _Goal, root: Root, reason: str) -> Decision:
    step = f"import_{root.name}_root"
    if root.certificate_known:
        return Decision(goal.name, stage=step, step=step, who=TENANT_ADMINISTRATOR, reason=reason)
    return Decision(
        goal.name,
        stage=step,
        step=None,
        who=TENANT_ADMINISTRATOR,
        reason=f"{reason}, and this run does not have its certificate",
        waits_for=f"the certificate of the {root.name} root",
        hand_over=hand_over.provide_root(evidence, root),
    )


def _restart(evidence: Evidence, goal: _Goal) -> Decision | None:
    """Every running flow must have read the keystore after the roots that it needs came into it."""
    stage = "restart_flows"
    started = [flow for flow in evidence.facts.flows if flow.status == "STARTED" and evidence.stale(flow)]
    may = tuple(flow.id for flow in started if flow.restartable or flow.on_side_effect == "redeploy")
    if may:
        return _restart_now(evidence, goal, may)

    changing = tuple(flow.id for flow in evidence.facts.flows if _changing(flow) and _matters(evidence, flow))
    if changing:
        return Decision(
            goal.name,
            stage=stage,
            step="await_flows",
            who=TENANT_ADMINISTRATOR,
            flows=changing,
            reason=f"Somebody deploys or undeploys {', '.join(changing)}; what they hold is known when they run",
        )

    in_error = [flow.id for flow in evidence.facts.flows if flow.status == "ERROR" and _matters(evidence, flow)]
    block = [flow.id for flow in started if flow.on_side_effect == "block"]
    if in_error or block:
        return Decision(
            goal.name,
            stage=stage,
            step=None,
            who=TENANT_ADMINISTRATOR,
            flows=tuple(in_error + block),
            reason="These flows must run with the keystore of now, and are not to be restarted here: "
            + ", ".join(in_error + block),
            waits_for="a restart by hand, a repair, or the user's choice for each of these flows",
            waits_until=evidence.stale_until if not in_error else None,
        )
    if started:
        return Decision(
            goal.name,
            stage=stage,
            step=None,
            who=TENANT_ADMINISTRATOR,
            flows=tuple(flow.id for flow in started),
            reason="These flows are not to be redeployed; what they have cached runs out by itself",
            waits_for="the end of the cached keystore",
            waits_until=evidence.stale_until,
        )
    return None


def _restart_now(evidence: Evidence, goal: _Goal, flows: tuple[str, ...]) -> Decision:
    """A restart reads the keystore of now: all that is served must be validated by that."""
    endangered = evidence.restart_endangers
    if not endangered:
        return Decision(
            goal.name,
            stage="restart_flows",
            step="restart_flows",
            who=TENANT_ADMINISTRATOR,
            flows=flows,
            reason="These flows may still work with a keystore from before the last change of a root that they need",
        )
    where = ", ".join(address.address for address in endangered)
    probing = all(address.error is None and not evidence.settled(address) for address in endangered)
    return Decision(
        goal.name,
        stage="restart_flows",
        step="soak" if probing else None,
        who=BOTH,
        flows=flows,
        reason=f"A restart could take away what these flows still have cached; the keystore may not validate {where}",
        waits_for=f"a chain at {where} that the keystore is known to validate",
    )


def _changing(flow: Flow) -> bool:
    return flow.status not in (None, "STARTED", "ERROR")


def _matters(evidence: Evidence, flow: Flow) -> bool:
    """Before the exchange every flow counts; afterwards one that certainly holds the arriving root does not."""
    return bool(evidence.not_exchanged) or evidence.stale(flow)


def _exchange(evidence: Evidence, goal: _Goal) -> Decision | None:
    """Every address must serve a chain that the arriving root validates."""
    if not evidence.not_exchanged:
        return None
    if not evidence.leaving.in_keystore and not evidence.may_need_leaving:
        return None
    if evidence.unreachable:
        return _unanswered(evidence, goal, goal.exchange)
    manual = evidence.facts.policy.exchange == "manual"
    return Decision(
        goal.name,
        stage=goal.exchange,
        step="hand_over" if manual else goal.exchange,
        who=RECEIVER_ADMINISTRATOR,
        reason=f"All flows trust what they need; {len(evidence.not_exchanged)} of {len(evidence.addresses)} addresses"
        f" of {evidence.facts.receiver.name} do not serve a chain under the {evidence.arriving.name} root yet",
        waits_for=f"a chain under the {evidence.arriving.name} root at every address",
        hand_over=hand_over.exchange(evidence, what=goal.exchange),
    )


def _unanswered(evidence: Evidence, goal: _Goal, stage: str) -> Decision:
    where = ", ".join(address.address for address in evidence.unreachable)
    return Decision(
        goal.name,
        stage=stage,
        step=None,
        who=RECEIVER_ADMINISTRATOR,
        reason=f"What {evidence.facts.receiver.name} serves is not known at {where}",
        waits_for=f"an answer from {where}",
    )


def _recall(evidence: Evidence, goal: _Goal) -> Decision | None:
    """Rollback only: the hand-over may be on its way, and an exchange after the deletion would be an outage."""
    policy = evidence.facts.policy
    if policy.exchange != "manual" or policy.exchange_recalled or not _deletable(evidence, goal):
        return None
    return Decision(
        goal.name,
        stage="recall_exchange",
        step="hand_over",
        who=RECEIVER_ADMINISTRATOR,
        reason="Somebody may still exchange the certificate, as the hand-over asked",
        waits_for="the confirmation that nobody will exchange the certificate any more",
        hand_over=hand_over.recall(evidence),
    )


def _soak(evidence: Evidence, goal: _Goal) -> Decision | None:
    """What every address serves must have stood for a while, seen by enough probes, before anything is taken away."""
    if not _deletable(evidence, goal):
        return None
    policy = evidence.facts.policy
    left = policy.soak_seconds - policy.observed_stable_seconds
    protected_settled = all(
        other.consecutive >= policy.probes_required
        for other in evidence.facts.protected
        if other.needs(evidence.leaving) == "no"
    )
    if evidence.all_settled and protected_settled and left <= 0:
        return None
    return Decision(
        goal.name,
        stage="soak",
        step="soak",
        who=BOTH,
        reason=f"Every address serves a chain under the {evidence.arriving.name} root; it has to stay so",
        waits_for=f"{policy.probes_required} equal probes in a row of every receiver"
        + (f", and {left:g} more seconds without a change" if left > 0 else ""),
    )


def _prove(evidence: Evidence, goal: _Goal) -> Decision | None:
    """The message processing logs must not speak against it."""
    facts = evidence.facts
    deployed = [flow.id for flow in facts.flows if flow.status is not None]
    if not deployed or not _deletable(evidence, goal):
        return None
    if facts.logs is None:
        return Decision(
            goal.name,
            stage="soak",
            step="check_messages",
            who=BOTH,
            flows=tuple(deployed),
            reason="Whether messages get through since the exchange is not known yet",
        )
    failed = [log.id for log in failing(facts)]
    completed = {log.id for log in facts.logs if log.completed}
    unproven = [flow for flow in deployed if flow not in completed]
    if failed or (unproven and facts.policy.unproven_flows == "block"):
        named = failed or unproven
        how = "fail in the TLS handshake" if failed else "have not completed any message"
        return Decision(
            goal.name,
            stage="soak",
            step=None,
            who=BOTH,
            flows=tuple(named),
            reason=f"These flows {how} since the exchange: {', '.join(named)}",
            waits_for="a completed message of each of these flows",
        )
    return None


def _delete(evidence: Evidence, goal: _Goal) -> Decision | None:
    """No known receiver may need the leaving root."""
    entries = _deletable(evidence, goal)
    if not entries:
        return None
    step = f"delete_{evidence.leaving.name}_root"
    blockers = [other for other in evidence.facts.protected if _forbids(other.needs(evidence.leaving), other.accepted)]
    if blockers:
        named = ", ".join(sorted({other.receiver for other in blockers}))
        return Decision(
            goal.name,
            stage=step,
            step=None,
            who=TENANT_ADMINISTRATOR,
            flows=tuple(sorted({flow for other in blockers for flow in other.flows})),
            reason=f"The {evidence.leaving.name} root is, or may be, needed by {named}",
            waits_for=f"{named} to do without the {evidence.leaving.name} root",
        )
    return Decision(
        goal.name,
        stage=step,
        step=step,
        who=TENANT_ADMINISTRATOR,
        aliases=tuple(entry.alias for entry in entries),
        reason=f"No known receiver needs the {evidence.leaving.name} root any more",
        warnings=_unproven_warning(evidence),
    )


def _forbids(needs: str, accepted: bool) -> bool:
    """A need that is known forbids; one that is not known forbids unless the user took it on by name."""
    return needs == "yes" or (needs == "unknown" and not accepted)


def _unproven_warning(evidence: Evidence) -> tuple[str, ...]:
    completed = {log.id for log in evidence.facts.logs or () if log.completed}
    unproven = [flow.id for flow in evidence.facts.flows if flow.status is not None and flow.id not in completed]
    if not unproven:
        return ()
    return (f"Unproven, because they completed no message since the exchange: {', '.join(unproven)}",)


def _deletable(evidence: Evidence, goal: _Goal) -> tuple[Entry, ...]:
    """Entries that hold the leaving root and are ours to delete: never SAP's; in a rollback only what it imported."""
    return tuple(
        entry
        for entry in evidence.leaving.entries
        if entry.owner != "sap" and (goal is _RENEW or entry.imported_by_renewal)
    )


def _finished(evidence: Evidence, goal: _Goal) -> Decision:
    aliases = ", ".join(entry.alias for entry in evidence.leaving.entries)
    why = "SAP owns it" if goal is _RENEW else "this renewal is not known to have imported it"
    whereabouts = f"stays under {aliases}, because {why}" if aliases else "is not in the keystore"
    return Decision(
        goal.name,
        stage=goal.finished,
        step=None,
        who=NOBODY,
        reason=f"{evidence.facts.receiver.name} does without the {evidence.leaving.name} root, which {whereabouts}",
        finished=True,
    )
