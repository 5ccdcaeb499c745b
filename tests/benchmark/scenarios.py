# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is measured. To add something: its module and its uri tasks to work.yml, and a line to PARTS."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter, methodcaller
from pathlib import Path
from typing import Any

from .measure import Measured
from .stages import Contents, Landscape, Roots, Stage

__all__ = ["PARTS", "ROUND_TRIPS", "Bound", "Part", "Scenario"]

ROUND_TRIPS = (0.0, 50.0)  # milliseconds
_RENEW = "certops.sap_cloud_integration.renew_receiver_certificate"
_FORKS = ("--forks", "20")  # as in examples/many_tenants
# Requests a second for one user (SAP Help: "Rate Limits on SAP Cloud Integration").
_RUNTIME_RATE, _DESIGN_TIME_RATE = 50, 10


@dataclass(frozen=True)
class Bound:
    """What must not be exceeded, or with ``least`` be reached. ``seen`` is given the run and the one with uri tasks."""

    words: str
    limit: float
    seen: Callable[[Measured, Measured | None], float]
    least: bool = False

    def check(self, ours: Measured, plain: Measured | None) -> dict[str, Any]:
        seen = round(self.seen(ours, plain), 2)
        met = seen >= self.limit if self.least else seen <= self.limit
        return {
            "bound": f"at {'least' if self.least else 'most'} {self.limit:g} {self.words}",
            "seen": seen,
            "met": met,
        }


@dataclass(frozen=True)
class Scenario:
    """:param work: an entry of work.yml.
    :param first: what the run after ``prepare`` does; without it, only the next one is measured.
    :param again: what the same does once more, when it has nothing to do.
    :param playbook: one of the collection, instead of the module of ``work``.
    :param runs: when one is enough.
    :param alone: why it is not compared with uri tasks that could do it.
    """

    work: str
    first: str = ""
    again: str = ""
    name: str = ""
    prepare: Callable[[Any], None] = methodcaller("begin")
    changes: bool = True
    playbook: str = ""
    arguments: Sequence[str] = ()
    runs: int | None = None
    alone: str = ""
    first_bounds: Sequence[Bound] = ()
    again_bounds: Sequence[Bound] = ()


@dataclass(frozen=True)
class Part:
    """Scenarios that share a stage. ``round_trips`` are in milliseconds."""

    title: str
    stage: Callable[[Path], Stage]
    scenarios: Sequence[Scenario]
    round_trips: Sequence[float] = ROUND_TRIPS


def _most(limit: float, words: str, counted: str) -> Bound:
    count = attrgetter(counted)
    return Bound(words, limit, lambda ours, _plain: count(ours))


_ONE_CONNECTION = (
    _most(1, "connections to the API", "connections"),
    _most(1, "connections for tokens", "token_connections"),
)
_ONE_REQUEST = (*_ONE_CONNECTION, _most(1, "requests beside the token", "requests"))
_TWO_REQUESTS = (*_ONE_CONNECTION, _most(2, "requests beside the token", "requests"))
_FOUR_REQUESTS = (*_ONE_CONNECTION, _most(4, "requests beside the token", "requests"))
_SIX_REQUESTS = (*_ONE_CONNECTION, _most(6, "requests beside the token", "requests"))
_NO_REQUEST = (_most(0, "connections to the tenant", "connections"),)
_FAR = (50.0,)  # for what takes minutes
_NOTHING, _FINISHED = "nothing to do", "finished, nothing to do"
_FINISH = methodcaller("finish")


def _at_rate_limits(ours: Measured) -> float:
    """Seconds that the requests sent take at the documented rates; one class does not wait for the other."""
    runtime = sum(count for kind, count in ours.kinds.items() if "IntegrationRuntimeArtifacts" in kind)
    return max(runtime / _RUNTIME_RATE, (ours.requests - runtime) / _DESIGN_TIME_RATE)


def _discovery(flows: int, *, deployed: bool) -> Part:
    cold = (
        Bound("times what the rate limits alone require", 3, lambda ours, _plain: ours.seconds / _at_rate_limits(ours)),
        _most(0, "requests refused as too many", "refused"),
    )
    warm = (_most(5, "seconds of ansible-playbook as a whole", "wall_seconds"),)
    many, source = flows > 100, "deployed content" if deployed else "design time"
    scenario = Scenario(
        "discovery", "no cache", "from its cache", f"{flows} flows, {source}",
        changes=False, runs=1, first_bounds=cold if many else (), again_bounds=warm if many else (),
    )  # fmt: skip
    stage = partial(Contents, flows=flows, deployed=deployed)
    return Part("Discovery", stage, (scenario,), _FAR if many else ROUND_TRIPS)


def _role(flows: int) -> Part:
    options: dict[str, Any] = {"name": f"{flows} flow{'s' if flows > 1 else ''}", "playbook": _RENEW, "runs": 1}
    begun = Scenario("renewal_begun", "imports the root, restarts all flows", **options)
    few_requests = _most(12, "requests beside tokens", "requests")
    finished = Scenario("renewal_finished", again=_FINISHED, prepare=_FINISH, again_bounds=(few_requests,), **options)
    round_trips = _FAR if flows > 10 else ROUND_TRIPS
    return Part("Role receiver_certificate_renewal", partial(Landscape, flows=flows), (begun, finished), round_trips)


def _tenants(number: int) -> Part:
    options: dict[str, Any] = {
        "name": f"{number} tenant{'s' if number > 1 else ''}, 3 flows each",
        "playbook": f"{_RENEW}_for_tenants",
        "arguments": _FORKS,
        "runs": 1,
    }
    begun = Scenario("renewal_begun", "imports the root, restarts all flows", **options)
    # Fifty such runs on one machine, or fifty with uri tasks, take minutes and say no more than ten.
    many = number > 10
    alone = "with so many it would take minutes and say no more" if many else ""
    finished = Scenario("renewal_finished", again=_FINISHED, prepare=_FINISH, alone=alone, **options)
    scenarios = (finished,) if many else (begun, finished)
    return Part("Many tenants", partial(Landscape, tenants=number, flows=3), scenarios, _FAR)


def _ratio(ours: Measured, plain: Measured | None) -> float:
    return plain.seconds / ours.seconds if plain else 0.0


def _roots(number: int, faster: float | None = None) -> Part:
    first, again = list(_SIX_REQUESTS), list(_TWO_REQUESTS)
    if faster is None:
        again.append(_most(1.5, "seconds of the task", "seconds"))
    else:
        first.append(Bound("times as fast as uri tasks", faster, _ratio, least=True))
    scenario = Scenario(
        "trusted_roots", "imports all", _NOTHING, f"{number} roots", runs=1, first_bounds=first, again_bounds=again,
        alone="" if faster else "with so many it would take minutes and say no more",
    )  # fmt: skip
    return Part("A declared set of roots", partial(Roots, roots=number), (scenario,), _FAR)


_MODULES = (
    Scenario("keystore_info", again="lists", again_bounds=_ONE_REQUEST),
    Scenario("keystore_entry", "imports", _NOTHING, first_bounds=_FOUR_REQUESTS, again_bounds=_TWO_REQUESTS),
    Scenario("keystore_backup", "takes it", _NOTHING, first_bounds=_ONE_CONNECTION, again_bounds=_TWO_REQUESTS),
    Scenario("signing_request", "writes it", _NOTHING, first_bounds=_TWO_REQUESTS, again_bounds=_TWO_REQUESTS),
    Scenario("local_ca_response", "signs", _NOTHING, first_bounds=_NO_REQUEST, again_bounds=_NO_REQUEST),
    Scenario("signing_response", "installs", _NOTHING, first_bounds=_FOUR_REQUESTS, again_bounds=_TWO_REQUESTS),
    Scenario("trusted_root", "imports", _NOTHING, first_bounds=_FOUR_REQUESTS, again_bounds=_ONE_REQUEST),
    Scenario("trusted_root_info", again="asks a receiver", again_bounds=_ONE_CONNECTION),
    Scenario(
        "trusted_roots", "imports 5 roots", _NOTHING, first_bounds=_SIX_REQUESTS, again_bounds=_TWO_REQUESTS
    ),
    Scenario(
        "trust_export", "writes 6 roots", _NOTHING, prepare=methodcaller("trust_many"), first_bounds=_TWO_REQUESTS,
        again_bounds=_TWO_REQUESTS,
    ),
    Scenario("trust_map_info", again="10 flows, no cache"),
    Scenario("served_chain_info", again="asks a receiver", again_bounds=_NO_REQUEST),
    Scenario(
        "integration_flow", "restarts 10 flows", _NOTHING, again_bounds=_ONE_REQUEST,
        runs=1,
    ),
    Scenario("integration_flow_info", again="lists 10 flows", again_bounds=_ONE_REQUEST),
    Scenario(
        "message_processing_log_info", again="10 flows", prepare=methodcaller("look_back"), again_bounds=_ONE_CONNECTION
    ),
)  # fmt: skip

PARTS = (
    Part("Modules", Landscape, _MODULES),
    *(_role(flows) for flows in (1, 10, 100)),
    *(_tenants(number) for number in (1, 10, 50)),
    *(_discovery(flows, deployed=deployed) for flows in (50, 500) for deployed in (False, True)),
    _roots(50, faster=15),
    _roots(100, faster=30),
    _roots(300),
)
