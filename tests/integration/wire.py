# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's API as somebody asks it who has none of this collection: urllib and Basic authentication."""

from __future__ import annotations

import base64
import json
import urllib.request

from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["fetch_token", "read_as_a_user"]


def read_as_a_user(tenant: LocalTenant, path: str) -> bytes:
    """The body of a GET; ``path`` is relative to ``/api/v1/``."""
    user = base64.b64encode(f"{tenant.basic_user}:{tenant.basic_password}".encode()).decode()
    request = urllib.request.Request(f"{tenant.url}/api/v1/{path}", headers={"Authorization": f"Basic {user}"})
    with urllib.request.urlopen(request, context=tenant.client_context(), timeout=20) as answer:
        return bytes(answer.read())


def fetch_token(tenant: LocalTenant) -> str:
    """A bearer token for the tenant's service key."""
    oauth = tenant.service_key["oauth"]
    user = base64.b64encode(f"{oauth['clientid']}:{oauth['clientsecret']}".encode()).decode()
    request = urllib.request.Request(
        oauth["tokenurl"], data=b"grant_type=client_credentials", headers={"Authorization": f"Basic {user}"}
    )
    with urllib.request.urlopen(request, context=tenant.client_context(), timeout=20) as answer:
        return str(json.load(answer)["access_token"])
