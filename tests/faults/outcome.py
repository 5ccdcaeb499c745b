# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What must be true when a renewal was disturbed and then carried through."""

from __future__ import annotations

from collections import Counter

from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import (
    NEW_ALIAS,
    OLD_ALIAS,
    Renewal,
)
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

__all__ = ["assert_renewed_once", "successful_writes"]


def successful_writes(renewal: Renewal) -> Counter[str]:
    """What the tenant carried out: kind of write, and for deployments the flow."""
    done: Counter[str] = Counter()
    for entry in renewal.tenant.writes():
        effective = entry["status"] is None or entry["status"] < 400
        if not effective:
            continue
        if "CertificateResources" in entry["path"]:
            done["import"] += 1
        elif entry["method"] == "DELETE":
            done["delete"] += 1
        elif "DeployIntegrationDesigntimeArtifact" in entry["path"]:
            done[f"deploy {entry['query']['Id'].strip(chr(39))}"] += 1
        else:
            done[f"{entry['method']} {entry['path']}"] += 1
    return done


def assert_renewed_once(renewal: Renewal, run: PlaybookRun, aliases_before: set[str]) -> None:
    """The end state, reached with each write once, and not a message lost; each fact by another eye than the role's."""
    assert run.status == 0, run.output
    assert run.result["finished"] is True, run.output
    assert set(renewal.tenant.entries()) == aliases_before - {OLD_ALIAS} | {NEW_ALIAS}
    assert renewal.roots() == {NEW_ALIAS: "new"}
    assert renewal.receiver.serves(renewal.receiver.after)
    assert successful_writes(renewal) == {
        "import": 1,
        "delete": 1,
        **{f"deploy {flow}": 1 for flow in renewal.flows},
    }
    sent = len(renewal.tenant.messages())
    wait_until(lambda: len(renewal.tenant.messages()) > sent, "messages go on after the renewal")
    assert renewal.failed_messages() == []
    assert renewal.tenant.errors == []
