# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Several tenants that renew the certificates of receivers, some of them the same one: who comes when.

A receiver has one certificate for everybody who sends to it. A tenant on its own may exchange it when its own flows
trust both roots; where tenants share a receiver, all of them must. So each tenant is first brought to the exchange and
no further, then one tenant per receiver exchanges, then the others go on from what they observe. Canaries come before
the others; when one fails, the others are not begun.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["PASSES", "TenantRun", "held_up_by", "hosts_of_pass"]

PASSES = ("canaries", "others", "exchange_by_canaries", "exchange_by_others", "go_on")

# Stages of a renewal, and of one that is taken back.
_EXCHANGE = frozenset({"exchange_certificate", "exchange_back"})
_AFTER_THE_EXCHANGE = frozenset(
    {"soak", "delete_old_root", "done", "recall_exchange", "delete_new_root", "rolled_back", "past_return"}
)
# What lets a playbook do more than print the hand-over: exchange, tell somebody, or wait for it.
_MEANS = ("notify_tasks", "records_path", "wait")


@dataclass(frozen=True, slots=True)
class TenantRun:
    """What is known of one tenant of the inventory in the middle of a run.

    :param receiver: as ``host:port``, lower case; empty when this host renews nothing.
    :param acts: whether a playbook can do more about the exchange than print what has to be done.
    :param takes_part: whether it belongs to this run, or was left out by a limit.
    :param result: what the role left as its result; ``None`` when it has not come that far.
    :param failure: the task and the message it failed with.
    :param earlier_steps: of the passes before the one that left the result.
    """

    name: str
    receiver: str
    acts: bool
    canary: bool
    takes_part: bool
    result: Mapping[str, Any] | None
    failure: Mapping[str, Any] | None
    earlier_steps: Sequence[Mapping[str, Any]] = ()

    @classmethod
    def from_variables(cls, name: str, variables: Mapping[str, Any]) -> TenantRun:
        """:param variables: of the host, as ``hostvars`` has them; ``renewal_canary`` was set for those of this run."""
        return cls(
            name=name,
            receiver=str(variables.get("receiver_certificate_renewal_receiver") or "").lower(),
            acts=variables.get("receiver_certificate_renewal_exchange", "manual") != "manual"
            or any(variables.get(f"receiver_certificate_renewal_{means}") for means in _MEANS),
            canary=bool(variables.get("renewal_canary", False)),
            takes_part="renewal_canary" in variables,
            result=variables.get("receiver_certificate_renewal_result") or None,
            failure=variables.get("renewal_failure") or None,
            earlier_steps=variables.get("renewal_earlier_steps") or (),
        )

    @classmethod
    def all_of(cls, hosts: Mapping[str, Mapping[str, Any]]) -> tuple[TenantRun, ...]:
        """Each host of this run, and each other one of the inventory that sends to a receiver."""
        # Before ansible-core 2.19, a task delegated to localhost makes a host of it, with the variables of all, but of
        # no group; each host of an inventory is in one, if only in "ungrouped".
        inventory = (name for name in hosts if hosts[name].get("group_names") != [])
        runs = (cls.from_variables(name, hosts[name]) for name in inventory)
        return tuple(run for run in runs if run.receiver or run.takes_part)

    @property
    def stage(self) -> str | None:
        return None if self.result is None else str(self.result["stage"])

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        return [*self.earlier_steps, *(self.result or {}).get("steps", ())]

    @property
    def exchanged(self) -> bool:
        """The receiver was seen to serve the new chain at every address."""
        return self.stage in _AFTER_THE_EXCHANGE

    @property
    def at_the_exchange(self) -> bool:
        return self.stage in _EXCHANGE

    @property
    def may_act(self) -> bool:
        """The exchange is its next step, and a playbook can do something about it."""
        planned_only = self.result is not None and bool(self.result.get("check_mode", False))
        return self.takes_part and self.failure is None and self.at_the_exchange and self.acts and not planned_only

    @property
    def hindrance(self) -> str | None:
        """Why the receiver's certificate must not be exchanged as far as this tenant goes."""
        if not self.takes_part:
            return "is not part of this run"
        if self.failure is not None:
            return "failed"
        if self.result is None:
            return "was not started"
        if self.at_the_exchange or self.exchanged:
            return None
        return f"is at {self.stage}"


def held_up_by(receiver: str, runs: Iterable[TenantRun]) -> dict[str, str]:
    """The tenants that send to this receiver and are not ready for its exchange, each with the reason."""
    sharing = (run for run in runs if run.receiver == receiver)
    return {run.name: run.hindrance for run in sharing if run.hindrance is not None}


def hosts_of_pass(name: str, runs: Iterable[TenantRun]) -> list[str]:
    """The tenants of one pass of the playbook, from what is known when it begins.

    :param name: one of ``PASSES``.
    """
    known = tuple(runs)
    taking_part = [run for run in known if run.takes_part]
    if name == "canaries":
        return [run.name for run in taking_part if run.canary]
    if name == "go_on":
        return [run.name for run in taking_part if run.may_act and _exchanged_by_another(run, known)]
    canary_failed = any(run.canary and run.failure is not None for run in taking_part)
    if name == "exchange_by_canaries":
        return [run.name for run in taking_part if run.canary and run is _exchanger(run.receiver, known)]
    if canary_failed:
        return []
    if name == "others":
        return [run.name for run in taking_part if not run.canary]
    return [run.name for run in taking_part if run is _exchanger(run.receiver, known)]


def _exchanger(receiver: str, runs: tuple[TenantRun, ...]) -> TenantRun | None:
    """Of those that share a receiver the one that exchanges its certificate or hands it over, a canary if possible."""
    sharing = [run for run in runs if run.receiver == receiver]
    if held_up_by(receiver, sharing) or any(run.exchanged for run in sharing):
        return None
    able = [run for run in sharing if run.may_act]
    return next((run for run in able if run.canary), able[0] if able else None)


def _exchanged_by_another(run: TenantRun, runs: tuple[TenantRun, ...]) -> bool:
    return not held_up_by(run.receiver, runs) and any(
        other.exchanged for other in runs if other.receiver == run.receiver
    )
