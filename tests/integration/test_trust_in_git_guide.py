# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The guide "Trust in Git", command by command, on two local tenants: what it promises is what happens."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import ansible_collections.certops.sap_cloud_integration as package
import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import Playbook
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

_HERE = Path(next(iter(package.__path__)))
_GUIDE = _HERE / "docs/docsite/rst/guide_trust_in_git.rst"
_PARTNER = "/tmp/partner_root.pem"


def blocks(language: str) -> list[tuple[str, str]]:
    """Caption and text of each code block of the guide, in order."""
    found = re.findall(
        rf"^\.\. code-block:: {language}\n(?:   :caption: (\S+)\n)?\n((?:   .*\n|\n)+)",
        _GUIDE.read_text(),
        re.MULTILINE,
    )
    return [(caption, textwrap.dedent(text).strip() + "\n") for caption, text in found]


class Repository:
    """A folder in which the commands of the guide are run, one block after the other."""

    def __init__(self, folder: Path, tenants: dict[str, LocalTenant], partner: Credential) -> None:
        self.folder = folder
        for caption, text in blocks("yaml"):
            (folder / caption).write_text(text)
        (folder / "partner_root.pem").write_text(partner.pem)
        for name, tenant in tenants.items():
            for directory in ("keys", "host_vars"):
                (folder / directory).mkdir(exist_ok=True)
            (folder / f"keys/{name}.json").write_text(json.dumps(tenant.service_key))
            (folder / f"host_vars/{name}.yml").write_text(json.dumps({"sap_ci_ca_path": str(tenant.ca_path)}))
        git = {f"GIT_{who}_{what}": "test@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        self._environment = {
            **Playbook(folder / "ansible", {})._environment(),
            **git,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }

    def run(self, commands: str) -> str:
        commands = commands.replace(_PARTNER, str(self.folder / "partner_root.pem"))
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands], text=True, check=False, capture_output=True,
            cwd=self.folder, env=self._environment, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        assert ran.returncode == 0, f"{commands}\n{ran.stdout}\n{ran.stderr}"
        return ran.stdout


@pytest.fixture
def receiver() -> Iterator[tuple[LocalReceiver, Credential]]:
    root = make_root("ERP Root")
    with LocalReceiver(addresses=["127.0.0.4"], credential=issue(root, "127.0.0.4", hosts=["127.0.0.4"])) as started:
        yield started, root


def held(tenant: LocalTenant) -> dict[str, str]:
    return {
        alias: sha256(entry.chain[0]).hexdigest() for alias, entry in tenant.entries().items() if "sap" not in alias
    }


def test_the_guide_does_what_it_says(
    start_tenant: Callable[..., LocalTenant], receiver: tuple[LocalReceiver, Credential], tmp_path: Path
) -> None:
    listening, erp_root = receiver
    address = f"https://127.0.0.4:{listening.port}/in"
    flows = {"flows": [{"id": "orders", "channels": [{"adapter": "HTTP", "address": address}]}]}
    tenants = {name: start_tenant(flows) for name in ("staging", "production")}
    partner, retired = make_root("Partner Root"), make_root("Retired Root")
    for name, tenant in tenants.items():
        tenant.seed_certificate("ERP Root", erp_root.der)
        tenant.seed_certificate("retired_root", retired.der)
        tenant.seed_certificate(f"only_{name}", make_root(f"Root of {name}").der)
        tenant.seed_certificate("partner_leaf", self_signed_leaf("partner").der)
    before = {name: held(tenant) for name, tenant in tenants.items()}
    (tmp_path / "ansible").mkdir()
    repository = Repository(tmp_path, tenants, partner)
    begin, adopt, adopt_again, propose, plan, converge, by_hand, drift, repair, again = [
        text for _unused, text in blocks("shell")
    ]

    def writes() -> dict[str, int]:
        counted = {name: len(tenant.writes()) for name, tenant in tenants.items()}
        for tenant in tenants.values():
            tenant.clear_journal()
        return counted

    none = {"staging": 0, "production": 0}
    for commands in (begin, adopt, adopt_again, propose):
        repository.run(commands)
    assert writes() == none
    exported = (tmp_path / "trust/production/roots.yml").read_text()
    assert 'alias: "ERP Root"' in exported
    assert "partner_leaf" not in exported
    assert "only_staging" not in exported

    shown = repository.run(plan)
    assert writes() == none
    assert partner.fingerprint_sha256 in shown
    assert retired.fingerprint_sha256 in shown
    planned = json.loads((tmp_path / "plan.json").read_text())
    assert [(one["name"], one["canary"]) for one in planned["tenants"]] == [("staging", True), ("production", False)]
    assert [flow["id"] for flow in planned["tenants"][0]["flows"]] == ["orders"]
    deployed = {name: deployed_on(tenant) for name, tenant in tenants.items()}

    repository.run(converge)
    for name, tenant in tenants.items():
        assert held(tenant) == {
            **{alias: value for alias, value in before[name].items() if alias != "retired_root"},
            "partner_root": sha256(partner.der).hexdigest(),
        }
        assert deployed_on(tenant) > deployed[name], "the flow that sends with TLS was restarted"
    writes()

    repository.run(by_hand)
    assert "partner_root" not in held(tenants["production"])
    writes()
    repository.run(drift)
    assert writes() == none
    repository.run(repair)
    assert writes() == {"staging": 0, "production": 1}
    repository.run(again)
    assert writes() == none
    assert held(tenants["production"])["partner_root"] == sha256(partner.der).hexdigest()


def deployed_on(tenant: LocalTenant) -> str:
    """Of the one flow, seen over the wire by somebody else."""
    from ansible_collections.certops.sap_cloud_integration.tests.integration.wire import read_as_a_user

    (flow,) = re.findall(
        rb"Date\((\d+)\)|<d:DeployedOn[^>]*>([^<]+)<", read_as_a_user(tenant, "IntegrationRuntimeArtifacts")
    )
    return b"".join(flow).decode()


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
