# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting as a predicate with a clock that tests can move; the only place that sleeps."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timezone
from typing import Protocol, TypeVar

__all__ = ["Clock", "SystemClock", "format_time", "growing_pauses", "parse_time", "wait_for"]

T = TypeVar("T")

_RFC_3339 = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)[Tt ](?P<time>\d\d:\d\d(?::\d\d)?)(?:\.(?P<fraction>\d+))?(?P<zone>[Zz]|[+-]\d\d:\d\d)?",
    re.ASCII,
)


class Clock(Protocol):
    """Time as the code sees it."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""

    def monotonic(self) -> float:
        """Seconds on a clock that never goes back."""

    def pause(self, seconds: float) -> None:
        """Let so many seconds go by."""


class SystemClock:
    """The clock of the machine."""

    def now(self) -> datetime:
        return datetime.now(timezone.utc)

    def monotonic(self) -> float:
        return time.monotonic()

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)


def growing_pauses(first: float, largest: float, factor: float = 2.0) -> Iterable[float]:
    """Seconds between two looks: the first one, then longer, never more than the largest."""
    pause = first
    while True:
        yield min(pause, largest)
        pause = min(pause * factor, largest)


def wait_for(look: Callable[[], T | None], *, clock: Clock, timeout: float, pauses: Iterable[float]) -> T | None:
    """Look until something is seen; ``None`` when the timeout (seconds) ends first.

    The last look is taken at the deadline, so a slow pause never hides a success.
    """
    deadline = clock.monotonic() + timeout
    for pause in pauses:
        seen = look()
        if seen is not None:
            return seen
        left = deadline - clock.monotonic()
        if left <= 0:
            return None
        clock.pause(min(pause, left))
    return None


def format_time(moment: datetime) -> str:
    """RFC 3339 in UTC, such as ``2026-11-21T18:00:00Z``; milliseconds only where there are any."""
    moment = moment.astimezone(timezone.utc)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    return f"{text}.{moment.microsecond // 1000:03d}Z" if moment.microsecond else f"{text}Z"


def parse_time(text: str) -> datetime:
    """RFC 3339; a time without a zone is taken as UTC. Raises ``ValueError``.

    Not left to ``fromisoformat``: from Python 3.11 on it takes much that is no such time, "20260101" for example, and
    before that not every number of digits after the second.
    """
    found = _RFC_3339.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"no time in RFC 3339: {text}")
    fraction = (found["fraction"] or "")[:6].ljust(6, "0")
    seconds = found["time"] if found["time"].count(":") == 2 else f"{found['time']}:00"
    zone = "+00:00" if (found["zone"] or "Z") in "Zz" else found["zone"]
    return datetime.fromisoformat(f"{found['day']}T{seconds}.{fraction}{zone}")
