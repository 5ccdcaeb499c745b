# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waits for something to be seen that has no event to wait for: messages of flows, files, another process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["wait_until"]

_Seen = TypeVar("_Seen")


def wait_until(look: Callable[[], _Seen], what: str, seconds: float = 30.0) -> _Seen:
    """The first true thing that is seen; an ``AssertionError`` that says ``what`` was awaited, after ``seconds``."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not (seen := look()):
        assert time.monotonic() < deadline, f"after {seconds:g} seconds still not: {what}"
        pause.wait(0.02)
    return seen
