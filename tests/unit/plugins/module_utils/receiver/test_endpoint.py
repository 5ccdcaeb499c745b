# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.endpoint import (
    BadReceiver,
    parse_endpoint,
)


@pytest.mark.parametrize(
    ("text", "host", "port", "shown"),
    [
        ("erp.example.com", "erp.example.com", 443, "erp.example.com:443"),
        ("ERP.Example.com.:8443", "erp.example.com", 8443, "erp.example.com:8443"),
        (" erp.example.com:443 ", "erp.example.com", 443, "erp.example.com:443"),
        ("192.0.2.1:8443", "192.0.2.1", 8443, "192.0.2.1:8443"),
        ("[2001:DB8::1]:8443", "2001:db8::1", 8443, "[2001:db8::1]:8443"),
        ("erp.example.com:", "erp.example.com", 443, "erp.example.com:443"),
        ("[2001:db8::1]", "2001:db8::1", 443, "[2001:db8::1]:443"),
        ("2001:db8::1", "2001:db8::1", 443, "[2001:db8::1]:443"),
        ("bücher.example:443", "xn--bcher-kva.example", 443, "xn--bcher-kva.example:443"),
        ("under_score.example", "under_score.example", 443, "under_score.example:443"),
    ],
)
def test_a_receiver_is_read(text: str, host: str, port: int, shown: str) -> None:
    endpoint = parse_endpoint(text)
    assert (endpoint.host, endpoint.port, str(endpoint), endpoint.server_name) == (host, port, shown, host)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ":443",
        "erp.example.com:0",
        "erp.example.com:65536",
        "erp.example.com:https",
        "erp.example.com:４４３",
        "erp.example.com:²",
        "erp.example.com:-1",
        "https://erp.example.com",
        "user@erp.example.com",
        "erp.example.com/path",
        "a b",
        "-a.example",
        "a..example",
        f"{'a' * 64}.example",
        "[2001:db8::1",
        "[2001:db8::1]443",
        "[erp.example.com:443",
        "erp\x00.example",
    ],
)
def test_what_is_no_receiver_is_refused(text: str) -> None:
    with pytest.raises(BadReceiver) as refused:
        parse_endpoint(text)
    assert refused.value.remedy


def test_another_name_and_other_addresses() -> None:
    endpoint = parse_endpoint(
        "erp.example.com:1", server_name="Intern.Example", addresses=["192.0.2.1", " 2001:DB8::1"]
    )
    assert (endpoint.server_name, endpoint.addresses) == ("intern.example", ("192.0.2.1", "2001:db8::1"))


@pytest.mark.parametrize(
    "more", [{"server_name": "a/b"}, {"server_name": "a b"}, {"addresses": ["erp"]}, {"addresses": [""]}]
)
def test_names_and_addresses_that_are_none(more: dict[str, Any]) -> None:
    with pytest.raises(BadReceiver):
        parse_endpoint("erp.example.com", **more)
