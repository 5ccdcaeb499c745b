# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Planted secrets are searched in everything that a renewal leaves behind, with -vvvv, in good times and bad ones."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import Renewal
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun, run_playbook
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

Make = Callable[..., Renewal]
Tried = Callable[[str, int], None]

TROUBLE: dict[str, dict[str, Any] | None] = {
    "all goes well": None,
    "the login is refused": {"kind": "status", "path": "/oauth/token", "status": 401, "count": None, "body": "odata"},
    "a write is refused": {"kind": "status", "method": "PUT", "status": 403, "count": None},
    "the tenant answers nonsense": {"kind": "status", "path": "/api/.*", "status": 200, "body": "nonsense"},
    "connections break": {"kind": "drop_after", "path": "/api/.*", "count": None},
}
LOGINS = ("client secret", "X.509", "user and password", "access token")


def login(tenant: LocalTenant, kind: str) -> tuple[dict[str, Any], list[str]]:
    """Connection options as a playbook gives them to the action group, and what of them is secret."""
    key, x509 = tenant.service_key["oauth"], tenant.service_key_x509["oauth"]
    if kind == "client secret":
        return {"service_key": tenant.service_key}, [key["clientsecret"]]
    if kind == "X.509":
        lines = [line for line in x509["key"].replace("\\n", "\n").splitlines() if line and "-----" not in line]
        return {"service_key": tenant.service_key_x509}, lines
    if kind == "user and password":
        options = {"tenant_url": tenant.url, "username": tenant.basic_user, "password": tenant.basic_password}
        return options, [tenant.basic_password]
    client = tenant.credentials.client(key["clientid"])
    assert client is not None
    token = str(tenant.credentials.issue_token(client, tenant.clock.now())["access_token"])
    return {"tenant_url": tenant.url, "access_token": token}, [token]


def written(secret: str) -> Iterator[str]:
    """The ways in which a secret may turn up."""
    yield secret
    yield quote(secret, safe="")
    encoded = base64.b64encode(secret.encode()).decode().rstrip("=")
    yield encoded[: len(encoded) - len(encoded) % 4]


def leaks(places: Mapping[str, str], secrets: list[str]) -> list[str]:
    return [
        f"{name}: {secret[:4]}..."
        for name, text in places.items()
        for secret in secrets
        if any(form in text for form in written(secret))
    ]


def left_behind(renewal: Renewal, run: PlaybookRun, given: set[Path]) -> dict[str, str]:
    """Everything in the run's folder but what the user wrote there, the journal of the tenant, and the output."""
    files = [path for path in renewal.directory.rglob("*") if path.is_file() and path not in given]
    return {
        "output": run.output,
        "journal": json.dumps(renewal.tenant.journal) + (renewal.tenant.directory / "journal.jsonl").read_text(),
        **{str(path): path.read_text(errors="replace") for path in files},
    }


@pytest.mark.parametrize("trouble", TROUBLE)
@pytest.mark.parametrize("kind", LOGINS)
def test_no_secret_is_left_anywhere(renewal: Make, tried: Tried, tmp_path: Path, kind: str, trouble: str) -> None:
    with renewal() as one:
        one.variables["records_path"] = str(one.directory / "records")
        one.directory.mkdir(parents=True)
        options, secrets = login(one.tenant, kind)
        fault = TROUBLE[trouble]
        if fault is not None:
            one.tenant.faults.add(**fault)
        playbook = one.directory / "playbook.yml"
        playbook.write_text(json.dumps(play({**options, "ca_path": str(one.tenant.ca_path), "lock_timeout": 5})))
        run = run_playbook(
            one,
            playbook=str(playbook),
            arguments=["-vvvv", "--diff"],
            environment={
                "ANSIBLE_KEEP_REMOTE_FILES": "0",
                "ANSIBLE_CACHE_PLUGIN": "jsonfile",
                "ANSIBLE_CACHE_PLUGIN_CONNECTION": str(one.directory / "facts"),
                "ANSIBLE_LOG_PATH": str(one.directory / "ansible.log"),
            },
        )
        given = {playbook, *one.directory.glob("variables-*.json")}
        places = left_behind(one, run, given)
        secrets.append(one.receiver.after.key_pem.splitlines()[1])
        assert len(places["output"]) > 2000
        if fault is None:
            assert run.status == 0, run.output
        assert leaks(places, secrets) == []
        assert leaks({"a control": f"x{secrets[0]}x"}, secrets) != []
    tried("renewals whose traces were searched for secrets", 1)


def play(connection: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The project's playbook with another way to log in."""
    return [
        {
            "name": "Renew",
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}"},
            "module_defaults": {"group/certops.sap_cloud_integration.tenant": dict(connection)},
            "roles": [{"role": "certops.sap_cloud_integration.receiver_certificate_renewal"}],
        }
    ]
