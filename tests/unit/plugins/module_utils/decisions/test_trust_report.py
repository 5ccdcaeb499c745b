# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report about the trust of tenants, and which flows may still hold the trust of before."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trust_flows import (
    concerned_flows,
    trust_changed_at,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.trust_report import (
    summarise_trust,
    trust_markdown,
)

FINGERPRINT = ":".join(["ab"] * 32)


def change(kind: str = "added", **values: Any) -> dict[str, Any]:
    return {
        "change": kind,
        "alias": "root",
        "previous_alias": None,
        "subject": "CN=Root",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2036-01-01T00:00:00Z",
        "fingerprint_sha256": FINGERPRINT,
        "replaces": None,
        **values,
    }


def result(**values: Any) -> dict[str, Any]:
    return {"tenant_trust_result": {"roots": 1, "changes": [], "drift": False, **values}}


def test_each_tenant_has_an_outcome() -> None:
    hosts = {
        "a": result(changes=[change()], drift=True),
        "b": result(),
        "c": {"tenant_trust_result": None, "tenant_trust_failure": {"task": "Converge", "message": "refused"}},
        "d": {},
        "left out": result(),
    }
    summary = summarise_trust(hosts, ["a", "b", "c", "d"], check_mode=True)
    assert [one["outcome"] for one in summary["tenants"]] == ["changed", "unchanged", "failed", "not_started"]
    assert summary["totals"] == {"tenants": 4, "changed": 1, "unchanged": 1, "failed": 1, "not_started": 1}
    assert (summary["changed"], summary["drift"], summary["check_mode"]) == (True, True, True)
    text = trust_markdown(summary)
    assert "| a | would change | 1 | 0 | 0 | 0 | 0 |" in text
    assert "Failed in *Converge*: refused" in text
    assert f"| added | `root` | CN=Root | 2026-01-01 to 2036-01-01 | `{FINGERPRINT}` |" in text
    assert "| a | changed |" in trust_markdown(summarise_trust(hosts, ["a"], check_mode=False))


def test_names_written_by_strangers_stay_text() -> None:
    hosts = {"a": result(changes=[change(subject="CN=<b>|`x`\n# title [l](http://e)", alias="a`|b")])}
    (row,) = [
        line for line in trust_markdown(summarise_trust(hosts, ["a"], check_mode=False)).splitlines() if "added" in line
    ]
    cells = row.replace("\\|", "").split("|")
    assert len(cells) == 7, "a header of five columns"
    assert "\\<b\\>" in row
    assert "\\[l\\]" in row


def test_a_replaced_and_a_renamed_root_are_told_with_what_they_were() -> None:
    changes = [
        change("replaced", replaces={"subject": "CN=Old", "not_after": None, "fingerprint_sha256": "00"}),
        change("renamed", previous_alias="before"),
        change("removed", alias="gone"),
    ]
    unlisted = [change(alias="gone"), change(alias="stays")]
    text = trust_markdown(summarise_trust({"a": result(changes=changes, unlisted=unlisted)}, ["a"], check_mode=True))
    assert "CN=Root in place of CN=Old" in text
    assert "`before` to `root`" in text
    assert text.count("`gone`") == 1, "what is removed is not told twice"
    assert "- `stays` CN=Root" in text


@pytest.mark.parametrize(
    ("written", "changes", "expected"),
    [
        ("2026-11-20T17:00:00Z", [], None),
        ("2026-11-20T19:00:00Z", [], "2026-11-20T19:00:00Z"),
        ("2026-11-21T17:59:59.500Z", [], "2026-11-21T17:59:59.500Z"),
        ("2026-11-01T00:00:00Z", [change("removed")], "2026-11-21T18:00:00Z"),
        (None, [change()], "2026-11-21T18:00:00Z"),
        (None, [], None),
    ],
)
def test_trust_counts_as_changed_for_the_24_hours_that_a_flow_caches_it(
    written: str | None, changes: list[Any], expected: str | None
) -> None:
    trusted = {
        "decided_at": "2026-11-21T18:00:00Z",
        "trusted_roots": [{"last_modified_at": "2026-01-01T00:00:00Z"}, {"last_modified_at": written}],
        "changes": changes,
    }
    assert trust_changed_at(trusted) == expected


def flow(**values: Any) -> dict[str, Any]:
    return {"id": "f", "deployed_on": "2026-11-21T17:00:00Z", **values}


def details(*channels: dict[str, str], override: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"channels": list(channels), "may_override_address": list(override)}


TLS = {"name": "ERP", "tls": "yes", "proxy": "internet"}


@pytest.mark.parametrize(
    ("values", "concerned"),
    [
        ({"details": details(TLS)}, True),
        ({"details": details({**TLS, "tls": "unknown"})}, True),
        ({"details": details({**TLS, "tls": "no"})}, False),
        ({"details": details({**TLS, "proxy": "cloud_connector"})}, False),
        ({"details": details()}, False),
        ({"details": details(override=("a script",))}, True),
        ({"details": None}, True),
        ({"details": details(), "content": {"differences": ["x"]}}, True),
        ({"sends_to": {"verdict": "no", "reasons": []}}, False),
        ({"sends_to": {"verdict": "unknown", "reasons": ["why"]}}, True),
        ({}, True),
        ({"details": details(TLS), "deployed_on": "2026-11-21T18:00:01Z"}, False),
        ({"details": details(TLS), "deployed_on": None}, False),
    ],
)
def test_a_flow_is_concerned_unless_it_certainly_is_not(values: dict[str, Any], concerned: bool) -> None:
    found = concerned_flows([flow(**values)], "2026-11-21T18:00:00Z")
    assert [one["id"] for one in found] == (["f"] if concerned else [])
    assert all(one["why"] for one in found)
    assert concerned_flows([flow(**values)], None) == []
