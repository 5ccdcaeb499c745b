# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Discovery among many flows with the rate limits on: how far from what these alone require, and from a cache."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..tenant import LocalTenant
from .measure import Measured, measure

__all__ = ["measure_discovery"]

_FLOWS, _PACKAGES, _LATENCY = 500, 25, 0.05
# A quarter says by a parameter where it sends, and so costs one request more in design time.
_EVERY = 4
_MOST_TIMES, _MOST_SECONDS = 3.0, 5.0
# Requests a second for one user (SAP Help: "Rate Limits on SAP Cloud Integration").
_RATES = {"runtime artifacts": 50, "design time": 10}


def measure_discovery(output: Path) -> list[dict[str, Any]]:
    """Print and give the results, in the shape of the other scenarios' bounds."""
    print(f"\nDiscovery among {_FLOWS} flows in {_PACKAGES} packages, round trip 50 ms, rate limits on", flush=True)
    results = []
    for name, deployed in (("design time", False), ("deployed content", True)):
        landscape = {"flows": [_flow(number) for number in range(_FLOWS)], "options": {"deployed_bundles": deployed}}
        cache = output / "discovery-cache"
        shutil.rmtree(cache, ignore_errors=True)
        with LocalTenant(landscape, latency=_LATENCY, rate_limits=True) as tenant:
            variables = {
                "sap_ci_service_key": str(tenant.service_key_path),
                "sap_ci_ca_path": str(tenant.ca_path),
                "cache_path": str(cache),
                "prefer_deployed_content": deployed,
                "expected": len(range(0, _FLOWS, _EVERY)),
            }
            cold, _unused = _timed(tenant, variables, output)
            required = _required(tenant)
            refused = sum(entry["status"] == 429 for entry in tenant.journal)
            warm, wall = _timed(tenant, variables, output)
        results.append(
            {
                "scenario": f"discovery from {name}",
                "round_trip_ms": _LATENCY * 1000,
                "required_seconds": round(required, 1),
                "cold": vars(cold),
                "warm": {**vars(warm), "wall_seconds": round(wall, 2)},
                "bounds": [
                    _bound("times what the rate limits alone require, cold", _MOST_TIMES, cold.seconds / required),
                    _bound("requests refused as too many", 0, refused),
                    _bound("seconds of wall time of ansible-playbook, warm", _MOST_SECONDS, wall),
                ],
            }
        )
        _show(name, cold, warm, required, results[-1]["bounds"])
    return results


def _flow(number: int) -> dict[str, Any]:
    externalized = number % _EVERY == 0
    return {
        "id": f"Flow_{number:03d}",
        "package": f"Package_{number % _PACKAGES:02d}",
        "channels": [{"address": "https://{{Host}}/in" if externalized else f"https://host{number}.example.com/in"}],
        "parameters": {"Host": "erp.example.com:8443"} if externalized else {},
    }


def _timed(tenant: LocalTenant, variables: dict[str, Any], output: Path) -> tuple[Measured, float]:
    started = time.monotonic()
    measured = measure(tenant, "discovery", variables, log=output / "discovery.log")
    return measured, time.monotonic() - started


def _required(tenant: LocalTenant) -> float:
    """Seconds that the requests sent take at the documented rates; one class does not wait for the other."""
    sent = Counter(
        "runtime artifacts" if "/IntegrationRuntimeArtifacts" in entry["path"] else "design time"
        for entry in tenant.journal
        if entry["listener"] == "api"
    )
    return max(count / _RATES[kind] for kind, count in sent.items())


def _bound(words: str, most: float, seen: float) -> dict[str, Any]:
    return {"bound": words, "most": most, "seen": round(seen, 2), "met": seen <= most}


def _show(name: str, cold: Measured, warm: Measured, required: float, bounds: list[Mapping[str, Any]]) -> None:
    print(
        f"{'from ' + name:30} cold {cold.requests:>4} requests, {cold.connections} connections, {cold.seconds:6.1f} s "
        f"(the rate limits alone: {required:.1f} s); warm {warm.requests} request, {warm.seconds:.1f} s",
        flush=True,
    )
    for bound in bounds:
        print(
            f"    {'met' if bound['met'] else 'NOT MET':8} at most {bound['most']:g} {bound['bound']}: {bound['seen']}"
        )
