# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report for all tenants of a run, as data and as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .tenants import TenantRun, held_up_by

__all__ = ["OUTCOMES", "summarise", "to_markdown"]

# Of a tenant, the worst first.
OUTCOMES = ("failed", "not_started", "waiting", "finished")


def summarise(runs: Iterable[TenantRun], *, check_mode: bool) -> dict[str, Any]:
    """What came of each tenant and of each receiver that they share.

    :param runs: in the order of the inventory.
    :return: ``check_mode``, ``totals`` (number of tenants by outcome), ``changed``, ``tenants``, ``receivers``.
    """
    known = tuple(runs)
    taking_part = [run for run in known if run.takes_part]
    tenants = [_tenant(run, held_up_by(run.receiver, known)) for run in taking_part]
    totals = {outcome: sum(tenant["outcome"] == outcome for tenant in tenants) for outcome in OUTCOMES}
    receivers = dict.fromkeys(run.receiver for run in taking_part if run.receiver)
    return {
        "check_mode": check_mode,
        "totals": {"tenants": len(tenants), **totals},
        "changed": any(tenant["changed"] for tenant in tenants),
        "tenants": tenants,
        "receivers": [_receiver(name, known) for name in receivers],
    }


def _outcome(run: TenantRun) -> str:
    if run.failure is not None:
        return "failed"
    if run.result is None:
        return "not_started"
    return "finished" if run.result["finished"] else "waiting"


def _tenant(run: TenantRun, hindered: Mapping[str, str]) -> dict[str, Any]:
    result = run.result or {}
    decision = result.get("decision") or {}
    steps = [step for step in run.steps if step["changed"]]
    # The hand-over of one tenant says that its own flows are ready; the receiver has to hear of all of them.
    held_up = run.at_the_exchange and run.failure is None and bool(hindered)
    return {
        "name": run.name,
        "canary": run.canary,
        "receiver": run.receiver,
        "outcome": _outcome(run),
        "stage": run.stage,
        "reason": decision.get("reason"),
        "waits_for": _listed(hindered) if held_up else decision.get("waits_for"),
        "waits_until": decision.get("waits_until"),
        "outage": bool(decision.get("outage", False)),
        "changed": bool(steps) and not result.get("check_mode", False),
        "steps": [str(step["name"]) for step in steps],
        "plan": [planned["step"] or planned["stage"] for planned in decision.get("plan", ())],
        "failure": None if run.failure is None else dict(run.failure),
    }


def _receiver(name: str, runs: Sequence[TenantRun]) -> dict[str, Any]:
    sharing = [run for run in runs if run.receiver == name]
    hindered = held_up_by(name, sharing)
    return {
        "receiver": name,
        "tenants": [run.name for run in sharing],
        "exchanged": any(run.exchanged for run in sharing),
        "ready_for_exchange": not hindered,
        "held_up_by": hindered,
    }


def _listed(hindered: Mapping[str, str]) -> str:
    return ", ".join(f"{name} ({why})" for name, why in hindered.items())


def to_markdown(summary: Mapping[str, Any]) -> str:
    """For a pull request, a ticket, or the page of a job."""
    totals = summary["totals"]
    counts = ", ".join(f"{totals[outcome]} {_WORDS[outcome]}" for outcome in OUTCOMES if totals[outcome])
    title = "Plan of the renewal" if summary["check_mode"] else "Renewal of receiver certificates"
    noun = "tenant" if totals["tenants"] == 1 else "tenants"
    lines = [f"# {title}", "", f"{totals['tenants']} {noun}: {counts or 'none'}.", ""]
    last = "What would be done" if summary["check_mode"] else "What was done"
    lines += _table(
        ["Tenant", "Receiver", "Outcome", "Stage", last, "Why, and what it waits for"],
        [_tenant_cells(tenant, check_mode=summary["check_mode"]) for tenant in summary["tenants"]],
    )
    lines += ["", "## Receivers", ""]
    lines += _table(
        ["Receiver", "Tenants", "May its certificate be exchanged?"],
        [[each["receiver"], str(len(each["tenants"])), _readiness(each)] for each in summary["receivers"]],
    )
    failed = [tenant for tenant in summary["tenants"] if tenant["failure"]]
    if failed:
        lines += ["", "## Failures", ""]
        lines += [
            f"- **{_cell(t['name'])}**, {_cell(t['failure']['task'])}: {_cell(t['failure']['message'])}" for t in failed
        ]
    return "\n".join(lines) + "\n"


_WORDS = {"failed": "failed", "not_started": "not started", "waiting": "waiting", "finished": "finished"}


def _tenant_cells(tenant: Mapping[str, Any], *, check_mode: bool) -> list[str]:
    told = [tenant["reason"], f"waits for {tenant['waits_for']}" if tenant["waits_for"] else None]
    if tenant["waits_until"]:
        told.append(f"until {tenant['waits_until']}")
    if tenant["failure"]:
        told = ["see Failures"]
    outcome = _WORDS[tenant["outcome"]] + (", **messages are being lost**" if tenant["outage"] else "")
    return [
        tenant["name"] + (" (canary)" if tenant["canary"] else ""),
        tenant["receiver"],
        outcome,
        tenant["stage"] or "",
        ", ".join(tenant["plan"] if check_mode else tenant["steps"]),
        "; ".join(part for part in told if part),
    ]


def _readiness(receiver: Mapping[str, Any]) -> str:
    if receiver["exchanged"]:
        return "It serves the new chain"
    if receiver["ready_for_exchange"]:
        return "Yes: every tenant trusts both roots"
    return f"**No**: {_listed(receiver['held_up_by'])}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]


def _cell(text: str) -> str:
    """Text that cannot break out of its cell or line."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
