# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several connections at once: one throttle, one login, and each problem for itself."""

from __future__ import annotations

import threading
from datetime import datetime, timezone

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.auth import Bearer
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import ClientSecret
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import LoginRefused, NotFound
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.secret import Secret
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.side_by_side import (
    run_side_by_side,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.throttle import Throttle
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.tenant.doubles import (
    FakeClock,
    ScriptedTransport,
    json_answer,
)


@pytest.mark.parametrize(
    ("path", "rate"),
    [
        ("KeystoreEntries", 10),
        ("IntegrationDesigntimeArtifacts(Id='a',Version='active')/$value", 10),
        ("IntegrationPackages", 10),
        ("IntegrationRuntimeArtifacts", 50),
        ("MessageProcessingLogs", 100),
    ],
)
@pytest.mark.parametrize("takes", [0.0, 0.05, 0.7])
def test_no_second_of_the_tenant_holds_more_requests_than_allowed(path: str, rate: int, takes: float) -> None:
    """Whenever the tenant counts a request between its sending and its answer."""
    clock = FakeClock(datetime(2026, 1, 1, tzinfo=timezone.utc))
    throttle = Throttle(clock)
    sent, answered = [], []
    for _unused in range(3 * rate):
        with throttle.slot(path):
            sent.append(clock.monotonic())
            clock.advance(takes)
            answered.append(clock.monotonic())
    assert all(sent[later] - answered[later - rate] > 1.0 for later in range(rate, len(sent)))
    assert sent[rate - 1] == pytest.approx(1000.0 + takes * (rate - 1)), "a short call waits"


def test_classes_do_not_wait_for_each_other() -> None:
    clock = FakeClock()
    throttle = Throttle(clock)
    for path in ["KeystoreEntries"] * 10 + ["IntegrationRuntimeArtifacts"] * 50 + ["IntegrationPackages"] * 10:
        with throttle.slot(path):
            pass
    assert clock.pauses == []


def test_a_request_waits_while_all_slots_are_in_use() -> None:
    throttle = Throttle(FakeClock())
    slots = [throttle.slot("KeystoreEntries") for _unused in range(10)]
    for slot in slots:
        slot.__enter__()
    began, entered = threading.Event(), threading.Event()

    def eleventh() -> None:
        began.set()
        with throttle.slot("KeystoreEntries"):
            entered.set()

    thread = threading.Thread(target=eleventh, daemon=True)
    thread.start()
    assert began.wait(10)
    assert not entered.is_set()
    slots[0].__exit__(None, None, None)
    assert entered.wait(10)
    thread.join(10)


def test_answers_come_in_order_and_problems_for_themselves() -> None:
    def read(worker: str, item: int) -> str:
        if item % 2:
            raise NotFound("nothing", status=404)
        return f"{item}"

    found = run_side_by_side(["a", "b", "c"], range(7), read)
    assert [one if isinstance(one, str) else type(one).__name__ for one in found] == [
        "0", "NotFound", "2", "NotFound", "4", "NotFound", "6",
    ]  # fmt: skip
    assert run_side_by_side([], [], read) == []


def test_each_connection_serves_one_thread_at_a_time() -> None:
    inside: dict[str, int] = {"a": 0, "b": 0}
    most: list[int] = []
    lock = threading.Lock()
    both = threading.Barrier(2, timeout=10)

    def read(worker: str, item: int) -> None:
        with lock:
            inside[worker] += 1
            most.append(inside[worker])
        # Both connections are at work at once, or nobody gets past here.
        both.wait()
        with lock:
            inside[worker] -= 1

    run_side_by_side(["a", "b"], range(6), read)
    assert set(most) == {1}


def test_a_refused_login_stops_the_rest() -> None:
    asked: list[int] = []

    def read(worker: str, item: int) -> None:
        asked.append(item)
        raise LoginRefused("no")

    with pytest.raises(LoginRefused):
        run_side_by_side(["only"], range(100), read)
    assert asked == [0]


def test_a_defect_is_no_answer() -> None:
    def read(worker: str, item: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        run_side_by_side(["a"], [1], read)


def test_two_connections_that_meet_an_old_token_fetch_one_new_token() -> None:
    transport = ScriptedTransport(json_answer({"access_token": "first"}), json_answer({"access_token": "second"}))
    login = Bearer(ClientSecret("https://token.example/oauth/token", "id", Secret("secret")), transport, FakeClock())
    old = login.header()
    assert login.renew(old)
    new = login.header()
    # The other connection was refused with the old token, after the new one was fetched.
    assert login.renew(old)
    assert login.header() == new
    assert len(transport.seen) == 2
