# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several tenants that renew the certificate of one receiver: whose turn it is to exchange it.

A receiver has one certificate for everybody who sends to it. A tenant on its own may exchange it when its own flows trust
both roots; where tenants share a receiver, all of them must. So each tenant is first brought to the exchange and no
further, then one tenant per receiver exchanges, then the others go on from what they observe. Pure, as all of this layer.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["TenantRun", "Turn", "turns"]

_EXCHANGE = "exchange_certificate"
_AFTER_THE_EXCHANGE = frozenset({"soak", "delete_old_root", "done"})


@dataclass(frozen=True, slots=True)
class TenantRun:
    """What is known of one tenant of the inventory in the middle of a run.

    :param receiver: as ``host:port``, lower case; empty when this host renews nothing.
    :param takes_part: whether it belongs to this run, or was left out by a limit.
    :param result: what the role left as its result; ``None`` when it has not come that far.
    :param failure: the task and the message it failed with.
    """

    name: str
    receiver: str
    exchange: str
    canary: bool
    takes_part: bool
    result: Mapping[str, Any] | None
    failure: Mapping[str, Any] | None

    @classmethod
    def from_variables(cls, name: str, variables: Mapping[str, Any], *, takes_part: bool) -> TenantRun:
        """:param variables: of the host, as ``hostvars`` has them."""
        return cls(
            name=name,
            receiver=str(variables.get("receiver_certificate_renewal_receiver") or "").lower(),
            exchange=str(variables.get("receiver_certificate_renewal_exchange") or "manual"),
            canary=bool(variables.get("renewal_canary", False)),
            takes_part=takes_part,
            result=variables.get("receiver_certificate_renewal_result") or None,
            failure=variables.get("renewal_failure") or None,
        )

    @classmethod
    def all_of(cls, hosts: Mapping[str, Mapping[str, Any]], taking_part: Collection[str]) -> tuple[TenantRun, ...]:
        """Every host of the inventory that names a receiver, those outside this run included."""
        runs = (cls.from_variables(name, hosts[name], takes_part=name in taking_part) for name in hosts)
        return tuple(run for run in runs if run.receiver)

    @property
    def stage(self) -> str | None:
        return None if self.result is None else str(self.result["stage"])

    @property
    def exchanged(self) -> bool:
        """The receiver was seen to serve the new chain at every address."""
        return self.stage in _AFTER_THE_EXCHANGE

    @property
    def hindrance(self) -> str | None:
        """Why the receiver's certificate must not be exchanged as far as this tenant goes."""
        if not self.takes_part:
            return "is not part of this run"
        if self.failure is not None:
            return "failed"
        if self.result is None:
            return "was not started"
        if self.stage == _EXCHANGE or self.exchanged:
            return None
        return f"is at {self.stage}"


@dataclass(frozen=True, slots=True)
class Turn:
    """:param turn: ``exchange``: this tenant exchanges the certificate now; ``go_on``: it was exchanged meanwhile;
    ``wait``: for others; ``none``: there is nothing to do for a playbook.
    """

    turn: str
    reason: str

    def to_result(self) -> dict[str, str]:
        return {"turn": self.turn, "reason": self.reason}


def turns(runs: Iterable[TenantRun]) -> dict[str, Turn]:
    """For each tenant of this run; of those that share a receiver one exchanges, a canary if there is one."""
    by_receiver: dict[str, list[TenantRun]] = {}
    for run in runs:
        by_receiver.setdefault(run.receiver, []).append(run)
    return {run.name: _turn(run, sharing) for sharing in by_receiver.values() for run in sharing if run.takes_part}


def _turn(run: TenantRun, sharing: list[TenantRun]) -> Turn:
    if run.failure is not None or run.result is None:
        return Turn("none", f"{run.name} {run.hindrance}")
    if run.stage != _EXCHANGE:
        return Turn("none", f"{run.name} is at {run.stage}")
    if run.exchange == "manual":
        return Turn("none", f"{run.receiver} is exchanged by its administrator")
    hindered = [f"{other.name} {other.hindrance}" for other in sharing if other.hindrance is not None]
    if hindered:
        return Turn("wait", f"{run.receiver} is not exchanged: {'; '.join(hindered)}")
    if any(other.exchanged for other in sharing):
        return Turn("go_on", f"{run.receiver} was exchanged meanwhile")
    able = [other for other in sharing if other.stage == _EXCHANGE and other.exchange != "manual"]
    first = next((other for other in able if other.canary), able[0])
    if first is run:
        return Turn("exchange", f"every tenant that sends to {run.receiver} trusts both roots")
    return Turn("wait", f"{first.name} exchanges {run.receiver}")
