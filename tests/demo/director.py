# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Lets things happen on the landscape, tells them, and records them."""

from __future__ import annotations

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from .follower import Follower
from .landscape import CRM_ADDRESS, CRM_HOST, ERP_ADDRESSES, ERP_HOST, FLOWS, NEW_ALIAS, OLD_ALIAS, Landscape
from .narrator import Narrator, shortened
from .playbook import TaskEvent, run_playbook
from .recording import RECEIVER_ADMINISTRATOR, Happening, Keeping, Recording, Run, Serving, Stage

__all__ = ["Director", "StoryFailed"]

PLAYBOOK = "certops.sap_cloud_integration.renew_receiver_certificate"
_ROLE = "receiver_certificate_renewal_"
# In a hand-over, a root is named by its subject and its fingerprint; a line on the terminal shows the first.
_DETAIL = re.compile(r" \(CN=([^,]*),[^)]*\)")
_DAY = 24 * 3600.0
# What a step did that tells no actions itself.
_DONE = {
    "exchange_certificate": "certificate, chain and key installed, checked and loaded; each address probed",
}
# In use, a soak takes minutes or days; here every address is asked for so many seconds.
_SOAK = 3


class StoryFailed(Exception):
    """The story cannot go on; the text says why and where to look."""


class Director:
    """:param output: the directory for logs and reports."""

    def __init__(self, landscape: Landscape, output: Path, recording: Recording) -> None:
        self.landscape = landscape
        self.recording = recording
        self.narrator = Narrator(self.counts)
        self._output = output
        self._told: set[str] = set()
        self._inventories = {ERP_HOST: self._inventory("erp", ERP_HOST), CRM_HOST: self._inventory("crm", CRM_HOST)}
        for address in ERP_ADDRESSES:
            self._serves(self.erp, address, "old", landscape.erp_before.fingerprint_sha256, recording.started)
        self._serves(self.crm, CRM_ADDRESS, "old", landscape.crm_before.fingerprint_sha256, recording.started)
        self._keystore_now(recording.started)

    @property
    def erp(self) -> str:
        return f"{ERP_HOST}:{self.landscape.erp.port}"

    @property
    def crm(self) -> str:
        return f"{CRM_HOST}:{self.landscape.crm.port}"

    def introduce(self) -> None:
        """What runs, before anything happens."""
        landscape, tell = self.landscape, self.narrator
        tell.title("A receiver's certificate moves to another CA while messages flow")
        tell.title("")
        rows = [
            ("tenant", f"{landscape.tenant.url} (a local one), its keystore holds the old root as {OLD_ALIAS}"),
            ("flows", ", ".join(f"{flow.id} ({flow.messages_per_second:g}/s)" for flow in FLOWS)),
            ("receivers", f"{self.erp} at {' and '.join(ERP_ADDRESSES)}, {self.crm} at {CRM_ADDRESS}"),
            ("old root", f"{landscape.old_root.fingerprint_sha256}"),
            ("new root", f"{landscape.new_root.fingerprint_sha256}"),
            ("playbook", PLAYBOOK),
        ]
        for name, text in rows:
            tell.title(f"  {name:10} {text}")
        tell.title("")
        tell.heading()

    def conclude(self, report: Mapping[str, Any], output: Path) -> None:
        """The verdict, and where to read on."""
        tell = self.narrator
        tell.title("")
        for each in report["checks"]:
            tell.title(f"  {'✓' if each['passed'] else '✗'} {each['claim']}: {shortened(each['seen'])}")
        tell.title("")
        messages = report["messages"]
        verdict = f"{messages['total']} messages, {messages['failed']} failed, in {report['seconds']:.0f} s"
        verdict += ". Everything was shown." if report["passed"] else ". NOT everything was shown, see ✗."
        tell.title(verdict)
        for name in ("report.html", "report.json"):
            tell.title(f"  {output / name}")

    def counts(self) -> tuple[int, int]:
        """Messages completed, and messages with any other outcome."""
        statuses = Counter(log.status for log in self.landscape.tenant.runtime.logs.all())
        completed = statuses.pop("COMPLETED", 0)
        return completed, sum(statuses.values())

    def wait_until(self, reached: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
        """:raises StoryFailed: when it has not happened in time."""
        deadline, pause = time.monotonic() + seconds, threading.Event()
        while not reached():
            if time.monotonic() > deadline:
                raise StoryFailed(f"After {seconds:.0f} seconds there is still no sign of it: {what}.")
            pause.wait(0.1)

    def let_messages_flow(self, count: int) -> None:
        """Until so many more were processed, whatever their outcome."""
        before = sum(self.counts())
        self.wait_until(lambda: sum(self.counts()) >= before + count, f"{count} messages")

    def exchange_erp(self, *addresses: str) -> None:
        """The receiver administrator's part, address by address as behind a load balancer."""
        for address in addresses:
            self.landscape.erp.exchange(self.landscape.erp_after, address)
            self._serves(self.erp, address, "new", self.landscape.erp_after.fingerprint_sha256, time.time())
            text = f"The receiver administrator exchanges the certificate of {ERP_HOST} at {address}"
            self._happens("exchange", RECEIVER_ADMINISTRATOR, text, colour="good")
            now = time.time()
            self.recording.stages.append(
                Stage(f"exchange at {address}", RECEIVER_ADMINISTRATOR, now, now, changed=True, reason=text)
            )

    def a_day_passes(self) -> None:
        """Every cached keystore runs out, and tokens and whatever else lives a day with them."""
        self.landscape.tenant.clock.advance(_DAY)
        self.recording.day_later = time.time()
        text = "A day passes on the tenant's clock: each flow reads the keystore anew, now without the old root"
        self._happens("time", "the clock", text)

    def failure_is_seen(self) -> None:
        """Tell the first failure in the tenant's own words."""
        log = next(log for log in self.landscape.tenant.runtime.logs.all() if log.status != "COMPLETED")
        self._happens("failure", log.flow_id, f"A message of {log.flow_id} is {log.status}: {log.error}", colour="bad")

    def idle_flow_sends(self, flow: str) -> None:
        """The one flow of which the logs could prove nothing sends its message after all."""
        logs = self.landscape.tenant.runtime.logs
        self.landscape.tenant.runtime.instances[flow].start(send_now=True)
        self.wait_until(lambda: bool(logs.all(flow)), f"the message of {flow}")
        status = logs.all(flow)[-1].status
        good = status == "COMPLETED"
        self._happens(
            "good" if good else "failure", flow, f"{flow}, idle until now, sends its first message: {status}",
            colour="good" if good else "bad",
        )  # fmt: skip

    def run(self, title: str, host: str, *, check_mode: bool = False, read_only: bool = False, **variables: Any) -> Run:
        """Run the playbook. With ``read_only`` the tenant refuses any write meanwhile, and remembers it."""
        tenant, number = self.landscape.tenant, len(self.recording.runs) + 1
        run = Run(number, title, self.erp if host == ERP_HOST else self.crm, time.time(), check_mode=check_mode)
        run.read_only = tenant.read_only = read_only
        self.recording.runs.append(run)
        self.narrator.chapter(f"Run {number}, {host}: {title}")
        self.recording.happenings.append(Happening(run.started, "run", "playbook", f"Run {number}: {title}"))
        result = self._output / f"run-{number}.json"
        result.unlink(missing_ok=True)
        extra = self._output / "variables.json"
        extra.write_text(
            json.dumps(
                {_ROLE + name: value for name, value in variables.items()} | {_ROLE + "report_path": str(result)}
            )
        )
        follower = Follower(number, ended=self._stage_ended, said=self._said)
        tenant.clear_journal()

        def heard(event: TaskEvent) -> None:
            if event.task == "Exchange files | Reload the receiver" and event.event == "ok":
                self._serves(self.crm, CRM_ADDRESS, "new", self.landscape.crm_after.fingerprint_sha256, event.at)
            follower.heard(event)

        log = self._output / f"run-{number}.log"
        run.exit_status = run_playbook(
            PLAYBOOK, self._inventories[host], log=log, heard=heard, variables=extra,
            arguments=["--check"] if check_mode else [],
        )  # fmt: skip
        run.ended = time.time()
        follower.close(run.ended)
        tenant.read_only = False
        run.changed, run.found = follower.changed, follower.found
        journal = tenant.journal
        run.requests = dict(Counter(entry["method"] for entry in journal))
        run.tokens = sum(entry["listener"] == "token" for entry in journal)
        run.writes = len(tenant.writes())
        if run.exit_status != 0 or not result.exists():
            raise StoryFailed(f"Run {number} failed, see {log}.")
        run.result = json.loads(result.read_text())
        self._stands(run)
        return run

    def _stands(self, run: Run) -> None:
        """How the run ended: finished, or what it waits for."""
        decision: Mapping[str, Any] = run.result["decision"]
        asked = f"{sum(run.requests.values())} requests, {run.writes} writes"
        if decision["finished"]:
            self._happens("good", "playbook", f"Finished: {decision['reason']} ({asked})", colour="good")
        elif run.check_mode:
            self._happens("wait", "playbook", f"Nothing was changed ({asked})")
        else:
            kind = "refused" if decision["stage"] == "delete_old_root" else "wait"
            how = "It refuses to delete the old root" if kind == "refused" else "It stops"
            text = f"{how} and waits for {decision['waits_for']} ({asked})"
            self._happens(kind, "playbook", f"{decision['reason']}. {text}", colour="wait", told=text)
            stage = Stage(decision["stage"], decision["who"], run.ended, run.ended, run=run.number)
            stage.reason, stage.outcome = decision["reason"], "refused" if kind == "refused" else "waits"
            self.recording.stages.append(stage)

    def _stage_ended(self, stage: Stage) -> None:
        self.recording.stages.append(stage)
        self._keystore_now(stage.ended)
        took = f"{stage.ended - stage.started:.1f} s"
        actions = "; ".join(stage.actions)
        if self.recording.runs[-1].check_mode:
            stage.changed, stage.outcome = False, "foretold"
            self.narrator.line(f"would {actions or stage.name}")
            return
        if stage.outcome == "failed":
            self._happens("failure", stage.who, f"{stage.name} failed after {took}", colour="bad")
        elif stage.changed:
            done = actions or _DONE.get(stage.name, "done")
            self._happens("step", stage.who, f"✓ {stage.name}: {done} ({took})", colour="good")
        elif stage.name != "hand_over":
            self._happens("step", stage.who, f"✓ {stage.name}: {actions or 'nothing changed'} ({took})")

    def _said(self, kind: str, lines: list[str]) -> None:
        """Tell what the role says; what it has said before is not told again."""
        fresh = [line for line in lines if line not in self._told or kind in ("stands", "problem")]
        self._told.update(fresh)
        mark = {"finding": "! ", "stands": "→ ", "plan": "  ", "hand_over": "  │ "}.get(kind, "")
        for line in fresh:
            colour = "bad" if kind == "problem" or line.startswith("outage") else "wait" if kind == "finding" else ""
            self.narrator.line(mark + _DETAIL.sub(r" (\1)", line), colour=colour)

    def _happens(self, kind: str, who: str, text: str, *, colour: str = "", told: str = "") -> None:
        """``told`` is for the terminal, where the lines above say the rest."""
        self.recording.happenings.append(Happening(time.time(), kind, who, text))
        self.narrator.line(told or text, colour=colour)

    def _serves(self, receiver: str, address: str, root: str, leaf: str, at: float) -> None:
        self.recording.serving.append(Serving(at, receiver, address, root, leaf))

    def _keystore_now(self, at: float) -> None:
        held = {entry.chain[0] for entry in self.landscape.tenant.entries().values()}
        roots = tuple(name for name, root in self.landscape.roots.items() if root.der in held)
        if not self.recording.keeping or self.recording.keeping[-1].roots != roots:
            self.recording.keeping.append(Keeping(at, roots))

    def _inventory(self, name: str, host: str) -> Path:
        """What a user would write for one renewal: the tenant as a host, and what to renew there."""
        landscape = self.landscape
        erp = {"receiver": self.erp, "addresses": list(ERP_ADDRESSES)}
        crm = {"receiver": self.crm, "addresses": [CRM_ADDRESS]}
        renewed, protected = (erp, crm) if host == ERP_HOST else (crm, erp)
        variables = {
            **renewed,
            "flows": [flow.id for flow in FLOWS if flow.receiver == host],
            "old_root_path": str(landscape.old_root_path),
            "new_root_path": str(landscape.new_root_path),
            "new_root_fingerprint_sha256": landscape.new_root.fingerprint_sha256,
            "new_root_alias": NEW_ALIAS,
            "protect": [protected],
            "soak": _SOAK,
            "probe_pause": 0.2,
        }
        tenant = {
            "sap_ci_service_key": str(landscape.tenant.service_key_path),
            "sap_ci_ca_path": str(landscape.tenant.ca_path),
            **{_ROLE + variable: value for variable, value in variables.items()},
        }
        path = landscape.directory / f"{name}.inventory.json"
        path.write_text(json.dumps({"all": {"hosts": {"integration_tenant": tenant}}}, indent=1))
        return path
