# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels through which a flow opens connections: all receiver channels, and sender channels that poll."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from .adapters import Adapter, Talk, Tls, find_adapter
from .address import TLS_SCHEMES, Address, find_expressions, read_address, split_list
from .generic_channel import find_addresses
from .iflow import Element
from .parameters import Parameters, Value

__all__ = ["Channel", "Proxy", "channel_properties", "component_of", "direction_of", "read_channels"]

Proxy = Literal["internet", "cloud_connector", "dynamic", "none", "unknown"]
"""``none``: the channel has no proxy setting, it connects directly. ``dynamic``: a header decides for each message."""

_PROXIES: Mapping[str, Proxy] = {
    "": "none",
    "none": "none",
    "default": "internet",
    "internet": "internet",
    "manual": "internet",
    "sapcc": "cloud_connector",
    "on-premise": "cloud_connector",
    "onpremise": "cloud_connector",
    "dynamic": "dynamic",
}
_OWN_PATH = re.compile(r"address|path|url|uri|endpoint", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Channel:
    """One address that a channel connects to; a channel with a list of addresses stands here once for each."""

    id: str
    name: str
    direction: Literal["receiver", "sender"]
    """``sender`` is a channel that polls: it is named after where messages come from, but the tenant connects."""
    adapter: str
    transport: str
    message_protocol: str
    talk: Talk
    address: Address
    tls: Tls
    proxy: Proxy
    generic: bool
    """Found by the look of its properties, because this adapter or its address property is not in the table."""
    never: str | None = None
    """Why this adapter never asks the tenant keystore about a server certificate."""
    overridden_by: tuple[str, ...] = ()
    """What else in the flow may replace the address at run time."""

    def to_result(self) -> dict[str, object]:
        return {
            "id": self.id,
            "name": self.name,
            "direction": self.direction,
            "adapter": self.adapter,
            "transport": self.transport,
            "message_protocol": self.message_protocol,
            "address": self.address.text,
            "scheme": self.address.scheme,
            "host": self.address.host,
            "port": self.address.port,
            "path": self.address.path,
            "tls": self.tls,
            "proxy": self.proxy,
            "dynamic": list(self.address.dynamic),
            "unknown_because": self.address.reason,
            "may_be_overridden_by": list(self.overridden_by),
            "generic": self.generic,
        }


def read_channels(elements: Sequence[Element], parameters: Parameters) -> tuple[Channel, ...]:
    """Every outgoing connection that the channels of a flow state, in document order."""
    participants = {element.id: element.participant_type for element in elements if element.tag == "participant"}
    return tuple(
        channel
        for element in elements
        if element.is_channel
        for channel in _read(element, channel_properties(element, parameters), participants)
    )


def channel_properties(element: Element, parameters: Parameters) -> dict[str, Value]:
    return {key: parameters.resolve(template) for key, template in element.properties.items()}


def component_of(properties: Mapping[str, Value]) -> str:
    """``ComponentType``, or the name in the variant URI where an old flow lacks it."""
    stated = _text(properties, "ComponentType")
    return stated or _text(properties, "cmdVariantUri").partition("/cname::")[2].partition("/")[0].removeprefix("sap:")


def direction_of(element: Element, participants: Mapping[str, str]) -> Literal["receiver", "sender"]:
    """As stated, else by the kind of participant it begins at: a channel in doubt is one that sends."""
    variant = element.properties.get("cmdVariantUri", "").partition("/direction::")[2].partition("/")[0]
    stated = (element.properties.get("direction") or variant).strip().lower()
    if stated in ("receiver", "sender"):
        return "receiver" if stated == "receiver" else "sender"
    return "sender" if participants.get(element.source, "").startswith("EndpointSender") else "receiver"


def _read(element: Element, properties: Mapping[str, Value], participants: Mapping[str, str]) -> Iterator[Channel]:
    direction = direction_of(element, participants)
    component, protocol = component_of(properties), _text(properties, "MessageProtocol")
    adapter = find_adapter(component, protocol)
    if not properties:
        return
    if direction == "sender" and adapter is not None and not (adapter.polls or adapter.replies):
        return
    addresses = _table_addresses(adapter, properties, direction) if adapter else None
    generic = addresses is None
    if addresses is None:
        addresses = find_addresses(properties)
        if not addresses and direction == "sender" and adapter is None and _waits(properties):
            return
        if not addresses:
            reason = f"no property of the adapter {component or '(unnamed)'} was recognised as its address"
            addresses = [Address("", reason=reason)]
    for address in addresses:
        yield Channel(
            id=element.id,
            name=element.name,
            direction=direction,
            adapter=component,
            transport=_text(properties, "TransportProtocol"),
            message_protocol=protocol,
            talk=adapter.talk if adapter else "unknown",
            address=address,
            tls=_tls(adapter, properties, address),
            proxy=_proxy(properties),
            generic=generic,
            never=adapter.never if adapter else None,
        )


def _waits(properties: Mapping[str, Value]) -> bool:
    """Whether a sender of an unknown adapter waits to be called: it offers a path of its own and has no schedule."""
    return "scheduleKey" not in properties and any(
        _OWN_PATH.search(name) and value.text.strip().startswith("/") for name, value in properties.items()
    )


def _table_addresses(adapter: Adapter, properties: Mapping[str, Value], direction: str) -> list[Address] | None:
    """``None`` when the channel has none of the properties the table knows: then the table is wrong about it."""
    if direction == "sender" and adapter.replies:
        return [Address("", reason=adapter.replies)]
    if adapter.never and not adapter.address:
        return [Address("", reason=adapter.never)]
    there = [properties[name] for name in adapter.address if name in properties]
    if not there:
        return None
    value = next((value for value in there if value.text.strip()), there[0])
    if adapter.selector and not value.text.strip():
        selected = properties.get(adapter.selector, value)
        # Choices are "Other" or a data center: only one that looks like a host is taken.
        if "." in selected.text or "${" in selected.text or selected.missing:
            value = selected
    suffix = "".join(_text(properties, name) for name in adapter.suffix)
    stated = _text(properties, adapter.port) if adapter.port else ""
    port = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 6 else None
    scheme = _scheme(adapter, properties)
    found = [
        _with_suffix(read_address(part, port, scheme), suffix)
        for part in (split_list(value) if adapter.several else [value])
    ]
    if stated and port is None:
        found = [replace(address, port=None) for address in found]
    further = [properties[name] for name in adapter.further if _text(properties, name)]
    return (found if value.text.strip() or not further else []) + [read_address(value) for value in further]


def _with_suffix(address: Address, suffix: str) -> Address:
    if not suffix or address.host is None:
        return address
    suffix = suffix.partition("?")[0]
    joint = "" if address.path.endswith("/") or suffix.startswith("/") else "/"
    return replace(
        address,
        text=address.text + joint + suffix,
        path=address.path + joint + suffix,
        dynamic=address.dynamic + tuple(suffix[start:end] for start, end in find_expressions(suffix)),
    )


def _switch(adapter: Adapter, properties: Mapping[str, Value]) -> tuple[str, Tls]:
    """The value of the TLS property that is there, and what it means."""
    for name, meanings in adapter.tls.items():
        if name in properties:
            value = _text(properties, name).lower()
            return value, meanings.get(value, "unknown")
    return "", "unknown"


def _scheme(adapter: Adapter, properties: Mapping[str, Value]) -> str | None:
    value, tls = _switch(adapter, properties)
    if adapter.talk == "mail":
        protocol = "smtp" if _text(properties, "TransportProtocol").lower() == "smtp" else None
        return adapter.schemes.get(value, protocol)
    if adapter.talk == "ssh":
        return "sftp"
    return adapter.schemes.get(tls)


def _tls(adapter: Adapter | None, properties: Mapping[str, Value], address: Address) -> Tls:
    if adapter is not None and adapter.never:
        return "no"
    if adapter is not None and adapter.tls:
        return _switch(adapter, properties)[1]
    if address.scheme in TLS_SCHEMES:
        return "yes"
    # Only plain HTTP is certain to stay plain: other protocols switch to TLS on the same scheme.
    return "no" if address.scheme in ("http", "ws") else "unknown"


def _proxy(properties: Mapping[str, Value]) -> Proxy:
    value = properties.get("proxyType")
    if value is None:
        return "none"
    return "dynamic" if "${" in value.text else _PROXIES.get(value.text.strip().lower(), "unknown")


def _text(properties: Mapping[str, Value], name: str) -> str:
    value = properties.get(name)
    return value.text.strip() if value else ""
