# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local tenant as one object: its parts put together, in a process or in a test."""

from __future__ import annotations

import contextlib
import json
import secrets
import ssl
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, final

from cryptography.hazmat.primitives.serialization import load_der_private_key

from . import content, keystore_reads, keystore_writes, message_logs
from .api import Api, Call
from .authentication import ALL_ROLES, ApiClient, Credentials
from .authority import Authority
from .clock import TenantClock
from .control import Control
from .entries import ADMINISTRATOR, SAP, Entry
from .faults import Faults
from .http import Answer, Route
from .journal import Journal, JournalEntry
from .keystore import SYSTEM, Keystore
from .rate_limits import RateLimits
from .runtime import Runtime
from .sap_keys import fresh_entries, offer_key
from .server import Listener
from .service_keys import certificate_key, new_client_id, secret_key
from .state import StateDirectory, write_file
from .token_endpoint import answer_token_request

__all__ = ["LocalTenant"]


@final
class LocalTenant:
    """A tenant on 127.0.0.1. Use it as a context manager, or call :meth:`start` and :meth:`close`.

    :param landscape: the flows at the start: a mapping, or a path (see :mod:`.runtime`).
    :param state_dir: where the state is kept over restarts; without it everything is forgotten at the end.
    :param latency: seconds of a simulated round trip: one for a connection, one for its handshake, one for each answer.
    :param clock_speed: how many seconds pass on the tenant in one real second.
    :param clock_offset: seconds that the tenant's clock is ahead of the machine's.
    :param port: of the API; 0 chooses a free one. With a state directory the ports of the first start are kept.
    :param token_port: of the token endpoint.
    :param control_port: of the control listener; None leaves it away.
    :param roles: of the service keys.
    :param token_seconds: how long a token is valid, on the tenant's clock.
    :param lock_seconds: how long a write keeps other users from writing, on the tenant's clock.
    :param rate_limits: whether more requests a second than SAP allows give 429.
    :param deploy_seconds: how long a deployment takes.
    :param resolve: addresses behind host names, for the flows.
    """

    def __init__(
        self,
        landscape: Mapping[str, Any] | str | Path | None = None,
        state_dir: str | Path | None = None,
        *,
        latency: float = 0.0,
        clock_speed: float = 1.0,
        clock_offset: float = 0.0,
        port: int = 0,
        token_port: int = 0,
        control_port: int | None = None,
        roles: Sequence[str] = ALL_ROLES,
        token_seconds: int = 43200,
        lock_seconds: float = 0.0,
        rate_limits: bool = False,
        read_only: bool = False,
        deploy_seconds: float = 0.3,
        resolve: Mapping[str, Sequence[str]] | None = None,
        basic_user: str = "admin@example.com",
        basic_password: str | None = None,
    ) -> None:
        self._temporary = tempfile.TemporaryDirectory(prefix="tenant-") if state_dir is None else None
        self.directory = Path(self._temporary.name if self._temporary is not None else state_dir or "")
        self._state = StateDirectory(self.directory)
        saved = self._state.load("state")
        self.latency = latency
        self.read_only = read_only
        self.violations: list[str] = []  # writes that came while it was read-only
        self.errors: list[str] = []  # tracebacks of the emulator itself
        self.clock = TenantClock(clock_speed, clock_offset)
        if saved:
            self.clock.restore(saved["clock"])
        self.faults = Faults()
        self.rate_limits = RateLimits() if rate_limits else None
        self.journal_book = Journal(self.directory / "journal.jsonl")
        self.authority = Authority(**saved.get("authority", {}))
        self.credentials = Credentials(token_seconds=token_seconds)
        self.keystore = Keystore(self.clock, lock_seconds=lock_seconds, changed=self.save)
        self._started = False
        self.runtime = Runtime(self, landscape, resolve=resolve, deploy_seconds=deploy_seconds)
        self._ports = saved.get("ports", {})
        self._context = self.authority.server_context(self.directory)
        routes: list[Route] = [
            *keystore_reads.routes(self),
            *keystore_writes.routes(self),
            *content.routes(self),
            *message_logs.routes(self),
        ]
        self._api = self._listener("api", port, Api(self, routes).answer)
        self._token = self._listener("token", token_port, self._answer_token)
        self._control = Control(self, control_port) if control_port is not None else None
        self.basic_user = basic_user
        self.basic_password = basic_password or saved.get("basic_password") or secrets.token_urlsafe(18)
        self.service_key: dict[str, Any] = {}
        self.service_key_x509: dict[str, Any] = {}
        self._set_up(saved, tuple(roles))

    # -- addresses and files -------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        """The host alone, as ``url`` of a service key; the API lies below ``/api/v1``."""
        return f"https://127.0.0.1:{self._api.port}"

    @property
    def token_url(self) -> str:
        return f"https://127.0.0.1:{self._token.port}/oauth/token"

    @property
    def service_key_path(self) -> Path:
        return self.directory / "service-key.json"

    @property
    def service_key_x509_path(self) -> Path:
        return self.directory / "service-key-x509.json"

    @property
    def ca_path(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def basic_password_path(self) -> Path:
        return self.directory / "basic-password"

    @property
    def control_path(self) -> Path:
        return self.directory / "control.json"

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> LocalTenant:
        if not self._started:
            self._started = True
            self._saver_stop = threading.Event()
            self._api.start()
            self._token.start()
            if self._control is not None:
                self._control.start()
            self.runtime.start()
            self.save()
            self._save_runtime()
            if self._temporary is None:
                threading.Thread(target=self._save_regularly, name="tenant-saver", daemon=True).start()
        return self

    def close(self) -> None:
        """Stop everything and save the state."""
        if self._started:
            self.save()
            self._started = False
            self._saver_stop.set()
            if self._control is not None:
                self._control.stop()
            self._api.stop()
            self._token.stop()
            self.faults.clear()
            self.runtime.stop()
            self._save_runtime()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> LocalTenant:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- what the runtime needs ----------------------------------------------------------------------------------------

    def trust_anchors(self) -> list[bytes]:
        """DER of every certificate of the keystore; a key pair gives its first one (as in Java's trust managers)."""
        return self.keystore.anchors()

    def key_pair(self, alias: str) -> tuple[Any, list[bytes]] | None:
        """The private key and its chain, leaf first, of a key pair."""
        entry = next((entry for entry in self.keystore.entries() if entry.alias == alias), None)
        return (
            None if entry is None or entry.key is None else (load_der_private_key(entry.key, None), list(entry.chain))
        )

    # -- what tests and the demo need ----------------------------------------------------------------------------------

    @property
    def journal(self) -> list[JournalEntry]:
        return self.journal_book.entries()

    def writes(self) -> list[JournalEntry]:
        """The requests to the API that were not reads."""
        return [
            entry for entry in self.journal if entry["listener"] == "api" and entry["method"] not in ("GET", "HEAD")
        ]

    def clear_journal(self) -> None:
        self.journal_book.clear()

    def messages(self) -> list[dict[str, Any]]:
        return self.runtime.messages()

    def seed_certificate(self, alias: str, der: bytes, owner: str = ADMINISTRATOR) -> None:
        """An entry that has long been there, and that the flows know: no request, no check, no lock."""
        self._seed(alias, (der,), None, owner)

    def seed_key_pair(self, alias: str, key_pkcs8: bytes, chain: Sequence[bytes], owner: str = ADMINISTRATOR) -> None:
        """``key_pkcs8`` and ``chain`` (leaf first) are DER."""
        self._seed(alias, tuple(chain), key_pkcs8, owner)

    def _seed(self, alias: str, chain: tuple[bytes, ...], key: bytes | None, owner: str) -> None:
        if owner not in (ADMINISTRATOR, SAP):
            raise ValueError(f"unknown owner {owner!r}; {ADMINISTRATOR} or {SAP}")
        user = SAP if owner == SAP else self.basic_user
        long_ago = self.clock.now() - timedelta(days=60)
        entry = self.keystore.new_entry(alias, chain, key, user, owner)
        self.keystore.seed([replace(entry, created=long_ago, modified=long_ago)])
        if self._started:
            self.runtime.forget_trust()

    def offer_sap_key(self, alias: str = "sap_cloudintegrationcertificate") -> None:
        """SAP puts a new key into the renewal keystore."""
        offer_key(self.keystore, alias)

    def lock_keystore(self, user: str = "colleague@example.com", seconds: float = 3600.0) -> None:
        """Somebody else is changing the keystore; seconds on the tenant's clock."""
        self.keystore.lock(user, seconds)

    def unlock_keystore(self) -> None:
        self.keystore.unlock()

    def create_service_key(self, *, roles: Sequence[str] = ALL_ROLES, kind: str = "secret") -> dict[str, Any]:
        """One more service key, with fewer roles perhaps; ``kind`` is secret or certificate."""
        if kind not in ("secret", "certificate"):
            raise ValueError(f"unknown kind of service key {kind!r}; secret or certificate")
        unknown = [role for role in roles if role not in ALL_ROLES]
        if unknown:
            raise ValueError(f"unknown roles: {', '.join(unknown)}; the roles are {', '.join(ALL_ROLES)}")
        if kind == "certificate":
            client, key = certificate_key(self.url, self.token_url, new_client_id(), tuple(roles), self.authority)
        else:
            client = ApiClient(new_client_id(), tuple(roles), secret=secrets.token_urlsafe(32))
            key = secret_key(self.url, self.token_url, client)
        self.credentials.add_client(client)
        self.save()
        return key

    # -- inside --------------------------------------------------------------------------------------------------------

    def _listener(self, name: str, port: int, answer: Any) -> Listener:
        wanted = port or int(self._ports.get(name, 0))
        try:
            return Listener(self, name, wanted, self._context, answer)
        except OSError:
            if port:
                raise
            return Listener(
                self, name, 0, self._context, answer
            )  # the port of the last run belongs to another program now

    def _answer_token(self, call: Call) -> tuple[Answer, str | None]:
        return answer_token_request(
            self.credentials,
            method=call.method,
            path=call.path,
            query=call.query,
            headers=call.headers,
            body=call.body,
            certificate=call.certificate,
            now=self.clock.now(),
        )

    def _set_up(self, saved: dict[str, Any], roles: tuple[str, ...]) -> None:
        if saved:
            self.credentials.restore(saved["credentials"])
            self.keystore.restore(saved["keystore"])
            self._restore_runtime()
            self.service_key, self.service_key_x509 = saved["service_keys"]
            for key in (self.service_key, self.service_key_x509):
                key["oauth"] |= {"url": self.url, "tokenurl": self.token_url}
        else:
            self.keystore.seed(fresh_entries(self.keystore.now()))
            self.service_key = self.create_service_key(roles=roles)
            self.service_key_x509 = self.create_service_key(roles=roles, kind="certificate")
        self.credentials.add_user(self.basic_user, self.basic_password)
        write_file(self.service_key_path, json.dumps(self.service_key, indent=1), secret=True)
        write_file(self.service_key_x509_path, json.dumps(self.service_key_x509, indent=1), secret=True)
        write_file(self.basic_password_path, self.basic_password, secret=True)
        write_file(self.ca_path, self.authority.pem, secret=False)
        if self._control is not None:
            write_file(self.control_path, json.dumps(self._control.address()), secret=True)

    def _restore_runtime(self) -> None:
        saved = self._state.load("runtime")
        if saved:  # a kill right after the first start leaves none
            self.runtime.restore(saved)

    def save(self) -> None:
        """Write all but the runtime's state down, when it is to survive; called at every change of the keystore."""
        if not self._started or self._temporary is not None:
            return
        self._state.save(
            "state",
            {
                "clock": self.clock.snapshot(),
                "ports": {"api": self._api.port, "token": self._token.port},
                "authority": {"certificate_pem": self.authority.pem, "key_pem": self.authority.key_pem},
                "credentials": self.credentials.snapshot(),
                "basic_password": self.basic_password,
                "service_keys": [self.service_key, self.service_key_x509],
                "keystore": self.keystore.snapshot(),
            },
        )

    def _save_runtime(self) -> None:
        if self._temporary is not None:
            return
        self._state.save("runtime", self.runtime.snapshot())

    def _save_regularly(self) -> None:
        """What the flows do is saved every other second; the keystore at every change."""
        while not self._saver_stop.wait(2.0):
            with contextlib.suppress(OSError):
                self._save_runtime()

    def client_context(self) -> ssl.SSLContext:
        """For a test's own connection to this tenant."""
        return ssl.create_default_context(cadata=self.authority.pem)

    def entries(self) -> dict[str, Entry]:
        """The present keystore by alias, seen without a request."""
        return {entry.alias: entry for entry in self.keystore.entries(SYSTEM)}
