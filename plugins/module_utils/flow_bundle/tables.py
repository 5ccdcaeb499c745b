# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tables inside one property: ``<row><cell id='Name'>x</cell>…</row>…`` kept as escaped text.

Observed in timers (``scheduleKey``), content modifiers (``headerTable``) and mail channels (``encrypt.smime.keys``).
"""

from __future__ import annotations

import re
from xml.sax.saxutils import unescape

__all__ = ["Row", "read_rows"]

Row = list[tuple[str, str]]
"""Cells as (id, text); the id is empty where the table has none."""

_CELL = re.compile(r"<cell(?:\s+id\s*=\s*['\"]([^'\"<>]*)['\"])?\s*(?:/>|>([^<]*)</cell>)")


def read_rows(text: str) -> list[Row]:
    """The rows; empty when the text is no table."""
    if "<row>" not in text:
        return []
    rows = [
        [(identifier or "", unescape(cell or "").strip()) for identifier, cell in _CELL.findall(part)]
        for part in text.split("</row>")
    ]
    return [row for row in rows if row]
