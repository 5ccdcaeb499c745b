# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every kind of write that a module makes, each with a tenant on which it has something to do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

__all__ = ["WORKS", "Work", "new_tenant", "state_of"]

OLD, NEW = make_root("Old Root"), make_root("New Root")
PAIR = self_signed_leaf("erp.example")
SIGNED = issue(NEW, "erp.example", key=PAIR.key)
ADDED = [make_root(f"Added Root {number}") for number in range(3)]
LONG_AGO = "2020-01-01T00:00:00Z"
FLOW = "Orders"


@dataclass(frozen=True)
class Work:
    """:param prepare: seeds a tenant, without a request.

    :param options: of the module; a function when the tenant is needed.
    """

    name: str
    module: str
    options: Callable[[LocalTenant], Mapping[str, Any]]
    prepare: Callable[[LocalTenant], None] = lambda tenant: None


def _seed(**certificates: Credential) -> Callable[[LocalTenant], None]:
    def prepare(tenant: LocalTenant) -> None:
        for alias, credential in certificates.items():
            tenant.seed_certificate(alias, credential.der)

    return prepare


def _seed_key_pair(tenant: LocalTenant) -> None:
    key = PAIR.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    tenant.seed_key_pair("pair", key, [PAIR.der])


def _seed_backup(tenant: LocalTenant) -> None:
    tenant.seed_certificate("kept", OLD.der)
    tenant.keystore.replace_store(
        "backup_admin_system", [entry for entry in tenant.keystore.entries() if entry.alias == "kept"]
    )
    tenant.keystore.remove("kept")
    tenant.seed_certificate("later", NEW.der)


def _undeploy(tenant: LocalTenant) -> None:
    tenant.runtime.deployed.pop(FLOW)
    tenant.runtime.instances.pop(FLOW).retire(0.0)


def _root(root: Credential, **more: Any) -> Callable[[LocalTenant], Mapping[str, Any]]:
    return lambda _: {"certificate_content": root.pem, "fingerprint_sha256": root.fingerprint_sha256, **more}


WORKS = (
    Work("import a root", "trusted_root", _root(NEW, alias="new")),
    Work("replace a root", "trusted_root", _root(NEW, alias="old", on_alias_conflict="replace"), _seed(old=OLD)),
    Work("delete a root", "trusted_root", _root(OLD, state="absent"), _seed(old=OLD)),
    Work("delete a root under two aliases", "trusted_root", _root(OLD, state="absent"), _seed(old=OLD, twin=OLD)),
    Work("import an entry", "keystore_entry", _root(SIGNED, alias="leaf")),
    Work("rename an entry", "keystore_entry", _root(OLD, alias="renamed", previous_alias="old"), _seed(old=OLD)),
    Work("delete an entry", "keystore_entry", lambda _: {"alias": "old", "state": "absent"}, _seed(old=OLD)),
    Work(
        "generate a key pair",
        "keystore_entry",
        lambda _: {
            "alias": "pair",
            "generate": {"common_name": "erp.example", "country": "DE", "key_type": "EC", "curve": "secp256r1"},
        },
    ),
    Work(
        "install a signing response",
        "signing_response",
        lambda _: {"alias": "pair", "response_content": SIGNED.chain_pem + NEW.pem},
        _seed_key_pair,
    ),
    Work(
        "converge the roots of a tenant",
        "trusted_roots",
        lambda _: {
            "roots": [
                {
                    "alias": f"added_{number}",
                    "certificate_content": root.pem,
                    "fingerprint_sha256": root.fingerprint_sha256,
                }
                for number, root in enumerate(ADDED)
            ],
            # One request for all of them: only so can it be never half.
            "upload": "keystore",
        },
    ),
    Work("take a backup", "keystore_backup", lambda _: {}, _seed(one=OLD)),
    Work("restore a backup", "keystore_backup", lambda _: {"state": "restored", "others": "delete"}, _seed_backup),
    Work(
        "restart a flow",
        "integration_flow",
        lambda tenant: {"ids": [FLOW], "state": "restarted", "started_after": _now(tenant)},
    ),
    Work("deploy a flow", "integration_flow", lambda _: {"ids": [FLOW], "state": "deployed"}, _undeploy),
    Work("undeploy a flow", "integration_flow", lambda _: {"ids": [FLOW], "state": "undeployed"}),
)


def _now(tenant: LocalTenant) -> str:
    return tenant.clock.now().isoformat(timespec="milliseconds").replace("+00:00", "Z")


def new_tenant() -> LocalTenant:
    flow = {"id": FLOW, "channels": [{"adapter": "HTTP", "address": "https://erp.example/orders"}]}
    return LocalTenant({"flows": [flow]}, deploy_seconds=0.02)


def state_of(tenant: LocalTenant) -> dict[str, Any]:
    """Both keystores and the flows, seen in the tenant's memory; a new key is told from no key, not from another."""
    return {
        "keystore": _keystore(tenant, "system"),
        "backup": _keystore(tenant, "backup_admin_system"),
        "flows": {flow["id"]: (flow["status"], flow["restarts"]) for flow in tenant.runtime.flows()},
    }


def _keystore(tenant: LocalTenant, name: str) -> dict[str, Any]:
    return {
        entry.alias: "generated" if entry.is_key_pair and PAIR.der != entry.chain[0] and len(entry.chain) == 1
        and entry.owner != "SAP" else entry.chain
        for entry in tenant.keystore.entries(name)
    }  # fmt: skip
