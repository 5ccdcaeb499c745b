# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The command and the control listener, as a demo in another process uses them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests import tenant as package
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root

MODULE = package.__name__


def _command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", MODULE, *arguments]


@contextmanager
def _running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], list[str]]]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen(
        _command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment
    )
    try:
        lines = []
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            if line.startswith("Stop"):
                break
        yield process, lines
    finally:
        process.send_signal(signal.SIGTERM)
        _unused, errors = process.communicate(timeout=20)
        assert (process.returncode, errors) == (0, "")


class _Remote:
    def __init__(self, file: Path) -> None:
        said = json.loads(file.read_text())
        self.url, self.token = said["url"], said["token"]

    def call(self, path: str, body: object = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Authorization": f"Bearer {self.token}"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.loads(answer.read())


def _curl(directory: Path, token: str, path: str, url: str) -> str:
    done = subprocess.run(
        [
            "curl",
            "-sS",
            "--cacert",
            str(directory / "ca.pem"),
            "-w",
            "%{http_code}",
            "-o",
            "/dev/null",
            "-H",
            f"Authorization: Bearer {token}",
            url + path,
        ],
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    return done.stdout


def test_command_says_where_everything_lies_and_obeys_its_control(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with _running("--state-dir", str(state), "--no-rate-limits") as (_unused, lines):
        assert any(str(state / "service-key.json") in line for line in lines)
        assert any(str(state / "ca.pem") in line for line in lines)
        assert not [
            line
            for line in lines
            if json.loads((state / "service-key.json").read_text())["oauth"]["clientsecret"] in line
        ]
        key = json.loads((state / "service-key.json").read_text())["oauth"]
        done = subprocess.run(
            [
                "curl",
                "-sS",
                "--cacert",
                str(state / "ca.pem"),
                "-u",
                f"{key['clientid']}:{key['clientsecret']}",
                "-d",
                "grant_type=client_credentials",
                key["tokenurl"],
            ],
            capture_output=True,
            check=True,
            timeout=30,
        )
        token = json.loads(done.stdout)["access_token"]
        remote = _Remote(state / "control.json")
        remote.call("/keystore/certificates", {"alias": "root", "pem": make_root().pem})
        assert _curl(state, token, "/api/v1/KeystoreEntries('726F6F74')", key["url"]) == "200"
        assert remote.call("/keystore")[0]["alias"] == "hcicertificate"
        remote.call("/faults", {"kind": "status", "status": 503})
        assert _curl(state, token, "/api/v1/KeystoreEntries", key["url"]) == "503"
        assert [entry["status"] for entry in remote.call("/journal")] == [200, 200, 503]
        remote.call("/read-only", {"on": True})
        remote.call("/clock/advance", {"seconds": 50000})
        assert _curl(state, token, "/api/v1/KeystoreEntries", key["url"]) == "401"
        assert remote.call("/violations") == []
        assert remote.call("/counts")["connections"] == {"token": 1, "api": 3}
        assert remote.call("/service-keys", {"roles": ["MonitoringDataRead"]})["oauth"]["clientsecret"]
        for path, wrong in (
            ("/faults", {"kind": "earthquake"}),
            ("/read-only", {"on": False, "off": True}),
            ("/read-only", {"on": "false"}),
            ("/flows/plan", {"flow": "nowhere"}),
            ("/keystore/certificates", {"alias": "root"}),
            ("/service-keys", {"role": ["MonitoringDataRead"]}),
            ("/faults/clear", []),
        ):
            with pytest.raises(urllib.error.HTTPError, match="400"):
                remote.call(path, wrong)
        remote.token = "wrong"
        with pytest.raises(urllib.error.HTTPError, match="401"):
            remote.call("/journal")


def test_quiet_command_without_state_cleans_up(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(_command("--port", "0"), stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("The tenant runs at")
    assert list(tmp_path.iterdir())
    process.send_signal(signal.SIGINT)
    assert process.wait(20) == 0
    process.stdout.close()
    assert list(tmp_path.iterdir()) == []


def test_help_explains_every_option() -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "COLUMNS": "80"}
    shown = subprocess.run(_command("--help"), capture_output=True, text=True, check=True, timeout=30, env=environment)
    options = re.split(r"\n  (?=-)", shown.stdout)[1:]
    assert len(options) > 15
    assert [option for option in options if len(re.sub(r"^\S+( [A-Z]\S*)?,?", "", option).split()) < 4] == []


def test_landscape_that_is_none_is_a_sentence_and_no_traceback(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(
        _command("--landscape", str(tmp_path / "none.json")),
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
        env=environment,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("The tenant cannot start: ")
    assert "Traceback" not in done.stderr
