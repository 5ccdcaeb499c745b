# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A reader's shell: runs commands as they are printed, and tells what each task of Ansible did and wrote."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.collected import COLLECTION
from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import QUICK, environment
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["Ran", "Shell", "Task"]

_EVENTS = COLLECTION / "tests/demo/callback_plugins"
_NAMES = Path(__file__).parent / "names"


@dataclass(frozen=True)
class Task:
    """:param writes: what reached a tenant from its beginning to its end and was no read, as the tenants saw it."""

    name: str
    action: str
    outcome: str
    changed: bool
    writes: tuple[str, ...]


@dataclass(frozen=True)
class Ran:
    """:param printed: standard output and errors.

    :param tasks: of all playbooks that the commands ran, in order, those that were skipped left out.
    """

    printed: str
    tasks: tuple[Task, ...]

    @property
    def changed(self) -> list[str]:
        return [task.name for task in self.tasks if task.changed]


class Shell:
    """In one folder, with the tenants that its commands may talk to."""

    def __init__(self, folder: Path, tenants: Iterable[LocalTenant]) -> None:
        self.folder = folder
        self._tenants = list(tenants)
        # Beside the folder, which belongs to the example.
        self.home = folder.with_name(f"{folder.name}-home")
        self._commands = self.home / "bin"
        self._commands.mkdir(parents=True)
        self._stand_in: dict[str, str] = {}
        self.add_command("ansible-playbook", f'exec {shlex.quote(sys.executable)} {shlex.quote(str(QUICK))} "$@"')
        given = environment(self.home)
        self._environment = {
            **given,
            "ANSIBLE_COLLECTIONS_PATH": f"{self.home}/collections:{given['ANSIBLE_COLLECTIONS_PATH']}",
            "ANSIBLE_CALLBACK_PLUGINS": str(_EVENTS),
            "ANSIBLE_CALLBACKS_ENABLED": "task_events",
            "HOME": str(self.home),
            "PATH": os.pathsep.join([str(self._commands), str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(_NAMES), given["PYTHONPATH"]]),
        }

    def set_variable(self, name: str, value: str) -> None:
        """Of the environment."""
        self._environment[name] = value

    def add_command(self, name: str, script: str) -> None:
        """Something that a reader has on his path."""
        (self._commands / name).write_text(f"#!/bin/sh\n{script}\n")
        (self._commands / name).chmod(0o700)

    def stand_in(self, printed: str, here: str | Path | int) -> None:
        """What an example names and a test may not touch, such as a folder of the system, is something else here."""
        self._stand_in[printed] = str(here)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.translated(text))
        return path

    def play(self, tasks: Any, *, before: Any = (), hosts: str = "localhost", **variables: Any) -> Ran:
        """Tasks of an example, as a reader puts them into his playbook."""
        play = {
            "name": "Examples",
            "hosts": hosts,
            "gather_facts": False,
            "module_defaults": {"group/certops.sap_cloud_integration.tenant": {"service_key": "{{ service_key }}"}},
            "vars": variables,
            "pre_tasks": list(before),
            "tasks": yaml.safe_load(self.translated(tasks)) if isinstance(tasks, str) else tasks,
        }
        (self.folder / "playbook.yml").write_text(yaml.safe_dump([play], sort_keys=False))
        return self.run("ansible-playbook playbook.yml")

    def run(self, commands: str, *, fails: bool = False) -> Ran:
        events = self.home / "events.jsonl"
        with events.open("wb") as stream:
            ran = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", self.translated(commands)], cwd=self.folder,
                env={**self._environment, "TASK_EVENTS_DESCRIPTOR": str(stream.fileno())}, pass_fds=[stream.fileno()],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            )  # fmt: skip
        assert (ran.returncode != 0) is fails, f"{commands}\n{ran.stdout}"
        return Ran(ran.stdout, tuple(self._tasks(events)))

    def translated(self, text: str) -> str:
        for printed, here in self._stand_in.items():
            text = text.replace(printed, here)
        return text

    def _tasks(self, events: Path) -> list[Task]:
        writes = [
            (datetime.fromisoformat(entry["time"].replace("Z", "+00:00")).timestamp(), entry)
            for tenant in self._tenants
            for entry in tenant.writes()
        ]
        tasks = []
        began = 0.0
        for event in map(json.loads, events.read_text().splitlines()):
            if event["event"] == "began":
                began = event["at"]
            elif event["event"] != "skipped":
                # The tenant tells milliseconds, rounded down.
                during = tuple(
                    f"{entry['method']} {entry['path']}" for at, entry in writes if began - 0.001 <= at <= event["at"]
                )
                name = event["task"].rpartition(" : ")[2]
                tasks.append(Task(name, event["action"], event["event"], event["changed"], during))
        return tasks
