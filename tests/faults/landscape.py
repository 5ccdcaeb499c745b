# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small landscape whose renewal is disturbed: a receiver that is a process with files, and a tenant with flows."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, final

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.endpoint import parse_endpoint
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.served_chain import probe
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.tenant.runtime.messages import MessageLog
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

__all__ = [
    "ADDRESSES",
    "FLOWS",
    "HOST",
    "NEW_ALIAS",
    "OLD_ALIAS",
    "ReceiverProcess",
    "Renewal",
    "write_log",
]

HOST, ADDRESSES = "erp.example.com", ("127.0.0.21", "127.0.0.22")
FLOWS = ("Orders_To_ERP", "Invoices_To_ERP")
OLD_ALIAS, NEW_ALIAS = "old_root", "new_root"
_PACKAGE = "ansible_collections.certops.sap_cloud_integration.tests.receiver"


def write_log(renewal: Renewal, flow: str, status: str, error: str | None = None) -> None:
    """A message that ends now, a second after everything before it, of a flow that sends none by itself."""
    renewal.tenant.clock.advance(1)
    runtime, now = renewal.tenant.runtime, renewal.tenant.clock.now()
    package = runtime.deployed[flow].package
    runtime.logs.add(MessageLog(runtime.logs.new_guid(), "", flow, flow, package, status, now, now, error=error))


def write_files(directory: Path, credential: Credential) -> None:
    for name, text in (("certificate", credential.pem), ("chain", credential.chain_pem), ("key", credential.key_pem)):
        path = directory / f"{name}.pem"
        path.write_text(text)
        path.chmod(0o600)


class ReceiverProcess:
    """The receiver of all renewals of one test process, set back for each; its certificate lies in files."""

    def __init__(self, directory: Path) -> None:
        # Valid since yesterday, so that they are valid on a tenant whose clock is behind, too.
        since = {"starts_in_days": -1}
        self.old_root, self.new_root = make_root("Old Root", **since), make_root("New Root", **since)
        old_ca = issue(self.old_root, "Old Issuing CA", ca=True, **since)
        new_ca = issue(self.new_root, "New Issuing CA", ca=True, **since)
        self.before, self.after = (issue(ca, HOST, hosts=[HOST], **since) for ca in (old_ca, new_ca))
        self.directory = directory
        self.installed, self.new_files = directory / "installed", directory / "new"
        self.installed.mkdir()
        self.new_files.mkdir()
        write_files(self.installed, self.before)
        write_files(self.new_files, self.after)
        files = [
            part
            for name in ("certificate", "chain", "key")
            for part in (f"--{name}", str(self.installed / f"{name}.pem"))
        ]
        addresses = [part for address in ADDRESSES for part in ("--address", address)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", _PACKAGE, *files, *addresses], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().decode().rpartition(":")[2])

    @property
    def name(self) -> str:
        return f"{HOST}:{self.port}"

    @property
    def reload_command(self) -> str:
        return f"sh -c 'kill -HUP {self._process.pid}'"

    def serves(self, credential: Credential) -> bool:
        """Every address, seen by a handshake of our own."""
        answers = probe(parse_endpoint(self.name, addresses=list(ADDRESSES)), timeout=10)
        return all(
            one.leaf is not None and one.leaf.fingerprint_sha256 == credential.fingerprint_sha256 for one in answers
        )

    def install(self, credential: Credential) -> None:
        """The receiver administrator's work; also how a test begins."""
        write_files(self.installed, credential)
        os.kill(self._process.pid, signal.SIGHUP)
        wait_until(lambda: self.serves(credential), "the receiver serves the certificate")

    def set_back(self) -> None:
        for previous in self.installed.glob("*.previous"):
            previous.unlink()
        if not self.serves(self.before):
            self.install(self.before)

    def stop(self) -> None:
        self._process.kill()
        self._process.communicate()


@final
class Renewal:
    """One tenant and all that a playbook needs to renew the receiver's certificate on it. A context manager."""

    def __init__(
        self, receiver: ReceiverProcess, directory: Path, *, rate: float = 4.0, flows: tuple[str, ...] = FLOWS,
        tenant: Mapping[str, Any] | None = None, **variables: Any,
    ) -> None:  # fmt: skip
        """:param rate: messages a second of each flow.

        :param tenant: options of the local tenant.
        :param variables: of the role, without its prefix; over those that a quick run needs.
        """
        self.receiver, self.directory, self.flows = receiver, directory, flows
        landscape = {
            "flows": [
                {
                    "id": flow,
                    "messages_per_second": rate,
                    "channels": [{"adapter": "HTTP", "address": f"https://{receiver.name}/{flow.lower()}"}],
                }
                for flow in flows
            ],
            "resolve": {HOST: list(ADDRESSES)},
        }
        self.tenant = LocalTenant(landscape, **{"deploy_seconds": 0.1, **(tenant or {})})
        self.tenant.seed_certificate(OLD_ALIAS, receiver.old_root.der)
        self.variables = {
            "receiver": receiver.name,
            "addresses": list(ADDRESSES),
            "flows": list(flows),
            "old_root_content": receiver.old_root.pem,
            "new_root_content": receiver.new_root.pem,
            "new_root_fingerprint_sha256": receiver.new_root.fingerprint_sha256,
            "new_root_alias": NEW_ALIAS,
            "old_root_fingerprint_sha256": receiver.old_root.fingerprint_sha256,
            "old_root_alias": OLD_ALIAS,
            "exchange": "files",
            "exchange_files": {
                "files": [
                    {"src": str(receiver.new_files / f"{name}.pem"), "dest": str(receiver.installed / f"{name}.pem")}
                    for name in ("certificate", "chain", "key")
                ],
                "reload_command": receiver.reload_command,
            },
            "probes": 1,
            "probe_pause": 0,
            "soak": 0,
            **variables,
        }

    def __enter__(self) -> Renewal:
        self.receiver.set_back()
        self.tenant.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.tenant.close()
        with contextlib.suppress(OSError):
            shutil.rmtree(self.directory)

    def extra_variables(self, **variables: Any) -> dict[str, Any]:
        """As for ansible-playbook -e."""
        return {
            f"receiver_certificate_renewal_{name}": value for name, value in {**self.variables, **variables}.items()
        }

    def roots(self) -> dict[str, str]:
        """Which root is held under which alias; seen in the tenant's memory."""
        names = {self.receiver.old_root.der: "old", self.receiver.new_root.der: "new"}
        return {
            alias: names[entry.chain[0]] for alias, entry in self.tenant.entries().items() if entry.chain[0] in names
        }

    def failed_messages(self) -> list[dict[str, Any]]:
        return [one for one in self.tenant.messages() if one["status"] not in ("COMPLETED", "PROCESSING")]
