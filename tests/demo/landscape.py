# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The landscape of the demo: two certificate authorities, two receivers, a tenant and its integration flows.

The receiver ``erp`` has two addresses and its certificate moves to another CA. The receiver ``crm`` has one address and
runs as a process of its own, with files as a web server has them; it keeps the old CA for a while.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, final

from ..pki import Credential, issue, make_root
from ..receiver import LocalReceiver
from ..tenant import LocalTenant
from .playbook import collections_path

__all__ = [
    "CRM_ADDRESS",
    "CRM_HOST",
    "ERP_ADDRESSES",
    "ERP_HOST",
    "FLOWS",
    "NEW_ALIAS",
    "OLD_ALIAS",
    "CrmProcess",
    "Flow",
    "Landscape",
]

PACKAGE = __package__.rpartition(".")[0]
ERP_HOST, ERP_ADDRESSES = "erp.example.com", ("127.0.0.2", "127.0.0.3")
CRM_HOST, CRM_ADDRESS = "crm.example.com", "127.0.0.4"
OLD_ALIAS, NEW_ALIAS = "example_root_2016", "example_root_2026"
# Small flows were seen to take about ten seconds on a tenant; the demo does not need to be as slow, only not instant.
_DEPLOY_SECONDS = 1.0


@dataclass(frozen=True)
class Flow:
    """An integration flow, where it sends, and how often."""

    id: str
    receiver: str
    messages_per_second: float

    def to_landscape(self, port: int) -> dict[str, Any]:
        return {
            "id": self.id,
            "name": self.id.replace("_", " "),
            "messages_per_second": self.messages_per_second,
            "channels": [{"adapter": "HTTP", "address": f"https://{{{{Host}}}}/{self.id.lower()}"}],
            "parameters": {"Host": f"{self.receiver}:{port}"},
        }


FLOWS = (
    Flow("Orders_To_ERP", ERP_HOST, 12),
    Flow("Invoices_To_ERP", ERP_HOST, 7),
    Flow("Deliveries_To_ERP", ERP_HOST, 4),
    Flow("Year_End_Closing_To_ERP", ERP_HOST, 0),
    Flow("Contacts_To_CRM", CRM_HOST, 5),
)


class CrmProcess:
    """The receiver ``crm``: certificate, chain and key are files; SIGHUP lets it read them again."""

    def __init__(self, directory: Path, credential: Credential) -> None:
        self.directory = directory
        directory.mkdir()
        self.files = write_credential(directory, credential)
        self._command = self._write_command()
        self._output = directory / "receiver.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    @property
    def check_command(self) -> str:
        return f"{self._command} --check"

    @property
    def reload_command(self) -> str:
        return f"{self._command} --reload"

    def _write_command(self) -> Path:
        """What its administrator has: one command that knows where the files are."""
        files = [part for name, path in self.files.items() for part in (f"--{name}", str(path))]
        words = [
            sys.executable,
            "-m",
            f"{PACKAGE}.receiver",
            "--pid-file",
            str(self.directory / "receiver.pid"),
            *files,
        ]
        path = self.directory / "crm-receiver"
        path.write_text(
            "#!/bin/sh\n"
            f'PYTHONPATH={shlex.quote(str(collections_path()))} exec {shlex.join(words)} --address {CRM_ADDRESS} "$@"\n'
        )
        path.chmod(0o700)
        return path

    def start(self) -> None:
        log = self._output.open("wb")
        with log:
            self._process = subprocess.Popen(
                [self._command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        assert self._process.stdout is not None
        line = self._process.stdout.readline().decode()
        if not line:
            raise RuntimeError(f"The receiver crm does not start: {self._output.read_text()}")
        self.port = int(line.rpartition(":")[2])

    def stop(self) -> str:
        """Stop it; gives what it printed last, the JSON of what it has seen."""
        if self._process is None:
            return ""
        self._process.terminate()
        try:
            output = self._process.communicate(timeout=10)[0]
        except subprocess.TimeoutExpired:
            self._process.kill()
            output = self._process.communicate()[0]
        self._process = None
        # The last line is the JSON of what it has seen.
        lines = output.decode().splitlines()
        return lines[-1] if lines else ""


def write_credential(directory: Path, credential: Credential) -> dict[str, Path]:
    """Certificate, chain and key as three files, the key for its owner only."""
    files = {name: directory / f"{name}.pem" for name in ("certificate", "chain", "key")}
    for name, text in (("certificate", credential.pem), ("chain", credential.chain_pem), ("key", credential.key_pem)):
        descriptor = os.open(files[name], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(text)
    return files


@final
class Landscape:
    """Everything that runs. A context manager: it starts all and stops all."""

    def __init__(self, directory: Path) -> None:
        """:param directory: an empty one, for the files that a user would have: roots, keys, certificates."""
        self.directory = directory
        self.old_root = make_root("Example Root 2016")
        self.new_root = make_root("Example Root 2026")
        old_ca = issue(self.old_root, "Example Issuing CA 1", ca=True)
        new_ca = issue(self.new_root, "Example Issuing CA 2", ca=True)
        self.erp_before = issue(old_ca, ERP_HOST, hosts=[ERP_HOST])
        self.erp_after = issue(new_ca, ERP_HOST, hosts=[ERP_HOST])
        self.crm_before = issue(old_ca, CRM_HOST, hosts=[CRM_HOST])
        self.crm_after = issue(new_ca, CRM_HOST, hosts=[CRM_HOST])
        self.roots = {"old": self.old_root, "new": self.new_root}
        self.old_root_path = directory / "old_root.pem"
        self.new_root_path = directory / "new_root.pem"
        self.old_root_path.write_text(self.old_root.pem)
        self.new_root_path.write_text(self.new_root.pem)
        self.crm = CrmProcess(directory / "crm", self.crm_before)
        (directory / "crm_new").mkdir()
        self.crm_new_files = write_credential(directory / "crm_new", self.crm_after)
        self.erp = LocalReceiver(ERP_ADDRESSES, credential=self.erp_before)
        self._stack = contextlib.ExitStack()
        self.tenant: LocalTenant

    def port_of(self, host: str) -> int:
        return self.erp.port if host == ERP_HOST else self.crm.port

    def __enter__(self) -> Landscape:
        with contextlib.ExitStack() as stack:
            stack.enter_context(self.erp)
            stack.callback(self.crm.stop)
            self.crm.start()
            self.tenant = LocalTenant(
                {
                    "flows": [flow.to_landscape(self.port_of(flow.receiver)) for flow in FLOWS],
                    "resolve": {ERP_HOST: list(ERP_ADDRESSES), CRM_HOST: [CRM_ADDRESS]},
                },
                deploy_seconds=_DEPLOY_SECONDS,
            )
            stack.callback(self.tenant.close)
            self.tenant.seed_certificate(OLD_ALIAS, self.old_root.der)
            self.tenant.start()
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()
