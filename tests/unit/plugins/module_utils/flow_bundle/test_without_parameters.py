# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is certain of a flow without its parameters stays true with any values of them."""

from __future__ import annotations

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.matching import (
    sends_to,
    uses_alias,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.without_parameters import (
    without_parameters,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    channel,
    flow,
)
from hypothesis import example, given
from hypothesis import strategies as st

HOST = "api.example.com"
ADAPTERS = ["HTTP", "SOAP", "Mail", "AMQP", "Kafka", "AS2", "AS4", "SFTP", "RabbitMQ", "Salesforce", "OpenConnectors"]
NAMES = [
    "address", "httpAddressWithoutQuery", "host", "hosts", "server", "port", "ssl", "connectWithTLS", "proxyType",
    "endpointUrl", "receipientURL", "firstUriPart", "loginUrl", "authenticationMethod", "authentication",
    "privateKeyAlias", "privateKey", "keystoreAlias", "scheduleKey",
]  # fmt: skip
VALUES = [
    HOST, f"https://{HOST}/x", f"{HOST}:443", "443", "true", "smtps", "sapcc", "default", "Client Certificate", "k",
    "OAuth2SAMLBearer", "Basic", "https://b.example", "",
]  # fmt: skip
WRITTEN = st.sampled_from([*VALUES, "{{P}}", "{{Q}}", "https://{{P}}", "{{P}}:{{Q}}", f"{HOST}:{{{{Q}}}}"])


@given(
    st.sampled_from(ADAPTERS),
    st.sampled_from(["Receiver", "Sender"]),
    st.dictionaries(st.sampled_from(NAMES), WRITTEN, max_size=5),
    st.sampled_from(VALUES),
    st.sampled_from(VALUES),
)
@example("AMQP", "Receiver", {"host": HOST, "port": "{{P}}", "connectWithTLS": "true"}, "443", "")
@example("HTTP", "Receiver", {"authenticationMethod": "{{P}}", "privateKeyAlias": ""}, "Client Certificate", "")
@example("HTTP", "Receiver", {"authenticationMethod": "{{P}}"}, "OAuth2SAMLBearer", "")
@example("RabbitMQ", "Receiver", {"privateKey": "{{P}}"}, "k", "")
@example("Kafka", "Sender", {"hosts": "b.example:443,{{P}}"}, HOST, "")
def test_what_is_certain_stays_true(
    component: str, direction: str, properties: dict[str, str], first: str, second: str
) -> None:
    data = flow(channel(component, "x", direction=direction, **properties))
    bare = without_parameters(read_flow_bundle(data))
    configured = read_flow_bundle(data, {"P": first, "Q": second})
    sure = sends_to(bare, HOST, 443).verdict
    assert sure in ("unknown", sends_to(configured, HOST, 443).verdict)
    sure = uses_alias(bare, "k").verdict
    assert sure in ("unknown", uses_alias(configured, "k").verdict)
