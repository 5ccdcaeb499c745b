# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A flow that runs: one thread that sends at the flow's own rate with the keystore it holds."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ..clock import TenantClock
from .channel import Channel
from .delivery import DeliveryFailed, deliver
from .messages import MessageLog, MessageLogs
from .trust import TrustStore

__all__ = ["FlowInstance", "FlowSettings"]


@dataclass(frozen=True)
class FlowSettings:
    """What an instance needs to know of its flow."""

    id: str
    name: str
    package: str
    channels: tuple[Channel, ...]
    messages_per_second: float
    message_seconds: float
    failure_status: str
    log_level: str

    @property
    def aliases(self) -> tuple[str, ...]:
        """The key pairs that the channels name."""
        return tuple(dict.fromkeys(channel.key_alias for channel in self.channels if channel.key_alias))


class FlowInstance:
    """One start of a flow.

    :param read_keystore: what the keystore holds now; asked at the start and whenever the cache has run out.
    :param lookup: the addresses behind a name.
    :param trust: a keystore read earlier (the tenant was restarted, the flow was not).
    :param phase: the part of the interval by which this flow sends later than others, so that they do not send at once.
    """

    def __init__(
        self,
        settings: FlowSettings,
        *,
        clock: TenantClock,
        logs: MessageLogs,
        read_keystore: Callable[[Sequence[str]], TrustStore],
        lookup: Callable[[str], Sequence[str]],
        trust: TrustStore | None = None,
        phase: float = 0.0,
    ) -> None:
        self.settings = settings
        self._clock = clock
        self._logs = logs
        self._read_keystore = read_keystore
        self._lookup = lookup
        self._phase = phase
        self._trust_lock = threading.Lock()
        self._trust = trust or read_keystore(settings.aliases)
        self._retired = threading.Event()
        self._aborted = threading.Event()
        self._abort_status = "FAILED"
        self._abort_text: str | None = None
        self._connection: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._turn = itertools.count()

    def start(self, *, send_now: bool = False) -> None:
        """Begin to send; ``send_now`` is the one message of a Run Once timer."""
        sends = self.settings.messages_per_second > 0
        if sends or send_now:
            self._thread = threading.Thread(
                target=self._run, args=(sends, send_now), name=f"flow {self.settings.id}", daemon=True
            )
            self._thread.start()

    def retire(self, patience: float) -> bool:
        """No new message; wait for the one that runs, at most ``patience`` seconds. True when nothing runs any more."""
        self._retired.set()
        if self._thread is None:
            return True
        self._thread.join(patience)
        return not self._thread.is_alive()

    def abort(self, status: str, text: str | None) -> None:
        """End the message that runs, with this status and error text."""
        self._abort_status, self._abort_text = status, text
        self._retired.set()
        self._aborted.set()
        connection = self._connection
        if connection is not None:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(connection, socket.SHUT_RDWR)
        if self._thread is not None:
            self._thread.join(5.0)

    def trust(self) -> TrustStore:
        """The keystore as this flow holds it now; read again when 24 hours have passed on the tenant's clock."""
        with self._trust_lock:
            if self._trust.expired(self._clock.now()):
                self._trust = self._read_keystore(self.settings.aliases)
            return self._trust

    @property
    def held(self) -> TrustStore:
        """The keystore as it was last read, without looking at the clock."""
        return self._trust

    def forget_trust(self) -> None:
        """Read the keystore now, as if the cache had run out."""
        with self._trust_lock:
            self._trust = self._read_keystore(self.settings.aliases)

    def _run(self, sends: bool, send_now: bool) -> None:
        if send_now:
            self._process()
        if not sends:
            return
        interval = 1.0 / self.settings.messages_per_second
        due = time.monotonic() + interval * self._phase
        while not self._retired.wait(max(0.0, due - time.monotonic())):
            self._process()
            # A flow that falls behind does not catch up with a burst.
            due = max(due + interval, time.monotonic())

    def _process(self) -> None:
        start = self._clock.now()
        status, error, step, address = "COMPLETED", None, None, None
        turn = next(self._turn)
        cut = self._aborted.wait(self.settings.message_seconds)
        try:
            for channel in self.settings.channels:
                if cut:
                    break
                addresses = self._lookup(channel.host)
                first = turn % len(addresses) if addresses else 0
                address = deliver(
                    channel,
                    self.trust(),
                    [*addresses[first:], *addresses[:first]],
                    now=self._clock.now(),
                    opened=self._opened,
                )
        except DeliveryFailed as failure:
            status, error, step = self.settings.failure_status, failure.text, failure.step
            cut = self._aborted.is_set()
        finally:
            self._connection = None
        if cut:
            status, error, step = self._abort_status, self._abort_text, None
        self._write(start, self._clock.now(), status, error, step, address)

    def _opened(self, connection: socket.socket) -> None:
        self._connection = connection

    def _write(
        self, start: datetime, end: datetime, status: str, error: str | None, step: str | None, address: str | None
    ) -> None:
        flow = self.settings
        self._logs.add(
            MessageLog(
                guid=self._logs.new_guid(),
                correlation=self._logs.new_guid(),
                flow_id=flow.id,
                flow_name=flow.name,
                package=flow.package,
                status=status,
                start=start,
                end=end,
                address=address,
                error=error,
                step=step,
                level=flow.log_level,
            )
        )
