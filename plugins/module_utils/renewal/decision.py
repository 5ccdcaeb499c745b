# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome of one look at a renewal: where it stands, what may be done next, and what to tell whom."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any, Literal

from ..clock import format_time

__all__ = [
    "BOTH",
    "NOBODY",
    "RECEIVER_ADMINISTRATOR",
    "STEPS",
    "TENANT_ADMINISTRATOR",
    "Decision",
    "Finding",
    "HandOver",
]

TENANT_ADMINISTRATOR = "tenant administrator"
RECEIVER_ADMINISTRATOR = "receiver administrator"
BOTH = "both"
NOBODY = "nobody"

STEPS = (
    "import_old_root",  # write: import old_root, again
    "import_new_root",  # write: import new_root under its own alias, never over another entry
    "restart_flows",  # write: restart `flows`, wait until each runs
    "await_flows",  # look: wait until `flows` have settled, then observe again
    "exchange_certificate",  # write at the receiver: install the new chain (policy.exchange files or tasks)
    "exchange_back",  # the same, with the previous chain (rollback)
    "hand_over",  # tell: give `hand_over` to whom it concerns, once; then stop or wait
    "soak",  # look: probe every address again and again, count observed_stable_seconds
    "check_messages",  # look: read the message processing logs, then decide again with facts.logs
    "delete_old_root",  # write: delete `aliases`
    "delete_new_root",  # write: delete `aliases` (rollback)
)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it should be, by a stable name.

    ``outage``: messages fail now or may fail at any moment; ``blocking``: the renewal cannot go on;
    ``notice``: worth knowing.
    """

    name: str
    severity: Literal["outage", "blocking", "notice"]
    sentence: str
    remedy: str
    concerns: tuple[str, ...] = ()

    def to_result(self) -> dict[str, Any]:
        return {**asdict(self), "concerns": list(self.concerns)}


@dataclass(frozen=True, slots=True)
class HandOver:
    """What somebody else must do now. ``key`` stays the same from run to run: give each key away once.

    ``since`` is when everything was ready for it, on the tenant's clock; ``None`` where nothing shows that.
    """

    key: str
    what: str
    by: str
    receiver: str
    fingerprints: tuple[tuple[str, str], ...]
    text: str
    since: datetime | None = None

    def to_result(self) -> dict[str, Any]:
        since = None if self.since is None else format_time(self.since)
        return {**asdict(self), "fingerprints": dict(self.fingerprints), "since": since}


@dataclass(frozen=True, slots=True)
class Decision:
    """One step, or why there is none.

    ``step`` is ``None`` when this run can do nothing now: the goal is reached (``finished``), somebody must act
    (``waits_for``), or the run may not take the step (``withheld`` names it).
    """

    goal: Literal["renewed", "rolled_back"]
    stage: str
    step: str | None
    who: str
    reason: str
    flows: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    waits_for: str | None = None
    waits_until: datetime | None = None
    finished: bool = False
    withheld: str | None = None
    hand_over: HandOver | None = None
    diagnosis: tuple[Finding, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def outage(self) -> bool:
        """Messages fail now, or may fail at any moment."""
        return any(finding.severity == "outage" for finding in self.diagnosis)

    def limited_to(self, allow: frozenset[str] | None) -> Decision:
        """The same decision for a run that may take only these steps."""
        if self.step is None or allow is None or self.step in allow:
            return self
        return replace(self, step=None, withheld=self.step, waits_for=f"a run that may take the step {self.step}")

    def to_result(self) -> dict[str, Any]:
        return {
            "goal": self.goal,
            "stage": self.stage,
            "step": self.step,
            "who": self.who,
            "reason": self.reason,
            "flows": list(self.flows),
            "aliases": list(self.aliases),
            "waits_for": self.waits_for,
            "waits_until": None if self.waits_until is None else format_time(self.waits_until),
            "finished": self.finished,
            "withheld": self.withheld,
            "hand_over": None if self.hand_over is None else self.hand_over.to_result(),
            "diagnosis": [finding.to_result() for finding in self.diagnosis],
            "outage": self.outage,
            "warnings": list(self.warnings),
        }
