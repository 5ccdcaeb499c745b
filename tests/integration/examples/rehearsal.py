# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide to the local tenant, followed from its first line to its last in an empty folder."""

from __future__ import annotations

import contextlib
import json
import os
import signal
from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.collected import COLLECTION, Block
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.shell import Shell
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver

__all__ = ["local_tenant"]

_API = "/api/v1/"


def local_tenant(folder: Path, *blocks: Block) -> None:
    shell = Shell(folder, [])
    shell.stand_in("8443", free_port())
    shell.stand_in("_soak: 10\n", "_soak: 1\n")
    installed = shell.home / ".ansible/collections"
    installed.parent.mkdir()
    installed.symlink_to(COLLECTION.parents[2])
    *steps, stop = blocks
    try:
        # In one shell, because what one step exports the next ones need.
        ran = shell.run("".join(map(as_command, steps)))
        assert [task.name for task in ran.tasks if task.outcome != "ok"] == []
        # The old root is trusted and the flow knows it; the renewal; and nothing in its last run.
        imported, deployed = "PUT CertificateResources", "POST DeployIntegrationDesigntimeArtifact"
        journal = folder / "tenant/journal.jsonl"
        assert written(journal) == [imported, deployed, imported, deployed, "DELETE KeystoreEntries"]
        shell.run(as_command(stop))
    finally:
        for name in ("tenant.pid", "receiver.pid"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((folder / name).read_text()), signal.SIGTERM)


def as_command(block: Block) -> str:
    return f"cat > {block.file} <<'END'\n{block.commands}END\n" if block.file else block.commands


def written(journal: Path) -> list[str]:
    entries = map(json.loads, journal.read_text().splitlines())
    writes = [entry for entry in entries if entry["listener"] == "api" and entry["method"] not in ("GET", "HEAD")]
    return [f"{entry['method']} {entry['path'].removeprefix(_API).partition('(')[0]}" for entry in writes]


def free_port() -> int:
    with LocalReceiver(["127.0.0.2", "127.0.0.3"], credential=issue(make_root(), "nobody")) as receiver:
        return receiver.port
