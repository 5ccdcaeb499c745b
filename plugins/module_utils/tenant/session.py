# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant for the length of one call: everything of this layer behind one value."""

from __future__ import annotations

import os
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import TypeVar, final
from urllib.parse import urlsplit

from ..clock import Clock, SystemClock
from ..problem import Problem
from .auth import authenticator
from .client import Client
from .credentials import ClientCertificate, Credentials
from .integration_flows import IntegrationFlows
from .keystore import Keystore
from .message_logs import MessageLogs
from .side_by_side import run_side_by_side
from .tls import make_context
from .transport import HttpTransport

__all__ = ["Tenant", "open_tenant"]

T = TypeVar("T")
R = TypeVar("R")


@final
class Tenant:
    """A context manager; closing it closes its connections."""

    def __init__(
        self, client: Client, transport: HttpTransport, clock: Clock, new_transport: Callable[[], HttpTransport]
    ) -> None:
        self.keystore = Keystore(client)
        self.integration_flows = IntegrationFlows(client, clock)
        self.message_logs = MessageLogs(client)
        self._client = client
        self._transport = transport
        self._clock = clock
        self._new_transport = new_transport
        self._siblings: list[Tenant] = []

    @property
    def host(self) -> str:
        return self._client.host

    @property
    def requests(self) -> int:
        """Requests sent to the API so far, without those for a token."""
        return self._client.requests + sum(sibling.requests for sibling in self._siblings)

    @property
    def connections(self) -> int:
        """Connections opened so far, to all hosts."""
        return self._transport.connections + sum(sibling.connections for sibling in self._siblings)

    def now(self) -> datetime:
        """The tenant's time; see :meth:`.client.Client.now`."""
        return self._client.now()

    def side_by_side(
        self, items: Sequence[T], read: Callable[[Tenant, T], R], *, connections: int
    ) -> list[R | Problem]:
        """Read once for each item over a bounded number of connections, with one login and one throttle for all.

        :param read: must only read, and only through the tenant it is given. Called in threads.
        :param connections: at most so many at a time; kept for the next call.
        :return: for each item in order what was read, or the problem that it raised. A login that is refused ends it
            all, and is raised.
        """
        while 1 + len(self._siblings) < min(connections, len(items)):
            transport = self._new_transport()
            self._siblings.append(Tenant(self._client.sibling(transport), transport, self._clock, self._new_transport))
        # This tenant's own connection is open and idle meanwhile.
        return run_side_by_side([self, *self._siblings][:connections], items, read)

    def close(self) -> None:
        for sibling in self._siblings:
            sibling.close()
        self._transport.close()

    def __enter__(self) -> Tenant:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_tenant(
    credentials: Credentials,
    *,
    validate_certs: bool = True,
    ca_path: str | None = None,
    timeout: float = 60.0,
    lock_timeout: float = 300.0,
    clock: Clock | None = None,
) -> Tenant:
    """Prepare a call; nothing is sent before the first question. Raises :class:`.errors.BadConnectionOptions`.

    :param ca_path: a PEM file or a folder of them, instead of the system's store.
    :param timeout: seconds for a connection, and for each silence in an answer.
    :param lock_timeout: seconds to wait for a keystore that somebody else has locked.
    """
    clock = clock or SystemClock()
    contexts = _Contexts(credentials, validate_certs=validate_certs, ca_path=ca_path)

    def new_transport() -> HttpTransport:
        return HttpTransport(contexts.for_host, timeout=timeout, environment=os.environ)

    transport = new_transport()
    login = authenticator(credentials.login, transport, clock)
    client = Client(credentials.api_url, transport, login, clock, lock_timeout=lock_timeout)
    return Tenant(client, transport, clock, new_transport)


class _Contexts:
    """One TLS context for all hosts, and one more for the token service when a client certificate logs in there."""

    def __init__(self, credentials: Credentials, *, validate_certs: bool, ca_path: str | None) -> None:
        self._plain = make_context(validate_certs=validate_certs, ca_path=ca_path)
        self._token_host: str | None = None
        login = credentials.login
        if isinstance(login, ClientCertificate):
            self._token_host = urlsplit(login.token_url).hostname
            self._with_certificate = make_context(
                validate_certs=validate_certs,
                ca_path=ca_path,
                certificate=login.certificate,
                private_key=login.private_key,
            )

    def for_host(self, host: str) -> ssl.SSLContext:
        return self._with_certificate if host == self._token_host else self._plain
