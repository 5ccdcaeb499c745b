# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several tenants in one inventory, run by the plain command with all its talk: one is broken, no secret gets out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import RENEW, Playbook
from ansible_collections.certops.sap_cloud_integration.tests.integration.renewal import Renewal, landscape
from ansible_collections.certops.sap_cloud_integration.tests.integration.wire import fetch_token
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

_ADDRESSES = ["127.0.0.16"]
_WRONG = "planted-wrong-secret-0123456789"


@pytest.fixture
def tenants(tmp_path: Path) -> Iterator[dict[str, Renewal]]:
    """Three tenants, whose flows send to one receiver."""
    running: dict[str, Renewal] = {}
    with LocalReceiver(addresses=_ADDRESSES, credential=issue(make_root(), "nobody")) as receiver:
        for name in ("tenant_a", "tenant_b", "tenant_c"):
            state = tmp_path / name
            flows = landscape(receiver.port, _ADDRESSES, "invoices", "orders", rate=2.0)
            tenant = LocalTenant(flows, state, deploy_seconds=0.2)
            running[name] = Renewal(tmp_path, tenant, receiver.port, _ADDRESSES)
            running[name].old_root = running["tenant_a"].old_root
            running[name].new_root = running["tenant_a"].new_root
            running[name].report_path = tmp_path / f"report-{name}.json"
            tenant.seed_certificate("old_root", running[name].old_root.der)
        receiver.exchange(running["tenant_a"].before)
        for one in running.values():
            one.tenant.start()
        yield running
        for one in running.values():
            one.tenant.close()
            assert one.tenant.errors == []


def test_one_broken_tenant_does_not_stop_the_others_and_no_secret_gets_out(
    tenants: dict[str, Renewal], tmp_path: Path
) -> None:
    a, b, c = tenants.values()
    directory = tmp_path / "run"
    directory.mkdir()
    wrong = {**c.tenant.service_key["oauth"], "clientsecret": _WRONG}
    hosts: dict[str, dict[str, Any]] = {
        "tenant_a": a.host(),
        "tenant_b": {**b.host(), "sap_ci_service_key": b.tenant.service_key_x509},
        "tenant_c": {**c.host(), "sap_ci_service_key": {"oauth": wrong}},
    }
    playbook = Playbook(directory, hosts)
    token = fetch_token(a.tenant)
    ran = playbook.run(RENEW, "-vvvv", "--diff")

    assert ran.status != 0
    assert ran.recap("tenant_c")["failed"] == 1
    for one, name in ((a, "tenant_a"), (b, "tenant_b")):
        assert ran.recap(name)["failed"] == 0, ran.output[-4000:]
        assert one.aliases() == {"old_root": "old", "new_root": "new"}
        assert one.restarts() == {"invoices": 1, "orders": 1}
        assert json.loads(one.report_path.read_text())["stage"] == "exchange_certificate"
        assert one.failures() == []
    assert c.aliases() == {"old_root": "old"}
    assert "refused the login" in ran.output or "LoginRefused" in ran.output

    secrets = {
        "a client secret": a.tenant.service_key["oauth"]["clientsecret"],
        "a wrong client secret": _WRONG,
        "a token": token,
        "a password": a.tenant.basic_password,
        "a private key": _middle_of(b.tenant.service_key_x509["oauth"]["key"]),
        "the key of the receiver": _middle_of(a.before.key_pem),
    }
    places = {"the output": ran.output.encode(), **playbook.written_files()}
    for one in tenants.values():
        places[f"the report {one.report_path.name}"] = one.report_path.read_bytes() if one.report_path.exists() else b""
        places[f"the journal of {one.tenant.directory.name}"] = (one.tenant.directory / "journal.jsonl").read_bytes()
    assert len(places) > 4
    found = [
        f"{what} in {place}"
        for what, secret in secrets.items()
        for place, content in places.items()
        if secret.encode() in content
    ]
    assert found == []


def _middle_of(key_pem: str) -> str:
    """One line of the key, as it is the same however line breaks are written."""
    return key_pem.replace("\\n", "\n").strip().splitlines()[2]
