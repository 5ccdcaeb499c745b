# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The BPMN model of an integration flow, and the definitions of its parameters, as published flows have them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from xml.sax.saxutils import escape, quoteattr

__all__ = ["BPMN", "IFL", "flow_model", "parameter_definitions"]

BPMN = "http://www.omg.org/spec/BPMN/20100524/MODEL"
# SAP's namespace really begins with three slashes.
IFL = "http:///com.sap.ifl.model/Ifl.xsd"
_PARAMETER = re.compile(r"\{\{(.+?)\}\}")
_PROCESS = (
    '<bpmn2:participant id="Participant_Process_1" ifl:type="IntegrationProcess" name="Integration Process" '
    'processRef="Process_1"/>'
)


def _property(pairs: Mapping[str, str]) -> str:
    written = (
        f"<ifl:property><key>{escape(key)}</key>"
        + (f"<value>{escape(value)}</value>" if value else "<value/>")
        + "</ifl:property>"
        for key, value in pairs.items()
    )
    return f"<bpmn2:extensionElements>{''.join(written)}</bpmn2:extensionElements>"


def flow_model(channels: Sequence[Mapping[str, str]], runs_once: bool) -> bytes:
    """The ``.iflw`` file: a start, one step for each receiver channel, an end.

    :param channels: properties of the channels; ``system`` names the receiver, ``Name`` the channel.
    """
    participants, flows, steps, order = [_PROCESS], [], [], ["StartEvent_1"]
    for number, channel in enumerate(channels, 1):
        receiver, task = f"Participant_{number + 1}", f"ServiceTask_{number}"
        name, system = quoteattr(channel["Name"]), quoteattr(channel["system"])
        # The spelling of the type is SAP's.
        participants.append(f'<bpmn2:participant id="{receiver}" ifl:type="EndpointRecevier" name={system}/>')
        flows.append(
            f'<bpmn2:messageFlow id="MessageFlow_{number}" name={name} sourceRef="{task}" targetRef="{receiver}">'
            f"{_property(channel)}</bpmn2:messageFlow>"
        )
        activity = _property({"activityType": "Send"})
        steps.append(f'<bpmn2:serviceTask id="{task}" name="Send {number}">{activity}</bpmn2:serviceTask>')
        order.append(task)
    order.append("EndEvent_1")
    sequence = [
        f'<bpmn2:sequenceFlow id="SequenceFlow_{number}" sourceRef="{one}" targetRef="{other}"/>'
        for number, (one, other) in enumerate(pairwise(order), 1)
    ]
    collaboration = {"httpSessionHandling": "None", "ServerTrace": "false", "log": "All events"}
    parts = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<bpmn2:definitions xmlns:bpmn2="{BPMN}" xmlns:ifl="{IFL}" id="Definitions_1">',
        '<bpmn2:collaboration id="Collaboration_1" name="Default Collaboration">',
        _property(collaboration),
        *participants,
        *flows,
        "</bpmn2:collaboration>",
        '<bpmn2:process id="Process_1" name="Integration Process">',
        _property({"transactionTimeout": "30"}),
        _start(runs_once),
        *steps,
        '<bpmn2:endEvent id="EndEvent_1" name="End"/>',
        *sequence,
        "</bpmn2:process></bpmn2:definitions>",
    ]
    return "".join(parts).encode()


def _start(runs_once: bool) -> str:
    if not runs_once:
        return '<bpmn2:startEvent id="StartEvent_1" name="Start"><bpmn2:messageEventDefinition/></bpmn2:startEvent>'
    rows = {"triggerType": "simple", "noOfSchedules": "1", "schedule1": "fireNow=true"}
    schedule = "".join(f"<row><cell>{key}</cell><cell>{value}</cell></row>" for key, value in rows.items())
    pairs = {"cmdVariantUri": "ctype::FlowstepVariant/cname::intermediatetimer", "scheduleKey": schedule}
    timer = f'<bpmn2:timerEventDefinition id="TimerEventDefinition_1">{_property(pairs)}</bpmn2:timerEventDefinition>'
    return f'<bpmn2:startEvent id="StartEvent_1" name="Start Timer 1">{timer}</bpmn2:startEvent>'


def parameter_definitions(channels: Sequence[Mapping[str, str]], parameters: Mapping[str, str]) -> bytes:
    """``parameters.propdef``: each parameter, and which attribute of which channel refers to it."""
    parts = ['<?xml version="1.0" encoding="UTF-8" standalone="no"?><parameters>']
    for name in parameters:
        parts += [
            f"<parameter><key/><name>{escape(name)}</name><type>xsd:string</type><isRequired>false</isRequired>",
            "<constraint/><description/></parameter>",
        ]
    parts.append("<param_references>")
    for channel in channels:
        for key, value in channel.items():
            for name in _PARAMETER.findall(value):
                attribute = quoteattr(f"{channel['cmdVariantUri']}/attrId::{key}")
                category = quoteattr(channel["system"])
                parts.append(f"<reference attribute_category={category} attribute_id={attribute}")
                parts.append(f' attribute_uilabel="" param_key={quoteattr(name)}/>')
    parts.append("</param_references></parameters>")
    return "".join(parts).encode()
