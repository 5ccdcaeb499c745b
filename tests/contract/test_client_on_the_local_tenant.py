# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The client at work on the local tenant, over real sockets; the tenant's journal is the witness."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import SystemClock
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import read_credentials
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import (
    KeystoreLocked,
    LoginRefused,
    Nonsense,
    NotPermitted,
    NotTrusted,
    OutcomeUnknown,
    Refused,
    TenantProblem,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.key_pair import NewKeyPair
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.session import Tenant, open_tenant
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

ROOT = make_root("Contract Root")


class Hurried(SystemClock):
    """Real time whose pauses are a hundred times shorter, and count for their full length."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._skipped

    def pause(self, seconds: float) -> None:
        super().pause(seconds / 100)
        self._skipped += seconds * 0.99


@pytest.fixture(scope="module")
def local() -> Iterator[LocalTenant]:
    with LocalTenant() as tenant:
        yield tenant
        assert tenant.errors == []


@pytest.fixture(autouse=True)
def clean(local: LocalTenant) -> Iterator[None]:
    local.clear_journal()
    yield
    local.faults.clear()
    local.unlock_keystore()


def connect(local: LocalTenant, **options: Any) -> Tenant:
    login = options.pop("login", {"service_key": local.service_key})
    return open_tenant(
        read_credentials(login), ca_path=str(local.ca_path), **{"clock": Hurried(), "timeout": 10.0, **options}
    )


def requests(local: LocalTenant) -> list[str]:
    return [f"{entry['method']} {entry['path']} {entry['status']}" for entry in local.journal]


LOGINS: dict[str, Callable[[LocalTenant], dict[str, Any]]] = {
    "service key as a mapping": lambda local: {"service_key": local.service_key},
    "service key as a file": lambda local: {"service_key": str(local.service_key_path)},
    "service key with a certificate": lambda local: {"service_key": str(local.service_key_x509_path)},
    "client id and secret": lambda local: {
        "tenant_url": f"{local.url}/api/v1/",
        "token_url": local.token_url,
        "client_id": local.service_key["oauth"]["clientid"],
        "client_secret": local.service_key["oauth"]["clientsecret"],
    },
    "user and password": lambda local: {
        "tenant_url": local.url,
        "username": local.basic_user,
        "password": local.basic_password,
    },
}  # fmt: skip


@pytest.mark.parametrize("name", LOGINS)
def test_every_login_reads_and_writes_over_one_connection(local: LocalTenant, name: str) -> None:
    with connect(local, login=LOGINS[name](local)) as tenant:
        before = {entry.alias for entry in tenant.keystore.entries()}
        tenant.keystore.import_certificate("by " + name, ROOT.der, replace=False)
        found = tenant.keystore.entry("by " + name)
        assert found is not None
        assert found.fingerprint_sha256 == ROOT.fingerprint_sha256
        assert tenant.keystore.certificate("by " + name).der == ROOT.der
        assert tenant.keystore.delete("by " + name)
        assert {entry.alias for entry in tenant.keystore.entries()} == before
    hosts = 1 if "user" in name else 2
    assert tenant.connections == hosts
    assert len({(entry["listener"], entry["connection"]) for entry in local.journal}) == hosts
    assert sum(entry["listener"] == "token" for entry in local.journal) == hosts - 1
    assert tenant.requests == sum(entry["listener"] == "api" for entry in local.journal)


def test_a_look_costs_a_token_and_one_request(local: LocalTenant) -> None:
    with connect(local) as tenant:
        tenant.keystore.entries()
    assert requests(local) == ["POST /oauth/token 200", "GET /api/v1/KeystoreEntries 200"]


def test_a_wrong_secret(local: LocalTenant) -> None:
    key = {**local.service_key["oauth"], "clientsecret": "planted-Secret-4711"}
    with (
        connect(local, login={"service_key": key}) as tenant,
        pytest.raises(LoginRefused, match="service key") as caught,
    ):
        tenant.keystore.entries()
    assert "planted-Secret-4711" not in str(caught.value)


def test_a_wrong_password(local: LocalTenant) -> None:
    login = {"tenant_url": local.url, "username": local.basic_user, "password": "planted-Secret-4711"}
    with connect(local, login=login) as tenant, pytest.raises(LoginRefused, match="user name and password"):
        tenant.keystore.entries()


def test_a_token_that_stops_working(local: LocalTenant) -> None:
    local.faults.add("status", path="/api/v1/KeystoreEntries", status=401)
    with connect(local) as tenant:
        assert tenant.keystore.entries()
    assert [line.split()[1] for line in requests(local)] == ["/oauth/token", "/api/v1/KeystoreEntries"] * 2


def test_a_missing_role(local: LocalTenant) -> None:
    key = local.create_service_key(roles=["MonitoringDataRead"])
    with connect(local, login={"service_key": key}) as tenant:
        tenant.keystore.entries()
        with pytest.raises(NotPermitted, match="the role SecurityMaterialEdit"):
            tenant.keystore.import_certificate("x", ROOT.der, replace=False)


def test_a_lock_that_ends(local: LocalTenant) -> None:
    local.faults.add("status", method="PUT", status=503, count=3)
    with connect(local) as tenant:
        tenant.keystore.import_certificate("unlocked", ROOT.der, replace=False)
        tenant.keystore.delete("unlocked")
    assert len(local.writes()) == 5


def test_a_lock_that_lasts(local: LocalTenant) -> None:
    local.lock_keystore()
    with connect(local, lock_timeout=30.0) as tenant:
        with pytest.raises(KeystoreLocked, match=r"lock_timeout"):
            tenant.keystore.import_certificate("locked", ROOT.der, replace=False)
        assert tenant.keystore.entry("locked") is None


def test_a_busy_tenant(local: LocalTenant) -> None:
    local.faults.add("status", path="/api/v1/KeystoreEntries", status=429, count=2, retry_after="3")
    with connect(local) as tenant:
        assert tenant.keystore.entries()


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "truncate"])
def test_a_read_that_breaks_off(local: LocalTenant, kind: str) -> None:
    local.faults.add(kind, method="GET", path="/api/v1/.*")
    with connect(local) as tenant:
        assert tenant.keystore.entries()


def test_a_write_that_breaks_off_is_not_repeated(local: LocalTenant) -> None:
    local.faults.add("drop_after", method="PUT")
    with connect(local) as tenant:
        with pytest.raises(OutcomeUnknown, match="Run again"):
            tenant.keystore.import_certificate("unknown", ROOT.der, replace=False)
        assert len(local.writes()) == 1
        # It was carried out, as the next look shows.
        assert tenant.keystore.entry("unknown") is not None
        tenant.keystore.delete("unknown")


@pytest.mark.parametrize("body", ["html", "nonsense", "empty"])
def test_an_answer_without_sense(local: LocalTenant, body: str) -> None:
    local.faults.add("status", path="/api/v1/KeystoreEntries", status=200, body=body)
    with connect(local) as tenant, pytest.raises(Nonsense):
        tenant.keystore.entries()


def test_a_redirect_is_not_followed(local: LocalTenant) -> None:
    local.faults.add("redirect", path="/api/v1/KeystoreEntries")
    with connect(local) as tenant, pytest.raises(Nonsense, match=r"elsewhere\.invalid"):
        tenant.keystore.entries()


def test_refusals_of_the_keystore(local: LocalTenant) -> None:
    with connect(local) as tenant:
        keystore = tenant.keystore
        with pytest.raises(NotTrusted):
            keystore.import_certificate("r", ROOT.der, replace=False, fingerprint_verified=False)
        with pytest.raises(Refused) as caught:
            keystore.import_certificate("r", ROOT.der, replace=True)
        assert caught.value.status == 400
        keystore.import_certificate("r", ROOT.der, replace=False)
        with pytest.raises(Refused, match="already exists"):
            keystore.import_certificate("r", ROOT.der, replace=False)
        assert not keystore.delete("absent")
        keystore.rename("r", "r; ä \\")
        keystore.delete_many(["r; ä \\"])
        assert keystore.entry("r; ä \\") is None


def test_a_key_pair_from_request_to_chain(local: LocalTenant) -> None:
    from cryptography import x509

    with connect(local) as tenant:
        keystore = tenant.keystore
        keystore.generate_key_pair("pair", NewKeyPair("client.example", "DE", key_size=2048, organization="Example"))
        request = x509.load_pem_x509_csr(keystore.signing_request("pair").encode())
        intermediate = issue(ROOT, "Intermediate", ca=True)
        # The tests' CA signs for a key object; only its public half is asked for.
        public_half: Any = _Public(request.public_key())
        signed = issue(intermediate, "client.example", key=public_half)
        keystore.install_chain("pair", (ROOT.pem + signed.chain_pem).encode())
        chain = keystore.chain("pair")
        assert [one.fingerprint_sha256 for one in chain][:2] == [
            signed.fingerprint_sha256,
            intermediate.fingerprint_sha256,
        ]
        assert keystore.chain_fingerprints("pair") == tuple(one.fingerprint_sha256 for one in chain)
        entry = keystore.entry("pair")
        assert entry is not None
        assert (entry.type, entry.fingerprint_sha256) == ("key_pair", signed.fingerprint_sha256)
        keystore.backup()
        assert [one.alias for one in keystore.entries("backup")] == ["pair"]
        keystore.delete("pair")
        assert "pair" in {one.alias for one in keystore.restore(replace=False)}
        assert keystore.public_export()[:4] == b"\xce\xce\xce\xce"
        keystore.delete("pair")


class _Public:
    def __init__(self, public_key: Any) -> None:
        self._public_key = public_key

    def public_key(self) -> Any:
        return self._public_key


def test_flows_are_restarted_and_their_messages_read() -> None:
    leaf = issue(ROOT, "receiver", hosts=["127.0.0.2"])
    with LocalReceiver(addresses=["127.0.0.2"], credential=leaf) as receiver:
        channel = {"adapter": "HTTP", "address": f"https://127.0.0.2:{receiver.port}/{{{{path}}}}"}
        names = ["first flow", "it's second", "third"]
        flows = [
            {"id": name, "messages_per_second": 20, "channels": [channel], "parameters": {"path": "in"}}
            for name in names
        ]
        flows.append({"id": "orphan", "design_time": False})
        flows.append({"id": "broken", "deploy": {"outcome": "error", "error": "No key pair with alias x"}})
        with LocalTenant({"flows": flows}) as local, connect(local, clock=SystemClock()) as tenant:
            assert {flow.id for flow in tenant.integration_flows.deployed()} == {*names, "orphan", "broken"}
            start = tenant.now() - timedelta(seconds=5)
            local_failures = wait_until(lambda: tenant.message_logs.failures(names, start, texts=1), "failures")
            assert local_failures[0].is_tls
            tenant.keystore.import_certificate("root", ROOT.der, replace=False)
            outcomes = tenant.integration_flows.restart([*names, "orphan", "broken"], timeout=30, parallel=2, poll=0.05)
            assert [(one.flow_id, one.restarted) for one in outcomes] == [
                *[(name, True) for name in names],
                ("orphan", False),
                ("broken", False),
            ]
            assert "design time" in str(outcomes[3].problem)
            assert outcomes[4].problem is not None
            assert "No key pair with alias x" in str(outcomes[4].problem)
            for outcome in outcomes[:3]:
                assert outcome.after is not None
                assert outcome.after.deployed_on is not None
                since = outcome.after.deployed_on
                wait_until(
                    lambda one=outcome.flow_id, since=since: tenant.message_logs.completed_count(one, since), "messages"
                )
                assert tenant.message_logs.failures(outcome.flow_id, since + timedelta(seconds=1)) == ()
            assert tenant.integration_flows.configurations(names[1]) == {"path": "in"}
            assert tenant.integration_flows.bundle(names[1])[:2] == b"PK"
            assert tenant.integration_flows.design_time("orphan") is None
            assert tenant.connections == 2
            assert local.errors == []


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("fail", "ended with FAIL"),
        ("license", "lack of a licence"),
        ("error", "ended in ERROR"),
        ("never", "still STARTING"),
    ],
)
def test_a_restart_that_goes_wrong(outcome: str, words: str) -> None:
    flows = [{"id": "f", "deploy": {"outcome": outcome, "error": "planned"}}]
    with LocalTenant({"flows": flows}, deploy_seconds=0.1) as local, connect(local, clock=SystemClock()) as tenant:
        [result] = tenant.integration_flows.restart(["f"], timeout=1.5, poll=0.05)
    assert words in str(result.problem)
    assert result.deployed


def test_a_restart_that_goes_to_another_runtime() -> None:
    with LocalTenant({"flows": [{"id": "f"}]}, deploy_seconds=0.1) as local:
        local.runtime.edit("f", parameters={"SAP_ProfileId": "integrationcell"})
        with connect(local, clock=SystemClock()) as tenant:
            [result] = tenant.integration_flows.restart(["f"], timeout=1, poll=0.05)
    assert "SAP_ProfileId" in str(result.problem)
    assert result.after == result.before


def test_locked_flows_are_told() -> None:
    with (
        LocalTenant({"flows": [{"id": "a", "locked": True}, {"id": "b", "draft": True}]}) as local,
        connect(local) as tenant,
    ):
        [lock] = tenant.integration_flows.locks()
        assert (lock.flow_id, bool(lock.created_by), bool(lock.created_at)) == ("a", True, True)
        draft = tenant.integration_flows.design_time("b")
        assert draft is not None
        assert draft.is_draft


def test_no_secret_in_any_problem(local: LocalTenant) -> None:
    """Every fault in turn; the words of each problem are searched for whatever was secret."""
    secret = local.service_key["oauth"]["clientsecret"]
    kinds = [
        "drop_after",
        "redirect",
        "truncate",
        *[f"status {status}" for status in (400, 401, 403, 409, 413, 500, 502)],
    ]
    for kind in kinds:
        name, _unused, status = kind.partition(" ")
        answer = {"status": int(status), "body": "odata"} if status else {}
        local.faults.add(name, method="POST|PUT", path="/api/v1/.*", count=5, **answer)
        with connect(local) as tenant, pytest.raises(TenantProblem) as caught:
            tenant.keystore.import_certificate("x", ROOT.der, replace=False)
        local.faults.clear()
        shown = f"{caught.value} {caught.value!r} {caught.value.to_result()} {caught.value.__dict__}"
        assert secret not in shown
        assert "Bearer" not in shown
