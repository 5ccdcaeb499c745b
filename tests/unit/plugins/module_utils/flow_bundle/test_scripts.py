# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scripts, content modifiers and header lists that may replace an address at run time."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.matching import sends_to
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    channel,
    flow,
    http,
    properties,
    step,
    zipped,
)

HTTP = http("https://a.example")
PATH = "src/main/resources/script/route.groovy"


@pytest.mark.parametrize(
    ("text", "may"),
    [
        ('message.setHeader("CamelHttpUri", url)', True),
        ('message.setHeader("camelHTTPuri", url)', True),
        ("def http_uri = message.getProperty('x')", False),
        ("message.setHeader('CamelHttpUri', url)", True),
        ("headers.put(Exchange.HTTP_URI, url)", True),
        ("map['CamelDestinationOverrideUrl'] = url", True),
        ('def old = message.getHeader("CamelHttpUri", String)\nmessage.setHeader("CamelHttpUri", old + "x")', True),
        ('def url = message.getHeader("CamelHttpUri", String)', False),
        ('message.getHeaders().get("CamelHttpUri"); headers.remove( "CamelHttpUri" )', False),
        ('message.setHeader("CamelHttpQuery", "a=b")', False),
        ('message.setHeader("MyCamelHttpUriCopy", "a")', False),
    ],
)
def test_scripts(text: str, may: bool) -> None:
    bundle = read_flow_bundle(flow(HTTP, step("Script"), files={PATH: text}))
    assert bool(bundle.may_override_address) is may
    assert bool(bundle.channels[0].overridden_by) is may


@pytest.mark.parametrize("name", ["a.js", "a.gsh", "a.xsl", "a.xslt", "a.mmap", "a.GROOVY"])
def test_every_kind_of_source_is_looked_at(name: str) -> None:
    bundle = read_flow_bundle(flow(HTTP, files={f"src/main/resources/script/{name}": "x CamelHttpUri y"}))
    assert bundle.may_override_address == (f"the script {name} names the header CamelHttpUri",)


def row(name: str, value: str, action: str = "Create") -> str:
    return f"<row><cell id='Action'>{action}</cell><cell id='Name'>{name}</cell><cell id='Value'>{value}</cell></row>"


@pytest.mark.parametrize(
    ("table", "may"),
    [
        (row("Accept", "*/*") + row("CamelHttpUri", "${property.url}"), True),
        (row("${property.name}", "x"), True),
        (row("camelhttpuri", "x"), True),
        (row("{{Nowhere}}", "x"), True),
        ("<row><cell>CamelHttpUri</cell><cell>constant</cell><cell>https://b.example</cell></row>", True),
        (row("CamelHttpUri", "", "Delete"), False),
        (row("Log", "CamelHttpUri"), False),
    ],
)
def test_content_modifiers(table: str, may: bool) -> None:
    bundle = read_flow_bundle(flow(HTTP, step("Enricher", "Set URL", headerTable=table)))
    assert bool(bundle.may_override_address) is may
    if may:
        assert "'Set URL' sets the header" in bundle.may_override_address[0]


@pytest.mark.parametrize(
    ("allowed", "may"),
    [("CamelHttpUri|x", True), ("CamelHttp*", True), ("x|camelhttpuri", True), ("*", False), ("X*", False)],
)
def test_headers_that_a_sender_may_give(allowed: str, may: bool) -> None:
    collaboration = f'<bpmn2:collaboration id="C">{properties({"allowedHeaderList": allowed})}</bpmn2:collaboration>'
    assert bool(read_flow_bundle(flow(collaboration, HTTP)).may_override_address) is may


def test_a_script_collection_may_do_anything_until_it_is_given() -> None:
    data = flow(HTTP, step("Script", scriptBundleId="{{Collection}}", script="log.groovy"), prop="Collection=Logging\n")
    bundle = read_flow_bundle(data)
    assert bundle.scripts.unread == ("Logging",)
    assert sends_to(bundle, "b.example").verdict == "unknown"

    harmless = read_flow_bundle(data, script_collections={"Logging": zipped({PATH: "println 1"})})
    assert harmless.scripts.unread == ()
    assert sends_to(harmless, "b.example").verdict == "no"

    other = read_flow_bundle(data, script_collections={"Logging": zipped({PATH: "setHeader('CamelHttpUri', x)"})})
    assert sends_to(other, "b.example").verdict == "unknown"


def test_only_http_receivers_are_overridden() -> None:
    mail = channel("Mail", server="m.example:587", ssl="starttls_mandatory", id="MF_2")
    bundle = read_flow_bundle(flow(HTTP, mail, files={PATH: "setHeader('CamelHttpUri', x)"}))
    assert [bool(found.overridden_by) for found in bundle.channels] == [True, False]
