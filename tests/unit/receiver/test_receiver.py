# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local receiver, looked at through plain sockets and openssl."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from hashlib import sha256

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.receiver.credential import BadConfiguration, TlsSettings

HOSTS = ("127.0.0.2", "127.0.0.3")


@pytest.fixture(scope="module")
def old() -> Credential:
    return issue(issue(make_root("Old Root"), "Old CA", ca=True), "server", hosts=HOSTS)


@pytest.fixture(scope="module")
def new() -> Credential:
    return issue(make_root("New Root"), "server", hosts=HOSTS)


@pytest.fixture
def receiver(old: Credential) -> Iterator[LocalReceiver]:
    with LocalReceiver(HOSTS, credential=old) as running:
        yield running


def _connect(address: str, port: int, client: ssl.SSLContext | None = None) -> ssl.SSLSocket:
    context = client or ssl._create_unverified_context()
    return context.wrap_socket(socket.create_connection((address, port), timeout=5), server_hostname=address)


def _served(address: str, port: int) -> bytes:
    with _connect(address, port) as connection:
        return connection.getpeercert(binary_form=True) or b""


def _ask(connection: ssl.SSLSocket) -> bytes:
    connection.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc")
    head = b""
    while b"received\n" not in head:
        piece = connection.recv(4096)
        if not piece:
            break
        head += piece
    return head


def test_every_address_serves_the_chain_and_no_root(receiver: LocalReceiver, old: Credential) -> None:
    for address in HOSTS:
        shown = subprocess.run(
            ["openssl", "s_client", "-connect", f"{address}:{receiver.port}", "-showcerts"],
            input="", capture_output=True, text=True, check=False, timeout=20,
        ).stdout  # fmt: skip
        assert shown.count("BEGIN CERTIFICATE") == 2
        assert _served(address, receiver.port) == old.der


def test_an_exchange_on_one_address_leaves_the_other(receiver: LocalReceiver, old: Credential, new: Credential) -> None:
    receiver.exchange(new, "127.0.0.3")
    assert _served("127.0.0.2", receiver.port) == old.der
    assert _served("127.0.0.3", receiver.port) == new.der


def test_an_open_connection_survives_the_exchange(receiver: LocalReceiver, new: Credential) -> None:
    with _connect("127.0.0.2", receiver.port) as connection:
        assert b"200 OK" in _ask(connection)
        receiver.exchange(new)
        assert _served("127.0.0.2", receiver.port) == new.der
        assert b"200 OK" in _ask(connection)


def test_under_load_exchanges_drop_nothing(receiver: LocalReceiver, old: Credential, new: Credential) -> None:
    """Four clients, every request counted on both sides, while the certificate goes to and fro."""
    answered = [0, 0, 0, 0]
    served: set[bytes] = set()
    errors: list[BaseException] = []
    enough = threading.Barrier(5, timeout=30)

    def client(number: int) -> None:
        try:
            for _unused in range(40):
                with _connect(HOSTS[number % 2], receiver.port) as connection:
                    served.add(sha256(connection.getpeercert(binary_form=True) or b"").digest())
                    for _unused in range(2):
                        answered[number] += b"200 OK" in _ask(connection)
        except BaseException as error:
            errors.append(error)
        finally:
            enough.wait()

    threads = [threading.Thread(target=client, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    turn = 0
    while sum(answered) < 4 * 80 and not errors:
        turn += 1
        receiver.exchange(new if turn % 2 else old)
        _served("127.0.0.2", receiver.port)  # paces the exchanges without a sleep
    enough.wait()
    for thread in threads:
        thread.join(5)
    assert errors == []
    assert sum(answered) == 4 * 80
    assert sum(int(str(seen["requests"])) for seen in receiver.seen.values()) == 4 * 80
    assert turn > 3
    assert served == {sha256(old.der).digest(), sha256(new.der).digest()}


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_no_session_is_resumed_over_an_exchange(old: Credential, new: Credential, version: ssl.TLSVersion) -> None:
    """A resumed session would not show the certificate that is served now."""
    settings = TlsSettings(minimum_version=version, maximum_version=version)
    with LocalReceiver(credential=old, settings=settings) as receiver:
        context = ssl._create_unverified_context()
        first = _connect("127.0.0.2", receiver.port, context)
        first.sendall(b"GET / HTTP/1.1\r\nConnection: close\r\n\r\n")
        while first.recv(1000):
            pass
        session = first.session
        assert first.version() == version.name.replace("_", ".")
        assert session is None or not session.has_ticket
        first.unwrap().close()  # a clean end: a server that keeps sessions would keep this one
        receiver.exchange(new)
        plain = socket.create_connection(("127.0.0.2", receiver.port), timeout=5)
        with context.wrap_socket(plain, server_hostname="127.0.0.2", session=session) as second:
            assert not second.session_reused
            assert second.getpeercert(binary_form=True) == new.der


def test_without_intermediates_only_the_leaf_is_sent(old: Credential, receiver: LocalReceiver) -> None:
    receiver.exchange(old, "127.0.0.3", send_intermediates=False)
    shown = subprocess.run(
        ["openssl", "s_client", "-connect", f"127.0.0.3:{receiver.port}", "-showcerts"],
        input="", capture_output=True, text=True, check=False, timeout=20,
    ).stdout  # fmt: skip
    assert shown.count("BEGIN CERTIFICATE") == 1


def test_required_client_certificates_are_seen_by_fingerprint(old: Credential, tmp_path: object) -> None:
    clients = make_root("Clients")
    mine = issue(clients, "sender")
    settings = TlsSettings(client_certificates="require", client_roots=(clients.der,))
    with LocalReceiver(credential=old, settings=settings) as receiver:
        with (
            pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"),
            _connect("127.0.0.2", receiver.port) as connection,
        ):
            _ask(connection)
        context = ssl._create_unverified_context()
        path = f"{tmp_path}/client.pem"
        with open(path, "w", encoding="ascii") as stream:
            stream.write(mine.key_pem + mine.pem)
        context.load_cert_chain(path)
        with _connect("127.0.0.2", receiver.port, context) as connection:
            assert b"200 OK" in _ask(connection)
        seen = receiver.seen["127.0.0.2"]
        assert seen["client_certificates"] == {mine.fingerprint_sha256: 1}
        assert seen["handshake_failures"] == {"PEER_DID_NOT_RETURN_A_CERTIFICATE": 1}


def test_refused_connections_and_back(receiver: LocalReceiver, old: Credential) -> None:
    receiver.refuse("127.0.0.2")
    with pytest.raises(ConnectionRefusedError):
        _served("127.0.0.2", receiver.port)
    assert _served("127.0.0.3", receiver.port) == old.der
    receiver.listen("127.0.0.2")
    assert _served("127.0.0.2", receiver.port) == old.der


def test_http_clients_keep_one_connection(receiver: LocalReceiver) -> None:
    client = http.client.HTTPSConnection(
        "127.0.0.2", receiver.port, context=ssl._create_unverified_context(), timeout=5
    )
    client.request(
        "POST",
        "/orders",
        body=iter([b"a" * 10, b"b" * 70000]),
        encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )
    assert client.getresponse().read() == b"received\n"
    client.request("HEAD", "/orders")
    assert client.getresponse().read() == b""
    client.request("GET", "/.receiver/seen")
    seen = json.loads(client.getresponse().read())
    client.close()
    assert seen["127.0.0.2"]["connections"] == 1
    assert seen["127.0.0.2"]["requests"] == 3


def test_stop_answers_what_is_under_way_and_frees_the_port(old: Credential) -> None:
    receiver = LocalReceiver(credential=old).start()
    port = receiver.port
    with _connect("127.0.0.2", port) as idle:
        assert b"200 OK" in _ask(idle)
        receiver.stop()
        assert idle.recv(10) == b""
    with LocalReceiver(credential=old, port=port) as again:
        assert again.port == port


def test_only_loopback_addresses(old: Credential) -> None:
    with pytest.raises(BadConfiguration, match="loopback"):
        LocalReceiver(["192.0.2.1"], credential=old)
