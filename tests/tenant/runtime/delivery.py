# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One message over one channel: a new connection, a real handshake, a real answer."""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache

from cryptography import x509

from .channel import Channel
from .java_errors import delivery_error, expired_text, not_yet_valid_text
from .trust import TrustStore

__all__ = ["DeliveryFailed", "deliver"]

_CONNECT = 5.0
_READ = 30.0
# _ssl.ENCODING_DER.
_ENCODING_DER = 2


class DeliveryFailed(Exception):
    """The text is what the message processing log shows; ``step`` the model step that failed."""

    def __init__(self, text: str, step: str) -> None:
        super().__init__(text)
        self.text = text
        self.step = step


def deliver(
    channel: Channel,
    trust: TrustStore,
    addresses: Sequence[str],
    *,
    now: datetime,
    opened: Callable[[socket.socket], None],
) -> str:
    """Send, and return the address it went to.

    :param addresses: behind the channel's host, the one to use first; the next is tried when a connection is refused.
    :param now: the tenant's time, by which the validity of the server's certificate is judged too.
    :param opened: told of the connection, so that it can be cut from another thread.
    :raises DeliveryFailed: with the text of the Java stack.
    """
    try:
        context = trust.context(channel.key_alias)
    except KeyError as error:
        text = f"java.security.KeyStoreException: No key pair with alias '{channel.key_alias}' in the keystore"
        raise DeliveryFailed(text, channel.step) from error
    try:
        plain, address = _connect(channel, addresses)
    except OSError as error:
        raise DeliveryFailed(delivery_error(error, channel.host), channel.step) from error
    opened(plain)
    with contextlib.ExitStack() as open_now:
        open_now.callback(plain.close)
        try:
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.settimeout(_READ)
            connection = context.wrap_socket(plain, server_hostname=channel.host, do_handshake_on_connect=False)
            open_now.callback(connection.close)
            opened(connection)
            connection.do_handshake()
            _check_validity(connection, now, channel)
            status = _exchange(connection, channel)
        except OSError as error:
            raise DeliveryFailed(delivery_error(error, channel.host), channel.step) from error
    if status >= 400:
        text = (
            "org.apache.camel.http.common.HttpOperationFailedException: HTTP operation failed invoking "
            f"https://{channel.host}:{channel.port}{channel.path} with statusCode: {status}"
        )
        raise DeliveryFailed(text, channel.step)
    return address


def _connect(channel: Channel, addresses: Sequence[str]) -> tuple[socket.socket, str]:
    if not addresses:
        raise socket.gaierror(socket.EAI_NONAME, "unknown host")
    refused: OSError | None = None
    for address in addresses:
        if not ipaddress.ip_address(address).is_loopback:
            # A rehearsal never leaves the machine, whatever the bundles say.
            raise socket.gaierror(socket.EAI_NONAME, "not a loopback address")
        try:
            return socket.create_connection((address, channel.port), timeout=_CONNECT), address
        except ConnectionRefusedError as error:
            refused = error
    raise refused or ConnectionRefusedError()


def _check_validity(connection: ssl.SSLSocket, now: datetime, channel: Channel) -> None:
    """Every certificate of the path, by the tenant's clock; the anchor is no part of it (RFC 5280 section 6)."""
    for der in _verified_chain(connection)[:-1]:
        before, after = _validity(der)
        if now > after:
            raise DeliveryFailed(expired_text(after), channel.step)
        if now < before:
            raise DeliveryFailed(not_yet_valid_text(before), channel.step)


def _verified_chain(connection: ssl.SSLSocket) -> list[bytes]:
    """The path that OpenSSL found, leaf first, anchor last; a public method from Python 3.13 on."""
    if hasattr(connection, "get_verified_chain"):
        return list(connection.get_verified_chain())
    found = connection._sslobj.get_verified_chain()  # type: ignore[attr-defined]  # private before Python 3.13
    return [certificate.public_bytes(_ENCODING_DER) for certificate in found]


@lru_cache(maxsize=256)
def _validity(der: bytes) -> tuple[datetime, datetime]:
    certificate = x509.load_der_x509_certificate(der)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _exchange(connection: ssl.SSLSocket, channel: Channel) -> int:
    body = b"<message/>"
    head = (
        f"POST {channel.path} HTTP/1.1\r\nHost: {channel.host}:{channel.port}\r\nContent-Type: application/xml\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    connection.sendall(head.encode("latin-1", "replace") + body)
    answer = b""
    while b"\r\n" not in answer:
        piece = connection.recv(4096)
        if not piece:
            raise ConnectionResetError("the receiver closed before it answered")
        answer += piece
    words = answer.split(b" ", 2)
    if len(words) < 2 or not words[1][:3].isdigit():
        raise OSError(0, "the receiver does not speak HTTP")
    return int(words[1][:3])
