# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""XML that expands, reaches out, nests or never ends is refused."""

from __future__ import annotations

import zipfile

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.archive import (
    BadBundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.safe_xml import parse_xml
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    MODEL,
    flow,
    http,
    zipped,
)

LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {chr(98 + level)} "{f"&{chr(97 + level)};" * 10}">' for level in range(9))
    + "]><x>&j;</x>"
)
HOSTILE = {
    "billion laughs": (LAUGHS, "document type"),
    "external entity": ('<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>', "document type"),
    "external document type": ('<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd"><x/>', "document type"),
    "parameter entity": ('<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p">%p;]><x/>', "document type"),
    "unknown entity": ("<x>&nothing;</x>", "not well-formed"),
    "deep": ("<a>" * 5000 + "</a>" * 5000, "200 levels"),
    "many elements": ("<a>" + "<b/>" * 400_001 + "</a>", "400000 elements"),
    "many attributes": ("<a " + " ".join(f'b{number}=""' for number in range(300)) + "/>", "attributes"),
    "long attribute": (f'<a b="{"x" * 1_100_000}"/>', "attributes"),
    "two roots": ("<a/><b/>", "not well-formed"),
    "cut off": ("<a><b>", "not well-formed"),
    "empty": ("", "not well-formed"),
    "binary": ("\x00\x01", "not well-formed"),
    "unknown encoding": ('<?xml version="1.0" encoding="x-no-such"?><a/>', "encoding|well-formed"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_refuses_in_the_model(name: str) -> None:
    text, why = HOSTILE[name]
    with pytest.raises(BadBundle, match=why) as caught:
        read_flow_bundle(zipped({MODEL: text}, zipfile.ZIP_STORED))
    assert caught.value.where == MODEL


def test_refuses_in_the_parameter_definition() -> None:
    with pytest.raises(BadBundle, match="document type"):
        read_flow_bundle(flow(http("https://a.example"), propdef=LAUGHS))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_reads_the_encodings_that_xml_names(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a n="é"><b>ü</b></a>'
    root = parse_xml(text.encode(encoding), "x")
    assert (root.attributes["n"], root.child_text("b")) == ("é", "ü")


def test_keeps_a_long_text_whole() -> None:
    text = "".join(f"{number} &lt; " for number in range(300_000))
    assert parse_xml(f"<a>{text}</a>".encode(), "x").text == text.replace("&lt;", "<")


def test_drops_namespaces_and_joins_text_around_comments() -> None:
    root = parse_xml(b'<p:a xmlns:p="urn:x" p:k="1"><p:b>one<!-- x --><![CDATA[<two>]]></p:b></p:a>', "x")
    assert (root.tag, root.attributes["k"], root.child_text("b")) == ("a", "1", "one<two>")
