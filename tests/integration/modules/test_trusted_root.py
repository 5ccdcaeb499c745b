# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""trusted_root: roots come and go by their fingerprint, and nothing else changes."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.convergence import prove_convergence
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.integration.wire import read_as_a_user
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant


def _wanted(root: Credential, **more: Any) -> dict[str, Any]:
    return {
        "certificate_content": root.pem,
        "fingerprint_sha256": root.fingerprint_sha256,
        "alias": "new_root",
        **more,
    }


def test_a_root_is_imported_once(tenant: LocalTenant, new_root: Credential) -> None:
    real = prove_convergence(
        tenant, "trusted_root", "trusted_root", _wanted(new_root), look=lambda: fingerprints(tenant), unchanged=1
    )
    assert real.result["trusted_root"]["alias"] == "new_root"
    assert real.result["trusted_root"]["fingerprint_sha256"] == new_root.fingerprint_sha256
    assert real.result["trusted_root"]["owner"] == "tenant_administrator"
    assert len(real.requests) == 3, "a listing, the import, a listing"


def test_what_was_imported_is_the_certificate_as_openssl_sees_it(tenant: LocalTenant, new_root: Credential) -> None:
    call(tenant, "trusted_root", _wanted(new_root))
    der = read_as_a_user(tenant, f"KeystoreEntries('{b'new_root'.hex()}')/Certificate/$value")
    form = "PEM" if der.startswith(b"-----BEGIN") else "DER"
    seen = subprocess.run(
        ["openssl", "x509", "-inform", form, "-noout", "-fingerprint", "-sha256"],
        input=der,
        capture_output=True,
        check=True,
    ).stdout.decode()
    assert seen.strip().partition("=")[2].lower() == new_root.fingerprint_sha256


@pytest.mark.parametrize("written", ["pem", "der", "base64"])
def test_a_file_in_any_encoding_is_the_same_root(
    tenant: LocalTenant, new_root: Credential, tmp_path: Path, written: str
) -> None:
    tenant.seed_certificate("some_alias", new_root.der)
    file = tmp_path / "root"
    if written == "der":
        file.write_bytes(new_root.der)
    else:
        text = new_root.pem if written == "pem" else "".join(new_root.pem.splitlines()[1:-1])
        file.write_text(text)
    plain = new_root.fingerprint_sha256.replace(":", "").upper()
    seen = call(tenant, "trusted_root", {"certificate_path": str(file), "fingerprint_sha256": plain, "alias": "other"})
    assert seen.result["changed"] is False
    assert seen.result["trusted_root"]["alias"] == "some_alias"
    assert (seen.tokens, len(seen.requests)) == (1, 1)


def test_a_root_that_is_there_needs_neither_pin_nor_alias(tenant: LocalTenant, new_root: Credential) -> None:
    tenant.seed_certificate("some_alias", new_root.der)
    assert call(tenant, "trusted_root", {"certificate_content": new_root.pem}).result["changed"] is False
    assert call(tenant, "trusted_root", {"fingerprint_sha256": new_root.fingerprint_sha256}).result["changed"] is False


def test_a_root_that_sap_owns_is_trusted_already(tenant: LocalTenant) -> None:
    entry = tenant.entries()["sap_global_root_ca"]
    from hashlib import sha256

    seen = call(tenant, "trusted_root", {"fingerprint_sha256": sha256(entry.chain[0]).hexdigest()})
    assert seen.result["changed"] is False
    assert seen.result["trusted_root"]["owner"] == "sap"


def test_an_alias_that_is_taken_is_replaced_only_on_demand(
    tenant: LocalTenant, old_root: Credential, new_root: Credential
) -> None:
    tenant.seed_certificate("new_root", old_root.der)
    before = fingerprints(tenant)
    refused = call(tenant, "trusted_root", _wanted(new_root))
    assert (refused.kind, refused.writes, fingerprints(tenant)) == ("Conflict", [], before)
    assert old_root.fingerprint_sha256 in refused.message
    assert "CN=Old Root" in refused.message
    real = prove_convergence(
        tenant,
        "trusted_root",
        "trusted_root",
        _wanted(new_root, on_alias_conflict="replace"),
        look=lambda: fingerprints(tenant),
        unchanged=1,
    )
    assert "drops CN=Old Root" in real.result["warnings"][0]


def test_absent_deletes_every_alias_that_holds_it(
    tenant: LocalTenant, old_root: Credential, new_root: Credential
) -> None:
    tenant.seed_certificate("one", old_root.der)
    tenant.seed_certificate("two", old_root.der)
    tenant.seed_certificate("other", new_root.der)
    before = set(fingerprints(tenant))
    prove_convergence(
        tenant,
        "trusted_root",
        "trusted_root",
        {"state": "absent", "fingerprint_sha256": old_root.fingerprint_sha256},
        look=lambda: fingerprints(tenant),
    )
    assert before - set(fingerprints(tenant)) == {"one", "two"}


def test_absent_with_an_alias_deletes_that_one_and_says_that_the_root_stays(
    tenant: LocalTenant, old_root: Credential
) -> None:
    tenant.seed_certificate("one", old_root.der)
    tenant.seed_certificate("two", old_root.der)
    real = prove_convergence(
        tenant,
        "trusted_root",
        "trusted_root",
        {"state": "absent", "certificate_content": old_root.pem, "alias": "one"},
        look=lambda: fingerprints(tenant),
        unchanged=1,
    )
    assert real.result["warnings"] == ['The root stays trusted through alias "two".']
    assert "two" in fingerprints(tenant)


def test_absent_does_not_take_an_alias_for_a_certificate(
    tenant: LocalTenant, old_root: Credential, new_root: Credential
) -> None:
    tenant.seed_certificate("one", new_root.der)
    wanted = {"state": "absent", "fingerprint_sha256": old_root.fingerprint_sha256, "alias": "one"}
    refused = call(tenant, "trusted_root", wanted)
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert new_root.fingerprint_sha256 in refused.message
    assert "one" in fingerprints(tenant)


def test_what_sap_owns_is_not_deleted(tenant: LocalTenant, old_root: Credential) -> None:
    tenant.seed_certificate("sap_old", old_root.der, owner="SAP")
    refused = call(tenant, "trusted_root", {"state": "absent", "fingerprint_sha256": old_root.fingerprint_sha256})
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert "owned by SAP" in refused.message or "SAP owns" in refused.message


@pytest.fixture
def receiver(old_root: Credential) -> Any:
    served = issue(old_root, "127.0.0.4", hosts=["127.0.0.4"])
    with LocalReceiver(addresses=["127.0.0.4", "127.0.0.5"], credential=served) as receiver:
        yield receiver


def _protected(receiver: LocalReceiver) -> dict[str, Any]:
    return {"receiver": f"127.0.0.4:{receiver.port}", "addresses": ["127.0.0.4", "127.0.0.5"]}


def test_a_root_that_a_receiver_needs_at_one_address_stays(
    tenant: LocalTenant, old_root: Credential, new_root: Credential, receiver: LocalReceiver
) -> None:
    tenant.seed_certificate("old", old_root.der)
    tenant.seed_certificate("new", new_root.der)
    wanted = {"state": "absent", "certificate_content": old_root.pem, "protect": [_protected(receiver)]}
    renewed = issue(new_root, "127.0.0.4", hosts=["127.0.0.4"])
    receiver.exchange(renewed, address="127.0.0.4")
    for check in (True, False):
        refused = call(tenant, "trusted_root", wanted, check=check)
        assert (refused.kind, refused.writes) == ("StillNeeded", [])
        assert f"127.0.0.4:{receiver.port} at 127.0.0.5" in refused.message
        assert "at 127.0.0.4:" not in refused.message
    receiver.exchange(renewed, address="127.0.0.5")
    prove_convergence(
        tenant, "trusted_root", "trusted_root", wanted, look=lambda: fingerprints(tenant), unchanged=2, changed=4
    )
    assert "old" not in fingerprints(tenant)


def test_a_receiver_that_does_not_answer_counts_as_needing_it_unless_accepted_by_name(
    tenant: LocalTenant, old_root: Credential, receiver: LocalReceiver
) -> None:
    tenant.seed_certificate("old", old_root.der)
    name = f"127.0.0.4:{receiver.port}"
    receiver.refuse()
    wanted = {"state": "absent", "fingerprint_sha256": old_root.fingerprint_sha256, "protect": [name]}
    refused = call(tenant, "trusted_root", wanted)
    assert (refused.kind, refused.writes) == ("StillNeeded", [])
    assert name in refused.message
    assert "accept_unprobed" in refused.message
    accepted = call(tenant, "trusted_root", {**wanted, "accept_unprobed": [name]})
    assert accepted.result["changed"] is True
    assert name in accepted.result["warnings"][0]


def test_a_chain_from_a_file_is_protected_too(
    tenant: LocalTenant, old_root: Credential, leaf: Credential, tmp_path: Path
) -> None:
    tenant.seed_certificate("old", old_root.der)
    file = tmp_path / "chain.pem"
    file.write_text(leaf.chain_pem)
    wanted = {
        "state": "absent",
        "fingerprint_sha256": old_root.fingerprint_sha256,
        "protect": [{"chain_path": str(file), "receiver": "intranet.example:443"}],
    }
    refused = call(tenant, "trusted_root", wanted)
    assert (refused.kind, refused.writes) == ("StillNeeded", [])
    assert "intranet.example:443" in refused.message


def test_a_cross_signed_path_through_another_anchor_lets_the_root_go(
    tenant: LocalTenant, old_root: Credential, new_root: Credential
) -> None:
    """The served intermediate ends in the old root; its twin, signed by the new root, is in the keystore."""
    from ansible_collections.certops.sap_cloud_integration.tests.pki import ec_key

    key = ec_key()
    by_old = issue(old_root, "Cross CA", ca=True, key=key)
    by_new = issue(new_root, "Cross CA", ca=True, key=key)
    chain = issue(by_old, "erp.example", hosts=["erp.example"])
    tenant.seed_certificate("old", old_root.der)
    wanted = {
        "state": "absent",
        "fingerprint_sha256": old_root.fingerprint_sha256,
        "protect": [{"chain_content": chain.chain_pem}],
    }
    assert call(tenant, "trusted_root", wanted, check=True).kind == "StillNeeded"
    tenant.seed_certificate("cross", by_new.der)
    assert call(tenant, "trusted_root", wanted).result["changed"] is True


def test_two_pipelines_at_the_same_moment_make_one_change(tenant: LocalTenant, new_root: Credential) -> None:
    """The colleague's import arrives between our listing and our import."""
    fault = tenant.faults.add("hold_before", method="PUT")
    outcome: dict[str, Any] = {}

    def colleague() -> None:
        fault.reached.wait(20)
        tenant.seed_certificate("new_root", new_root.der)
        fault.release()

    _beside(colleague, lambda: outcome.update(seen=call(tenant, "trusted_root", _wanted(new_root))))
    seen = outcome["seen"]
    assert seen.result.get("msg") is None
    assert seen.result["changed"] is False, "the change was not ours"
    assert (seen.result["actions"], seen.result["diff"]["before"]) == ([], seen.result["diff"]["after"])


def _beside(other: Callable[[], None], this: Callable[[], None]) -> None:
    import threading

    thread = threading.Thread(target=other)
    thread.start()
    this()
    thread.join()


def test_forty_roots_cost_forty_calls_of_one_request(tenant: LocalTenant) -> None:
    """The listing knows every fingerprint: nothing is asked per entry."""
    roots = [make_root(f"Root {number}") for number in range(10)]
    for number, root in enumerate(roots):
        tenant.seed_certificate(f"root_{number}", root.der)
    for root in roots:
        seen = call(tenant, "trusted_root", {"certificate_content": root.pem})
        assert (seen.result["changed"], seen.tokens, len(seen.requests)) == (False, 1, 1)
