# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import (
    SystemClock,
    format_time,
    growing_pauses,
    parse_time,
    wait_for,
)


class HandClock:
    """Time passes by pausing alone."""

    def __init__(self) -> None:
        self.at = 0.0
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=self.at)

    def monotonic(self) -> float:
        return self.at

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.at += seconds


def test_pauses_grow_up_to_the_largest() -> None:
    assert list(itertools.islice(growing_pauses(1, 5), 5)) == [1, 2, 4, 5, 5]


def test_waiting_ends_when_something_is_seen() -> None:
    clock = HandClock()
    looks = iter([None, None, "there"])
    assert wait_for(lambda: next(looks), clock=clock, timeout=100, pauses=growing_pauses(1, 10)) == "there"
    assert clock.pauses == [1, 2]


def test_the_last_look_is_taken_at_the_deadline() -> None:
    clock = HandClock()
    seen = wait_for(lambda: "late" if clock.at >= 5 else None, clock=clock, timeout=5, pauses=growing_pauses(4, 60))
    assert (seen, clock.pauses) == ("late", [4, 1])


def test_waiting_ends_without_anything_seen() -> None:
    clock = HandClock()
    assert wait_for(lambda: None, clock=clock, timeout=3, pauses=growing_pauses(2, 2)) is None
    assert clock.at == 3


def test_no_time_at_all_is_still_one_look() -> None:
    clock = HandClock()
    assert wait_for(lambda: 1, clock=clock, timeout=0, pauses=growing_pauses(1, 1)) == 1
    assert wait_for(lambda: None, clock=clock, timeout=0, pauses=growing_pauses(1, 1)) is None
    assert clock.pauses == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T18:00:00Z", datetime(2026, 11, 21, 18)),
        ("2026-11-21T18:00:00.5Z", datetime(2026, 11, 21, 18, 0, 0, 500000)),
        ("2026-11-21t18:00:00.123456789z", datetime(2026, 11, 21, 18, 0, 0, 123456)),
        ("2026-11-21 18:00:00+02:00", datetime(2026, 11, 21, 16)),
        ("2026-11-21T18:00:00-00:30", datetime(2026, 11, 21, 18, 30)),
        (" 2026-11-21T18:00:00 ", datetime(2026, 11, 21, 18)),
        ("2026-11-21T18:00Z", datetime(2026, 11, 21, 18)),
    ],
)
def test_times_are_read(text: str, moment: datetime) -> None:
    assert parse_time(text) == moment.replace(tzinfo=timezone.utc)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "20261121",
        "2026-11-21",
        "2026-W47-6",
        "2026-13-01T00:00:00Z",
        "2026-11-21T25:00:00Z",
        "18:00:00",
    ],
)
def test_what_may_be_an_alias_is_no_time(text: str) -> None:
    """Whatever Python it runs on: from 3.11 on Python itself takes much more."""
    with pytest.raises(ValueError, match=r"."):
        parse_time(text)


@pytest.mark.parametrize("text", ["2026-11-21T18:00:00Z", "2026-11-21T18:00:00.120Z"])
def test_times_are_written_as_they_are_read(text: str) -> None:
    assert format_time(parse_time(text)) == text


def test_times_are_written_in_utc() -> None:
    there = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert format_time(there) == "2025-12-31T23:00:00Z"


def test_the_clock_of_the_machine_is_in_utc() -> None:
    clock = SystemClock()
    assert clock.now().tzinfo is timezone.utc
    before = clock.monotonic()
    clock.pause(0)
    assert clock.monotonic() >= before
