# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of the local tenant with no code of the collection: ``http.client`` and ``ssl`` alone."""

from __future__ import annotations

import base64
import http.client
import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["Reply", "Wire", "basic", "entry_path", "hex_of"]


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def hex_of(alias: str) -> str:
    return alias.encode().hex().upper()


def entry_path(alias: str, below: str = "", entity_set: str = "KeystoreEntries") -> str:
    return f"/{entity_set}('{hex_of(alias)}'){below}"


@dataclass
class Reply:
    """What came back."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()

    @property
    def data(self) -> Any:
        return json.loads(self.body)["d"]

    @property
    def results(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.data["results"]
        return found

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"]["message"]["value"])


class Wire:
    """One connection to the API with a bearer token."""

    def __init__(
        self, tenant: LocalTenant, key: dict[str, Any] | None = None, *, authorization: str | None = None
    ) -> None:
        self.tenant = tenant
        self.key = (key or tenant.service_key)["oauth"]
        self.connection = http.client.HTTPSConnection(
            urlsplit(tenant.url).netloc, context=tenant.client_context(), timeout=30
        )
        self.authorization = authorization or f"Bearer {self.token()}"

    @property
    def port(self) -> int:
        return urlsplit(self.tenant.url).port or 0

    def token(self) -> str:
        headers = {"Authorization": basic(self.key["clientid"], self.key["clientsecret"])}
        reply = self.token_request("POST", "/oauth/token?grant_type=client_credentials", headers=headers)
        return str(json.loads(reply.body)["access_token"])

    def token_request(
        self, method: str, target: str, body: str | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        connection = http.client.HTTPSConnection(
            urlsplit(self.tenant.token_url).netloc, context=self.tenant.client_context(), timeout=30
        )
        try:
            connection.request(method, target, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, answer.headers, answer.read())
        finally:
            connection.close()

    def raw(
        self, method: str, target: str, body: bytes | str | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        """As it stands, with the login alone."""
        self.connection.request(method, target, body, {"Authorization": self.authorization, **(headers or {})})
        answer = self.connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())

    def get(self, path: str, **headers: str) -> Reply:
        return self.raw("GET", f"/api/v1{path}", headers={"Accept": "application/json", **headers})

    def send(
        self, method: str, path: str, body: object = None, content_type: str | None = "application/json", **headers: str
    ) -> Reply:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        extra = {"Content-Type": content_type} if content_type is not None and data is not None else {}
        return self.raw(method, f"/api/v1{path}", data, {"Accept": "application/json", **extra, **headers})

    def import_certificate(
        self,
        alias: str,
        data: bytes,
        query: str = "?fingerprintVerified=true",
        content_type: str = "application/pkix-cert",
    ) -> Reply:
        return self.send("PUT", entry_path(alias, f"/$value{query}", "CertificateResources"), data, content_type)

    def import_chain(
        self,
        alias: str,
        data: bytes,
        query: str = "?fingerprintVerified=true",
        content_type: str | None = "application/pkix-cert",
    ) -> Reply:
        return self.send("PUT", entry_path(alias, f"/$value{query}", "CertificateChainResources"), data, content_type)

    def generate(self, alias: str, **fields: object) -> Reply:
        body = {
            "Hexalias": "00",
            "Alias": alias,
            "KeyType": "EC",
            "KeySize": 256,
            "SignatureAlgorithm": "SHA256/EC",
            "CommonName": alias,
            "Country": "DE",
        }
        return self.send("POST", "/KeyPairGenerationRequests", {**body, **fields})

    def entry(self, alias: str) -> dict[str, Any]:
        reply = self.get(entry_path(alias))
        assert reply.status == 200, reply.body
        found: dict[str, Any] = reply.data
        return found
