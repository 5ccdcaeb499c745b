# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A whole bundle, and what of it a playbook may see."""

from __future__ import annotations

import json

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.archive import (
    BadBundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    HEAD,
    MANIFEST,
    TAIL,
    channel,
    flow,
    http,
    zipped,
)


def test_says_who_it_is() -> None:
    bundle = read_flow_bundle(flow(http("https://a.example")))
    found = (bundle.id, bundle.name, bundle.version, bundle.profile, bundle.node_type)
    assert found == ("Orders", "Orders", "1.0.3", "iflmap", "IFLMAP")


def test_the_profile_parameter_goes_before_the_manifest() -> None:
    data = flow(http("https://a.example"), prop="SAP_ProfileId=iflmap\n")
    assert read_flow_bundle(data, {"SAP_ProfileId": "integrationcell"}).profile == "integrationcell"


def test_reads_without_manifest_and_parameters() -> None:
    bundle = read_flow_bundle(zipped({"x.iflw": HEAD + http("https://a.example") + TAIL}))
    assert (bundle.id, bundle.channels[0].address.host) == (None, "a.example")


def test_reads_every_model() -> None:
    more = HEAD + channel("HTTP", id="MF_9", httpAddressWithoutQuery="https://b.example") + TAIL
    bundle = read_flow_bundle(flow(http("https://a.example"), files={"src/main/resources/more.iflw": more}))
    assert {found.address.host for found in bundle.channels} == {"a.example", "b.example"}


def test_refuses_another_kind_of_artifact() -> None:
    with pytest.raises(BadBundle, match="no integration flow"):
        read_flow_bundle(zipped({"META-INF/MANIFEST.MF": MANIFEST, "value_mapping.xml": "<vm/>"}))


def test_the_result_is_plain_data_and_holds_no_secret() -> None:
    secret = "s3cret"
    bundle = read_flow_bundle(
        flow(
            http("https://user:s3cret@a.example/x?key=s3cret", password=secret, privateKeyAlias="k"),
            channel("CMIS", "cmis", id="MF_2", firstUriPart="https://b.example/?pw=s3cret", password=secret),
            prop="Password=s3cret\n",
        ),
        {"Token": secret},
    )
    assert secret not in json.dumps(bundle.to_result())
    assert secret not in repr(bundle)
    assert set(bundle.to_result()) == {
        "id",
        "name",
        "version",
        "profile",
        "node_type",
        "channels",
        "aliases",
        "timers",
        "parameters",
        "may_override_address",
    }
