# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows as the tenant keeps them: what was designed, what was deployed, and the task between the two."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

__all__ = ["OUTCOMES", "DeployPlan", "DeployTask", "DesignArtifact", "RuntimeArtifact"]

# How a deployment may end: ``fail`` and ``license`` end the task, ``error`` and ``never`` end in the runtime.
OUTCOMES = ("success", "fail", "license", "error", "never")


@dataclass
class DesignArtifact:
    """A flow in design time; ``parameters`` are its externalized parameters as configured now."""

    id: str
    name: str
    version: str
    package: str
    bundle: bytes = field(repr=False)
    parameters: dict[str, str]
    modified_at: datetime
    modified_by: str
    created_at: datetime
    draft: bool = False
    locked: bool = False
    configure_only: bool = False
    hidden: bool = False
    type: str = "INTEGRATION_FLOW"

    @property
    def shown_version(self) -> str:
        """``Active`` for a draft (observed on a tenant)."""
        return "Active" if self.draft else self.version

    def is_version(self, asked: str) -> bool:
        """``active`` in any case, or the current version; older ones are unknown.

        API specification IntegrationContent.json: POST /DeployIntegrationDesigntimeArtifact, parameter Version.
        """
        return asked.lower() == "active" or asked == self.version


@dataclass
class RuntimeArtifact:
    """A deployed flow: a copy of what design time held at its deployment."""

    id: str
    name: str
    version: str
    type: str
    package: str
    deployed_by: str
    deployed_on: datetime
    status: str
    bundle: bytes = field(repr=False)
    parameters: dict[str, str]
    hidden: bool = False
    error: str | None = None
    error_read: bool = False


@dataclass(frozen=True)
class DeployPlan:
    """How one deployment goes.

    :param outcome: one of ``OUTCOMES``.
    :param seconds: until the task is no longer DEPLOYING.
    :param stale_seconds: how long the old entry is still shown after that.
    :param gap_seconds: how long there is no entry at all.
    :param starting_seconds: how long the new entry reads STARTING.
    """

    outcome: str = "success"
    seconds: float = 0.3
    stale_seconds: float = 0.15
    gap_seconds: float = 0.05
    starting_seconds: float = 0.1
    error: str = "java.lang.IllegalStateException: the flow cannot be started"

    def __post_init__(self) -> None:
        if self.outcome not in OUTCOMES:
            raise ValueError(f"a deployment has no outcome {self.outcome!r}; it has one of {', '.join(OUTCOMES)}")


@dataclass
class DeployTask:
    """What ``BuildAndDeployStatus`` shows; ``done`` when the runtime entry has its final state too."""

    id: str
    flow_id: str
    user: str
    status: str = "DEPLOYING"
    done: bool = False
