# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sockets, TLS and HTTP/1.1 of the tenant: one listener for the API, one for the token endpoint, both on 127.0.0.1."""

from __future__ import annotations

import contextlib
import itertools
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable
from email.utils import format_datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from .api import Call
from .faults import Fault, fault_body
from .http import Answer, Query
from .journal import JournalEntry

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["Listener"]

_LARGEST_BODY = 16 * 1024 * 1024
_connection_numbers = itertools.count(1)


class Listener(ThreadingHTTPServer):
    """One listening socket; each connection has its own thread, and its handshake happens there."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(
        self,
        tenant: LocalTenant,
        name: str,
        port: int,
        context: ssl.SSLContext,
        answer: Callable[[Call], tuple[Answer, str | None]],
    ) -> None:
        self.tenant = tenant
        self.name = name
        self.context = context
        self.answer = answer
        self.stopping = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), _Connection)
        self._thread = threading.Thread(
            target=self.serve_forever, kwargs={"poll_interval": 0.05}, name=f"tenant-{name}", daemon=True
        )

    def server_bind(self) -> None:
        """Without the look-up of the machine's own name, which may take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.port

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Close the listening socket and every connection."""
        self.stopping.set()
        self.shutdown()
        self._thread.join()
        self.server_close()
        with self._open_lock:
            connections = list(self._open)
        for connection in connections:
            with contextlib.suppress(OSError, ValueError):
                connection.shutdown(socket.SHUT_RDWR)

    def simulate(self, seconds: float) -> None:
        """Let network time go by: real seconds, cut short when the tenant stops."""
        if seconds > 0:
            self.stopping.wait(seconds)

    def get_request(self) -> tuple[socket.socket, Any]:
        connection, address = super().get_request()
        self.tenant.journal_book.connected(self.name)
        return connection, address

    def opened(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def closed(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that breaks off is no event worth a traceback."""


class _Connection(BaseHTTPRequestHandler):
    server: Listener
    protocol_version = "HTTP/1.1"
    timeout = 120
    disable_nagle_algorithm = True

    def setup(self) -> None:
        server = self.server
        self.number = next(_connection_numbers)
        server.simulate(server.tenant.latency)  # the TCP connection
        raw = self.request
        raw.settimeout(30)
        self.request = server.context.wrap_socket(raw, server_side=True)
        server.opened(self.request)
        server.tenant.journal_book.shook_hands(server.name)
        server.simulate(server.tenant.latency)  # the TLS handshake
        self.certificate = self.request.getpeercert(binary_form=True)
        super().setup()

    def finish(self) -> None:
        super().finish()
        with contextlib.suppress(OSError, ValueError):
            self.connection.settimeout(1)
            self.connection.unwrap()
        self.server.closed(self.connection)
        self.connection.close()

    def parse_request(self) -> bool:
        parsed = super().parse_request()
        if parsed:
            self._serve()
        return False  # answered; handle_one_request has nothing left to dispatch

    def _serve(self) -> None:
        body = self._read_body()
        if body is None:
            self.close_connection = True
            return
        tenant, call = self.server.tenant, self._call(body)
        now = tenant.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        entry = tenant.journal_book.begin(
            time=now, listener=self.server.name, method=call.method, path=call.path, query=call.query,
            connection=self.number, size=len(body),
        )  # fmt: skip
        fault = tenant.faults.strike(entry["number"], call.method, call.path)
        entry["fault"] = fault.kind if fault else None
        answer = self._answer(call, entry, fault)
        if answer is not None:
            self.server.simulate(tenant.latency)
        tenant.journal_book.end(entry, None if answer is None else answer.status)
        if answer is None:
            self._hang_up()
        else:
            self._send(answer, fault)

    def _call(self, body: bytes) -> Call:
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = Query(parse_qsl(parts.query, keep_blank_values=True))
        host = headers.get("host", f"127.0.0.1:{self.server.port}")
        return Call(self.command, unquote(parts.path) or "/", query, headers, body, host, self.certificate)

    def _answer(self, call: Call, entry: JournalEntry, fault: Fault | None) -> Answer | None:
        """What the client gets, with the fault that befalls it; None for a connection that breaks."""
        kind = fault.kind if fault is not None else ""
        if fault is not None:
            if kind in ("status", "redirect"):
                return self._faulty(fault)
            if kind == "drop_before" or (kind == "hold_before" and not self._held(fault)):
                return None
            if kind == "latency":
                self.server.simulate(fault.seconds)
        answer, entry["user"] = self.server.answer(call)
        if fault is not None:
            if kind == "drop_after" or (kind == "hold_after" and not self._held(fault)):
                return None
            if kind == "status_after":
                return self._faulty(fault)
        return answer

    def _faulty(self, fault: Fault) -> Answer:
        if fault.kind == "redirect":
            return Answer(302, b"", {"Location": fault.location})
        body, content_type = fault_body(fault)
        headers = {"Content-Type": content_type}
        if fault.retry_after is not None:
            headers["Retry-After"] = fault.retry_after
        return Answer(fault.status, body, headers)

    def _held(self, fault: Fault) -> bool:
        """Wait for the fault's release; False when the tenant stops first: then the request never happened."""
        while not fault.released.wait(0.05):
            if self.server.stopping.is_set():
                return False
        return True

    def _hang_up(self) -> None:
        self.close_connection = True
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def _read_body(self) -> bytes | None:
        """By length or in chunks (RFC 9112). None when the client broke off, or after the request was refused."""
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return self._read_chunks()
        length = self.headers.get("Content-Length") or "0"
        if not length.isdecimal() or int(length) > _LARGEST_BODY:
            self.close_connection = True
            self._send(Answer(413 if length.isdecimal() else 400), None)
            return None
        body = self.rfile.read(int(length))
        return body if len(body) == int(length) else None

    def _read_chunks(self) -> bytes | None:
        chunks = bytearray()
        while len(chunks) <= _LARGEST_BODY:
            head = self.rfile.readline(64).split(b";")[0].strip()
            try:
                size = int(head, 16)
            except ValueError:
                return None
            chunk = self.rfile.read(size)
            if len(chunk) < size:
                return None
            if size == 0:
                while self.rfile.readline(4096).strip():
                    pass  # trailers
                return bytes(chunks)
            chunks += chunk
            self.rfile.readline(4)
        return None

    def _send(self, answer: Answer, fault: Fault | None) -> None:
        body = b"" if self.command == "HEAD" or answer.status in (204, 304) else answer.body
        phrase = HTTPStatus(answer.status).phrase if answer.status in HTTPStatus._value2member_map_ else ""
        lines = [
            f"HTTP/1.1 {answer.status} {phrase}",
            f"Date: {format_datetime(self.server.tenant.clock.now(), usegmt=True)}",
        ]
        lines += [f"{name}: {value}" for name, value in answer.headers.items()]
        lines += [f"Set-Cookie: {cookie}" for cookie in answer.cookies]
        if answer.status != 204:
            lines.append(f"Content-Length: {len(answer.body)}")
        if self.close_connection:
            lines.append("Connection: close")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1", "replace")
        if fault is not None and fault.kind == "truncate":
            self.wfile.write(head + body[: len(body) // 2])
            self._hang_up()
        elif fault is not None and fault.kind == "slow":
            self.wfile.write(head)
            for piece in range(0, len(body), max(1, len(body) // 10)):
                self.server.simulate(fault.seconds / 10)
                self.wfile.write(body[piece : piece + max(1, len(body) // 10)])
        else:
            self.wfile.write(head + body)

    def log_message(self, format: str, *args: Any) -> None:  # the journal is the log
        pass
