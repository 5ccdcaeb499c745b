# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tenants that share a receiver: its certificate is exchanged once, and only when all of them are ready."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import ansible_collections.certops.sap_cloud_integration as package
import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import ADDRESS, HOST, Fleet
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue

_FILES = ("chain.pem", "key.pem")


class ReceiverWithFiles:
    """A receiver in a process of its own, whose administrator has files, a check and a reload; reloads are counted."""

    def __init__(self, directory: Path, credential: Credential) -> None:
        self.directory, self.reloads = directory, directory / "reloads"
        directory.mkdir()
        _write(directory, credential)
        server = [
            sys.executable, "-m", "ansible_collections.certops.sap_cloud_integration.tests.receiver",
            "--address", ADDRESS, "--pid-file", str(directory / "pid"),
            "--certificate", str(directory / "chain.pem"), "--key", str(directory / "key.pem"),
        ]  # fmt: skip
        path = shlex.quote(str(Path(next(iter(package.__path__))).parents[2]))
        script = directory / "receiver"
        reloads = shlex.quote(str(self.reloads))
        script.write_text(
            f'#!/bin/sh\n[ "$1" = --reload ] && echo reloaded >> {reloads}\n'
            f'PYTHONPATH={path} exec {shlex.join(server)} "$@"\n'
        )
        script.chmod(0o700)
        self.command = str(script)
        self._process = subprocess.Popen([self.command], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline().rpartition(":")[2])

    def exchange_files(self, source: Path, credential: Credential) -> dict[str, object]:
        source.mkdir()
        _write(source, credential)
        return {
            "files": [{"src": str(source / name), "dest": str(self.directory / name)} for name in _FILES],
            "check_command": f"{self.command} --check",
            "reload_command": f"{self.command} --reload",
        }

    @property
    def exchanges(self) -> int:
        return len(self.reloads.read_text().splitlines()) if self.reloads.exists() else 0

    def stop(self) -> None:
        self._process.terminate()
        self._process.communicate(timeout=30)


def _write(directory: Path, credential: Credential) -> None:
    for name, text in zip(_FILES, (credential.chain_pem, credential.key_pem), strict=True):
        descriptor = os.open(directory / name, os.O_WRONLY | os.O_CREAT, 0o600)
        with os.fdopen(descriptor, "w") as stream:
            stream.write(text)


@pytest.fixture
def receiver(tmp_path: Path, old_root: Credential) -> Iterator[ReceiverWithFiles]:
    receiver = ReceiverWithFiles(tmp_path / "receiver", issue(old_root, HOST, hosts=[HOST]))
    yield receiver
    receiver.stop()


@pytest.fixture
def fleet(receiver: ReceiverWithFiles, tmp_path: Path, old_root: Credential, new_root: Credential) -> Iterator[Fleet]:
    files = receiver.exchange_files(tmp_path / "new", issue(new_root, HOST, hosts=[HOST]))
    with Fleet(
        tmp_path, 2, receiver.port, old_root, new_root, messages_per_second=3, exchange="files", exchange_files=files
    ) as fleet:
        yield fleet


def statuses(fleet: Fleet) -> set[str]:
    return set(Counter(message["status"] for tenant in fleet.tenants.values() for message in tenant.messages()))


def test_it_is_exchanged_once_and_only_when_all_are_ready(fleet: Fleet, receiver: ReceiverWithFiles) -> None:
    canary, other = fleet.names
    command = 'ansible-playbook renew.yml -e renewal_summary_path="$PWD/summary.json"'
    fleet.break_tenant(other)
    first = fleet.run(command)
    assert first.returncode == 2
    assert fleet.roots(canary) == {"old", "new"}
    assert receiver.exchanges == 0, "exchanged although a tenant that sends there was not ready"

    fleet.mend_tenant(other)
    second = fleet.run(command)
    assert second.returncode == 0, second.stdout + second.stderr
    assert receiver.exchanges == 1
    assert [fleet.roots(name) for name in fleet.names] == [{"new"}, {"new"}]
    assert statuses(fleet) == {"COMPLETED"}, "messages were lost"
    steps = {tenant["name"]: tenant["steps"] for tenant in fleet.summary["tenants"]}
    assert steps == {
        canary: ["exchange_certificate", "delete_old_root"],
        other: ["import_new_root", "restart_flows", "delete_old_root"],
    }
    assert fleet.summary["totals"]["finished"] == 2


def test_the_playbook_for_one_tenant_refuses_to_exchange_it(fleet: Fleet, receiver: ReceiverWithFiles) -> None:
    run = fleet.run(
        f"ansible-playbook certops.sap_cloud_integration.renew_receiver_certificate --limit {fleet.names[0]}"
    )
    assert run.returncode == 2
    assert f"{fleet.names[1]} send to {HOST}:{receiver.port} too." in " ".join(run.stdout.split())
    assert receiver.exchanges == 0
    assert [tenant.journal for tenant in fleet.tenants.values()] == [[], []]
