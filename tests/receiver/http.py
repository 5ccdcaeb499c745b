# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smallest HTTP/1.1 server side that keeps connections alive: any request is answered with 200."""

from __future__ import annotations

import socket
from dataclasses import dataclass

__all__ = ["BadRequest", "RequestHead", "answer", "read_request"]

_LIMIT = 65536


class BadRequest(Exception):
    """Not HTTP, or more than the receiver takes."""


@dataclass(frozen=True)
class RequestHead:
    method: str
    target: str
    keep_alive: bool


def read_request(connection: socket.socket, buffer: bytearray) -> RequestHead | None:
    """The next request with its body read and dropped; ``None`` when the client has gone.

    :param buffer: what was read beyond the last request on this connection; changed in place.
    """
    while b"\r\n\r\n" not in buffer:
        if len(buffer) > _LIMIT:
            raise BadRequest("the head of the request is too long")
        if not _more(connection, buffer):
            return None
    head, _unused, rest = bytes(buffer).partition(b"\r\n\r\n")
    buffer[:] = rest
    lines = head.decode("latin-1").split("\r\n")
    words = lines[0].split(" ")
    if len(words) != 3 or not words[2].startswith("HTTP/1."):
        raise BadRequest("the first line is not an HTTP/1 request")
    headers = {
        name.strip().lower(): value.strip() for name, _unused, value in (line.partition(":") for line in lines[1:])
    }
    if headers.get("expect", "").lower() == "100-continue":
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    if "chunked" in headers.get("transfer-encoding", "").lower():
        _drop_chunks(connection, buffer)
    else:
        length = headers.get("content-length", "0")
        if not length.isdigit():
            raise BadRequest("Content-Length is no number")
        _drop(connection, buffer, int(length))
    wish = headers.get("connection", "").lower()
    keep_alive = wish != "close" if words[2] == "HTTP/1.1" else wish == "keep-alive"
    return RequestHead(words[0], words[1], keep_alive)


def answer(
    status: str, body: bytes, *, content_type: str = "text/plain", keep_alive: bool, head_only: bool = False
) -> bytes:
    """The whole answer as one piece, so that it leaves in one segment."""
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n"
        f"Connection: {'keep-alive' if keep_alive else 'close'}\r\n\r\n"
    )
    return head.encode("latin-1") + (b"" if head_only else body)


def _more(connection: socket.socket, buffer: bytearray) -> bool:
    data = connection.recv(16384)
    buffer += data
    return bool(data)


def _drop(connection: socket.socket, buffer: bytearray, length: int) -> None:
    while length > len(buffer):
        length -= len(buffer)
        buffer.clear()
        if not _more(connection, buffer):
            raise BadRequest("the body ended early")
    del buffer[:length]


def _drop_chunks(connection: socket.socket, buffer: bytearray) -> None:
    while True:
        while b"\r\n" not in buffer:
            if len(buffer) > _LIMIT or not _more(connection, buffer):
                raise BadRequest("a chunk without its length")
        line, _unused, rest = bytes(buffer).partition(b"\r\n")
        buffer[:] = rest
        try:
            size = int(line.split(b";")[0], 16)
        except ValueError as error:
            raise BadRequest("a chunk without its length") from error
        _drop(connection, buffer, size + 2)
        if size == 0:
            return
