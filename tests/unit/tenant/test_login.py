# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Login, CSRF, roles and tokens of the local tenant."""

from __future__ import annotations

import http.client
import json
import subprocess
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Wire, basic


def _curl(tenant: LocalTenant, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["curl", "-sS", "--cacert", str(tenant.ca_path), *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )


@pytest.mark.parametrize("way", ["basic", "form", "query", "basic-form"])
def test_token_by_every_way_that_clients_use(tenant: LocalTenant, way: str) -> None:
    key = tenant.service_key["oauth"]
    client_id, secret = key["clientid"], key["clientsecret"]
    ways = {
        "basic": ["-X", "POST", "-u", f"{client_id}:{secret}", f"{key['tokenurl']}?grant_type=client_credentials"],
        "form": [
            "-d",
            "grant_type=client_credentials",
            "--data-urlencode",
            f"client_id={client_id}",
            "--data-urlencode",
            f"client_secret={secret}",
            key["tokenurl"],
        ],
        "query": [
            "-X",
            "POST",
            f"{key['tokenurl']}?grant_type=client_credentials&client_id={quote(client_id)}&client_secret={quote(secret)}",
        ],
        "basic-form": ["-u", f"{client_id}:{secret}", "-d", "grant_type=client_credentials", key["tokenurl"]],
    }
    answer = json.loads(_curl(tenant, *ways[way]).stdout)
    assert (answer["token_type"], answer["expires_in"]) == ("bearer", 43199)
    listing = _curl(
        tenant,
        "-H",
        f"Authorization: Bearer {answer['access_token']}",
        "-H",
        "Accept: application/json",
        f"{tenant.url}/api/v1/KeystoreEntries",
    )
    assert len(json.loads(listing.stdout)["d"]["results"]) == 14
    written = (tenant.directory / "journal.jsonl").read_text()
    assert secret not in written
    assert answer["access_token"] not in written


@pytest.mark.parametrize(("form", "error"), [(False, "unauthorized"), (True, "invalid_client")])
def test_wrong_secret_is_refused_in_the_words_of_xsuaa(tenant: LocalTenant, form: bool, error: str) -> None:
    client_id = tenant.service_key["oauth"]["clientid"]
    login = (
        ["--data-urlencode", f"client_id={client_id}", "-d", "client_secret=wrong"]
        if form
        else ["-u", f"{client_id}:wrong"]
    )
    done = _curl(tenant, "-w", "%{http_code}", "-d", "grant_type=client_credentials", *login, tenant.token_url)
    assert done.stdout.endswith("401")
    assert json.loads(done.stdout[:-3]) == {"error": error, "error_description": "Bad credentials"}


def _files(tenant: LocalTenant, directory: Path) -> tuple[str, list[str]]:
    key = json.loads(tenant.service_key_x509_path.read_text())["oauth"]
    assert "clientsecret" not in key
    (directory / "client.pem").write_text(key["certificate"].replace("\\n", "\n"))
    (directory / "client.key").write_text(key["key"].replace("\\n", "\n"))
    return key["clientid"], ["--cert", str(directory / "client.pem"), "--key", str(directory / "client.key")]


def test_certificate_key_gets_a_token_over_mutual_tls_and_without_the_certificate_none(
    tenant: LocalTenant, tmp_path: Path
) -> None:
    client_id, files = _files(tenant, tmp_path)
    form = ["-d", "grant_type=client_credentials", "--data-urlencode", f"client_id={client_id}", tenant.token_url]
    token = json.loads(_curl(tenant, *files, *form).stdout)["access_token"]
    assert Wire(tenant, authorization=f"Bearer {token}").get("/KeystoreEntries").status == 200
    assert json.loads(_curl(tenant, *form).stdout)["error"] == "invalid_client"


def test_certificate_key_may_call_the_api_itself(tenant: LocalTenant, tmp_path: Path) -> None:
    _unused, files = _files(tenant, tmp_path)
    assert "KeystoreEntry" in _curl(tenant, *files, f"{tenant.url}/api/v1/KeystoreEntries").stdout
    assert _curl(tenant, "-w", "%{http_code}", f"{tenant.url}/api/v1/KeystoreEntries").stdout == "401"


def test_id_and_secret_of_the_key_are_no_basic_login(tenant: LocalTenant) -> None:
    key = tenant.service_key["oauth"]
    assert Wire(tenant, authorization=basic(key["clientid"], key["clientsecret"])).get("/KeystoreEntries").status == 401


def test_token_expires_on_the_clock_of_the_tenant(tenant: LocalTenant, wire: Wire) -> None:
    tenant.clock.advance(43100)
    assert wire.get("/KeystoreEntries").status == 200
    tenant.clock.advance(200)
    assert wire.get("/KeystoreEntries").status == 401


def test_tokens_can_be_invalidated_before_they_expire(tenant: LocalTenant, wire: Wire) -> None:
    tenant.credentials.invalidate_tokens()
    assert wire.get("/KeystoreEntries").status == 401
    assert Wire(tenant).get("/KeystoreEntries").status == 200


def test_a_token_that_somebody_else_signed_is_refused(tenant: LocalTenant, wire: Wire) -> None:
    head, claims, signature = wire.authorization.split(".")
    forged = ("A" if signature[0] != "A" else "B") + signature[1:]
    for token in (f"{head}.{claims}.{forged}", "Bearer nonsense", "Bearer ä.b.c"):
        wire.authorization = token.encode().decode("latin-1")
        assert wire.get("/KeystoreEntries").status == 401


def test_missing_role_gives_403_with_an_empty_body(tenant: LocalTenant) -> None:
    with pytest.raises(ValueError, match="unknown roles: MonitoringDataReader"):
        tenant.create_service_key(roles=["MonitoringDataReader"])
    with pytest.raises(ValueError, match="unknown kind of service key 'x509'"):
        tenant.create_service_key(kind="x509")
    reader = Wire(tenant, tenant.create_service_key(roles=["MonitoringDataRead"]))
    assert reader.get("/KeystoreEntries").status == 200
    refused = reader.import_certificate("root", make_root().der)
    assert (refused.status, refused.body, refused.headers["X-CSRF-Token"]) == (403, b"", None)
    assert "root" not in tenant.entries()
    assert reader.get("/KeystoreResources('system')").status == 403


def _cookies(headers: http.client.HTTPMessage) -> str:
    return "; ".join(value.split(";")[0] for value in headers.get_all("Set-Cookie") or [])


def test_basic_writes_need_token_and_cookie(tenant: LocalTenant) -> None:
    user = Wire(tenant, authorization=basic(tenant.basic_user, tenant.basic_password))
    root = make_root().der
    put = ("PUT", "/CertificateResources('61')/$value?fingerprintVerified=true", root, "application/pkix-cert")
    refused = user.send(*put)
    assert (refused.status, refused.headers["X-CSRF-Token"], refused.text) == (
        403,
        "Required",
        "CSRF token validation failed",
    )
    fetched = user.get("/", **{"X-CSRF-Token": "Fetch"})
    token, cookie = fetched.headers["X-CSRF-Token"], _cookies(fetched.headers)
    assert "Path=/api" in (fetched.headers["Set-Cookie"])
    assert user.send(*put, **{"X-CSRF-Token": token}).status == 403  # without the cookie
    assert user.send(*put, Cookie=cookie).status == 403  # without the token
    assert user.send(*put, **{"X-CSRF-Token": token, "Cookie": cookie}).status == 204
    assert user.entry("a")["LastModifiedBy"] == tenant.basic_user
    tenant.credentials.close_sessions()
    assert user.send(*put, **{"X-CSRF-Token": token, "Cookie": cookie}).headers["X-CSRF-Token"] == "Required"


@pytest.mark.parametrize(
    "target", ["/", "/api/v1", "/api/v1/", "/api/v1/CertificateResources('61')/$value/", "/api/v1/KeystoreResources/"]
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_csrf_token_wherever_clients_fetch_it(tenant: LocalTenant, method: str, target: str) -> None:
    user = Wire(tenant, authorization=basic(tenant.basic_user, tenant.basic_password))
    reply = user.raw(method, target, headers={"X-CSRF-Token": "Fetch"})
    assert reply.headers["X-CSRF-Token"]
    assert "JSESSIONID" in _cookies(reply.headers)
    if method == "HEAD":
        assert (reply.status, reply.body) == (200, b"")


def test_bearer_writes_need_no_csrf_token_and_a_wrong_one_does_no_harm(wire: Wire) -> None:
    assert (
        wire.send(
            "PUT",
            "/CertificateResources('61')/$value?fingerprintVerified=true",
            make_root().der,
            "application/pkix-cert",
            **{"X-CSRF-Token": "wrong"},
        ).status
        == 204
    )


def test_x509_key_and_secret_files_are_for_the_owner_alone(tenant: LocalTenant) -> None:
    for file in tenant.directory.iterdir():
        secret = file.name not in ("ca.pem", "journal.jsonl")
        assert file.stat().st_mode & 0o077 == 0 or not secret, file
    assert urlsplit(tenant.url).hostname == "127.0.0.1"
