# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Landscapes: what can be written, and what its author hears when it is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.tenant.bundles import read_bundle
from ansible_collections.certops.sap_cloud_integration.tests.tenant.runtime import BadLandscape, read_landscape

FLOW = {"id": "orders", "channels": [{"address": "https://{{Host}}/x"}], "parameters": {"Host": "erp.example"}}


def test_a_mapping_becomes_bundles() -> None:
    (flow,) = read_landscape({"flows": [FLOW], "resolve": {"ERP.example": "127.0.0.2"}}).flows
    content = read_bundle(flow.bundle)
    assert (content.id, content.name, content.parameters) == ("orders", "orders", {"Host": "erp.example"})
    assert read_landscape({"resolve": {"ERP.example": "127.0.0.2"}}).resolve == {"erp.example": ("127.0.0.2",)}


def test_the_same_flow_gives_the_same_bundle() -> None:
    assert read_landscape({"flows": [FLOW]}) == read_landscape({"flows": [FLOW]})


@pytest.mark.parametrize("name", ["landscape.json", "landscape.yml"])
def test_a_file(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(json.dumps({"flows": [FLOW]}))
    assert read_landscape(tmp_path / name) == read_landscape({"flows": [FLOW]})


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"flow": []}, "A landscape: there is no setting flow; there are flows, resolve, packages, options."),
        ({"flows": [{}]}, "neither an id nor a bundle"),
        ({"flows": [{"id": "a", "rate": 5}]}, "Flow a: there is no setting rate; there are id, bundle, name"),
        ({"flows": [{"id": "a"}, {"id": "a"}]}, "More than one flow has the id a."),
        ({"flows": [{"id": "a", "timer": "daily"}]}, "Flow a: timer is one of None, run_once."),
        ({"flows": [{"id": "a", "channels": [{"url": "x"}]}]}, "Flow a: a channel has adapter, address"),
        ({"flows": [{"id": "a", "channels": [{"adapter": "FAX"}]}]}, "Flow a: the adapter FAX is none of HTTP"),
        ({"flows": [{"bundle": "none.zip"}]}, "none.zip cannot be read"),
        ({"flows": [{"bundle": "a.zip", "channels": []}]}, "Flow a.zip: a bundle has its own channels."),
        ({"flows": [{"id": "a", "log_level": "none"}]}, "Flow a: log_level is one of NONE, ERROR"),
        ({"flows": [{"id": "a", "failure_status": "ERROR"}]}, "Flow a: failure_status is one of FAILED, RETRY."),
        ({"flows": [{"id": "a", "deploy": {"outcome": "ok"}}]}, "Flow a: deploy: a deployment has no outcome 'ok'"),
        ({"flows": [{"id": "a", "deploy": {"second": 1}}]}, "'second'"),
        ({"options": {"deployed_bundle": True}}, "The options of a landscape: there is no setting deployed_bundle"),
        ({"packages": {"p": {"modes": "READ_ONLY"}}}, "Package p: there is no setting modes; there are name, vendor"),
    ],
)
def test_what_is_wrong_is_named(written: dict[str, Any], said: str) -> None:
    with pytest.raises(BadLandscape) as error:
        read_landscape(written)
    assert said in str(error.value)


def test_a_file_that_is_no_landscape(tmp_path: Path) -> None:
    for name, text in (("a.json", "{"), ("b.json", "[]"), ("c.yml", "a: ["), ("missing.json", None)):
        if text is not None:
            (tmp_path / name).write_text(text)
        with pytest.raises(BadLandscape, match=name):
            read_landscape(tmp_path / name)
