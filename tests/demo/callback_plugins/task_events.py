# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = r"""
name: task_events
type: notification
short_description: Tells another process, one JSON line per event, which task begins and how it ends
description:
  - For the demo and the benchmark of certops.sap_cloud_integration, which start ansible-playbook and follow it.
  - Arguments of tasks are never told. Of results, only what the modules of the collection say to a reader.
options:
  descriptor:
    description: The number of the open file descriptor to write to. Nothing is written without it.
    type: int
    env:
      - name: TASK_EVENTS_DESCRIPTOR
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

# What a module says to its reader; everything else stays in the log of ansible-playbook.
_TOLD = ("actions", "reason", "msg", "message_processing_logs")


def _told(said: Mapping[str, Any]) -> dict[str, Any]:
    told = {name: said[name] for name in _TOLD if name in said}
    if "results" in said:  # of a loop
        told["actions"] = [action for result in said["results"] for action in result.get("actions", ())]
    for name, fact in (said.get("ansible_facts") or {}).items():
        if name.endswith("_decision"):
            told["diagnosis"] = fact.get("diagnosis", [])  # the decision about a key pair has none
    return told


class CallbackModule(CallbackBase):
    """One line per event: ``{"event", "at" (seconds since the epoch), "task", ...}``."""

    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "task_events"

    def v2_playbook_on_task_start(self, task: Any, is_conditional: bool) -> None:
        self._tell("began", task)

    def v2_runner_on_ok(self, result: Any) -> None:
        self._tell("ok", self._task(result), result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._tell("skipped", self._task(result))

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._tell("failed", self._task(result), result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._tell("failed", self._task(result), result)

    @staticmethod
    def _task(result: Any) -> Any:
        # ansible-core 2.19 names it without the underscore.
        return result.task if hasattr(result, "task") else result._task

    def _tell(self, event: str, task: Any, result: Any = None) -> None:
        descriptor = self.get_option("descriptor")
        if descriptor is None:
            return
        line: dict[str, Any] = {"event": event, "at": time.time(), "task": task.get_name(), "action": task.action}
        if result is not None:
            said = result.result if hasattr(result, "result") else result._result
            line["changed"] = bool(said.get("changed"))
            line["said"] = {} if task.no_log else _told(said)
        os.write(descriptor, json.dumps(line, default=str).encode() + b"\n")
