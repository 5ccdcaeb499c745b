# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles built for one test: a zip with a model, parameters and a manifest, written independently of the reader."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?><bpmn2:definitions '
    'xmlns:bpmn2="http://www.omg.org/spec/BPMN/20100524/MODEL" xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd">'
)
TAIL = "</bpmn2:definitions>"
MODEL = "src/main/resources/scenarioflows/integrationflow/Orders.iflw"
MANIFEST = (
    "Manifest-Version: 1.0\r\nBundle-SymbolicName: Orders; singleton:=true\r\nBundle-Name: Orders\r\n"
    "Bundle-Version: 1.0.3\r\nSAP-BundleType: IntegrationFlow\r\nSAP-NodeType: IFLMAP\r\nSAP-RuntimeProfile: iflmap\r\n"
)


def properties(values: Mapping[str, str]) -> str:
    entries = "".join(
        f"<ifl:property><key>{escape(key)}</key><value>{escape(value)}</value></ifl:property>"
        if value
        else f"<ifl:property><key>{escape(key)}</key><value/></ifl:property>"
        for key, value in values.items()
    )
    return f"<bpmn2:extensionElements>{entries}</bpmn2:extensionElements>"


def channel(
    component: str, protocol: str = "None", *, direction: str = "Receiver", id: str = "MF_1", **values: str
) -> str:
    stated = {
        "ComponentType": component,
        "TransportProtocol": "HTTP",
        "MessageProtocol": protocol,
        "direction": direction,
    }
    return (
        f'<bpmn2:messageFlow id="{id}" name="To Orders" sourceRef="ServiceTask_1" targetRef="Participant_2">'
        f"{properties({**stated, **values})}</bpmn2:messageFlow>"
    )


def http(address: str, **values: str) -> str:
    return channel("HTTP", httpAddressWithoutQuery=address, **{"proxyType": "default", **values})


def step(activity: str, name: str = "Sign", **values: str) -> str:
    inner = properties({"activityType": activity, **values})
    return f'<bpmn2:callActivity id="Step_1" name={quoteattr(name)}>{inner}</bpmn2:callActivity>'


def timer(schedule: str) -> str:
    inner = properties({"scheduleKey": schedule, "activityType": "StartTimerEvent"})
    return (
        '<bpmn2:startEvent id="Start_1" name="Every night">'
        f'<bpmn2:timerEventDefinition id="Timer_1">{inner}</bpmn2:timerEventDefinition></bpmn2:startEvent>'
    )


def flow(
    *elements: str,
    prop: str = "",
    propdef: str = "",
    manifest: str = MANIFEST,
    files: Mapping[str, str | bytes] | None = None,
) -> bytes:
    """A whole bundle."""
    return zipped(
        {
            "META-INF/MANIFEST.MF": manifest,
            MODEL: HEAD + "".join(elements) + TAIL,
            "src/main/resources/parameters.prop": prop,
            "src/main/resources/parameters.propdef": propdef,
            **(files or {}),
        }
    )


def zipped(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()
