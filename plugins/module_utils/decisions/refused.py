# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The error of this layer: what is wanted must not be done to what is seen."""

from __future__ import annotations

from ..problem import Problem

__all__ = ["Conflict", "NotWanted", "StillNeeded"]


class NotWanted(Problem):
    """The input cannot be what the user means: refused before the first request."""


class Conflict(Problem):
    """The tenant holds something that the user did not expect there."""


class StillNeeded(Problem):
    """Somebody would lose messages."""
