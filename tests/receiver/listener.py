# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One listening address of the receiver: accepts, shakes hands, answers; each connection in its own thread."""

from __future__ import annotations

import contextlib
import json
import select
import socket
import ssl
import threading
from collections import Counter
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from . import http

__all__ = ["Listener"]

# A client that says nothing for so long (seconds) is gone.
_IDLE = 60.0
_HANDSHAKE = 10.0


class Listener:
    """Serves one address.

    :param report: gives what the whole receiver has seen; answered at ``GET /.receiver/seen``.
    """

    def __init__(
        self, address: str, port: int, context: ssl.SSLContext, report: Callable[[], dict[str, object]]
    ) -> None:
        self.address = address
        self.context = context
        self._report = report
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: set[threading.Thread] = set()
        self._wake, self._woken = socket.socketpair()
        self._connections = 0
        self._requests = 0
        self._clients: Counter[str] = Counter()
        self._failures: Counter[str] = Counter()
        self._socket: socket.socket | None = None
        self.port = port
        self.listen()

    def listen(self) -> None:
        """Open the address (again); :raises OSError: when the port is taken."""
        if self._socket is not None:
            return
        listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((self.address, self.port))
            listening.listen(512)
        except OSError:
            listening.close()
            raise
        self.port = listening.getsockname()[1]
        self._socket = listening
        threading.Thread(target=self._accept, args=(listening,), name=f"receiver {self.address}", daemon=True).start()

    def refuse(self) -> None:
        """New connections are refused; open ones go on."""
        listening, self._socket = self._socket, None
        if listening is not None:
            # close() alone would leave accept() waiting in its thread, and the port open with it.
            with contextlib.suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def stop(self, patience: float) -> None:
        """Let each connection finish the request it is in; ``patience`` in seconds."""
        self.refuse()
        self._wake.close()  # every connection that waits for its next request sees it
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            thread.join(patience)
        self._woken.close()

    def seen(self) -> dict[str, Any]:
        with self._lock:
            return {
                "connections": self._connections,
                "requests": self._requests,
                "client_certificates": dict(self._clients),
                "handshake_failures": dict(self._failures),
                "open": len(self._open),
            }

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _peer = listening.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            with self._lock:
                self._open.add(connection)
                self._threads.add(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_HANDSHAKE)
            connection = self.context.wrap_socket(plain, server_side=True, do_handshake_on_connect=False)
            with self._lock:
                self._open.discard(plain)
                self._open.add(connection)
            plain = connection
            if self._handshake(connection):
                connection.settimeout(_IDLE)
                self._converse(connection)
        except (OSError, http.BadRequest):
            pass  # the client went away or spoke no HTTP: its own affair
        finally:
            with self._lock:
                self._open.discard(plain)
                self._threads.discard(threading.current_thread())
            plain.close()

    def _handshake(self, connection: ssl.SSLSocket) -> bool:
        try:
            connection.do_handshake()
        except OSError as error:
            reason = getattr(error, "reason", None) or type(error).__name__
            with self._lock:
                self._failures[str(reason)] += 1
            _linger(connection)
            return False
        certificate = connection.getpeercert(binary_form=True)
        with self._lock:
            self._connections += 1
            if certificate:
                self._clients[sha256(certificate).digest().hex(":")] += 1
        return True

    def _converse(self, connection: ssl.SSLSocket) -> None:
        buffer = bytearray()
        while buffer or connection.pending() or self._request_comes(connection):
            request = http.read_request(connection, buffer)
            if request is None:
                return
            with self._lock:
                self._requests += 1
            body, content_type = b"received\n", "text/plain"
            if request.target == "/.receiver/seen":
                body, content_type = json.dumps(self._report()).encode(), "application/json"
            keep_alive = request.keep_alive
            connection.sendall(
                http.answer(
                    "200 OK", body, content_type=content_type, keep_alive=keep_alive, head_only=request.method == "HEAD"
                )
            )
            if not keep_alive:
                break
        # close_notify (RFC 8446 section 6.1) without waiting for the client's.
        connection.setblocking(False)
        with contextlib.suppress(OSError):
            connection.unwrap()

    def _request_comes(self, connection: ssl.SSLSocket) -> bool:
        """Wait between two requests; False when the receiver stops or the client is silent for too long."""
        waiting = select.poll()
        waiting.register(connection, select.POLLIN)
        waiting.register(self._woken, select.POLLIN)
        ready = [handle for handle, _event in waiting.poll(_IDLE * 1000)]
        return connection.fileno() in ready


def _linger(connection: socket.socket) -> None:
    """Read what the client still sends: closing over unread bytes resets the connection and the alert would be lost."""
    connection.settimeout(1.0)
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_WR)
        while socket.socket.recv(connection, 16384):
            pass
