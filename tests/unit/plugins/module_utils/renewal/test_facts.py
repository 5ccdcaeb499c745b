# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Facts are read tolerantly about what they hold besides, and strictly about types and sense."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.facts import Facts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.source import BadFacts


def put(facts: dict[str, Any], path: str, value: object) -> None:
    """Set what stands at a path such as ``flows.0.status``."""
    at: Any = facts
    *way, last = path.split(".")
    for key in way:
        at = at[int(key) if key.isdigit() else key]
    at[last] = value


def test_extra_keys_do_not_matter(facts: dict[str, Any]) -> None:
    plain = Facts.from_mapping(facts)
    for path in (
        "x",
        "old_root.x",
        "old_root.entries.0.x",
        "flows.0.x",
        "receiver.x",
        "receiver.addresses.0.x",
        "policy.x",
    ):
        put(facts, path, object())
    assert Facts.from_mapping(facts) == plain


@pytest.mark.parametrize(
    ("path", "value", "told"),
    [
        ("now", 1, "facts: The value now must be of type str"),
        ("now", "yesterday", "facts: The value now must be an RFC 3339 time. It answered: yesterday"),
        ("now", None, "facts: The value now is missing"),
        ("old_root", None, "facts.old_root: A mapping belongs here"),
        ("old_root.entries.0.alias", 7, "facts.old_root.entries[0]: The value alias must be of type str"),
        ("old_root.entries", {}, "facts.old_root: The value entries must be a list"),
        ("flows.1.restartable", "no", "facts.flows[1]: The value restartable must be of type bool"),
        (
            "flows.1.on_side_effect",
            "hope",
            "facts.flows[1]: The value on_side_effect must be one of block, redeploy, wait",
        ),
        ("flows.0.blocked_by", [1], "facts.flows[0].blocked_by[0]: A text belongs here"),
        ("flows.0.blocked_by", "draft", "facts.flows[0]: The value blocked_by must be a list"),
        (
            "receiver.addresses.0.consecutive",
            True,
            "facts.receiver.addresses[0]: The value consecutive must be of type int",
        ),
        (
            "receiver.addresses.0.consecutive",
            -1,
            "facts.receiver.addresses[0]: The value consecutive must not be negative",
        ),
        ("receiver.addresses", [], "facts: The receiver has no address. It answered: erp.example:443"),
        ("policy.soak_seconds", float("nan"), "facts.policy: The value soak_seconds must be a number of seconds"),
        ("policy.exchange", "magic", "facts.policy: The value exchange must be one of manual, files, tasks"),
        ("new_root.fingerprint_sha256", "AA:01", "facts: The old root and the new root are the same certificate"),
        ("flows.1.id", "Orders", "facts: An integration flow is listed twice"),
        ("logs", [], "facts.logs: A mapping belongs here"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_place(
    facts: dict[str, Any], path: str, value: object, told: str
) -> None:
    put(facts, path, value)
    with pytest.raises(BadFacts) as refused:
        Facts.from_mapping(facts)
    assert isinstance(refused.value, Problem)
    assert str(refused.value).startswith(told)


def test_a_root_is_trusted_since_its_longest_unchanged_entry_came(facts: dict[str, Any]) -> None:
    facts["new_root"]["entries"] = [
        {"alias": "b", "last_modified_time": "2026-11-03T00:00:00Z"},
        {"alias": "a", "last_modified_time": "2026-11-01T00:00:00Z", "created_time": "2026-11-02T00:00:00Z"},
    ]
    assert Facts.from_mapping(facts).new_root.trusted_since == datetime(2026, 11, 2, tzinfo=timezone.utc)


def test_an_address_without_an_answer_proves_nothing(facts: dict[str, Any]) -> None:
    facts["receiver"]["addresses"][0]["error"] = "timed out"
    assert not Facts.from_mapping(facts).receiver.addresses[0].validated_by_old


@pytest.mark.parametrize(
    ("log", "failing"),
    [
        ({"tls_failures": 0, "completed": 0}, False),
        ({"tls_failures": 2, "completed": 9}, True),
        (
            {
                "tls_failures": 2,
                "completed": 9,
                "last_failure_time": "2026-11-21T09:00:00Z",
                "last_completed_time": "2026-11-21T09:00:01Z",
            },
            False,
        ),
        (
            {
                "tls_failures": 2,
                "completed": 9,
                "last_failure_time": "2026-11-21T09:00:00Z",
                "last_completed_time": "2026-11-21T09:00:00Z",
            },
            True,
        ),
    ],
)
def test_a_flow_fails_until_a_message_got_through_after_the_last_failure(
    facts: dict[str, Any], log: dict[str, Any], failing: bool
) -> None:
    facts["logs"] = {"flows": [{"id": "Orders", **log}]}
    logs = Facts.from_mapping(facts).logs
    assert logs is not None
    assert logs[0].failing is failing
