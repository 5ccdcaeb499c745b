# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver as a process: check, reload and stop by commands, as the files exchange of a role uses them."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root

MODULE = "ansible_collections.certops.sap_cloud_integration.tests.receiver"


@pytest.fixture(scope="module")
def old() -> Credential:
    return issue(issue(make_root("Old Root"), "Old CA", ca=True), "server", hosts=["127.0.0.4"])


@pytest.fixture(scope="module")
def new() -> Credential:
    return issue(make_root("New Root"), "server", hosts=["127.0.0.4"])


def _install(folder: Path, credential: Credential) -> None:
    (folder / "server.pem").write_text(credential.pem)
    (folder / "chain.pem").write_text(credential.chain_pem)  # with the leaf again, as CAs send it
    (folder / "server.key").write_text(credential.key_pem)


def _command(folder: Path, *more: str) -> list[str]:
    files = ["--certificate", f"{folder}/server.pem", "--chain", f"{folder}/chain.pem", "--key", f"{folder}/server.key"]
    return [sys.executable, "-m", MODULE, "--address", "127.0.0.4", "--pid-file", f"{folder}/pid", *files, *more]


def _run(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(_command(folder, *more), capture_output=True, text=True, check=False, timeout=30)


def _served(port: int) -> bytes:
    plain = socket.create_connection(("127.0.0.4", port), timeout=5)
    with ssl._create_unverified_context().wrap_socket(plain) as connection:
        return connection.getpeercert(binary_form=True) or b""


@pytest.fixture
def process(tmp_path: Path, old: Credential) -> Iterator[subprocess.Popen[str]]:
    _install(tmp_path, old)
    running = subprocess.Popen(_command(tmp_path), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    yield running
    running.kill()
    running.communicate(timeout=10)


def test_files_are_read_again_on_reload(
    process: subprocess.Popen[str], tmp_path: Path, old: Credential, new: Credential
) -> None:
    assert process.stdout is not None
    port = int(process.stdout.readline().rsplit(":", 1)[1])
    assert _served(port) == old.der
    _install(tmp_path, new)
    assert _served(port) == old.der
    assert _run(tmp_path, "--check").returncode == 0
    assert _run(tmp_path, "--reload").returncode == 0
    assert process.stdout.readline() == "the files were read again\n"
    assert _served(port) == new.der
    assert _run(tmp_path, "--stop").returncode == 0
    seen = json.loads(process.stdout.readline())
    assert seen["127.0.0.4"]["connections"] == 3
    assert process.wait(10) == 0
    assert not (tmp_path / "pid").exists()


def test_wrong_files_do_not_take_the_server_down(
    process: subprocess.Popen[str], tmp_path: Path, old: Credential, new: Credential
) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    port = int(process.stdout.readline().rsplit(":", 1)[1])
    (tmp_path / "server.pem").write_text(new.pem)
    checked = _run(tmp_path, "--check")
    assert checked.returncode == 1
    assert (
        checked.stderr
        == f"The key in {tmp_path}/server.key does not belong to the certificate in {tmp_path}/server.pem.\n"
    )
    os.kill(process.pid, 1)
    assert "does not belong" in process.stderr.readline()
    assert _served(port) == old.der


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        ("server.pem", "no certificate", "holds no certificate in PEM"),
        ("server.key", "no key", "holds no private key in PEM"),
        ("chain.pem", "", "holds no certificate in PEM"),
        ("server.pem", "\u00e4", "is not PEM"),
    ],
)
def test_check_names_the_wrong_file(tmp_path: Path, old: Credential, file: str, text: str, sentence: str) -> None:
    _install(tmp_path, old)
    (tmp_path / file).write_text(text, encoding="utf-8")
    checked = _run(tmp_path, "--check")
    assert checked.returncode == 1
    assert file in checked.stderr
    assert sentence in checked.stderr
    assert checked.stderr.count("\n") == 1


def test_reload_without_a_running_receiver(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-m", MODULE, "--reload", "--pid-file", f"{tmp_path}/none"],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith("No receiver runs under the number in ")


def test_help_explains_every_option() -> None:
    shown = subprocess.run(
        [sys.executable, "-m", MODULE, "--help"], capture_output=True, text=True, check=True, timeout=30
    ).stdout
    for option in (
        "--address",
        "--certificate",
        "--chain",
        "--key",
        "--pid-file",
        "--check",
        "--reload",
        "--stop",
        "--client-certificates",
    ):
        assert option in shown
