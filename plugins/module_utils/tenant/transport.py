# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Requests over one kept-alive TLS connection per host.

Of the standard library's ``http.client``: no ``.netrc`` is read, no redirect is followed, no cookie is kept, and
nothing is retried but a request that a closed idle connection swallowed (RFC 9110 section 9.2.2, RFC 9112 9.3.1).
"""

from __future__ import annotations

import select
import socket
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.client import (
    HTTPConnection,
    HTTPException,
    HTTPMessage,
    HTTPResponse,
    HTTPSConnection,
    IncompleteRead,
    RemoteDisconnected,
)
from typing import Protocol
from urllib.parse import urlsplit

from .errors import Nonsense, OutcomeUnknown, Unreachable
from .proxy import Proxy, proxy_for

__all__ = ["Answer", "HttpTransport", "Transport"]

_LARGEST_ANSWER = 64 * 1024 * 1024
_HOST_UNKNOWN = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    reason: str
    headers: HTTPMessage
    body: bytes

    @property
    def content_type(self) -> str:
        return (self.headers.get("Content-Type") or "").split(";")[0].strip().lower()


class Transport(Protocol):
    """What the layers above need: one method, so that a test can stand in for the network."""

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, repeatable: bool
    ) -> Answer:
        """One request and its answer."""


class HttpTransport:
    """One connection per host and port, opened when it is first needed.

    :param context: the TLS settings for a host name; asked once per connection.
    :param timeout: seconds for the connection and for each silence in an answer.
    :param environment: where the proxy variables are looked up.
    """

    def __init__(
        self,
        context: Callable[[str], ssl.SSLContext],
        *,
        timeout: float,
        environment: Mapping[str, str],
        largest_answer: int = _LARGEST_ANSWER,
    ) -> None:
        self._context = context
        self._timeout = timeout
        self._environment = environment
        self._largest_answer = largest_answer
        self._open: dict[tuple[str, int], HTTPSConnection] = {}
        self.requests = 0
        self.connections = 0

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, repeatable: bool
    ) -> Answer:
        """Send one request and read its whole answer, whatever its status, but for a redirect.

        :param repeatable: whether the request may be sent again when it is not known whether it arrived.
        :raises Unreachable: nothing was processed, or the request was repeatable.
        :raises OutcomeUnknown: the request was sent, no answer came, and it must not be repeated.
        :raises Nonsense: a redirect, too large an answer, or something that is no HTTP.
        """
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 443
        request = _Request(method, parts.path + (f"?{parts.query}" if parts.query else ""), headers, body)
        where = host if port == 443 else f"{host}:{port}"
        while True:
            connection, reused = self._connection(host, port, where)
            try:
                return self._exchange(connection, request, where)
            except _Lost as lost:
                self._drop(host, port)
                # The second round has a new connection, so there is no third.
                if not (reused and lost.silent and (repeatable or not lost.complete)):
                    raise self._explain(lost, where, method, repeatable) from None
            except BaseException:
                self._drop(host, port)
                raise

    def close(self) -> None:
        for host, port in list(self._open):
            self._drop(host, port)

    def _connection(self, host: str, port: int, where: str) -> tuple[HTTPSConnection, bool]:
        """A connection, and whether it has been used before."""
        kept = self._open.get((host, port))
        if kept is not None and kept.sock is not None and not _closed_by_peer(kept.sock):
            return kept, True
        self._drop(host, port)
        return self._connect(host, port, where), False

    def _drop(self, host: str, port: int) -> None:
        connection = self._open.pop((host, port), None)
        if connection is not None:
            connection.close()

    def _connect(self, host: str, port: int, where: str) -> HTTPSConnection:
        proxy = proxy_for(host, port, self._environment)
        context = self._context(host)
        if proxy is None:
            connection = HTTPSConnection(host, port, timeout=self._timeout, context=context)
        else:
            connection = HTTPSConnection(proxy.host, proxy.port, timeout=self._timeout, context=context)
            connection.set_tunnel(
                host, port, {"Proxy-Authorization": proxy.authorization.reveal()} if proxy.authorization else None
            )
        self.connections += 1
        try:
            connection.connect()
        except (OSError, HTTPException, UnicodeError) as error:
            connection.close()
            raise _unreachable(error, where, proxy, self._timeout) from None
        self._open[host, port] = connection
        return connection

    def _exchange(self, connection: HTTPConnection, request: _Request, where: str) -> Answer:
        self.requests += 1
        response = _ask(connection, request, where)
        try:
            content = response.read(self._largest_answer + 1)
        except (IncompleteRead, OSError) as error:
            raise _Lost(error, complete=True, silent=False) from None
        except (HTTPException, ValueError):
            raise Nonsense("The answer is no valid HTTP", where=where) from None
        if len(content) > self._largest_answer:
            raise Nonsense(f"The answer has more than {self._largest_answer} bytes", where=where)
        if response.length:
            raise _Lost(IncompleteRead(b""), complete=True, silent=False)
        _refuse_redirect(response, where)
        return Answer(response.status, response.reason, response.headers, content)

    def _explain(self, lost: _Lost, where: str, method: str, repeatable: bool) -> Unreachable | OutcomeUnknown:
        slow = isinstance(lost.error, TimeoutError)
        what = (
            f"No answer within {self._timeout:g} seconds"
            if slow
            else "The connection was lost before the answer was complete"
        )
        if repeatable or not lost.complete:
            return Unreachable(what, where=where, remedy="Raise timeout" if slow else "Try again", temporary=not slow)
        return OutcomeUnknown(
            f"{what}; the request ({method}) may or may not have been carried out",
            where=where,
            remedy="Run again: it looks at the tenant first and only does what is missing",
        )


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes | None


class _Lost(Exception):
    """The connection broke: was the request complete by then, and had no byte of an answer come?"""

    def __init__(self, error: Exception, *, complete: bool, silent: bool) -> None:
        super().__init__()
        self.error = error
        self.complete = complete
        self.silent = silent


def _ask(connection: HTTPConnection, request: _Request, where: str) -> HTTPResponse:
    """Send a request and read the head of its answer; raises ``_Lost``."""
    unsent: OSError | None = None
    try:
        connection.request(request.method, request.target, request.body, dict(request.headers))
    except (BrokenPipeError, ConnectionResetError, ssl.SSLEOFError) as error:
        # The other side may have said why it stopped listening, such as 413, before it closed.
        unsent = error
    except OSError as error:
        raise _Lost(error, complete=False, silent=True) from None
    try:
        return connection.getresponse()
    except (RemoteDisconnected, OSError) as error:
        # What did not leave this machine as a whole cannot have been acted on.
        raise _Lost(unsent or error, complete=unsent is None, silent=not isinstance(error, TimeoutError)) from None
    except HTTPException as error:
        raise Nonsense(
            f"The answer is no HTTP ({type(error).__name__})",
            where=where,
            remedy="Check that the address is the one of the tenant's API",
        ) from None


def _closed_by_peer(connected: socket.socket) -> bool:
    """Whether an idle connection has something to read: with no question asked, that can only be its end."""
    poll = select.poll()
    poll.register(connected, select.POLLIN)
    return bool(poll.poll(0))


def _refuse_redirect(response: HTTPResponse, where: str) -> None:
    if not 300 <= response.status < 400:
        return
    target = urlsplit(response.getheader("Location") or "").hostname
    raise Nonsense(
        f"The answer is a redirect to {target or 'nowhere'} (HTTP {response.status}), which is not followed",
        where=where,
        remedy="Give the address of the tenant's API, the url of its service key",
    )


def _unreachable(error: Exception, where: str, proxy: Proxy | None, timeout: float) -> Unreachable:
    via = f" through the proxy {proxy.host}:{proxy.port}" if proxy else ""
    asked = f"proxy {proxy.host}" if proxy else "host"
    if isinstance(error, ssl.SSLCertVerificationError):
        return Unreachable(
            f"The TLS certificate of the host was not accepted{via}",
            where=where,
            said=error.verify_message,
            remedy="Set ca_path to a PEM file with the CA that issued it, if that CA is to be trusted",
        )
    if isinstance(error, ssl.SSLError):
        return Unreachable(
            f"The TLS handshake failed{via}",
            where=where,
            said=error.reason,
            remedy="Check that the address and port speak TLS",
        )
    if isinstance(error, TimeoutError):
        return Unreachable(
            f"No connection within {timeout:g} seconds{via}",
            where=where,
            remedy="Check address, firewall and proxy, or raise timeout",
        )
    if isinstance(error, (socket.gaierror, UnicodeError)):
        temporary = isinstance(error, socket.gaierror) and error.errno not in _HOST_UNKNOWN
        return Unreachable(
            f"The name of the {asked} cannot be resolved",
            where=where,
            remedy="Check the spelling of the address and the name service",
            temporary=temporary,
        )
    if isinstance(error, ConnectionRefusedError):
        return Unreachable(
            f"The {asked} refused the connection{via}",
            where=where,
            remedy="Check address, port and proxy",
            temporary=True,
        )
    if proxy and "Tunnel connection failed" in str(error):
        remedy = (
            "Put the user and password into HTTPS_PROXY"
            if " 407" in str(error)
            else "Ask the administrator of the proxy, or put the host into NO_PROXY"
        )
        return Unreachable(
            f"The proxy {proxy.host}:{proxy.port} did not open a way to the host",
            where=where,
            said=str(error),
            remedy=remedy,
        )
    said = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
    return Unreachable(
        f"The connection failed{via}", where=where, said=said, remedy="Check address, port and proxy", temporary=True
    )
