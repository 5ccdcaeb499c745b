# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Flows that send to a receiver in every way that a discovery has to tell apart, and a playbook run on them."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["HOST", "PLAYBOOK", "DiscoveryLandscape", "Run", "flows_around"]

HOST = "erp.example.com"
ADDRESSES = ("127.0.0.21", "127.0.0.22")
PLAYBOOK = "certops.sap_cloud_integration.renew_receiver_certificate"
_YEAR = 400 * 24 * 3600.0


def _to(address: str, **more: Any) -> dict[str, Any]:
    return {"channels": [{"address": address, **more.pop("channel", {})}], **more}


def flows_around(port: int) -> dict[str, dict[str, Any]]:
    """By ID. Those named ``Sends_…`` do, ``May_…`` may, ``Not_…`` do not."""
    return {
        "Sends_Literally": _to(f"https://{HOST}:{port}/orders"),
        "Sends_Externalized": _to(
            "{{Scheme}}://{{ERP Host}}/orders", parameters={"Scheme": "https", "ERP Host": f"ERP.example.com:{port}"}
        ),
        "Sends_By_SOAP": _to(f"https://{HOST}:{port}/soap", channel={"adapter": "SOAP SAP RM"}),
        "May_By_Header": _to("https://${header.host}/orders", dynamic={"header.host": f"{HOST}:{port}"}),
        "Not_By_Cloud_Connector": _to(f"http://{HOST}:{port}/orders", channel={"proxy": "sapcc"}),
        "Not_Without_TLS": _to(f"http://{HOST}:{port}/orders"),
        "Not_Longer": _to(f"https://{HOST}.attacker.example:{port}/orders"),
        "Not_Prefixed": _to(f"https://not-{HOST}:{port}/orders"),
        "Not_In_Query": _to(f"https://crm.example.com:{port}/?to={HOST}:{port}"),
        "Not_As_User": _to(f"https://{HOST}:{port}@crm.example.com:{port}/"),
        "Not_Other_Port": _to(f"https://{HOST}:{port % 60000 + 1}/orders"),
        "Not_Externalized_Elsewhere": _to("https://{{Host}}/orders", parameters={"Host": f"crm.example.com:{port}"}),
    }


@dataclass
class Run:
    """One run of the playbook."""

    status: int
    output: str
    report: dict[str, Any]
    requests: list[str] = field(default_factory=list)


class DiscoveryLandscape:
    """A receiver that moves to another CA, and a tenant whose flows are given by the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.old_root, self.new_root = make_root("Discovery Root 2016"), make_root("Discovery Root 2026")
        self.before: Credential = issue(self.old_root, HOST, hosts=[HOST])
        self.after: Credential = issue(self.new_root, HOST, hosts=[HOST])
        for name, root in (("old", self.old_root), ("new", self.new_root)):
            (folder / f"{name}.pem").write_text(root.pem)
        self.receiver = LocalReceiver(ADDRESSES, credential=self.before)
        self.tenant: LocalTenant

    @contextlib.contextmanager
    def running(self, flows: Callable[[int], Mapping[str, Any]], **options: Any) -> Iterator[DiscoveryLandscape]:
        """:param flows: from the receiver's port to the flows by ID; ``options`` are those of a landscape."""
        with self.receiver:
            landscape = {
                "flows": [{"id": flow_id, **flow} for flow_id, flow in flows(self.receiver.port).items()],
                "resolve": {HOST: list(ADDRESSES)},
                "options": options,
            }
            # What is in the keystore has long been there.
            self.tenant = LocalTenant(landscape, deploy_seconds=0.2, clock_offset=-_YEAR)
            self.tenant.seed_certificate("old_root", self.old_root.der)
            self.tenant.clock.advance(_YEAR)
            with self.tenant:
                yield self
            assert self.tenant.errors == []

    @property
    def target(self) -> str:
        return f"{HOST}:{self.receiver.port}"

    def restarts(self) -> dict[str, int]:
        return {one["id"]: one["restarts"] for one in self.tenant.runtime.flows() if one["restarts"]}

    def role_variables(self, **more: Any) -> dict[str, Any]:
        ours = {
            "receiver": self.target,
            "addresses": list(ADDRESSES),
            "old_root_path": str(self.folder / "old.pem"),
            "new_root_path": str(self.folder / "new.pem"),
            "new_root_fingerprint_sha256": self.new_root.fingerprint_sha256,
            "new_root_alias": "new_root",
            "probes": 1,
            "probe_pause": 0,
            "soak": 0,
            "report_path": str(self.folder / "report.json"),
            **more,
        }
        return {f"receiver_certificate_renewal_{name}": value for name, value in ours.items()}

    def play(self, playbook: str = PLAYBOOK, arguments: Sequence[str] = (), **more: Any) -> Run:
        """Run a playbook as a user does; role variables without their prefix."""
        return self.run(playbook, self.role_variables(**more), arguments)

    def run(self, playbook: str, variables: Mapping[str, Any], arguments: Sequence[str] = ()) -> Run:
        self.tenant.clear_journal()
        login = {"sap_ci_service_key": str(self.tenant.service_key_path), "sap_ci_ca_path": str(self.tenant.ca_path)}
        inventory = {"all": {"hosts": {"tenant": {**login, **variables}}}}
        path = self.folder / "inventory.yml"
        path.write_text(yaml.safe_dump(inventory))
        command = [str(Path(sys.executable).with_name("ansible-playbook")), "-i", str(path), playbook, *arguments]
        environment = {
            **os.environ,
            "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"].split(os.pathsep)[0],
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_NOCOLOR": "1",
        }
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)
        report = self.folder / "report.json"
        found = json.loads(report.read_text()) if report.exists() else {}
        report.unlink(missing_ok=True)
        return Run(done.returncode, done.stdout + done.stderr, found, self.requests())

    def requests(self) -> list[str]:
        return [f"{e['method']} {e['path']}" for e in self.tenant.journal if e["listener"] == "api"]
