# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Receiver adapters: which property of a channel holds what.

Names exactly as public integration flows have them (observed in published ``.iflw`` files).
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ADAPTERS", "Adapter", "adapter_of"]


@dataclass(frozen=True)
class Adapter:
    """``component``, ``transport`` and ``protocol`` are the three properties that name an adapter in a channel."""

    component: str
    transport: str
    protocol: str
    address: str
    key_alias: str | None
    location: str
    authentication: str
    suffix: str | None = None


ADAPTERS = {
    "HTTP": Adapter(
        "HTTP", "HTTP", "None", "httpAddressWithoutQuery", "privateKeyAlias", "locationID", "authenticationMethod"
    ),
    "OData V2": Adapter(
        "HCIOData",
        "HTTP",
        "OData V2",
        "address",
        "odataCertAuthPrivateKeyAlias",
        "scc_location_id",
        "authenticationMethod",
    ),
    "OData V4": Adapter(
        "HCIOData",
        "HTTP",
        "OData V4",
        "address",
        "odataCertAuthPrivateKeyAlias",
        "scc_location_id",
        "authenticationMethod",
    ),
    "SOAP 1.x": Adapter("SOAP", "HTTP", "SOAP 1.x", "address", "privateKeyAlias", "location_id", "authentication"),
    "SOAP SAP RM": Adapter("SOAP", "HTTP", "Plain SOAP", "address", "privateKeyAlias", "location_id", "authentication"),
    "IDoc": Adapter("IDOC", "HTTP", "IDoc SOAP", "address", "privateKeyAlias", "locationID", "authentication"),
    "XI": Adapter("XI", "HTTP", "XI", "Address", "ClientCertificateAlias", "location_id", "AuthenticationType"),
    "AS2": Adapter("AS2", "HTTP", "AS2", "receipientURL", "privateKeyAlias", "locationID", "authenticationType"),
    "SuccessFactors OData V2": Adapter(
        "SuccessFactors", "HTTP", "OData V2", "address", None, "location_id", "authenticationMethod", "urlSuffixSfOData"
    ),
    "SuccessFactors SOAP": Adapter(
        "SuccessFactors", "HTTP", "SOAP", "address", None, "location_id", "authenticationType", "urlSuffixSOAP"
    ),
    "Mail": Adapter("Mail", "SMTP", "None", "server", None, "locationId", "auth"),
    "ProcessDirect": Adapter(
        "ProcessDirect", "Not Applicable", "Not Applicable", "address", None, "locationID", "authentication"
    ),
}


def adapter_of(properties: dict[str, str]) -> Adapter | None:
    """The adapter of a channel read from a flow; None for one that the runtime does not imitate."""
    named = tuple(properties.get(key, "") for key in ("ComponentType", "TransportProtocol", "MessageProtocol"))
    for adapter in ADAPTERS.values():
        if named == (adapter.component, adapter.transport, adapter.protocol):
            return adapter
    return None
