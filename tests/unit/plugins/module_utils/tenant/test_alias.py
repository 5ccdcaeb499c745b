# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Aliases: what a tenant takes, whom they belong to, and the escaping of a mass deletion."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.alias import (
    check_alias,
    from_hex,
    is_reserved,
    join_for_mass_delete,
    to_hex,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import BadAlias
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize("alias", ["a", "Company A; B", "x/y'z\"", "ä" * 250, "a" * 250, "sap-root", "sapx", "𝕏" * 125])
def test_good(alias: str) -> None:
    assert check_alias(alias) == alias


@pytest.mark.parametrize(
    ("alias", "sentence"),
    [
        ("", "empty"),
        ("  ", "empty"),
        (" a", "blank"),
        ("a\n", "blank"),
        ("a\x00b", "control"),
        ("a" * 251, "251 characters"),
        ("𝕏" * 126, "252 characters"),
        ("sap_root", "reserved"),
        ("SAP_Root", "reserved"),
        ("hcicertificate", "reserved"),
        ("HciCertificate1", "reserved"),
        ("hcimsgcertificate", "reserved"),
    ],
)
def test_bad(alias: str, sentence: str) -> None:
    with pytest.raises(BadAlias, match=sentence) as caught:
        check_alias(alias)
    assert len(str(caught.value)) < 400


def test_reserved_is_exact_but_for_the_prefix() -> None:
    assert not is_reserved("hcicertificate2")
    assert not is_reserved("mysap_root")


def test_hex_is_as_in_the_specification() -> None:
    # SecurityContent.json, example of GET /KeystoreEntries
    assert to_hex("123") == "313233"
    assert to_hex("sap_test_certificate") == "7361705F746573745F6365727469666963617465"


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_hex_and_back(alias: str) -> None:
    assert from_hex(to_hex(alias)) == alias == from_hex(to_hex(alias).lower())


def test_mass_delete_is_as_in_the_specification() -> None:
    # SecurityContent.json, PUT /KeystoreResources('system')
    assert join_for_mass_delete(["Company A; B", "Company \\ C \\"]) == "Company A\\; B;Company \\\\ C \\\\"


@given(st.lists(st.text(st.sampled_from("ab;\\"), min_size=1), min_size=1))
def test_mass_delete_can_be_read_back(aliases: list[str]) -> None:
    found, current, letters = [], "", iter(join_for_mass_delete(aliases))
    for letter in letters:
        if letter == ";":
            found.append(current)
            current = ""
        else:
            current += next(letters) if letter == "\\" else letter
    assert [*found, current] == aliases
