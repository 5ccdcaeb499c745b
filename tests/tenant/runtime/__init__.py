# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime of the local tenant: integration flows that really send, and how they are deployed."""

from __future__ import annotations

from .artifacts import DesignArtifact, RuntimeArtifact
from .engine import Runtime, UnknownArtifact
from .landscape import BadLandscape, Landscape, read_landscape

__all__ = [
    "BadLandscape",
    "DesignArtifact",
    "Landscape",
    "Runtime",
    "RuntimeArtifact",
    "UnknownArtifact",
    "read_landscape",
]
