# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The readable text inside the error information of a deployed flow. Pure.

A tenant answers JSON whose text is nested: JSON again inside the strings of ``parameter``, with the causes in
``childMessageInstances`` (observed on tenants).
"""

from __future__ import annotations

import json
from typing import Any

from .odata import clip

__all__ = ["read_deployment_error"]

_DEEPEST = 12
_MOST_TEXTS = 6


def read_deployment_error(text: str) -> str | None:
    """One line with the texts found, outermost first; ``None`` when there is none."""
    text = text.strip()
    if not text:
        return None
    found: list[str] = []
    names: list[str] = []
    _collect(text, found, names, _DEEPEST)
    texts = list(
        dict.fromkeys(part for part in (clip(one) for one in found) if part and part.upper() not in ("ERROR", "NULL"))
    )
    if not texts:
        texts = list(dict.fromkeys(names))
    return clip("; ".join(texts[:_MOST_TEXTS])) or None


def _collect(value: Any, found: list[str], names: list[str], depth: int) -> None:
    if depth == 0 or len(found) > 50:
        return
    if isinstance(value, str):
        if value.lstrip()[:1] in ("{", "["):
            try:
                value = json.loads(value)
            except (ValueError, RecursionError):
                found.append(value)
                return
            _collect(value, found, names, depth - 1)
        else:
            found.append(value)
    elif isinstance(value, list):
        for item in value:
            _collect(item, found, names, depth - 1)
    elif isinstance(value, dict):
        if isinstance(value.get("messageId"), str):
            names.append(value["messageId"])
        for name in ("messageText", "message", "parameter", "parameters", "childMessageInstances"):
            _collect(value.get(name), found, names, depth - 1)
