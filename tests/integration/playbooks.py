# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook as a user does; what came of it is read from reports and from the tenant's journal."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import ansible_collections.certops.sap_cloud_integration as package

__all__ = ["QUICK", "RENEW", "Playbook", "Run", "environment"]

_COLLECTIONS = Path(next(iter(package.__path__))).parents[2]
QUICK = Path(__file__).parents[1] / "faults/quick_playbook.py"
RENEW = "certops.sap_cloud_integration.renew_receiver_certificate"


@dataclass(frozen=True)
class Run:
    """:param output: all that was printed, for messages and for the search for secrets."""

    status: int
    output: str

    def recap(self, host: str) -> dict[str, int]:
        """The counts of the last lines: ok, changed, failed, ..."""
        found = re.search(rf"^{host} +: (.*)$", self.output, re.MULTILINE)
        assert found, self.output
        return {name: int(count) for name, count in (pair.split("=") for pair in found[1].split())}


class Playbook:
    """:param directory: for inventory, reports and whatever Ansible leaves behind.

    :param hosts: by name, their variables.
    :param quick: modules run in Ansible's own process (see ``quick_playbook``), which costs a tenth of the time.
    """

    def __init__(self, directory: Path, hosts: Mapping[str, Mapping[str, Any]], *, quick: bool = False) -> None:
        # The quick one knows the inside of ansible-core since 2.19.
        quick = quick and find_spec("ansible._internal") is not None
        self._command = [sys.executable, str(QUICK)] if quick else [sys.executable, "-m", "ansible", "playbook"]
        self.directory = directory
        self.inventory = directory / "inventory.json"
        self.inventory.write_text(json.dumps({"all": {"hosts": hosts}}))

    def run(self, playbook: str = RENEW, *arguments: str, **variables: Any) -> Run:
        """:param variables: extra variables, over those of the hosts."""
        extra: Sequence[str] = ["-e", json.dumps(variables)] if variables else []
        ran = subprocess.run(
            [*self._command, "-i", str(self.inventory), *arguments, *extra, playbook],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            cwd=self.directory, env=environment(self.directory),
        )  # fmt: skip
        return Run(ran.returncode, ran.stdout)

    def written_files(self) -> dict[str, bytes]:
        """All that lies in the directory after a run, but the inventory."""
        files = [path for path in self.directory.rglob("*") if path.is_file() and path != self.inventory]
        return {str(path.relative_to(self.directory)): path.read_bytes() for path in files}


def environment(directory: Path) -> dict[str, str]:
    """Nothing of the user's settings; everything that Ansible writes goes to the directory."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("SAP_CI_", "ANSIBLE_")) and not name.lower().endswith("_proxy")
    }
    home = str(directory / "ansible")
    return {
        **kept,
        "PYTHONPATH": str(_COLLECTIONS),
        "ANSIBLE_COLLECTIONS_PATH": str(_COLLECTIONS),
        "ANSIBLE_HOME": home,
        "ANSIBLE_LOCAL_TEMP": f"{home}/tmp",
        "ANSIBLE_REMOTE_TEMP": f"{home}/tmp",
        "ANSIBLE_NOCOLOR": "1",
        "ANSIBLE_PIPELINING": "1",
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_INVENTORY_UNPARSED_WARNING": "0",
    }
