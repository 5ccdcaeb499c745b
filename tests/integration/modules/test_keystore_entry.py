# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keystore_entry: the alias is the identity here, the fingerprint that of its certificate."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.convergence import prove_convergence
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant


def _certificate(one: Credential, alias: str = "partner", **more: Any) -> dict[str, Any]:
    return {"alias": alias, "certificate_content": one.pem, "fingerprint_sha256": one.fingerprint_sha256, **more}


def _prove(tenant: LocalTenant, options: dict[str, Any], *, changed: int = 4) -> Call:
    return prove_convergence(
        tenant,
        "keystore_entry",
        "keystore_entry",
        options,
        look=lambda: fingerprints(tenant),
        unchanged=1,
        changed=changed,
    )


def _plain(one: Credential) -> list[str]:
    return [one.fingerprint_sha256.replace(":", "")]


def test_a_certificate_is_imported_once(tenant: LocalTenant, leaf: Credential) -> None:
    real = _prove(tenant, _certificate(leaf), changed=3)
    assert real.result["keystore_entry"]["subject"].startswith("CN=erp.example")
    assert fingerprints(tenant)["partner"] == _plain(leaf)


def test_another_certificate_is_replaced_only_on_demand(
    tenant: LocalTenant, leaf: Credential, old_root: Credential
) -> None:
    tenant.seed_certificate("partner", old_root.der)
    refused = call(tenant, "keystore_entry", _certificate(leaf))
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert old_root.fingerprint_sha256 in refused.message
    assert "on_mismatch: replace" in refused.message
    real = _prove(tenant, _certificate(leaf, on_mismatch="replace"), changed=3)
    assert old_root.fingerprint_sha256 in real.result["warnings"][0]
    assert fingerprints(tenant)["partner"] == _plain(leaf)


def test_an_entry_is_renamed(tenant: LocalTenant, leaf: Credential) -> None:
    tenant.seed_certificate("partner", leaf.der)
    _prove(tenant, {"alias": "partner_2026", "previous_alias": "partner"}, changed=3)
    assert "partner" not in fingerprints(tenant)
    assert fingerprints(tenant)["partner_2026"] == _plain(leaf)


def test_an_entry_is_renamed_and_its_certificate_replaced(
    tenant: LocalTenant, leaf: Credential, old_root: Credential
) -> None:
    tenant.seed_certificate("partner", old_root.der)
    options = _certificate(leaf, "partner_2026", previous_alias="partner", on_mismatch="replace")
    real = _prove(tenant, options)
    assert len(real.result["actions"]) == 2
    assert "partner" not in fingerprints(tenant)
    assert fingerprints(tenant)["partner_2026"] == _plain(leaf)


def test_a_previous_alias_that_is_long_gone_is_no_matter(tenant: LocalTenant, leaf: Credential) -> None:
    tenant.seed_certificate("partner_2026", leaf.der)
    seen = call(tenant, "keystore_entry", {"alias": "partner_2026", "previous_alias": "partner"})
    assert (seen.result["changed"], len(seen.requests)) == (False, 1)


def test_two_entries_do_not_become_one(tenant: LocalTenant, leaf: Credential, old_root: Credential) -> None:
    tenant.seed_certificate("partner", leaf.der)
    tenant.seed_certificate("partner_2026", old_root.der)
    refused = call(tenant, "keystore_entry", {"alias": "partner_2026", "previous_alias": "partner"})
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert "partner_2026" in refused.message


def test_an_entry_is_deleted(tenant: LocalTenant, leaf: Credential, old_root: Credential) -> None:
    tenant.seed_certificate("partner", leaf.der)
    other = {"alias": "partner", "state": "absent", "fingerprint_sha256": old_root.fingerprint_sha256}
    refused = call(tenant, "keystore_entry", other)
    assert (refused.kind, refused.writes) == ("Conflict", [])
    _prove(tenant, {"alias": "partner", "state": "absent", "fingerprint_sha256": leaf.fingerprint_sha256}, changed=3)
    assert "partner" not in fingerprints(tenant)


def test_a_key_pair_is_not_overwritten_with_a_certificate(tenant: LocalTenant, leaf: Credential) -> None:
    from cryptography.hazmat.primitives import serialization

    key = leaf.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    tenant.seed_key_pair("partner", key, [leaf.der])
    other = Credential(leaf.certificate, leaf.key)
    for options in (
        _certificate(other, on_mismatch="replace"),
        {"alias": "Partner", "certificate_content": leaf.pem, "fingerprint_sha256": leaf.fingerprint_sha256},
    ):
        refused = call(tenant, "keystore_entry", options)
        assert (refused.kind, refused.writes) == ("Conflict", [])


@pytest.mark.parametrize("module", ["keystore_entry", "trusted_root"])
def test_an_alias_that_differs_in_case_alone_is_another_entry_to_nobody(
    tenant: LocalTenant, module: str, new_root: Credential, old_root: Credential
) -> None:
    """Java keystores fold the case of an alias, so the one entry would shadow the other."""
    tenant.seed_certificate("Partner", old_root.der)
    before = fingerprints(tenant)
    options = _certificate(new_root, "partner")
    for replace in ({}, {"on_mismatch" if module == "keystore_entry" else "on_alias_conflict": "replace"}):
        refused = call(tenant, module, {**options, **replace})
        assert (refused.kind, refused.writes, fingerprints(tenant)) == ("Conflict", [], before)
        assert 'differs only in letter case from "partner"' in refused.message
        assert '"Partner"' in refused.message


def test_an_entry_that_exists_in_another_case_is_not_reported_as_there(
    tenant: LocalTenant, old_root: Credential
) -> None:
    tenant.seed_certificate("Partner", old_root.der)
    refused = call(tenant, "keystore_entry", {"alias": "partner"})
    assert (refused.kind, refused.writes) == ("Conflict", [])
