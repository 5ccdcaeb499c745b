# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The codec: literals and keys out, envelopes, times and errors in."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant import odata
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (odata.key("KeystoreEntries", "7261"), "KeystoreEntries('7261')"),
        (odata.key("Artifacts", "It's a/b?#ä"), "Artifacts('It''s%20a%2Fb%3F%23%C3%A4')"),
        (odata.key("D", Id="x", Version="active"), "D(Id='x',Version='active')"),
        (odata.literal("O'Neil"), "'O''Neil'"),
        (odata.encode_query({"$filter": "Id eq 'a&b'", "q": "1+2=3%"}), "$filter=Id%20eq%20'a%26b'&q=1%2B2%3D3%25"),
    ],
)  # fmt: skip
def test_out(made: str, expected: str) -> None:
    assert made == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/Date(1552296324222)/", datetime(2019, 3, 11, 9, 25, 24, 222000, tzinfo=timezone.utc)),
        ("/Date(1552296324222+0000)/", datetime(2019, 3, 11, 9, 25, 24, 222000, tzinfo=timezone.utc)),
        # The offset is for display; the milliseconds stay UTC.
        ("/Date(1552296324222+0120)/", datetime(2019, 3, 11, 9, 25, 24, 222000, tzinfo=timezone.utc)),
        ("/Date(0)/", datetime(1970, 1, 1, tzinfo=timezone.utc)),
        ("/Date(-1000)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        ("/Date(253402300799000)/", datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc)),
        ("1552296324222", datetime(2019, 3, 11, 9, 25, 24, 222000, tzinfo=timezone.utc)),
        (1552296324222, datetime(2019, 3, 11, 9, 25, 24, 222000, tzinfo=timezone.utc)),
        ("2019-03-11T09:25:24Z", datetime(2019, 3, 11, 9, 25, 24, tzinfo=timezone.utc)),
        ("2019-03-11T09:25:24", datetime(2019, 3, 11, 9, 25, 24, tzinfo=timezone.utc)),
        ("/Date(99999999999999999)/", None),
        ("/Date(x)/", None),
        ("", None),
        (None, None),
        (True, None),
        ({"a": 1}, None),
    ],
)
def test_times(text: object, expected: datetime | None) -> None:
    assert odata.parse_date(text) == expected


def test_one_entity() -> None:
    assert odata.entity(b'{"d": {"Alias": "x"}}') == {"Alias": "x"}


@pytest.mark.parametrize(
    "body", [b"", b"<feed/>", b"[1]", b"null", b'{"d": []}', b'{"error": {}}', b'{"d": {"error": {}}}', b"[" * 100000]
)
def test_no_entity(body: bytes) -> None:
    with pytest.raises(ValueError, match="answer"):
        odata.entity(body)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"d": {"results": [{"A": 1}]}}', ([{"A": 1}], None)),
        (b'{"d": {"results": [], "__next": "X?$skiptoken=1"}}', ([], "X?$skiptoken=1")),
        (b'{"d": [{"A": 1}]}', ([{"A": 1}], None)),
    ],
)
def test_pages(body: bytes, expected: object) -> None:
    assert odata.page(body) == expected


@pytest.mark.parametrize(
    "body", [b"", b"{}", b'{"d": {}}', b'{"d": {"results": [1]}}', b'{"d": {"results": {}}}', b"<html>", b'"d"']
)
def test_no_page(body: bytes) -> None:
    with pytest.raises(ValueError, match="answer"):
        odata.page(body)


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ("https://h.example/api/v1/X?$skiptoken=1", "X?$skiptoken=1"),
        # As the specification's examples write it: with the port twice.
        (
            "https://h.example:443:443/cpi/api/v1/X('a')?$skip=2&$filter=Id eq 'b'",
            "X('a')?$skip=2&$filter=Id%20eq%20'b'",
        ),
        ("X?$skiptoken=a%20b", "X?$skiptoken=a%20b"),
        ("https://stranger.example/other/X?$skiptoken=1", "X?$skiptoken=1"),
        ("X?a=\r\nHost: y", "X?a=%0D%0AHost:%20y"),
    ],
)
def test_links(link: str, expected: str) -> None:
    assert odata.path_of_link(link) == expected


ERRORS = [
    # SecurityContent.json, 404 of GET /KeystoreEntries('{Hexalias}')
    (
        b'{"error":{"code":"Not Found","message":{"lang":"en","value":"Alias \'a\' not found in the keystore"}}}',
        "Not Found",
        "Alias 'a' not found in the keystore",
    ),
    # SecurityContent.json, 403
    (b'{"code":"Forbidden","message":{"lang":"en","value":null}}', "Forbidden", "the reason"),
    (b'{"code":"X","message":{"value":"unwrapped"}}', "X", "unwrapped"),
    (b'{"error":{"code":"1","message":"plain"}}', "1", "plain"),
    # SecurityContent.json: whoever does not ask for JSON gets XML
    (
        (
            b'<?xml version="1.0"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
            b'<code>Not Found</code><message xml:lang="en">Requested &lt;entity&gt; gone</message></error>'
        ),
        "Not Found",
        "Requested <entity> gone",
    ),
    # RFC 6749 section 5.2, as the token service writes it
    (b'{"error":"unauthorized","error_description":"Bad credentials"}', None, "Bad credentials (unauthorized)"),
    (
        b"<html><head><title>502 Bad Gateway</title></head><body><h1>Bad\nGateway</h1><p>nginx</p></body></html>",
        None,
        "502 Bad Gateway Bad Gateway",
    ),
    (b"<!DOCTYPE html><html><body>secret things</body></html>", None, "the reason"),
    (b"CSRF token validation failed", None, "CSRF token validation failed"),
    (b"", None, "the reason"),
    (b"   ", None, "the reason"),
    (b"[1, 2]", None, "the reason"),
    (b'{"d":{"Alias":"x","Status":"notImported"}}', None, "the reason"),
    (b'{"broken', None, "the reason"),
    (b"\xff\xfe\x00", None, "\ufffd\ufffd"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "code", "text"), ERRORS)
def test_errors(body: bytes, code: str | None, text: str) -> None:
    assert odata.error_code(body) == code
    assert odata.error_text(body, None, "the reason") == text


def test_long_texts_are_cut() -> None:
    long = json.dumps({"error": {"message": {"value": "long " * 1000}}}).encode()
    assert len(odata.error_text(long, None, None)) <= 300
    assert odata.error_text(b"a\x1b[31m\r\nb" + b"x" * 9999, "text/plain", None).startswith("a [31m b")
    assert len(odata.error_text(b"y" * 10**7, "text/plain", None)) == 300


@given(st.binary(max_size=400), st.one_of(st.none(), st.text(max_size=20)))
def test_any_body_gives_a_short_line(body: bytes, content_type: str | None) -> None:
    text = odata.error_text(body, content_type, "reason")
    assert len(text) <= 300
    assert "\n" not in text
    odata.error_code(body)
