# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One integration flow: as it runs, and as it stands in design time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ..clock import format_time
from .odata import parse_date

__all__ = ["DesignTimeFlow", "FlowLock", "FlowPackage", "IntegrationFlow"]


@dataclass(frozen=True, slots=True)
class IntegrationFlow:
    """A deployed flow. ``deployed_on`` moves with each deployment, and with nothing else."""

    id: str
    name: str
    version: str
    status: str
    deployed_by: str | None
    deployed_on: datetime | None

    @property
    def is_started(self) -> bool:
        return self.status == "STARTED"

    @property
    def has_failed(self) -> bool:
        return self.status == "ERROR"

    def deployed_after(self, before: IntegrationFlow | None) -> bool:
        """Whether this entry is of a newer deployment than the other; both times are the tenant's own."""
        if self.deployed_on is None:
            return False
        return before is None or before.deployed_on is None or self.deployed_on > before.deployed_on

    @classmethod
    def from_odata(cls, entity: Mapping[str, Any]) -> IntegrationFlow:
        """Raises ``ValueError`` when the entity has no id."""
        if not isinstance(entity.get("Id"), str):
            raise ValueError("a deployed artifact in the answer has no id")
        return cls(
            id=entity["Id"],
            name=str(entity.get("Name") or entity["Id"]),
            version=str(entity.get("Version") or ""),
            status=str(entity.get("Status") or "").upper(),
            deployed_by=entity.get("DeployedBy") or None,
            deployed_on=parse_date(entity.get("DeployedOn")),
        )

    def to_result(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "status": self.status,
            "deployed_by": self.deployed_by,
            "deployed_on": format_time(self.deployed_on) if self.deployed_on else None,
        }


@dataclass(frozen=True, slots=True)
class DesignTimeFlow:
    """The content that a deployment would ship.

    :param is_draft: saved without a version; a tenant then shows the version ``Active`` (observed).
    """

    id: str
    name: str
    version: str
    package_id: str | None
    modified_at: datetime | None
    modified_by: str | None

    @property
    def is_draft(self) -> bool:
        return self.version.casefold() == "active"

    @classmethod
    def from_odata(cls, entity: Mapping[str, Any]) -> DesignTimeFlow:
        """Raises ``ValueError`` when the entity has no id."""
        if not isinstance(entity.get("Id"), str):
            raise ValueError("a design-time artifact in the answer has no id")
        return cls(
            id=entity["Id"],
            name=str(entity.get("Name") or entity["Id"]),
            version=str(entity.get("Version") or ""),
            package_id=entity.get("PackageId") or None,
            modified_at=parse_date(entity.get("ModifiedAt")),
            modified_by=entity.get("ModifiedBy") or None,
        )


@dataclass(frozen=True, slots=True)
class FlowLock:
    """Somebody has the flow open for editing."""

    flow_id: str
    created_by: str | None
    created_at: datetime | None

    @classmethod
    def from_odata(cls, entity: Mapping[str, Any]) -> FlowLock:
        return cls(
            flow_id=str(entity.get("ArtifactId") or ""),
            created_by=entity.get("CreatedBy") or None,
            created_at=parse_date(entity.get("CreatedAt")),
        )


@dataclass(frozen=True, slots=True)
class FlowPackage:
    """An integration package.

    :param mode: ``READ_ONLY`` for content that can be configured and deployed, but not read.
    """

    id: str
    mode: str

    @classmethod
    def from_odata(cls, entity: Mapping[str, Any]) -> FlowPackage:
        return cls(id=str(entity.get("Id") or ""), mode=str(entity.get("Mode") or ""))
