# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Not more requests a second than a user may send, so that a tenant has no reason to answer 429.

Rates per user from SAP Help "Rate Limits on SAP Cloud Integration". One throttle serves all connections of a call.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from ..clock import Clock

__all__ = ["Throttle"]

_SECURITY_CONTENT = 10
_DESIGN_TIME = 10
_RUNTIME = 50
_MESSAGE_LOGS = 100
# The tenant counts in seconds of its own; a little more keeps clocks that tick coarsely from mattering.
_WINDOW = 1.02


class Throttle:
    """As many slots per class of operations as the rate allows; each is free again a second after its answer came.

    The tenant counts a request at some moment between its sending and its answer, so whatever the network does, no
    second of the tenant's holds more requests than there are slots. Calls of a few requests never wait.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._free_at: dict[str, list[float]] = {}
        self._returned = threading.Condition()

    @contextmanager
    def slot(self, entity_set: str) -> Iterator[None]:
        """Wait until a request to this entity set is allowed, and hold its slot until the answer is there."""
        name, rate = _class_of(entity_set)
        with self._returned:
            free_at = self._free_at.setdefault(name, [0.0] * rate)
            while not free_at:
                self._returned.wait()
            left = heapq.heappop(free_at) - self._clock.monotonic()
        try:
            if left > 0:
                self._clock.pause(left)
            yield
        finally:
            with self._returned:
                heapq.heappush(free_at, self._clock.monotonic() + _WINDOW)
                self._returned.notify()


def _class_of(entity_set: str) -> tuple[str, int]:
    if entity_set.startswith(("Keystore", "Certificate", "KeyPair", "History", "RSAKey", "SSHKey")):
        return "security content", _SECURITY_CONTENT
    if entity_set.startswith("MessageProcessingLog"):
        return "message logs", _MESSAGE_LOGS
    if entity_set.startswith("IntegrationRuntimeArtifacts"):
        return "runtime", _RUNTIME
    return "design time", _DESIGN_TIME
