# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""yes, no and unknown; above all: unknown is never no."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.matching import sends_to
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    channel,
    flow,
    http,
)
from hypothesis import given
from hypothesis import strategies as st

HOST = "api.example.com"
YES = [
    http("https://api.example.com/x"),
    http("https://API.Example.COM./x"),
    http("https://api.example.com:443/x/${header.id}"),
    http("https://{{Host}}/x"),
    http("https://api.example.com:8443/x")
    + channel("SOAP", "SOAP 1.x", id="MF_2", address="https://api.example.com/y"),
    http("${header.anything}") + channel("SOAP", "SOAP 1.x", id="MF_2", address="https://api.example.com/y"),
    channel("Custom", "x", anyUrl="https://api.example.com"),
    channel("SuccessFactors", "OData V2", direction="Sender", address="https://api.example.com"),
    channel("Mail", server="api.example.com:443", ssl="smtps", proxyType="sapcc"),
]
NO = [
    ("", "no channel of the flow names api.example.com:443"),
    (http("https://api.example.com.evil.test/x"), "no channel"),
    (http("https://xapi.example.com/x"), "no channel"),
    (http("https://api-example.com/x"), "no channel"),
    (http("https://example.com/api.example.com"), "no channel"),
    (http("https://api.example.com@other.example/x"), "no channel"),
    (http("https://аpi.example.com/x"), "no channel"),
    (http("https://api.example.com:8443/x"), "another port"),
    (http("http://api.example.com:443/x"), "without TLS"),
    (http("http://${property.host}/x"), "without TLS"),
    (http("http://api.example.com:443/x", proxyType="sapcc"), "Cloud Connector"),
    (http("https://api.example.com/x", proxyType="sapcc"), "Cloud Connector"),
    (http("${header.url}", proxyType="sapcc"), "Cloud Connector"),
    (channel("ProcessDirect", address="/api.example.com"), "no channel"),
    (channel("SFTP", host="api.example.com:443"), "SSH servers"),
    (channel("HTTPS", direction="Sender", address="/x"), "no channel"),
]
UNKNOWN = [
    (http("${header.url}"), "run time"),
    (http("https://${property.host}/x"), "run time"),
    (http("https://{{Nowhere}}/x"), "'Nowhere' has no value"),
    (http("https://<host>/x"), "placeholder"),
    (http(""), "empty"),
    (http("https://api.example.com:${header.port}/x"), "its port is not known"),
    (http("${header.scheme}://api.example.com:443/x"), "whether with TLS"),
    (http("api.example.com:443/x"), "whether with TLS"),
    (http("https://api.example.com/x", proxyType="dynamic"), "whether directly"),
    (http("https://api.example.com/x", proxyType="{{Nowhere}}"), "whether directly"),
    (channel("Mail", server="api.example.com:443", ssl="starttls_optional"), "whether with TLS"),
    (channel("Mail", server="virtual.example:465", ssl="smtps", proxyType="sapcc"), "virtual host"),
    (channel("Kafka", host="api.example.com:443"), "whether with TLS"),
    (channel("MongoDB", firstUriPart="mongoBean"), "no property"),
    (channel("Salesforce", loginUrl="https://login.example"), "may connect to other hosts"),
    (channel("Salesforce", loginUrl="https://api.example.com:8443"), "may connect to other hosts"),
    (channel("Custom", url="http://other.example"), "may connect to other hosts"),
    (channel("Dropbox", direction="Sender", scheduleKey="<row/>"), "no property"),
    (channel("AS2", "AS2", direction="Sender", address="/in"), "asynchronous receipt"),
    (channel("AMQP", host="api.example.com", port="{{Nowhere}}", connectWithTLS="true"), "its port is not known"),
    (http("https://https://api.example.com/x"), "two schemes"),
    (http("https://10.1/x"), "not a host name"),
]


@pytest.mark.parametrize("element", YES)
def test_yes(element: str) -> None:
    answer = sends_to(read_flow_bundle(flow(element, prop="Host=api.example.com\n")), HOST, 443)
    assert answer.verdict == "yes"
    assert all("api.example.com:443 with TLS" in reason for reason in answer.reasons)


@pytest.mark.parametrize(("element", "reason"), NO)
def test_no(element: str, reason: str) -> None:
    answer = sends_to(read_flow_bundle(flow(element)), HOST, 443)
    assert answer.verdict == "no"
    assert reason in " ".join(answer.reasons)


@pytest.mark.parametrize(("element", "reason"), UNKNOWN)
def test_unknown(element: str, reason: str) -> None:
    other = channel("SOAP", "SOAP 1.x", id="MF_2", address="https://other.example")
    answer = sends_to(read_flow_bundle(flow(element, other)), HOST, 443)
    assert answer.verdict == "unknown"
    assert reason in " ".join(answer.reasons)


def test_without_a_port_any_port_of_the_host_counts() -> None:
    bundle = read_flow_bundle(flow(http("https://api.example.com:8443/x")))
    assert [sends_to(bundle, HOST, port).verdict for port in (None, 8443, 443)] == ["yes", "yes", "no"]


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("https://[2001:DB8::0:1]/", "2001:db8::1"),
        ("https://[2001:db8::1]/", "[2001:DB8::1]"),
        ("https://bücher.example/", "xn--bcher-kva.example"),
        ("https://xn--bcher-kva.example/", "BÜCHER.example."),
        ("https://192.000.002.001/", "192.0.2.1"),
        ("https://[::ffff:192.0.2.1]/", "192.0.2.1"),
    ],
)
def test_hosts_are_compared_in_one_spelling(written: str, asked: str) -> None:
    assert sends_to(read_flow_bundle(flow(http(written))), asked, 443).verdict == "yes"


def test_an_address_that_a_script_may_replace() -> None:
    files: dict[str, str | bytes] = {"src/main/resources/script/a.groovy": "message.setHeader('CamelHttpUri', x)"}
    bundle = read_flow_bundle(flow(http("https://api.example.com"), files=files))
    assert [sends_to(bundle, host).verdict for host in (HOST, "b.example")] == ["yes", "unknown"]
    tunnel = read_flow_bundle(flow(http("http://a.example", proxyType="sapcc"), files=files))
    assert sends_to(tunnel, "b.example").verdict == "no"


def test_refuses_what_is_no_host() -> None:
    with pytest.raises(Problem, match="not a host name"):
        sends_to(read_flow_bundle(flow()), "https://a.example")


PIECES = st.sampled_from(
    ["https://", "http://", "${property.x}", "{{P}}", "{{Q}}", HOST, "b.example", ":443", ":8443", "/"]
)


@given(st.lists(PIECES, max_size=5), st.sampled_from(["", HOST, "https://" + HOST, "b.example", ":443", "/x"]))
def test_no_means_that_no_value_at_run_time_makes_it_the_receiver(pieces: list[str], run_time: str) -> None:
    """Whatever ``${property.x}`` and the missing ``{{Q}}`` turn out to be: after *no*, it is not this receiver."""
    template = "".join(pieces)
    actual = template.replace("${property.x}", run_time).replace("{{Q}}", run_time).replace("{{P}}", HOST)
    before = sends_to(read_flow_bundle(flow(http(template), prop=f"P={HOST}\n")), HOST, 443).verdict
    after = sends_to(read_flow_bundle(flow(http(actual))), HOST, 443).verdict
    if before == "no":
        assert after != "yes"
    if after == "yes":
        assert before in ("yes", "unknown")
