# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Times that a user gives."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..clock import parse_time
from ..decisions.refused import NotWanted

__all__ = ["time_of"]


def time_of(options: Mapping[str, Any], name: str, *, where: str = "") -> datetime | None:
    """An option in RFC 3339; ``None`` when it was left out. Raises :class:`NotWanted`.

    :param where: the option that holds it, with its point, for a suboption.
    """
    if not options[name]:
        return None
    try:
        return parse_time(options[name])
    except ValueError:
        raise NotWanted(
            "this is no time in RFC 3339",
            where=f"option {where}{name}",
            remedy="Give a time such as 2026-11-21T18:00:00Z",
        ) from None
