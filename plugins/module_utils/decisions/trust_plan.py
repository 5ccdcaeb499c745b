# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of a whole set of trust anchors: what a reviewer reads, and what is left of it after a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from ..clock import format_time
from ..tenant.keystore_entry import KeystoreEntry
from .plan import Plan
from .steps import DeleteEntries, ImportCertificates

__all__ = ["Change", "TrustPlan"]

Kind = Literal["added", "replaced", "renamed", "removed"]


@dataclass(frozen=True)
class Change:
    """:param after: the entry as it will be; ``None`` when it goes.

    :param before: the entry as it is; ``None`` when it comes.
    """

    KINDS: ClassVar[tuple[Kind, ...]] = ("added", "replaced", "renamed", "removed")

    kind: Kind
    alias: str
    after: KeystoreEntry | None
    before: KeystoreEntry | None = None

    def to_result(self) -> dict[str, Any]:
        entry = self.after or self.before
        shown = {} if entry is None else entry.to_result()
        replaced = self.before if self.kind == "replaced" else None
        return {
            "change": self.kind,
            "alias": self.alias,
            "previous_alias": self.before.alias if self.kind == "renamed" and self.before else None,
            "subject": shown.get("subject"),
            "not_before": shown.get("not_before"),
            "not_after": shown.get("not_after"),
            "fingerprint_sha256": shown.get("fingerprint_sha256"),
            "replaces": None if replaced is None else {
                "subject": replaced.subject,
                "not_after": format_time(replaced.not_after) if replaced.not_after else None,
                "fingerprint_sha256": replaced.fingerprint_sha256,
            },
        }  # fmt: skip


@dataclass(frozen=True)
class TrustPlan(Plan):
    changes: tuple[Change, ...] = ()

    @property
    def actions(self) -> list[str]:
        """A line for each entry, however few requests carry them out."""
        lines = []
        for step in self.steps:
            parts = step.parts if isinstance(step, (ImportCertificates, DeleteEntries)) else (step,)
            lines += [part.describe() for part in parts]
        return lines

    @property
    def diff(self) -> dict[str, Any]:
        """The entries that change and nothing else, one line each: hundreds that stay are no news to a reviewer."""
        return {
            "before": {one.before.alias: _line(one.kind, one.before) for one in self.changes if one.before is not None},
            "after": {one.after.alias: _line(one.kind, one.after) for one in self.changes if one.after is not None},
        }

    def state_after(self, left: Plan, done: int) -> str:
        missing = set(left.actions)
        finished = [action for action in self.actions if action not in missing]
        if not finished:
            return "Nothing was changed"
        return f"Done: {'; '.join(finished)}. Not done: {'; '.join(left.actions)}"


def _line(kind: str, entry: KeystoreEntry) -> str:
    times: Sequence[str] = [
        moment.strftime("%Y-%m-%d") if moment else "unknown" for moment in (entry.not_before, entry.not_after)
    ]
    return f"{kind}: {entry.subject}, valid {times[0]} to {times[1]}, SHA-256 {entry.fingerprint_sha256}"
