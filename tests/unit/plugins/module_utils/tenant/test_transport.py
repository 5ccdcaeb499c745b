# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The wire: one kept connection, and what happens when the other side does not behave."""

from __future__ import annotations

import base64
import ssl
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant import transport as module
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import (
    Nonsense,
    OutcomeUnknown,
    Unreachable,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.tls import make_context
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.transport import HttpTransport
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.tenant.doubles import (
    Forwarder,
    Reply,
    ScriptedServer,
    hang_up,
    raw,
)


def transport_to(server: ScriptedServer, **options: Any) -> HttpTransport:
    context = make_context(validate_certs=True, ca_path=str(server.ca_path))
    environment = options.pop("environment", {})
    return HttpTransport(lambda host: context, timeout=options.pop("timeout", 10), environment=environment, **options)


def get(transport: HttpTransport, url: str) -> str:
    return transport.send("GET", url, {}, None, repeatable=True).body.decode()


def test_many_requests_share_one_connection(tmp_path: Path) -> None:
    with ScriptedServer([raw(200, str(number)) for number in range(5)], tmp_path) as server:
        transport = transport_to(server)
        assert [get(transport, f"{server.url}/{number}") for number in range(5)] == ["0", "1", "2", "3", "4"]
        transport.close()
    assert (server.connections, transport.connections, transport.requests) == (1, 1, 5)


def test_neither_compression_nor_netrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text(
        "machine 127.0.0.1 login stranger password from-netrc\ndefault login x password y\n"
    )
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with ScriptedServer([raw(200), raw(200)], tmp_path) as server:
        transport = transport_to(server)
        transport.send("GET", f"{server.url}/a", {"Authorization": "Bearer mine"}, None, repeatable=True)
        transport.send("GET", f"{server.url}/b", {}, None, repeatable=True)
        transport.close()
    assert [seen.header("Authorization") for seen in server.seen] == ["Bearer mine", None]
    assert {seen.header("Accept-Encoding") for seen in server.seen} == {"identity"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_a_closed_idle_connection_is_noticed_before_anything_is_sent(tmp_path: Path, method: str) -> None:
    with ScriptedServer([raw(200, "one", close=True), raw(200, "two")], tmp_path) as server:
        transport = transport_to(server)
        get(transport, server.url)
        assert server.closed.acquire(timeout=10)
        answer = transport.send(
            method, server.url, {}, b"body" if method == "POST" else None, repeatable=method == "GET"
        )
        transport.close()
    assert answer.body == b"two"
    assert [seen.method for seen in server.seen] == ["GET", method]
    assert server.connections == 2


def test_a_connection_that_the_server_announced_to_close_is_not_used_again(tmp_path: Path) -> None:
    with ScriptedServer([raw(200, "one", "Connection: close", close=True), raw(200, "two")], tmp_path) as server:
        transport = transport_to(server)
        assert [get(transport, server.url), get(transport, server.url)] == ["one", "two"]
        transport.close()
    assert transport.connections == 2


def test_a_read_lost_on_a_reused_connection_is_repeated_once(tmp_path: Path) -> None:
    with ScriptedServer([raw(200), hang_up(), raw(200, "again")], tmp_path) as server:
        transport = transport_to(server)
        get(transport, server.url)
        assert get(transport, server.url) == "again"
        transport.close()
    assert len(server.seen) == 3


def test_a_write_that_arrived_and_got_no_answer_is_not_repeated(tmp_path: Path) -> None:
    with ScriptedServer([raw(200), hang_up(), raw(204)], tmp_path) as server:
        transport = transport_to(server)
        get(transport, server.url)
        with pytest.raises(OutcomeUnknown, match="may or may not have been carried out"):
            transport.send("PUT", server.url, {}, b"certificate", repeatable=False)
        transport.close()
    assert [seen.method for seen in server.seen] == ["GET", "PUT"]


def test_a_write_that_could_not_leave_is_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_closed_by_peer", lambda connected: False)
    with ScriptedServer([raw(200), raw(204)], tmp_path) as server:
        transport = transport_to(server)
        get(transport, server.url)
        connection = next(iter(transport._open.values()))
        assert connection.sock is not None
        connection.sock.shutdown(2)
        assert transport.send("PUT", server.url, {}, b"x", repeatable=False).status == 204
        transport.close()
    assert [(seen.method, seen.connection) for seen in server.seen] == [("GET", 1), ("PUT", 2)]


def test_a_read_lost_on_a_new_connection_is_for_the_caller_to_repeat(tmp_path: Path) -> None:
    with ScriptedServer([hang_up()], tmp_path) as server:
        transport = transport_to(server)
        with pytest.raises(Unreachable, match="lost before the answer") as caught:
            get(transport, server.url)
    assert caught.value.temporary


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_a_body_cut_short_is_no_answer(tmp_path: Path, method: str) -> None:
    with ScriptedServer([Reply(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", close=True)], tmp_path) as server:
        transport = transport_to(server)
        with pytest.raises(Unreachable if method == "GET" else OutcomeUnknown):
            transport.send(method, server.url, {}, None, repeatable=method == "GET")


def test_an_answer_that_is_no_http(tmp_path: Path) -> None:
    with (
        ScriptedServer([Reply(b"220 mail.example ESMTP\r\n", close=True)], tmp_path) as server,
        pytest.raises(Nonsense, match="no HTTP"),
    ):
        get(transport_to(server), server.url)


def test_an_answer_that_is_too_large(tmp_path: Path) -> None:
    with (
        ScriptedServer([raw(200, "x" * 1001)], tmp_path) as server,
        pytest.raises(Nonsense, match="more than 1000 bytes"),
    ):
        get(transport_to(server, largest_answer=1000), server.url)


def test_a_redirect_is_refused_and_named(tmp_path: Path) -> None:
    with (
        ScriptedServer([raw(302, "", "Location: https://login.stranger.example/x?state=1")], tmp_path) as server,
        pytest.raises(Nonsense, match=r"redirect to login\.stranger\.example \(HTTP 302\)"),
    ):
        get(transport_to(server), server.url)
    assert len(server.seen) == 1


def test_silence_ends_with_the_timeout(tmp_path: Path) -> None:
    with (
        ScriptedServer([Reply(b"")], tmp_path) as server,
        pytest.raises(Unreachable, match=r"No answer within 0\.2 seconds") as caught,
    ):
        get(transport_to(server, timeout=0.2), server.url)
    assert not caught.value.temporary


def test_an_unknown_certificate_names_ca_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ScriptedServer([raw(200)], tmp_path) as server:
        # What other programs use to find their CAs does not count here.
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.ca_path))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(server.ca_path))
        context = make_context(validate_certs=True, ca_path=None)
        transport = HttpTransport(lambda host: context, timeout=10, environment={})
        with pytest.raises(Unreachable, match="ca_path") as caught:
            get(transport, server.url)
        assert not caught.value.temporary
        relaxed = make_context(validate_certs=False, ca_path=None)
        assert (
            HttpTransport(lambda host: relaxed, timeout=10, environment={})
            .send("GET", server.url, {}, None, repeatable=True)
            .status
            == 200
        )


def test_a_certificate_for_another_host_is_refused(tmp_path: Path) -> None:
    with ScriptedServer([raw(200)], tmp_path) as server:
        elsewhere = issue(server.root, "other", hosts=["other.example"])
        (tmp_path / "elsewhere.pem").write_text(elsewhere.key_pem + elsewhere.pem)
        server._context.load_cert_chain(tmp_path / "elsewhere.pem")
        with pytest.raises(Unreachable, match="not accepted") as caught:
            get(transport_to(server), server.url)
    assert "127.0.0.1" in (caught.value.said or "")


def test_nobody_listens(tmp_path: Path) -> None:
    with ScriptedServer([], tmp_path) as server:
        transport = transport_to(server)
    with pytest.raises(Unreachable, match="refused the connection") as caught:
        get(transport, server.url)
    assert caught.value.temporary


def test_a_name_that_does_not_exist() -> None:
    context = ssl.create_default_context()
    with pytest.raises(Unreachable, match=r"tenant\.invalid: The name of the host cannot be resolved"):
        get(HttpTransport(lambda host: context, timeout=10, environment={}), "https://tenant.invalid/")


def test_through_a_proxy(tmp_path: Path) -> None:
    with ScriptedServer([raw(200, "one"), raw(200, "two")], tmp_path) as server:
        with Forwarder(("127.0.0.1", server.port)) as proxy:
            transport = transport_to(server, environment={"HTTPS_PROXY": f"http://us%40er:pass@127.0.0.1:{proxy.port}"})
            assert [get(transport, "https://tenant.example/api/v1/"), get(transport, "https://tenant.example/x")] == [
                "one",
                "two",
            ]
            transport.close()
        assert len(proxy.heads) == 1
        assert proxy.heads[0].startswith("CONNECT tenant.example:443 ")
        assert f"Proxy-Authorization: Basic {base64.b64encode(b'us@er:pass').decode()}" in proxy.heads[0]
    # What is for the proxy does not reach the tenant.
    assert [seen.header("Proxy-Authorization") for seen in server.seen] == [None, None]
    assert [seen.header("Host") for seen in server.seen] == ["tenant.example", "tenant.example"]


def test_a_proxy_that_wants_a_password(tmp_path: Path) -> None:
    with (
        ScriptedServer([], tmp_path) as server,
        Forwarder(("", 0), refuse="407 Proxy Authentication Required") as proxy,
    ):
        transport = transport_to(
            server, environment={"https_proxy": f"http://user:hunter2secret@127.0.0.1:{proxy.port}"}
        )
        with pytest.raises(Unreachable, match="HTTPS_PROXY") as caught:
            get(transport, "https://tenant.example/")
    assert "407" in str(caught.value)
    assert "hunter2secret" not in str(caught.value)


def test_no_proxy_keeps_the_proxy_out(tmp_path: Path) -> None:
    with ScriptedServer([raw(200, "direct")], tmp_path) as server:
        transport = transport_to(server, environment={"https_proxy": "http://127.0.0.1:9", "no_proxy": "127.0.0.0/8"})
        assert get(transport, server.url) == "direct"


def test_a_client_certificate_is_shown_only_where_it_was_loaded(tmp_path: Path) -> None:
    client_root = make_root("Client Root")
    client = issue(client_root, "sb-client")
    with ScriptedServer([raw(200), raw(200)], tmp_path, ask_for_client_certificate=client_root) as server:
        from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.secret import Secret

        with_certificate = make_context(
            validate_certs=True,
            ca_path=str(server.ca_path),
            certificate=client.chain_pem,
            private_key=Secret(client.key_pem),
        )
        transport = HttpTransport(lambda host: with_certificate, timeout=10, environment={})
        get(transport, server.url)
        get(transport_to(server), server.url)
        transport.close()
    assert [seen.client_subject for seen in server.seen] == ["sb-client", None]
