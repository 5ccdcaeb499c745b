# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each adapter of the table, and adapters that nobody described."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    FlowBundle,
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    channel,
    flow,
    http,
)

URL = "https://a.example:8443/x"
SEEN = ("https", "a.example", 8443, "/x", "yes", "internet", False)
Properties = dict[str, str]


def read(*elements: str, **options: Any) -> FlowBundle:
    return read_flow_bundle(flow(*elements, **options))


HTTP_FAMILY: list[tuple[str, str, Properties]] = [
    ("HTTP", "None", {"httpAddressWithoutQuery": URL, "httpAddressQuery": "key=s3cret"}),
    ("HCIOData", "OData V2", {"address": URL}),
    ("HCIOData", "OData V4", {"address": URL}),
    ("SOAP", "SOAP 1.x", {"address": URL, "soapWsdlURL": "https://wsdl.example/x"}),
    ("SOAP", "Plain SOAP", {"address": URL}),
    ("IDOC", "IDoc SOAP", {"address": URL}),
    ("XI", "XI", {"Address": URL}),
    ("AS2", "AS2", {"receipientURL": URL}),
    ("AS4", "ebMS3", {"endpointUrl": URL, "samlEndpoint": ""}),
    ("OpenConnectors", "REST", {"firstUriPart": URL, "openConnectorResource": "/messages/${header.id}"}),
    ("Ariba", "cXML", {"address": URL}),
    ("SuccessFactors", "OData V2", {"address": URL}),
    ("SuccessFactors", "OData V4", {"address": URL}),
    ("SuccessFactors", "SOAP", {"address": URL}),
    ("SuccessFactors", "REST", {"address": URL}),
]


@pytest.mark.parametrize(("component", "protocol", "values"), HTTP_FAMILY)
def test_http_family(component: str, protocol: str, values: Properties) -> None:
    (found,) = read(channel(component, protocol, proxyType="default", **values)).channels
    address = found.address
    assert (address.scheme, address.host, address.port, address.path, found.tls, found.proxy, found.generic) == SEEN
    assert (found.adapter, found.message_protocol, found.transport, found.talk) == (component, protocol, "HTTP", "http")
    assert "s3cret" not in str(found.to_result())


@pytest.mark.parametrize(
    ("component", "values"),
    [
        ("AS4", {"someEndpointURL": URL}),
        ("Ariba", {"aribaNetworkUrl": URL}),
        ("Kafka", {"brokerUrl": URL}),
        ("Pricefx-SAP-Integration-Adapter", {"pricefxHost": URL}),
        ("Splunk", {"anything": URL}),
    ],
)
def test_reads_unknown_properties_in_the_generic_way(component: str, values: Properties) -> None:
    (found,) = read(channel(component, "x", **values)).channels
    assert (found.address.host, found.address.port, found.generic) == ("a.example", 8443, True)


OTHERS = [
    ("Mail", {"server": "m.example:587", "ssl": "starttls_mandatory"}, ("smtp", "m.example", 587, "yes")),
    ("Mail", {"server": "m.example", "ssl": "smtps"}, ("smtps", "m.example", 465, "yes")),
    ("Mail", {"server": "m.example:25", "ssl": "off"}, ("smtp", "m.example", 25, "no")),
    ("Mail", {"server": "m.example:25", "ssl": "starttls_optional"}, ("smtp", "m.example", 25, "unknown")),
    ("Mail", {"server": "m.example:25", "ssl": "{{Nowhere}}"}, ("smtp", "m.example", 25, "unknown")),
    ("AMQP", {"host": "q.example", "port": "5671", "connectWithTLS": "true"}, ("amqps", "q.example", 5671, "yes")),
    ("AMQP", {"host": "q.example", "connectWithTLS": "true"}, ("amqps", "q.example", 5671, "yes")),
    ("AMQP", {"host": "q.example", "port": "5672", "connectWithTLS": "false"}, ("amqp", "q.example", 5672, "no")),
    ("FTP", {"host": "f.example:21", "encryption": "explicit"}, (None, "f.example", 21, "unknown")),
    ("FTP", {"host": "f.example:21", "encryption": "none"}, (None, "f.example", 21, "no")),
    ("AMQP", {"host": "q.example", "port": "{{P}}", "connectWithTLS": "true"}, ("amqps", "q.example", None, "yes")),
    ("SFTP", {"host": "s.example"}, ("sftp", "s.example", 22, "no")),
    ("PollingSFTP", {"host": "s.example:2222"}, ("sftp", "s.example", 2222, "no")),
    ("AdvancedEventMesh", {"host": "tcps://e.example:55443"}, ("tcps", "e.example", 55443, "yes")),
    ("AdvancedEventMesh", {"host": "wss://e.example"}, ("wss", "e.example", 443, "yes")),
    ("AdvancedEventMesh", {"host": "e.example"}, (None, "e.example", None, "unknown")),
    ("RabbitMQ", {"firstUriPart": "35.239.117.4/ex6"}, (None, "35.239.117.4", None, "unknown")),
    ("LDAP", {"address": "ldaps://l.example"}, ("ldaps", "l.example", 636, "yes")),
    ("JMS", {"QueueName_outbound": "Q"}, (None, None, None, "no")),
    ("ProcessDirect", {"address": "/x"}, (None, None, None, "no")),
    ("JDBC", {"alias": "db"}, (None, None, None, "no")),
    ("RFC", {"destination": "ECC"}, (None, None, None, "no")),
]


@pytest.mark.parametrize(("component", "values", "expected"), OTHERS)
def test_other_protocols(component: str, values: Properties, expected: tuple[Any, ...]) -> None:
    stated = {"TransportProtocol": "SMTP", **values} if component == "Mail" else values
    (found,) = read(channel(component, **stated)).channels
    assert (found.address.scheme, found.address.host, found.address.port, found.tls) == expected


@pytest.mark.parametrize("direction", ["Receiver", "Sender"])
@pytest.mark.parametrize("name", ["hosts", "host"])
def test_a_list_of_brokers_is_a_channel_each(name: str, direction: str) -> None:
    brokers = {name: "k1.example:9093, k2.example:9094,"}
    found = read(channel("Kafka", direction=direction, connectWithTLS="true", **brokers)).channels
    assert [(one.id, one.address.host, one.address.port, one.tls) for one in found] == [
        ("MF_1", "k1.example", 9093, "yes"),
        ("MF_1", "k2.example", 9094, "yes"),
    ]


@pytest.mark.parametrize(
    ("stated", "proxy"),
    [
        ("default", "internet"),
        ("Internet", "internet"),
        ("manual", "internet"),
        ("sapcc", "cloud_connector"),
        ("dynamic", "dynamic"),
        ("${header.proxy}", "dynamic"),
        ("none", "none"),
        ("{{Proxy Type}}", "cloud_connector"),
        ("{{Nowhere}}", "unknown"),
    ],
)
def test_proxies(stated: str, proxy: str) -> None:
    assert read(http(URL, proxyType=stated), prop="Proxy\\ Type=sapcc\n").channels[0].proxy == proxy


def test_configured_parameters_go_before_shipped_ones() -> None:
    data = flow(http("https://{{Host}}/{{Path with blank}}"), prop="Host=shipped.example\nPath\\ with\\ blank=p\n")
    assert read_flow_bundle(data).channels[0].address.text == "https://shipped.example/p"
    assert read_flow_bundle(data, {"Host": "set.example"}).channels[0].address.text == "https://set.example/p"


def test_takes_the_data_center_and_the_suffix_of_successfactors() -> None:
    values = {"address": "", "sfsfODataReceiverDataCenterUrl": "https://api4.example", "urlSuffixSfOData": "/odata/v2"}
    assert (
        read(channel("SuccessFactors", "OData V2", **values)).channels[0].address.text
        == "https://api4.example/odata/v2"
    )
    other = read(channel("SuccessFactors", "OData V2", **{**values, "sfsfODataReceiverDataCenterUrl": "Other"}))
    assert other.channels[0].address.reason == "the address is empty"


def test_an_adapter_without_any_address_is_unknown() -> None:
    (found,) = read(channel("MongoDB", firstUriPart="mongoBean", database="db")).channels
    assert found.address.reason == "no property of the adapter MongoDB was recognised as its address"


def test_the_generic_reading_leaves_out_what_is_never_opened() -> None:
    values = {
        "targetNamespace": "http://ns.example",
        "soapWsdlURL": "https://wsdl.example",
        "proxyHost": "p.example:80",
    }
    (found,) = read(channel("Custom", url=URL, **values)).channels
    assert found.address.host == "a.example"


def test_the_generic_reading_keeps_what_may_become_an_address() -> None:
    found = read(channel("Custom", url=URL, host="${property.host}", tokenUrl="{{Nowhere}}")).channels
    assert [one.address.host for one in found] == ["a.example", None, None]


def test_the_generic_reading_takes_lists_apart() -> None:
    found = read(
        channel("Custom", brokers="a.example:1, b.example:2", url="https://c.example,https://d.example")
    ).channels
    assert [one.address.host for one in found] == ["c.example", "d.example", "a.example", "b.example"]


def test_as4_connects_to_more_than_one_address() -> None:
    values = {"endpointUrl": URL, "pullReceiptTargetURL": "https://b.example", "samlEndpoint": "${property.s}"}
    found = read(channel("AS4", "ebMS3", **values)).channels
    assert [one.address.host for one in found] == ["a.example", "b.example", None]
    assert not any(one.generic for one in found)


@pytest.mark.parametrize(("written", "hosts"), [("", ["b.example"]), (URL, ["a.example", "b.example"])])
def test_an_api_provider_may_give_the_address(written: str, hosts: list[str]) -> None:
    found = read(http(written, providerUrl="https://b.example", providerRelativeUrl="/x")).channels
    assert [one.address.host for one in found] == hosts


@pytest.mark.parametrize(
    ("component", "values", "reason"),
    [
        ("MicrosoftSharePoint", {"hostName": "", "scheduleKey": "<row/>", "serverRelativePath": "/x"}, "no property"),
        ("SalesforcePubSub", {"channelName": "/event/Order"}, "no property"),
        ("Kafka", {"topic": "orders"}, "no property"),
        ("AS2", {"address": "/in"}, "asynchronous receipt"),
    ],
)
def test_a_sender_that_may_connect_to_somewhere_is_a_channel(component: str, values: Properties, reason: str) -> None:
    (found,) = read(channel(component, "x", direction="Sender", **values)).channels
    assert found.address.host is None
    assert reason in (found.address.reason or "")


@pytest.mark.parametrize(
    ("component", "protocol", "values"),
    [
        ("ODataSender", "OData V2", {"edmxPath": "/orders.edmx"}),
        ("DataStoreConsumer", "None", {"storageName": "Orders"}),
        ("AS2", "AS2 MDN", {"address": "/mdn"}),
        ("Custom", "x", {"urlPath": "/orders"}),
    ],
)
def test_a_sender_that_waits_is_none(component: str, protocol: str, values: Properties) -> None:
    assert read(channel(component, protocol, direction="Sender", **values)).channels == ()


def test_senders_count_when_they_poll() -> None:
    polling = channel("SuccessFactors", "OData V2", direction="Sender", address="https://sf.example")
    mail = channel("Mail", direction="Sender", server="m.example", ssl="imaps", TransportProtocol="IMAP4")
    waiting = channel("HTTPS", direction="Sender", urlPath="/in") + channel("SOAP", direction="Sender", address="/soap")
    custom = channel("Custom", direction="Sender", address="/custom/endpoint")
    found = read(polling, mail, waiting, custom).channels
    assert [(one.adapter, one.direction, one.address.host, one.address.port) for one in found] == [
        ("SuccessFactors", "sender", "sf.example", 443),
        ("Mail", "sender", "m.example", 993),
    ]


def test_a_direction_that_is_not_stated_follows_from_the_participant() -> None:
    participant = '<bpmn2:participant id="Participant_2" ifl:type="EndpointRecevier" name="Orders"/>'
    assert len(read(participant, http(URL, direction="")).channels) == 1
    sender = '<bpmn2:participant id="ServiceTask_1" ifl:type="EndpointSender" name="Orders"/>'
    assert read(sender, http(URL, direction="")).channels == ()


def test_a_direction_that_only_the_variant_states() -> None:
    participant = '<bpmn2:participant id="ServiceTask_1" ifl:type="EndpointSender" name="Orders"/>'
    variant = "ctype::AdapterVariant/cname::sap:HTTP/tp::HTTP/mp::None/direction::{}/version::1.4.1"
    for direction, count in (("Receiver", 1), ("Sender", 0)):
        element = http(URL, direction="", cmdVariantUri=variant.format(direction))
        assert len(read(participant, element).channels) == count


def test_an_adapter_named_only_by_its_variant() -> None:
    uri = "ctype::AdapterVariant/cname::sap:HTTP/tp::HTTP/mp::None/direction::Receiver/version::1.15.0"
    (found,) = read(channel("", cmdVariantUri=uri, httpAddressWithoutQuery=URL)).channels
    assert (found.adapter, found.address.host, found.generic) == ("HTTP", "a.example", False)
