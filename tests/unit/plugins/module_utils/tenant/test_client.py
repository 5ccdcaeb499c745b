# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Patience and clarity: what is repeated, for how long, and the sentence at the end."""

from __future__ import annotations

import json
from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.auth import authenticator
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.client import Client
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import (
    AccessToken,
    ClientCertificate,
    ClientSecret,
    UserPassword,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import (
    KeystoreLocked,
    LoginRefused,
    Nonsense,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.secret import Secret
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.tenant.doubles import (
    FakeClock,
    ScriptedTransport,
    Seen,
    answer,
    json_answer,
)

API = "https://t.example/api/v1"
TOKEN_URL = "https://auth.example/oauth/token"
PLANTED = "planted-Secret-4711"
ENTRY = {"d": {"Alias": "a"}}
TOKEN = json_answer({"access_token": "first-token", "token_type": "bearer", "expires_in": 43199})
SECOND_TOKEN = json_answer({"access_token": "second-token"})


def client_on(
    *script: Any, login: Any = None, lock_timeout: float = 60.0, jitter: float = 0.0
) -> tuple[Client, ScriptedTransport, FakeClock]:
    transport, clock = ScriptedTransport(*script), FakeClock()
    login = login or AccessToken(Secret("given-token"))
    return (
        Client(
            API,
            transport,
            authenticator(login, transport, clock),
            clock,
            lock_timeout=lock_timeout,
            jitter=lambda: jitter,
        ),
        transport,
        clock,
    )


def secret_login() -> ClientSecret:
    return ClientSecret(TOKEN_URL, "sb-1", Secret(PLANTED))


def sent(transport: ScriptedTransport) -> list[str]:
    return [f"{seen.method} {seen.target.removeprefix(API)}" for seen in transport.seen]


def get(client: Client) -> dict[str, Any]:
    return client.get("KeystoreEntries('61')", doing="read the entry", where="a")


def put(client: Client) -> None:
    client.put_media(
        "CertificateResources('61')/$value", b"x", "application/pkix-cert", doing="import the certificate", where="a"
    )


def deploy(client: Client) -> None:
    client.post("DeployIntegrationDesigntimeArtifact", doing="deploy the flow", where="f")


# --- login


def test_one_token_for_many_requests() -> None:
    client, transport, _unused = client_on(TOKEN, *[json_answer(ENTRY)] * 3, login=secret_login())
    for _unused in range(3):
        get(client)
    assert [seen.target for seen in transport.seen] == [TOKEN_URL, *[f"{API}/KeystoreEntries('61')"] * 3]
    token = transport.seen[0]
    assert token.body == b"grant_type=client_credentials"
    assert token.header("Authorization") == "Basic c2ItMTpwbGFudGVkLVNlY3JldC00NzEx"
    assert {seen.header("Authorization") for seen in transport.seen[1:]} == {"Bearer first-token"}
    assert client.requests == 3


def test_nothing_is_sent_before_the_first_question() -> None:
    _unused, transport, _unused = client_on(login=secret_login())
    assert transport.seen == []


def test_a_client_certificate_sends_its_id_and_no_secret() -> None:
    login = ClientCertificate(TOKEN_URL, "sb-1!b2|x", "pem", Secret("key"))
    client, transport, _unused = client_on(TOKEN, json_answer(ENTRY), login=login)
    get(client)
    assert transport.seen[0].body == b"grant_type=client_credentials&client_id=sb-1%21b2%7Cx"
    assert transport.seen[0].header("Authorization") is None


def test_a_401_renews_the_token_once() -> None:
    client, transport, _unused = client_on(TOKEN, answer(401), SECOND_TOKEN, json_answer(ENTRY), login=secret_login())
    assert get(client) == {"Alias": "a"}
    assert [seen.header("Authorization") for seen in transport.seen[1::2]] == [
        "Bearer first-token",
        "Bearer second-token",
    ]


def test_a_second_401_ends_it() -> None:
    client, transport, _unused = client_on(
        TOKEN, answer(401), SECOND_TOKEN, answer(401, "<html>x</html>"), login=secret_login()
    )
    with pytest.raises(LoginRefused, match=r"the client id and client secret.*plan api"):
        get(client)
    assert len(transport.seen) == 4


def test_a_given_token_is_not_renewed() -> None:
    client, transport, _unused = client_on(answer(401))
    with pytest.raises(LoginRefused, match=r"the access token.*expired"):
        get(client)
    assert len(transport.seen) == 1


def test_a_refused_secret_is_named_and_not_shown() -> None:
    body = f'{{"error":"unauthorized","error_description":"Bad credentials {PLANTED}"}}'
    client, transport, _unused = client_on(answer(401, body, Content_Type="application/json"), login=secret_login())
    with pytest.raises(
        LoginRefused, match=r"auth\.example: The token service did not accept the client id.*Bad credentials"
    ) as caught:
        get(client)
    assert PLANTED not in str(caught.value)
    assert len(transport.seen) == 1


@pytest.mark.parametrize(
    "body", [b"", b"<html></html>", b"{}", b'{"access_token": 5}', b'{"access_token": "a\\r\\nb"}', b"[]"]
)
def test_a_token_service_that_gives_no_token(body: bytes) -> None:
    client, _unused, _unused = client_on(answer(200, body), login=secret_login())
    with pytest.raises(Nonsense, match="without a token"):
        get(client)


def test_a_token_service_in_trouble_is_asked_three_times() -> None:
    client, transport, clock = client_on(answer(503), answer(429), TOKEN, json_answer(ENTRY), login=secret_login())
    get(client)
    assert (len(transport.seen), clock.pauses) == (4, [1.0, 2.0])


# --- CSRF


def csrf(token: str) -> Any:
    return json_answer(
        ENTRY,
        X_CSRF_Token=token,
        Set_Cookie=f"JSESSIONID=s-{token}; Path=/api; Secure; HttpOnly\nJTENANTSESSIONID_x=y; Path=/",
    )


def test_basic_fetches_token_and_cookies_before_the_first_write() -> None:
    login = UserPassword("user", Secret(PLANTED))
    client, transport, _unused = client_on(
        json_answer(ENTRY), csrf("T1"), answer(204), answer(204), json_answer(ENTRY), login=login
    )
    get(client), put(client), put(client), get(client)
    assert sent(transport)[:3] == ["GET /KeystoreEntries('61')", "GET /", "PUT /CertificateResources('61')/$value"]
    assert transport.seen[1].header("X-CSRF-Token") == "Fetch"
    assert [seen.header("X-CSRF-Token") for seen in transport.seen[2:]] == ["T1", "T1", None]
    assert {seen.header("Cookie") for seen in transport.seen[2:]} == {"JSESSIONID=s-T1; JTENANTSESSIONID_x=y"}
    assert {seen.header("Authorization") for seen in transport.seen} == {"Basic dXNlcjpwbGFudGVkLVNlY3JldC00NzEx"}


def test_a_stale_csrf_token_is_fetched_anew_once() -> None:
    login = UserPassword("user", Secret(PLANTED))
    stale = answer(403, "CSRF token validation failed", X_CSRF_Token="Required")
    client, transport, _unused = client_on(csrf("T1"), answer(204), stale, csrf("T2"), answer(204), login=login)
    put(client), put(client)
    assert transport.seen[-1].header("X-CSRF-Token") == "T2"
    assert transport.seen[-1].header("Cookie") == "JSESSIONID=s-T2; JTENANTSESSIONID_x=y"


def test_bearer_writes_without_a_csrf_token_until_one_is_required() -> None:
    client, transport, _unused = client_on(answer(204), answer(403, X_CSRF_Token="required"), csrf("T1"), answer(204))
    put(client), put(client)
    assert sent(transport)[2] == "GET /"
    assert [seen.header("X-CSRF-Token") for seen in transport.seen] == [None, None, "Fetch", "T1"]


def test_a_csrf_token_that_is_never_good_ends_it() -> None:
    refused = answer(403, X_CSRF_Token="Required")
    client, _transport, _unused = client_on(refused, csrf("T1"), refused)
    with pytest.raises(NotPermitted):
        put(client)
    client, _unused, _unused = client_on(refused, json_answer(ENTRY))
    with pytest.raises(Nonsense, match="gave none out"):
        put(client)


# --- patience


def test_503_is_waited_out_with_growing_pauses() -> None:
    client, transport, clock = client_on(*[answer(503)] * 4, answer(204), lock_timeout=60)
    put(client)
    assert clock.pauses == [0.5, 1.0, 2.0, 4.0]
    assert transport.repeatable == [False] * 5


@pytest.mark.parametrize("status", [503, 423])
def test_a_lock_that_lasts(status: int) -> None:
    client, _transport, clock = client_on(*[answer(status, reason="Service Unavailable")] * 50, lock_timeout=20)
    with pytest.raises(KeystoreLocked, match=r"a: The keystore stayed locked for 20 seconds.*lock_timeout"):
        put(client)
    assert sum(clock.pauses) == pytest.approx(20)


def test_no_patience_with_a_lock_when_told_so() -> None:
    client, _transport, _unused = client_on(answer(503), lock_timeout=0)
    with pytest.raises(KeystoreLocked):
        put(client)


def test_503_of_something_else_is_no_lock() -> None:
    client, _unused, _unused = client_on(answer(503), lock_timeout=0)
    with pytest.raises(Refused, match="deploy the flow") as caught:
        deploy(client)
    assert caught.value.status == 503


def test_429_waits_as_told() -> None:
    date = "Sat, 21 Nov 2026 12:00:17 GMT"
    client, _unused, clock = client_on(
        answer(429, Retry_After="7"),
        answer(429, Retry_After=date, Date="Sat, 21 Nov 2026 12:00:07 GMT"),
        answer(429, Retry_After="0"),
        answer(429, Retry_After="nonsense"),
        answer(429, Retry_After="86400"),
        json_answer(ENTRY),
    )
    get(client)
    assert clock.pauses == [7.0, 10.0, 2.0, 4.0, 60.0]


def test_429_without_end() -> None:
    client, _transport, clock = client_on(*[answer(429)] * 50)
    with pytest.raises(RateLimited, match="too many requests"):
        put(client)
    assert sum(clock.pauses) <= 120


def test_jitter_spreads_writers() -> None:
    client, _unused, clock = client_on(answer(503), answer(204), jitter=1.0)
    put(client)
    assert clock.pauses == [0.625]


@pytest.mark.parametrize("status", [500, 502, 504])
def test_a_read_is_tried_four_times(status: int) -> None:
    client, transport, _unused = client_on(*[answer(status)] * 9)
    with pytest.raises(Refused) as caught:
        get(client)
    assert (caught.value.status, len(transport.seen)) == (status, 4)


@pytest.mark.parametrize(
    ("status", "problem"),
    [
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (504, OutcomeUnknown),
        (409, Refused),
        (501, Refused),
        (400, Refused),
    ],
)
def test_a_write_is_tried_once(status: int, problem: type[Problem]) -> None:
    client, transport, clock = client_on(answer(status))
    with pytest.raises(problem):
        put(client)
    assert (len(transport.seen), clock.pauses) == (1, [])


def test_409_is_never_repeated_for_reads_either() -> None:
    client, transport, _unused = client_on(answer(409))
    with pytest.raises(Refused):
        get(client)
    assert len(transport.seen) == 1


def test_a_broken_connection_is_tried_again_when_that_may_help() -> None:
    lost = Unreachable("lost", temporary=True)
    client, transport, clock = client_on(lost, lost, json_answer(ENTRY))
    get(client)
    assert clock.pauses == [0.5, 1.0]
    client, transport, _unused = client_on(*[lost] * 9)
    with pytest.raises(Unreachable):
        put(client)
    assert len(transport.seen) == 4
    for problem in (Unreachable("TLS"), OutcomeUnknown("sent, no answer")):
        client, transport, _unused = client_on(problem)
        with pytest.raises(type(problem)):
            put(client)
        assert len(transport.seen) == 1


def test_only_reads_may_be_repeated_by_the_transport() -> None:
    client, transport, _unused = client_on(json_answer(ENTRY), answer(204), answer(202), answer(204))
    get(client), put(client), deploy(client), client.delete("X('1')", doing="delete")
    assert transport.repeatable == [True, False, False, False]


def test_keystore_calls_keep_to_ten_a_second() -> None:
    client, _transport, clock = client_on(*[json_answer(ENTRY)] * 31)
    started = clock.monotonic()
    for _unused in range(10):
        get(client)
    assert clock.monotonic() == started
    for _unused in range(21):
        get(client)
    assert clock.monotonic() - started == pytest.approx(3.06)


# --- sentences


@pytest.mark.parametrize(
    ("method", "path", "role"),
    [
        ("PUT", "CertificateResources('61')/$value", "SecurityMaterialEdit"),
        ("POST", "KeyPairGenerationRequests", "SecurityMaterialEdit"),
        ("GET", "KeystoreEntries", "MonitoringDataRead"),
        ("GET", "KeystoreResources('system')", "SecurityMaterialDownload"),
        ("POST", "DeployIntegrationDesigntimeArtifact", "WorkspaceArtifactsDeploy"),
        ("DELETE", "IntegrationRuntimeArtifacts('x')", "MonitoringArtifactsDeploy"),
        ("GET", "IntegrationRuntimeArtifacts('x')", "MonitoringDataRead"),
        ("GET", "IntegrationDesigntimeArtifacts(Id='x',Version='active')/$value", "WorkspacePackagesRead"),
        ("GET", "IntegrationDesigntimeLocks", "WorkspaceArtifactLocksRead"),
        ("GET", "MessageProcessingLogs/$count", "MonitoringDataRead"),
    ],
)
def test_403_names_the_role(method: str, path: str, role: str) -> None:
    # An empty body, as observed on tenants, and no second try
    client, transport, _unused = client_on(answer(403, reason="Forbidden"))
    verbs = {"GET": client.get_media, "POST": client.post, "DELETE": client.delete}
    with pytest.raises(NotPermitted, match=f"the role {role}"):
        client.put_media(path, b"", "x", doing="do it") if method == "PUT" else verbs[method](path, doing="do it")
    assert len(transport.seen) == 1


def test_404_and_its_variant_with_another_status() -> None:
    absent = '{"error":{"code":"X","message":{"lang":"en","value":"Requested entity could not be found"}}}'
    for status in (404, 400, 500):
        client, transport, _unused = client_on(answer(status, absent, Content_Type="application/json"))
        with pytest.raises(NotFound) as caught:
            get(client)
        assert (caught.value.status, len(transport.seen)) == (status, 1)


def test_a_refusal_says_what_where_and_why() -> None:
    text = 'Entry with alias "a" already exists in keystore "system"'
    body = json.dumps({"error": {"code": "Bad Request", "message": {"lang": "en", "value": text}}})
    client, _unused, _unused = client_on(answer(400, body, "Bad Request", Content_Type="application/json"))
    with pytest.raises(Refused) as caught:
        put(client)
    problem = caught.value
    assert str(problem) == f"a: The tenant refused to import the certificate (HTTP 400). It answered: {text}."
    assert (problem.status, problem.code) == (400, "Bad Request")
    assert "already exists" in problem.text


def test_413_says_the_limits() -> None:
    client, _unused, _unused = client_on(answer(413))
    with pytest.raises(Refused, match="10240 bytes"):
        put(client)


@pytest.mark.parametrize("body", ["<html><title>Welcome</title></html>", "", "{}x", '{"d": [1]}'])
def test_an_answer_that_is_no_odata(body: str) -> None:
    client, _unused, _unused = client_on(answer(200, body, Content_Type="text/html"))
    with pytest.raises(Nonsense, match="asked to read the entry"):
        get(client)
    client, _unused, _unused = client_on(answer(200, body, Content_Type="text/html"))
    with pytest.raises(Nonsense, match="url of its service key"):
        client.get_all("KeystoreEntries", doing="list")


def test_a_server_that_repeats_the_token_does_not_get_it_into_a_message() -> None:
    client, _unused, _unused = client_on(
        TOKEN, answer(400, "Bearer first-token planted-Secret-4711 is bad"), login=secret_login()
    )
    with pytest.raises(Refused) as caught:
        put(client)
    assert "first-token" not in str(caught.value)
    assert PLANTED not in f"{caught.value!r} {caught.value.to_result()}"


# --- pages and time


def page(names: list[str], following: str | None = None) -> Any:
    return json_answer(
        {"d": {"results": [{"Id": name} for name in names], **({"__next": following} if following else {})}}
    )


def test_pages_are_followed_on_our_own_host() -> None:
    client, transport, _unused = client_on(
        page(["a"], "https://stranger.example:443:443/cpi/api/v1/IntegrationRuntimeArtifacts?$skiptoken=1"),
        page(["b"], "IntegrationRuntimeArtifacts?$skiptoken=2"),
        page(["c"]),
    )
    found = client.get_all("IntegrationRuntimeArtifacts", doing="list", query={"$filter": "Id eq 'x'"})
    assert [one["Id"] for one in found] == ["a", "b", "c"]
    assert sent(transport) == [
        "GET /IntegrationRuntimeArtifacts?$filter=Id%20eq%20'x'",
        "GET /IntegrationRuntimeArtifacts?$skiptoken=1",
        "GET /IntegrationRuntimeArtifacts?$skiptoken=2",
    ]


def test_pages_without_end() -> None:
    client, _unused, _unused = client_on(*[page(["a"], "X?$skiptoken=1")] * 5)
    with pytest.raises(Nonsense, match="never end"):
        client.get_all("X", doing="list")


def test_the_tenants_time() -> None:
    client, _unused, clock = client_on(
        json_answer(ENTRY, Date="Sat, 21 Nov 2026 15:00:00 GMT"), json_answer(ENTRY, Date="garbage"), json_answer(ENTRY)
    )
    assert client.now() == clock.now()
    get(client)
    clock.advance(10)
    assert client.now() == datetime(2026, 11, 21, 15, 0, 10, tzinfo=timezone.utc)
    get(client), get(client)
    assert client.now() == datetime(2026, 11, 21, 15, 0, 10, tzinfo=timezone.utc)


def test_json_is_asked_for() -> None:
    # Without it a tenant answers Atom XML (SAP Help "OData API: Security Content")
    seen: list[Seen] = []
    client, _unused, _unused = client_on(lambda one: seen.append(one) or json_answer(ENTRY))
    get(client)
    assert seen[0].header("Accept") == "application/json"
