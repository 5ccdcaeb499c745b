# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One report about the trust of several tenants: as data for a pipeline, as Markdown for the reviewer. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["OUTCOMES", "summarise_trust", "trust_markdown"]

OUTCOMES = ("failed", "not_started", "changed", "unchanged")
_KINDS = ("added", "replaced", "renamed", "removed")


def summarise_trust(
    hosts: Mapping[str, Mapping[str, Any]], taking_part: Iterable[str], *, check_mode: bool
) -> dict[str, Any]:
    """:param hosts: the variables of each tenant of the inventory.

    :return: ``check_mode``, ``changed``, ``drift``, ``totals`` and ``tenants``.
    """
    tenants = [_tenant(name, hosts[name]) for name in taking_part]
    totals = {outcome: sum(tenant["outcome"] == outcome for tenant in tenants) for outcome in OUTCOMES}
    return {
        "check_mode": check_mode,
        "changed": any(tenant["changes"] for tenant in tenants),
        "drift": any(tenant["drift"] for tenant in tenants),
        "totals": {"tenants": len(tenants), **totals},
        "tenants": tenants,
    }


def _tenant(name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    result = variables.get("tenant_trust_result") or {}
    failure = variables.get("tenant_trust_failure") or None
    changes = result.get("changes", [])
    if failure is not None:
        outcome = "failed"
    elif not result:
        outcome = "not_started"
    else:
        outcome = "changed" if changes else "unchanged"
    return {
        "name": name,
        "canary": bool(variables.get("tenant_trust_canary", False)),
        "outcome": outcome,
        "drift": bool(result.get("drift", False)),
        "roots": result.get("roots", 0),
        "changes": changes,
        "unlisted": result.get("unlisted", []),
        "notes": result.get("notes", []),
        "flows": result.get("flows", []),
        "restarted": result.get("restarted", []),
        "failure": failure,
    }


def trust_markdown(summary: Mapping[str, Any]) -> str:
    """The report as a reviewer reads it in a pull request."""
    done = "would change" if summary["check_mode"] else "changed"
    totals = summary["totals"]
    counted = f"{totals['changed']} {done}, {totals['unchanged']} as declared"
    lines = [
        "# Trust of the tenants",
        "",
        f"{totals['tenants']} tenants: {counted}, {totals['failed']} failed, {totals['not_started']} not started.",
        "",
        "| Tenant | Outcome | Added | Replaced | Renamed | Removed | Not declared |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for tenant in summary["tenants"]:
        counts = [sum(change["change"] == kind for change in tenant["changes"]) for kind in _KINDS]
        outcome = done if tenant["outcome"] == "changed" else tenant["outcome"].replace("_", " ")
        cells = [_cell(tenant["name"]), outcome, *map(str, counts), str(len(tenant["unlisted"]))]
        lines.append(f"| {' | '.join(cells)} |")
    for tenant in summary["tenants"]:
        lines += _section(tenant)
    return "\n".join(lines) + "\n"


def _section(tenant: Mapping[str, Any]) -> list[str]:
    lines: list[str] = []
    if tenant["failure"]:
        lines += [f"Failed in *{_cell(tenant['failure']['task'])}*: {_cell(tenant['failure']['message'])}", ""]
    if tenant["changes"]:
        lines += [
            "| Change | Alias | Subject | Valid | SHA-256 |",
            "| --- | --- | --- | --- | --- |",
            *(_change(change) for change in tenant["changes"]),
            "",
        ]
    undeclared = [one for one in tenant["unlisted"] if not _among(one, tenant["changes"])]
    if undeclared:
        lines += ["Trusted and not declared:", ""]
        lines += [
            f"- {_code(one['alias'])} {_cell(one['subject'])} {_code(one['fingerprint_sha256'])}" for one in undeclared
        ]
        lines.append("")
    if tenant["flows"]:
        restarted = set(tenant["restarted"])
        lines += ["Integration flows that may still trust as before:", ""]
        lines += [
            f"- {_code(one['id'])}: {_cell(one['why'])}{' (restarted)' if one['id'] in restarted else ''}"
            for one in tenant["flows"]
        ]
        lines.append("")
    if tenant["notes"]:
        lines += ["Notes:", ""]
        lines += [f"- {_cell(one['where'])}: {_cell(one['what'])} ({one['rule']})" for one in tenant["notes"]]
        lines.append("")
    return ["", f"## {_cell(tenant['name'])}", "", *lines[:-1]] if lines else []


def _among(entry: Mapping[str, Any], changes: Iterable[Mapping[str, Any]]) -> bool:
    return any(change["change"] == "removed" and change["alias"] == entry["alias"] for change in changes)


def _change(change: Mapping[str, Any]) -> str:
    alias = _code(change["alias"])
    if change["previous_alias"]:
        alias = f"{_code(change['previous_alias'])} to {alias}"
    subject = _cell(change["subject"])
    fingerprint = _code(change["fingerprint_sha256"])
    if change["replaces"]:
        subject = f"{subject} in place of {_cell(change['replaces']['subject'])}"
        fingerprint = f"{fingerprint} in place of {_code(change['replaces']['fingerprint_sha256'])}"
    valid = " to ".join(str(change[name] or "unknown")[:10] for name in ("not_before", "not_after"))
    return f"| {change['change']} | {alias} | {subject} | {valid} | {fingerprint} |"


def _cell(text: object) -> str:
    """Text that stays text in a table: a name in a certificate is written by strangers."""
    return re.sub(r"([\\`*_{}\[\]<>#|!~@])", r"\\\1", " ".join(str(text).split()))


def _code(text: object) -> str:
    plain = " ".join(str(text).split())
    return f"`{plain}`" if not set(plain) & set("`|") else _cell(plain)
