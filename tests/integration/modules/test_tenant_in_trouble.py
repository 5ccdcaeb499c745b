# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What happens when the tenant, or the way to it, is in trouble: waited out where that helps, else a clear end.

After any failure the keystore is as it was or as the plan said, and the message says which; changed is never wrong.
"""

from __future__ import annotations

import socket
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import (
    Call,
    call,
    fingerprints,
    login,
)
from ansible_collections.certops.sap_cloud_integration.tests.integration.quick_clock import QuickClock
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

_KEYSTORE_PATH = r"/api/v1/(KeystoreEntries|CertificateResources).*"
_WRITES = "PUT|DELETE|POST"


@pytest.fixture
def import_(tenant: LocalTenant, new_root: Credential) -> dict[str, Any]:
    return {
        "certificate_content": new_root.pem,
        "fingerprint_sha256": new_root.fingerprint_sha256,
        "alias": "new_root",
    }


def _is_there(tenant: LocalTenant) -> bool:
    return "new_root" in fingerprints(tenant)


def _failed(tenant: LocalTenant, options: dict[str, Any], kind: str, *says: str) -> Call:
    seen = call(tenant, "trusted_root", options)
    assert seen.kind == kind, seen.message
    for text in says:
        assert text in seen.message
    assert seen.result["problem"]["remedy"], "it does not say what to do"
    assert not seen.result.get("changed")
    return seen


# The way to the tenant.


def test_nobody_listens(tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    nowhere = {
        "tenant_url": f"https://127.0.0.1:{port}",
        "access_token": "planted-token",
        "ca_path": str(tenant.ca_path),
    }
    _failed(tenant, {**import_, **nowhere}, "Unreachable", f"127.0.0.1:{port}")
    assert 0 < quick_clock.waited < 30


def test_a_name_that_does_not_resolve(tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock) -> None:
    nowhere = {"tenant_url": "https://tenant.invalid", "access_token": "planted-token", "ca_path": str(tenant.ca_path)}
    _failed(tenant, {**import_, **nowhere}, "Unreachable", "tenant.invalid")


def test_a_tenant_whose_certificate_nobody_trusts(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    seen = _failed(tenant, {**import_, "service_key": tenant.service_key}, "Unreachable", "ca_path")
    assert quick_clock.waited == 0, "another try would not help"
    assert seen.requests == []
    anyway = call(tenant, "trusted_root", {**import_, "service_key": tenant.service_key, "validate_certs": False})
    assert anyway.result["changed"] is True


# The login.


def test_a_wrong_secret(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    oauth = {**tenant.service_key["oauth"], "clientsecret": "planted-wrong-secret"}
    seen = _failed(tenant, {**import_, "service_key": {"oauth": oauth}, "ca_path": str(tenant.ca_path)}, "LoginRefused")
    assert seen.requests == []
    assert "planted-wrong-secret" not in str(seen.result)


def test_a_missing_role(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    """A tenant answers an empty 403, so the role to ask for can only be named here."""
    key = tenant.create_service_key(roles=["WorkspacePackagesRead"])
    options = {"service_key": key, "ca_path": str(tenant.ca_path)}
    seen = _failed(tenant, {**import_, **options}, "NotPermitted", "MonitoringDataRead")
    assert len(seen.requests) == 1


def test_a_role_that_may_read_but_not_write(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    key = tenant.create_service_key(roles=["MonitoringDataRead"])
    options = {"service_key": key, "ca_path": str(tenant.ca_path)}
    assert call(tenant, "trusted_root", {**import_, **options}, check=True).result["changed"] is True
    seen = _failed(tenant, {**import_, **options}, "NotPermitted", "SecurityMaterialEdit", "Nothing was changed")
    assert not _is_there(tenant)
    assert len(seen.writes) == 1


def test_a_token_that_ends_during_the_call_is_renewed_once(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    tenant.faults.add("status", method="PUT", status=401)
    seen = call(tenant, "trusted_root", import_)
    assert seen.result.get("msg") is None
    assert (seen.result["changed"], seen.tokens, len(seen.writes)) == (True, 2, 2)


def test_a_login_that_is_refused_again_and_again(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    tenant.faults.add("status", path=_KEYSTORE_PATH, status=401, count=None)
    seen = _failed(tenant, import_, "LoginRefused")
    assert seen.tokens == 2
    assert len(seen.requests) == 2


# Patience.


def test_a_rate_limit_is_waited_out_as_long_as_the_tenant_asks(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.faults.add("status", path=_KEYSTORE_PATH, status=429, retry_after="7", count=3)
    seen = call(tenant, "trusted_root", import_)
    assert seen.result["changed"] is True
    assert [7 <= pause <= 7 * 1.25 for pause in quick_clock.pauses] == [True] * 3


def test_a_rate_limit_without_end(tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock) -> None:
    tenant.faults.add("status", path=_KEYSTORE_PATH, status=429, count=None)
    _failed(tenant, import_, "RateLimited")
    assert 60 < quick_clock.waited < 200


def test_a_keystore_that_is_locked_for_a_while(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.faults.add("status", method="PUT", status=503, body="odata", text="Keystore is locked", count=4)
    seen = call(tenant, "trusted_root", import_)
    assert seen.result["changed"] is True
    assert len(seen.writes) == 5
    assert quick_clock.waited > 3


def test_a_keystore_that_is_locked_longer_than_allowed(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.lock_keystore()
    _failed(tenant, {**import_, "lock_timeout": 20}, "KeystoreLocked", "stayed locked for 2", "Nothing was changed")
    assert 19 <= quick_clock.waited <= 60
    assert not _is_there(tenant)


# Answers that no tenant should give.


@pytest.mark.parametrize("body", ["nonsense", "html", "empty"])
def test_an_answer_that_is_none(tenant: LocalTenant, import_: dict[str, Any], body: str) -> None:
    tenant.faults.add("status", method="GET", status=200, body=body, count=None)
    seen = _failed(tenant, import_, "Nonsense")
    assert seen.writes == []


def test_a_redirect_is_not_followed(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    tenant.faults.add("redirect", method="GET")
    _failed(tenant, import_, "Nonsense", "elsewhere.invalid")


@pytest.mark.parametrize("body", ["odata", "bare", "empty", "html"])
def test_an_error_of_the_tenant_itself(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock, body: str
) -> None:
    tenant.faults.add("status", method="PUT", status=500, body=body, count=None)
    # An error in words of OData is the tenant's own; anything else may have come from a proxy on the way back.
    kind = "Refused" if body in ("odata", "bare") else "OutcomeUnknown"
    seen = _failed(tenant, import_, kind, "Nothing was changed", *(["Injected fault"] if body == "odata" else []))
    assert len(seen.writes) == 1, "a write that may have happened is not sent twice"
    assert not _is_there(tenant)


def test_a_read_that_fails_for_a_moment(tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock) -> None:
    tenant.faults.add("status", method="GET", status=500, count=2)
    tenant.faults.add("drop_before", method="GET")
    tenant.faults.add("truncate", method="GET")
    assert call(tenant, "trusted_root", import_).result["changed"] is True


# Writes whose answer is lost or wrong.


def test_a_write_that_took_effect_although_the_answer_was_lost(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.faults.add("drop_after", method="PUT")
    seen = call(tenant, "trusted_root", import_)
    assert seen.result.get("msg") is None
    assert seen.result["changed"] is True
    assert len(seen.writes) == 1
    assert _is_there(tenant)


def test_a_write_that_was_lost_is_never_a_change(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.faults.add("drop_before", method="PUT", count=None)
    seen = _failed(tenant, import_, "OutcomeUnknown", "Nothing was changed")
    assert len(seen.writes) == 1
    assert not _is_there(tenant)


def test_a_write_that_took_effect_although_the_tenant_says_no(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.faults.add("status_after", method="PUT", status=500)
    seen = call(tenant, "trusted_root", import_)
    assert not seen.result.get("failed"), seen.result
    assert _is_there(tenant)


def test_a_write_that_is_accepted_and_does_nothing(tenant: LocalTenant, import_: dict[str, Any]) -> None:
    tenant.faults.add("status", method="PUT", status=204)
    seen = _failed(tenant, import_, "Problem", "reading it again shows", "import CN=New Root")
    assert len(seen.writes) == 1


def test_a_tenant_that_is_gone_after_the_write(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    tenant.faults.add("drop_before", method="GET", skip=1, count=None)
    _failed(tenant, import_, "Problem", "could not be read again")
    tenant.faults.clear()
    tenant.faults.add("drop_before", method="DELETE")
    tenant.faults.add("drop_before", method="GET", skip=1, count=None)
    absent = {"state": "absent", "certificate_content": import_["certificate_content"]}
    _failed(tenant, absent, "OutcomeUnknown", "Whether anything was changed is not known")


def test_a_half_done_plan_is_named(
    tenant: LocalTenant, old_root: Credential, leaf: Credential, quick_clock: QuickClock
) -> None:
    tenant.seed_certificate("partner", old_root.der)
    tenant.faults.add("status", method="PUT", path=".*CertificateResources.*", status=500)
    wanted = {
        "alias": "partner_2026",
        "previous_alias": "partner",
        "on_mismatch": "replace",
        "certificate_content": leaf.pem,
        "fingerprint_sha256": leaf.fingerprint_sha256,
    }
    failed = call(tenant, "keystore_entry", wanted)
    assert 'Done: rename alias "partner" to "partner_2026"' in failed.message
    assert "partner_2026" in fingerprints(tenant)
    assert call(tenant, "keystore_entry", wanted).result["changed"] is True


def test_a_fault_at_any_request_leaves_all_or_nothing(
    tenant: LocalTenant, import_: dict[str, Any], quick_clock: QuickClock
) -> None:
    """Every kind of fault at every request of an import, and the next call ends it well."""
    empty = fingerprints(tenant)
    kinds = ["drop_before", "drop_after", "truncate", "status", "status_after"]
    for kind in kinds:
        for at in range(5):
            tenant.faults.add(kind, skip=at)
            seen = call(tenant, "trusted_root", import_)
            tenant.faults.clear()
            there = _is_there(tenant)
            if seen.result.get("changed"):
                assert there, (kind, at)
            elif seen.result.get("failed"):
                assert "defect" not in seen.message, (kind, at, seen.message)
                assert not ("Nothing was changed" in seen.message and there), (kind, at)
            again = call(tenant, "trusted_root", import_)
            assert again.result["changed"] is not there, (kind, at)
            absent = call(tenant, "trusted_root", {**login(tenant), "state": "absent", **_pin(import_)})
            assert absent.result["changed"] is True
            assert fingerprints(tenant) == empty


def _pin(options: dict[str, Any]) -> dict[str, Any]:
    return {"fingerprint_sha256": options["fingerprint_sha256"]}
