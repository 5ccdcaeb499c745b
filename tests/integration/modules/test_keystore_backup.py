# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one backup slot: filled and brought back, with a warning about what goes, on the local tenant."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.convergence import prove_convergence
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def everything(tenant: LocalTenant) -> dict[str, dict[str, tuple[bytes, ...]]]:
    """Alias to chain in both keystores, seen in the tenant's memory."""
    return {
        name: {entry.alias: tuple(entry.chain) for entry in tenant.keystore.entries(name)}
        for name in ("system", "backup_admin_system")
    }


def seed_key_pair(tenant: LocalTenant, alias: str, credential: Credential) -> None:
    key = credential.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    tenant.seed_key_pair(alias, key, [credential.der])


def test_a_backup_is_taken_once(tenant: LocalTenant, old_root: Credential) -> None:
    tenant.seed_certificate("one", old_root.der)
    real = prove_convergence(
        tenant, "keystore_backup", "keystore_backup", {}, look=lambda: everything(tenant), changed=5
    )
    assert set(everything(tenant)["backup_admin_system"]) == {"one"}
    assert "warnings" not in real.result


def test_a_backup_tells_what_it_overwrites(tenant: LocalTenant, old_root: Credential, new_root: Credential) -> None:
    seed_key_pair(tenant, "key", self_signed_leaf("first"))
    tenant.seed_certificate("gone", old_root.der)
    call(tenant, "keystore_backup", {})
    tenant.keystore.remove("gone")
    seed_key_pair(tenant, "key", self_signed_leaf("second"))
    tenant.seed_certificate("new", new_root.der)
    predicted = call(tenant, "keystore_backup", {}, check=True)
    assert predicted.writes == []
    assert predicted.result["comparison"] == {
        "only_in_keystore": ["new"],
        "only_in_backup": ["gone"],
        "different": ["key"],
        "same": [],
    }
    (warning,) = predicted.result["warnings"]
    assert '"gone" (certificate CN=Old Root' in warning
    assert '"key" (key pair CN=first' in warning
    assert "new" not in warning
    real = call(tenant, "keystore_backup", {})
    assert real.result["changed"] is True
    assert set(everything(tenant)["backup_admin_system"]) == {"key", "new"}


@pytest.mark.parametrize(("others", "left"), [("keep", {"one", "two", "later"}), ("delete", {"one", "two"})])
def test_a_backup_is_brought_back(
    tenant: LocalTenant, old_root: Credential, new_root: Credential, leaf: Credential, others: str, left: set[str]
) -> None:
    tenant.seed_certificate("one", old_root.der)
    tenant.seed_certificate("two", leaf.der)
    call(tenant, "keystore_backup", {})
    tenant.keystore.remove("one")
    tenant.seed_certificate("two", issue(new_root, "other").der)
    tenant.seed_certificate("later", new_root.der)
    owned_by_sap = {entry.alias for entry in tenant.keystore.entries() if entry.owner == "SAP"}
    real = prove_convergence(
        tenant,
        "keystore_backup",
        "keystore_backup",
        {"state": "restored", "others": others},
        look=lambda: everything(tenant),
        changed=5,
    )
    now = everything(tenant)["system"]
    assert set(now) - owned_by_sap == left
    assert owned_by_sap <= set(now)
    assert (now["one"], now["two"]) == ((old_root.der,), (leaf.der,))
    assert '"two" (certificate CN=other' in real.result["warnings"][0]
    assert any("later" in warning for warning in real.result["warnings"]) is (others == "delete")


def test_there_is_no_backup_to_restore(tenant: LocalTenant, old_root: Credential) -> None:
    tenant.seed_certificate("one", old_root.der)
    refused = call(tenant, "keystore_backup", {"state": "restored", "others": "delete"})
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert "there is no backup to restore" in refused.message


def test_a_lost_answer_to_a_restore_that_took_effect_is_a_change(tenant: LocalTenant, old_root: Credential) -> None:
    tenant.seed_certificate("one", old_root.der)
    call(tenant, "keystore_backup", {})
    tenant.keystore.remove("one")
    tenant.faults.add("drop_after", method="PUT")
    result = call(tenant, "keystore_backup", {"state": "restored"}).result
    assert result["changed"] is True
    assert "one" in tenant.entries()
