# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keystore aliases anywhere in a flow, and what looks like one but names a credential."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.matching import uses_alias
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    channel,
    flow,
    http,
    step,
)

URL = "https://a.example"
NAMED = [
    (http(URL, privateKeyAlias="k"), "client_key", "HTTP receiver channel 'To Orders'"),
    (channel("HCIOData", "OData V2", odataCertAuthPrivateKeyAlias="k"), "client_key", "HCIOData receiver"),
    (channel("XI", "XI", ClientCertificateAlias="k"), "client_key", "XI receiver"),
    (channel("SOAP", "SOAP 1.x", PrivateKeyAliasSigning_wsdl="k"), "signing", "SOAP receiver"),
    (channel("SOAP", "SOAP 1.x", PublicKeyAliasEncryption="k"), "encryption", "SOAP receiver"),
    (channel("SOAP", "SOAP 1.x", direction="Sender", PrivateKeyAliasResponseSigning="k"), "signing", "SOAP sender"),
    (channel("AS2", "AS2", publicKeyAliasForMDNVerification="k"), "verification", "AS2 receiver"),
    (channel("AS2", "AS2", direction="Sender", privateKeyAliasForDecryption="k"), "decryption", "AS2 sender"),
    (channel("AS2", "AS2", direction="Sender", publicKeyRootAliasForVerification="k"), "verification", "AS2 sender"),
    (channel("AS2", "AS2", direction="Sender", mdnPrivateKeyAlias="k"), "signing", "AS2 sender"),
    (channel("AS4", "ebMS3", direction="Sender", whateverKeyAlias="k"), "client_key", "AS4 sender"),
    (channel("AdvancedEventMesh", "SMF", trustStoreAlias="k"), "trust", "AdvancedEventMesh receiver"),
    (channel("SFTP", "File", privateKeyAlias="k"), "client_key", "SFTP receiver"),
    (channel("Custom", "x", oauthPrivateKeyAlias="k"), "client_key", "Custom receiver"),
    (channel("Custom", "x", userCertificateAlias="k"), "client_key", "Custom receiver"),
    (channel("Mail", **{"encrypt.smime.keys": "<row><cell>k</cell></row>"}), "encryption", "Mail receiver"),
    (step("SimpleSignMessage", privateKeyAlias="k"), "signing", "step 'Sign' (SimpleSignMessage)"),
    (step("XMLDigitalVerifyMessage", publicKeyAlias="k"), "verification", "step 'Sign'"),
    (step("Decryptor", privateKeyAliases="<row><cell id='Alias'>k</cell></row>"), "key", "step 'Sign'"),
]


@pytest.mark.parametrize(("element", "role", "where"), NAMED)
def test_named(element: str, role: str, where: str) -> None:
    bundle = read_flow_bundle(flow(element))
    (found,) = (reference for reference in bundle.aliases if reference.alias)
    assert (found.alias, found.kind, found.role) == ("k", "literal", role)
    assert found.where.startswith(where)
    assert uses_alias(bundle, "k").verdict == "yes"
    assert uses_alias(bundle, "other").verdict == "no"


@pytest.mark.parametrize(
    "element",
    [
        channel("HCIOData", "OData V2", alias="k"),
        channel("SuccessFactors", "OData V2", alias="k"),
        channel("JDBC", "JDBC", alias="k"),
        channel("AS2", "AS2", userCredentialAlias="k"),
        channel("ServiceNow", "x", clientIdAlias="k", clientSecretAlias="k"),
        channel("OpenConnectors", "REST", openConnectorAlias="k"),
        channel("Mail", user="k", proxyAlias="k"),
        http(URL, credentialName="k"),
        step("PgpEncrypt", signerKeyAlias="k"),
    ],
)
def test_credentials_are_no_keystore_aliases(element: str) -> None:
    bundle = read_flow_bundle(flow(element))
    assert bundle.aliases == ()
    assert uses_alias(bundle, "k").verdict == "no"


@pytest.mark.parametrize(
    ("written", "kind", "text"),
    [
        ("${header.cert}", "dynamic", "decided at run time by ${header.cert}"),
        ("pd:Partner_A:SigningKey", "partner_directory", "Partner Directory"),
        ("{{Nowhere}}", "unresolved", "has no value for {{Nowhere}}"),
        ("<Your alias>", "placeholder", "placeholder"),
    ],
)
def test_not_literal_is_unknown(written: str, kind: str, text: str) -> None:
    bundle = read_flow_bundle(flow(http(URL, privateKeyAlias=written)))
    assert [reference.kind for reference in bundle.aliases] == [kind]
    answer = uses_alias(bundle, "k")
    assert answer.verdict == "unknown"
    assert text in answer.reasons[0]


@pytest.mark.parametrize("method", ["Client Certificate", "ClientCertificate", "client certificate"])
def test_a_client_certificate_without_alias_is_picked_by_the_runtime(method: str) -> None:
    bundle = read_flow_bundle(flow(http(URL, authenticationMethod=method, privateKeyAlias="")))
    assert uses_alias(bundle, "k").verdict == "unknown"
    basic = read_flow_bundle(flow(http(URL, authenticationMethod="Basic", privateKeyAlias="")))
    assert uses_alias(basic, "k").verdict == "no"


@pytest.mark.parametrize("method", ["{{Nowhere}}", "${property.method}"])
def test_a_method_that_is_not_known_may_be_any(method: str) -> None:
    bundle = read_flow_bundle(flow(http(URL, authenticationMethod=method, privateKeyAlias="")))
    assert [reference.kind for reference in bundle.aliases] == ["chosen_at_run_time", "in_credential"]
    assert uses_alias(bundle, "k").verdict == "unknown"


@pytest.mark.parametrize("method", ["OAuth2 SAML Bearer Assertion", "OAuth2SAMLBearer"])
def test_a_saml_assertion_is_signed_with_a_key_that_the_credential_names(method: str) -> None:
    bundle = read_flow_bundle(flow(channel("SuccessFactors", "OData V2", authenticationMethod=method, alias="c")))
    answer = uses_alias(bundle, "k")
    assert (answer.verdict, "SAML assertion" in answer.reasons[0]) == ("unknown", True)
    sender = read_flow_bundle(flow(channel("SOAP", "SOAP 1.x", direction="Sender", authentication=method)))
    assert uses_alias(sender, "k").verdict == "no"


def test_case_makes_another_alias_but_not_for_certain() -> None:
    bundle = read_flow_bundle(flow(http(URL, privateKeyAlias="Client_Key")))
    assert uses_alias(bundle, "client_key").verdict == "unknown"


def test_yes_goes_before_unknown() -> None:
    bundle = read_flow_bundle(
        flow(http(URL, privateKeyAlias="${header.x}"), step("SimpleSignMessage", privateKeyAlias="k"))
    )
    answer = uses_alias(bundle, "k")
    assert (answer.verdict, len(answer.reasons)) == ("yes", 1)


def test_the_same_text_where_a_key_may_be_named_is_unknown() -> None:
    assert uses_alias(read_flow_bundle(flow(channel("Custom", "x", clientCertificate="k"))), "k").verdict == "unknown"
    assert uses_alias(read_flow_bundle(flow(channel("Custom", "x", alias="k"))), "k").verdict == "unknown"
    assert uses_alias(read_flow_bundle(flow(channel("Custom", "x", subject="k"))), "k").verdict == "no"
    missing = {"privateKey": "{{Nowhere}}", "scheduleKey": "<row/>"}
    assert uses_alias(read_flow_bundle(flow(channel("RabbitMQ", "x", **missing))), "k").verdict == "unknown"
    assert uses_alias(read_flow_bundle(flow(channel("SFTP", "x", scheduleKey="{{Nowhere}}"))), "k").verdict == "no"


SCRIPT = "src/main/resources/script/sign.groovy"


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        ("ITApiFactory.getService(KeystoreService.class, null).getKey('k')", "yes"),
        ("ITApiFactory.getService(KeystoreService.class, null).getKey(message.getProperty('alias'))", "unknown"),
        ("println 'k'", "no"),
    ],
)
def test_scripts_that_read_the_keystore(text: str, verdict: str) -> None:
    assert uses_alias(read_flow_bundle(flow(step("Script"), files={SCRIPT: text})), "k").verdict == verdict
