# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs a module of this collection in this process, as ansible would: JSON options in, the printed JSON result out."""

from __future__ import annotations

import contextlib
import importlib
import io
import json
from collections.abc import Mapping
from typing import Any
from unittest import mock

from ansible.module_utils import basic
from ansible.module_utils.common import warnings

__all__ = ["call_module"]

_MODULES = "ansible_collections.certops.sap_cloud_integration.plugins.modules"


def call_module(name: str, options: Mapping[str, Any], *, check: bool = False, diff: bool = False) -> dict[str, Any]:
    """The result as printed, censoring included; ``failed`` is in it when the module failed."""
    module = importlib.import_module(f"{_MODULES}.{name}")
    internal = {
        "_ansible_check_mode": check,
        "_ansible_diff": diff,
        "_ansible_remote_tmp": "/tmp",
        "_ansible_keep_remote_files": False,
    }
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**options, **internal}}).encode()
    printed = io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(mock.patch.object(basic, "_ANSIBLE_ARGS", arguments))
        for name in ("_global_warnings", "_global_deprecations"):
            # Those of earlier calls in this process are kept there; a list before ansible-core 2.19.
            stack.enter_context(mock.patch.object(warnings, name, type(getattr(warnings, name))()))
        if hasattr(basic, "_ANSIBLE_PROFILE"):
            stack.enter_context(mock.patch.object(basic, "_ANSIBLE_PROFILE", "legacy"))
        if hasattr(warnings, "_internal"):
            # Another test may have imported what a controller imports; warnings would be displayed then, not returned.
            stack.enter_context(mock.patch.object(warnings._internal, "is_controller", False))
        stack.enter_context(contextlib.redirect_stdout(printed))
        stack.enter_context(contextlib.suppress(SystemExit))
        module.main()
    result = json.loads(printed.getvalue())
    if "warnings" in result:
        result["warnings"] = [_text(warning) for warning in result["warnings"]]
    return result


def _text(warning: Any) -> str:
    """ansible-core 2.19 and later print an event, earlier ones a text."""
    return str(warning["event"]["msg"] if isinstance(warning, dict) else warning)
