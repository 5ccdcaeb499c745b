# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The control listener: plain HTTP on 127.0.0.1 with a token of its own, for tests and demos in other processes.

Nothing a real tenant has. The file ``control.json`` in the state directory holds the address and the token.
"""

from __future__ import annotations

import base64
import hmac
import json
import secrets
import socketserver
import threading
from collections.abc import Callable
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from .entries import ADMINISTRATOR, Entry

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["Control"]


class Control(ThreadingHTTPServer):
    """``GET`` shows, ``POST`` with a JSON object changes; every answer is JSON."""

    daemon_threads = True

    def __init__(self, tenant: LocalTenant, port: int) -> None:
        self.token = secrets.token_urlsafe(32)
        self.reads, self.actions = _reads(tenant), _actions(tenant)
        super().__init__(("127.0.0.1", port), _ControlConnection)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name="tenant-control", daemon=True
        )

    def server_bind(self) -> None:
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", int(self.server_address[1])

    def address(self) -> dict[str, str]:
        return {"url": f"http://127.0.0.1:{self.server_port}", "token": self.token}

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


def _reads(tenant: LocalTenant) -> dict[str, Callable[[], Any]]:
    return {
        "/journal": lambda: tenant.journal,
        "/writes": tenant.writes,
        "/counts": tenant.journal_book.counts,
        "/messages": tenant.messages,
        "/flows": tenant.runtime.flows,
        "/trust-history": lambda: list(tenant.runtime.trust_history),
        "/keystore": lambda: [_shown(entry) for entry in tenant.entries().values()],
        "/faults": lambda: [fault.to_dict() for fault in tenant.faults.all()],
        "/violations": lambda: list(tenant.violations),
        "/errors": lambda: list(tenant.errors),
        "/clock": lambda: {"now": tenant.clock.now().isoformat(), "speed": tenant.clock.speed},
    }


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "alias": entry.alias,
        "owner": entry.owner,
        "key_pair": entry.is_key_pair,
        "modified": entry.modified.isoformat(),
        "modified_by": entry.modified_by,
        "chain_sha256": [sha256(der).hexdigest() for der in entry.chain],
    }


def _actions(tenant: LocalTenant) -> dict[str, Callable[..., Any]]:
    """Each takes the keys of the JSON object by name, and no others."""

    def add_fault(*, kind: str, **options: Any) -> dict[str, Any]:
        return tenant.faults.add(kind, **options).to_dict()

    def release() -> None:
        for fault in tenant.faults.all():
            fault.release()

    def read_only(*, on: bool) -> None:
        if not isinstance(on, bool):
            raise TypeError(f"on is true or false, not {on!r}")
        tenant.read_only = on

    def latency(*, seconds: float) -> None:
        tenant.latency = float(seconds)

    def advance(*, seconds: float) -> None:
        tenant.clock.advance(float(seconds))

    def seed(*, alias: str, pem: str | None = None, der: str | None = None, owner: str = ADMINISTRATOR) -> None:
        if (pem is None) is (der is None):
            raise ValueError("give the certificate as pem, or as der in base64")
        certificate = x509.load_pem_x509_certificate(pem.encode()) if pem is not None else None
        encoded = certificate.public_bytes(Encoding.DER) if certificate is not None else base64.b64decode(der or "")
        tenant.seed_certificate(alias, encoded, owner)

    def plan(*, flow: str, **settings: Any) -> None:
        tenant.runtime.plan_deployment(flow, **settings)

    def edit(*, flow: str, **changes: Any) -> None:
        tenant.runtime.edit(flow, **changes)

    return {
        "/faults": add_fault,
        "/faults/clear": tenant.faults.clear,
        "/faults/release": release,
        "/journal/clear": tenant.clear_journal,
        "/read-only": read_only,
        "/latency": latency,
        "/clock/advance": advance,
        "/keystore/certificates": seed,
        "/keystore/lock": tenant.lock_keystore,
        "/keystore/unlock": tenant.unlock_keystore,
        "/keystore/sap-keys": tenant.offer_sap_key,
        "/service-keys": tenant.create_service_key,
        "/tokens/invalidate": tenant.credentials.invalidate_tokens,
        "/sessions/close": tenant.credentials.close_sessions,
        "/flows/plan": plan,
        "/flows/edit": edit,
        "/flows/forget-trust": tenant.runtime.forget_trust,
    }


class _ControlConnection(BaseHTTPRequestHandler):
    server: Control
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        self._answer(self.server.reads.get(self.path))

    def do_POST(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        action = self.server.actions.get(self.path)
        self._answer(None if action is None else lambda: action(**json.loads(data or b"{}")))

    def _answer(self, action: Callable[[], Any] | None) -> None:
        if not hmac.compare_digest(self.headers.get("Authorization", ""), f"Bearer {self.server.token}"):
            self._send(401, {"error": "the token of control.json is needed"})
        elif action is None:
            self._send(
                404, {"error": "no such thing", "get": sorted(self.server.reads), "post": sorted(self.server.actions)}
            )
        else:
            try:
                self._send(200, action())
            except (ValueError, TypeError, KeyError, LookupError, AttributeError) as error:
                self._send(400, {"error": f"{type(error).__name__}: {error}"})

    def _send(self, status: int, value: Any) -> None:
        body = json.dumps(value, default=str).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        pass
