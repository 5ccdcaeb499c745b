# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of this layer: what is wanted must not be done to what is seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..problem import Problem

__all__ = ["Conflict", "NotWanted", "RestartBlocked", "StillNeeded"]


class NotWanted(Problem):
    """The input cannot be what the user means: refused before the first request."""


class Conflict(Problem):
    """The tenant holds something that the user did not expect there."""


class RestartBlocked(Problem):
    """Deploying these flows would do more than restart them, and the user has not decided about it.

    :param effects: by flow, each effect as a sentence under its name.
    """

    def __init__(self, effects: Mapping[str, Mapping[str, str]]) -> None:
        super().__init__(
            "deploying these integration flows again would do more than restart them: "
            + " ".join(f"{flow_id}: {'; '.join(named.values())}." for flow_id, named in effects.items()).rstrip("."),
            remedy="Nothing was deployed. Restart them in the web user interface, or choose redeploy or wait: with "
            "on_side_effect for all, with flow_side_effects for single ones",
        )
        self.effects = effects

    def to_result(self) -> dict[str, Any]:
        flows = [{"id": flow_id, "side_effects": dict(named)} for flow_id, named in self.effects.items()]
        return {**super().to_result(), "flows": flows}


class StillNeeded(Problem):
    """Somebody would lose messages."""
