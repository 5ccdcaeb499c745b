# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Faults, journal, latency, limits and the read-only switch: what a test does to a client, and sees of it."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.tenant.rate_limits import RateLimits
from ansible_collections.certops.sap_cloud_integration.tests.tenant.server import Listener
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Reply, Wire

LIST = "/KeystoreEntries"


def _quietly(call: Callable[..., Reply], *arguments: object) -> None:
    """For a request whose connection is going to break."""
    with contextlib.suppress(OSError, http.client.HTTPException):
        call(*arguments)


@pytest.mark.parametrize(
    ("options", "status", "body", "retry_after"),
    [
        ({"status": 401}, 401, b"", None),
        ({"status": 403}, 403, b"", None),
        ({"status": 403, "body": "bare"}, 403, b'{"code":"Forbidden","message":{"lang":"en","value":null}}', None),
        ({"status": 429}, 429, b"", None),
        ({"status": 429, "retry_after": "2"}, 429, b"", "2"),
        (
            {"status": 503, "body": "odata", "text": "busy"},
            503,
            b'{"error":{"code":"Service Unavailable","message":{"lang":"en","value":"busy"}}}',
            None,
        ),
        ({"status": 423}, 423, b"", None),
        ({"status": 500}, 500, b"", None),
        ({"status": 200, "body": "nonsense"}, 200, b'{"d":{"results":[{"Hexalias":', None),
    ],
)
def test_status_faults(
    tenant: LocalTenant, wire: Wire, options: dict[str, object], status: int, body: bytes, retry_after: str | None
) -> None:
    tenant.faults.add("status", path="/api/v1/KeystoreEntries", **options)
    hit = wire.get(LIST)
    assert (hit.status, hit.body, hit.headers["Retry-After"]) == (status, body, retry_after)
    assert tenant.journal[-1]["fault"] == "status"
    assert wire.get(LIST).status == 200  # once


def test_a_fault_is_chosen_by_method_path_number_skip_and_count(tenant: LocalTenant, wire: Wire) -> None:
    tenant.faults.add("status", method="PUT", status=500, body="html")
    tenant.faults.add("status", path=".*KeystoreEntries", skip=1, count=2, status=503)
    assert [wire.get(LIST).status for _unused in range(4)] == [200, 503, 503, 200]
    assert b"<html>" in wire.import_certificate("x", make_root().der).body
    assert "x" not in tenant.entries()
    tenant.faults.add("status", number=tenant.journal[-1]["number"] + 2, status=418)
    assert [wire.get(LIST).status for _unused in range(3)] == [200, 418, 200]


@pytest.mark.parametrize(
    ("kind", "options", "said"),
    [
        ("earthquake", {}, "unknown kind of fault 'earthquake'"),
        ("status", {"statsu": 401}, "a fault of kind status takes no statsu; it takes method, path"),
        ("drop_after", {"status": 500}, "a fault of kind drop_after takes no status"),
        ("status", {"hits": 1}, "takes no hits"),
        ("status", {"body": "json"}, "unknown body 'json'"),
        ("status", {"method": "put"}, "no request has a method like 'put'"),
    ],
)
def test_a_fault_that_would_not_be_what_was_meant_is_refused(
    tenant: LocalTenant, kind: str, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        tenant.faults.add(kind, **options)
    assert tenant.faults.all() == []


@pytest.mark.parametrize(("kind", "stored"), [("drop_before", False), ("drop_after", True)])
def test_a_dropped_connection_before_and_after_the_write(
    tenant: LocalTenant, wire: Wire, kind: str, stored: bool
) -> None:
    tenant.faults.add(kind, method="PUT")
    with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
        wire.import_certificate("x", make_root().der)
    assert ("x" in tenant.entries()) is stored
    (write,) = tenant.writes()
    assert (write["status"], write["fault"]) == (None, kind)
    wire.connection.close()
    assert wire.get(LIST).status == 200


def test_a_write_that_took_effect_and_says_500(tenant: LocalTenant, wire: Wire) -> None:
    tenant.faults.add("status_after", method="PUT", status=500)
    assert wire.import_certificate("x", make_root().der).status == 500
    assert "x" in tenant.entries()


def test_truncated_redirected_and_slow_answers(tenant: LocalTenant, wire: Wire) -> None:
    tenant.faults.add("truncate", path=".*KeystoreEntries")
    with pytest.raises((http.client.IncompleteRead, ConnectionError)):
        wire.get(LIST)
    wire.connection.close()
    tenant.faults.add("redirect", path=".*KeystoreEntries", location="https://elsewhere.invalid/x")
    redirected = wire.get(LIST)
    assert (redirected.status, redirected.headers["Location"]) == (302, "https://elsewhere.invalid/x")
    tenant.faults.add("slow", path=".*KeystoreEntries", seconds=0.3)
    assert len(wire.get(LIST).results) == 14


def test_a_held_request_waits_until_it_is_released(tenant: LocalTenant, wire: Wire) -> None:
    fault = tenant.faults.add("hold_after", method="PUT")
    replies: list[Reply] = []
    client = threading.Thread(target=lambda: replies.append(wire.import_certificate("x", make_root().der)))
    client.start()
    assert fault.reached.wait(10)
    while "x" not in tenant.entries():
        client.join(0.01)
    assert replies == []
    fault.release()
    client.join(10)
    assert replies[0].status == 204


def test_a_request_that_is_held_when_the_tenant_stops_never_happened(tmp_path: Path) -> None:
    with LocalTenant(state_dir=tmp_path / "state") as tenant:
        wire = Wire(tenant)
        fault = tenant.faults.add("hold_before", method="PUT")
        client = threading.Thread(target=_quietly, args=(wire.import_certificate, "x", make_root().der))
        client.start()
        assert fault.reached.wait(10)
    client.join(10)
    with LocalTenant(state_dir=tmp_path / "state") as tenant:
        assert "x" not in tenant.entries()


@pytest.mark.parametrize("framing", ["Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3e8\r\n"])
def test_a_body_that_breaks_off_is_no_request(tenant: LocalTenant, wire: Wire, framing: str) -> None:
    root = make_root()
    with tenant.client_context().wrap_socket(
        socket.create_connection(("127.0.0.1", wire.port)), server_hostname="127.0.0.1"
    ) as raw:
        head = "PUT /api/v1/CertificateResources('78')/$value?fingerprintVerified=true HTTP/1.1\r\nHost: x\r\n"
        head += f"Authorization: {wire.authorization}\r\nContent-Type: application/pkix-cert\r\n{framing}"
        raw.sendall(head.encode() + root.pem.encode())
        raw.unwrap()
    assert wire.get(LIST).status == 200
    assert "x" not in tenant.entries()
    assert tenant.writes() == []


def test_faults_befall_the_token_endpoint_too(tenant: LocalTenant) -> None:
    tenant.faults.add("status", path="/oauth/token", status=500, body="html")
    with pytest.raises(json.JSONDecodeError):
        Wire(tenant)
    Wire(tenant)


def test_journal_counts_and_hides(tenant: LocalTenant, wire: Wire) -> None:
    wire.get(LIST)
    wire.get("/KeystoreEntries('41')?keystoreName=system&x=%C3%A4")
    wire.token_request("POST", "/oauth/token?grant_type=client_credentials&client_id=a&client_secret=planted")
    seen = tenant.journal
    assert [(entry["listener"], entry["method"], entry["path"], entry["status"]) for entry in seen] == [
        ("token", "POST", "/oauth/token", 200),
        ("api", "GET", "/api/v1/KeystoreEntries", 200),
        ("api", "GET", "/api/v1/KeystoreEntries('41')", 404),
        ("token", "POST", "/oauth/token", 401),
    ]
    assert [entry["number"] for entry in seen] == [1, 2, 3, 4]
    assert seen[2]["query"] == {"keystoreName": "system", "x": "ä"}
    assert seen[1]["connection"] == seen[2]["connection"] != seen[3]["connection"]
    assert seen[1]["user"] == wire.key["clientid"]
    assert tenant.journal_book.counts() == {
        "connections": {"token": 2, "api": 1},
        "handshakes": {"token": 2, "api": 1},
        "requests": {"token": 2, "api": 2},
    }
    lines = [json.loads(line) for line in (tenant.directory / "journal.jsonl").read_text().splitlines()]
    assert lines == seen
    assert "planted" not in json.dumps(seen)
    tenant.clear_journal()
    wire.get(LIST)
    assert [entry["number"] for entry in tenant.journal] == [5]


def test_read_only_makes_every_write_a_violation(tenant: LocalTenant, wire: Wire) -> None:
    tenant.read_only = True
    assert wire.import_certificate("x", make_root().der).status == 500
    assert wire.get(LIST).status == 200
    assert tenant.violations == ["PUT /CertificateResources('78')/$value"]
    assert len(tenant.writes()) == 1
    assert "x" not in tenant.entries()


def test_latency_is_one_round_trip_each_for_connection_handshake_and_answer(
    tenant: LocalTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[tuple[str, float]] = []
    monkeypatch.setattr(Listener, "simulate", lambda listener, seconds: waits.append((listener.name, seconds)))
    tenant.latency = 0.05
    wire = Wire(tenant)
    assert waits == [("token", 0.05)] * 3
    waits.clear()
    wire.get(LIST)
    assert waits == [("api", 0.05)] * 3
    wire.get(LIST)
    assert waits == [("api", 0.05)] * 4


def test_simulated_time_really_passes_and_ends_when_the_tenant_stops(tenant: LocalTenant, wire: Wire) -> None:
    tenant.faults.add("latency", path=".*KeystoreEntries", seconds=0.2)
    began = time.monotonic()
    assert wire.get(LIST).status == 200
    assert time.monotonic() - began >= 0.2  # a lower bound holds on any machine
    tenant.faults.add("latency", path=".*KeystoreEntries", seconds=3600)
    client = threading.Thread(target=_quietly, args=(wire.get, LIST))
    client.start()
    assert tenant.journal_book.wait_for(3)
    tenant.close()
    client.join(20)
    assert not client.is_alive()


def test_rate_limits_of_a_user_and_of_the_tenant(tenant: LocalTenant) -> None:
    now = [100.0]
    one, other = Wire(tenant), Wire(tenant, tenant.create_service_key())
    tenant.rate_limits = RateLimits(lambda: now[0])
    assert [one.get("/KeystoreEntries('41')").status for _unused in range(11)] == [404] * 10 + [429]
    assert [other.get("/KeystoreEntries('41')").status for _unused in range(3)] == [404] * 2 + [429]
    assert one.get("/").status == 200  # another class
    now[0] += 0.9
    assert one.get("/KeystoreEntries('41')").status == 429
    now[0] += 0.2
    assert one.get("/KeystoreEntries('41')").status == 404


def test_state_survives_a_restart_and_a_kill(tmp_path: Path) -> None:
    root = make_root()
    with LocalTenant(state_dir=tmp_path / "state") as tenant:
        wire = Wire(tenant)
        authorization, url, key = wire.authorization, tenant.url, tenant.service_key
        assert wire.generate("keys").status == 204
        assert wire.import_certificate("root", root.der).status == 204
        assert (
            wire.send("POST", "/KeystoreResources?returnKeystoreEntries=false", {"Name": "backup_admin_system"}).status
            == 204
        )
        before = tenant.keystore.snapshot()
        killed = (tmp_path / "state" / "state.json").read_bytes()  # what a kill at this moment would leave
    (tmp_path / "state" / "state.json").write_bytes(killed)
    with LocalTenant(state_dir=tmp_path / "state") as tenant:
        assert tenant.keystore.snapshot() == before
        assert (tenant.url, tenant.service_key) == (url, key)
        assert Wire(tenant, authorization=authorization).get("/KeystoreEntries('726F6F74')").status == 200
        assert Wire(tenant).get("/KeystoreEntries?keystoreName=backup_admin_system").results[0]["Alias"] == "keys"
    assert not list((tmp_path / "state").glob(".*"))


def test_a_temporary_directory_is_gone_at_the_end() -> None:
    with LocalTenant() as tenant:
        directory = tenant.directory
        assert directory.exists()
    assert not directory.exists()


def test_writes_at_the_same_moment_are_all_kept(tenant: LocalTenant) -> None:
    roots = [make_root(f"root {number}") for number in range(16)]
    wires = [Wire(tenant) for _unused in range(4)]

    def work(number: int) -> None:
        for index in range(number, 16, 4):
            assert wires[number].import_certificate(f"root{index}", roots[index].der).status == 204

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {alias for alias in tenant.entries() if alias.startswith("root")} == {f"root{index}" for index in range(16)}
