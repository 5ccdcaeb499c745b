# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A renewal at its beginning, as the role would observe it; each test bends what it is about."""

from __future__ import annotations

from typing import Any

import pytest

OLD = "aa:01"
NEW = "bb:02"
NOW = "2026-11-21T12:00:00Z"


def root(fingerprint: str, *entries: tuple[str, str], **more: Any) -> dict[str, Any]:
    """A root and its keystore entries: (alias, last modified)."""
    return {
        "fingerprint_sha256": fingerprint,
        "subject": f"CN=Root {fingerprint}",
        "entries": [{"alias": alias, "last_modified_time": time} for alias, time in entries],
        **more,
    }


def flow(name: str, deployed_on: str | None = "2026-01-01T00:00:00Z", **more: Any) -> dict[str, Any]:
    return {"id": name, "status": "STARTED", "deployed_on": deployed_on, **more}


def address(number: int, *validated_by: str, **more: Any) -> dict[str, Any]:
    return {
        "address": f"192.0.2.{number}",
        "leaf_fingerprint": f"cc:{number}",
        **{f"validated_by_{name}": True for name in validated_by},
        "consecutive": 3,
        **more,
    }


@pytest.fixture
def facts() -> dict[str, Any]:
    """Only the old root is trusted, and served at two addresses; two flows send."""
    return {
        "now": NOW,
        "old_root": root(OLD, ("old", "2020-01-01T00:00:00Z"), certificate_known=True),
        "new_root": root(NEW),
        "flows": [flow("Orders"), flow("Invoices")],
        "receiver": {"host": "erp.example", "port": 443, "addresses": [address(1, "old"), address(2, "old")]},
        "protected": [],
        "logs": None,
        "policy": {"probes_required": 3, "soak_seconds": 60},
    }


@pytest.fixture
def exchanged(facts: dict[str, Any]) -> dict[str, Any]:
    """Both roots are trusted, the flows were restarted, every address serves the new chain, and all of it is proven."""
    facts["new_root"] = root(NEW, ("new", "2026-11-21T08:00:00Z"))
    facts["flows"] = [flow("Orders", "2026-11-21T08:05:00Z"), flow("Invoices", "2026-11-21T08:06:00Z")]
    facts["receiver"]["addresses"] = [address(1, "new"), address(2, "new")]
    facts["policy"]["observed_stable_seconds"] = 60
    facts["logs"] = {"flows": [{"id": name, "tls_failures": 0, "completed": 7} for name in ("Orders", "Invoices")]}
    return facts


@pytest.fixture
def done(exchanged: dict[str, Any]) -> dict[str, Any]:
    """The old root is deleted. A run that finds this reads no logs and does not wait for a second probe."""
    exchanged["old_root"]["entries"] = []
    exchanged["logs"] = None
    for each in exchanged["receiver"]["addresses"]:
        each["consecutive"] = 1
    return exchanged
