# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one exception family of this collection: a fact about what went wrong, fit to be shown to a user."""

from __future__ import annotations

__all__ = ["Problem"]


class Problem(Exception):
    """What was wrong, where, what the other side said, and what to do next.

    Never holds a secret or a request body: every field may be printed.

    :param what: one sentence, without its full stop, in words of the user's domain.
    :param where: the alias, host, file or flow concerned.
    :param said: the literal answer of the tenant or receiver, when there was one.
    :param remedy: one imperative sentence, without its full stop.
    """

    def __init__(
        self, what: str, *, where: str | None = None, said: str | None = None, remedy: str | None = None
    ) -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.said = said
        self.remedy = remedy

    @property
    def kind(self) -> str:
        """The class name: stable, so that a playbook can branch on it."""
        return type(self).__name__

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.what}" if self.where else self.what]
        if self.said:
            parts.append(f"It answered: {self.said}")
        if self.remedy:
            parts.append(self.remedy)
        return " ".join(part if part.endswith((".", "?", "!")) else f"{part}." for part in parts)

    def to_result(self) -> dict[str, str | None]:
        return {"kind": self.kind, "what": self.what, "where": self.where, "said": self.said, "remedy": self.remedy}
