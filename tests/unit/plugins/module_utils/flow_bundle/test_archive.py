# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile and broken zips get one kind of refusal, fast, and never a traceback of the standard library."""

from __future__ import annotations

import contextlib
import struct
import zipfile

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.archive import (
    BadBundle,
    open_archive,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.flow_bundle import (
    read_flow_bundle,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.flow_bundle.flow_zip import (
    flow,
    http,
    zipped,
)
from hypothesis import given, settings
from hypothesis import strategies as st

CENTRAL = b"PK\x01\x02"


def patched(data: bytes, offset: int, packed: bytes) -> bytes:
    """The zip with bytes of its first directory entry replaced (APPNOTE.TXT section 4.3.12)."""
    start = data.index(CENTRAL) + offset
    return data[:start] + packed + data[start + len(packed) :]


def overlapping() -> bytes:
    """Two names in the directory for the same bytes."""
    data = zipped({"a": "x" * 100, "b": "x" * 100}, zipfile.ZIP_STORED)
    second = data.index(CENTRAL, data.index(CENTRAL) + 1)
    return data[: second + 42] + struct.pack("<I", 0) + data[second + 46 :]


def duplicate() -> bytes:
    return zipped({"same": "1", "sane": "2"}).replace(b"sane", b"same")


ONE = zipped({"a.iflw": "<x/>" * 10})
REFUSED = {
    "no zip": (b"%PDF-1.7", "not a zip"),
    "empty": (b"", "not a zip"),
    "text before the zip": (b"#!/bin/sh\n" + ONE, "not a zip"),
    "cut off": (ONE[:-30], "damaged or cut off"),
    "only a directory end": (b"PK\x05\x06" + bytes(18), "no integration flow"),
    "encrypted": (patched(ONE, 8, struct.pack("<H", 1)), "holds an encrypted file"),
    "bzip2": (zipped({"a.iflw": "<x/>"}, zipfile.ZIP_BZIP2), "compression 12"),
    "path up": (zipped({"../../etc/passwd": "x"}), "leads out"),
    "path up with backslashes": (zipped({"a\\..\\..\\b": "x"}), "leads out"),
    "absolute path": (zipped({"/etc/passwd": "x"}), "leads out"),
    "drive": (zipped({"C:/x": "x"}), "leads out"),
    "line break in a name": (zipped({"a\nb": "x"}), "impossible name"),
    "endless name": (zipped({"n" * 2000: "x"}), "endless name"),
    "duplicate": (duplicate(), "two files of this name"),
    "overlap": (overlapping(), "overlap"),
    "bomb": (zipped({"a.iflw": bytes(4_000_000)}), "250 to 1"),
    "a lie about the size": (patched(ONE, 24, struct.pack("<I", 41)), "size|damaged"),
    "a lie beyond 4 GiB": (patched(ONE, 24, struct.pack("<I", 0xFFFFFFFE)), "250 to 1"),
    "a header beyond the end": (patched(ONE, 42, struct.pack("<I", 10_000)), "outside|damaged"),
    "damaged content": (ONE[:36] + bytes([ONE[36] ^ 0xFF]) + ONE[37:], "damaged"),
    "another archive inside": (zipped({"inner.zip": ONE}), "no integration flow"),
    "export of a package": (zipped({"resources.cnt": "x", "1_content": ONE}), "export of an integration package"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    data, text = REFUSED[name]
    with pytest.raises(BadBundle, match=text):
        read_flow_bundle(data)


def test_refuses_too_many_files_before_it_parses_the_directory() -> None:
    entry = CENTRAL + bytes(42)
    with pytest.raises(BadBundle, match="more than 10000 files"):
        open_archive(b"PK\x03\x04" + entry * 50_000)


def test_refuses_just_too_many_files() -> None:
    with pytest.raises(BadBundle, match="more than 10000 files"):
        open_archive(zipped({f"f{number}": "" for number in range(10_001)}, zipfile.ZIP_STORED))


def test_never_opens_a_library_of_the_flow() -> None:
    bundle = read_flow_bundle(flow(http("https://a.example"), files={"src/main/resources/lib/x.jar": b"PK\x03\x04 no"}))
    assert bundle.channels[0].address.host == "a.example"


GOOD = flow(http("https://{{Host}}/x"), prop="Host=a.example\n")


@settings(max_examples=400, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_damage_is_refused_or_harmless(changes: list[tuple[int, int]]) -> None:
    data = bytearray(GOOD)
    for position, value in changes:
        data[position] = value
    with contextlib.suppress(BadBundle):
        read_flow_bundle(bytes(data)).to_result()
