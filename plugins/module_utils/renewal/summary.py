# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report for all tenants of a run, as data and as Markdown. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .tenants import TenantRun, turns

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
    turn_of = turns(known)
    tenants = [_tenant(run, turn_of[run.name].to_result()) for run in taking_part]
    totals = {outcome: sum(tenant["outcome"] == outcome for tenant in tenants) for outcome in OUTCOMES}
    receivers = dict.fromkeys(run.receiver for run in taking_part)
    return {
        "check_mode": check_mode,
        "totals": {"tenants": len(tenants), **totals},
        "changed": any(tenant["changed"] for tenant in tenants),
        "tenants": tenants,
        "receivers": [_receiver(name, [run for run in known if run.receiver == name]) for name in receivers],
    }


def _outcome(run: TenantRun) -> str:
    if run.failure is not None:
        return "failed"
    if run.result is None:
        return "not_started"
    return "finished" if run.result["finished"] else "waiting"


def _tenant(run: TenantRun, turn: Mapping[str, str]) -> dict[str, Any]:
    result = run.result or {}
    decision = result.get("decision") or {}
    steps = [step for step in result.get("steps", ()) if step["changed"]]
    held_up = turn["turn"] == "wait"
    return {
        "name": run.name,
        "canary": run.canary,
        "receiver": run.receiver,
        "outcome": _outcome(run),
        "stage": run.stage,
        "reason": turn["reason"] if held_up else decision.get("reason"),
        "waits_for": "the other tenants" if held_up else decision.get("waits_for"),
        "waits_until": decision.get("waits_until"),
        "outage": bool(decision.get("outage", False)),
        "changed": bool(steps) and not result.get("check_mode", False),
        "steps": [str(step["name"]) for step in steps],
        "plan": [planned["step"] or planned["stage"] for planned in decision.get("plan", ())],
        "failure": None if run.failure is None else dict(run.failure),
    }


def _receiver(name: str, sharing: Sequence[TenantRun]) -> dict[str, Any]:
    hindered = {run.name: run.hindrance for run in sharing if run.hindrance is not None}
    return {
        "receiver": name,
        "tenants": [run.name for run in sharing],
        "exchanged": any(run.exchanged for run in sharing),
        "ready_for_exchange": not hindered,
        "held_up_by": hindered,
    }


def to_markdown(summary: Mapping[str, Any]) -> str:
    """For a pull request, a ticket, or the page of a job."""
    totals = summary["totals"]
    counts = ", ".join(f"{totals[outcome]} {_WORDS[outcome]}" for outcome in OUTCOMES if totals[outcome])
    title = "Plan of the renewal" if summary["check_mode"] else "Renewal of receiver certificates"
    lines = [f"# {title}", "", f"{totals['tenants']} tenants: {counts or 'none'}.", ""]
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
    held_up = "; ".join(f"{name} {why}" for name, why in receiver["held_up_by"].items())
    return f"**No**: {held_up}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    return lines + ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in rows]


def _cell(text: str) -> str:
    """Text that cannot break out of its cell or line."""
    return " ".join(str(text).split()).replace("|", "\\|").replace("<", "&lt;")
