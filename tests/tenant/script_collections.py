# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Script collections: scripts that several flows share, artifacts of their own in design time and in the runtime.

API specification IntegrationContent.json: GET /ScriptCollectionDesigntimeArtifacts(Id='{Id}',Version='{Version}'), and
``$value`` of it. That they carry the same times as flows do is inferred from the ``$metadata`` of flows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .http import Answer, Refusal, Request, Route
from .odata import Entity
from .paging import selected
from .runtime import DesignArtifact, UnknownArtifact

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["routes"]

_TYPE = "SCRIPT_COLLECTION"
_VERSIONED = r"\(Id='(?P<key>(?:[^']|'')*)',Version='(?P<version>[^']*)'\)"
_PROPERTIES = ("Id", "Version", "PackageId", "Name", "Description")


class _ScriptCollections:
    def __init__(self, tenant: LocalTenant) -> None:
        self._runtime = tenant.runtime

    def one(self, request: Request) -> Answer:
        return Answer.entity(selected(request, _entity(self._found(request)), _PROPERTIES))

    def bundle(self, request: Request) -> Answer:
        found = self._found(request)
        return Answer.media(found.bundle, "application/zip", filename=f"{found.id}.zip")

    def _found(self, request: Request) -> DesignArtifact:
        try:
            found = self._runtime.designed(request.match["key"].replace("''", "'"), request.match["version"])
        except UnknownArtifact:
            found = None
        if found is None or found.type != _TYPE:
            raise Refusal(404, "Script collection design time artifact not found.")
        return found


def _entity(found: DesignArtifact) -> Entity:
    values = {
        "Id": found.id,
        "Version": found.shown_version,
        "PackageId": found.package,
        "Name": found.name,
        "Description": "",
        "CreatedBy": found.modified_by,
        "CreatedAt": str(round(found.created_at.timestamp() * 1000)),
        "ModifiedBy": found.modified_by,
        "ModifiedAt": str(round(found.modified_at.timestamp() * 1000)),
        "ArtifactContent": None,
    }
    key = f"Id='{found.id.replace(chr(39), chr(39) * 2)}',Version='{found.shown_version}'"
    return Entity(
        "ScriptCollectionDesigntimeArtifact",
        "ScriptCollectionDesigntimeArtifacts",
        key,
        values,
        ("Resources",),
        media="application/octet-stream",
    )


def routes(tenant: LocalTenant) -> list[Route]:
    collections = _ScriptCollections(tenant)
    one, read = f"/ScriptCollectionDesigntimeArtifacts{_VERSIONED}", "WorkspacePackagesRead"
    return [
        Route("GET", one, collections.one, read, frozenset({"$format", "$select"})),
        Route("GET", rf"{one}/\$value", collections.bundle, read),
    ]
