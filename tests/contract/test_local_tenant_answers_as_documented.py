# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local tenant, asked without our client, held against the same documented answers."""

from __future__ import annotations

import base64
import http.client
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.contract import documented
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

# What each property of a keystore entry looks like in the specification's example and in a tenant's metadata
FORMATS = {
    "Hexalias": r"([0-9A-F]{2})+",
    "ValidNotBefore": r"/Date\(-?\d+\)/",
    "ValidNotAfter": r"/Date\(-?\d+\)/",
    "SerialNumber": r"0x[1-9A-F][0-9A-F]*",
    "FingerprintSha1": r"[0-9A-F]{2}(:[0-9A-F]{2}){19}",
    "FingerprintSha256": r"[0-9A-F]{2}(:[0-9A-F]{2}){31}",
    "FingerprintSha512": r"[0-9A-F]{2}(:[0-9A-F]{2}){63}",
    "Type": r"Key Pair|Certificate",
    "Owner": r"Tenant Administrator|SAP",
    "KeyType": r"RSA|DSA|EC",
    "LastModifiedTime": r"/Date\(\d+\)/",
    "CreatedTime": r"/Date\(\d+\)/",
    "Status": r"unchanged",
}
ROOT = make_root("Contract Root", key=rsa_key())


class Api:
    """Requests with a bearer token and nothing else."""

    def __init__(self, tenant: LocalTenant) -> None:
        self._connection = http.client.HTTPSConnection(urlsplit(tenant.url).netloc, context=tenant.client_context())
        key = tenant.service_key["oauth"]
        token = http.client.HTTPSConnection(urlsplit(tenant.token_url).netloc, context=tenant.client_context())
        user = base64.b64encode(f"{key['clientid']}:{key['clientsecret']}".encode()).decode()
        token.request("POST", "/oauth/token?grant_type=client_credentials", headers={"Authorization": f"Basic {user}"})
        self._token = json.loads(token.getresponse().read())["access_token"]
        token.close()

    def __call__(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any]:
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        all_headers = {"Accept": "application/json", "Authorization": f"Bearer {self._token}", **given}
        self._connection.request(method, f"/api/v1/{quote(path, safe='/?&=()$,;:%')}", body, all_headers)
        answer = self._connection.getresponse()
        content = answer.read()
        is_json = "json" in (answer.headers.get("Content-Type") or "")
        return answer.status, json.loads(content) if is_json and content else content.decode()

    def put_certificate(self, alias: str, der: bytes, **options: str) -> tuple[int, Any]:
        query = "&".join(f"{name}={value}" for name, value in options.items())
        path = f"CertificateResources('{alias.encode().hex()}')/$value?{query}"
        return self("PUT", path, base64.b64encode(der), Content_Type="application/pkix-cert")


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    landscape = {"flows": [{"id": "orders", "name": "Orders"}], "options": {}}
    with LocalTenant(landscape) as tenant:
        yield tenant
        assert tenant.errors == []


@pytest.fixture
def api(tenant: LocalTenant) -> Api:
    return Api(tenant)


def names(entity: Mapping[str, Any]) -> set[str]:
    return {name for name, value in entity.items() if name != "__metadata" and not isinstance(value, dict)}


def message(answer: Any) -> str:
    assert set(answer) == {"error"}
    assert set(answer["error"]) == {"code", "message"}
    assert answer["error"]["message"]["lang"] == "en"
    return str(answer["error"]["message"]["value"])


def test_every_entry_looks_as_specified(api: Api) -> None:
    status, answer = api("GET", "KeystoreEntries")
    assert status == 200
    entries = answer["d"]["results"]
    # A fresh tenant holds entries of SAP (observed)
    assert any(entry["Owner"] == "SAP" for entry in entries)
    for entry in entries:
        assert names(entry) == names(documented.ENTRIES["d"]["results"][0])
        assert bytes.fromhex(entry["Hexalias"]).decode() == entry["Alias"]
        for name, pattern in FORMATS.items():
            assert re.fullmatch(pattern, entry[name]), (name, entry[name])


@pytest.mark.parametrize("option", ["$select=Alias", "$format=json", "$top=1", "$expand=Certificate"])
def test_listings_refuse_what_a_tenant_was_seen_to_refuse(api: Api, option: str) -> None:
    assert api("GET", f"KeystoreEntries?{option}")[0] == 400


def test_an_alias_that_is_not_there(api: Api) -> None:
    status, answer = api("GET", "KeystoreEntries('6E6F')")
    assert status == 404
    assert answer["error"]["code"] == documented.NOT_FOUND["error"]["code"]
    assert message(answer) == message(documented.NOT_FOUND).replace("<alias>", "no")


def test_the_life_of_a_certificate(api: Api) -> None:
    other = make_root("Other Root")
    # 409 with the entity first, as nobody compared the fingerprint (observed)
    status, answer = api.put_certificate("life", ROOT.der, fingerprintVerified="false", update="false")
    assert (status, answer["d"]["Status"]) == (409, "notImported")
    assert names(answer["d"]) == names(documented.NOT_IMPORTED["d"])
    # 400 for update=true before it exists (specified), 204 without a body when it is confirmed (observed)
    assert api.put_certificate("life", ROOT.der, fingerprintVerified="true", update="true")[0] == 400
    assert api.put_certificate("life", ROOT.der, fingerprintVerified="true", update="false") == (204, "")
    for verified in ("true", "false"):
        status, answer = api.put_certificate("life", other.der, fingerprintVerified=verified, update="false")
        assert status == 400
        assert message(answer) == message(documented.EXISTS_OBSERVED).replace("<alias>", "life")
    assert api.put_certificate("life", other.der, fingerprintVerified="true", update="true")[0] == 204
    fingerprint = api("GET", "KeystoreEntries('6C696665')")[1]["d"]["FingerprintSha256"]
    assert fingerprint.lower() == other.fingerprint_sha256
    assert api("DELETE", "KeystoreEntries('6c696665')?returnKeystoreEntries=false") == (204, "")
    assert api("DELETE", "KeystoreEntries('6c696665')")[0] == 404


@pytest.mark.parametrize("alias", ["sap_x", "hcicertificate"])
def test_reserved_aliases(api: Api, alias: str) -> None:
    status, answer = api.put_certificate(alias, ROOT.der, fingerprintVerified="true", update="false")
    assert (status, answer) in [(403, documented.FORBIDDEN), (403, "")]


def test_a_certificate_that_is_too_large(api: Api) -> None:
    assert api.put_certificate("big", b"x" * 20000, fingerprintVerified="true", update="false")[0] == 413


def test_mass_deletion_escapes_and_forgives(tenant: LocalTenant, api: Api) -> None:
    for alias in ("Company A; B", "Company \\ C \\", "kept"):
        tenant.seed_certificate(alias, ROOT.der)
    # SecurityContent.json, PUT /KeystoreResources('system'): the two aliases of its example, and one that is not there
    body = json.dumps({"Aliases": "Company A\\; B;Company \\\\ C \\\\;absent"}).encode()
    path = "KeystoreResources('system')?deleteEntries=true&returnKeystoreEntries=false"
    assert api("PUT", path, body, Content_Type="application/json")[0] == 204
    assert {"Company A; B", "Company \\ C \\", "kept"} & set(tenant.entries()) == {"kept"}


def test_a_chain_for_a_key_pair(tenant: LocalTenant, api: Api) -> None:
    leaf = issue(ROOT, "client", key=rsa_key())
    pkcs8 = leaf.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    tenant.seed_key_pair("pair", pkcs8, [leaf.der])
    tenant.seed_certificate("no-pair", ROOT.der)

    def put(alias: str, pem: str) -> tuple[int, Any]:
        path = f"CertificateChainResources('{alias.encode().hex()}')/$value?fingerprintVerified=true"
        return api("PUT", path, pem.encode(), Content_Type="application/pkix-cert")

    status, answer = put("pair", issue(ROOT, "stranger").pem)
    assert (status, message(answer)) == (400, message(documented.CHAIN_FOR_ANOTHER_KEY))
    status, answer = put("no-pair", leaf.pem)
    assert (status, message(answer)) == (400, message(documented.NOT_A_KEY_PAIR).replace("<alias>", "no-pair"))
    assert put("pair", issue(ROOT, "renewed", key=leaf.key).pem + ROOT.pem)[0] in (200, 204)
    chain = api("GET", "KeystoreEntries('70616972')/ChainCertificates")[1]["d"]["results"]
    # The top CA has index 0
    top = next(one for one in chain if one["Index"] == 0)
    assert top["FingerprintSha256"].lower() == ROOT.fingerprint_sha256
    assert names(documented.CHAIN_CERTIFICATES["d"]["results"][0]) <= names(top)
    status, content = api("GET", "KeystoreEntries('70616972')/ChainResource/$value", Accept="*/*")
    assert status == 200
    assert "-----BEGIN PKCS" in content


def test_deployed_flows_look_as_specified(api: Api) -> None:
    for answer in (
        api("GET", "IntegrationRuntimeArtifacts")[1]["d"]["results"][0],
        api("GET", "IntegrationRuntimeArtifacts('orders')")[1]["d"],
    ):
        assert names(answer) >= names(documented.DEPLOYED_FLOWS["d"]["results"][2])
        assert answer["Type"] == "INTEGRATION_FLOW"
        assert re.fullmatch(r"/Date\(\d+\)/", answer["DeployedOn"])


def test_a_deployment_is_asked_for_and_followed(api: Api) -> None:
    status, task = api("POST", "DeployIntegrationDesigntimeArtifact?Id='orders'&Version='active'")
    assert status == 202
    assert re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", task)
    answer = api("GET", f"BuildAndDeployStatus(TaskId='{task}')")[1]
    assert names(answer["d"]) >= names(documented.BUILD_STATUS["d"])
    assert answer["d"]["Status"] in ("DEPLOYING", "SUCCESS")
    assert api("POST", "DeployIntegrationDesigntimeArtifact?Id='absent'&Version='active'")[0] == 404


def test_design_time_looks_as_specified(api: Api) -> None:
    answer = api("GET", "IntegrationDesigntimeArtifacts(Id='orders',Version='active')")[1]["d"]
    assert names(answer) >= names(documented.DESIGN_TIME_FLOW["d"])
