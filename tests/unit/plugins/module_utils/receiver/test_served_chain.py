# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The probe against the local receiver, and its counting without one."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.clock import SystemClock
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.endpoint import (
    Endpoint,
    parse_endpoint,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.receiver.served_chain import (
    ServedChain,
    probe,
    probe_again,
    resolve,
    stable_probes,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.receiver.credential import TlsSettings

ROOT = make_root()
LEAF = issue(issue(ROOT, "Issuing CA", ca=True), "erp.example", hosts=["erp.example"])
OTHER = issue(ROOT, "erp.example", hosts=["erp.example"])


@pytest.fixture
def receiver() -> Iterator[LocalReceiver]:
    with LocalReceiver(addresses=["127.0.0.31", "127.0.0.32"], credential=LEAF) as receiver:
        yield receiver


def _endpoint(receiver: LocalReceiver) -> Endpoint:
    return parse_endpoint(f"erp.example:{receiver.port}", addresses=receiver.addresses)


def test_the_chain_is_seen_as_served_without_trusting_it(receiver: LocalReceiver) -> None:
    answers = probe(_endpoint(receiver), timeout=10)
    assert [one.address for one in answers] == ["127.0.0.31", "127.0.0.32"]
    for one in answers:
        assert [certificate.der for certificate in one.chain] == [
            LEAF.der,
            Credential(LEAF.intermediates[0], LEAF.key).der,
        ]
        assert (one.error, one.tls_version) == (None, "TLSv1.3")


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_receiver_that_demands_a_client_certificate_shows_its_own(version: ssl.TLSVersion) -> None:
    settings = TlsSettings(
        client_certificates="require", client_roots=(ROOT.der,), minimum_version=version, maximum_version=version
    )
    with LocalReceiver(addresses=["127.0.0.33"], credential=LEAF, settings=settings) as receiver:
        (seen,) = probe(_endpoint(receiver), timeout=10)
    assert seen.leaf is not None
    assert seen.leaf.der == LEAF.der


def test_somebody_who_speaks_no_tls() -> None:
    with socket.create_server(("127.0.0.34", 0)) as plain:
        port = plain.getsockname()[1]

        def connect(address: str, port: int, timeout: float) -> socket.socket:
            ours = socket.create_connection((address, port), timeout=timeout)
            theirs, _unused = plain.accept()
            theirs.sendall(b"220 mail.example ESMTP\r\n" * 9)
            theirs.close()
            return ours

        (seen,) = probe(parse_endpoint(f"127.0.0.34:{port}"), timeout=10, connect=connect)
    assert seen.chain == ()
    assert seen.error


def test_somebody_who_never_answers() -> None:
    with socket.create_server(("127.0.0.35", 0)) as silent:
        (seen,) = probe(parse_endpoint(f"127.0.0.35:{silent.getsockname()[1]}"), timeout=0.2)
    assert seen.error == "no answer within 0.2 seconds"


def test_nobody() -> None:
    with socket.create_server(("127.0.0.36", 0)) as taken:
        port = taken.getsockname()[1]
    (seen,) = probe(parse_endpoint(f"127.0.0.36:{port}"), timeout=5)
    assert seen.error == "Connection refused"


def test_a_name_without_an_address_is_one_answer() -> None:
    (seen,) = probe(parse_endpoint("receiver.invalid"), timeout=5)
    assert seen.address == "receiver.invalid"
    assert "does not resolve" in str(seen.error)


def test_addresses_that_are_given_are_not_looked_up() -> None:
    assert resolve(parse_endpoint("receiver.invalid", addresses=["192.0.2.7"])) == ("192.0.2.7",)


class _Pausing(SystemClock):
    """Each pause exchanges the certificate of one address."""

    def __init__(self, receiver: LocalReceiver) -> None:
        self._left = list(receiver.addresses)
        self._receiver = receiver

    def pause(self, seconds: float) -> None:
        if self._left:
            self._receiver.exchange(OTHER, address=self._left.pop())


def test_rounds_show_since_when_an_address_serves_the_same(receiver: LocalReceiver) -> None:
    clock = _Pausing(receiver)
    rounds = probe_again(_endpoint(receiver), probes=4, pause=1, timeout=10, clock=clock)
    assert [stable_probes(one, rounds) for one in rounds[-1]] == [2, 3]


def test_what_was_not_seen_is_not_stable() -> None:
    seen = ServedChain("a", (parse_certificate(LEAF.der),))
    silent = ServedChain("a", error="no answer")
    assert stable_probes(silent, [(silent,)]) == 0
    assert stable_probes(seen, [(seen,), (silent,), (seen,), (seen,)]) == 2
