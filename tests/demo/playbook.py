# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs ansible-playbook as a user does, and follows it task by task. All it prints goes to a log file."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["TaskEvent", "ansible_command", "collections_path", "run_playbook"]


@dataclass(frozen=True)
class TaskEvent:
    """What the callback ``task_events`` told. ``at`` is in seconds since the epoch; ``event`` one of began, ok, skipped
    and failed; ``task`` the name of the task without its role."""

    event: str
    at: float
    task: str
    action: str
    changed: bool = False
    said: Mapping[str, Any] | None = None

    @classmethod
    def from_line(cls, line: str) -> TaskEvent:
        told = json.loads(line)
        told["task"] = told["task"].rpartition(" : ")[2]
        return cls(**told)


def collections_path() -> Path:
    """The directory that holds the ``ansible_collections`` that this file was imported from."""
    package = sys.modules[__package__]
    assert package.__file__ is not None
    return Path(package.__file__).absolute().parents[5]


def ansible_command(name: str) -> str:
    """The command beside the running Python, as in its environment; else the one on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else name


def run_playbook(
    playbook: str,
    inventory: Path,
    *,
    log: Path,
    heard: Callable[[TaskEvent], None],
    variables: Path | None = None,
    arguments: Sequence[str] = (),
) -> int:
    """Run it to its end and give its exit status.

    :param heard: told of each task as it begins and ends, in this thread.
    :param log: gets all that ansible-playbook prints.
    :param variables: a YAML or JSON file of extra variables.
    """
    reading, writing = os.pipe()
    command = [ansible_command("ansible-playbook"), "-i", str(inventory), *arguments]
    if variables is not None:
        command += ["-e", f"@{variables}"]
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(collections_path()),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "task_events",
        "ANSIBLE_NOCOLOR": "1",
        "TASK_EVENTS_DESCRIPTOR": str(writing),
    }
    with contextlib.ExitStack() as stack:
        events = stack.enter_context(os.fdopen(reading, encoding="utf-8"))
        output = stack.enter_context(log.open("wb"))
        try:
            process = subprocess.Popen(
                [*command, playbook], stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                env=environment, pass_fds=[writing], start_new_session=True,
            )  # fmt: skip
        finally:
            os.close(writing)
        stack.callback(_end, process)
        for line in events:
            heard(TaskEvent.from_line(line))
        return process.wait()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Stop it with all that it started, when this program is interrupted meanwhile."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        process.wait()
