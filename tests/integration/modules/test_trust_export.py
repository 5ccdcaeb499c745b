# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""trust_export: what a tenant trusts as files, the same bytes each time, and taken back unchanged."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call, login
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

WEEK_END = make_root("Week-End Certificates -BEGIN PRIVATE KEY")
EXPIRED = make_root("Expired", days=10, starts_in_days=-20)
INTERMEDIATE = issue(WEEK_END, "Intermediate", ca=True)
ALIASES = [
    "plain",
    "yes",
    "A b",
    "a_b",
    "a/b",
    "ä; \\ '\"",
    ".hidden",
    "-",
    "…",
    "x" * 250,
    "# no comment",
    "{{ text }}",
]


@pytest.fixture
def populated(tenant: LocalTenant) -> LocalTenant:
    for number, alias in enumerate(ALIASES):
        tenant.seed_certificate(alias, make_root(f"Root {number}").der)
    tenant.seed_certificate("week_end", WEEK_END.der)
    tenant.seed_certificate("week_end_again", WEEK_END.der)
    tenant.seed_certificate("expired", EXPIRED.der)
    tenant.seed_certificate("above", INTERMEDIATE.der)
    tenant.seed_certificate("partner", self_signed_leaf("partner").der)
    return tenant


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_an_export_is_taken_back_unchanged_and_a_second_one_changes_no_file(
    populated: LocalTenant, tmp_path: Path
) -> None:
    folder = tmp_path / "trust"
    predicted = call(populated, "trust_export", {"path": str(folder)}, check=True)
    assert predicted.result["changed"] is True
    assert not folder.exists()
    populated.read_only = True
    real = call(populated, "trust_export", {"path": str(folder)})
    assert real.result.get("msg") is None
    assert len(real.requests) == 2
    assert real.result["actions"] == predicted.result["actions"]
    written = files(folder)
    assert sorted(written) == sorted(real.result["trust_export"]["files"])
    again = call(populated, "trust_export", {"path": str(folder)})
    assert (again.result["changed"], files(folder)) == (False, written)
    for unlisted in ("keep", "report", "remove"):
        back = call(populated, "trusted_roots", {"roots_path": [str(folder / "roots.yml")], "unlisted": unlisted})
        assert back.result.get("msg") is None
        assert (back.result["changed"], back.result["unlisted"]) == (False, [])
    assert populated.violations == []
    assert {note["rule"] for note in back.result["notes"]} == {"expired", "root_under_two_aliases"}


def test_other_tools_read_what_was_written(populated: LocalTenant, tmp_path: Path) -> None:
    call(populated, "trust_export", {"path": str(tmp_path)})
    declared = yaml.safe_load((tmp_path / "roots.yml").read_text())["roots"]
    assert {one["alias"] for one in declared} == {*ALIASES, "week_end", "expired", "above"}
    assert [one["alias"] for one in declared if one.get("kind") == "intermediate"] == ["above"]
    for one in declared:
        printed = subprocess.run(
            ["openssl", "x509", "-in", str(tmp_path / one["certificate_path"]), "-noout", "-fingerprint", "-sha256"],
            capture_output=True, text=True, check=True,
        ).stdout  # fmt: skip
        assert printed.strip().partition("=")[2].lower() == one["fingerprint_sha256"]
    others = yaml.safe_load((tmp_path / "not_declared.yml").read_text())
    assert {name: len(entries) for name, entries in others.items() if name != "owned_by_sap"} == {
        "second_aliases": 1,
        "no_ca": 1,
        "odd_aliases": 0,
    }
    owned_by_sap = {alias for alias, entry in populated.entries().items() if entry.owner == "SAP" and entry.key is None}
    assert {one["alias"] for one in others["owned_by_sap"]} == owned_by_sap
    assert "# Subject: CN=Root 0" in (tmp_path / "roots/plain.pem").read_text()


def test_file_names_differ_on_every_file_system(populated: LocalTenant, tmp_path: Path) -> None:
    call(populated, "trust_export", {"path": str(tmp_path)})
    names = [path.name for path in (tmp_path / "roots").iterdir()]
    assert len({name.casefold() for name in names}) == len(names) == len(ALIASES) + 3
    assert not any(name.startswith((".", "-")) for name in names)


def test_an_empty_tenant_exports_an_empty_declaration(tenant: LocalTenant, tmp_path: Path) -> None:
    real = call(tenant, "trust_export", {"path": str(tmp_path)})
    assert real.result["trust_export"]["roots"] == 0
    assert yaml.safe_load((tmp_path / "roots.yml").read_text()) == {"roots": []}
    assert len(real.requests) == 1


def test_without_the_role_for_the_export_each_certificate_is_asked_for(populated: LocalTenant, tmp_path: Path) -> None:
    key = populated.create_service_key(roles=("MonitoringDataRead",))
    call(populated, "trust_export", {"path": str(tmp_path / "with")})
    real = call(populated, "trust_export", {**login(populated), "service_key": key, "path": str(tmp_path / "without")})
    assert real.result.get("msg") is None
    assert files(tmp_path / "with") == files(tmp_path / "without")
    assert len(real.requests) == 2 + len(ALIASES) + 4


def test_a_file_in_the_place_of_the_folder_is_refused(tenant: LocalTenant, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = call(tenant, "trust_export", {"path": str(tmp_path / "file")})
    assert refused.kind == "NotWanted"
    assert refused.requests == []
    assert call(tenant, "trust_export", {"path": str(tmp_path / "no/folder")}).kind == "NotWanted"
