# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant and a client for each test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Wire


@pytest.fixture
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant() as running:
        yield running
        assert running.errors == []


@pytest.fixture
def wire(tenant: LocalTenant) -> Wire:
    return Wire(tenant)
