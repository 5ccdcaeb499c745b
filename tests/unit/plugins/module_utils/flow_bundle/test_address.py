# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Addresses as administrators write them, and host names compared exactly."""

from __future__ import annotations

import re

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.address import (
    find_expressions,
    read_address,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.host_names import (
    normalise_host,
    read_target,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.parameters import (
    Parameters,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from hypothesis import given
from hypothesis import strategies as st

KNOWN = [
    ("https://a.example", "https", "a.example", 443, ""),
    ("HTTPS://A.Example./x", "https", "a.example", 443, "/x"),
    ("  https://a.example:8443/x?y=1#z  ", "https", "a.example", 8443, "/x"),
    ("https://a.example:/x", "https", "a.example", 443, "/x"),
    ("https://a.example?x=1", "https", "a.example", 443, ""),
    ("http://a.example/", "http", "a.example", 80, "/"),
    ("https://user:p%40ss@a.example/x", "https", "a.example", 443, "/x"),
    ("https://evil.example@a.example/x", "https", "a.example", 443, "/x"),
    ("https://bücher.example/", "https", "xn--bcher-kva.example", 443, "/"),
    ("https://a。example/", "https", "a.example", 443, "/"),
    ("https://[2001:DB8:0:0::1]:8443/x", "https", "2001:db8::1", 8443, "/x"),
    ("https://[::1]", "https", "::1", 443, ""),
    ("[::1]:8443", None, "::1", 8443, ""),
    ("https://10.0.0.1/", "https", "10.0.0.1", 443, "/"),
    ("https://my_host.example", "https", "my_host.example", 443, ""),
    ("https://a.example/${property.x}/y?${header.q}", "https", "a.example", 443, "/${property.x}/y"),
    ("https://a.example/https://b.example", "https", "a.example", 443, "/https://b.example"),
    ("https://a.example/{{nowhere}}", "https", "a.example", 443, "/{{nowhere}}"),
    ("https://a.example:${property.port}/x", "https", "a.example", None, "/x"),
    ("${property.scheme}://a.example/x", None, "a.example", None, "/x"),
    ("a.example:25", None, "a.example", 25, ""),
    ("a.example", None, "a.example", None, ""),
    ("35.239.117.4/ex6", None, "35.239.117.4", None, "/ex6"),
]


@pytest.mark.parametrize(("text", "scheme", "host", "port", "path"), KNOWN)
def test_known(text: str, scheme: str | None, host: str, port: int | None, path: str) -> None:
    address = read_address(Parameters((), {}).resolve(text))
    assert (address.scheme, address.host, address.port, address.path, address.reason) == (
        scheme,
        host,
        port,
        path,
        None,
    )


UNKNOWN = [
    ("", "empty"),
    ("${header.url}", r"run time by \$\{header.url\}"),
    ("${header.url}/x", "run time"),
    ("https://${property.host}/x", r"run time by \$\{property.host\}"),
    ("https://${property.tenant}.a.example/x", "run time"),
    ("https://a.example${property.path}/x", "run time"),
    ("https://a.example:8443${property.path}", "run time"),
    ("https://${property.map[${header.x}]}/x", r"\$\{property.map\[\$\{header.x\}\]\}"),
    ("https://${header.never closed", "run time"),
    ("https://{{Host}}/x", "parameter 'Host' has no value"),
    ("{{Url}}", "parameter 'Url' has no value"),
    ("https:///path", "names no host"),
    ("https://<host>:<port>/x", "placeholder"),
    ("http(s)://<host>:<port>", "scheme"),
    ("<Endpoint to API>", "placeholder"),
    ("FILLED_BY_CUSTOMER like https://a.example", "scheme"),
    ("https//a.example", "scheme"),
    ("https://a.example\\@evil.example/", "not a host name"),
    ("https:/a.example", "scheme"),
    ("https:a.example", "scheme"),
    ("https://Host:Port/x", "'Port' is not a port"),
    ("https://a.example:0/", "'0' is not a port"),
    ("https://a.example:65536/", "is not a port"),
    ("https://a.example:٤٤٣/", "is not a port"),
    ("https://a example/", "not a host name"),
    ("https://-a.example/", "not a host name"),
    ("https://a..example/", "not a host name"),
    ("https://%61.example/", "not a host name"),
    ("https://[fe80::1%25eth0]/", "not a host name"),
    ("https://" + "a" * 300 + "/", "not a host name"),
    ("https://a.example/" + "x" * 9000, "8192 characters"),
    ("https://\x001\x01.example/", "not a host name"),
]


@pytest.mark.parametrize(("text", "reason"), UNKNOWN)
def test_unknown_with_a_reason(text: str, reason: str) -> None:
    address = read_address(Parameters((), {}).resolve(text))
    assert address.host is None
    assert address.reason is not None
    assert re.search(reason, address.reason)


def test_names_the_empty_parameter() -> None:
    address = read_address(Parameters((), {"Host": ""}).resolve("https://{{Host}}/path"))
    assert address.reason == "the address names no host; look at the parameter 'Host'"


@pytest.mark.parametrize(
    "text", ["https://user:s3cret@a.example/x?key=s3cret", "https://a.example/x?key=s3cret", "https://${x}@h/?s3cret"]
)
def test_shows_no_secret(text: str) -> None:
    assert "s3cret" not in repr(read_address(Parameters((), {}).resolve(text)))


@pytest.mark.parametrize(
    ("text", "found"),
    [("a", []), ("${a}b${c}", ["${a}", "${c}"]), ("${a${b}c}d", ["${a${b}c}"]), ("a${b", ["${b"]), ("$a{b}", [])],
)
def test_finds_expressions(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in find_expressions(text)] == found


@given(st.text(alphabet="ab.:/?#@[]{}<>$\\ 0é", max_size=40))
def test_a_host_or_a_reason_never_both(text: str) -> None:
    address = read_address(Parameters((), {}).resolve(f"https://{text}"))
    assert (address.host is None) == (address.reason is not None)
    assert address.host is None or normalise_host(address.host) == address.host


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("A.Example.", ("a.example", None)),
        ("a.example:8443", ("a.example", 8443)),
        ("[2001:db8::1]:8443", ("2001:db8::1", 8443)),
        ("2001:db8::1", ("2001:db8::1", None)),
        ("https://a.example/x", ("a.example", 443)),
        ("https://a.example:8443", ("a.example", 8443)),
    ],
)
def test_reads_a_target(text: str, target: tuple[str, int | None]) -> None:
    assert read_target(text) == target


@pytest.mark.parametrize(
    "text", ["", ":443", "a.example:0", "a.example:70000", "a b", "http://a.example", "a.example:x"]
)
def test_refuses_a_target(text: str) -> None:
    with pytest.raises(Problem, match="not a receiver's address"):
        read_target(text)
