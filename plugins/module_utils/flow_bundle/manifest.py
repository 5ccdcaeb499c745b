# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``META-INF/MANIFEST.MF``: the main section of a JAR manifest (JAR File Specification, section JAR Manifest)."""

from __future__ import annotations

__all__ = ["read_manifest"]


def read_manifest(data: bytes) -> dict[str, str]:
    """Names in lower case (they ignore case) and values of the main section.

    A line is cut after 72 bytes, not characters, and goes on after one blank; so lines are joined before decoding.
    A line without a colon is dropped: a manifest is only asked for names and versions.
    """
    joined = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n ", b"")
    found: dict[str, str] = {}
    for line in joined.decode("utf-8", "replace").removeprefix("\ufeff").split("\n"):
        if not line.strip():
            if found:
                break
            continue
        name, colon, value = line.partition(":")
        if colon:
            found[name.strip().lower()] = value.strip()
    return found
