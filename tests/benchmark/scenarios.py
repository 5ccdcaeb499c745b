# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured. To add a scenario: one function that prepares a tenant, a line in SCENARIOS, and its playbooks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ..pki import issue, make_root
from ..receiver import LocalReceiver
from ..tenant import LocalTenant

__all__ = ["FLOWS", "SCENARIOS", "Bound", "Scenario", "Stage"]

FLOWS = tuple(f"Flow_{number:02d}" for number in range(1, 11))
_HOST, _ADDRESSES = "erp.example.com", ("127.0.0.2", "127.0.0.3")
_ALIAS = "example_root_2026"


@dataclass(frozen=True)
class Bound:
    """What must not be exceeded: ``counted`` is a field of ``Measured``."""

    counted: str
    most: int
    words: str


class Stage:
    """A tenant with ten flows, a receiver, and two roots; everything a scenario may need."""

    def __init__(self, directory: Path, latency: float) -> None:
        self.old_root, self.new_root = make_root("Example Root 2016"), make_root("Example Root 2026")
        self.root_path, self.old_root_path = directory / "new_root.pem", directory / "old_root.pem"
        self.root_path.write_text(self.new_root.pem)
        self.old_root_path.write_text(self.old_root.pem)
        self.receiver = LocalReceiver(_ADDRESSES, credential=issue(self.new_root, _HOST, hosts=[_HOST]))
        flows = [{"id": flow, "channels": [{"adapter": "HTTP", "address": f"https://{_HOST}/in"}]} for flow in FLOWS]
        self.tenant = LocalTenant({"flows": flows}, latency=latency)

    def start(self) -> None:
        self.receiver.start()
        self.tenant.start()

    def stop(self) -> None:
        self.tenant.close()
        self.receiver.stop()

    def trust_new_root(self) -> None:
        """As imported by somebody long ago, without a request; what a run before has imported does not count."""
        self.distrust_new_root()
        self.tenant.seed_certificate(_ALIAS, self.new_root.der)

    def distrust_new_root(self) -> None:
        if _ALIAS in self.tenant.entries():
            self.tenant.keystore.remove(_ALIAS)

    def variables(self) -> dict[str, Any]:
        """For the playbooks of both kinds."""
        key = self.tenant.service_key["oauth"]
        # All flows were started a month ago.
        started_after = self.tenant.clock.now() - timedelta(days=90)
        return {
            "sap_ci_service_key": str(self.tenant.service_key_path),
            "sap_ci_ca_path": str(self.tenant.ca_path),
            "api": self.tenant.url + "/api/v1",
            "token_url": key["tokenurl"],
            "client_id": key["clientid"],
            "client_secret": key["clientsecret"],
            "root_path": str(self.root_path),
            "root_fingerprint": self.new_root.fingerprint_sha256,
            "root_alias": _ALIAS,
            "root_hexalias": _ALIAS.encode().hex().upper(),
            "old_root_fingerprint": self.old_root.fingerprint_sha256,
            "flows": list(FLOWS),
            "started_after": _rfc3339(started_after),
            "started_after_milliseconds": int(started_after.timestamp() * 1000),
            "receiver_host": _HOST,
            "receiver_port": self.receiver.port,
            "receiver_addresses": list(_ADDRESSES),
            **self._renewal(),
        }

    def _renewal(self) -> dict[str, Any]:
        variables = {
            "receiver": f"{_HOST}:{self.receiver.port}",
            "addresses": list(_ADDRESSES),
            "flows": list(FLOWS),
            "old_root_path": str(self.old_root_path),
            "new_root_path": str(self.root_path),
            "new_root_fingerprint_sha256": self.new_root.fingerprint_sha256,
            "new_root_alias": _ALIAS,
            # One look at each address, as the other playbook takes: waiting between looks is no work.
            "probes": 1,
        }
        return {f"receiver_certificate_renewal_{name}": value for name, value in variables.items()}


@dataclass(frozen=True)
class Scenario:
    """``ours`` and ``plain`` are playbooks; ``prepare`` brings the tenant to where both begin, before each run."""

    name: str
    ours: str
    plain: str
    prepare: Callable[[Stage], None]
    changes: bool = False
    bounds: tuple[Bound, ...] = ()


_ONE_CONNECTION = (
    Bound("connections", 1, "one connection to the API"),
    Bound("token_connections", 1, "one connection to the token endpoint"),
)

SCENARIOS = (
    Scenario(
        "trusted_root, nothing to do", "trusted_root", "trusted_root_uri", Stage.trust_new_root,
        bounds=(*_ONE_CONNECTION, Bound("tokens", 1, "one token"), Bound("requests", 1, "one request beside it")),
    ),
    Scenario(
        "trusted_root, imports", "trusted_root", "trusted_root_uri", Stage.distrust_new_root, changes=True,
        bounds=(*_ONE_CONNECTION, Bound("requests", 4, "four requests beside the token")),
    ),
    Scenario("keystore_info", "keystore", "keystore_uri", Stage.trust_new_root, bounds=_ONE_CONNECTION),
    Scenario(
        "integration_flow, ten flows, nothing to do", "flows", "flows_uri", Stage.trust_new_root,
        bounds=_ONE_CONNECTION,
    ),
    Scenario(
        "role, ten flows, nothing to do", "certops.sap_cloud_integration.renew_receiver_certificate", "renewal_uri",
        Stage.trust_new_root, bounds=(Bound("requests", 12, "twelve requests beside tokens"),),
    ),
)  # fmt: skip


def _rfc3339(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
