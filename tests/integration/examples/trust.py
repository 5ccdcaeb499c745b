# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples about the declared trust of many tenants."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path

import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.landscape import ERP
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.receivers import repository, written
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.shell import Shell
from ansible_collections.certops.sap_cloud_integration.tests.integration.wire import read_as_a_user
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["role", "trust_in_git"]


def role(folder: Path, playbook: str) -> None:
    with repository(folder) as landscape:
        shell = landscape.shell
        for directory in ("common", "tenant_a"):
            root = make_root(directory)
            entry = {"alias": directory, "fingerprint_sha256": root.fingerprint_sha256, "certificate_path": "root.pem"}
            shell.write(f"trust/{directory}/roots.yml", yaml.safe_dump({"roots": [entry]}))
            shell.write(f"trust/{directory}/root.pem", root.pem)
        shell.write("trust.yml", playbook)
        begin = "ansible-playbook -i inventory trust.yml"
        assert len(written(shell.run(begin))) == 2
        assert landscape.aliases() >= {"common", "tenant_a", "example_root_2016"}
        again = shell.run(begin)
        assert (again.changed, written(again)) == ([], [])


@contextmanager
def tenants(erp_root: Credential) -> Iterator[dict[str, LocalTenant]]:
    """Staging and production, in use for years."""
    retired = make_root("Retired Root")
    channel = {"adapter": "HTTP", "address": f"https://{ERP}/in"}
    with ExitStack() as stack:
        started = {
            name: stack.enter_context(
                LocalTenant({"flows": [{"id": "orders", "channels": [channel]}]}, deploy_seconds=0.1)
            )
            for name in ("staging", "production")
        }
        for name, tenant in started.items():
            tenant.seed_certificate("ERP Root", erp_root.der)
            tenant.seed_certificate("retired_root", retired.der)
            tenant.seed_certificate(f"only_{name}", make_root(f"Root of {name}").der)
            tenant.seed_certificate("partner_leaf", self_signed_leaf("partner").der)
        yield started
    assert [tenant.errors for tenant in started.values()] == [[], []]


def held(tenant: LocalTenant) -> dict[str, str]:
    return {
        alias: sha256(entry.chain[0]).hexdigest() for alias, entry in tenant.entries().items() if "sap" not in alias
    }


def deployed_on(tenant: LocalTenant) -> str:
    """Of the one flow, seen over the wire by somebody else."""
    (flow,) = re.findall(
        rb"Date\((\d+)\)|<d:DeployedOn[^>]*>([^<]+)<", read_as_a_user(tenant, "IntegrationRuntimeArtifacts")
    )
    return b"".join(flow).decode()


def trust_in_git(
    folder: Path, inventory: str, begin: str, adopt: str, adopt_again: str, propose: str, plan: str, converge: str,
    by_hand: str, drift: str, repair: str, again: str,
) -> None:  # fmt: skip
    partner = make_root("Partner Root")
    with tenants(make_root("ERP Root")) as both:
        shell = Shell(folder, both.values())
        for who in ("AUTHOR", "COMMITTER"):
            for what in ("NAME", "EMAIL"):
                shell.set_variable(f"GIT_{who}_{what}", "test@example.com")
        shell.stand_in("/tmp/partner_root.pem", shell.write("keys/partner_root.pem", partner.pem))
        for name, tenant in both.items():
            shell.write(f"keys/{name}.json", json.dumps(tenant.service_key))
            shell.write(f"host_vars/{name}.yml", json.dumps({"sap_ci_ca_path": str(tenant.ca_path)}))
        shell.write("inventory.yml", inventory)
        before = {name: held(tenant) for name, tenant in both.items()}

        def writes() -> dict[str, int]:
            counted = {name: len(tenant.writes()) for name, tenant in both.items()}
            for tenant in both.values():
                tenant.clear_journal()
            return counted

        none = {"staging": 0, "production": 0}
        for commands in (begin, adopt, adopt_again, propose):
            shell.run(commands)
        assert writes() == none
        exported = (folder / "trust/production/roots.yml").read_text()
        assert 'alias: "ERP Root"' in exported
        assert "partner_leaf" not in exported
        assert "only_staging" not in exported

        shown = shell.run(plan).printed
        assert writes() == none
        assert partner.fingerprint_sha256 in shown
        assert before["staging"]["retired_root"] in shown.replace(":", "")
        planned = json.loads((folder / "plan.json").read_text())
        assert [(one["name"], one["canary"]) for one in planned["tenants"]] == [
            ("staging", True),
            ("production", False),
        ]
        assert [flow["id"] for flow in planned["tenants"][0]["flows"]] == ["orders"]
        deployed = {name: deployed_on(tenant) for name, tenant in both.items()}

        shell.run(converge)
        for name, tenant in both.items():
            assert held(tenant) == {
                **{alias: value for alias, value in before[name].items() if alias != "retired_root"},
                "partner_root": sha256(partner.der).hexdigest(),
            }
            assert deployed_on(tenant) > deployed[name], "the flow that sends with TLS was restarted"
        writes()

        shell.run(by_hand)
        assert "partner_root" not in held(both["production"])
        writes()
        shell.run(drift)
        assert writes() == none
        shell.run(repair)
        assert writes() == {"staging": 0, "production": 1}
        shell.run(again)
        assert writes() == none
        assert held(both["production"])["partner_root"] == sha256(partner.der).hexdigest()
