# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts go through a proxy."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import BadConnectionOptions
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.proxy import proxy_for

PROXY = "http://proxy.example:3128"


@pytest.mark.parametrize(
    ("excluded", "host", "port", "direct"),
    [
        ("", "t.example", 443, False),
        ("*", "t.example", 443, True),
        ("t.example", "t.example", 443, True),
        ("T.EXAMPLE", "t.Example", 443, True),
        ("example", "t.example", 443, True),
        (".example", "t.example", 443, True),
        ("*.example", "t.example", 443, True),
        (".t.example", "t.example", 443, True),
        ("xample", "t.example", 443, False),
        ("t.example", "not-t.example", 443, False),
        ("other.example , t.example", "t.example", 443, True),
        ("t.example:443", "t.example", 443, True),
        ("t.example:8443", "t.example", 443, False),
        ("10.0.0.0/8", "10.1.2.3", 443, True),
        ("10.0.0.0/8", "11.1.2.3", 443, False),
        ("10.1.2.3", "10.1.2.3", 443, True),
        ("1.2.3", "10.1.2.3", 443, False),
        ("fd00::/8", "fd00::1", 443, True),
        ("[fd00::1]:8443", "fd00::1", 443, False),
        ("[fd00::1]:443", "fd00::1", 443, True),
        ("not/an/address", "10.1.2.3", 443, False),
    ],
)
def test_no_proxy(excluded: str, host: str, port: int, direct: bool) -> None:
    assert (proxy_for(host, port, {"HTTPS_PROXY": PROXY, "NO_PROXY": excluded}) is None) is direct


def test_lower_case_comes_first_and_http_proxy_does_not_count() -> None:
    both = proxy_for("t.example", 443, {"https_proxy": "first.example:1", "HTTPS_PROXY": "second.example:2"})
    assert both is not None
    assert (both.host, both.port, both.authorization) == ("first.example", 1, None)
    assert proxy_for("t.example", 443, {"HTTP_PROXY": PROXY, "http_proxy": PROXY}) is None
    assert proxy_for("t.example", 443, {}) is None


@pytest.mark.parametrize(
    ("url", "sentence"),
    [("http://", "no address"), ("https://p.example", "begins with https://"), ("http://p:x1", "no address")],
)
def test_bad_proxies(url: str, sentence: str) -> None:
    with pytest.raises(BadConnectionOptions, match=sentence):
        proxy_for("t.example", 443, {"HTTPS_PROXY": url})
