# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's own clock: it may run faster than the machine's, and tests may move it."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timedelta, timezone

__all__ = ["TenantClock"]


class TenantClock:
    """Time on the tenant. All that the tenant dates (entries, deployments, logs, caches) is dated by this clock.

    :param speed: tenant seconds per real second.
    :param offset: seconds that the tenant is ahead of the machine at the beginning (a clock skew).
    """

    def __init__(self, speed: float = 1.0, offset: float = 0.0) -> None:
        if speed <= 0:
            raise ValueError("a clock that stands still or runs back is no clock")
        self.speed = speed
        self._moved = threading.Condition()
        self._began = datetime.now(timezone.utc)
        self._began_at = time.monotonic()
        self._ahead = offset

    def now(self) -> datetime:
        """The tenant's time, aware, in UTC."""
        return self._began + timedelta(seconds=(time.monotonic() - self._began_at) * self.speed + self._ahead)

    def advance(self, seconds: float) -> None:
        """Move the clock (forward; a negative number is a correction of the clock) and wake whoever waits for it."""
        with self._moved:
            self._ahead += seconds
            self._moved.notify_all()

    def wait_until(self, moment: datetime, *, cancelled: threading.Event | None = None) -> bool:
        """Wait until the tenant's clock shows ``moment``; False when ``cancelled`` is set first (see :meth:`wake`)."""
        with self._moved:
            while not (cancelled is not None and cancelled.is_set()):
                left = (moment - self.now()).total_seconds()
                if left <= 0:
                    return True
                self._moved.wait(left / self.speed)
        return False

    def wake(self) -> None:
        """Let whoever waits look again: call it after setting ``cancelled``."""
        with self._moved:
            self._moved.notify_all()

    def snapshot(self) -> dict[str, float]:
        """How far the tenant is ahead of the machine now, in seconds."""
        return {"ahead": (self.now() - datetime.now(timezone.utc)).total_seconds()}

    def restore(self, state: dict[str, float]) -> None:
        """Be as far ahead as before; time in which the tenant did not run has passed for it too."""
        self.advance(state["ahead"] - self.snapshot()["ahead"])
