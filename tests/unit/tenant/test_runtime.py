# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local tenant's flows: real connections to a real receiver, with the keystore that each flow holds."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.receiver.credential import TlsSettings
from ansible_collections.certops.sap_cloud_integration.tests.tenant.clock import TenantClock
from ansible_collections.certops.sap_cloud_integration.tests.tenant.runtime import Runtime, UnknownArtifact

PKIX = (
    "javax.net.ssl.SSLHandshakeException: PKIX path building failed: "
    "sun.security.provider.certpath.SunCertPathBuilderException: "
    "unable to find valid certification path to requested target"
)
HOST = "erp.example"


class Keystore:
    """What the runtime needs of a tenant, without one."""

    def __init__(self, *certificates: Credential) -> None:
        self.clock = TenantClock()
        self.certificates = [one.der for one in certificates]
        self.pairs: dict[str, Credential] = {}

    def trust_anchors(self) -> list[bytes]:
        return list(self.certificates)

    def key_pair(self, alias: str) -> tuple[Any, list[bytes]] | None:
        found = self.pairs.get(alias)
        return None if found is None else (found.key, [found.der])


@pytest.fixture(scope="module")
def old_root() -> Credential:
    return make_root("Old Root")


@pytest.fixture(scope="module")
def new_root() -> Credential:
    return make_root("New Root")


@pytest.fixture(scope="module")
def old(old_root: Credential) -> Credential:
    return issue(issue(old_root, "Old CA", ca=True), HOST, hosts=[HOST])


@pytest.fixture(scope="module")
def new(new_root: Credential) -> Credential:
    return issue(new_root, HOST, hosts=[HOST])


@pytest.fixture
def receiver(old: Credential) -> Iterator[LocalReceiver]:
    with LocalReceiver(["127.0.0.6", "127.0.0.7"], credential=old) as running:
        yield running


def flow(port: int, flow_id: str = "orders", **settings: Any) -> dict[str, Any]:
    channel = {"address": f"https://{HOST}:{port}/orders", "private_key_alias": settings.pop("alias", "")}
    return {"id": flow_id, "messages_per_second": 50, "channels": [channel], **settings}


@contextmanager
def running(keystore: Keystore, *flows: Mapping[str, Any], **settings: Any) -> Iterator[Runtime]:
    landscape = {"flows": flows, "resolve": {HOST: ["127.0.0.6", "127.0.0.7"]}, "options": settings.pop("options", {})}
    runtime = Runtime(keystore, landscape, **{"deploy_seconds": 0.06, **settings})
    runtime.start()
    try:
        yield runtime
    finally:
        runtime.stop()


def until(look: Callable[[], Any], seconds: float = 10.0) -> Any:
    """Look until something is seen; the pause is a wait for an event that never comes."""
    deadline, never = time.monotonic() + seconds, threading.Event()
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen")
        never.wait(0.005)
    return seen


def outcomes_after(runtime: Runtime, number: int, count: int = 3) -> list[tuple[str, str | None]]:
    """Status and error of messages that began after the log with this number was written."""
    since = runtime.messages()[number - 1]["end"] if number else ""
    found = until(
        lambda: later if len(later := [m for m in runtime.messages() if m["start"] > since]) >= count else None
    )
    return [(message["status"], message["error"]) for message in found]


def test_messages_really_arrive(receiver: LocalReceiver, old_root: Credential) -> None:
    with running(Keystore(old_root), flow(receiver.port)) as runtime:
        until(lambda: len(runtime.messages()) >= 10)
    messages = runtime.messages()
    assert {message["status"] for message in messages[:-1]} == {"COMPLETED"}
    arrived = sum(int(str(seen["requests"])) for seen in receiver.seen.values())
    assert arrived in (len(messages), len(messages) - 1)  # the last one may have been cut by the stop
    # Round-robin over the addresses behind the name.
    assert {message["address"] for message in messages} >= {"127.0.0.6", "127.0.0.7"}


def test_exchanged_before_the_restart_fails_and_the_restart_repairs(
    receiver: LocalReceiver, old_root: Credential, new_root: Credential, new: Credential
) -> None:
    keystore = Keystore(old_root)
    with running(keystore, flow(receiver.port)) as runtime:
        assert ("COMPLETED", None) in outcomes_after(runtime, 0)
        keystore.certificates.append(new_root.der)
        receiver.exchange(new)
        assert ("FAILED", PKIX) in outcomes_after(runtime, len(runtime.messages()))
        before = runtime.artifact("orders").deployed_on
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        after = runtime.artifact("orders")
        assert (after.status, after.deployed_by, after.deployed_on > before) == ("STARTED", "me", True)
        assert set(outcomes_after(runtime, len(runtime.messages()))) == {("COMPLETED", None)}
        assert runtime.flows()[0]["trusted"] == [
            root.fingerprint_sha256.replace(":", "") for root in (old_root, new_root)
        ]


def test_the_cache_is_read_again_after_24_hours_on_the_tenants_clock(
    receiver: LocalReceiver, old_root: Credential, new_root: Credential, new: Credential
) -> None:
    keystore = Keystore(old_root)
    with running(keystore, flow(receiver.port)) as runtime:
        keystore.certificates.append(new_root.der)
        receiver.exchange(new)
        assert ("FAILED", PKIX) in outcomes_after(runtime, 0)
        keystore.clock.advance(23 * 3600)
        assert set(outcomes_after(runtime, len(runtime.messages()))) == {("FAILED", PKIX)}
        keystore.clock.advance(3600)
        until(lambda: runtime.messages()[-1]["status"] == "COMPLETED")
        assert set(outcomes_after(runtime, len(runtime.messages()))) == {("COMPLETED", None)}


def test_a_deleted_root_works_while_the_cache_holds(receiver: LocalReceiver, old_root: Credential) -> None:
    keystore = Keystore(old_root)
    with running(keystore, flow(receiver.port)) as runtime:
        until(runtime.messages)
        keystore.certificates.clear()
        assert set(outcomes_after(runtime, len(runtime.messages()))) == {("COMPLETED", None)}
        keystore.clock.advance(24 * 3600)
        until(lambda: runtime.messages()[-1]["error"] == PKIX)
        assert set(outcomes_after(runtime, len(runtime.messages()))) == {("FAILED", PKIX)}


@pytest.mark.parametrize("anchor", ["root", "intermediate", "leaf"])
def test_every_certificate_is_an_anchor(
    receiver: LocalReceiver, old_root: Credential, old: Credential, anchor: str
) -> None:
    above = Credential(old.intermediates[0], old.key)
    keystore = Keystore({"root": old_root, "intermediate": above, "leaf": old}[anchor])
    with running(keystore, flow(receiver.port)) as runtime:
        assert set(outcomes_after(runtime, 0)) == {("COMPLETED", None)}


def served(receiver: LocalReceiver, credential: Credential, *anchors: Credential, **settings: Any) -> str:
    """The error that flows get from this certificate."""
    receiver.exchange(credential, **settings)
    with running(Keystore(*anchors), flow(receiver.port)) as runtime:
        return str(until(lambda: [m for m in runtime.messages() if m["status"] == "FAILED"])[0]["error"])


def test_texts_of_failed_handshakes(receiver: LocalReceiver, old_root: Credential, old: Credential) -> None:
    assert served(receiver, old, old_root, send_intermediates=False) == PKIX
    assert served(receiver, self_signed_leaf(HOST), old_root) == PKIX
    assert "No subject alternative DNS name matching erp.example found" in served(
        receiver, issue(old_root, "other", hosts=["other.example"]), old_root
    )
    expired = served(receiver, issue(old_root, HOST, hosts=[HOST], days=1, starts_in_days=-3), old_root)
    assert expired.startswith("javax.net.ssl.SSLHandshakeException: PKIX path validation failed: ")
    assert "java.security.cert.CertPathValidatorException: validity check failed" in expired
    assert "CertificateExpiredException" in expired


def test_validity_is_judged_by_the_tenants_clock(
    receiver: LocalReceiver, old_root: Credential, old: Credential
) -> None:
    keystore = Keystore(old_root)
    with running(keystore, flow(receiver.port)) as runtime:
        until(runtime.messages)
        keystore.clock.advance(400 * 24 * 3600)
        found = until(lambda: [m for m in runtime.messages() if m["status"] == "FAILED"])
        assert "CertificateExpiredException: NotAfter: " in found[0]["error"]


def test_an_anchor_may_be_out_of_date_and_nothing_else(receiver: LocalReceiver) -> None:
    """The JDK asks for the dates of a path without its anchor; of a leaf that is itself an anchor it asks nothing."""
    past = {"days": 2, "starts_in_days": -3}
    root = make_root("Past Root", **past)
    intermediate = issue(root, "Past CA", ca=True, **past)
    by_root, by_intermediate = issue(root, HOST, hosts=[HOST]), issue(intermediate, HOST, hosts=[HOST])
    for leaf, anchor, outcome in (
        (by_root, root, "COMPLETED"),
        (by_intermediate, intermediate, "COMPLETED"),
        (by_intermediate, root, "FAILED"),
        (expired := issue(root, HOST, hosts=[HOST], **past), root, "FAILED"),
        (expired, expired, "COMPLETED"),
    ):
        receiver.exchange(leaf)
        with running(Keystore(anchor), flow(receiver.port)) as runtime:
            assert {status for status, _unused in outcomes_after(runtime, 0)} == {outcome}


def test_a_refused_and_an_unknown_receiver(receiver: LocalReceiver, old_root: Credential) -> None:
    receiver.refuse()
    elsewhere = {"id": "lost", "messages_per_second": 50, "channels": [{"address": "https://nowhere.example/x"}]}
    outside = {"id": "outside", "messages_per_second": 50, "channels": [{"address": "https://192.0.2.1/x"}]}
    with running(Keystore(old_root), flow(receiver.port), elsewhere, outside) as runtime:
        until(lambda: {m["flow_id"] for m in runtime.messages()} >= {"orders", "lost", "outside"})
        errors = {message["flow_id"]: message["error"] for message in runtime.messages()}
    assert errors["orders"] == "java.net.ConnectException: Connection refused (Connection refused)"
    assert errors["lost"] == "java.net.UnknownHostException: nowhere.example"
    assert errors["outside"] == "java.net.UnknownHostException: 192.0.2.1"  # a rehearsal never leaves the machine


def test_client_key_pairs(old: Credential, old_root: Credential) -> None:
    clients = make_root("Clients")
    settings = TlsSettings(client_certificates="require", client_roots=(clients.der,))
    keystore = Keystore(old_root)
    keystore.pairs = {"good": issue(clients, "tenant"), "bad": self_signed_leaf("tenant")}
    with LocalReceiver(["127.0.0.6", "127.0.0.7"], credential=old, settings=settings) as receiver:
        flows = [flow(receiver.port, alias or "none", alias=alias) for alias in ("good", "bad", "missing", "")]
        with running(keystore, *flows) as runtime:
            until(lambda: {m["flow_id"] for m in runtime.messages()} >= {"good", "bad", "missing", "none"})
            errors = {message["flow_id"]: message["error"] for message in runtime.messages()}
        seen = {fingerprint for one in receiver.seen.values() for fingerprint in one["client_certificates"]}
    assert errors["good"] is None
    assert seen == {keystore.pairs["good"].fingerprint_sha256}
    assert errors["bad"] == "javax.net.ssl.SSLHandshakeException: Received fatal alert: unknown_ca"
    assert errors["none"] == "javax.net.ssl.SSLHandshakeException: Received fatal alert: certificate_required"
    assert errors["missing"] == "java.security.KeyStoreException: No key pair with alias 'missing' in the keystore"


def test_several_channels_and_kinds_of_addresses(receiver: LocalReceiver, old_root: Credential) -> None:
    port = receiver.port
    channels = [
        {"address": "https://{{Host}}/first"},
        {"adapter": "OData V2", "address": f"https://${{property.host}}:{port}/second"},
        {"address": "https://virtual:8000/third", "proxy": "sapcc"},
        {"adapter": "XI", "address": f"https://127.0.0.7:{port}/fourth"},
        {"address": "https://${header.unknown}/fifth"},
    ]
    many = flow(port, channels=channels, parameters={"Host": f"{HOST}:{port}"}, dynamic={"property.host": HOST})
    with running(Keystore(old_root), many) as runtime:
        found = until(runtime.messages)[0]
        # The fourth is the first that fails: its certificate does not name the address.
        assert "No subject alternative names matching IP address 127.0.0.7 found" in found["error"]
        assert found["step"] == "MessageFlow_4"
    assert sum(int(str(seen["requests"])) for seen in receiver.seen.values()) >= 2


def states(runtime: Runtime, task: str) -> list[tuple[str, Any]]:
    """Every state that a client could see while a deployment goes on."""
    seen: list[tuple[str, Any]] = []

    def look() -> bool:
        with runtime.lock:
            try:
                entry: Any = runtime.artifact("orders")
                state = (entry.status, entry.deployed_on)
            except UnknownArtifact:
                state = ("404", None)
            now = (runtime.tasks[task].status, state)
            if not seen or seen[-1] != now:
                seen.append(now)
            return runtime.tasks[task].done

    until(look)
    return seen


def test_the_states_of_a_deployment(receiver: LocalReceiver, old_root: Credential) -> None:
    with running(Keystore(old_root), flow(receiver.port), deploy_seconds=0.3) as runtime:
        first = runtime.artifact("orders").deployed_on
        seen = states(runtime, runtime.deploy("orders", "Active", "me"))
        second = runtime.artifact("orders").deployed_on
    assert [(task, state, stamp == first) for task, (state, stamp) in seen] == [
        ("DEPLOYING", "STARTED", True),
        ("SUCCESS", "STARTED", True),
        ("SUCCESS", "404", False),
        ("SUCCESS", "STARTING", False),
        ("SUCCESS", "STARTED", False),
    ]
    read_at = datetime.fromisoformat(runtime.trust_history[-1]["read_at"])
    assert read_at.timestamp() >= int(second.timestamp() * 1000) / 1000
    assert {message["status"] for message in runtime.messages()} <= {"COMPLETED", "CANCELLED"}


def test_the_old_entry_is_shown_and_sends_after_the_task_is_done(receiver: LocalReceiver, old_root: Credential) -> None:
    with running(Keystore(old_root), flow(receiver.port)) as runtime:
        before = runtime.artifact("orders")
        runtime.plan_deployment("orders", stale_seconds=60)
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].status == "SUCCESS")
        assert set(outcomes_after(runtime, len(runtime.messages()), 10)) == {("COMPLETED", None)}
        assert runtime.artifact("orders") == before


def test_a_redeployment_waits_for_the_running_message(receiver: LocalReceiver, old_root: Credential) -> None:
    slow = flow(receiver.port, message_seconds=0.4)
    with running(Keystore(old_root), slow) as runtime:
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        first = runtime.messages()[0]
        assert first["status"] == "COMPLETED"
        # The new instance came when the message had ended, not earlier.
        assert runtime.artifact("orders").deployed_on >= datetime.fromisoformat(first["end"])


def test_a_redeployment_may_abandon_messages_on_purpose(receiver: LocalReceiver, old_root: Credential) -> None:
    slow = flow(receiver.port, message_seconds=30, messages_per_second=1000)
    with running(Keystore(old_root), slow, options={"abandon_in_flight": True}) as runtime:
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        assert [message["status"] for message in runtime.messages()] == ["ABANDONED"]


def test_a_plan_that_would_not_be_what_was_meant_is_refused() -> None:
    with running(Keystore(), {"id": "orders"}) as runtime:
        with pytest.raises(ValueError, match="no outcome 'failed'; it has one of success, fail, license, error, never"):
            runtime.plan_deployment("orders", outcome="failed")
        with pytest.raises(TypeError, match="second"):
            runtime.plan_deployment("orders", second=1)
        with pytest.raises(UnknownArtifact, match="no flow 'order'; it has orders"):
            runtime.plan_deployment("order", outcome="fail")
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        assert runtime.artifact("orders").status == "STARTED"


@pytest.mark.parametrize(
    ("outcome", "task_status", "status"),
    [
        ("fail", "FAIL", "STARTED"),
        ("license", "FAIL_ON_LICENSE_ERROR", "STARTED"),
        ("error", "SUCCESS", "ERROR"),
        ("never", "SUCCESS", "STARTING"),
    ],
)
def test_deployments_that_go_wrong(outcome: str, task_status: str, status: str) -> None:
    with running(Keystore(), {"id": "orders"}) as runtime:
        before = runtime.artifact("orders").deployed_on
        runtime.plan_deployment("orders", outcome=outcome)
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        entry = runtime.artifact("orders")
        assert (runtime.tasks[task].status, entry.status) == (task_status, status)
        assert (entry.deployed_on == before) == (task_status != "SUCCESS")
        if outcome == "error":
            assert runtime.error_information("orders") is None
            assert runtime.error_information("orders") == "java.lang.IllegalStateException: the flow cannot be started"
        # The next one is not planned to fail.
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        assert runtime.artifact("orders").status == "STARTED"


def test_a_flow_for_the_integration_cell_never_appears() -> None:
    with running(Keystore(), {"id": "cell", "parameters": {"SAP_ProfileId": "integrationcell"}}) as runtime:
        task = runtime.deploy("cell", "active", "me")
        until(lambda: runtime.tasks[task].done)
        assert runtime.tasks[task].status == "SUCCESS"
        with pytest.raises(UnknownArtifact):
            runtime.artifact("cell")


def test_what_cannot_be_deployed() -> None:
    flows = [
        {"id": "gone", "design_time": False},
        {"id": "secret", "hidden": True},
        {"id": "known", "version": "1.0.2"},
    ]
    with running(Keystore(), *flows) as runtime:
        for flow_id, version in (("gone", "active"), ("secret", "active"), ("missing", "active"), ("known", "1.0.1")):
            with pytest.raises(UnknownArtifact):
                runtime.deploy(flow_id, version, "me")
        assert runtime.deploy("known", "1.0.2", "me")
        assert {artifact.id for artifact in runtime.artifacts()} == {"gone", "known"}


def test_undeploy_stops_the_flow(receiver: LocalReceiver, old_root: Credential) -> None:
    with running(Keystore(old_root), flow(receiver.port)) as runtime:
        until(runtime.messages)
        runtime.undeploy("orders")
        assert runtime.artifact("orders").status == "STOPPING"
        until(lambda: not runtime.artifacts())
        count = len(runtime.messages())
        assert not any(thread.name == "flow orders" for thread in threading.enumerate())
        assert len(runtime.messages()) == count


def test_a_run_once_timer_fires_at_each_deployment_and_not_at_the_start(
    receiver: LocalReceiver, old_root: Credential
) -> None:
    with running(Keystore(old_root), flow(receiver.port, messages_per_second=0, timer="run_once")) as runtime:
        for count in (1, 2):
            task = runtime.deploy("orders", "active", "me")
            until(lambda task=task: runtime.tasks[task].done)
            until(lambda count=count: len(runtime.messages()) == count)


def test_a_parameter_takes_effect_at_the_deployment(receiver: LocalReceiver, old_root: Credential) -> None:
    written = flow(receiver.port, channels=[{"address": "https://{{Host}}/x"}], parameters={"Host": "nowhere.example"})
    with running(Keystore(old_root), written) as runtime:
        until(runtime.messages)
        runtime.edit("orders", parameters={"Host": f"{HOST}:{receiver.port}"})
        assert {status for status, _unused in outcomes_after(runtime, len(runtime.messages()))} == {"FAILED"}
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        assert {status for status, _unused in outcomes_after(runtime, len(runtime.messages()))} == {"COMPLETED"}


def test_a_restart_of_the_tenant_changes_nothing_of_the_flows(
    receiver: LocalReceiver, old_root: Credential, new_root: Credential, new: Credential
) -> None:
    keystore = Keystore(old_root)
    flows = flow(receiver.port)
    with running(keystore, flows, deploy_seconds=0.2) as runtime:
        until(runtime.messages)
        task = runtime.deploy("orders", "active", "me")
        until(lambda: runtime.tasks[task].done)
        held = runtime.flows()[0]
        interrupted = runtime.deploy("orders", "active", "me")
    saved = runtime.snapshot()
    keystore.certificates.append(new_root.der)
    again = Runtime(keystore, {"flows": [flows], "resolve": {HOST: ["127.0.0.6"]}}, deploy_seconds=0.2)
    again.restore(saved)
    assert again.messages() == runtime.messages()
    receiver.exchange(new)
    again.start()
    try:
        assert again.flows()[0] == held
        until(lambda: again.tasks[interrupted].done)
        assert again.flows()[0]["restarts"] == 2
        # It failed with the keystore held before the restart, and completes after the deployment that went on.
        assert {m["status"] for m in again.messages()} >= {"COMPLETED"}
        assert set(outcomes_after(again, len(again.messages()))) == {("COMPLETED", None)}
        assert PKIX in [message["error"] for message in again.messages()]
    finally:
        again.stop()


def test_fifty_messages_a_second_on_a_part_of_a_core(receiver: LocalReceiver, old_root: Credential) -> None:
    """Processor time per message, of both ends, so that a busy machine does not matter."""
    flows = [flow(receiver.port, f"flow{number}", messages_per_second=12) for number in range(5)]
    began = time.process_time()
    with running(Keystore(old_root), *flows) as runtime:
        until(lambda: len(runtime.messages()) >= 120, 20)
    used = time.process_time() - began
    assert used / 120 < 0.5 / 50, f"{used / 120 * 1000:.1f} ms of processor time per message"
