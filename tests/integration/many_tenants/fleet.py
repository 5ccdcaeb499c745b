# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many local tenants that send to one receiver, and the example repository of examples/many_tenants set up for them."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, final

import ansible_collections.certops.sap_cloud_integration as package
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["ADDRESS", "FLOW", "HOST", "Fleet"]

_EXAMPLE = Path(__file__).resolve().parents[3] / "examples" / "many_tenants"
HOST, ADDRESS, FLOW = "erp.example", "127.0.0.2", "Orders_To_ERP"


@final
class Fleet:
    """A context manager. The repository is a copy of the example whose placeholders are filled in, nothing else."""

    def __init__(
        self,
        directory: Path,
        number: int,
        port: int,
        old_root: Credential,
        new_root: Credential,
        *,
        ahead: int = 0,
        flow_ids: Sequence[str] = (FLOW,),
        messages_per_second: float = 0,
        **settings: Any,
    ) -> None:
        """The receiver listens on ``ADDRESS`` and is the test's own.

        :param number: of tenants; the first one is the canary.
        :param port: of the receiver.
        :param ahead: so many of the last ones trust both roots already.
        :param settings: variables of the role, without its prefix.
        """
        self.repository = directory / "repository"
        self.port = port
        self.old_root, self.new_root = old_root, new_root
        self.names = [f"tenant_{index:02d}" for index in range(1, number + 1)]
        self.tenants: dict[str, LocalTenant] = {}
        self.ahead = self.names[number - ahead :]
        self._flow_ids = flow_ids
        self._messages_per_second = messages_per_second
        self._settings = settings
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Fleet:
        with contextlib.ExitStack() as stack:
            self.tenants = {name: stack.enter_context(self._tenant(name)) for name in self.names}
            self._write_repository()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    @property
    def environment(self) -> dict[str, str]:
        """Of a command that runs in the repository."""
        # An unbuffered Python costs each task of a module some time.
        inherited = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
        return {
            **inherited,
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "ANSIBLE_COLLECTIONS_PATH": str(Path(next(iter(package.__path__))).parents[2]),
            "ANSIBLE_HOME": str(self.repository.parent / "ansible"),
            "ANSIBLE_VAULT_PASSWORD_FILE": str(self.repository / "vault_password"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_LOCALHOST_WARNING": "0",
        }

    @property
    def summary(self) -> dict[str, Any]:
        """The report about all tenants that the last run wrote."""
        summary: dict[str, Any] = json.loads((self.repository / "summary.json").read_text())
        return summary

    def run(self, command: str) -> subprocess.CompletedProcess[str]:
        """A line of a shell, in the repository."""
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", command], cwd=self.repository, env=self.environment,
            stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
        )  # fmt: skip

    def break_tenant(self, name: str) -> None:
        """It refuses every login until it is mended."""
        self.tenants[name].faults.add("status", path="/oauth/token", status=401, count=None)

    def mend_tenant(self, name: str) -> None:
        self.tenants[name].faults.clear()

    def set_read_only(self, read_only: bool) -> None:
        for tenant in self.tenants.values():
            tenant.read_only = read_only

    def writes(self, name: str) -> list[str]:
        return [f"{entry['method']} {entry['path']}" for entry in self.tenants[name].writes()]

    def roots(self, name: str) -> set[str]:
        """Which of the two roots the tenant holds, seen in its memory."""
        held = {der for entry in self.tenants[name].entries().values() for der in entry.chain}
        return {word for word, root in (("old", self.old_root), ("new", self.new_root)) if root.der in held}

    def _tenant(self, name: str) -> LocalTenant:
        channel = {"adapter": "HTTP", "address": f"https://{HOST}:{self.port}/orders"}
        sends = {"messages_per_second": self._messages_per_second, "channels": [channel]}
        flows = [{"id": flow_id, **sends} for flow_id in self._flow_ids]
        tenant = LocalTenant({"flows": flows, "resolve": {HOST: [ADDRESS]}}, deploy_seconds=0.2)
        tenant.seed_certificate("example_root_2016", self.old_root.der)
        if name in self.ahead:
            tenant.seed_certificate("example_root_2026", self.new_root.der)
        return tenant

    def _write_repository(self) -> None:
        shutil.copytree(_EXAMPLE, self.repository)
        hosts = {name: {"sap_ci_ca_path": str(tenant.ca_path)} for name, tenant in self.tenants.items()}
        inventory = {"tenants": {"hosts": hosts}, "canary": {"hosts": {self.names[0]: {}}}}
        (self.repository / "inventory" / "hosts.yml").write_text(json.dumps(inventory))
        settings = {
            "receiver": f"{HOST}:{self.port}",
            "addresses": [ADDRESS],
            "old_root_content": self.old_root.pem,
            "new_root_content": self.new_root.pem,
            "new_root_fingerprint_sha256": self.new_root.fingerprint_sha256,
            "probe_pause": 0.1,
            "soak": 0.5,
            **self._settings,
        }
        # Files of group_vars/all are read in the order of their names: this one fills in what the example cannot know.
        variables = {f"receiver_certificate_renewal_{name}": value for name, value in settings.items()}
        (self.repository / "inventory" / "group_vars" / "all" / "zz_local.yml").write_text(json.dumps(variables))
        self._write_vault()

    def _write_vault(self) -> None:
        """Encrypted as the example says, with a password that only this run knows."""
        (self.repository / "vault_password").write_text(os.urandom(16).hex())
        service_keys = {name: tenant.service_key for name, tenant in self.tenants.items()}
        vault = self.repository / "inventory" / "group_vars" / "all" / "vault.yml"
        vault.write_text(json.dumps({"vault_service_keys": service_keys}))
        encrypted = self.run("ansible-vault encrypt inventory/group_vars/all/vault.yml")
        if encrypted.returncode:
            raise RuntimeError(encrypted.stderr)
