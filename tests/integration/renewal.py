# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A landscape to renew a receiver's certificate in: a tenant whose flows send to a receiver with two addresses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import RENEW, Playbook, Run
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

__all__ = ["HOST", "PREFIX", "Renewal", "landscape", "running_renewal"]

HOST = "erp.example"
PREFIX = "receiver_certificate_renewal_"


class Renewal:
    """:param tenant: started, its flows running.

    :param port: of the receiver, which listens on ``addresses``.
    """

    def __init__(self, directory: Path, tenant: LocalTenant, port: int, addresses: list[str]) -> None:
        self.directory = directory
        self.tenant = tenant
        self.report_path = directory / "report.json"
        self.receiver_name = f"{HOST}:{port}"
        self.addresses = addresses
        self.old_root, self.new_root = make_root("Old Root"), make_root("New Root")
        # Below an intermediate, as a CA issues it.
        self.before = issue(issue(self.old_root, "Old Issuing CA", ca=True), HOST, hosts=[HOST])
        self.after = issue(issue(self.new_root, "New Issuing CA", ca=True), HOST, hosts=[HOST])

    def host(self, **more: Any) -> dict[str, Any]:
        """The variables of the tenant as an inventory host, with a quick soak; ``more`` without the role's prefix."""
        variables = {
            "receiver": self.receiver_name,
            "addresses": self.addresses,
            "flows": ["invoices", "orders"],
            "old_root_content": self.old_root.pem,
            "new_root_content": self.new_root.pem,
            "new_root_fingerprint_sha256": self.new_root.fingerprint_sha256,
            "new_root_alias": "new_root",
            "probes": 2,
            "probe_pause": 0.1,
            "soak": 0.5,
            "report_path": str(self.report_path),
            **more,
        }
        login = {"sap_ci_service_key": str(self.tenant.service_key_path), "sap_ci_ca_path": str(self.tenant.ca_path)}
        return {**login, **{f"{PREFIX}{name}": value for name, value in variables.items()}}

    def playbook(self, *, quick: bool = True, **more: Any) -> Playbook:
        return Playbook(self.directory, {"tenant_a": self.host(**more)}, quick=quick)

    def renew(self, playbook: Playbook, *arguments: str, fails: bool = False, **variables: Any) -> Run:
        """One run with a journal of its own; its end is as expected."""
        self.tenant.clear_journal()
        self.report_path.unlink(missing_ok=True)
        extra = {f"{PREFIX}{name}": value for name, value in variables.items()}
        ran = playbook.run(RENEW, *arguments, **extra)
        assert (ran.status != 0) is fails, ran.output
        return ran

    @property
    def report(self) -> dict[str, Any]:
        return dict(json.loads(self.report_path.read_text()))

    @property
    def steps(self) -> list[str]:
        return [step["name"] for step in self.report["steps"]]

    def requests(self) -> list[str]:
        return [f"{one['method']} {one['path']}" for one in self.tenant.journal if one["listener"] == "api"]

    def aliases(self) -> dict[str, str]:
        """Which root is held under which alias, seen in the tenant's memory."""
        names = {self.old_root.der: "old", self.new_root.der: "new"}
        held = self.tenant.entries().items()
        return {alias: names[entry.chain[0]] for alias, entry in held if entry.chain[0] in names}

    def restarts(self) -> dict[str, int]:
        return {flow["id"]: flow["restarts"] for flow in self.tenant.runtime.flows()}

    def failures(self) -> list[dict[str, Any]]:
        return [one for one in self.tenant.messages() if one["status"] not in ("COMPLETED", "PROCESSING")]

    def wait_for_messages(self, *flows: str) -> None:
        """Until each of these flows has completed one more message."""
        seen = {flow: self._completed(flow) for flow in flows}
        wait_until(lambda: all(self._completed(flow) > seen[flow] for flow in flows), "each flow completes a message")

    def _completed(self, flow: str) -> int:
        return sum(one["flow_id"] == flow and one["status"] == "COMPLETED" for one in self.tenant.messages())


def landscape(port: int, addresses: list[str], *flows: str, rate: float = 4.0, **options: Any) -> dict[str, Any]:
    channel = {"adapter": "HTTP", "address": f"https://{HOST}:{port}/messages"}
    return {
        "flows": [{"id": flow, "messages_per_second": rate, "channels": [channel], **options} for flow in flows],
        "resolve": {HOST: addresses},
    }


@contextmanager
def running_renewal(
    directory: Path, addresses: list[str], *flows: str, **options: Any
) -> Iterator[tuple[Renewal, LocalReceiver]]:
    """The receiver in this process, serving the old chain; the tenant trusting the old root."""
    placeholder: Credential = issue(make_root("Nobody"), HOST)
    with LocalReceiver(addresses=addresses, credential=placeholder) as receiver:
        names = flows or ("invoices", "orders")
        tenant = LocalTenant(landscape(receiver.port, addresses, *names, **options), deploy_seconds=0.2)
        renewal = Renewal(directory, tenant, receiver.port, addresses)
        receiver.exchange(renewal.before)
        tenant.seed_certificate("old_root", renewal.old_root.der)
        with tenant:
            yield renewal, receiver
            assert tenant.errors == []
