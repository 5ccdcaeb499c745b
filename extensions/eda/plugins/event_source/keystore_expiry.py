# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An event source of ansible-rulebook: what comes due in the keystores of tenants, and at their receivers."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

DOCUMENTATION = r"""
module: keystore_expiry
short_description: Certificates and key pairs of SAP Cloud Integration tenants that come due
version_added: 0.1.0
description:
  - Asks tenants which entries their keystores hold, and receivers which certificate they serve, again and again.
  - Sends one event for each certificate that comes due, and another one each time a later threshold is reached. What
    was told is forgotten when ansible-rulebook ends, so a new start tells once more what is due then.
  - A tenant that cannot be asked is an event too, once for as long as it says the same.
options:
  tenants:
    description:
      - The tenants. Each has a C(name), by which events call it, and the connection options of the modules of this
        collection, such as C(service_key) and C(ca_path).
      - C(service_key) is a mapping, JSON text or the path of a file.
    type: list
    elements: dict
    default: []
  receivers:
    description: Receivers as C(host:port), or mappings of C(receiver), C(server_name) and C(addresses).
    type: list
    elements: raw
    default: []
  days_before:
    description: The thresholds, in days before the end of the validity.
    type: list
    elements: int
    default: [60, 30, 7, 1]
  interval:
    description: Seconds between two rounds.
    type: float
    default: 3600
  timeout:
    description: Seconds to wait for one answer.
    type: int
    default: 60
notes:
  - 'Each event is C({"keystore_expiry": {...}}) with the keys C(kind) (V(root), V(certificate), V(key_pair),
    V(served_certificate) or V(problem)), C(tenant) or C(receiver), C(owner) (V(tenant_administrator), V(sap) or
    V(receiver_administrator)), C(alias) of an entry or C(addresses) of a receiver, C(subject), C(fingerprint_sha256),
    C(not_after), C(days_left), C(threshold) and C(expired).'
  - A V(problem) has C(tenant) or C(receiver), and C(message).
"""

EXAMPLES = r"""
- certops.sap_cloud_integration.keystore_expiry:
    tenants:
      - name: tenant_a
        service_key: /run/secrets/tenant_a.json
    receivers:
      - erp.example.com:443
    days_before: [60, 30, 7, 1]
    interval: 3600
"""

# ansible-rulebook runs this file alone, as a script; the collection it belongs to need not be importable yet. Its
# client is used, so that logging in, paging and reading certificates are not written a second time.
sys.path.extend(
    str(directory.parent) for directory in Path(__file__).absolute().parents if directory.name == "ansible_collections"
)

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import SystemClock, format_time
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.endpoint import parse_endpoint
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.served_chain import probe
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import read_credentials
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.session import open_tenant

_DEFAULT_THRESHOLDS = (60, 30, 7, 1)
_PROBE_TIMEOUT = 10.0


class Told:
    """What was sent already: of each certificate the threshold, of each place that cannot be asked the reason."""

    def __init__(self, thresholds: Sequence[int]) -> None:
        self._thresholds = sorted(thresholds)
        self._of: dict[tuple[str, ...], int] = {}
        self._problems: dict[str, str] = {}

    def due(self, place: tuple[str, ...], days_left: float) -> int | None:
        """The threshold that is news, or ``None``; a certificate that crossed several at once brings the latest."""
        reached = next((days for days in self._thresholds if days_left <= days), None)
        if reached is None or reached >= self._of.get(place, sys.maxsize):
            return None
        self._of[place] = reached
        return reached

    def is_news(self, where: str, message: str | None) -> bool:
        """Whether this problem was not told yet; ``None`` says that there is none any more."""
        before = self._problems.get(where)
        if message is None:
            self._problems.pop(where, None)
        else:
            self._problems[where] = message
        return message is not None and message != before


async def main(queue: asyncio.Queue[Any], args: dict[str, Any]) -> None:
    """Ask all in rounds, for ever."""
    tenants = [dict(tenant) for tenant in args.get("tenants") or ()]
    receivers = list(args.get("receivers") or ())
    if not tenants and not receivers:
        raise ValueError("keystore_expiry: name tenants or receivers")
    if any(not tenant.get("name") for tenant in tenants):
        raise ValueError("keystore_expiry: each tenant needs a name")
    told = Told([int(days) for days in args.get("days_before") or _DEFAULT_THRESHOLDS])
    interval = float(args.get("interval") or 3600)
    timeout = int(args.get("timeout") or 60)
    while True:
        asked = [asyncio.to_thread(_ask_tenant, tenant, timeout) for tenant in tenants]
        asked += [asyncio.to_thread(_ask_receiver, receiver) for receiver in receivers]
        for answer in await asyncio.gather(*asked):
            for event in _news(answer, told):
                await queue.put({"keystore_expiry": event})
        await asyncio.sleep(interval)


def _news(answer: Mapping[str, Any], told: Told) -> Iterator[dict[str, Any]]:
    """The events of one answer that were not sent before."""
    where = answer["where"]
    place, *_rest = where.values()
    message = answer.get("message")
    if told.is_news(place, message):
        yield {"kind": "problem", **where, "message": message}
    for certificate in answer.get("certificates", ()):
        not_after: datetime = certificate["not_after"]
        days_left = (not_after - answer["now"]).total_seconds() / 86400
        threshold = told.due((place, certificate.get("alias", ""), certificate["fingerprint_sha256"]), days_left)
        if threshold is not None:
            yield {
                **where,
                **certificate,
                "not_after": format_time(not_after),
                "days_left": int(days_left // 1),
                "threshold": threshold,
                "expired": days_left < 0,
            }


def _ask_tenant(tenant: Mapping[str, Any], timeout: int) -> dict[str, Any]:
    """Every entry of the keystore with its end, on the tenant's clock."""
    where = {"tenant": str(tenant["name"])}
    try:
        with open_tenant(
            read_credentials(tenant),
            validate_certs=bool(tenant.get("validate_certs", True)),
            ca_path=tenant.get("ca_path"),
            timeout=timeout,
            lock_timeout=0,
            clock=SystemClock(),
        ) as session:
            entries = session.keystore.entries()
            now = session.now()
    except Problem as problem:
        return {"where": where, "message": str(problem)}
    certificates = [
        {
            "kind": "root" if entry.type == "certificate" and entry.subject == entry.issuer else entry.type,
            "alias": entry.alias,
            "owner": entry.owner,
            "subject": entry.subject,
            "fingerprint_sha256": entry.fingerprint_sha256,
            "not_after": entry.not_after,
        }
        for entry in entries
        if entry.not_after is not None
    ]
    return {"where": where, "now": now, "certificates": certificates}


def _ask_receiver(given: object) -> dict[str, Any]:
    """What every address serves; one certificate at several addresses is one."""
    options = dict(given) if isinstance(given, Mapping) else {"receiver": given}
    where = {"receiver": str(options.get("receiver", ""))}
    try:
        endpoint = parse_endpoint(
            where["receiver"], server_name=options.get("server_name"), addresses=options.get("addresses") or ()
        )
        answers = probe(endpoint, timeout=_PROBE_TIMEOUT)
    except Problem as problem:
        return {"where": where, "message": str(problem)}
    served: dict[str, dict[str, Any]] = {}
    for answer in answers:
        if answer.leaf is not None:
            certificate = served.setdefault(
                answer.leaf.fingerprint_sha256,
                {
                    "kind": "served_certificate",
                    "owner": "receiver_administrator",
                    "subject": answer.leaf.subject,
                    "fingerprint_sha256": answer.leaf.fingerprint_sha256,
                    "not_after": answer.leaf.not_after,
                    "addresses": [],
                },
            )
            certificate["addresses"].append(answer.address)
    errors = "; ".join(f"{answer.address}: {answer.error}" for answer in answers if answer.error)
    now = datetime.now(timezone.utc)
    return {"where": where, "now": now, "certificates": list(served.values()), "message": errors or None}


if __name__ == "__main__":

    class _Printing(asyncio.Queue[Any]):
        async def put(self, event: Any) -> None:
            print(event)

    asyncio.run(main(_Printing(), {"receivers": sys.argv[1:]}))
