# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module keystore_backup between its options and the decision."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..decisions.keystore_backup import Comparison, compare, decide_restored, decide_taken
from ..decisions.plan import Plan
from ..tenant.session import Tenant

__all__ = ["decide_backup", "read_backup", "wanted_backup"]


@dataclass(frozen=True)
class _Wanted:
    taken: bool
    delete_others: bool


def wanted_backup(options: dict[str, Any]) -> _Wanted:
    return _Wanted(options["state"] == "taken", options["others"] == "delete")


def read_backup(tenant: Tenant, wanted: _Wanted) -> Comparison:
    """Two listings."""
    return compare(tenant.keystore.entries(), tenant.keystore.entries("backup"))


def decide_backup(wanted: _Wanted, seen: Comparison) -> Plan:
    return decide_taken(seen) if wanted.taken else decide_restored(seen, delete_others=wanted.delete_others)
