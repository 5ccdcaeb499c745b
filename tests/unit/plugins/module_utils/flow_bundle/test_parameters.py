# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Parameters inside of values: where from, unresolved ones, circles, and growth."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.archive import (
    BadBundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.parameters import (
    Parameter,
    Parameters,
    read_declarations,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.safe_xml import parse_xml

SHIPPED = {
    "Host": "shipped.example",
    "SAP GTS/<Host>": "gts.example",
    "Url": "https://{{Host}}:{{Port}}",
    "Port": "8443",
    "Empty": "",
    "Circle": "{{Round}}",
    "Round": "x{{Circle}}",
    "Broken": "{{Nowhere}}/y",
    "Braces": "a}b",
}

TABLE = [
    ("plain", {}, "plain", (), ()),
    ("{{Host}}", {}, "shipped.example", ("Host",), ()),
    ("{{Host}}", {"Host": "set.example"}, "set.example", ("Host",), ()),
    ("{{Host}}", {"Host": ""}, "", ("Host",), ()),
    ("https://{{SAP GTS/<Host>}}/a?b={{Port}}", {}, "https://gts.example/a?b=8443", ("SAP GTS/<Host>", "Port"), ()),
    ("{{ Host }}", {}, "shipped.example", ("Host",), ()),
    ("{{Url}}/x", {"Host": "set.example"}, "https://set.example:8443/x", ("Url", "Host", "Port"), ()),
    ("{{Nowhere}}/x", {}, "{{Nowhere}}/x", ("Nowhere",), ("Nowhere",)),
    ("{{Broken}}", {}, "{{Nowhere}}/y", ("Broken", "Nowhere"), ("Nowhere",)),
    ("{{Circle}}", {}, "x{{Circle}}", ("Circle", "Round"), ("Circle",)),
    ("{{Round}}", {}, "x{{Round}}", ("Round", "Circle"), ("Round",)),
    ("{{{Port}}", {}, "{8443", ("Port",), ()),
    ("{{}} {{ {a} }} }}", {}, "{{}} {{ {a} }} }}", (), ()),
    ("{{Empty}}", {}, "", ("Empty",), ()),
    ("{{host}}", {}, "{{host}}", ("host",), ("host",)),
]


@pytest.mark.parametrize(("template", "configured", "text", "used", "missing"), TABLE)
def test_resolves(
    template: str, configured: dict[str, str], text: str, used: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    value = Parameters((), SHIPPED, configured).resolve(template)
    assert (value.text, value.parameters, value.missing) == (text, used, missing)


@pytest.mark.parametrize("last", ["x" * 10, "{{missing}}"])
def test_refuses_values_that_grow_without_end(last: str) -> None:
    values = {str(level): f"{{{{{level + 1}}}}}" * 10 for level in range(40)} | {"40": last}
    with pytest.raises(BadBundle, match="absurd size"):
        Parameters((), values).resolve("{{0}}")


def test_answers_do_not_depend_on_what_was_asked_before() -> None:
    parameters = Parameters((), SHIPPED)
    first = [parameters.resolve(f"{{{{{name}}}}}") for name in SHIPPED]
    assert [parameters.resolve(f"{{{{{name}}}}}") for name in SHIPPED] == first
    assert [Parameters((), SHIPPED).resolve(f"{{{{{name}}}}}") for name in SHIPPED] == first


def test_refuses_many_long_values() -> None:
    parameters = Parameters((), {"long": "x" * 1_000_000})
    for _unused in range(33):
        parameters.resolve("{{long}}")
    with pytest.raises(BadBundle, match="absurd size"):
        parameters.resolve("{{long}}")


def test_a_long_row_of_references_has_an_end() -> None:
    values = {str(level): f"{{{{{level + 1}}}}}" for level in range(5000)}
    assert Parameters((), values).resolve("{{0}}").missing == ("50",)


def test_reads_declarations() -> None:
    xml = b"""<parameters>
      <parameter><key/><name>Proxy Type</name><type>xsd:string</type><isRequired>true</isRequired></parameter>
      <parameter><name>Count</name><type>xsd:integer</type></parameter>
      <parameter><name/></parameter>
      <param_references><reference attribute_category="Receiver" attribute_id="HTTP.proxyType" param_key="Proxy Type"/>
      </param_references></parameters>"""
    assert read_declarations(parse_xml(xml, "x")) == (
        Parameter("Proxy Type", "xsd:string", True, ("HTTP.proxyType",)),
        Parameter("Count", "xsd:integer", False, ()),
    )


def test_tells_names_and_sources_but_no_values() -> None:
    parameters = Parameters((Parameter("Url"), Parameter("New")), {"Url": "s3cret", "Old": "s3cret"}, {"Url": "s3cret"})
    result = parameters.to_result()
    assert {str(entry["name"]): entry["source"] for entry in result} == {
        "Url": "configured",
        "Old": "bundle",
        "New": "none",
    }
    assert "s3cret" not in f"{result} {parameters!r}"
