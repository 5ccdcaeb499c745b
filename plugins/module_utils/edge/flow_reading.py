# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How contents of flows are read, as the options of several modules say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ..decisions.refused import NotWanted
from ..tenant.session import Tenant
from .comparison import Comparison
from .content_cache import ContentCache
from .design_time import DesignTimeReader
from .flow_contents import FlowContents

__all__ = ["Reading", "reading_of"]

# The rate limit of design time per user: more connections than requests a second would only wait for each other.
_MOST_CONNECTIONS = 10


@dataclass(frozen=True)
class Reading:
    """The options of ``arguments.FLOW_CONTENT``."""

    cache_path: str | None = None
    connections: int = 8
    prefer_deployed: bool = False

    def open(self, tenant: Tenant) -> tuple[FlowContents, Comparison]:
        """Readers for one call; raises ``NotWanted`` when the cache folder cannot be used."""
        cache = ContentCache(self.cache_path, tenant.host)
        design_time = DesignTimeReader(tenant, cache, connections=self.connections)
        contents = FlowContents(
            tenant, cache, design_time, connections=self.connections, prefer_deployed=self.prefer_deployed
        )
        return contents, Comparison(tenant, cache, design_time, contents)


def reading_of(options: Mapping[str, Any]) -> Reading:
    connections = options["connections"]
    if not 1 <= connections <= _MOST_CONNECTIONS:
        raise NotWanted(
            f"the number of connections must be from 1 to {_MOST_CONNECTIONS}",
            where="option connections",
            remedy="The tenant takes ten requests a second for the content of flows; more connections would only wait",
        )
    return Reading(options["cache_path"], connections, options["prefer_deployed_content"])
