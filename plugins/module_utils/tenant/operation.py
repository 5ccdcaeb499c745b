# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One operation on the API: what is sent, and the words for what is being done. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import odata

__all__ = ["Operation"]


@dataclass(frozen=True, slots=True)
class Operation:
    """:param path: below ``/api/v1/``, already encoded.

    :param doing: completes "The tenant refused to ...".
    :param where: the alias or flow concerned; ``None`` for the tenant as a whole.
    """

    method: str
    path: str
    doing: str
    where: str | None = None
    query: Mapping[str, str] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)

    @property
    def writes(self) -> bool:
        return self.method != "GET"

    @property
    def target(self) -> str:
        return f"{self.path}?{odata.encode_query(self.query)}" if self.query else self.path
