# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared trust of many tenants: the canary goes first, and there is a report whatever happens."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import Playbook
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant


def test_a_canary_that_fails_stops_the_others_and_there_is_a_report(
    start_tenant: Callable[..., LocalTenant], tmp_path: Path
) -> None:
    tenants = {name: start_tenant() for name in ("first", "second")}
    for tenant in tenants.values():
        tenant.seed_certificate("wanted", make_root("Another").der)
    root = make_root("Wanted")
    entry = {"alias": "wanted", "fingerprint_sha256": root.fingerprint_sha256, "certificate_path": "wanted.pem"}
    (tmp_path / "roots.yml").write_text(f"roots:\n  - {json.dumps(entry)}\n")
    (tmp_path / "wanted.pem").write_text(root.pem)
    playbook = Playbook(
        tmp_path,
        {
            name: {"sap_ci_service_key": str(tenant.service_key_path), "sap_ci_ca_path": str(tenant.ca_path)}
            for name, tenant in tenants.items()
        },
    )
    ran = playbook.run(
        "certops.sap_cloud_integration.converge_trust",
        tenant_trust_common=[str(tmp_path)],
        canaries=["second"],
        trust_summary_path=str(tmp_path / "report.json"),
    )
    assert ran.status == 2
    report = json.loads((tmp_path / "report.json").read_text())
    assert {one["name"]: one["outcome"] for one in report["tenants"]} == {"first": "not_started", "second": "failed"}
    assert f"{tmp_path / 'roots.yml'} line 2" in report["tenants"][1]["failure"]["message"]
    assert "alias_taken" in report["tenants"][1]["failure"]["message"]
    assert tenants["first"].journal == []
    assert [tenant.writes() for tenant in tenants.values()] == [[], []]
    assert "first | not started" in (tmp_path / "report.md").read_text()
