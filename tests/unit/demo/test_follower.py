# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tasks of the role become stages with the right beginning, end and outcome."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.demo import follower as follower_module
from ansible_collections.certops.sap_cloud_integration.tests.demo.follower import Follower
from ansible_collections.certops.sap_cloud_integration.tests.demo.narrator import Narrator, shortened
from ansible_collections.certops.sap_cloud_integration.tests.demo.playbook import TaskEvent
from ansible_collections.certops.sap_cloud_integration.tests.demo.recording import Stage

_COLLECTION = Path(follower_module.__file__).parents[2]


class _Told:
    def __init__(self) -> None:
        self.stages: list[Stage] = []
        self.said: list[tuple[str, list[str]]] = []
        self.follower = Follower(1, ended=self.stages.append, said=lambda kind, lines: self.said.append((kind, lines)))

    def task(self, at: float, name: str, event: str = "ok", *, changed: bool = False, **said: Any) -> None:
        self.follower.heard(TaskEvent("began", at, name, "module"))
        self.follower.heard(TaskEvent(event, at + 0.5, name, "module", changed, said))


def test_a_step_is_a_stage_from_its_first_task_to_the_next_look() -> None:
    told = _Told()
    told.task(
        1, "Observe | Say where the renewal stands", msg=["import_new_root: It is not there", "waits for nothing"]
    )
    told.task(2, "Advance | Import the new root")
    told.task(3, "Import new root | Import it beside the old one", changed=True, actions=["import it"])
    told.task(4, "Note | Keep what was done for the report")
    told.task(5, "Observe | Read the keystore")
    assert told.stages == [
        Stage(
            "import_new_root", "tenant administrator", 3, 5, changed=True, reason="It is not there",
            run=1, actions=("import it",),
        )
    ]  # fmt: skip
    assert told.said == [("stands", ["import_new_root: It is not there"])]
    assert told.follower.changed


def test_the_exchange_by_files_is_one_stage_of_the_receiver() -> None:
    told = _Told()
    told.task(1, "Exchange certificate | Install the files on the receiver's host")
    told.task(2, "Exchange files | Install the new files", changed=True)
    told.task(3, "Probe | Ask every address until it serves the new chain")
    told.task(4, "Exchange certificate | Note it")
    told.follower.close(6)
    assert [(stage.name, stage.who, stage.started, stage.ended, stage.changed) for stage in told.stages] == [
        ("exchange_certificate", "receiver administrator", 1, 6, True)
    ]


def test_a_step_that_fails_says_so() -> None:
    told = _Told()
    told.task(1, "Delete old root | Delete it, and refuse", "failed", msg="crm needs it")
    told.follower.close(2)
    assert told.stages[0].outcome == "failed"
    assert told.said == [("problem", ["Delete old root | Delete it, and refuse: crm needs it"])]


def test_what_is_not_as_it_should_be_is_kept_by_name() -> None:
    told = _Told()
    finding = {"severity": "blocking", "name": "half_exchanged", "sentence": "Some do not."}
    told.task(1, "Decide | Put together what was observed, and decide", diagnosis=[finding])
    assert told.follower.found == {"half_exchanged": "Some do not."}
    assert told.said == [("finding", ["blocking half_exchanged: Some do not."])]


def test_every_step_of_the_role_is_known_here() -> None:
    """A task file whose tasks begin with another word would vanish from the report."""
    steps = _COLLECTION / "roles/receiver_certificate_renewal/tasks/steps"
    begins = {
        match.partition(" | ")[0]
        for path in steps.glob("*.yml")
        for match in re.findall(r"- name: (.+ \| .+)", path.read_text())
    }
    assert begins - set(follower_module._STEPS) == {"Note"}
    named = "".join(path.read_text() for path in steps.parent.rglob("*.yml"))
    for task in ("_STANDS", "_PLANS", "_HANDS_OVER"):
        assert f"- name: {getattr(follower_module, task)}\n" in named
    # What the callback looks for in the facts that a task sets.
    assert re.search(r"^ +\w+_decision:", named, re.MULTILINE)


def test_fingerprints_are_shortened_and_nothing_else() -> None:
    octets = [f"{number:02x}" for number in range(32)]
    assert shortened(f"root ({':'.join(octets)})") == "root (00:01:02…:1d:1e:1f)"
    assert shortened(":".join(octets[:31])) == ":".join(octets[:31])


def test_each_line_of_the_story_has_the_counts() -> None:
    stream = io.StringIO()
    Narrator(lambda: (1234, 5), stream).line("word " * 40)
    first, second = stream.getvalue().splitlines()[:2]
    assert first.split()[:3] == ["0:00", "1234", "5"]
    assert second.strip().startswith("word")
    assert max(map(len, stream.getvalue().splitlines())) <= 118
