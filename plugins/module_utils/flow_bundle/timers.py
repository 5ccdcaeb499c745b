# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts by itself when a flow is deployed: Run Once timers, and sender channels that poll.

A restart in the monitor does not fire a Run Once timer, a deployment does (SAP Help: Define a Timer Start Event), and
the public API can only deploy. That is why this matters to whoever only wants a restart.

A schedule is a table; what counts in it are the rows ``schedule1``, ``schedule2`` and so on. Up to version 1.3 of the
timer *Run Once* is written ``fireNow=true``; from 1.4 on, where it is called *On Deployment*, it is a simple schedule
that repeats ``NONE`` and names no date. Everything else that was seen is a cron expression, or repeats.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .adapters import find_adapter
from .channels import channel_properties, component_of, direction_of
from .iflow import Element
from .parameters import Parameters, Value
from .tables import read_rows

__all__ = ["Timer", "read_timers"]

Fires = Literal["yes", "no", "unknown"]

_RUN_ONCE = re.compile(r"fireNow\s*=\s*true", re.IGNORECASE)
_SCHEDULE = re.compile(r"schedule\d+")
_CRON = re.compile(r"[^\s+=&]+(?:\+[^\s+=&]+){5,6}")
"""Six or seven fields of a Quartz cron expression, joined by plus signs."""


@dataclass(frozen=True, slots=True)
class Timer:
    """A start event with a schedule, or a polling sender channel."""

    id: str
    name: str
    kind: Literal["timer", "polling_sender"]
    fires_on_deployment: Fires
    """``yes`` for Run Once; a polling sender that has an ordinary schedule merely begins to poll: ``no``."""

    def to_result(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "kind": self.kind,
            "fires_on_deployment": self.fires_on_deployment,
        }


def read_timers(elements: Sequence[Element], parameters: Parameters) -> tuple[Timer, ...]:
    """Timers and polling senders in document order."""
    participants = {element.id: element.participant_type for element in elements if element.tag == "participant"}
    found = []
    for element in elements:
        kind = _kind(element, parameters, participants)
        if kind is not None:
            found.append(Timer(element.id, element.name or element.id, kind, _fires(element, parameters, kind)))
    return tuple(found)


def _kind(
    element: Element, parameters: Parameters, participants: dict[str, str]
) -> Literal["timer", "polling_sender"] | None:
    if element.tag == "timerEventDefinition":
        return "timer"
    if not element.is_channel or direction_of(element, participants) != "sender":
        return None
    properties = channel_properties(element, parameters)
    protocol = properties["MessageProtocol"].text if "MessageProtocol" in properties else ""
    adapter = find_adapter(component_of(properties), protocol)
    return "polling_sender" if "scheduleKey" in properties or (adapter is not None and adapter.polls) else None


def _fires(element: Element, parameters: Parameters, kind: Literal["timer", "polling_sender"]) -> Fires:
    schedule = parameters.resolve(element.properties.get("scheduleKey", ""))
    if not schedule.text.strip():
        return "unknown" if kind == "timer" else "no"
    if _RUN_ONCE.search(schedule.text):
        return "yes"
    found = {_schedule_fires(text) for text in _schedules(schedule)}
    return "yes" if "yes" in found else "no" if found == {"no"} else "unknown"


def _schedules(table: Value) -> list[str]:
    """What the rows ``schedule1``, ``schedule2``, … hold."""
    return [row[1][1] for row in read_rows(table.text) if len(row) > 1 and _SCHEDULE.fullmatch(row[0][1])]


def _schedule_fires(text: str) -> Fires:
    first, *settings = re.split(r"&(?:amp;)?", text)
    if _CRON.fullmatch(first):
        return "no"
    name, _equals, repeat = first.partition("=")
    if name != "simple.repeat" or not repeat.isalpha():
        return "unknown"
    if repeat.upper() != "NONE":
        return "no"
    return "yes" if all(setting.startswith("trigger.timeZone=") for setting in settings) else "unknown"
