# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver as a whole: one port on several loopback addresses, as a load balancer's nodes behind one name."""

from __future__ import annotations

import errno
import ipaddress
from collections.abc import Sequence
from dataclasses import replace
from types import TracebackType
from typing import Any, final

from .credential import BadConfiguration, ServedCredential, TlsSettings, server_context
from .listener import Listener

__all__ = ["LocalReceiver"]


@final
class LocalReceiver:
    """A TLS server that answers 200 to every request.

    :param addresses: loopback addresses (127.0.0.0/8); all listen on the same port.
    :param port: 0 takes a free one.
    """

    def __init__(
        self,
        addresses: Sequence[str] = ("127.0.0.2",),
        *,
        credential: ServedCredential,
        port: int = 0,
        settings: TlsSettings | None = None,
    ) -> None:
        for address in addresses:
            if not ipaddress.ip_address(address).is_loopback:
                raise BadConfiguration(f"The receiver listens on loopback addresses alone, not on {address}.")
        if not addresses:
            raise BadConfiguration("The receiver needs an address to listen on.")
        self._addresses = tuple(addresses)
        self._wanted_port = port
        self._settings = settings or TlsSettings()
        self._first = server_context(credential, self._settings)
        self._listeners: dict[str, Listener] = {}

    def start(self) -> LocalReceiver:
        for attempt in range(20):
            try:
                self._listen()
                return self
            except OSError as error:
                self.stop()
                # Port 0: the number that was free on the first address may be taken on another one.
                if self._wanted_port or error.errno != errno.EADDRINUSE or attempt == 19:
                    raise
        raise AssertionError("unreachable")

    def _listen(self) -> None:
        port = self._wanted_port
        for address in self._addresses:
            listener = Listener(address, port, self._first, self._report)
            self._listeners[address] = listener
            port = listener.port

    def stop(self, patience: float = 2.0) -> None:
        """Requests under way are answered; ``patience`` in seconds for each connection."""
        for listener in self._listeners.values():
            listener.refuse()
        for listener in self._listeners.values():
            listener.stop(patience)
        self._listeners.clear()

    def __enter__(self) -> LocalReceiver:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def port(self) -> int:
        return next(iter(self._listeners.values())).port

    @property
    def addresses(self) -> tuple[str, ...]:
        return self._addresses

    @property
    def seen(self) -> dict[str, dict[str, Any]]:
        """Per address: connections, requests, open, client_certificates (fingerprint: count), handshake_failures."""
        return {address: listener.seen() for address, listener in self._listeners.items()}

    def exchange(
        self, credential: ServedCredential, address: str | None = None, *, send_intermediates: bool | None = None
    ) -> None:
        """Serve another certificate on new connections; open ones go on undisturbed.

        :param address: one address alone, as when a load balancer's nodes change one by one; ``None`` for all.
        """
        settings = self._settings
        if send_intermediates is not None:
            settings = replace(settings, send_intermediates=send_intermediates)
        context = server_context(credential, settings)
        for listener in self._chosen(address):
            listener.context = context

    def refuse(self, address: str | None = None) -> None:
        """New connections are refused until ``listen``."""
        for listener in self._chosen(address):
            listener.refuse()

    def listen(self, address: str | None = None) -> None:
        for listener in self._chosen(address):
            listener.listen()

    def _chosen(self, address: str | None) -> list[Listener]:
        return list(self._listeners.values()) if address is None else [self._listeners[address]]

    def _report(self) -> dict[str, object]:
        return dict(self.seen)
