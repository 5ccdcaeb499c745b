# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is deploying a flow again nothing but a restart? Named differences between what runs and what would be deployed.

The public API has no restart: a flow is restarted by deploying its design-time version ``active``, which ships the
latest saved content, drafts and parameters included, and fires Run Once timers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ..clock import format_time
from .timers import Timer

__all__ = ["Deployed", "DesignTime", "NoDesignTime", "SideEffect", "SideEffectName", "side_effects"]

SideEffectName = Literal[
    "newer_version",
    "other_version",
    "draft",
    "modified_since_deployment",
    "modification_unknown",
    "parameters_changed",
    "parameters_unknown",
    "run_once_timer",
    "timers_unknown",
    "polling_sender",
    "no_design_time_artifact",
    "configure_only",
    "design_time_unknown",
    "locked",
    "lock_unknown",
    "other_runtime_profile",
]
_NOT_BLOCKING: frozenset[SideEffectName] = frozenset({"lock_unknown", "parameters_unknown", "polling_sender"})
_CLOUD_PROFILE = "iflmap"


@dataclass(frozen=True, slots=True)
class Deployed:
    """The flow as it runs."""

    version: str
    deployed_on: datetime
    """Aware, on the tenant's clock."""


@dataclass(frozen=True, slots=True)
class DesignTime:
    """The design-time artifact as the tenant states it."""

    version: str
    """``Active`` is how the tenant spells a draft."""
    modified_at: datetime | None
    """Aware, on the tenant's clock; ``None`` when the tenant does not say."""
    locked_by: str | None = None
    """Who holds the lock; an empty text when it is not said who."""
    lock_known: bool = True
    """``False`` when the tenant does not tell this user about locks."""


NoDesignTime = Literal["not_found", "configure_only", "not_permitted", "unknown"]
"""Why there is nothing to deploy, or nothing to compare."""


@dataclass(frozen=True, slots=True)
class SideEffect:
    """One thing that deploying would do beyond restarting, or that nobody can exclude."""

    name: SideEffectName
    sentence: str

    @property
    def blocking(self) -> bool:
        """``False`` for what is worth saying but true of so many flows that stopping at it would stop them all."""
        return self.name not in _NOT_BLOCKING

    def to_result(self) -> dict[str, object]:
        return {"name": self.name, "sentence": self.sentence, "blocking": self.blocking}


def side_effects(
    deployed: Deployed,
    design_time: DesignTime | NoDesignTime,
    *,
    parameters_now: Mapping[str, str] | None,
    parameters_then: Mapping[str, str] | None,
    timers: Sequence[Timer] | None,
    profile: str | None,
) -> tuple[SideEffect, ...]:
    """All differences, most telling first; empty when deploying is nothing but a restart.

    :param parameters_now: what would be deployed: the bundle's values with the Configurations on top.
    :param parameters_then: what runs: of the deployed bundle, or a snapshot taken at its deployment.
    :param timers: of the content that would be deployed; ``None`` when it could not be read.
    :param profile: the runtime profile the flow is meant for; ``None`` when it states none.
    """
    if not isinstance(design_time, DesignTime):
        return (_missing(design_time),)
    found = [*_content(deployed, design_time), *_parameters(parameters_now, parameters_then), *_starts(timers)]
    if design_time.locked_by is not None:
        by = f" by {design_time.locked_by}" if design_time.locked_by else ""
        found.append(SideEffect("locked", f"The design-time artifact is locked{by}: somebody is editing it"))
    elif not design_time.lock_known:
        found.append(SideEffect("lock_unknown", "Whether somebody has the design-time artifact locked is not known"))
    if profile is not None and profile.strip().lower() != _CLOUD_PROFILE:
        sentence = f"The flow is made for the runtime profile {profile}, so it would be deployed to another runtime"
        found.append(SideEffect("other_runtime_profile", sentence))
    return tuple(found)


def _missing(why: NoDesignTime) -> SideEffect:
    if why == "not_found":
        return SideEffect(
            "no_design_time_artifact", "There is no design-time artifact of this id, so it cannot be deployed again"
        )
    if why == "configure_only":
        return SideEffect(
            "configure_only", "The content is configure-only: it cannot be read, so nobody knows what would be deployed"
        )
    because = "may not be read by this user" if why == "not_permitted" else "could not be read"
    return SideEffect("design_time_unknown", f"The design-time artifact {because}")


def _content(deployed: Deployed, design_time: DesignTime) -> list[SideEffect]:
    found = []
    if design_time.version.strip().lower() == "active":
        found.append(
            SideEffect("draft", f"There is a draft on top of version {deployed.version}: it would be deployed")
        )
    elif design_time.version.strip() != deployed.version.strip():
        newer = _order(design_time.version) > _order(deployed.version)
        sentence = f"Version {design_time.version} would be deployed, but {deployed.version} runs"
        found.append(SideEffect("newer_version" if newer else "other_version", sentence))
    if design_time.modified_at is None:
        found.append(SideEffect("modification_unknown", "The tenant does not say when the content was last modified"))
    elif design_time.modified_at > deployed.deployed_on:
        found.append(
            SideEffect(
                "modified_since_deployment",
                f"The content was modified at {format_time(design_time.modified_at)}, after the deployment at "
                f"{format_time(deployed.deployed_on)}; the version number alone does not show that",
            )
        )
    return found


def _order(version: str) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"[0-9]{1,9}", version))


def _parameters(now: Mapping[str, str] | None, then: Mapping[str, str] | None) -> list[SideEffect]:
    """Names only: values may be secrets."""
    if now is None or then is None:
        return [SideEffect("parameters_unknown", "With which parameters the flow was deployed is not known")]
    changed = sorted(name for name in {*now, *then} if (now.get(name) or "") != (then.get(name) or ""))
    if not changed:
        return []
    names = ", ".join(repr(name) for name in changed[:5]) + (f" and {len(changed) - 5} more" if changed[5:] else "")
    return [SideEffect("parameters_changed", f"Parameters were changed since the deployment: {names}")]


def _starts(timers: Sequence[Timer] | None) -> list[SideEffect]:
    if timers is None:
        return [SideEffect("timers_unknown", "Whether a timer fires on deployment is not known")]
    found = []
    for timer in timers:
        if timer.fires_on_deployment == "yes":
            sentence = f"{timer.name!r} runs once at each deployment: its business logic would be executed"
            found.append(SideEffect("run_once_timer", sentence))
        elif timer.fires_on_deployment == "unknown":
            found.append(SideEffect("timers_unknown", f"Whether {timer.name!r} fires on deployment is not known"))
        elif timer.kind == "polling_sender":
            found.append(SideEffect("polling_sender", f"{timer.name!r} begins to poll at once"))
    return found
