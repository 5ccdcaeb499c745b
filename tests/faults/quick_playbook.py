# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook, quicker: tasks and modules run in the command's own process, and pauses between looks are short.

The command line, the executor, the role and the modules are the real ones. Left out is that Ansible forks for each
task, and packs each module for a new Python, which costs ten times as much as the module. The tests that kill playbooks
run hundreds of them; some of them are run with the plain command all the same. So are all of them with an ansible-core
whose insides are others than those of 2.19: slower, and the same otherwise.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import sys
import time
from collections.abc import Mapping
from copy import copy
from typing import Any

from ansible.cli.playbook import PlaybookCLI
from ansible.errors import AnsibleError
from ansible.executor.playbook_executor import PlaybookExecutor
from ansible.executor.process.worker import WorkerProcess
from ansible.executor.task_executor import TaskExecutor
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase

try:
    from ansible._internal._task import TaskContext
    from ansible.executor.task_result import _RawTaskResult
except ImportError:
    TaskContext = _RawTaskResult = None

_COLLECTION = "certops.sap_cloud_integration."


def _imported(name: str) -> Any:
    collection, module = name.rsplit(".", 1)
    if collection in ("ansible.legacy", "ansible.builtin"):
        return importlib.import_module(f"ansible.modules.{module}")
    return importlib.import_module(f"ansible_collections.{collection}.plugins.modules.{module}")


def _run_here(
    self: ActionBase,
    module_name: str | None = None,
    module_args: Mapping[str, Any] | None = None,
    task_vars: Mapping[str, Any] | None = None,
    ignore_unknown_opts: bool = False,
    **_options: Any,
) -> dict[str, Any]:
    """In place of ActionBase._execute_module."""
    name = module_name or self._task.action
    arguments = dict(self._task.args if module_args is None else module_args)
    self._update_module_args(name, arguments, task_vars, ignore_unknown_opts=ignore_unknown_opts)
    if name.startswith(_COLLECTION) and "ansible_python_interpreter" not in (task_vars or {}):
        raise AnsibleError("The plain command would look for a Python, and perhaps find one without cryptography.")
    module = _imported(name)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, default=str).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    # Not the standard output: Ansible prints the results of a loop from another thread meanwhile.
    printed: list[str] = []
    basic.print = printed.append
    # Where the plain command runs a module, too.
    with contextlib.chdir(self._loader.get_basedir()), contextlib.suppress(SystemExit):
        module.main()
    return {**json.loads(printed[-1]), "_ansible_parsed": True}


def _run_task_here(self: WorkerProcess) -> None:
    """In place of WorkerProcess.start: the task is carried out in the command's own process."""
    # The executor fills in templates; the strategy keeps the task as it was written. Shallow, because a copy by Ansible
    # takes all blocks around the task along, with every task in them.
    task = copy(self._task)
    with TaskContext(task):
        outcome = TaskExecutor(
            self._host, task, self._task_vars, self._play_context, self._loader, self._shared_loader_obj, self._final_q,
            self._variable_manager,
        ).run()  # fmt: skip
    self._final_q.send_task_result(
        _RawTaskResult(host=self._host, task=task, return_data=outcome, task_fields=task.dump_attrs())
    )


def _wait_less() -> None:
    from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import SystemClock

    SystemClock.pause = lambda _clock, seconds: time.sleep(min(seconds, 0.05))


def main() -> None:
    if TaskContext is None:
        os.execv(sys.executable, [sys.executable, "-m", "ansible", "playbook", *sys.argv[1:]])
    run = PlaybookExecutor.run

    def prepared(self: PlaybookExecutor) -> Any:
        _wait_less()
        return run(self)

    ActionBase._execute_module = _run_here
    WorkerProcess.start = _run_task_here
    WorkerProcess.is_alive = lambda self: False
    WorkerProcess.exitcode = 0
    PlaybookExecutor.run = prepared
    PlaybookCLI.cli_executor(["ansible-playbook", *sys.argv[1:]])


if __name__ == "__main__":
    main()
