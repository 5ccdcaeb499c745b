# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The event source on the local tenant and the local receiver, loaded as ansible-rulebook loads it."""

from __future__ import annotations

import asyncio
import runpy
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import login
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

SOURCE = Path(__file__).resolve().parents[3] / "extensions/eda/plugins/event_source/keystore_expiry.py"
DAY = 24 * 3600.0


class _Enough(Exception):
    """Ends the source after the last round of a test."""


def rounds(arguments: dict[str, Any], *between: Callable[[], object]) -> list[list[dict[str, Any]]]:
    """The events of each round; what is called between two rounds takes the place of the pause."""
    main = runpy.run_path(str(SOURCE))["main"]
    sent: list[list[dict[str, Any]]] = [[]]
    pauses: list[float] = []
    left = list(between)

    class Queue:
        async def put(self, event: dict[str, Any]) -> None:
            sent[-1].append(event["keystore_expiry"])

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if not left:
            raise _Enough
        left.pop(0)()
        sent.append([])

    main.__globals__["asyncio"] = SimpleNamespace(to_thread=asyncio.to_thread, gather=asyncio.gather, sleep=pause)
    with pytest.raises(_Enough):
        asyncio.run(main(Queue(), arguments))
    assert set(pauses) == {float(arguments.get("interval", 3600))}
    return sent


def named(tenant: LocalTenant, **options: Any) -> dict[str, Any]:
    return {"tenants": [{"name": "tenant_a", **login(tenant)}], "days_before": [60, 30, 7], **options}


def nothing() -> None:
    """Between two rounds nothing happens."""


def mine(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [event for event in events if event.get("owner") != "sap"]


def test_a_root_that_comes_due_is_told_once_for_each_threshold(tenant: LocalTenant) -> None:
    root = make_root("Old Root", days=20)
    tenant.seed_certificate("old_root", root.der)
    tenant.seed_certificate("far_root", make_root("Far Root", days=3000).der)
    found = rounds(
        named(tenant, interval=5), nothing, nothing, lambda: tenant.clock.advance(14 * DAY), nothing,
        lambda: tenant.clock.advance(7 * DAY),
    )  # fmt: skip
    first, *others = map(mine, found)
    assert first == [
        {
            "kind": "root",
            "tenant": "tenant_a",
            "alias": "old_root",
            "owner": "tenant_administrator",
            "subject": "CN=Old Root, O=Example, C=DE",
            "fingerprint_sha256": root.fingerprint_sha256,
            "not_after": root.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "days_left": 19,
            "threshold": 30,
            "expired": False,
        }
    ]
    assert [[(event["threshold"], event["days_left"]) for event in events] for events in others] == [
        [], [], [(7, 5)], [], []
    ]  # fmt: skip


def test_what_has_ended_already_is_told(tenant: LocalTenant) -> None:
    tenant.seed_certificate("old_root", make_root("Old Root", days=20).der)
    tenant.clock.advance(21 * DAY)
    ((event,),) = (mine(events) for events in rounds(named(tenant)))
    assert (event["threshold"], event["expired"], event["days_left"]) == (7, True, -2)


def test_key_pairs_and_certificates_that_are_no_roots_are_told_apart(tenant: LocalTenant, old_root: Credential) -> None:
    leaf = issue(old_root, "partner.example", days=5)
    tenant.seed_certificate("partner", leaf.der)
    tenant.seed_key_pair("client", _pkcs8(leaf), [leaf.der])
    ((*events,),) = (mine(events) for events in rounds(named(tenant)))
    assert {event["alias"]: event["kind"] for event in events} == {"partner": "certificate", "client": "key_pair"}


def test_a_renewed_entry_under_the_same_alias_is_news_when_it_comes_due(
    tenant: LocalTenant, old_root: Credential
) -> None:
    tenant.seed_certificate("partner", issue(old_root, "partner.example", days=5).der)

    def renew() -> None:
        tenant.seed_certificate("partner", issue(old_root, "partner.example", days=6).der)

    first, second = (mine(events) for events in rounds(named(tenant), renew))
    assert [event["days_left"] for event in first + second] == [4, 5]


def test_a_served_certificate_is_one_event_however_many_addresses_serve_it(old_root: Credential) -> None:
    soon, later = (issue(old_root, "erp.example", hosts=["erp.example"], days=days) for days in (10, 300))
    with LocalReceiver(["127.0.0.2", "127.0.0.3"], credential=soon) as receiver:
        where = f"erp.example:{receiver.port}"
        given = {"receiver": where, "addresses": ["127.0.0.2", "127.0.0.3"]}
        found = rounds({"receivers": [given]}, nothing, lambda: receiver.exchange(later))
    ((event,), *others) = found
    assert others == [[], []]
    assert event["kind"] == "served_certificate"
    assert event["receiver"] == where
    assert event["addresses"] == ["127.0.0.2", "127.0.0.3"]
    assert event["fingerprint_sha256"] == soon.fingerprint_sha256
    assert event["threshold"] == 30


def test_a_tenant_that_cannot_be_asked_is_told_once_and_hides_no_other(
    tenant: LocalTenant, start_tenant: Callable[..., LocalTenant]
) -> None:
    healthy = start_tenant()
    healthy.seed_certificate("old_root", make_root("Old Root", days=20).der)
    tenant.seed_certificate("old_root", make_root("Old Root", days=20).der)
    tenant.faults.add("status", path="/oauth/token", status=401, count=None)
    arguments = {
        "tenants": [{"name": name, **login(each)} for name, each in (("broken", tenant), ("healthy", healthy))]
    }
    first, second, mended = map(mine, rounds(arguments, nothing, tenant.faults.clear))
    assert [(event["tenant"], event["kind"]) for event in first] == [("broken", "problem"), ("healthy", "root")]
    assert tenant.service_key["oauth"]["clientsecret"] not in str(first)
    assert second == []
    assert [(event["tenant"], event["kind"]) for event in mended] == [("broken", "root")]


@pytest.mark.parametrize("arguments", [{}, {"tenants": [{"service_key": {}}]}])
def test_what_names_nothing_is_refused(arguments: dict[str, Any]) -> None:
    main = runpy.run_path(str(SOURCE))["main"]
    with pytest.raises(ValueError, match="keystore_expiry: "):
        asyncio.run(main(asyncio.Queue(), arguments))


def test_the_documentation_names_every_argument() -> None:
    import re

    import yaml

    found = runpy.run_path(str(SOURCE))
    documented = yaml.safe_load(found["DOCUMENTATION"])["options"]
    assert set(re.findall(r'args\.get\("(\w+)"\)', SOURCE.read_text())) == set(documented)
    ((name, example),) = yaml.safe_load(found["EXAMPLES"])[0].items()
    assert name == "certops.sap_cloud_integration.keystore_expiry"
    assert set(example) <= set(documented)


def _pkcs8(credential: Credential) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    return credential.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
