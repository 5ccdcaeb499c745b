# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each way to log in works, from options and from the environment, and none of them leaks."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.integration.wire import fetch_token
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant


def _flat(key: dict[str, Any]) -> dict[str, Any]:
    return dict(key["oauth"])


def _options(tenant: LocalTenant, way: str, tmp_path: Path) -> dict[str, Any]:
    oauth = tenant.service_key["oauth"]
    flat_file = tmp_path / "flat.json"
    flat_file.write_text(json.dumps(_flat(tenant.service_key_x509)))
    ways: dict[str, dict[str, Any]] = {
        "a mapping": {"service_key": tenant.service_key},
        "a flat mapping": {"service_key": _flat(tenant.service_key)},
        "a JSON text": {"service_key": json.dumps(tenant.service_key)},
        "a path": {"service_key": str(tenant.service_key_path)},
        "X.509": {"service_key": tenant.service_key_x509},
        "X.509 in a flat file": {"service_key": str(flat_file)},
        "explicit": {
            "tenant_url": oauth["url"],
            "token_url": oauth["tokenurl"],
            "client_id": oauth["clientid"],
            "client_secret": oauth["clientsecret"],
        },
        "basic": {"tenant_url": tenant.url, "username": tenant.basic_user, "password": tenant.basic_password},
        "access token": {"tenant_url": f"{tenant.url}/api/v1/", "access_token": fetch_token(tenant)},
    }
    return ways[way]


WAYS = [
    "a mapping",
    "a flat mapping",
    "a JSON text",
    "a path",
    "X.509",
    "X.509 in a flat file",
    "explicit",
    "basic",
    "access token",
]


def _wanted(root: Credential) -> dict[str, Any]:
    return {"certificate_content": root.pem, "fingerprint_sha256": root.fingerprint_sha256, "alias": "new_root"}


@pytest.mark.parametrize("given", ["as options", "in the environment"])
@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_log_in(
    tenant: LocalTenant,
    new_root: Credential,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    way: str,
    given: str,
) -> None:
    options = {**_options(tenant, way, tmp_path), "ca_path": str(tenant.ca_path)}
    if given == "in the environment":
        for name, value in options.items():
            monkeypatch.setenv(f"SAP_CI_{name.upper()}", value if isinstance(value, str) else json.dumps(value))
        options = {}
    seen = call(tenant, "trusted_root", {**_wanted(new_root), **options}, log_in=False)
    assert not seen.result.get("failed"), seen.result["msg"]
    assert seen.result["changed"] is True
    assert "new_root" in fingerprints(tenant)
    needs_token = way not in ("basic", "access token")
    assert seen.tokens == (1 if needs_token else 0)
    # Basic needs a CSRF token before it writes; with a bearer token none is fetched.
    assert len(seen.requests) == (4 if way == "basic" else 3), seen.requests
    assert seen.connections == ({"api": 1, "token": 1} if needs_token else {"api": 1})
    users = {entry["user"] for entry in tenant.journal if entry["listener"] == "api"}
    assert len(users) == 1


def test_options_come_before_the_environment(tenant: LocalTenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SAP_CI_SERVICE_KEY", "/nonexistent/key.json")
    seen = call(tenant, "keystore_info", {"service_key": str(tenant.service_key_path), "ca_path": str(tenant.ca_path)})
    assert seen.result.get("msg") is None


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"service_key": "/nonexistent/key.json"}, "/nonexistent/key.json"),
        ({"service_key": "{not json"}, "JSON"),
        ({"service_key": {"oauth": {"clientid": "only"}}}, "service"),
        ({"service_key": None, "tenant_url": "https://t.example"}, "access_token"),
        ({"service_key": None, "tenant_url": "http://t.example", "access_token": "planted-token"}, "https"),
        ({"service_key": None, "tenant_url": None}, "service_key"),
        ({"service_key": {}, "tenant_url": "https://t.example", "username": "u"}, "password"),
    ],
)
def test_a_login_that_is_incomplete_says_what_is_missing(
    tenant: LocalTenant, options: dict[str, Any], says: str
) -> None:
    refused = call(tenant, "keystore_info", {"ca_path": str(tenant.ca_path), **options})
    assert refused.kind == "BadConnectionOptions"
    assert says in refused.message
    assert (refused.requests, refused.tokens) == ([], 0)


def test_netrc_is_not_read(tenant: LocalTenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / ".netrc"
    netrc.write_text(f"machine 127.0.0.1 login {tenant.basic_user} password {tenant.basic_password}\n")
    os.chmod(netrc, 0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(netrc))
    options = {"tenant_url": tenant.url, "access_token": "no-such-token", "ca_path": str(tenant.ca_path)}
    refused = call(tenant, "keystore_info", options)
    assert refused.kind == "LoginRefused"
    assert {entry["user"] for entry in tenant.journal} == {None}


def test_a_directory_of_ca_certificates_will_do(tenant: LocalTenant, tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_bytes(tenant.ca_path.read_bytes())
    options = {"service_key": tenant.service_key, "ca_path": str(tmp_path)}
    assert call(tenant, "keystore_info", options).result.get("msg") is None


@pytest.mark.parametrize("way", ["a path", "a JSON text", "basic"])
def test_a_tenant_that_repeats_a_secret_in_its_answer(tenant: LocalTenant, tmp_path: Path, way: str) -> None:
    """``call`` looks for the secrets in every result; here the tenant brings them there."""
    secret = tenant.basic_password if way == "basic" else tenant.service_key["oauth"]["clientsecret"]
    tenant.faults.add("status", path="/api/.*", status=400, body="odata", text=f"said: {secret}")
    seen = call(tenant, "keystore_info", {**_options(tenant, way, tmp_path), "ca_path": str(tenant.ca_path)})
    assert "It answered: said: " in seen.message
