# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The modules that only look: what they say is what is there, with as few requests as can be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.module_call import call_module
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until


def _reads(tenant: LocalTenant, module: str, options: dict[str, Any], *, requests: int) -> Call:
    """The same in check mode, without a write, with one token and that many requests at most."""
    tenant.read_only = True
    seen = [call(tenant, module, options, check=check) for check in (True, False)]
    tenant.read_only = False
    assert tenant.violations == []
    for one in seen:
        assert not one.result.get("failed"), one.result["msg"]
        assert one.result["changed"] is False
        assert one.tokens == 1
        assert len(one.requests) <= requests, one.requests
    assert set(seen[0].result) == set(seen[1].result)
    return seen[1]


def test_the_keystore_is_listed_in_one_request(tenant: LocalTenant, new_root: Credential) -> None:
    tenant.seed_certificate("new_root", new_root.der)
    seen = _reads(tenant, "keystore_info", {}, requests=1)
    listed = {row["alias"]: row["fingerprint_sha256"].replace(":", "") for row in seen.result["keystore_entries"]}
    assert listed == {alias: chain[0] for alias, chain in fingerprints(tenant).items()}


def test_entries_are_chosen_by_alias_fingerprint_and_end(tenant: LocalTenant, new_root: Credential) -> None:
    soon, later = make_root("Soon", days=20), make_root("Later", days=40)
    for alias, root in (("soon", soon), ("later", later), ("new_root", new_root)):
        tenant.seed_certificate(alias, root.der)

    def aliases(**options: Any) -> list[str]:
        return [row["alias"] for row in _reads(tenant, "keystore_info", options, requests=1).result["keystore_entries"]]

    assert aliases(alias="soon") == ["soon"]
    assert aliases(alias="Soon") == []
    assert aliases(fingerprint_sha256=later.fingerprint_sha256.upper()) == ["later"]
    assert [name for name in aliases(expires_within=30) if not name.startswith(("sap_", "hci"))] == ["soon"]
    assert {"soon", "later", "new_root"} <= set(aliases(expires_within=10**12))


def test_days_count_on_the_clock_of_the_tenant(start_tenant: Callable[..., LocalTenant]) -> None:
    """Whose clock is ten days ahead of this machine's."""
    tenant = start_tenant(clock_offset=864000)
    tenant.seed_certificate("soon", make_root("Soon", days=20).der)
    seen = _reads(tenant, "keystore_info", {"alias": "soon", "expires_within": 12}, requests=1)
    assert len(seen.result["keystore_entries"]) == 1


@pytest.mark.parametrize("keystore", ["current", "backup", "renewal", "history"])
def test_each_of_the_four_keystores(tenant: LocalTenant, keystore: str) -> None:
    tenant.offer_sap_key()
    seen = _reads(tenant, "keystore_info", {"keystore": keystore}, requests=1)
    aliases = [row["alias"] for row in seen.result["keystore_entries"]]
    assert ("sap_cloudintegrationcertificate" in aliases) is (keystore in ("current", "renewal"))


def test_a_query_is_answered_beside_the_entries(tenant: LocalTenant, new_root: Credential) -> None:
    tenant.seed_certificate("new_root", new_root.der)
    query = "[?owner=='tenant_administrator'].{name: alias, until: not_after}"
    seen = _reads(tenant, "keystore_info", {"query": query}, requests=1)
    assert [row["name"] for row in seen.result["selected"]] == ["new_root"]
    assert len(seen.result["keystore_entries"]) > 1


def test_deployed_flows_are_listed_in_one_request(start_tenant: Callable[..., LocalTenant]) -> None:
    tenant = start_tenant({"flows": [{"id": f"flow{number}"} for number in range(12)]})
    seen = _reads(tenant, "integration_flow_info", {"ids": ["flow3", "flow11", "nobody"]}, requests=1)
    assert [row["id"] for row in seen.result["integration_flows"]] == ["flow11", "flow3"]
    assert seen.result["not_deployed"] == ["nobody"]
    everything = _reads(tenant, "integration_flow_info", {"query": "length(@)"}, requests=1)
    assert everything.result["selected"] == 12


def test_a_flow_in_error_says_why(start_tenant: Callable[..., LocalTenant]) -> None:
    tenant = start_tenant({"flows": [{"id": "orders"}, {"id": "stock"}]})
    tenant.runtime.plan_deployment("stock", outcome="error", error="No such queue: STOCK.IN")
    call(tenant, "integration_flow", {"ids": ["stock"], "started_after": "2026-01-01T00:00:00Z"})
    tenant.runtime.deploy("stock", "active", "colleague@example.com")
    call(tenant, "integration_flow", {"ids": ["stock"], "state": "deployed"})
    tenant.runtime.plan_deployment("stock", outcome="error", error="No such queue: STOCK.IN")
    call(tenant, "integration_flow", {"ids": ["stock"], "started_after": tenant.clock.now().isoformat()})
    seen = _reads(tenant, "integration_flow_info", {"errors": True}, requests=2)
    errors = {row["id"]: row["error"] for row in seen.result["integration_flows"]}
    assert errors["orders"] is None
    assert "No such queue: STOCK.IN" in errors["stock"]


@pytest.fixture
def receiver(old_root: Credential) -> Any:
    served = issue(old_root, "erp.example", hosts=["erp.example"])
    with LocalReceiver(addresses=["127.0.0.6", "127.0.0.7"], credential=served) as receiver:
        yield receiver


def _served(receiver: LocalReceiver, *roots: Credential, **more: Any) -> dict[str, Any]:
    options = {
        "receiver": f"erp.example:{receiver.port}",
        "addresses": list(receiver.addresses),
        "roots": [{"certificate_content": root.pem} for root in roots],
        **more,
    }
    result = call_module("served_chain_info", options)
    assert not result.get("failed"), result
    assert result["changed"] is False
    return dict(result["served_chain"])


def test_what_every_address_serves(receiver: LocalReceiver, old_root: Credential, new_root: Credential) -> None:
    served = _served(receiver, old_root, new_root, probes=2, pause=0)
    assert (served["uniform"], served["validated_by"]) == (True, [old_root.fingerprint_sha256])
    assert [one["stable_probes"] for one in served["addresses"]] == [2, 2]
    renewed = issue(issue(new_root, "Issuing CA", ca=True), "erp.example", hosts=["erp.example"])
    receiver.exchange(renewed, address="127.0.0.7")
    served = _served(receiver, old_root, new_root)
    assert (served["uniform"], served["validated_by"]) == (False, [])
    by_address = {one["address"]: one for one in served["addresses"]}
    assert by_address["127.0.0.6"]["validated_by"] == [old_root.fingerprint_sha256]
    assert by_address["127.0.0.7"]["validated_by"] == [new_root.fingerprint_sha256]
    assert by_address["127.0.0.7"]["leaf_fingerprint_sha256"] == renewed.fingerprint_sha256
    assert len(by_address["127.0.0.7"]["chain"]) == 2


def test_what_is_wrong_with_a_chain_is_named(receiver: LocalReceiver, new_root: Credential) -> None:
    between = issue(new_root, "Issuing CA", ca=True)
    cases = {
        "no_intermediate": (issue(between, "erp.example", hosts=["erp.example"]), False),
        "wrong_host": (issue(new_root, "crm.example", hosts=["crm.example"]), True),
        "leaf_expired": (issue(new_root, "erp.example", hosts=["erp.example"], days=1, starts_in_days=-3), True),
        "leaf_not_yet_valid": (issue(new_root, "erp.example", hosts=["erp.example"], starts_in_days=3), True),
        "unvalidated_chain": (
            issue(issue(make_root("Stranger"), "CA", ca=True), "erp.example", hosts=["erp.example"]),
            True,
        ),
    }
    for kind, (credential, whole) in cases.items():
        receiver.exchange(credential, send_intermediates=whole)
        for one in _served(receiver, new_root)["addresses"]:
            assert (one["problem_kind"], bool(one["problem"])) == (kind, True)
            assert one["validated_by"] == [] or kind == "wrong_host"


def test_an_address_that_does_not_answer(receiver: LocalReceiver, old_root: Credential) -> None:
    receiver.refuse("127.0.0.7")
    served = _served(receiver, old_root)
    dead = next(one for one in served["addresses"] if one["address"] == "127.0.0.7")
    assert "refused" in dead["error"]
    assert (dead["chain"], dead["stable_probes"], served["validated_by"], served["uniform"]) == ([], 0, [], False)


def test_a_name_without_an_address_is_an_answer_too() -> None:
    result = call_module("served_chain_info", {"receiver": "receiver.invalid"})
    assert not result.get("failed")
    assert "does not resolve" in result["served_chain"]["addresses"][0]["error"]


def test_who_needs_a_root(
    tenant: LocalTenant, receiver: LocalReceiver, old_root: Credential, new_root: Credential, tmp_path: Path
) -> None:
    tenant.seed_certificate("old", old_root.der)
    tenant.seed_certificate("old_again", old_root.der)
    tenant.seed_certificate("new", new_root.der)
    receiver.exchange(issue(new_root, "erp.example", hosts=["erp.example"]), address="127.0.0.7")
    chain = tmp_path / "chain.pem"
    chain.write_text(issue(make_root("Stranger"), "crm.example").chain_pem)
    name = f"erp.example:{receiver.port}"
    options = {
        "fingerprint_sha256": old_root.fingerprint_sha256,
        "receivers": [{"receiver": name, "addresses": list(receiver.addresses)}, {"chain_path": str(chain)}],
    }
    seen = _reads(tenant, "trusted_root_info", options, requests=4)
    assert sorted(seen.result["aliases"]) == ["old", "old_again"]
    needs = {
        (row["receiver"], row["address"]): (row["needs_root"], row["validated_by"]) for row in seen.result["needs"]
    }
    assert needs == {
        (name, "127.0.0.6"): ("yes", []),
        (name, "127.0.0.7"): ("no", ["new"]),
        (str(chain), None): ("unknown", []),
    }


def test_messages_are_counted_and_tls_failures_told_apart(
    start_tenant: Callable[..., LocalTenant], old_root: Credential, new_root: Credential
) -> None:
    served = issue(old_root, "127.0.0.8", hosts=["127.0.0.8"])
    with LocalReceiver(addresses=["127.0.0.8"], credential=served) as receiver:
        address = f"https://127.0.0.8:{receiver.port}/x"
        flows = [
            {"id": name, "messages_per_second": 20, "channels": [{"adapter": "HTTP", "address": address}]}
            for name in ("orders", "stock")
        ]
        tenant = start_tenant({"flows": [*flows, {"id": "idle"}]})
        since = tenant.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        wait_until(lambda: len([log for log in tenant.messages() if log["status"] == "FAILED"]) > 4, "messages fail")
        options = {"ids": ["stock", "orders", "idle", "nobody"], "since": since}
        rows = _rows(tenant, options)
        assert [row["id"] for row in rows] == options["ids"]
        assert rows[0]["tls_failures"] > 0
        assert "PKIX path building failed" in rows[0]["first_failure_text"]
        assert rows[0]["completed"] == 0
        assert (rows[2]["completed"], rows[2]["failed"]) == (0, 0)
        tenant.seed_certificate("old", old_root.der)
        tenant.runtime.forget_trust()
        both = {"orders", "stock"}
        wait_until(
            lambda: {log["flow_id"] for log in tenant.messages() if log["status"] == "COMPLETED"} >= both,
            "a message of each flow gets through",
        )
        # Not before: a message that was on its way when the root came still fails.
        later = tenant.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")
        waiting = {**options, "ids": ["stock", "orders"], "since": later, "wait_timeout": 20}
        rows = _rows(tenant, waiting)
        assert all(row["completed"] > 0 and row["tls_failures"] == 0 for row in rows)
        # What failed before is not forgotten, and is seen to be over.
        rows = _rows(tenant, {**waiting, "failures_since": since})
        assert all(row["completed"] > 0 and row["tls_failures"] > 0 for row in rows)
        assert all(row["last_completed_time"] > row["last_failure_time"] for row in rows)
        by_deployment = _rows(tenant, {"ids": options["ids"]})
        assert by_deployment[3]["since"] is None
        assert by_deployment[0]["completed"] > 0


def _rows(tenant: LocalTenant, options: dict[str, Any]) -> list[dict[str, Any]]:
    return list(_reads(tenant, "message_processing_log_info", options, requests=60).result["message_processing_logs"])
