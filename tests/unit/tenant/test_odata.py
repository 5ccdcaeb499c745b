# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The OData surface: encodings, addresses, query options, errors, metadata."""

from __future__ import annotations

import email.utils
import json
import subprocess
import xml.etree.ElementTree as ET
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Wire, entry_path

ATOM = "{http://www.w3.org/2005/Atom}"
D = "{http://schemas.microsoft.com/ado/2007/08/dataservices}"
M = "{http://schemas.microsoft.com/ado/2007/08/dataservices/metadata}"
EDM = "{http://schemas.microsoft.com/ado/2008/09/edm}"


def test_json_entity_has_the_shape_of_odata_v2(tenant: LocalTenant, wire: Wire) -> None:
    root = make_root("Röck & Co")
    tenant.seed_certificate("räck", root.der)
    entry = wire.entry("räck")
    uri = f"{tenant.url}/api/v1/KeystoreEntries('72C3A4636B')"
    assert entry["__metadata"] == {"id": uri, "uri": uri, "type": "com.sap.hci.api.KeystoreEntry"}
    assert entry["Alias"] == "räck"
    assert entry["ChainCertificates"] == {"__deferred": {"uri": f"{uri}/ChainCertificates"}}
    assert entry["ValidNotAfter"] == f"/Date({int(root.certificate.not_valid_after_utc.timestamp())}000)/"
    assert entry["FingerprintSha256"] == root.fingerprint_sha256.upper()
    assert entry["SerialNumber"] == f"0x{root.certificate.serial_number:X}"
    assert set(entry) >= {
        "FingerprintSha1",
        "FingerprintSha512",
        "Owner",
        "Type",
        "CreatedBy",
        "CreatedTime",
        "Status",
        "EllipticCurve",
        "Validity",
    }


def test_atom_is_the_default_and_says_the_same(tenant: LocalTenant, wire: Wire) -> None:
    tenant.seed_certificate("a<b>&'c", make_root("x").der)
    reply = wire.raw("GET", "/api/v1" + entry_path("a<b>&'c"), headers={"Accept": "*/*"})
    assert reply.headers["Content-Type"].startswith("application/atom+xml")
    document = ET.fromstring(reply.body)
    properties = document.find(f"{ATOM}content/{M}properties")
    assert properties is not None
    said = wire.entry("a<b>&'c")
    for name in ("Alias", "FingerprintSha256", "SubjectDN", "Status"):
        assert properties.findtext(D + name) == said[name]
    attributes = {element.tag: element.attrib for element in properties}
    assert attributes[D + "Validity"][M + "null"] == "true"
    assert attributes[D + "KeySize"][M + "type"] == "Edm.Int32"
    moment = datetime.fromisoformat(properties.findtext(D + "ValidNotAfter", "").replace("Z", "+00:00"))
    assert f"/Date({int(moment.timestamp())}000)/" == said["ValidNotAfter"]
    feed = ET.fromstring(wire.raw("GET", "/api/v1/KeystoreEntries").body)
    assert len(feed.findall(f"{ATOM}entry")) == 15


@pytest.mark.parametrize(
    "option",
    ["$select=Alias", "$top=1", "$format=json", "$expand=Certificate", "$filter=Alias%20eq%20'a'", "$orderby=Alias"],
)
def test_keystore_entries_refuse_query_options(wire: Wire, option: str) -> None:
    assert wire.get(f"/KeystoreEntries?{option}").status == 400
    assert wire.get(f"/KeystoreEntries?keystoreName=system&{option}").status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/KeystoreEntries('726F6F74')",
        "/KeystoreEntries('726f6f74')",
        "/KeystoreEntries%28%27726F6F74%27%29",
        "/KeystoreEntries(Hexalias='726F6F74')",
        "/KeystoreEntries('726F6F74')?keystoreName=system",
    ],
)
def test_every_way_to_write_a_key(tenant: LocalTenant, wire: Wire, path: str) -> None:
    tenant.seed_certificate("root", make_root().der)
    assert wire.get(path).data["Hexalias"] == "726F6F74"


@pytest.mark.parametrize(
    ("path", "status", "text"),
    [
        ("/KeystoreEntries('ABC')", 500, "hexBinary needs to be even-length: ABC"),
        ("/KeystoreEntries('ABC')/Certificate/$value", 500, "hexBinary needs to be even-length: ABC"),
        ("/KeystoreEntries('6E6F')", 404, "Alias 'no' not found in the keystore"),
        ("/KeystoreEntries('6E6F')/Certificate/$value", 404, "Alias 'no' not found in the keystore"),
        ("/Nonsense('x')", 404, "Could not find an entity set or function import for 'Nonsense'"),
        (
            "/CertificateSigningRequests",
            404,
            "Could not find an entity set or function import for 'CertificateSigningRequests'",
        ),
        ("/Keystores('other')/Size/$value", 400, "Keystore name 'other' is invalid."),
        ("/KeystoreResources('other')", 400, "Keystore name 'other' is invalid."),
        ("/KeystoreEntries?keystoreName=other", 400, "Keystore name 'other' is invalid."),
    ],
)
def test_refusals_in_json_and_in_xml(wire: Wire, path: str, status: int, text: str) -> None:
    reply = wire.get(path)
    assert (reply.status, reply.error) == (status, text)
    assert json.loads(reply.body)["error"]["message"]["lang"] == "en"
    in_xml = wire.raw("GET", f"/api/v1{path}")
    assert (in_xml.status, ET.fromstring(in_xml.body).findtext(f"{M}message")) == (status, text)


def test_chain_resources_cannot_be_listed_and_patch_is_not_implemented(wire: Wire) -> None:
    assert wire.get("/CertificateChainResources").status == 400
    assert wire.send("PATCH", "/KeystoreEntries('61')", {}).status == 501


def test_metadata_names_base_types_keys_and_every_end_of_every_association(wire: Wire) -> None:
    schema = ET.fromstring(wire.raw("GET", "/api/v1/$metadata").body).find(f".//{EDM}Schema")
    assert schema is not None
    types = {node.get("Name"): node for node in schema.findall(f"{EDM}EntityType")}
    bases = {name: (node.get("BaseType") or "").rpartition(".")[2] for name, node in types.items()}
    assert (bases["KeystoreEntry"], bases["KeystoreEntryCertificatePart"]) == (
        "KeystoreEntryCertificatePart",
        "KeystoreEntryCertificatePartBase",
    )
    assert bases["KeystoreEntryCertificatePartBase"] == "KeystoreEntryAlias"
    associations = {node.get("Name"): {end.get("Role") for end in node} for node in schema.findall(f"{EDM}Association")}
    for node in types.values():
        assert (node.find(f"{EDM}Key") is not None) != bool(node.get("BaseType"))
        for link in node.findall(f"{EDM}NavigationProperty"):
            assert {link.get("FromRole"), link.get("ToRole")} == associations[
                (link.get("Relationship") or "").rpartition(".")[2]
            ]
    sets = {
        node.get("Name"): (node.get("EntityType") or "").rpartition(".")[2] for node in schema.iter(f"{EDM}EntitySet")
    }
    assert set(sets.values()) <= set(types)
    properties: set[str | None] = set()
    kind = "KeystoreEntry"
    while kind:
        properties |= {node.get("Name") for node in types[kind].findall(f"{EDM}Property")} | {
            node.get("Name") for node in types[kind].findall(f"{EDM}NavigationProperty")
        }
        kind = bases[kind]
    assert properties == set(wire.get("/KeystoreEntries").results[0]) - {"__metadata"}


LANDSCAPE = {
    "flows": [
        {
            "id": "orders",
            "channels": [{"adapter": "HTTP", "address": "https://{{Host}}/x"}],
            "parameters": {"Host": "none.invalid"},
        },
    ]
}


def test_metadata_declares_all_that_the_tenant_answers() -> None:
    with LocalTenant(LANDSCAPE) as tenant:
        wire = Wire(tenant)
        assert wire.generate("keys").status == 204
        schema = ET.fromstring(wire.raw("GET", "/api/v1/$metadata").body).find(f".//{EDM}Schema")
        assert schema is not None
        types = {node.get("Name"): node for node in schema.findall(f"{EDM}EntityType")}
        flow = "/IntegrationDesigntimeArtifacts(Id='orders',Version='active')"
        task = wire.send("POST", "/DeployIntegrationDesigntimeArtifact?Id='orders'&Version='active'").text
        listings = [
            "/KeystoreEntries",
            entry_path("keys", "/ChainCertificates"),
            "/IntegrationPackages",
            "/IntegrationRuntimeArtifacts",
            "/IntegrationPackages('landscape')/IntegrationDesigntimeArtifacts",
            f"{flow}/Configurations",
        ]
        answers = [wire.get(path).results[0] for path in listings]
        answers += [
            wire.get(path).data
            for path in (
                "/Keystores('system')",
                "/KeystoreResources('system')",
                flow,
                f"/BuildAndDeployStatus(TaskId='{task}')",
            )
        ]
        for answer in answers:
            kind = answer["__metadata"]["type"].rpartition(".")[2]
            declared: set[str | None] = set()
            while kind:
                node = types[kind]
                declared |= {
                    child.get("Name") for child in node if child.tag in (f"{EDM}Property", f"{EDM}NavigationProperty")
                }
                kind = (node.get("BaseType") or "").rpartition(".")[2]
            assert set(answer) - {"__metadata"} <= declared, answer["__metadata"]


def test_service_document_lists_25_sets_and_none_of_the_keystore(wire: Wire) -> None:
    listed = wire.get("/").data["EntitySets"]
    assert len(listed) == len(set(listed)) == 25
    assert not [name for name in listed if "Keystore" in name or "Runtime" in name]


def test_bodies_in_chunks_and_after_100_continue_by_curl(tenant: LocalTenant, wire: Wire, tmp_path: Path) -> None:
    file = tmp_path / "root.der"
    file.write_bytes(make_root().der)
    target = f"{tenant.url}/api/v1{entry_path('root', '/$value', 'CertificateResources')}?fingerprintVerified=true"
    common = ["curl", "-sS", "--http1.1", "--cacert", str(tenant.ca_path), "-H", f"Authorization: {wire.authorization}"]
    put = [
        *common,
        "-w",
        "%{http_code}",
        "-X",
        "PUT",
        "-H",
        "Content-Type: application/pkix-cert",
        "--data-binary",
        f"@{file}",
    ]
    for extra, status in (("Transfer-Encoding: chunked", "204"), ("Expect: 100-continue", "400")):
        done = subprocess.run(
            [*put, "-H", extra, "-o", str(tmp_path / "answer"), target],
            capture_output=True,
            text=True,
            check=True,
            timeout=30,
        )
        assert done.stdout == status, (tmp_path / "answer").read_text()
    assert "root" in tenant.entries()
    reset = [*common, f"{tenant.url}/api/v1/KeystoreEntries", f"{tenant.url}/api/v1/Keystores('system')"]
    subprocess.run([*reset, "-o", "/dev/null", "-o", "/dev/null"], check=True, timeout=30)
    assert tenant.journal[-1]["connection"] == tenant.journal[-2]["connection"]


def test_date_header_is_the_clock_of_the_tenant(tenant: LocalTenant, wire: Wire) -> None:
    tenant.clock.advance(7200)
    said = email.utils.parsedate_to_datetime(wire.get("/KeystoreEntries").headers["Date"])
    assert abs((said - tenant.clock.now()).total_seconds()) < 2
    assert (said - datetime.now(timezone.utc)).total_seconds() > 7000


def test_keystore_with_its_entries(wire: Wire) -> None:
    assert wire.get("/Keystores('system')/Size/$value").text == "14"
    found = wire.get("/Keystores('system')?$expand=Entries&$select=Name,Size,Entries").data
    assert set(found) == {"__metadata", "Name", "Size", "Entries"}
    assert (found["Size"], len(found["Entries"]["results"])) == (14, 14)
    assert wire.get("/Keystores('system')").data["Entries"] == {
        "__deferred": {"uri": wire.get("/Keystores('system')").data["__metadata"]["uri"] + "/Entries"}
    }
    assert wire.get("/Keystores('system')?$select=Nothing").status == 400
