# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the tasks of a run to the stages of the renewal: the role names each task after the step it belongs to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .playbook import TaskEvent
from .recording import RECEIVER_ADMINISTRATOR, TENANT_ADMINISTRATOR, Stage

__all__ = ["Follower"]

# How the tasks of a step begin -> the step. The exchange by files has task files of its own.
_STEPS = {
    "Import old root": "import_old_root",
    "Import new root": "import_new_root",
    "Restart flows": "restart_flows",
    "Await flows": "await_flows",
    "Hand over": "hand_over",
    "Exchange certificate": "exchange_certificate",
    "Exchange files": "exchange_certificate",
    "Keep files": "exchange_certificate",
    "Put back": "exchange_certificate",
    "Probe": "exchange_certificate",
    "Exchange back": "exchange_back",
    "Wait": "wait",
    "Soak": "soak",
    "Check messages": "check_messages",
    "Delete old root": "delete_old_root",
    "Delete new root": "delete_new_root",
}
_STANDS = "Observe | Say where the renewal stands"
_PLANS = "Observe | Print the plan"
_HANDS_OVER = "Hand over | Say who has to do what"
_OF_THE_RECEIVER = ("hand_over", "exchange_certificate", "exchange_back")


class Follower:
    """Told of each task of one run.

    :param ended: a stage is over; ``Stage.actions`` says what was done.
    :param said: what the role says: kind (finding, stands, plan, hand_over, problem), lines.

    ``changed`` says whether any task has changed anything, ``found`` what was not as it should be: name -> sentence.
    """

    def __init__(
        self,
        run: int,
        *,
        ended: Callable[[Stage], None],
        said: Callable[[str, list[str]], None],
    ) -> None:
        self._run = run
        self._ended, self._said = ended, said
        self._open: Stage | None = None
        self._reason = ""
        self.changed = False
        self.found: dict[str, str] = {}

    def heard(self, event: TaskEvent) -> None:
        step = _STEPS.get(event.task.partition(" | ")[0])
        if event.event == "began" and self._open is not None and (step is None or step != self._open.name):
            if not event.task.startswith("Note"):
                self.close(event.at)
        elif event.event in ("ok", "failed") and step is not None:
            self._happened(step, event)
        if event.event == "ok" and event.task == _STANDS:
            stands = _lines(event)[:1]
            self._reason = stands[0].partition(": ")[2] if stands else ""
            self._said("stands", stands)
        elif event.event == "ok" and event.task == _PLANS:
            self._said("plan", _lines(event))
        elif event.event == "ok" and event.task == _HANDS_OVER:
            self._said("hand_over", _lines(event))
        elif event.event == "failed":
            self._said("problem", [f"{event.task}: {(event.said or {}).get('msg', '')}"])
        for finding in (event.said or {}).get("diagnosis", ()):
            self.found.setdefault(finding["name"], finding["sentence"])
            self._said("finding", [f"{finding['severity']} {finding['name']}: {finding['sentence']}"])
        self.changed = self.changed or event.changed
        if event.event == "began" and step is not None and self._open is None:
            who = RECEIVER_ADMINISTRATOR if step in _OF_THE_RECEIVER else TENANT_ADMINISTRATOR
            self._open = Stage(step, who, event.at, run=self._run, reason=self._reason)

    def close(self, at: float) -> None:
        """The stage that is open, if any, is over."""
        if self._open is not None:
            self._open.ended = at
            stage, self._open = self._open, None
            self._ended(stage)

    def _happened(self, step: str, event: TaskEvent) -> None:
        if self._open is None or self._open.name != step:
            return
        self._open.changed = self._open.changed or event.changed
        said = event.said or {}
        self._open.actions += tuple(said.get("actions", ()))
        self._open.actions += tuple(_counted(row) for row in said.get("message_processing_logs", ()))
        if event.event == "failed":
            self._open.outcome = "failed"


def _counted(row: Mapping[str, Any]) -> str:
    if not row["completed"] and not row["failed"]:
        return f"{row['id']} no message, so unproven"
    return f"{row['id']} {row['completed']} completed and {row['failed']} failed"


def _lines(event: TaskEvent) -> list[str]:
    message = (event.said or {}).get("msg", [])
    return [message] if isinstance(message, str) else [str(line) for line in message]
