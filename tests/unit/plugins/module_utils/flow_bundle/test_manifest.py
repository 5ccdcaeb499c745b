# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manifests as tenants write them: wrapped at 72 bytes, also inside of a character."""

from __future__ import annotations

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.manifest import (
    read_manifest,
)


def wrapped(line: str) -> bytes:
    data = line.encode()
    pieces = [data[:72]] + [b" " + data[start : start + 71] for start in range(72, len(data), 71)]
    return b"\r\n".join(pieces) + b"\r\n"


def test_joins_wrapped_lines_also_within_a_character() -> None:
    name = "ü" * 60 + "x" * 150
    assert read_manifest(b"Manifest-Version: 1.0\r\n" + wrapped(f"Bundle-Name: {name}"))["bundle-name"] == name


def test_reads_the_main_section_only() -> None:
    found = read_manifest(b"\xef\xbb\xbfA: 1\nb:2\nno colon\n\nName: x\nA: 3\n")
    assert found == {"a": "1", "b": "2"}


def test_reads_any_bytes() -> None:
    assert read_manifest(b"\xff\xfe\x00") == {}
