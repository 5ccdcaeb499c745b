# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles that the local tenant writes, looked at with other eyes: unzip, the JDK's rules, the XML itself."""

from __future__ import annotations

import io
import subprocess
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.tenant.adapters import ADAPTERS
from ansible_collections.certops.sap_cloud_integration.tests.tenant.bundles import (
    ChannelSpec,
    UnreadableBundle,
    read_bundle,
    with_parameters,
    write_bundle,
)
from ansible_collections.certops.sap_cloud_integration.tests.tenant.java_properties import (
    read_properties,
    write_properties,
)
from hypothesis import given
from hypothesis import strategies as st

STAMP = datetime(2026, 2, 3, 4, 5, 6)
PARAMETERS = {"Proxy Type": "sapcc", "Host <ERP>": "erp.example:443", " lead": "  two", "empty": "", "ä": "ö\n€😀\\"}


def bundle(**changes: Any) -> bytes:
    settings: dict[str, Any] = {"channels": [ChannelSpec(address="https://{{Host <ERP>}}/a?b&c")], "runs_once": True}
    settings |= changes
    return write_bundle("com.example.Order_Flow", "Order & Co", "1.0.2", parameters=PARAMETERS, stamp=STAMP, **settings)


def file(data: bytes, ending: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return archive.read(next(name for name in archive.namelist() if name.endswith(ending)))


def test_what_is_written_is_read() -> None:
    content = read_bundle(bundle())
    assert (content.id, content.name, content.version) == ("com.example.Order_Flow", "Order & Co", "1.0.2")
    assert content.parameters == PARAMETERS
    assert content.runs_once
    assert content.channels[0]["httpAddressWithoutQuery"] == "https://{{Host <ERP>}}/a?b&c"


def test_unzip_finds_no_fault(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(bundle())
    assert (
        subprocess.run(
            ["python3", "-m", "zipfile", "-t", f"{tmp_path}/x.zip"], capture_output=True, check=False
        ).returncode
        == 0
    )


def test_the_layout_of_a_published_flow() -> None:
    with zipfile.ZipFile(io.BytesIO(bundle())) as archive:
        names = set(archive.namelist())
    assert names == {
        "META-INF/MANIFEST.MF",
        ".project",
        "metainfo.prop",
        "src/main/resources/scenarioflows/integrationflow/Order & Co.iflw",
        "src/main/resources/parameters.prop",
        "src/main/resources/parameters.propdef",
    }


def test_manifest_lines_are_at_most_72_bytes() -> None:
    lines = file(bundle(), "MANIFEST.MF").split(b"\n")
    assert max(len(line) + 1 for line in lines) == 72
    assert any(line.startswith(b" ") for line in lines)
    assert b"Bundle-SymbolicName: com.example.Order_Flow; singleton:=true\r" in lines


def test_the_spelling_of_the_model() -> None:
    model = file(bundle(), ".iflw")
    root = ElementTree.fromstring(model)
    assert root.tag == "{http://www.omg.org/spec/BPMN/20100524/MODEL}definitions"
    assert b'xmlns:ifl="http:///com.sap.ifl.model/Ifl.xsd"' in model
    assert b'ifl:type="EndpointRecevier"' in model
    assert b"<key>privateKeyAlias</key><value/>" in model
    assert b"&lt;row&gt;&lt;cell&gt;schedule1&lt;/cell&gt;&lt;cell&gt;fireNow=true&lt;/cell&gt;&lt;/row&gt;" in model
    assert b"fireNow" not in file(bundle(runs_once=False), ".iflw")


def test_the_definitions_name_the_referring_attribute() -> None:
    root = ElementTree.fromstring(file(bundle(), "parameters.propdef"))
    assert [item.text for item in root.iter("name")] == list(PARAMETERS)
    (reference,) = root.iter("reference")
    assert reference.get("param_key") == "Host <ERP>"
    assert str(reference.get("attribute_id")).endswith(
        "direction::Receiver/version::1.15.0/attrId::httpAddressWithoutQuery"
    )


def test_java_escapes() -> None:
    written = file(bundle(), "parameters.prop").decode("ascii").split("\n")
    assert written[:6] == [
        "#Tue Feb 03 04:05:06 UTC 2026",
        "Proxy\\ Type=sapcc",
        "Host\\ <ERP>=erp.example\\:443",
        "\\ lead=\\ \\ two",
        "empty=",
        "\\u00E4=\\u00F6\\n\\u20AC\\uD83D\\uDE00\\\\",
    ]


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_any_property_survives(values: dict[str, str]) -> None:
    assert read_properties(write_properties(values, STAMP)) == values


def test_foreign_property_files() -> None:
    text = b"! comment\n  a : 1\\\n   2\nb\tx y \nc\n\n d==\n#e=1\nf=\\q\n"
    assert read_properties(text) == {"a": "12", "b": "x y ", "c": "", "d": "=", "f": "q"}


def test_other_parameters_change_nothing_else() -> None:
    changed = with_parameters(bundle(), {"a": "b"}, STAMP)
    assert read_bundle(changed).parameters == {"a": "b"}
    assert file(changed, ".iflw") == file(bundle(), ".iflw")
    assert with_parameters(b"no zip", {"a": "b"}, STAMP) == b"no zip"


def test_every_adapter_keeps_its_address_and_alias() -> None:
    channels = [
        ChannelSpec(name, f"https://h/{number}", private_key_alias="key") for number, name in enumerate(ADAPTERS)
    ]
    for (name, adapter), read in zip(ADAPTERS.items(), read_bundle(bundle(channels=channels)).channels, strict=True):
        assert read[adapter.address] == f"https://h/{list(ADAPTERS).index(name)}"
        assert (read["ComponentType"], read["MessageProtocol"]) == (adapter.component, adapter.protocol)
        if adapter.key_alias:
            assert read[adapter.key_alias] == "key"


@pytest.mark.parametrize("data", [b"", b"no zip", b"PK\x03\x04 broken"])
def test_what_cannot_be_read(data: bytes) -> None:
    with pytest.raises(UnreadableBundle):
        read_bundle(data)


def test_a_zip_without_a_flow_and_a_broken_flow() -> None:
    for content, said in ((None, "holds no integration flow"), (b"<a>", "is no XML")):
        written = io.BytesIO()
        with zipfile.ZipFile(written, "w") as archive:
            if content is not None:
                archive.writestr("x.iflw", content)
        with pytest.raises(UnreadableBundle, match=said):
            read_bundle(written.getvalue())
