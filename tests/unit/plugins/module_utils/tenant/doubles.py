# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Stand-ins for the network and for time: a scripted transport and TLS server, a tiny proxy, a movable clock."""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from http.client import HTTPMessage
from pathlib import Path
from typing import BinaryIO, final

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.transport import Answer
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root

__all__ = [
    "FakeClock",
    "Forwarder",
    "Reply",
    "ScriptedServer",
    "ScriptedTransport",
    "Seen",
    "answer",
    "hang_up",
    "json_answer",
    "raw",
]


class FakeClock:
    """Time passes only when somebody waits."""

    def __init__(self, now: datetime = datetime(2026, 11, 21, 12, 0, tzinfo=timezone.utc)) -> None:
        self._now = now
        self._monotonic = 1000.0
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._monotonic

    def pause(self, seconds: float) -> None:
        assert seconds >= 0
        self.pauses.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self._monotonic += seconds
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes
    connection: int
    client_subject: str | None = None

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers.items() if key.lower() == name.lower()), None)


def answer(status: int, body: bytes | str = b"", reason: str = "", **headers: str) -> Answer:
    """An answer; header names with underscores for dashes, several lines of one header parted by newlines."""
    message = HTTPMessage()
    for name, value in headers.items():
        for line in value.split("\n"):
            message[name.replace("_", "-")] = line
    return Answer(status, reason, message, body.encode() if isinstance(body, str) else body)


def json_answer(content: object, status: int = 200, **headers: str) -> Answer:
    return answer(status, json.dumps(content), **{"Content_Type": "application/json", **headers})


class ScriptedTransport:
    """Gives out answers (or raises problems) in order; anything beyond the script is a failure of the test."""

    def __init__(self, *script: Answer | Exception | Callable[[Seen], Answer]) -> None:
        self.script = deque(script)
        self.seen: list[Seen] = []
        self.repeatable: list[bool] = []

    def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, *, repeatable: bool
    ) -> Answer:
        seen = Seen(method, url, dict(headers), body or b"", 1)
        self.seen.append(seen)
        self.repeatable.append(repeatable)
        assert self.script, f"a request beyond the script: {method} {url}"
        step = self.script.popleft()
        if isinstance(step, Exception):
            raise step
        return step if isinstance(step, Answer) else step(seen)


@dataclass(frozen=True)
class Reply:
    """Bytes to send, and whether to close afterwards although nothing says so."""

    content: bytes
    close: bool = False


def raw(status: int, body: str = "", *headers: str, close: bool = False) -> Reply:
    lines = [f"HTTP/1.1 {status} Scripted", f"Content-Length: {len(body.encode())}", *headers]
    return Reply(("\r\n".join(lines) + "\r\n\r\n" + body).encode(), close)


def hang_up() -> Reply:
    return Reply(b"", close=True)


@final
@dataclass
class ScriptedServer:
    """A TLS server on 127.0.0.1 that answers from a script, whatever is asked."""

    script: list[Reply]
    folder: Path
    ask_for_client_certificate: Credential | None = None
    credential: Credential | None = None
    seen: list[Seen] = field(default_factory=list)

    def __enter__(self) -> ScriptedServer:
        self.root = make_root()
        credential = self.credential or issue(
            self.root, "127.0.0.1", hosts=["127.0.0.1", "localhost", "tenant.example"]
        )
        self.folder.mkdir(exist_ok=True)
        self.ca_path = self.folder / "ca.pem"
        self.ca_path.write_text(self.root.pem)
        chain = self.folder / "server.pem"
        chain.write_text(credential.key_pem + credential.chain_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        if self.ask_for_client_certificate:
            client_ca = self.folder / "client-ca.pem"
            client_ca.write_text(self.ask_for_client_certificate.pem)
            context.load_verify_locations(client_ca)
            context.verify_mode = ssl.CERT_OPTIONAL
        self._context = context
        self._left = deque(self.script)
        self._lock = threading.Lock()
        self._connections = 0
        self.closed = threading.Semaphore(0)
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        for thread in self._threads:
            thread.join(10)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def connections(self) -> int:
        return self._connections

    def _accept(self) -> None:
        while True:
            try:
                plain, _unused = self._listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=self._serve, args=(plain,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            connected = self._context.wrap_socket(plain, server_side=True)
        except (OSError, ssl.SSLError):
            plain.close()
            return
        self._sockets.append(connected)
        with self._lock:
            self._connections += 1
            number = self._connections
        peer = connected.getpeercert()
        subject = str(dict(part[0] for part in peer["subject"])["commonName"]) if peer else None
        with connected, connected.makefile("rb") as stream:
            try:
                while self._serve_one(connected, stream, number, subject):
                    pass
                # A server that gives up a connection says so in TLS too, and does not wait for an answer.
                connected.setblocking(False)
                connected.unwrap()
            except (OSError, ValueError):
                pass
        self.closed.release()

    def _serve_one(self, connected: ssl.SSLSocket, stream: BinaryIO, number: int, subject: str | None) -> bool:
        line = stream.readline()
        if not line:
            return False
        method, target, _unused = line.decode().split(" ", 2)
        headers = {}
        while header := stream.readline().decode().strip():
            name, _unused, value = header.partition(":")
            headers[name] = value.strip()
        length = int(next((value for name, value in headers.items() if name.lower() == "content-length"), "0"))
        body = stream.read(length)
        with self._lock:
            self.seen.append(Seen(method, target, headers, body, number, subject))
            reply = self._left.popleft() if self._left else raw(500, "beyond the script")
        if reply.content:
            connected.sendall(reply.content)
        return not reply.close


@final
class Forwarder:
    """A proxy that understands CONNECT, and takes every name to one address.

    :param refuse: the status line to answer with instead, such as ``407 Proxy Authentication Required``.
    """

    def __init__(self, target: tuple[str, int], *, refuse: str | None = None) -> None:
        self._target = target
        self._refuse = refuse
        self.heads: list[str] = []

    def __enter__(self) -> Forwarder:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(10)

    def _accept(self) -> None:
        while True:
            try:
                client, _unused = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head.decode())
            if self._refuse:
                client.sendall(f"HTTP/1.1 {self._refuse}\r\nContent-Length: 0\r\n\r\n".encode())
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._sockets.append(server)
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            for source, sink in ((client, server), (server, client)):
                thread = threading.Thread(target=_relay, args=(source, sink), daemon=True)
                self._threads.append(thread)
                thread.start()


def _relay(source: socket.socket, sink: socket.socket) -> None:
    try:
        while content := source.recv(65536):
            sink.sendall(content)
    except OSError:
        pass
    finally:
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
