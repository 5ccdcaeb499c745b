# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant for each test, and what the processes that tests start need to find the collection."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ansible_collections.certops.sap_cloud_integration as package
import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.quick_clock import QuickClock
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

_ROOT = str(Path(next(iter(package.__path__))).parents[2])
os.environ["PYTHONPATH"] = os.pathsep.join([_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])

_OF_THE_USER = [
    name for name in os.environ if name.startswith(("SAP_CI_", "ANSIBLE_")) or name.lower().endswith("_proxy")
]


@pytest.fixture(autouse=True)
def _no_settings_of_the_user(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in _OF_THE_USER:
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="session")
def old_root() -> Credential:
    return make_root("Old Root")


@pytest.fixture(scope="session")
def new_root() -> Credential:
    return make_root("New Root")


@pytest.fixture(scope="session")
def leaf(old_root: Credential) -> Credential:
    return issue(old_root, "erp.example", hosts=["erp.example"])


@pytest.fixture
def start_tenant() -> Iterator[Callable[..., LocalTenant]]:
    """Start tenants; at the end none of them may have met a defect of its own."""
    started: list[LocalTenant] = []

    def start(*arguments: Any, **options: Any) -> LocalTenant:
        tenant = LocalTenant(*arguments, **{"deploy_seconds": 0.2, **options})
        started.append(tenant)
        return tenant.start()

    yield start
    for tenant in started:
        tenant.close()
    assert [error for tenant in started for error in tenant.errors] == []


@pytest.fixture
def tenant(start_tenant: Callable[..., LocalTenant]) -> LocalTenant:
    return start_tenant()


@pytest.fixture
def quick_clock(monkeypatch: pytest.MonkeyPatch) -> QuickClock:
    """The modules' waiting takes no time in this test; what they waited for is kept."""
    clock = QuickClock()
    clock.install(monkeypatch)
    return clock
