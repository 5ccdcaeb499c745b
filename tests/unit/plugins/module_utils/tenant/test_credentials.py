# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Credentials: every form of a service key, and a sentence for every mistake."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import (
    AccessToken,
    ClientCertificate,
    ClientSecret,
    UserPassword,
    read_credentials,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import BadConnectionOptions
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.secret import Secret
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root

PLANTED = "planted-Secret-4711"
HOST = "https://t.it-cpi001.cfapps.eu10.hana.ondemand.com"
TOKEN_URL = "https://t.authentication.eu10.hana.ondemand.com/oauth/token"
# SAP Help "Service Key Types", with values of our own
KEY = {
    "oauth": {
        "clientid": "sb-1!b2|it!b3",
        "clientsecret": PLANTED,
        "url": HOST,
        "tokenurl": TOKEN_URL,
        "createdate": "x",
    }
}


def certificate_key() -> dict[str, Any]:
    client = issue(make_root(), "sb-client")
    return {
        "oauth": {
            "clientid": "sb-1",
            "certificate": client.chain_pem.replace("\n", "\\n"),
            "key": client.key_pem.replace("\n", "\\n"),
            "url": HOST,
            "tokenurl": TOKEN_URL,
            "certificatedetails": {
                "issuerdn": "x",
                "subjectdn": "y",
                "validuntil": "2027-06-24T12:56:52.000Z",
                "serialnumber": "0x1",
            },
        }
    }


@pytest.mark.parametrize("wrap", ["oauth", "flat", "command line"])
@pytest.mark.parametrize("form", ["mapping", "text", "path", "path with a byte order mark"])
def test_a_service_key_in_every_form(tmp_path: Path, wrap: str, form: str) -> None:
    fields: Any = {"oauth": KEY, "flat": KEY["oauth"], "command line": {"credentials": KEY}}[wrap]
    given: Any = fields
    if form == "text":
        given = json.dumps(fields, indent=2)
    elif form != "mapping":
        path = tmp_path / "key.json"
        path.write_text(json.dumps(fields), encoding="utf-8-sig" if "mark" in form else "utf-8")
        given = str(path)
    found = read_credentials({"service_key": given, "tenant_url": None, "username": ""})
    assert found.api_url == f"{HOST}/api/v1"
    assert isinstance(found.login, ClientSecret)
    assert (found.login.token_url, found.login.client_id) == (TOKEN_URL, "sb-1!b2|it!b3")
    assert found.login.client_secret.reveal() == PLANTED


def test_a_service_key_with_a_certificate() -> None:
    login = read_credentials({"service_key": certificate_key()}).login
    assert isinstance(login, ClientCertificate)
    assert login.certificate.startswith("-----BEGIN CERTIFICATE-----\nMII")
    assert "\\n" not in login.private_key.reveal()


@pytest.mark.parametrize("url", [HOST, f"{HOST}/", f"{HOST}/api/v1", f"{HOST}/api/v1/", f" {HOST} "])
def test_the_address_with_or_without_path(url: str) -> None:
    found = read_credentials({"tenant_url": url, "username": "u", "password": PLANTED})
    assert found.api_url == f"{HOST}/api/v1"
    assert isinstance(found.login, UserPassword)


def test_explicit_logins() -> None:
    client = read_credentials(
        {"tenant_url": HOST, "token_url": "https://a.example", "client_id": "c", "client_secret": PLANTED}
    ).login
    assert isinstance(client, ClientSecret)
    assert client.token_url == "https://a.example/oauth/token"
    token = read_credentials({"tenant_url": f"{HOST}:8443", "access_token": f" {PLANTED}\n"})
    assert token.api_url == f"{HOST}:8443/api/v1"
    assert isinstance(token.login, AccessToken)
    assert token.login.token.reveal() == PLANTED


def without(name: str, fields: dict[str, Any] | None = None) -> dict[str, Any]:
    return {key: value for key, value in (fields or KEY["oauth"]).items() if key != name}


CERTIFICATE = {
    **without("clientsecret"),
    "certificate": "-----BEGIN CERTIFICATE-----\\nx",
    "key": f"-----BEGIN PRIVATE KEY-----{PLANTED}",
}
BAD: list[tuple[dict[str, Any], str]] = [
    ({}, "Nothing says which tenant"),
    ({"service_key": KEY, "tenant_url": HOST, "access_token": PLANTED}, "together with tenant_url and access_token"),
    ({"service_key": f"{{'oauth': {{'clientsecret': '{PLANTED}'}}}}"}, "printed into a text"),
    ({"service_key": f'{{"oauth": {{"clientsecret": "{PLANTED}"'}, "not valid JSON"),
    ({"service_key": "[1]"}, "no mapping but list"),
    ({"service_key": 7}, "no mapping but int"),
    ({"service_key": "/nowhere/key.json"}, "/nowhere/key.json: .* cannot be read .No such file"),
    ({"service_key": "/"}, "Is a directory"),
    ({"service_key": f"{PLANTED}\0"}, "cannot be read"),
    ({"service_key": {"oauth": without("clientid")}}, "no field clientid"),
    ({"service_key": {"oauth": without("clientsecret")}}, "no field clientsecret"),
    ({"service_key": {"oauth": without("url")}}, "no field url"),
    ({"service_key": without("tokenurl")}, "no field tokenurl"),
    ({"service_key": {**KEY["oauth"], "clientid": 5}}, "clientid of the service key is no text"),
    ({"service_key": {**KEY["oauth"], "url": "http://t.example"}}, "url of the service key begins with http://"),
    ({"service_key": without("key", CERTIFICATE)}, "no field key.*Add the private key"),
    ({"service_key": without("certificate", CERTIFICATE)}, "no field certificate"),
    ({"service_key": {**CERTIFICATE, "certificate": PLANTED}}, "certificate of the service key is not in PEM"),
    ({"service_key": {**CERTIFICATE, "key": PLANTED}}, "key of the service key is not in PEM"),
    ({"service_key": {**CERTIFICATE, "key": "-----BEGIN ENCRYPTED PRIVATE KEY-----"}}, "encrypted private key"),
    ({"tenant_url": HOST}, "nothing to log in with"),
    ({"access_token": PLANTED}, "tenant_url is missing beside access_token"),
    ({"tenant_url": HOST, "client_id": "c", "client_secret": PLANTED}, "token_url is missing beside client_id"),
    ({"tenant_url": HOST, "client_id": "c"}, "token_url and client_secret are missing beside client_id"),
    ({"tenant_url": HOST, "username": "u"}, "password is missing beside username"),
    ({"tenant_url": HOST, "password": PLANTED}, "username is missing beside password"),
    ({"tenant_url": HOST, "username": "u", "password": "p", "access_token": "t"}, "password and access_token"),
    ({"tenant_url": HOST, "username": "u:v", "password": PLANTED}, "colon"),
    ({"tenant_url": HOST, "access_token": f"{PLANTED}\r\nX: y"}, "access_token holds characters"),
    ({"tenant_url": 5, "access_token": PLANTED}, "tenant_url is no text but int"),
    ({"tenant_url": "t.example", "access_token": PLANTED}, "does not begin with https://"),
    ({"tenant_url": "http://t.example", "access_token": PLANTED}, "t.example: tenant_url begins with http://"),
    ({"tenant_url": "https://", "access_token": PLANTED}, "no valid host"),
    ({"tenant_url": "https://t.example:99999", "access_token": PLANTED}, "is no address"),
    ({"tenant_url": f"https://u:{PLANTED}@t.example", "access_token": PLANTED}, "holds a user name or password"),
    ({"tenant_url": "https://t.example/shell/home", "access_token": PLANTED}, "path /shell/home, which is not"),
    ({"tenant_url": HOST, "token_url": "http://a.x", "client_id": "c", "client_secret": "s"}, "token_url begins with http://"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "sentence"), BAD)
def test_every_mistake_has_its_sentence_and_no_secret(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadConnectionOptions, match=sentence) as caught:
        read_credentials(options)
    assert PLANTED not in f"{caught.value} {caught.value!r} {caught.value.to_result()}"
    assert caught.value.remedy
    assert caught.value.__context__ is None or caught.value.__suppress_context__


def test_a_file_that_is_too_large_or_no_text(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b" " * 70000)
    with pytest.raises(BadConnectionOptions, match="more than 65536 bytes"):
        read_credentials({"service_key": str(path)})
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(BadConnectionOptions, match="UTF-8"):
        read_credentials({"service_key": str(path)})


def test_secrets_do_not_print() -> None:
    secret = Secret(PLANTED)
    credentials = read_credentials({"service_key": KEY})
    assert PLANTED not in f"{secret} {secret!r} {secret:>20} {[secret]} {credentials} {credentials!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)
    with pytest.raises(TypeError):
        copy.deepcopy(secret)
    with pytest.raises(TypeError):
        json.dumps(secret)
    assert not hasattr(secret, "__dict__")
