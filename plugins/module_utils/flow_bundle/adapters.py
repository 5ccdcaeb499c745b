# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each adapter calls its address, its TLS switch and its proxy: one row an adapter, no code.

The property names of HTTP, OData, SOAP, IDoc, XI, AS2, SuccessFactors OData V2 and SOAP, Mail, AMQP, AdvancedEventMesh
and Open Connectors were seen in published integration flows, those of AS4 and Kafka in published tools that read them.
Those of Ariba, SuccessFactors REST and OData V4, and FTP are not published; their rows name what their siblings use,
and when none of it is there the generic reading takes over, as it does for any adapter without a row.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["ADAPTERS", "Adapter", "Talk", "Tls", "find_adapter"]

Tls = Literal["yes", "no", "unknown"]
Talk = Literal["http", "mail", "amqp", "kafka", "ftp", "smf", "ssh", "internal", "unknown"]
"""The protocol on the wire; ``internal`` never leaves the tenant or uses a destination kept elsewhere."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """One row. Property values are compared in lower case."""

    component: str
    """``ComponentType`` of the channel."""
    talk: Talk
    address: tuple[str, ...] = ()
    """Properties that may hold the address, in this order; the first that is not empty counts."""
    selector: str | None = None
    """A choice list that may hold the address when the property for it is empty."""
    port: str | None = None
    suffix: tuple[str, ...] = ()
    """Properties with the rest of the path."""
    tls: Mapping[str, Mapping[str, Tls]] = field(default_factory=dict)
    """Property, its value, whether TLS is used; the first property that is there counts. Empty: the scheme tells."""
    schemes: Mapping[str, str] = field(default_factory=dict)
    """TLS or the value of the TLS property to the scheme that an address without one has."""
    further: tuple[str, ...] = ()
    """Properties with addresses that it connects to as well, or instead when the other is empty."""
    several: bool = False
    """The address may be a list with commas."""
    polls: bool = False
    """As a sender it connects to the other side, instead of waiting to be called."""
    replies: str | None = None
    """As a sender it is called, yet answers over a connection of its own: why nobody knows where to."""
    never: str | None = None
    """Why the tenant keystore is never asked about the other side's certificate."""


_SWITCH: Mapping[str, Tls] = {"true": "yes", "1": "yes", "false": "no", "0": "no"}
_RECEIPTS = "an asynchronous receipt (MDN) goes to the address that the received message asks for"
_HOST_KEYS = "SSH servers are known by their host keys"
_NEVER = "{} never checks a server certificate against the tenant keystore: {}"


def _http(component: str, *address: str, selector: str | None = None, suffix: tuple[str, ...] = ()) -> Adapter:
    polls = component in ("SuccessFactors", "Ariba")
    return Adapter(component, "http", address, selector=selector, suffix=suffix, polls=polls)


def _never(component: str, talk: Talk, why: str, *address: str) -> Adapter:
    return Adapter(component, talk, address, polls=talk == "ssh", never=_NEVER.format(component, why))


ADAPTERS: Mapping[tuple[str, str], Adapter] = {
    # (component, message protocol), lower case; "" stands for any message protocol.
    ("http", ""): Adapter("HTTP", "http", ("httpAddressWithoutQuery",), further=("providerUrl",)),
    ("https", ""): _http("HTTPS", "address"),
    ("hciodata", ""): _http("HCIOData", "address"),
    ("hciodata", "odata v2"): _http("HCIOData", "address", suffix=("resourcePath",)),
    ("hciodata", "odata v4"): _http("HCIOData", "address", suffix=("resourcePathForOdatav4",)),
    ("soap", ""): _http("SOAP", "address"),
    ("idoc", ""): _http("IDOC", "address"),
    ("xi", ""): _http("XI", "Address", "address"),
    ("as2", ""): Adapter("AS2", "http", ("receipientURL",), replies=_RECEIPTS),
    ("as2", "as2 mdn"): _http("AS2"),
    ("as4", ""): Adapter("AS4", "http", ("endpointUrl", "address"), further=("pullReceiptTargetURL", "samlEndpoint")),
    ("ariba", ""): _http("Ariba", "address", "Address"),
    ("successfactors", ""): _http("SuccessFactors", "address"),
    ("successfactors", "odata v2"): _http(
        "SuccessFactors", "address", selector="sfsfODataReceiverDataCenterUrl", suffix=("urlSuffixSfOData",)
    ),
    ("successfactors", "soap"): _http(
        "SuccessFactors", "address", selector="sfsfSOAPReceiverDataCenterUrl", suffix=("urlSuffixSOAP",)
    ),
    ("mail", ""): Adapter(
        "Mail",
        "mail",
        ("server",),
        tls={
            "ssl": {
                "off": "no",
                "starttls_mandatory": "yes",
                "starttls_optional": "unknown",
                "smtps": "yes",
                "imaps": "yes",
                "pop3s": "yes",
            }
        },
        schemes={"smtps": "smtps", "imaps": "imaps", "pop3s": "pop3s"},
        polls=True,
    ),
    ("amqp", ""): Adapter(
        "AMQP",
        "amqp",
        ("host",),
        port="port",
        tls={"connectWithTLS": _SWITCH},
        schemes={"yes": "amqps", "no": "amqp"},
        several=True,
        polls=True,
    ),
    ("kafka", ""): Adapter(
        "Kafka",
        "kafka",
        ("hosts", "host", "bootstrapServers"),
        tls={"connectWithTLS": _SWITCH},
        several=True,
        polls=True,
    ),
    ("ftp", ""): Adapter(
        "FTP",
        "ftp",
        ("host",),
        tls={"connectWithTLS": _SWITCH, "encryption": {"none": "no", "plain": "no"}},
        polls=True,
    ),
    ("advancedeventmesh", ""): Adapter("AdvancedEventMesh", "smf", ("host",), several=True, polls=True),
    ("openconnectors", ""): _http("OpenConnectors", "firstUriPart"),
    ("odatasender", ""): _http("ODataSender"),
    ("sftp", ""): _never("SFTP", "ssh", _HOST_KEYS, "host"),
    ("pollingsftp", ""): _never("PollingSFTP", "ssh", _HOST_KEYS, "host"),
    ("datastoreconsumer", ""): _never("DataStoreConsumer", "internal", "it reads a data store of the tenant"),
    ("processdirect", ""): _never("ProcessDirect", "internal", "it calls another integration flow of the tenant"),
    ("jms", ""): _never("JMS", "internal", "it writes to a message queue of the tenant"),
    ("jdbc", ""): _never("JDBC", "internal", "it uses a data source of the tenant, not HTTPS"),
    ("rfc", ""): _never("RFC", "internal", "it uses a destination of the subaccount, not HTTPS"),
}


def find_adapter(component: str, message_protocol: str) -> Adapter | None:
    """The row of an adapter; ``None`` when it has to be read in the generic way."""
    component = component.strip().lower()
    row = ADAPTERS.get((component, message_protocol.strip().lower()))
    return row or ADAPTERS.get((component, ""))
