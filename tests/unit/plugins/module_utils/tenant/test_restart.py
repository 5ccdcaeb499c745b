# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A restart is believed only when the tenant shows a newer deployment that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, timezone
from typing import TypeAlias

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import (
    LoginRefused,
    NotFound,
    OutcomeUnknown,
    Refused,
    RestartFailed,
    TenantProblem,
    Unreachable,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.integration_flow import (
    IntegrationFlow,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.restart import (
    RestartOutcome,
    restart_flows,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.tenant.doubles import FakeClock

BEFORE = datetime(2026, 11, 20, tzinfo=timezone.utc)
State: TypeAlias = "tuple[str, bool] | None"


class Runtime:
    """Flows whose state depends on the seconds since their deployment, as a tenant's does.

    :param runtime: per flow: from which second on the entry reads what; ``(status, newer)`` or ``None`` for a 404.
    :param task: per flow: from which second on the task reads what.
    """

    def __init__(
        self,
        clock: FakeClock,
        flows: dict[str, dict[float, State]],
        tasks: dict[str, dict[float, str | None]] | None = None,
    ) -> None:
        self.clock = clock
        self.flows = flows
        self.tasks = tasks or {}
        self.deployed_at: dict[str, float] = {}
        self.calls: list[tuple[str, str]] = []
        self.fail_deploy: dict[str, TenantProblem] = {}
        self.errors: dict[str, list[str | None]] = {}
        self.most_at_once = 0
        self.interrupt: Callable[[str], None] = lambda flow_id: None

    def one(self, flow_id: str) -> IntegrationFlow | None:
        self.calls.append(("one", flow_id))
        self.interrupt(flow_id)
        return self._entry(flow_id)

    def deployed(self) -> tuple[IntegrationFlow, ...]:
        self.calls.append(("deployed", ""))
        return tuple(found for flow_id in self.flows if (found := self._entry(flow_id)))

    def deploy(self, flow_id: str) -> str:
        self.calls.append(("deploy", flow_id))
        if flow_id in self.fail_deploy:
            raise self.fail_deploy[flow_id]
        self.deployed_at[flow_id] = self.clock.monotonic()
        return f"task-{flow_id}" if flow_id in self.tasks else ""

    def build_status(self, task: str) -> str | None:
        self.calls.append(("build_status", task))
        flow_id = task.removeprefix("task-")
        return self._at(self.tasks[flow_id], flow_id)

    def error_text(self, flow_id: str) -> str | None:
        self.calls.append(("error_text", flow_id))
        texts = self.errors.get(flow_id, [None])
        return texts.pop(0) if len(texts) > 1 else texts[0]

    def _entry(self, flow_id: str) -> IntegrationFlow | None:
        if flow_id not in self.flows:
            return None
        if flow_id not in self.deployed_at:
            state: State = ("STARTED", False)
        else:
            state = self._at(self.flows[flow_id], flow_id)
        if state is None:
            return None
        deployed_on = BEFORE + timedelta(days=1 if state[1] else 0)
        return IntegrationFlow(flow_id, flow_id, "1.0.0", state[0], "me", deployed_on)

    def _at(self, states: dict[float, object], flow_id: str) -> object:
        seconds = self.clock.monotonic() - self.deployed_at[flow_id]
        return [state for start, state in sorted(states.items()) if start <= seconds][-1]


OLD, STARTING, STARTED, ERROR = ("STARTED", False), ("STARTING", True), ("STARTED", True), ("ERROR", True)
# As observed: the old entry for a while, then none, then the new one on its way.
NORMAL: dict[float, State] = {0: OLD, 5: None, 6: STARTING, 8: STARTED}
TASK: dict[float, str | None] = {0: "DEPLOYING", 4: "SUCCESS"}


def restart(
    runtime: Runtime, ids: Iterable[str] = ("a",), timeout: float = 100.0, parallel: int = 3, poll: float = 1.0
) -> list[RestartOutcome]:
    return restart_flows(runtime, list(ids), clock=runtime.clock, timeout=timeout, parallel=parallel, poll=poll)


def test_the_usual_way() -> None:
    runtime = Runtime(FakeClock(), {"a": NORMAL}, {"a": TASK})
    [outcome] = restart(runtime)
    assert outcome.restarted
    assert outcome.deployed
    assert outcome.before is not None
    assert outcome.after is not None
    assert outcome.before.deployed_on is not None
    assert outcome.after.deployed_on is not None
    assert outcome.after.deployed_on > outcome.before.deployed_on
    assert 8 <= outcome.seconds <= 16
    # First the task alone, then the entry alone
    names = [name for name, _unused in runtime.calls]
    assert names[:2] == ["one", "deploy"]
    assert names.count("build_status") == 3
    assert "error_text" not in names


def test_started_with_the_old_time_is_not_believed() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": {0: OLD}}, {"a": {0: "SUCCESS"}}), timeout=30)
    assert isinstance(outcome.problem, RestartFailed)
    assert "SAP_ProfileId" in str(outcome.problem)
    assert outcome.seconds == 30


def test_an_entry_that_never_comes_back() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": {0: OLD, 1: None}}, {"a": {0: "SUCCESS"}}), timeout=30)
    assert "SAP_ProfileId" in str(outcome.problem)


def test_the_last_look_is_at_the_deadline() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": {0: OLD, 29.9: STARTED}}, {"a": {0: "SUCCESS"}}), timeout=30, poll=4)
    assert outcome.restarted


def test_without_a_task_the_entry_decides() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": NORMAL}))
    assert outcome.restarted
    [outcome] = restart(Runtime(FakeClock(), {"a": NORMAL}, {"a": {0: "DEPLOYING", 2: None}}))
    assert outcome.restarted


@pytest.mark.parametrize(
    ("status", "words"), [("FAIL", "ended with FAIL"), ("FAIL_ON_LICENSE_ERROR", "lack of a licence")]
)
def test_a_task_that_fails(status: str, words: str) -> None:
    runtime = Runtime(FakeClock(), {"a": {0: OLD}}, {"a": {0: "DEPLOYING", 3: status}})
    runtime.errors["a"] = ["Mapping m.mmap does not compile"]
    [outcome] = restart(runtime)
    assert isinstance(outcome.problem, RestartFailed)
    assert words in outcome.problem.what
    assert "still runs" in outcome.problem.what
    assert outcome.problem.said == "Mapping m.mmap does not compile"


def test_error_is_told_with_its_text_once_there_is_one() -> None:
    runtime = Runtime(FakeClock(), {"a": {0: OLD, 3: ERROR}}, {"a": {0: "SUCCESS"}})
    runtime.errors["a"] = [None, None, "no key pair x"]
    [outcome] = restart(runtime)
    assert outcome.problem is not None
    assert outcome.problem.said == "no key pair x"
    runtime = Runtime(FakeClock(), {"a": {0: OLD, 3: ERROR}}, {"a": {0: "SUCCESS"}})
    [outcome] = restart(runtime)
    assert outcome.problem is not None
    assert outcome.problem.said is None
    assert [name for name, _unused in runtime.calls].count("error_text") == 5


def test_an_old_error_is_not_the_new_one() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": {0: ("ERROR", False), 6: STARTED}}, {"a": {0: "SUCCESS"}}))
    assert outcome.restarted


def test_still_starting_at_the_end() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": {0: STARTING}}, {"a": {0: "SUCCESS"}}), timeout=20)
    assert "still STARTING after 20 seconds" in str(outcome.problem)


def test_still_deploying_at_the_end() -> None:
    [outcome] = restart(Runtime(FakeClock(), {"a": {0: OLD}}, {"a": {0: "DEPLOYING"}}), timeout=20)
    assert "still DEPLOYING" in str(outcome.problem)


def test_one_bad_flow_does_not_hide_the_others() -> None:
    clock = FakeClock()
    flows = {"a": NORMAL, "b": NORMAL, "c": {0: ERROR}, "d": NORMAL}
    runtime = Runtime(clock, flows, dict.fromkeys(flows, TASK))
    runtime.fail_deploy["b"] = NotFound("nothing", status=404, text="Integration design time artifact not found.")
    runtime.errors["c"] = ["boom"]
    outcomes = restart(runtime, ["d", "c", "gone", "b", "a", "d"], parallel=2)
    assert [(one.flow_id, one.restarted, one.deployed) for one in outcomes] == [
        ("d", True, True),
        ("c", False, True),
        ("gone", False, False),
        ("b", False, False),
        ("a", True, True),
    ]
    assert "design time" in str(outcomes[3].problem)
    assert "not deployed" in str(outcomes[2].problem)
    # One listing tells where all of them stood.
    assert runtime.calls[0] == ("deployed", "")
    assert [flow_id for name, flow_id in runtime.calls if name == "deploy"] == ["d", "c", "b", "a"]


def test_no_more_at_a_time_than_allowed_and_all_in_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = FakeClock()
    names = [f"f{number}" for number in range(10)]
    runtime = Runtime(clock, dict.fromkeys(names, NORMAL), dict.fromkeys(names, TASK))
    running: set[str] = set()
    most = 0
    real_deploy = runtime.deploy

    def deploy(flow_id: str) -> str:
        nonlocal most
        running.difference_update(
            {
                name
                for name in running
                if (found := runtime._entry(name)) and found.deployed_on != BEFORE and found.is_started
            }
        )
        running.add(flow_id)
        most = max(most, len(running))
        return real_deploy(flow_id)

    monkeypatch.setattr(runtime, "deploy", deploy)
    started = clock.monotonic()
    assert all(outcome.restarted for outcome in restart(runtime, names, parallel=5))
    assert most == 5
    # Two rounds of about 16 seconds, not ten
    assert clock.monotonic() - started < 40


def test_a_deployment_without_an_answer_is_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    runtime = Runtime(FakeClock(), {"a": NORMAL})
    real_deploy = runtime.deploy

    def deploy(flow_id: str) -> str:
        real_deploy(flow_id)
        raise OutcomeUnknown("no answer")

    monkeypatch.setattr(runtime, "deploy", deploy)
    [outcome] = restart(runtime)
    assert outcome.restarted


@pytest.mark.parametrize("problem", [LoginRefused("no"), Unreachable("gone")])
def test_what_concerns_all_flows_stops_the_rest(problem: TenantProblem) -> None:
    runtime = Runtime(FakeClock(), {"a": NORMAL, "b": NORMAL, "c": NORMAL})
    runtime.fail_deploy["a"] = problem
    outcomes = restart(runtime, "abc", parallel=1)
    assert [one.problem for one in outcomes] == [problem] * 3
    assert [flow_id for name, flow_id in runtime.calls if name == "deploy"] == ["a"]


def test_a_refusal_of_one_flow_does_not_stop_the_rest() -> None:
    runtime = Runtime(FakeClock(), {"a": NORMAL, "b": NORMAL})
    runtime.fail_deploy["a"] = Refused("profile", status=400, text="does not fit the runtime profile")
    outcomes = restart(runtime, "ab", parallel=1)
    assert [one.restarted for one in outcomes] == [False, True]


def test_a_moment_without_connection_is_forgiven() -> None:
    runtime = Runtime(FakeClock(), {"a": NORMAL})
    failures = iter([False, True, True, True, False])

    def interrupt(flow_id: str) -> None:
        if next(failures, False):
            raise Unreachable("gone", temporary=True)

    runtime.interrupt = interrupt
    [outcome] = restart(runtime)
    assert outcome.restarted


def test_pauses_grow_and_stay_bounded() -> None:
    runtime = Runtime(FakeClock(), {"a": {0: OLD, 60: STARTED}})
    restart(runtime, poll=0.5)
    assert runtime.clock.pauses[:5] == [0.5, 1.0, 2.0, 4.0, 5.0]
    assert max(runtime.clock.pauses) == 5.0


def test_nothing_to_do() -> None:
    runtime = Runtime(FakeClock(), {})
    assert restart(runtime, []) == []
    assert runtime.calls == []
