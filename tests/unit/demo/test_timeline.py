# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline draws what was recorded: no message more or less, and each root for as long as it was trusted."""

from __future__ import annotations

import re

from ansible_collections.certops.sap_cloud_integration.tests.demo.timeline import clock, make_timeline
from ansible_collections.certops.sap_cloud_integration.tests.unit.demo.recordings import renewed, wrong_order


def _lane(html: str, name: str) -> str:
    return next(lane for lane in re.split(r'(?=<div class="lane)', html) if f'<div class="name">{name}' in lane)


def _heights(html: str, kind: str) -> float:
    return sum(float(height) for height in re.findall(rf'<rect class="{kind}"[^>]* height="([\d.]+)"', html))


def test_each_message_is_drawn_once() -> None:
    lane = _lane(make_timeline(renewed()), "Messages")
    assert (_heights(lane, "ok"), _heights(lane, "bad")) == (300, 0)
    lane = _lane(make_timeline(wrong_order()), "Messages")
    assert (_heights(lane, "ok"), _heights(lane, "bad")) == (30, 10)


def test_failures_are_drawn_when_they_happened() -> None:
    lane = _lane(make_timeline(wrong_order()), "Messages")
    assert re.findall(r'<rect class="bad" x="(\d+)"', lane) == ["2", "3"]


def test_each_root_is_drawn_as_long_as_it_was_trusted() -> None:
    lane = _lane(make_timeline(renewed()), "To_ERP")
    assert re.findall(r'class="band root old" style="(.*?)"', lane) == ["left:0%;width:81%"]
    assert re.findall(r'class="band root new" style="(.*?)"', lane) == ["left:25%;width:75%"]


def test_an_address_shows_what_it_served() -> None:
    lane = _lane(make_timeline(renewed()), "erp")
    assert re.findall(r'class="band root (\w+)" style="(.*?)"', lane) == [
        ("old", "left:0%;width:40%"),
        ("new", "left:40%;width:60%"),
    ]


def test_the_clock_begins_with_the_story() -> None:
    assert [clock(renewed(), moment) for moment in (999.0, 1000.0, 1065.9)] == ["0:00", "0:00", "1:05"]
