# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder of contents: what was put comes back, and nothing else ever does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import NotWanted
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.content_cache import (
    CachedContent,
    ContentCache,
)

_CONTENT = CachedContent("a/../b", "1.0.0", "2026-11-21T12:00:00Z", "deployed", b"\x00\nzip\n", {"k": "v"}, "p")


def test_what_was_put_comes_back(tmp_path: Path) -> None:
    cache = ContentCache(str(tmp_path), "tenant.example")
    cache.put("running", _CONTENT)
    assert cache.get("running", "a/../b") == _CONTENT
    assert cache.get("design_time", "a/../b") is None
    assert cache.get("running", "a") is None
    assert ContentCache(str(tmp_path), "other.example").get("running", "a/../b") is None
    assert [path.parent for path in tmp_path.rglob("*")] == [tmp_path]


def test_without_a_folder_nothing_is_remembered() -> None:
    cache = ContentCache(None, "tenant.example")
    cache.put("running", _CONTENT)
    assert cache.get("running", _CONTENT.id) is None


def test_the_last_one_counts_and_nothing_is_left_behind(tmp_path: Path) -> None:
    cache = ContentCache(str(tmp_path), "tenant.example")
    for version in ("1.0.0", "1.0.1"):
        cache.put("running", CachedContent("a", version, "m", "design_time", version.encode()))
    found = cache.get("running", "a")
    assert found is not None
    assert (found.version, found.data, found.is_of("1.0.1", "m"), found.is_of("1.0.1", "n")) == (
        "1.0.1",
        b"1.0.1",
        True,
        False,
    )
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", 2), ("tenant", "other"), ("kind", "design_time"), ("id", "b"), ("sha256", "0"),
        ("source", "elsewhere"), ("parameters", {"k": 1}), ("parameters", ["k"]), ("version", 1), ("moment", None),
        ("package_id", 7), ("refused", []),
    ],
)  # fmt: skip
def test_another_head_is_as_good_as_none(tmp_path: Path, name: str, value: object) -> None:
    cache = ContentCache(str(tmp_path), "tenant.example")
    cache.put("running", _CONTENT)
    (path,) = tmp_path.iterdir()
    head, _unused, data = path.read_bytes().partition(b"\n")
    path.write_bytes(json.dumps({**json.loads(head), name: value}).encode() + b"\n" + data)
    assert cache.get("running", _CONTENT.id) is None


@pytest.mark.parametrize("damage", [b"", b"\n", b"[]\n", b"null\n", b"[" * 100_000, b"{}\nzip", b"\xff\xfe\n"])
def test_damage_is_as_good_as_none(tmp_path: Path, damage: bytes) -> None:
    cache = ContentCache(str(tmp_path), "tenant.example")
    cache.put("running", _CONTENT)
    (path,) = tmp_path.iterdir()
    path.write_bytes(damage)
    assert cache.get("running", _CONTENT.id) is None


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(NotWanted, match="cannot be used"):
        ContentCache(str(tmp_path / "file"), "tenant.example")
