# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-playbook, quicker: modules run in Ansible's worker process instead of an interpreter of their own.

The command line, the executor, the role and the modules are the real ones. What is left out is only that each module is
packed, handed to a new Python and unpacked there, which costs ten times as much as the module. The tests that kill
playbooks run hundreds of them; some of them are run with the real command all the same.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import sys
from collections.abc import Mapping
from typing import Any

from ansible.cli.playbook import PlaybookCLI
from ansible.executor.playbook_executor import PlaybookExecutor
from ansible.module_utils import basic
from ansible.plugins.action import ActionBase

_COLLECTION = "certops.sap_cloud_integration."
_MODULES = "ansible_collections.certops.sap_cloud_integration.plugins.modules"
# Imported once here, so that each worker has them from its birth.
_LIKELY = (
    "keystore_info", "integration_flow", "integration_flow_info", "message_processing_log_info", "served_chain_info",
    "trusted_root", "trusted_root_info",
)  # fmt: skip
_LIKELY_BUILTIN = ("command", "copy", "file", "find", "stat")


def _imported(name: str) -> Any:
    for prefix in ("ansible.legacy.", "ansible.builtin."):
        if name.startswith(prefix):
            return importlib.import_module(f"ansible.modules.{name.removeprefix(prefix)}")
    return importlib.import_module(f"{_MODULES}.{name.removeprefix(_COLLECTION)}")


def _run_here(
    self: ActionBase,
    module_name: str | None = None,
    module_args: Mapping[str, Any] | None = None,
    task_vars: Mapping[str, Any] | None = None,
    ignore_unknown_opts: bool = False,
    **_: Any,
) -> dict[str, Any]:
    """In place of ActionBase._execute_module."""
    name = module_name or self._task.action
    arguments = dict(self._task.args if module_args is None else module_args)
    if self._connection._shell.tmpdir is None:
        self._make_tmp_path()
    self._update_module_args(name, arguments, task_vars, ignore_unknown_opts=ignore_unknown_opts)
    module = _imported(name)
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}, default=str).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.main()
    return {**json.loads(printed.getvalue()), "_ansible_parsed": True}


def main() -> None:
    run = PlaybookExecutor.run

    def prepared(self: PlaybookExecutor) -> Any:
        for name in _LIKELY:
            _imported(_COLLECTION + name)
        for name in _LIKELY_BUILTIN:
            _imported(f"ansible.builtin.{name}")
        return run(self)

    ActionBase._execute_module = _run_here
    PlaybookExecutor.run = prepared
    PlaybookCLI.cli_executor(["ansible-playbook", *sys.argv[1:]])


if __name__ == "__main__":
    main()
