# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The trust map of a tenant: as data, and as a page that stands alone."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.integration.discovery_landscape import (
    HOST,
    DiscoveryLandscape,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver

_PLAYBOOK = "certops.sap_cloud_integration.report_trust"
_CRM, _CRM_ADDRESS = "crm.example.com", "127.0.0.23"
_NASTY = '<script>alert("x")</script>'


class _Page(HTMLParser):
    """What a browser would fetch or run, and whether the tags fit together."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.fetched: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "action", "data", "poster")]
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def _flows(port: int, crm_port: int) -> dict[str, dict[str, Any]]:
    return {
        "Orders": {"channels": [{"address": "https://{{Host}}/orders"}], "parameters": {"Host": f"{HOST}:{port}"}},
        "Signed": {"channels": [{"address": f"https://{HOST}:{port}/signed", "private_key_alias": "named_root"}]},
        "Contacts": {"channels": [{"address": f"https://{_CRM}:{crm_port}/contacts"}]},
        "Anywhere": {"channels": [{"address": "https://${header.host}/"}]},
        "Closed": {"channels": [{"address": "https://127.0.0.24:9/"}]},
        "Behind": {"channels": [{"address": f"http://{HOST}:{port}/", "proxy": "sapcc"}]},
    }


def _certify(landscape: DiscoveryLandscape) -> dict[str, Credential]:
    """By alias, what stands in the keystore beside the old root."""
    issuing = issue(landscape.old_root, "Issuing CA", ca=True)
    return {
        "former_root": make_root("Former Root", days=20),
        "named_root": make_root("Named Root"),
        _NASTY: make_root("Nasty Root"),
        "pinned_intermediate": issuing,
        "pinned_leaf": issue(make_root("Elsewhere"), "pinned.example", hosts=["pinned.example"]),
    }


def test_the_map_shows_who_trusts_whom(tmp_path: Path) -> None:
    landscape = DiscoveryLandscape(tmp_path)
    stranger = issue(make_root("Unknown Root"), _CRM, hosts=[_CRM], days=10)
    with (
        LocalReceiver((_CRM_ADDRESS,), credential=stranger) as crm,
        landscape.running(lambda port: _flows(port, crm.port)),
    ):
        for alias, credential in _certify(landscape).items():
            landscape.tenant.seed_certificate(alias, credential.der)
        addresses = {HOST: ["127.0.0.21", "127.0.0.22"], _CRM: [_CRM_ADDRESS]}
        run = landscape.run(
            _PLAYBOOK, {"trust_report_folder": str(tmp_path), "trust_report_addresses": addresses},
            ["-e", "{trust_report_expires_within: 30}"],
        )  # fmt: skip
        assert run.status == 0, run.output
        assert landscape.tenant.writes() == []
        media = [entry["path"] for entry in landscape.tenant.journal if entry["path"].endswith("/$value")]
        assert not [path for path in media if "Keystore" in path], "certificates come with one export"
        found = json.loads((tmp_path / "trust-tenant.json").read_text())
        erp, other, closed = f"{HOST}:{landscape.receiver.port}", f"{_CRM}:{crm.port}", "127.0.0.24:9"

    receivers = {one["receiver"]: one for one in found["receivers"]}
    assert receivers.keys() == {erp, other, closed}
    assert (receivers[erp]["flows"], receivers[erp]["satisfied"]) == (["Orders", "Signed"], "yes")
    assert {address["address"] for address in receivers[erp]["addresses"]} == {"127.0.0.21", "127.0.0.22"}
    root = receivers[erp]["addresses"][0]["roots"][0]
    assert root["fingerprint_sha256"] == landscape.old_root.fingerprint_sha256
    assert receivers[erp]["addresses"][0]["validated_by"] == ["old_root"]
    assert (receivers[other]["satisfied"], receivers[other]["flows"]) == ("no", ["Contacts"])
    assert "Unknown Root" in receivers[other]["addresses"][0]["missing_issuer"]
    assert receivers[closed]["satisfied"] == "unknown"

    assert found["unsatisfied_receivers"] == [other]
    assert found["unprobed_receivers"] == [closed]
    assert found["unneeded_roots"] == [_NASTY, "former_root"]
    assert found["pinned"] == ["pinned_intermediate", "pinned_leaf"]
    owners = {one["alias"]: one["owner"] for one in found["entries"]}
    ours = [one["name"] for one in found["expiring"] if owners.get(one["name"]) != "sap"]
    assert ours == [f"{other} at {_CRM_ADDRESS}", "former_root"]
    assert [one["id"] for one in found["uncertain_flows"]] == ["Anywhere"]
    assert found["complete"] is False
    entries = {one["alias"]: one for one in found["entries"]}
    assert (entries["old_root"]["alone_for"], entries["named_root"]["flows"]) == ([erp], ["Signed"])

    text = (tmp_path / "trust-tenant.html").read_text()
    page = _Page(text)
    assert page.open == []
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert page.fetched == []
    assert "url(" not in text
    assert "@import" not in text
    assert "&lt;script&gt;" in text
    for said in (erp, other, "former_root", "Anywhere", "Contacts"):
        assert said in text
