# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the renewal of a key pair stands, and its next safe step.

Source: SAP Help, "Updating a Key Pair with a Signing Response" and "Renewal of the Tenant Client Certificate".

The key stays, so at every moment the tenant presents one valid certificate or the other, and nothing is kept between
two runs: what was observed decides alone. A run installs one answer at most, or a CA whose certificates last no longer
than ``renew_before`` would be asked again and again.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from ..certificates.names import same_name_text
from ..clock import format_time
from ..decisions.key_usage import missing_key_usages
from .decision import NOBODY, TENANT_ADMINISTRATOR
from .key_pair_facts import KeyPairFacts, Leaf

__all__ = ["CERTIFICATE_AUTHORITY", "KEY_PAIR_STEPS", "KeyPairDecision", "decide_key_pair_renewal", "forecast_key_pair"]

CERTIFICATE_AUTHORITY = "certificate authority"

KEY_PAIR_STEPS = (
    "write_request",  # write: the signing request to its file
    "hand_over",  # tell: the CA has to answer; then stop
    "answer_request",  # write: the CA on the controller answers
    "run_tasks",  # write: the user's own tasks get the answer
    "install_response",  # write: the chain under the alias
    "restart_flows",  # write: restart `flows`, wait until each runs
    "check_messages",  # look: read the message processing logs, then decide again
)
_ANSWERS = {"manual": "hand_over", "local_ca": "answer_request", "tasks": "run_tasks"}


@dataclass(frozen=True)
class KeyPairDecision:
    """:param step: ``None`` when this run can do nothing now.

    :param due: why the certificate has to be renewed, or why not; one sentence.
    :param failing: flows whose messages fail because of TLS since they have the new certificate.
    """

    stage: str
    step: str | None
    who: str
    reason: str
    due: str
    is_due: bool
    flows: tuple[str, ...] = ()
    waits_for: str | None = None
    waits_until: datetime | None = None
    finished: bool = False
    hand_over: str | None = None
    warnings: tuple[str, ...] = ()
    failing: tuple[str, ...] = ()

    def to_result(self) -> dict[str, Any]:
        return {
            "stage": self.stage,
            "step": self.step,
            "who": self.who,
            "reason": self.reason,
            "due": self.due,
            "is_due": self.is_due,
            "flows": list(self.flows),
            "waits_for": self.waits_for,
            "waits_until": None if self.waits_until is None else format_time(self.waits_until),
            "finished": self.finished,
            "hand_over": self.hand_over,
            "warnings": list(self.warnings),
            "failing": list(self.failing),
        }


def decide_key_pair_renewal(facts: KeyPairFacts) -> KeyPairDecision:
    """The one step that is safe now. Every step leads to a state in which another one, or none, is decided."""
    if facts.renewed:
        due = f"This run has renewed it: {_standing(facts, facts.leaf)}."
        return _after_installation(facts, due, _warnings_about(facts, facts.leaf))
    reasons = _reasons_to_renew(facts, facts.leaf)
    if not reasons:
        due = f"No renewal is due: {_standing(facts, facts.leaf)}."
        return _after_installation(facts, due)
    due = f"A renewal is due: {'; '.join(reasons)}."
    flaw = _flaw_of_response(facts)
    if flaw is None:
        warnings = _warnings_about(facts, facts.response.leaf if facts.response else None)
        return KeyPairDecision(
            "install_response",
            "install_response",
            TENANT_ADMINISTRATOR,
            "The CA's answer is there and fits the key pair.",
            due,
            True,
            warnings=warnings,
        )
    if not facts.request_current:
        reason = f"{facts.policy.request_path} does not hold the signing request of the key pair yet."
        return KeyPairDecision("write_request", "write_request", TENANT_ADMINISTRATOR, reason, due, True)
    return _ask_the_ca(facts, due, flaw)


def _ask_the_ca(facts: KeyPairFacts, due: str, flaw: str) -> KeyPairDecision:
    policy = facts.policy
    step = _ANSWERS[policy.provider]
    if step != "hand_over":
        return KeyPairDecision("answer", step, CERTIFICATE_AUTHORITY, flaw, due, True)
    # A run was killed after it had installed a short answer. What the flows present may end before somebody answers.
    restart = _after_installation(facts, due)
    if restart.step == "restart_flows" and not facts.leaf.self_signed:
        return replace(restart, is_due=True)
    wanted = [f"Its issuer has to be {policy.issuer}."] if policy.issuer else []
    if policy.required_key_usages:
        wanted.append(f"It needs the extended key usage {', '.join(policy.required_key_usages)}.")
    lines = [
        f"The certificate of {facts.leaf.subject} ends at {format_time(facts.leaf.not_after)}.",
        f"Please answer the signing request in {policy.request_path}.",
        *wanted,
        "PKCS#7 or PEM with the certificate and its intermediates is best; every usual form is understood.",
        f"Put the answer at {policy.response_path} and run this again.",
    ]
    if facts.response is not None:
        lines.append(f"What is there now does not do: {flaw}")
    return KeyPairDecision(
        "await_response",
        "hand_over",
        CERTIFICATE_AUTHORITY,
        flaw,
        due,
        True,
        waits_for=f"the CA's answer at {policy.response_path}",
        hand_over="\n".join(lines),
    )


def _after_installation(facts: KeyPairFacts, due: str, warnings: tuple[str, ...] = ()) -> KeyPairDecision:
    """Nothing is left for the CA; the flows may still present the certificate from before."""
    absent = tuple(flow.id for flow in facts.flows if flow.status is None)
    if absent:
        warnings += (f"Not deployed, so nothing has to be restarted: {', '.join(absent)}.",)
    stale = facts.stale_flows
    restartable = tuple(flow_id for flow_id in stale if flow_id not in facts.left_alone)
    if restartable:
        reason = f"Started before the key pair was last written at {format_time(facts.last_modified_at)}."
        return KeyPairDecision(
            "restart_flows", "restart_flows", TENANT_ADMINISTRATOR, reason, due, False, restartable, warnings=warnings
        )
    recent = facts.tenant_time < facts.cache_ends
    checked = tuple(flow.id for flow in facts.flows if flow.status is not None and flow.id not in stale)
    if recent and checked and facts.logs is None:
        reason = "The flows were started with the key pair as it is now; their messages show whether it is accepted."
        return KeyPairDecision(
            "check_messages", "check_messages", TENANT_ADMINISTRATOR, reason, due, False, checked, warnings=warnings
        )
    if recent and facts.logs is not None:
        failing = tuple(flow_id for flow_id in checked if facts.logs.get(flow_id, (0, 0))[1])
        if failing:
            reason = f"Messages fail because of TLS since the restart: {', '.join(failing)}."
            return KeyPairDecision(
                "messages_fail", None, TENANT_ADMINISTRATOR, reason, due, False, failing,
                waits_for="somebody who finds out why the receiver refuses the certificate", warnings=warnings,
                failing=failing,
            )  # fmt: skip
        unproven = [flow_id for flow_id in checked if not facts.logs.get(flow_id, (0, 0))[0]]
        if unproven:
            warnings += (f"No message was completed since the restart, so nothing is proved: {', '.join(unproven)}.",)
    if stale:
        reason = f"These flows wait until what they have cached runs out: {', '.join(stale)}."
        return KeyPairDecision(
            "await_cache", None, NOBODY, reason, due, False, stale, waits_for="the cached keystore to run out",
            waits_until=facts.cache_ends, warnings=warnings,
        )  # fmt: skip
    return KeyPairDecision("done", None, NOBODY, "Nothing is left to do.", due, False, finished=True, warnings=warnings)


def _reasons_to_renew(facts: KeyPairFacts, leaf: Leaf) -> list[str]:
    policy, found = facts.policy, []
    if leaf.self_signed:
        found.append("no CA has signed the certificate yet")
    if leaf.not_after - facts.now < policy.renew_before:
        found.append(f"{_standing(facts, leaf)}, which is sooner than {policy.renew_before.days} days")
    if policy.issuer and same_name_text(leaf.issuer, policy.issuer) is False:
        found.append(f"it is from {leaf.issuer}, and {policy.issuer} is wanted")
    missing = missing_key_usages(leaf.usages, policy.required_key_usages)
    if missing:
        found.append(f"it may not be used for {', '.join(missing)}")
    return found


def _standing(facts: KeyPairFacts, leaf: Leaf) -> str:
    days = (leaf.not_after - facts.now) / timedelta(days=1)
    when = f"in {days:.0f} days" if days >= 0 else f"{-days:.0f} days ago"
    return f"the certificate {'ends' if days >= 0 else 'ended'} {when}, at {format_time(leaf.not_after)}"


def _flaw_of_response(facts: KeyPairFacts) -> str | None:
    """Why the answer that is there cannot be installed, or would not help. Key usages were checked with the file."""
    response, policy = facts.response, facts.policy
    if response is None:
        return f"There is no answer of the CA at {policy.response_path} yet."
    if response.refused is not None:
        return response.refused
    leaf = response.leaf
    if leaf is None or response.installed:
        return "It is the answer that the key pair has already."
    if policy.issuer and same_name_text(leaf.issuer, policy.issuer) is False:
        return f"It is from {leaf.issuer}, and {policy.issuer} is wanted."
    date_alone = facts.leaf.not_after - facts.now < policy.renew_before
    if date_alone and not facts.leaf.self_signed and leaf.not_after <= facts.leaf.not_after:
        return f"It ends at {format_time(leaf.not_after)}, no later than the certificate that it would replace."
    return None


def _warnings_about(facts: KeyPairFacts, leaf: Leaf | None) -> tuple[str, ...]:
    """A new certificate that the next run renews again. Installing it is still better than letting the old one end."""
    if leaf is None:
        return ()
    # The clock of a CA may be ahead of the tenant's.
    validity = min(leaf.not_after - leaf.not_before, leaf.not_after - facts.now)
    if validity > facts.policy.renew_before:
        return ()
    warning = (
        f"The new certificate is valid for {_days(validity)} and renew_before is {_days(facts.policy.renew_before)}, "
        "so the next run renews it again. Lower renew_before, or ask the CA for a longer validity."
    )
    return (warning,)


def _days(span: timedelta) -> str:
    days = round(span / timedelta(days=1), 1)
    return f"{days:g} day{'' if days == 1 else 's'}"


def forecast_key_pair(facts: KeyPairFacts) -> list[str]:
    """The steps from now on if all goes well, for a run that may only look."""
    first = decide_key_pair_renewal(facts)
    if not first.is_due:
        order = ["restart_flows", "check_messages"]
        return order[order.index(first.step) :] if first.step in order else []
    steps = [] if first.step == "install_response" else [_ANSWERS[facts.policy.provider]]
    if first.step in ("write_request", "restart_flows"):
        steps.insert(0, first.step)
    deployed = any(flow.status is not None for flow in facts.flows)
    return [*steps, "install_response", *(["restart_flows", "check_messages"] if deployed else [])]
