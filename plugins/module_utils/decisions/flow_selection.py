# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which of the discovered flows take part in what is going to be done, and why each of the others does not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .refused import NotWanted

__all__ = ["UNKNOWN_CHOICES", "FlowSelection", "listed_flows", "select_flows"]

UNKNOWN_CHOICES = ("restart", "ignore", "block")
_ASKED = ("sends_to", "uses_alias")


@dataclass(frozen=True)
class FlowSelection:
    """:param rows: each flow with ``takes_part``, the ``verdict`` of the discovery (null when not asked) and ``why``.

    :param undecided: flows that take part only because nobody can say that they do not, and that the user wants to
        decide about: by ID, why it is unknown.
    """

    rows: tuple[Mapping[str, Any], ...]
    undecided: Mapping[str, str]

    @property
    def flows(self) -> list[str]:
        return [row["id"] for row in self.rows if row["takes_part"]]

    def to_result(self) -> dict[str, Any]:
        return {"flows": self.flows, "rows": [dict(row) for row in self.rows], "undecided": dict(self.undecided)}


def listed_flows(ids: Sequence[str]) -> FlowSelection:
    """The user knows which flows they are: nothing is discovered."""
    rows = [{"id": flow_id, "takes_part": True, "verdict": None, "why": "listed by name"} for flow_id in ids]
    return FlowSelection(tuple(rows), {})


def select_flows(
    found: Iterable[Mapping[str, Any]], *, include: Sequence[str], exclude: Sequence[str], unknown: str
) -> FlowSelection:
    """:param found: the rows of integration_flow_info, with ``sends_to`` or ``uses_alias`` in each.

    :param unknown: one of ``UNKNOWN_CHOICES``.
    """
    if unknown not in UNKNOWN_CHOICES:
        raise NotWanted(f"unknown flows are one of {', '.join(UNKNOWN_CHOICES)}", said=unknown)
    both = sorted(set(include) & set(exclude))
    if both:
        raise NotWanted("these flows are both included and excluded: " + ", ".join(both))
    rows, undecided = [], {}
    answers = {str(row["id"]): _answer(row) for row in found}
    for flow_id, (verdict, reason) in sorted(answers.items()):
        takes_part = verdict == "yes" or (verdict == "unknown" and unknown != "ignore")
        why = reason
        if flow_id in include:
            takes_part, why = True, f"included by name; found: {verdict}, {reason}"
        elif flow_id in exclude:
            takes_part, why = False, f"excluded by name; found: {verdict}, {reason}"
        elif verdict == "unknown":
            what = {"restart": "taken in", "ignore": "ignored", "block": "to be decided"}[unknown]
            why = f"not certain, so it is {what}: {reason}"
            if unknown == "block":
                undecided[flow_id] = reason
        rows.append({"id": flow_id, "takes_part": takes_part, "verdict": verdict, "why": why})
    for flow_id in sorted(set(include) - answers.keys()):
        rows.append({"id": flow_id, "takes_part": True, "verdict": None, "why": "included by name; it is not deployed"})
    return FlowSelection(tuple(rows), undecided)


def _answer(row: Mapping[str, Any]) -> tuple[str, str]:
    for name in _ASKED:
        if name in row:
            return str(row[name]["verdict"]), "; ".join(str(reason) for reason in row[name]["reasons"])
    raise NotWanted(
        "the flows were listed without an answer to select them by",
        where=str(row.get("id")),
        remedy="Ask integration_flow_info with sends_to or uses_alias",
    )
