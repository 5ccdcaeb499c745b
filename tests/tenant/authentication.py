# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who may talk to the tenant: service keys, identity users, bearer tokens and sessions.

A role that is taken from a client is missing only in tokens issued afterwards (SAP Help: "Tasks and Permissions
for Cloud Integration").
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

__all__ = ["ALL_ROLES", "ApiClient", "Credentials", "Principal"]

ALL_ROLES = (
    "MonitoringDataRead",
    "SecurityMaterialEdit",
    "SecurityMaterialDownload",
    "WorkspacePackagesRead",
    "WorkspacePackagesConfigure",
    "WorkspacePackagesEdit",
    "WorkspaceArtifactsDeploy",
    "MonitoringArtifactsDeploy",
    "AccessAllAccessPoliciesArtifacts",
    "WorkspaceArtifactLocksRead",
    "WorkspaceArtifactLocksDelete",
)


@dataclass
class ApiClient:
    """One service key: by secret or by the SHA-256 of its client certificate."""

    client_id: str
    roles: tuple[str, ...]
    secret: str | None = None
    certificate_sha256: str | None = None

    def __repr__(self) -> str:
        return f"ApiClient({self.client_id!r}, roles={self.roles!r})"


@dataclass(frozen=True)
class Principal:
    """Who a request comes from; ``session`` is true for Basic, where writes need a CSRF token."""

    name: str
    roles: frozenset[str]
    session: bool = False


class Credentials:
    """Issues and checks what clients show. Tokens are signed, so they outlive a restart of the tenant."""

    def __init__(self, *, token_seconds: int = 43200) -> None:
        self.token_seconds = token_seconds  # 43200 is the default of plan "api" (documented by SAP)
        self._clients: dict[str, ApiClient] = {}
        self._users: dict[str, tuple[str, tuple[str, ...]]] = {}
        self._signing_key = secrets.token_hex(32)
        self._generation = 0
        self._sessions: dict[str, tuple[str, str]] = {}
        self._lock = threading.Lock()

    def add_client(self, client: ApiClient) -> None:
        with self._lock:
            self._clients[client.client_id] = client

    def clients(self) -> list[ApiClient]:
        with self._lock:
            return list(self._clients.values())

    def client(self, client_id: str) -> ApiClient | None:
        with self._lock:
            return self._clients.get(client_id)

    def add_user(self, name: str, password: str, roles: tuple[str, ...] = ALL_ROLES) -> None:
        with self._lock:
            self._users[name] = (password, roles)

    def client_by_secret(self, client_id: str, secret: str) -> ApiClient | None:
        found = self.client(client_id)
        return (
            found
            if found is not None
            and found.secret is not None
            and hmac.compare_digest(found.secret.encode(), secret.encode())
            else None
        )

    def client_by_certificate(self, der: bytes | None, client_id: str | None = None) -> ApiClient | None:
        if der is None:
            return None
        digest = hashlib.sha256(der).hexdigest()
        return next(
            (c for c in self.clients() if c.certificate_sha256 == digest and client_id in (None, c.client_id)), None
        )

    def issue_token(self, client: ApiClient, now: datetime) -> dict[str, Any]:
        """The answer of the token endpoint (the usual shape of XSUAA)."""
        claims = {
            "jti": secrets.token_hex(16),
            "client_id": client.client_id,
            "roles": client.roles,
            "exp": now.timestamp() + self.token_seconds,
            "generation": self._generation,
        }
        signed = f"{_b64(json.dumps({'alg': 'HS256', 'typ': 'JWT'}).encode())}.{_b64(json.dumps(claims).encode())}"
        scope = " ".join(f"it!b1.{role}" for role in client.roles)
        return {
            "access_token": f"{signed}.{self._signature(signed)}",
            "token_type": "bearer",
            "expires_in": self.token_seconds - 1,
            "scope": scope,
            "jti": claims["jti"],
        }

    def invalidate_tokens(self) -> None:
        """From now on every token issued so far gives 401, as a tenant may do before they expire (observed on a
        tenant).
        """
        self._generation += 1

    def by_token(self, token: str, now: datetime) -> Principal | None:
        signed, _unused, signature = token.rpartition(".")
        if not hmac.compare_digest(self._signature(signed).encode(), signature.encode()):
            return None
        claims = json.loads(base64.urlsafe_b64decode(signed.split(".")[1] + "=="))
        if claims["exp"] <= now.timestamp() or claims["generation"] != self._generation:
            return None
        return Principal(claims["client_id"], frozenset(claims["roles"]))

    def by_password(self, name: str, password: str) -> Principal | None:
        """Identity users alone: id and secret of a service key are no Basic credentials of the API (SAP Help, SAP
        Community).
        """
        known = self._users.get(name)
        if known is None or not hmac.compare_digest(known[0].encode(), password.encode()):
            return None
        return Principal(name, frozenset(known[1]), session=True)

    def open_session(self, user: str) -> tuple[str, str]:
        """A session id for the cookie and its CSRF token."""
        session, token = secrets.token_hex(16).upper(), secrets.token_hex(16).upper()
        with self._lock:
            self._sessions[session] = (user, token)
        return session, token

    def session_token(self, session: str | None, user: str) -> str | None:
        """The CSRF token of a user's session."""
        with self._lock:
            known = self._sessions.get(session or "")
        return known[1] if known is not None and known[0] == user else None

    def close_sessions(self) -> None:
        with self._lock:
            self._sessions.clear()

    def _signature(self, signed: str) -> str:
        return _b64(hmac.new(self._signing_key.encode(), signed.encode(), hashlib.sha256).digest())

    def snapshot(self) -> dict[str, Any]:
        with self._lock:
            return {
                "signing_key": self._signing_key,
                "generation": self._generation,
                "clients": [asdict(client) for client in self._clients.values()],
                "users": {name: [password, list(roles)] for name, (password, roles) in self._users.items()},
            }

    def restore(self, saved: dict[str, Any]) -> None:
        with self._lock:
            self._signing_key = saved["signing_key"]
            self._generation = saved["generation"]
            self._clients = {
                item["client_id"]: ApiClient(**{**item, "roles": tuple(item["roles"])}) for item in saved["clients"]
            }
            self._users = {name: (password, tuple(roles)) for name, (password, roles) in saved["users"].items()}


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
