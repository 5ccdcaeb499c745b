# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A declared set of roots: one call of trusted_roots beside a playbook that uploads one by one with uri tasks."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ..pki import Credential, ec_key, make_root
from ..tenant import LocalTenant
from .measure import BenchmarkFailed, Measured, measure

__all__ = ["measure_trust"]

_LATENCY = 0.05
# With so many roots; how many times faster than the other playbook is aimed at.
_BESIDE_URI = {50: 15.0, 100: 30.0}
# With so many alone, because nobody waits for uri tasks then.
_ALONE = 300
_MOST_REQUESTS_IMPORT, _MOST_REQUESTS_UNCHANGED, _MOST_SECONDS_UNCHANGED = 6, 2, 1.5


def measure_trust(output: Path) -> list[dict[str, Any]]:
    """Print and give the results, in the shape of the other scenarios' bounds."""
    print("\nA declared set of roots, round trip 50 ms", flush=True)
    key = ec_key()
    roots = [make_root(f"Root {number:03}", key=key) for number in range(_ALONE)]
    results = [_beside_uri(roots[:count], aim, output) for count, aim in _BESIDE_URI.items()]
    return [*results, _alone(roots, output)]


def _beside_uri(roots: Sequence[Credential], aim: float, output: Path) -> dict[str, Any]:
    ours, _unused = _timed(roots, "trusted_roots", output)[0]
    plain, _unused = _timed(roots, "trusted_roots_uri", output)[0]
    ratio = plain.seconds / ours.seconds
    bounds = [
        _bound("requests beside the token at the first import", _MOST_REQUESTS_IMPORT, ours.requests),
        {"bound": f"{aim:g} times faster than uri tasks", "most": aim, "seen": round(ratio, 1), "met": ratio >= aim},
    ]
    print(
        f"{len(roots):>4} roots, first import: {ours.requests} requests, {ours.seconds:.2f} s; uri tasks: "
        f"{plain.requests} requests, {plain.connections} connections, {plain.seconds:.2f} s; {ratio:.1f}×",
        flush=True,
    )
    _show(bounds)
    return {
        "scenario": f"trusted_roots, first import of {len(roots)}",
        "round_trip_ms": _LATENCY * 1000,
        "collection": vars(ours),
        "uri": vars(plain),
        "ratios": {"seconds": round(ratio, 2)},
        "bounds": bounds,
    }


def _alone(roots: Sequence[Credential], output: Path) -> dict[str, Any]:
    (first, _unused), (again, wall) = _timed(roots, "trusted_roots", output, runs=2)
    bounds = [
        _bound("requests beside the token at the first import", _MOST_REQUESTS_IMPORT, first.requests),
        _bound("requests beside the token when nothing changes", _MOST_REQUESTS_UNCHANGED, again.requests),
        _bound("seconds of the task when nothing changes", _MOST_SECONDS_UNCHANGED, again.seconds),
    ]
    print(
        f"{len(roots):>4} roots, first import: {first.requests} requests, {first.seconds:.2f} s; unchanged: "
        f"{again.requests} requests, {again.seconds:.2f} s, ansible-playbook as a whole {wall:.2f} s",
        flush=True,
    )
    _show(bounds)
    return {
        "scenario": f"trusted_roots, {len(roots)} roots",
        "round_trip_ms": _LATENCY * 1000,
        "collection": vars(first),
        "unchanged": {**vars(again), "wall_seconds": round(wall, 2)},
        "bounds": bounds,
    }


def _timed(roots: Sequence[Credential], playbook: str, output: Path, *, runs: int = 1) -> list[tuple[Measured, float]]:
    """The runs on a fresh tenant; the first one imports everything. With the seconds of each process."""
    folder = output / "trust"
    folder.mkdir(exist_ok=True)
    found = []
    with LocalTenant(latency=_LATENCY) as tenant:
        variables = {**_variables(tenant), "roots": _declare(folder, roots), "folder": str(folder)}
        for run in range(runs):
            started = time.monotonic()
            measured = measure(tenant, playbook, variables, log=output / "trust.log")
            found.append((measured, time.monotonic() - started))
            if measured.changed != (run == 0) or not {f"root_{n:03}" for n in range(len(roots))} <= set(
                tenant.entries()
            ):
                raise BenchmarkFailed(
                    f"The playbook {playbook} did something else than expected, see {output}/trust.log."
                )
    return found


def _declare(folder: Path, roots: Sequence[Credential]) -> list[dict[str, str]]:
    """Files as in a repository, and the same for the playbook that cannot read them."""
    lines, listed = ["roots:"], []
    for number, root in enumerate(roots):
        alias = f"root_{number:03}"
        (folder / f"{alias}.pem").write_text(root.pem)
        lines += [
            f"  - alias: {alias}",
            f"    fingerprint_sha256: {root.fingerprint_sha256}",
            f"    certificate_path: {alias}.pem",
        ]
        listed.append(
            {
                "hexalias": alias.encode().hex().upper(),
                "path": str(folder / f"{alias}.pem"),
                "fingerprint": root.fingerprint_sha256.upper(),
            }
        )
    (folder / "roots.yml").write_text("\n".join(lines) + "\n")
    return listed


def _variables(tenant: LocalTenant) -> dict[str, Any]:
    key = tenant.service_key["oauth"]
    return {
        "sap_ci_service_key": str(tenant.service_key_path),
        "sap_ci_ca_path": str(tenant.ca_path),
        "api": tenant.url + "/api/v1",
        "token_url": key["tokenurl"],
        "client_id": key["clientid"],
        "client_secret": key["clientsecret"],
    }


def _bound(words: str, most: float, seen: float) -> dict[str, Any]:
    return {"bound": words, "most": most, "seen": round(seen, 2), "met": seen <= most}


def _show(bounds: Sequence[Mapping[str, Any]]) -> None:
    for bound in bounds:
        words = bound["bound"] if "faster" in bound["bound"] else f"at most {bound['most']:g} {bound['bound']}"
        print(f"    {'met' if bound['met'] else 'NOT MET':8} {words}: {bound['seen']}", flush=True)
