# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is wanted against what is seen, as one record: changed, diff, messages and the writes all come from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

__all__ = ["Plan", "Step"]

# Set by the tenant when it writes, or put in the words of its Java: no plan can know them, so a diff that held them
# would promise what does not come true.
_SET_BY_TENANT = frozenset(
    {
        "created_at",
        "created_by",
        "deployed_by",
        "deployed_on",
        "elliptic_curve",
        "key_type",
        "last_modified_at",
        "last_modified_by",
        "status",
        "validity",
    }
)


class Step(Protocol):
    """One write, as data. The edge carries it out; nobody else does."""

    def describe(self) -> str:
        """What the write does, in the imperative: "import certificate ... as alias ..."."""


@dataclass(frozen=True)
class Plan:
    """The decision of one module call.

    :param before: the resource as it is seen, in the shape in which it is returned; ``None`` when there is none.
    :param after: the resource as it will be, with ``None`` for what the tenant will set.
    :param steps: the writes, in order; none means that nothing changes.
    :param reason: why this is the plan, one sentence.
    :param warnings: what the user should know even when nothing changes.
    :param details: further return values, the same in check mode and in a real run.
    :param unforeseen: keys of ``after`` that only the write will tell; the diff does not promise them.
    """

    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    steps: tuple[Step, ...]
    reason: str
    warnings: tuple[str, ...] = ()
    details: Mapping[str, Any] = field(default_factory=dict)
    unforeseen: frozenset[str] = frozenset()

    @property
    def changed(self) -> bool:
        return bool(self.steps)

    @property
    def actions(self) -> list[str]:
        return [step.describe() for step in self.steps]

    @property
    def diff(self) -> dict[str, Any]:
        after = _plannable(self.after)
        return {
            "before": _plannable(self.before),
            "after": {key: value for key, value in after.items() if key not in self.unforeseen},
        }

    def state_after(self, left: Plan, done: int) -> str:
        """What became of the resource when a write failed, for the message.

        :param left: the plan decided again on what was read back; something is left to do.
        :param done: how many steps were carried out without a refusal.
        """
        if left.steps == self.steps:
            return "Nothing was changed"
        return f"Done: {'; '.join(self.actions[:done])}" if done else f"Not done: {'; '.join(left.actions)}"


def _plannable(resource: Mapping[str, Any] | None) -> dict[str, Any]:
    return {key: value for key, value in (resource or {}).items() if key not in _SET_BY_TENANT}
