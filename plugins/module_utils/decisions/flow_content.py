# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the content of a deployed flow, and what may be answered from it.

Only what runs counts. Content read in design time stands for it as long as nothing shows that it was changed since the
deployment; otherwise every answer is unknown, and says why.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ..flow_bundle.changes import SideEffect
from ..flow_bundle.flow_bundle import PROFILE_PARAMETER, FlowBundle
from ..flow_bundle.matching import Answer, sends_to, uses_alias
from ..flow_bundle.without_parameters import has_parameters, without_parameters

__all__ = ["CHANGES_CONTENT", "FlowContent", "Missing", "MissingName", "Question"]

MissingName = Literal["no_design_time_artifact", "configure_only", "not_permitted", "unreadable_bundle", "unavailable"]
Source = Literal["deployed", "design_time"]

# Differences that may mean that something else runs than what design time holds.
CHANGES_CONTENT = frozenset(
    {
        "draft",
        "modification_unknown",
        "modified_since_deployment",
        "newer_version",
        "other_runtime_profile",
        "other_version",
    }
)


@dataclass(frozen=True)
class Missing:
    """Why the content of a flow cannot be had."""

    name: MissingName
    sentence: str

    def to_result(self) -> dict[str, str]:
        return {"name": self.name, "sentence": self.sentence}


@dataclass(frozen=True)
class FlowContent:
    """Of one deployed flow.

    :param source: ``deployed`` is the very content that runs; ``design_time`` was taken for it.
    :param cached: it was read by an earlier run.
    :param differences: why what runs may be something else.
    :param package_id: the integration package in design time, as far as it is known.
    """

    bundle: FlowBundle | None
    source: Source | None = None
    cached: bool = False
    missing: Missing | None = None
    differences: tuple[SideEffect, ...] = ()
    package_id: str | None = None

    def answer(self, ask: Callable[[FlowBundle], Answer]) -> Answer:
        """The answer that may be given to a question about what runs."""
        if self.bundle is None:
            return Answer("unknown", (self.missing.sentence if self.missing else "its content is not known",))
        found = ask(self.bundle)
        if not self.differences:
            return found
        of_design_time = f"of the content in design time the answer is {found.verdict}: {'; '.join(found.reasons)}"
        return Answer("unknown", (*(difference.sentence for difference in self.differences), of_design_time))

    def to_result(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "cached": self.cached,
            "missing": None if self.missing is None else self.missing.to_result(),
            "differences": [difference.to_result() for difference in self.differences],
            "package_id": self.package_id,
        }


@dataclass(frozen=True)
class Question:
    """What is asked about each flow."""

    host: str | None = None
    port: int | None = None
    alias: str | None = None
    details: bool = False

    def sends(self, bundle: FlowBundle) -> Answer:
        return sends_to(bundle, self.host or "", self.port)

    def uses(self, bundle: FlowBundle) -> Answer:
        return uses_alias(bundle, self.alias or "")

    def depends_on_parameters(self, bundle: FlowBundle) -> bool:
        """Whether the values of externalized parameters may change anything of the answer."""
        if PROFILE_PARAMETER in bundle.parameters.values:
            return True
        if not has_parameters(bundle):
            return False
        if self.details:
            return True
        bare = without_parameters(bundle)
        return (self.host is not None and self.sends(bare).verdict == "unknown") or (
            self.alias is not None and self.uses(bare).verdict == "unknown"
        )

    def depends_on_scripts(self, bundle: FlowBundle) -> bool:
        """Whether script collections that are not part of the bundle may change anything of the answer."""
        if not bundle.scripts.unread:
            return False
        if self.details:
            return True
        return (self.host is not None and self.sends(bundle).verdict == "unknown") or (
            self.alias is not None and self.uses(bundle).verdict == "unknown"
        )
