# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the scenarios play: tenants, the receiver that their flows send to, and files."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.x509.oid import NameOID

from ..pki import Credential, ec_key, issue, make_root
from ..receiver import LocalReceiver
from ..tenant import LocalTenant

__all__ = ["Contents", "Landscape", "Roots", "Stage"]

_HOST, _ADDRESSES = "erp.example.com", ("127.0.0.2", "127.0.0.3")
_OLD_ROOT, _NEW_ROOT, _KEY_PAIR, _PARTNER = "example_root_2016", "example_root_2026", "client", "partner_signature"
_MANY_ROOTS = 5
_BACKUP = "backup_admin_system"


class Stage(contextlib.ExitStack):
    """Tenants that run as long as it is entered. ``variables`` are added to those of each host."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.tenants: list[LocalTenant] = []
        self.variables: dict[str, Any] = {"folder": str(folder)}

    @property
    def hosts(self) -> dict[str, dict[str, Any]]:
        return {
            f"tenant_{number:02}": {**_login(tenant), **self.variables}
            for number, tenant in enumerate(self.tenants, start=1)
        }

    def set_latency(self, seconds: float) -> None:
        for tenant in self.tenants:
            tenant.latency = seconds

    def begin(self) -> None:
        """Everything as at the beginning."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for tenant in self.tenants:
            own = [alias for alias, entry in tenant.entries().items() if entry.owner == "Tenant Administrator"]
            for alias in own:
                tenant.keystore.remove(alias)
            tenant.keystore.replace_store(_BACKUP, [])


@final
class Landscape(Stage):
    """Tenants whose flows send to a receiver with two addresses, and the certificates and files of a renewal."""

    def __init__(self, folder: Path, *, tenants: int = 1, flows: int = 10) -> None:
        super().__init__(folder)
        self._flows = [f"Flow_{number:03}" for number in range(1, flows + 1)]
        self._number = tenants
        self._old_root, self._new_root = make_root("Example Root 2016"), make_root("Example Root 2026")
        self._old, self._new = (issue(root, _HOST, hosts=[_HOST]) for root in (self._old_root, self._new_root))
        self._receiver = LocalReceiver(_ADDRESSES, credential=self._old)
        self._partner = make_root("Partner")
        self._ca = issue(self._old_root, "Issuing CA", ca=True)
        self._key_pair = make_root("client.example.com", key=ec_key(), days=90)  # self-signed, as a tenant makes it
        self._answer = issue(self._ca, "client.example.com", key=self._key_pair.key)
        self._many = [make_root(f"Root {number:03}") for number in range(_MANY_ROOTS)]

    def __enter__(self) -> Landscape:
        self.enter_context(self._receiver)
        channel = {"adapter": "HTTP", "address": f"https://{_HOST}:{self._receiver.port}/in"}
        landscape = {"flows": [{"id": flow, "channels": [channel]} for flow in self._flows]}
        for _number in range(self._number):
            self.tenants.append(self.enter_context(LocalTenant(landscape)))
        receiver = f"{_HOST}:{self._receiver.port}"
        renewal = {
            "receiver": receiver,
            "addresses": list(_ADDRESSES),
            "flows": self._flows,
            "old_root_path": str(self.folder / "old_root.pem"),
            "new_root_path": str(self.folder / "new_root.pem"),
            "new_root_fingerprint_sha256": self._new_root.fingerprint_sha256,
            "new_root_alias": _NEW_ROOT,
            # One look at each address, as the other playbook takes: waiting between looks is no work.
            "probes": 1,
        }
        aliases = {"new_root": _NEW_ROOT, "client": _KEY_PAIR, "partner_signature": _PARTNER}
        self.variables |= {
            "flows": self._flows,
            "receiver": receiver,
            "receiver_host": _HOST,
            "receiver_port": self._receiver.port,
            "receiver_addresses": list(_ADDRESSES),
            "old_root_fingerprint": self._old_root.fingerprint_sha256,
            "new_root_fingerprint": self._new_root.fingerprint_sha256,
            "new_root_alias": _NEW_ROOT,
            "partner_fingerprint": self._partner.fingerprint_sha256,
            "response_fingerprint": self._answer.fingerprint_sha256,
            "hexalias": {name: alias.encode().hex().upper() for name, alias in aliases.items()},
            "roots": _declared(self._many),
            **{f"receiver_certificate_renewal_{name}": value for name, value in renewal.items()},
        }
        return self

    def begin(self) -> None:
        """The old root is trusted and served. Flows count as started too early from now on."""
        super().begin()
        for tenant in self.tenants:
            tenant.seed_certificate(_OLD_ROOT, self._old_root.der)
            tenant.seed_key_pair(_KEY_PAIR, _pkcs8(self._key_pair), [self._key_pair.der])
        self._receiver.exchange(self._old)
        moment = self.tenants[0].clock.now()
        self.variables |= {
            "served_root": "old_root",
            "started_after": _rfc3339(moment),
            "started_after_milliseconds": int(moment.timestamp() * 1000),
        }
        self._write_files()

    def finish(self) -> None:
        """The renewal was finished long ago: the new root is trusted and served, and the old one is gone."""
        self.begin()
        for tenant in self.tenants:
            tenant.keystore.remove(_OLD_ROOT)
            tenant.seed_certificate(_NEW_ROOT, self._new_root.der)
        self._receiver.exchange(self._new)
        self.variables["served_root"] = "new_root"

    def trust_many(self) -> None:
        """More roots, and no key pair: what an administrator of the tenant put in are roots alone."""
        self.begin()
        for tenant in self.tenants:
            tenant.keystore.remove(_KEY_PAIR)
            for number, root in enumerate(self._many):
                tenant.seed_certificate(f"root_{number:03}", root.der)

    def look_back(self) -> None:
        """As at the beginning, and what is asked covers a month."""
        self.begin()
        self.variables["started_after"] = _rfc3339(self.tenants[0].clock.now() - timedelta(days=30))

    def _write_files(self) -> None:
        request = (
            x509.CertificateSigningRequestBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "client.example.com")]))
            .sign(self._key_pair.key, hashes.SHA256())
        )
        texts = {
            "old_root.pem": self._old_root.pem,
            "new_root.pem": self._new_root.pem,
            "partner.pem": self._partner.pem,
            "response.pem": self._answer.chain_pem,
            "request.csr": request.public_bytes(serialization.Encoding.PEM).decode(),
            "ca.pem": self._ca.pem,
            "ca.key": self._ca.key_pem,
        }
        for name, text in texts.items():
            (self.folder / name).write_text(text)
        _write_roots(self.folder / "roots", self._many)


@final
class Roots(Stage):
    """A tenant, and a declared set of roots as in a repository."""

    def __init__(self, folder: Path, *, roots: int) -> None:
        super().__init__(folder)
        key = ec_key()
        self._roots = [make_root(f"Root {number:03}", key=key) for number in range(roots)]
        self.variables["roots"] = _declared(self._roots)

    def __enter__(self) -> Roots:
        self.tenants.append(self.enter_context(LocalTenant()))
        return self

    def begin(self) -> None:
        super().begin()
        _write_roots(self.folder / "roots", self._roots)


@final
class Contents(Stage):
    """A tenant with its rate limits on, whose flows send to many receivers."""

    # A quarter says by a parameter where it sends, and so costs one request more in design time.
    _EVERY = 4

    def __init__(self, folder: Path, *, flows: int, deployed: bool) -> None:
        super().__init__(folder)
        self._landscape = {
            "flows": [self._flow(number, max(flows // 20, 1)) for number in range(flows)],
            "options": {"deployed_bundles": deployed},
        }
        self.variables |= {"deployed_content": deployed, "expected": len(range(0, flows, self._EVERY))}

    def __enter__(self) -> Contents:
        self.tenants.append(self.enter_context(LocalTenant(self._landscape, rate_limits=True)))
        return self

    def _flow(self, number: int, packages: int) -> dict[str, Any]:
        externalized = number % self._EVERY == 0
        address = "https://{{Host}}/in" if externalized else f"https://host{number}.example.com/in"
        return {
            "id": f"Flow_{number:03d}",
            "package": f"Package_{number % packages:02d}",
            "channels": [{"address": address}],
            "parameters": {"Host": "erp.example.com:8443"} if externalized else {},
        }


def _declared(roots: Sequence[Credential]) -> list[dict[str, str]]:
    """For the playbook with uri tasks, which cannot read the declaration."""
    return [
        {
            "alias": f"root_{number:03}",
            "hexalias": f"root_{number:03}".encode().hex().upper(),
            "fingerprint": root.fingerprint_sha256.upper(),
        }
        for number, root in enumerate(roots)
    ]


def _write_roots(folder: Path, roots: Sequence[Credential]) -> None:
    folder.mkdir()
    lines = ["roots:"]
    for number, root in enumerate(roots):
        alias = f"root_{number:03}"
        (folder / f"{alias}.pem").write_text(root.pem)
        lines += [
            f"  - alias: {alias}",
            f"    fingerprint_sha256: {root.fingerprint_sha256}",
            f"    certificate_path: {alias}.pem",
        ]
    (folder / "roots.yml").write_text("\n".join(lines) + "\n")


def _login(tenant: LocalTenant) -> dict[str, Any]:
    """For the collection, and for the playbooks with uri tasks."""
    key = tenant.service_key["oauth"]
    return {
        "sap_ci_service_key": str(tenant.service_key_path),
        "sap_ci_ca_path": str(tenant.ca_path),
        "api": tenant.url + "/api/v1",
        "token_url": key["tokenurl"],
        "client_id": key["clientid"],
        "client_secret": key["clientsecret"],
    }


def _pkcs8(credential: Credential) -> bytes:
    return credential.key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _rfc3339(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + f".{moment.microsecond // 1000:03}Z"
