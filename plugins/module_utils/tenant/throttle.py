# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Not more requests a second than a user may send, so that a tenant has no reason to answer 429.

Rates per user from SAP Help "Rate Limits on SAP Cloud Integration".
"""

from __future__ import annotations

from collections import deque

from ..clock import Clock

__all__ = ["Throttle"]

_SECURITY_CONTENT = 10
_DESIGN_TIME = 10
_RUNTIME = 50
_MESSAGE_LOGS = 100
# The tenant counts in windows of its own; a little more than a second keeps two of them from overlapping.
_WINDOW = 1.05


class Throttle:
    """A sliding window per class of operations; short calls never wait."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sent: dict[str, deque[float]] = {}

    def wait(self, entity_set: str) -> None:
        """Wait until a request to this entity set is allowed, and count it."""
        name, rate = _class_of(entity_set)
        sent = self._sent.setdefault(name, deque(maxlen=rate))
        if len(sent) == rate:
            left = sent[0] + _WINDOW - self._clock.monotonic()
            if left > 0:
                self._clock.pause(left)
        sent.append(self._clock.monotonic())


def _class_of(entity_set: str) -> tuple[str, int]:
    if entity_set.startswith(("Keystore", "Certificate", "KeyPair", "History", "RSAKey", "SSHKey")):
        return "security content", _SECURITY_CONTENT
    if entity_set.startswith("MessageProcessingLog"):
        return "message logs", _MESSAGE_LOGS
    if entity_set.startswith("IntegrationRuntimeArtifacts"):
        return "runtime", _RUNTIME
    return "design time", _DESIGN_TIME
