# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One run of ansible-playbook that can be killed with all that it started."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import ansible_collections.certops.sap_cloud_integration as package
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["PLAYBOOK", "PlaybookRun", "Played", "run_playbook"]

_HERE = Path(__file__).parent
_COLLECTIONS = Path(next(iter(package.__path__))).parents[2]
PLAYBOOK = "certops.sap_cloud_integration.renew_receiver_certificate"
_MARK = "FAULTS_RUN"


class Played(Protocol):
    """A landscape with one tenant, and what its playbook is given."""

    directory: Path
    tenant: LocalTenant

    def extra_variables(self, **variables: Any) -> dict[str, Any]:
        """As for ansible-playbook -e; these are over those of the landscape."""


class PlaybookRun:
    """:param quick: modules run in Ansible's worker (see quick_playbook), else it is the plain ansible-playbook."""

    def __init__(
        self,
        renewal: Played,
        *,
        quick: bool = True,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        playbook: str = PLAYBOOK,
        **variables: Any,
    ) -> None:
        directory = renewal.directory
        directory.mkdir(parents=True, exist_ok=True)
        self._mark = uuid.uuid4().hex
        # The role makes the folder.
        self.result_path = directory / f"result-{self._mark}" / "result.json"
        given = renewal.extra_variables(report_path=str(self.result_path), **variables)
        given |= {
            "sap_ci_service_key": str(renewal.tenant.service_key_path),
            "sap_ci_ca_path": str(renewal.tenant.ca_path),
        }
        variables_path = directory / f"variables-{self._mark}.json"
        variables_path.write_text(json.dumps(given))
        command = (
            [sys.executable, str(_HERE / "quick_playbook.py")]
            if quick
            else [sys.executable, "-m", "ansible", "playbook"]
        )
        self._output = directory / f"output-{self._mark}.txt"
        with self._output.open("wb") as output:
            self._process = subprocess.Popen(
                [*command, "-i", "tenant,", "-e", f"@{variables_path}", *arguments, playbook],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=directory,
                env={**_environment(directory), **(environment or {}), _MARK: self._mark},
            )

    def wait(self, seconds: float = 180) -> PlaybookRun:
        self._process.wait(seconds)
        return self

    def kill(self) -> None:
        """SIGKILL to the command and to everything that it started, until nothing of it is left."""
        while found := [pid for pid in _processes() if self._owns(pid)]:
            for pid in found:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(0.01)
        self._process.wait()

    def _owns(self, pid: int) -> bool:
        """By a mark in the environment: Ansible's workers leave the process group of their parent."""
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return False
        return f"{_MARK}={self._mark}".encode() in environment.split(b"\0") and state != "Z"

    @property
    def over(self) -> bool:
        return self._process.poll() is not None

    @property
    def status(self) -> int | None:
        return self._process.returncode

    @property
    def output(self) -> str:
        return self._output.read_text(errors="replace")

    @property
    def recap(self) -> dict[str, int]:
        found = re.search(r"^tenant +: (.*)$", self.output, re.MULTILINE)
        assert found, self.output
        return {name: int(count) for name, count in (pair.split("=") for pair in found[1].split())}

    @property
    def result(self) -> dict[str, Any]:
        """The role's report."""
        assert self.result_path.exists(), self.output
        return json.loads(self.result_path.read_text())


def run_playbook(renewal: Played, **options: Any) -> PlaybookRun:
    return PlaybookRun(renewal, **options).wait()


def _processes() -> list[int]:
    return [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]


def _environment(directory: Path) -> dict[str, str]:
    """Nothing of the user's settings, nothing written outside of the directory."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SAP_CI_", "ANSIBLE_")) and not name.lower().endswith("_proxy")
    }
    return {
        **kept,
        "PYTHONPATH": str(_COLLECTIONS),
        "ANSIBLE_COLLECTIONS_PATH": str(_COLLECTIONS),
        "ANSIBLE_HOME": str(directory / "ansible"),
        "ANSIBLE_LOCAL_TEMP": str(directory / "ansible" / "tmp"),
        "ANSIBLE_REMOTE_TEMP": str(directory / "ansible" / "tmp"),
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_DEPRECATION_WARNINGS": "0",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
        "ANSIBLE_PIPELINING": "1",
    }
