# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client, given each documented answer."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.auth import authenticator
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.client import Client
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import AccessToken
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import (
    BadAlias,
    Nonsense,
    NotFound,
    NotPermitted,
    NotTrusted,
    Refused,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.integration_flows import (
    IntegrationFlows,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.key_pair import NewKeyPair
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.keystore import Keystore
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.message_logs import (
    MessageLogs,
    is_tls_failure,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.secret import Secret
from ansible_collections.certops.sap_cloud_integration.tests.contract import documented
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.tenant.doubles import (
    FakeClock,
    ScriptedTransport,
    answer,
    json_answer,
)

API = "https://t.example/api/v1"
PLANTED = "planted-Secret-4711"
MOMENT = datetime(2026, 10, 4, 10, 0, tzinfo=timezone.utc)


def client_on(*script: Any) -> tuple[Client, ScriptedTransport, FakeClock]:
    transport, clock = ScriptedTransport(*script), FakeClock()
    login = authenticator(AccessToken(Secret("t")), transport, clock)
    return Client(API, transport, login, clock, lock_timeout=60, jitter=lambda: 0.0), transport, clock


def keystore_on(*script: Any) -> tuple[Keystore, ScriptedTransport]:
    client, transport, _unused = client_on(*script)
    return Keystore(client), transport


def flows_on(*script: Any) -> tuple[IntegrationFlows, ScriptedTransport]:
    client, transport, clock = client_on(*script)
    return IntegrationFlows(client, clock), transport


def logs_on(*script: Any) -> tuple[MessageLogs, ScriptedTransport]:
    client, transport, _unused = client_on(*script)
    return MessageLogs(client), transport


def sent(transport: ScriptedTransport) -> list[str]:
    return [f"{seen.method} {seen.target.removeprefix(API)}" for seen in transport.seen]


# --- keystore, reading


def test_the_listing() -> None:
    keystore, transport = keystore_on(json_answer(documented.ENTRIES))
    key_pair, certificate = keystore.entries()
    # No $select, no $format: a tenant answers 400 to them (observed)
    assert sent(transport) == ["GET /KeystoreEntries"]
    assert key_pair.to_result() == {
        "alias": "123",
        "type": "key_pair",
        "owner": "tenant_administrator",
        "subject": "CN=sandbox.api.sap.com, OU=Hana Cloud Integration, O=SAP, C=DE",
        "issuer": "CN=sandbox.api.sap.com, O=SAP, L=Walldorf, C=DE",
        "serial_number": "11F11",
        "not_before": "2017-06-06T07:08:44Z",
        "not_after": "2019-06-06T07:08:44Z",
        "fingerprint_sha256": "84:2d:b8:16:...:b4:07",
        "key_type": "RSA",
        "key_size": 2048,
        "elliptic_curve": None,
        "signature_algorithm": "SHA256withRSA",
        "validity": None,
        "last_modified_by": "Tester",
        "last_modified_at": "2019-03-11T09:25:24.222Z",
        "created_by": "Tester",
        "created_at": "2019-03-11T09:25:24.222Z",
        "original_alias": None,
        "active_from": None,
        "active_until": None,
    }
    assert (certificate.type, certificate.owner, certificate.serial_number) == (
        "certificate",
        "sap",
        "401AC46421B31321030EBBE4121AC511",
    )


def test_the_other_keystores() -> None:
    keystore, transport = keystore_on(json_answer(documented.HISTORY), *[json_answer(documented.ENTRIES)] * 2)
    [entry] = keystore.entries("history")
    assert (entry.alias, entry.original_alias) == ("[2]_sap_test", "sap_test")
    assert entry.to_result()["active_until"] == "2019-03-08T12:44:33.142Z"
    keystore.entries("backup")
    keystore.entries("renewal")
    assert sent(transport) == [
        "GET /HistoryKeystoreEntries",
        "GET /KeystoreEntries?keystoreName=backup_admin_system",
        "GET /KeystoreEntries?keystoreName=KeyRenewal",
    ]


def test_a_backup_that_was_never_made_is_empty() -> None:
    keystore, _unused = keystore_on(json_answer(documented.NOT_FOUND, 404), json_answer(documented.NOT_FOUND, 404))
    assert keystore.entries("backup") == ()
    with pytest.raises(NotFound):
        keystore.entries()


def test_one_entry_or_none() -> None:
    entity = {"d": documented.ENTRIES["d"]["results"][0]}
    keystore, transport = keystore_on(json_answer(entity), json_answer(documented.NOT_FOUND, 404))
    found = keystore.entry("123")
    assert found is not None
    assert found.alias == "123"
    assert keystore.entry("ä; b") is None
    assert sent(transport) == ["GET /KeystoreEntries('313233')", "GET /KeystoreEntries('C3A43B2062')"]


def test_types_and_owners_of_other_entries() -> None:
    entities = [{"Alias": "id_rsa", "Type": "SSH Key"}, {"Alias": "b", "SerialNumber": "0x0A", "Owner": None}]
    keystore, _unused = keystore_on(json_answer({"d": {"results": entities}}))
    ssh_key, bare = keystore.entries()
    assert (ssh_key.type, ssh_key.fingerprint_sha256) == ("ssh_key", "")
    assert (bare.type, bare.owner, bare.serial_number) == ("certificate", "tenant_administrator", "A")


def test_entries_without_an_alias_are_nonsense() -> None:
    keystore, _unused = keystore_on(json_answer({"d": {"results": [{"Hexalias": "61"}]}}))
    with pytest.raises(Nonsense, match="no alias"):
        keystore.entries()


def test_the_chain_listing_is_turned_leaf_first() -> None:
    keystore, transport = keystore_on(json_answer(documented.CHAIN_CERTIFICATES))
    assert keystore.chain_fingerprints("a") == (
        "cf:36:b4:8f:...:3a:51",
        "8f:ac:57:64:...:63:9b",
        "cb:3c:cb:b7:...:cb:5f",
    )
    assert sent(transport) == ["GET /KeystoreEntries('61')/ChainCertificates"]


def test_a_signing_request_in_any_clothes() -> None:
    der = b"\x30\x82" + b"x" * 60
    body = base64.b64encode(der).decode()
    pem = f"-----BEGIN CERTIFICATE REQUEST-----\n{body[:64]}\n{body[64:]}\n-----END CERTIFICATE REQUEST-----\n"
    keystore, _unused = keystore_on(
        answer(200, pem), answer(200, der), answer(200, body), answer(200, "<html>"), answer(200)
    )
    assert [keystore.signing_request("a") for _unused in range(3)] == [pem] * 3
    for _unused in range(2):
        with pytest.raises(Nonsense, match="no signing request"):
            keystore.signing_request("a")


@pytest.mark.parametrize("body", ["<html>", "", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"])
def test_a_certificate_that_is_none(body: str) -> None:
    keystore, _unused = keystore_on(answer(200, body), answer(200, body))
    for read in (keystore.certificate, keystore.chain):
        with pytest.raises(Nonsense, match=r"^a: The tenant answered with something that is no certificate"):
            read("a")


def test_a_certificate_as_large_as_a_tenant_takes() -> None:
    names = [f"host-{number:04}.{'x' * 40}.example" for number in range(150)]
    large = issue(make_root(), "large", hosts=names)
    assert 8000 < len(large.der) < 10240 < len(large.pem)
    keystore, _unused = keystore_on(answer(200, large.pem))
    assert keystore.certificate("a").der == large.der


def test_a_chain_is_put_in_order_whatever_the_order_it_comes_in() -> None:
    root = make_root()
    intermediate = issue(root, "Intermediate", ca=True)
    leaf = issue(intermediate, "leaf")
    for order in ([root, intermediate, leaf], [intermediate, root, leaf], [leaf, intermediate, root]):
        keystore, transport = keystore_on(answer(200, "".join(one.pem for one in order)))
        assert [one.der for one in keystore.chain("a")] == [leaf.der, intermediate.der, root.der]
        assert sent(transport) == ["GET /KeystoreEntries('61')/ChainResource/$value"]
    # A self-signed certificate beside the chain leaves two candidates; then the entry's own certificate decides.
    stray = make_root("Stray")
    body = "".join(one.pem for one in (stray, root, leaf, intermediate))
    keystore, _unused = keystore_on(answer(200, body), answer(200, leaf.pem))
    assert [one.der for one in keystore.chain("a")] == [leaf.der, intermediate.der, root.der, stray.der]


# --- keystore, writing


def flags(**values: str) -> str:
    return "&".join(f"{name}={value}" for name, value in values.items())


def test_requests_of_writes() -> None:
    keystore, transport = keystore_on(*[answer(204)] * 9)
    keystore.import_certificate("a", b"\x30DER", replace=False)
    keystore.import_certificate("a", b"\x30DER", replace=True, fingerprint_verified=False)
    keystore.install_chain("a", b"PEM")
    assert keystore.delete("a")
    keystore.delete_many(["Company A; B", "Company \\ C \\"])
    keystore.rename("a", "b c&d")
    keystore.generate_key_pair("a", NewKeyPair("cn", "DE", key_type="EC", curve="secp256r1", not_after=MOMENT))
    keystore.import_key_pair("a", b"p12", Secret(PLANTED), replace=False)
    keystore.backup()
    assert sent(transport) == [
        "PUT /CertificateResources('61')/$value?fingerprintVerified=true&update=false&returnKeystoreEntries=false",
        "PUT /CertificateResources('61')/$value?fingerprintVerified=false&update=true&returnKeystoreEntries=false",
        "PUT /CertificateChainResources('61')/$value?fingerprintVerified=true&returnKeystoreEntries=false",
        "DELETE /KeystoreEntries('61')?returnKeystoreEntries=false",
        "PUT /KeystoreResources('system')?deleteEntries=true&returnKeystoreEntries=false",
        "PUT /KeystoreEntries('61')?renameAlias=b%20c%26d&returnHexAlias=false&returnKeystoreEntries=false",
        "POST /KeyPairGenerationRequests?returnKeystoreEntries=false",
        "POST /KeyPairResources?fingerprintVerified=true&update=false&returnKeystoreEntries=false",
        "POST /KeystoreResources?returnKeystoreEntries=false",
    ]
    bodies = [seen.body for seen in transport.seen]
    assert base64.b64decode(bodies[0]) == b"\x30DER"
    assert bodies[4:6] == [b'{"Aliases": "Company A\\\\; B;Company \\\\\\\\ C \\\\\\\\"}', b'{"Status": null}']
    assert bodies[6] == (
        b'{"Hexalias": "00", "Alias": "a", "KeyType": "EC", "KeyAlgorithmParameter": "secp256r1", '
        b'"ValidNotAfter": "/Date(1791108000000)/", "CommonName": "cn", "Country": "DE"}'
    )
    assert bodies[8] == b'{"Name": "backup_admin_system"}'
    types = [seen.header("Content-Type") for seen in transport.seen]
    assert types[:4] == ["application/pkix-cert", "application/pkix-cert", "application/pkix-cert", None]
    assert set(types[4:]) == {"application/json;charset=utf-8"}


WRITES: list[Callable[[Keystore], Any]] = [
    lambda keystore: keystore.import_certificate("sap_x", b"", replace=False),
    lambda keystore: keystore.install_chain("SAP_x", b""),
    lambda keystore: keystore.delete("hcicertificate"),
    lambda keystore: keystore.delete_many(["a", "sap_x"]),
    lambda keystore: keystore.rename("a", "sap_x"),
    lambda keystore: keystore.rename("sap_x", "a"),
    lambda keystore: keystore.generate_key_pair("sap_x", NewKeyPair("cn", "DE")),
    lambda keystore: keystore.import_key_pair("x" * 251, b"", Secret("p"), replace=False),
]


@pytest.mark.parametrize("write", WRITES)
def test_a_bad_alias_is_refused_before_anything_is_sent(write: Callable[[Keystore], Any]) -> None:
    keystore, transport = keystore_on()
    with pytest.raises(BadAlias):
        write(keystore)
    assert transport.seen == []


@pytest.mark.parametrize("body", [documented.EXISTS_OBSERVED, documented.EXISTS_SPECIFIED])
def test_an_alias_that_exists(body: dict[str, Any]) -> None:
    keystore, _unused = keystore_on(json_answer(body, 400))
    with pytest.raises(Refused, match="already exists") as caught:
        keystore.import_certificate("a", b"", replace=False)
    assert (caught.value.status, caught.value.where) == (400, "a")


@pytest.mark.parametrize(
    "body", [documented.NOT_IMPORTED, {"error": {"code": "Conflict", "message": {"lang": "en", "value": "x"}}}]
)
def test_a_certificate_without_a_trust_path(body: dict[str, Any]) -> None:
    keystore, transport = keystore_on(json_answer(body, 409))
    with pytest.raises(NotTrusted, match="no trust path"):
        keystore.import_certificate("a", b"", replace=False, fingerprint_verified=False)
    assert len(transport.seen) == 1


def test_the_unwrapped_403() -> None:
    keystore, _unused = keystore_on(json_answer(documented.FORBIDDEN, 403))
    with pytest.raises(NotPermitted, match="SecurityMaterialEdit"):
        keystore.import_certificate("a", b"", replace=False)


@pytest.mark.parametrize("body", [documented.CHAIN_FOR_ANOTHER_KEY, documented.NOT_A_KEY_PAIR])
def test_a_chain_that_does_not_fit(body: dict[str, Any]) -> None:
    keystore, _unused = keystore_on(json_answer(body, 400))
    with pytest.raises(Refused) as caught:
        keystore.install_chain("a", b"")
    assert caught.value.text == body["error"]["message"]["value"]


def test_a_tenant_that_does_not_delete_single_entries() -> None:
    entity = json_answer({"d": documented.ENTRIES["d"]["results"][0]})
    for status in (404, 405, 501):
        keystore, transport = keystore_on(answer(status), entity, answer(204))
        assert keystore.delete("123")
        assert [line.split("?")[0] for line in sent(transport)] == [
            "DELETE /KeystoreEntries('313233')",
            "GET /KeystoreEntries('313233')",
            "PUT /KeystoreResources('system')",
        ]
        assert transport.seen[2].body == b'{"Aliases": "123"}'


def test_deleting_what_is_gone() -> None:
    keystore, transport = keystore_on(json_answer(documented.NOT_FOUND, 404), json_answer(documented.NOT_FOUND, 404))
    assert not keystore.delete("a")
    assert len(transport.seen) == 2


def test_a_refused_deletion_is_not_tried_another_way() -> None:
    for status, problem in ((403, NotPermitted), (400, Refused)):
        keystore, transport = keystore_on(json_answer(documented.FORBIDDEN, status))
        with pytest.raises(problem):
            keystore.delete("a")
        assert len(transport.seen) == 1


def test_restore_import_and_export() -> None:
    outcome = {"d": {"results": [{**documented.ENTRIES["d"]["results"][0], "Status": "notImported: reason"}]}}
    export = json_answer({"d": {"Name": "system", "Resource": "zs7OzgAA", "Password": None, "Aliases": None}})
    keystore, transport = keystore_on(json_answer(outcome), json_answer(outcome), export, json_answer({"d": {}}))
    assert [entry.status for entry in keystore.restore(replace=True)] == ["notImported: reason"]
    [entry] = keystore.import_keystore(b"jks", Secret(PLANTED), option="merge")
    assert entry.status == "notImported: reason"
    assert keystore.public_export() == b"\xce\xce\xce\xce\x00\x00"
    with pytest.raises(Nonsense, match="without content"):
        keystore.public_export()
    assert sent(transport)[:3] == [
        (
            "PUT /KeystoreResources('system')?retrieveBackup=backup_admin_system&importOption=replace"
            "&returnKeystoreEntries=true"
        ),
        "POST /KeystoreResources?importOption=merge&returnKeystoreEntries=true",
        "GET /KeystoreResources('system')",
    ]
    assert transport.seen[0].body == b'{"Resource": null}'


# --- flows


def test_deployed_flows_are_told_from_other_artifacts() -> None:
    flows, transport = flows_on(json_answer(documented.DEPLOYED_FLOWS))
    started, failed = flows.deployed()
    assert sent(transport) == ["GET /IntegrationRuntimeArtifacts"]
    assert started.is_started
    assert failed.has_failed
    assert started.to_result() == {
        "id": "IntegrationFlow_MessageStore_COMPLETED_PROCESSING",
        "name": "Integration Flow with MessageStore - COMPLETED PROCESSING",
        "version": "1.0.0",
        "status": "STARTED",
        "deployed_by": "Tester",
        "deployed_on": "2018-03-19T12:45:57.739Z",
    }


@pytest.mark.parametrize("status", [404, 400, 500])
def test_a_flow_that_is_not_deployed(status: int) -> None:
    flows, transport = flows_on(json_answer(documented.NOT_DEPLOYED_OBSERVED, status))
    assert flows.one("x y") is None
    assert sent(transport) == ["GET /IntegrationRuntimeArtifacts('x%20y')"]


@pytest.mark.parametrize(
    ("body", "task"),
    [
        (documented.TASK, documented.TASK),
        (f'"{documented.TASK}"\n', documented.TASK),
        (f'{{"d":{{"DeployIntegrationDesigntimeArtifact":"{documented.TASK}"}}}}', documented.TASK),
        ("", ""),
        ("<html>no</html>", ""),
    ],
)
def test_deploying(body: str, task: str) -> None:
    flows, transport = flows_on(answer(202, body))
    assert flows.deploy("It's") == task
    assert sent(transport) == ["POST /DeployIntegrationDesigntimeArtifact?Id='It''s'&Version='active'"]
    assert transport.seen[0].body == b""


def test_the_state_of_a_deployment() -> None:
    flows, transport = flows_on(json_answer(documented.BUILD_STATUS), answer(404))
    assert flows.build_status(documented.TASK) == "SUCCESS"
    assert flows.build_status(documented.TASK) is None
    assert sent(transport)[0] == f"GET /BuildAndDeployStatus(TaskId='{documented.TASK}')"


def test_error_information() -> None:
    flows, _unused = flows_on(answer(200, documented.ERROR_INFORMATION), answer(204), answer(404))
    assert [flows.error_text("f") for _unused in range(3)] == ["Validation of the artifact failed", None, None]


def test_undeploying() -> None:
    flows, transport = flows_on(answer(202), answer(404))
    flows.undeploy("f")
    flows.undeploy("f")
    assert sent(transport) == ["DELETE /IntegrationRuntimeArtifacts('f')"] * 2


def test_design_time() -> None:
    draft = {"d": {**documented.DESIGN_TIME_FLOW["d"], "Version": "Active", "ModifiedAt": ""}}
    flows, transport = flows_on(json_answer(documented.DESIGN_TIME_FLOW), json_answer(draft), answer(404))
    flow = flows.design_time("f")
    assert flow is not None
    assert (flow.version, flow.package_id, flow.is_draft) == ("1.0.5", "PackageforAdapterTest", False)
    assert flow.modified_at == datetime(2018, 3, 19, 12, 45, 57, 739000, tzinfo=timezone.utc)
    flow = flows.design_time("f")
    assert flow is not None
    assert (flow.is_draft, flow.modified_at) == (True, None)
    assert flows.design_time("f") is None
    assert sent(transport)[0] == "GET /IntegrationDesigntimeArtifacts(Id='f',Version='active')"


# --- message processing logs


def test_failures_in_one_question() -> None:
    logs, transport = logs_on(json_answer(documented.MESSAGE_LOGS), answer(200, "boom"), answer(200, "17"))
    [failure] = logs.failures(["a", "b'c"], MOMENT)
    assert sent(transport)[0] == (
        "GET /MessageProcessingLogs?$filter=(IntegrationArtifact/Id%20eq%20'a'%20or%20IntegrationArtifact/Id%20eq%20"
        "'b''c')%20and%20(Status%20eq%20'FAILED'%20or%20Status%20eq%20'RETRY'%20or%20Status%20eq%20'ESCALATED')"
        "%20and%20LogEnd%20ge%20datetime'2026-10-04T10:00:00.000'&$orderby=LogEnd%20desc&$top=1000"
    )
    assert sent(transport)[1] == "GET /MessageProcessingLogs('AFq478Bblxi4wCjBcDb_G0vAGGZG')/ErrorInformation/$value"
    assert failure.to_result() == {
        "message_guid": "AFq478Bblxi4wCjBcDb_G0vAGGZG",
        "flow_id": "IntegrationFlow_AdapterData_FAILED_PROCESSING",
        "status": "FAILED",
        "ended_at": "2018-03-26T13:04:00.200Z",
        "text": "boom",
        "is_tls": False,
    }
    assert logs.completed_count("a", MOMENT) == 17
    assert "Status%20eq%20'COMPLETED'" in sent(transport)[2]


def test_texts_are_asked_for_only_so_many() -> None:
    logs, transport = logs_on(json_answer(documented.MESSAGE_LOGS))
    [failure] = logs.failures("a", MOMENT, texts=0)
    assert (failure.text, failure.is_tls) == (None, None)
    assert len(transport.seen) == 1


def test_the_newest_completed_message() -> None:
    newest = {"d": {"results": [{"MessageGuid": "x", "Status": "COMPLETED", "LogEnd": "/Date(1522069440200)/"}]}}
    logs, transport = logs_on(json_answer(newest), json_answer({"d": {"results": []}}))
    assert logs.last_completed("a", MOMENT) == datetime(2018, 3, 26, 13, 4, 0, 200000, tzinfo=timezone.utc)
    assert sent(transport) == [
        (
            "GET /MessageProcessingLogs?$filter=IntegrationArtifact/Id%20eq%20'a'%20and%20Status%20eq%20'COMPLETED'"
            "%20and%20LogEnd%20ge%20datetime'2026-10-04T10:00:00.000'&$orderby=LogEnd%20desc&$top=1"
        )
    ]
    assert logs.last_completed("a", MOMENT) is None


def test_a_count_that_is_none() -> None:
    logs, _unused = logs_on(answer(200, "<html>"))
    with pytest.raises(Nonsense, match="no number"):
        logs.completed_count("a", MOMENT)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # SAP Note 2354153
        (
            (
                "javax.net.ssl.SSLHandshakeException: PKIX path building failed: "
                "sun.security.provider.certpath.SunCertPathBuilderException: "
                "unable to find valid certification path to requested target"
            ),
            True,
        ),
        ("Received fatal alert: unknown_ca", True),
        ("iaik.security.ssl.SSLCertificateException: Peer certificate rejected by ChainVerifier", True),
        ("javax.mail.MessagingException: Could not convert socket to TLS", True),
        ("HTTP operation failed invoking https://x with statusCode: 500", False),
        ("java.net.ConnectException: Connection refused", False),
        ("", False),
    ],
)
def test_texts_about_tls(text: str, expected: bool) -> None:
    assert is_tls_failure(text) is expected
