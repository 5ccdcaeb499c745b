# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What starts by itself when a flow is deployed."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    channel,
    flow,
    timer,
)

RUN_ONCE = (
    "<row><cell>triggerType</cell><cell>simple</cell></row><row><cell>schedule1</cell><cell>fireNow=true</cell></row>"
)
NIGHTLY = (
    "<row><cell>triggerType</cell><cell>cron</cell></row><row><cell>schedule1</cell><cell>0+0+2+?+*+*+*</cell></row>"
)


def table(*schedules: str) -> str:
    rows = "".join(
        f"<row><cell>schedule{number}</cell><cell>{text}</cell></row>" for number, text in enumerate(schedules, 1)
    )
    return f"<row><cell>timeZone</cell><cell>( UTC 0:00 ) (Etc/GMT)</cell></row>{rows}"


@pytest.mark.parametrize(
    ("schedule", "fires"),
    [
        (RUN_ONCE, "yes"),
        (NIGHTLY, "no"),
        ("{{Timer}}", "yes"),
        ("{{Nowhere}}", "unknown"),
        ("", "unknown"),
        (table("simple.repeat=NONE&amp;trigger.timeZone=Etc/GMT"), "yes"),
        (table("simple.repeat=NONE&trigger.timeZone=Etc/GMT"), "yes"),
        (table("simple.repeat=NONE&amp;simple.start=2031-01-01T00:00:00"), "unknown"),
        (table("simple.repeat=MINUTES&amp;simple.every=10&amp;trigger.timeZone=Etc/GMT"), "no"),
        (table("0+0/5+*+?+*+MON-FRI+*&amp;trigger.timeZone=Asia/Tokyo"), "no"),
        (table("0+30+6+15+4+?+2031&amp;trigger.timeZone=Etc/GMT"), "no"),
        (table("0+0+2+?+*+*+*", "fireNow=true"), "yes"),
        (table("0+0+2+?+*+*+*", "something.new=1"), "unknown"),
        (table("simple.repeat=${property.how}"), "unknown"),
        (table(), "unknown"),
    ],
)
def test_timers(schedule: str, fires: str) -> None:
    escaped = RUN_ONCE.replace("=", "\\=").replace(":", "\\:")
    bundle = read_flow_bundle(flow(timer(schedule), prop=f"Timer={escaped}\n"))
    assert [(found.name, found.kind, found.fires_on_deployment) for found in bundle.timers] == [
        ("Every night", "timer", fires)
    ]


def test_a_timer_without_schedule_is_unknown() -> None:
    element = '<bpmn2:startEvent id="S"><bpmn2:timerEventDefinition id="T"/></bpmn2:startEvent>'
    assert [found.fires_on_deployment for found in read_flow_bundle(flow(element)).timers] == ["unknown"]


@pytest.mark.parametrize(
    ("element", "fires"),
    [
        (channel("SFTP", "File", direction="Sender", host="s.example", scheduleKey=NIGHTLY), ["no"]),
        (channel("SuccessFactors", "OData V2", direction="Sender", scheduleKey=RUN_ONCE), ["yes"]),
        (channel("AMQP", "AMQP1.0", direction="Sender", host="q.example"), ["no"]),
        (channel("FTP", "File", direction="Sender", host="f.example", scheduleKey=""), ["no"]),
        (channel("PollingSFTP", "File", direction="Sender", host="s.example"), ["no"]),
        (channel("HTTPS", direction="Sender", urlPath="/in"), []),
        (channel("SFTP", "File", host="s.example"), []),
    ],
)
def test_polling_senders(element: str, fires: list[str]) -> None:
    found = read_flow_bundle(flow(element)).timers
    assert [(one.kind, one.fires_on_deployment) for one in found] == [("polling_sender", one) for one in fires]
