# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text that an administrator can use, out of nested JSON."""

from __future__ import annotations

import json

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.deployment_error import (
    read_deployment_error,
)
from hypothesis import given
from hypothesis import strategies as st

CAUSE = "java.lang.IllegalStateException: No key pair with alias 'client' in the keystore"
# The outer shape was observed on tenants; the words and the inner message are made up here
OBSERVED = json.dumps(
    {
        "message": {
            "subsystemName": "CONTENT",
            "subsytemPartName": "CONTENT_DEPLOY",
            "messageId": "InstanceError",
            "messageText": "",
        },
        "parameter": [
            json.dumps(
                {
                    "message": "ERROR",
                    "childMessageInstances": [
                        {
                            "message": {
                                "subsystemName": "CONTENT",
                                "messageId": "StartFailed",
                                "messageText": "Could not start the flow",
                            },
                            "parameter": [CAUSE],
                        }
                    ],
                }
            )
        ],
    }
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (OBSERVED, f"Could not start the flow; {CAUSE}"),
        (
            '{"message":{"messageId":"InstanceError","messageText":""},"parameter":["{\\"message\\":\\"ERROR\\",\\"childMessageInstances\\":[]}"]}',
            "InstanceError",
        ),
        ('{"message": "plain"}', "plain"),
        ("just text\nin lines", "just text in lines"),
        ("{broken", "{broken"),
        ("", None),
        ("  ", None),
        ("{}", None),
        ("null", None),
    ],
)
def test_texts(text: str, expected: str | None) -> None:
    assert read_deployment_error(text) == expected


def test_bounds() -> None:
    deep = "boom"
    for _unused in range(14):
        deep = json.dumps({"parameter": [deep]})
    assert read_deployment_error(deep) is None
    read_deployment_error("[" * 100000)
    wide = json.dumps({"parameter": ["x" * 1000] * 100000})
    assert len(read_deployment_error(wide) or "") <= 300


@given(
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.text(max_size=20)),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["message", "parameter", "messageText", "messageId"]), inner, max_size=3)
        ),
    )
)
def test_any_json(value: object) -> None:
    found = read_deployment_error(json.dumps(value))
    assert found is None or 0 < len(found) <= 300
