# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waiting that takes no time: the machine's clock as modules see it, put forward instead of waited for."""

from __future__ import annotations

import time

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import SystemClock

__all__ = ["QuickClock"]


class QuickClock:
    """:ivar pauses: how long was waited each time, in seconds."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    @property
    def waited(self) -> float:
        return sum(self.pauses)

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(SystemClock, "pause", lambda _, seconds: self.pauses.append(seconds))
        monkeypatch.setattr(SystemClock, "monotonic", lambda _: time.monotonic() + self.waited)
