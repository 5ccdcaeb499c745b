# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which role of the service instance an operation needs: what a 403 is about.

From SAP Help "Tasks and Permissions for Cloud Integration". Pure.
"""

from __future__ import annotations

__all__ = ["KEYSTORE_EDITOR", "role_for"]

KEYSTORE_EDITOR = "SecurityMaterialEdit"
_READER = "MonitoringDataRead"


def role_for(method: str, path: str) -> str:
    """The role for a request to a path below ``/api/v1/``, such as ``KeystoreEntries('00')``."""
    name = path.split("(")[0].split("/")[0].split("?")[0]
    if name.startswith(("Keystore", "Certificate", "KeyPair", "History")):
        if method != "GET":
            return KEYSTORE_EDITOR
        return "SecurityMaterialDownload" if name == "KeystoreResources" else _READER
    if name.startswith(("Deploy", "BuildAndDeploy")):
        return "WorkspaceArtifactsDeploy"
    if name == "IntegrationRuntimeArtifacts":
        return _READER if method == "GET" else "MonitoringArtifactsDeploy"
    if name == "IntegrationDesigntimeLocks":
        return "WorkspaceArtifactLocksRead"
    if name in ("IntegrationDesigntimeArtifacts", "IntegrationPackages", "ScriptCollectionDesigntimeArtifacts"):
        return "WorkspacePackagesRead"
    return _READER
