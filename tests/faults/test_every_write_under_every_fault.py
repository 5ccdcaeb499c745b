# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every fault of the local tenant at every request of every kind of write: completed or cleanly failed, never half.

The modules run in this process. Pauses between two tries are short, and count as long as they would be.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import SystemClock
from ansible_collections.certops.sap_cloud_integration.tests.faults.works import WORKS, Work, new_tenant, state_of
from ansible_collections.certops.sap_cloud_integration.tests.module_call import call_module
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

# Once: what another try gets past. For ever: what none does.
FAULTS: dict[str, dict[str, Any]] = {
    "latency": {"kind": "latency", "seconds": 0.02},
    "401 once": {"kind": "status", "status": 401},
    "401 for ever": {"kind": "status", "status": 401, "count": None},
    "403 empty": {"kind": "status", "status": 403, "count": None},
    "429 once": {"kind": "status", "status": 429},
    "429 for ever": {"kind": "status", "status": 429, "count": None},
    "503 lock once": {"kind": "status", "status": 503},
    "503 lock for ever": {"kind": "status", "status": 503, "count": None},
    "423 lock once": {"kind": "status", "status": 423},
    "500 once": {"kind": "status", "status": 500, "body": "odata"},
    "500 for ever": {"kind": "status", "status": 500, "body": "html", "count": None},
    "500 after it took effect": {"kind": "status_after", "status": 500},
    "dropped before once": {"kind": "drop_before"},
    "dropped before for ever": {"kind": "drop_before", "count": None},
    "dropped after once": {"kind": "drop_after"},
    "dropped after for ever": {"kind": "drop_after", "count": None},
    "truncated": {"kind": "truncate"},
    "nonsense": {"kind": "status", "status": 200, "body": "nonsense"},
    "redirect": {"kind": "redirect"},
}


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    passed = [0.0]

    def pause(_unused: SystemClock, seconds: float) -> None:
        passed[0] += seconds
        time.sleep(min(seconds, 0.004))

    monkeypatch.setattr(SystemClock, "pause", pause)
    monkeypatch.setattr(SystemClock, "monotonic", lambda _: time.monotonic() + passed[0])


def call(tenant: LocalTenant, work: Work, options: Any) -> dict[str, Any]:
    login = {"service_key": tenant.service_key, "ca_path": str(tenant.ca_path), "lock_timeout": 30, "timeout": 20}
    result = call_module(work.module, {**login, **options})
    settle(tenant)
    secret = tenant.service_key["oauth"]["clientsecret"]
    assert secret not in str(result)
    return result


def settle(tenant: LocalTenant) -> None:
    """Deployments go on after the module has given up."""
    runtime = tenant.runtime
    wait_until(
        lambda: (
            all(task.done for task in list(runtime.tasks.values()))
            and all(artifact.status == "STARTED" for artifact in runtime.artifacts())
        ),
        "the deployments have come to their end",
    )


@cache
def undisturbed(work: Work) -> Any:
    """The state that the work leads to."""
    with new_tenant() as tenant:
        work.prepare(tenant)
        assert call(tenant, work, work.options(tenant)).get("changed") is True
        return state_of(tenant)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("work", WORKS, ids=lambda work: work.name)
def test_a_write_is_completed_or_cleanly_fails(work: Work, fault: str, tried: Callable[[str, int], None]) -> None:
    planned, number, cases = undisturbed(work), 1, 0
    while True:
        with new_tenant() as tenant:
            work.prepare(tenant)
            before = state_of(tenant)
            options = work.options(tenant)
            struck = _at_request(tenant, number, FAULTS[fault])
            result = call(tenant, work, options)
            if not struck.hits:
                break
            cases += 1
            after = state_of(tenant)
            where = f"{fault} at request {number}: {result}"
            tenant.faults.clear()
            again = call(tenant, work, options)
            assert not again.get("failed"), f"{where}\nand again: {again}"
            assert state_of(tenant) == planned, f"another end: {where}\nand again: {again}"
            assert after in (before, planned), f"half done: {where}"
            assert again["changed"] is (after == before), f"{where}\nand again: {again}"
            if result.get("failed"):
                _assert_clean_failure(result, unchanged=after == before, where=where)
            else:
                assert result["changed"] is True, where
                assert after == planned, f"a false report: {where}"
            assert not tenant.errors
        number += 1
    assert cases >= 2
    tried("faults at a request of a write, each followed by an undisturbed call", cases)


def _at_request(tenant: LocalTenant, number: int, fault: dict[str, Any]) -> Any:
    """The fault begins at the n-th request of the call; one that lasts goes on until it is cleared."""
    settings = {name: value for name, value in fault.items() if name != "kind"}
    return tenant.faults.add(fault["kind"], skip=number - 1, **settings)


def _assert_clean_failure(result: dict[str, Any], *, unchanged: bool, where: str) -> None:
    message = result["msg"]
    assert "defect of the collection" not in message, where
    assert result["problem"]["what"], where
    assert "Traceback" not in str(result), where
    if not unchanged:
        assert "Nothing was changed" not in message, f"it was changed: {where}"
        assert "Not done" not in message, f"it was done: {where}"
