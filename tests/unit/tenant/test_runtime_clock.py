# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's clock."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.tenant.clock import TenantClock


def ahead(clock: TenantClock) -> float:
    return (clock.now() - datetime.now(timezone.utc)).total_seconds()


def test_it_runs_with_the_machine_and_can_be_ahead() -> None:
    assert ahead(TenantClock()) == pytest.approx(0, abs=0.5)
    assert ahead(TenantClock(offset=-3600)) == pytest.approx(-3600, abs=0.5)


def test_it_runs_faster() -> None:
    clock = TenantClock(speed=100_000)
    before = clock.now()
    assert clock.wait_until(before + timedelta(hours=1))  # 36 milliseconds
    assert clock.now() - before >= timedelta(hours=1)


def test_who_waits_is_woken_by_an_advance() -> None:
    clock = TenantClock()
    seen: list[bool] = []
    waiting = threading.Thread(target=lambda: seen.append(clock.wait_until(clock.now() + timedelta(hours=23))))
    waiting.start()
    clock.advance(24 * 3600)
    waiting.join(5)
    # Had it begun to wait only after the advance, it would wait for another 23 hours.
    clock.advance(24 * 3600)
    waiting.join(5)
    assert seen == [True]


def test_a_wait_can_be_cancelled() -> None:
    clock, cancelled, seen = TenantClock(), threading.Event(), []
    moment = clock.now() + timedelta(hours=1)
    waiting = threading.Thread(target=lambda: seen.append(clock.wait_until(moment, cancelled=cancelled)))
    waiting.start()
    cancelled.set()
    clock.wake()
    waiting.join(5)
    assert seen == [False]


def test_it_survives_a_restart() -> None:
    clock = TenantClock(offset=86400)
    again = TenantClock()
    again.restore(clock.snapshot())
    assert ahead(again) == pytest.approx(86400, abs=0.5)


def test_a_clock_that_stands_still_is_refused() -> None:
    with pytest.raises(ValueError, match="no clock"):
        TenantClock(speed=0)
