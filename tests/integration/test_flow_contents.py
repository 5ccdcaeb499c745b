# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the contents of flows are read: what is asked, what is remembered, and what cannot be known."""

from __future__ import annotations

import io
import stat
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    MANIFEST,
    MODEL,
    flow,
    http,
    step,
    zipped,
)

Start = Callable[..., LocalTenant]
_ERP = "https://erp.example.com/orders"


def _flow(flow_id: str, address: str = _ERP, **more: Any) -> dict[str, Any]:
    return {"id": flow_id, "channels": [{"address": address}], **more}


def _find(tenant: LocalTenant, **options: Any) -> Call:
    return call(tenant, "integration_flow_info", {"sends_to": "erp.example.com", **options})


def _verdicts(found: Call) -> dict[str, str]:
    return {row["id"]: row["sends_to"]["verdict"] for row in found.result["integration_flows"]}


def _row(found: Call, flow_id: str) -> dict[str, Any]:
    return next(row for row in found.result["integration_flows"] if row["id"] == flow_id)


# -- what it costs ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("deployed", "flows"), [(False, 45), (True, 140)])
def test_contents_are_read_side_by_side_within_the_rate_limits(start_tenant: Start, deployed: bool, flows: int) -> None:
    landscape = {
        "flows": [_flow(f"f{n:03}", package=f"p{n % 3}") for n in range(flows)],
        "options": {"deployed_bundles": deployed},
    }
    tenant = start_tenant(landscape, latency=0.02, rate_limits=True)
    found = _find(tenant, prefer_deployed_content=deployed)
    statuses = {entry["status"] for entry in tenant.journal if entry["listener"] == "api"}
    assert statuses == {200}, "the tenant had to say that this were too many requests"
    assert (found.tokens, found.connections["api"]) == (1, 8)
    # One listing of the runtime; in design time one of the packages and one for each; one download for each flow.
    assert len(found.requests) == flows + (1 if deployed else 1 + 1 + 3)
    assert found.result["sends_to"]["yes"] == [f"f{n:03}" for n in range(flows)]


@pytest.mark.parametrize("connections", [0, 11])
def test_more_connections_than_requests_a_second_are_refused(start_tenant: Start, connections: int) -> None:
    tenant = start_tenant()
    refused = _find(tenant, connections=connections)
    assert (refused.kind, refused.requests) == ("NotWanted", [])


def test_parameters_are_asked_for_only_where_they_matter(start_tenant: Start) -> None:
    elsewhere = {"parameters": {"Timeout": "7", "Host": "erp.example.com"}}
    tenant = start_tenant(
        {
            "flows": [
                _flow("by_parameter", "https://{{Host}}/a", **elsewhere),
                {
                    "id": "only_timeout",
                    "channels": [{"address": _ERP, "properties": {"requestTimeout": "{{Timeout}}"}}],
                    **elsewhere,
                },
                _flow("other", "https://crm.example.com/", parameters={"Unused": "1"}),
            ]
        }
    )
    found = _find(tenant)
    assert _verdicts(found) == {"by_parameter": "yes", "only_timeout": "yes", "other": "no"}
    assert [r for r in found.requests if "Configurations" in r] == [
        "GET /api/v1/IntegrationDesigntimeArtifacts(Id='by_parameter',Version='active')/Configurations"
    ]


def test_one_flow_that_fails_does_not_hide_the_others(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [_flow("bad"), _flow("good")]})
    tenant.faults.add("status", path=".*bad.*value", status=500, count=None)
    found = _find(tenant)
    assert _verdicts(found) == {"bad": "unknown", "good": "yes"}
    assert _row(found, "bad")["content"]["missing"]["name"] == "unavailable"
    assert "HTTP 500" in _row(found, "bad")["sends_to"]["reasons"][0]


def test_a_login_that_is_refused_ends_it_all(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [_flow(f"f{n}") for n in range(12)]})
    tenant.faults.add("status", path="/api/v1/Integration(Design|Pack).*", status=401, count=None)
    assert _find(tenant).kind == "LoginRefused"


# -- what is remembered -----------------------------------------------------------------------------------------------


def test_what_was_read_once_is_not_read_again(start_tenant: Start, tmp_path: Path) -> None:
    cache = tmp_path / "made" / "by itself"
    tenant = start_tenant(
        {"flows": [_flow("a"), _flow("b", "https://{{Host}}/", parameters={"Host": "erp.example.com"}), _flow("c")]}
    )
    cold = _find(tenant, cache_path=str(cache))
    warm = _find(tenant, cache_path=str(cache))
    assert warm.requests == ["GET /api/v1/IntegrationRuntimeArtifacts"]
    assert _verdicts(warm) == _verdicts(cold) == dict.fromkeys("abc", "yes")
    assert all(row["content"]["cached"] for row in warm.result["integration_flows"])
    assert {stat.S_IMODE(path.stat().st_mode) for path in cache.iterdir()} == {0o600}
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700

    # A new deployment of unchanged content: design time is asked whether it is that, and nothing is downloaded.
    call(tenant, "integration_flow", {"ids": ["a"], "started_after": "2020-01-01T00:00:00Z", "state": "undeployed"})
    tenant.runtime.deploy("c", "active", "colleague")
    again = _find(tenant, cache_path=str(cache), ids=["b", "c"])
    assert not [request for request in again.requests if "$value" in request]


def test_only_what_changed_is_read_again(start_tenant: Start, tmp_path: Path) -> None:
    tenant = start_tenant({"flows": [_flow("a"), _flow("b")]})
    options = {"cache_path": str(tmp_path), "side_effects": True}
    _find(tenant, **options)
    tenant.runtime.edit("b", version="1.0.1")
    found = _find(tenant, **options)
    downloads = [request for request in found.requests if request.endswith("$value")]
    assert downloads == ["GET /api/v1/IntegrationDesigntimeArtifacts(Id='b',Version='active')/$value"]
    # What runs is what ran before, so the answer stands although design time has gone on.
    assert _verdicts(found) == {"a": "yes", "b": "yes"}
    assert {effect["name"] for effect in _row(found, "b")["side_effects"]} >= {"newer_version"}


@pytest.mark.parametrize("damage", [b"", b"{}", b"nonsense", b'{"format": 1}\n', None])
def test_a_damaged_cache_is_ignored(start_tenant: Start, tmp_path: Path, damage: bytes | None) -> None:
    tenant = start_tenant({"flows": [_flow("a")]})
    _find(tenant, cache_path=str(tmp_path))
    for path in tmp_path.iterdir():
        # None: the last byte of the content is another one.
        path.write_bytes(path.read_bytes()[:-1] + b"X" if damage is None else damage)
    found = _find(tenant, cache_path=str(tmp_path))
    assert _verdicts(found) == {"a": "yes"}
    assert len(found.requests) == 3
    assert _find(tenant, cache_path=str(tmp_path)).requests == ["GET /api/v1/IntegrationRuntimeArtifacts"]


def test_tenants_share_a_cache_without_mixing(start_tenant: Start, tmp_path: Path) -> None:
    one, other = (
        start_tenant({"flows": [_flow("a")]}),
        start_tenant({"flows": [_flow("a", "https://crm.example.com/")]}),
    )
    assert _verdicts(_find(one, cache_path=str(tmp_path))) == {"a": "yes"}
    assert _verdicts(_find(other, cache_path=str(tmp_path))) == {"a": "no"}
    assert _verdicts(_find(one, cache_path=str(tmp_path))) == {"a": "yes"}


def test_a_folder_that_cannot_be_used_is_refused(start_tenant: Start, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("")
    refused = _find(start_tenant(), cache_path=str(file))
    assert (refused.kind, "cache_path" in refused.message) == ("NotWanted", True)


# -- what runs --------------------------------------------------------------------------------------------------------


def test_what_runs_counts_when_the_tenant_gives_it_out(start_tenant: Start) -> None:
    flows = [
        _flow("drafted", draft=True),
        _flow("gone", design_time=False),
        _flow(
            "configured",
            "https://{{Host}}/",
            parameters={"Host": "new.example.com"},
            deployed_parameters={"Host": "erp.example.com"},
        ),
    ]
    tenant = start_tenant({"flows": flows, "options": {"deployed_bundles": True}})
    assert _verdicts(_find(tenant)) == {"configured": "no", "drafted": "unknown", "gone": "unknown"}
    found = _find(tenant, prefer_deployed_content=True)
    assert _verdicts(found) == {"configured": "yes", "drafted": "yes", "gone": "yes"}
    assert not [request for request in found.requests if "Designtime" in request]


def test_a_tenant_that_gives_out_nothing_is_asked_once(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [_flow("a"), _flow("b"), _flow("c")]})
    found = _find(tenant, prefer_deployed_content=True)
    tried = [request for request in found.requests if "Runtime" in request and "$value" in request]
    assert (len(tried), _verdicts(found)) == (1, dict.fromkeys("abc", "yes"))


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"draft": True}, "There is a draft"),
        ({"version": "1.0.1", "deployed_version": "1.0.0"}, "Version 1.0.1 would be deployed, but 1.0.0 runs"),
        ({"modified_days_ago": 2}, "The content was modified at"),
        ({"configure_only": True}, "as with content that may only be configured"),
        ({"design_time": False}, "There is no design-time artifact of this id"),
    ],
)
def test_no_answer_is_better_than_what_is_known(start_tenant: Start, more: Mapping[str, Any], reason: str) -> None:
    tenant = start_tenant({"flows": [_flow("sends", **more), _flow("does_not", "https://crm.example.com/", **more)]})
    found = _find(tenant)
    assert _verdicts(found) == {"sends": "unknown", "does_not": "unknown"}
    assert all(reason in row["sends_to"]["reasons"][0] for row in found.result["integration_flows"])


def test_without_the_role_for_design_time_everything_is_unknown(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [_flow(f"f{n}") for n in range(3)]})
    key = tenant.create_service_key(roles=["MonitoringDataRead"])
    found = _find(tenant, service_key=key, ca_path=str(tenant.ca_path))
    assert set(_verdicts(found).values()) == {"unknown"}
    assert "WorkspacePackagesRead" in _row(found, "f0")["sends_to"]["reasons"][0]
    assert _row(found, "f0")["content"]["missing"]["name"] == "not_permitted"


def test_a_flow_made_for_another_runtime_is_unknown_and_says_so(start_tenant: Start) -> None:
    tenant = start_tenant({"flows": [_flow("edge", parameters={"SAP_ProfileId": "iflmap"})]})
    tenant.runtime.design["edge"].parameters["SAP_ProfileId"] = "integrationcell"
    found = _find(tenant)
    assert _verdicts(found) == {"edge": "unknown"}
    assert "made for the runtime profile integrationcell" in _row(found, "edge")["sends_to"]["reasons"][0]


def _bomb() -> bytes:
    return zipped({"META-INF/MANIFEST.MF": MANIFEST, MODEL: "<a>" + " " * 30_000_000 + "</a>"})


def _entities() -> bytes:
    text = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'
    return zipped({"META-INF/MANIFEST.MF": MANIFEST, MODEL: text})


def _outside() -> bytes:
    written = io.BytesIO(flow(http(_ERP)))
    with zipfile.ZipFile(written, "a") as archive:
        archive.writestr("../../etc/cron.d/x", "")
    return written.getvalue()


def test_hostile_bundles_are_refused_one_by_one(start_tenant: Start, tmp_path: Path) -> None:
    hostile = {"bomb": _bomb(), "entities": _entities(), "outside": _outside(), "no_zip": b"GIF89a"}
    for name, data in hostile.items():
        (tmp_path / f"{name}.zip").write_bytes(data)
    bundles = [{"id": name, "bundle": str(tmp_path / f"{name}.zip")} for name in hostile]
    tenant = start_tenant({"flows": [*bundles, _flow("good")]})
    found = _find(tenant, details=True, side_effects=True)
    assert _verdicts(found) == {**dict.fromkeys(hostile, "unknown"), "good": "yes"}
    for name in hostile:
        row = _row(found, name)
        assert row["content"]["missing"]["name"] == "unreadable_bundle"
        assert row["sends_to"]["reasons"][0].startswith("Its bundle is not read: ")
        assert row["details"] is None
        assert row["restartable"] is False
    assert "root:" not in str(found.result)


# -- script collections -----------------------------------------------------------------------------------------------


def _collection(folder: Path, script: str) -> dict[str, Any]:
    path = folder / "shared.zip"
    path.write_bytes(zipped({"META-INF/MANIFEST.MF": "", "src/main/resources/script/route.groovy": script}))
    return {"id": "shared", "type": "SCRIPT_COLLECTION", "bundle": str(path)}


@pytest.mark.parametrize(
    ("script", "more", "verdict"),
    [
        ("log.info('no address here')", {}, "no"),
        ("message.setHeader('CamelHttpUri', url)", {}, "unknown"),
        ("log.info('no address here')", {"modified_days_ago": 1}, "unknown"),
        ("log.info('no address here')", {"deployed": False}, "unknown"),
    ],
)
def test_script_collections_are_read_as_they_were_deployed(
    start_tenant: Start, tmp_path: Path, script: str, more: Mapping[str, Any], verdict: str
) -> None:
    using = flow(http("https://crm.example.com/"), step("Script", scriptBundleId="shared", script="route.groovy"))
    (tmp_path / "uses.zip").write_bytes(using)
    landscape = {
        "flows": [
            {"id": "uses", "bundle": str(tmp_path / "uses.zip"), "version": "1.0.3"},
            {**_collection(tmp_path, script), **more},
        ]
    }
    tenant = start_tenant(landscape)
    found = _find(tenant, cache_path=str(tmp_path / "cache"))
    assert _verdicts(found) == {"uses": verdict}
    if not more:
        warm = _find(tenant, cache_path=str(tmp_path / "cache"))
        assert (_verdicts(warm), len(warm.requests)) == ({"uses": verdict}, 1)


def test_aliases_are_found(start_tenant: Start) -> None:
    using = {"id": "uses", "channels": [{"address": _ERP, "private_key_alias": "{{Key}}"}], "parameters": {"Key": "k1"}}
    tenant = start_tenant({"flows": [using, _flow("plain")]})
    found = call(tenant, "integration_flow_info", {"uses_alias": "k1"})
    assert found.result["uses_alias"] == {"yes": ["uses"], "no": ["plain"], "unknown": []}
    assert "names 'k1'" in _row(found, "uses")["uses_alias"]["reasons"][0]


def test_an_address_that_is_none_is_refused_before_the_first_request(start_tenant: Start) -> None:
    refused = _find(start_tenant(), sends_to="not a host")
    assert (refused.requests, "Give host or host:port" in refused.message) == ([], True)
