# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of nginx, HAProxy and a Java server are exchanged by the role, while a flow sends to them.

"make real-servers" installs what is missing, where it may.
"""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import ADDRESS, HOST, Fleet
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.real_servers.servers import SERVERS, JavaServer, RealServer

PLAYBOOK = "ansible-playbook certops.sap_cloud_integration.renew_receiver_certificate"
BEFORE_AND_AFTER = 20  # messages that have to be completed on either side of the exchange


class Setting:
    """One server, one tenant with a flow that sends to it, and the roots from which and to which it moves."""

    def __init__(self, kind: str, directory: Path, stack: ExitStack) -> None:
        self.old_root, self.new_root = make_root("Old Root"), make_root("New Root")
        self.before = issue(issue(self.old_root, "Old CA", ca=True), HOST, hosts=[HOST], key=rsa_key())
        self.after = issue(issue(self.new_root, "New CA", ca=True), HOST, hosts=[HOST], key=rsa_key())
        self.directory, self._stack = directory, stack
        self.server: RealServer = stack.enter_context(SERVERS[kind](directory / kind, ADDRESS, self.before))

    def start(self, contents: dict[str, bytes]) -> Fleet:
        """With these files to be installed."""
        return self._stack.enter_context(
            Fleet(
                self.directory, 1, self.server.port, self.old_root, self.new_root, messages_per_second=10,
                exchange="files", exchange_files=self.server.exchange_files(self.directory / "new", contents),
            )
        )  # fmt: skip


@pytest.fixture(params=SERVERS)
def setting(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Setting]:
    kind = SERVERS[request.param]
    if kind.missing():
        pytest.skip(
            f"{', '.join(kind.missing())} is not here and could not be installed: apt-get install {kind.package}"
        )
    with ExitStack() as stack:
        yield Setting(request.param, tmp_path, stack)


def statuses(fleet: Fleet) -> Counter[str]:
    return Counter(message["status"] for tenant in fleet.tenants.values() for message in tenant.messages())


def wait_for(fleet: Fleet, completed: int) -> None:
    """Until so many messages more are completed."""
    import time

    wanted, deadline = statuses(fleet)["COMPLETED"] + completed, time.monotonic() + 120
    while statuses(fleet)["COMPLETED"] < wanted:
        assert time.monotonic() < deadline, f"messages do not get through: {statuses(fleet)}"
        time.sleep(0.05)  # the flow sends at its own pace


def contents_in_place(server: RealServer) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in server.tls.iterdir()}


def test_the_certificate_is_exchanged_without_losing_a_message(setting: Setting) -> None:
    server = setting.server
    original = contents_in_place(server)
    contents = dict(server.contents(setting.after))
    fleet = setting.start(contents)
    wait_for(fleet, BEFORE_AND_AFTER)
    run = fleet.run(PLAYBOOK)
    assert run.returncode == 0, run.stdout + run.stderr
    wait_for(fleet, BEFORE_AND_AFTER)
    assert server.served() == setting.after.der
    assert set(statuses(fleet)) == {"COMPLETED"}
    assert fleet.roots(fleet.names[0]) == {"new"}, "it was not carried through to the end"
    kept = {f"{name}.previous": content for name, content in original.items()}
    assert contents_in_place(server).items() >= {**contents, **kept}.items()
    assert _verified_by_openssl(server, setting.new_root)
    if isinstance(server, JavaServer):
        shown = subprocess.run(server.keytool("-list", "-v"), check=True, capture_output=True, text=True).stdout
        assert "Entry type: PrivateKeyEntry" in shown
        assert "Certificate chain length: 2" in shown
        assert setting.after.fingerprint_sha256.upper() in shown


def test_files_that_the_server_refuses_are_put_back(setting: Setting) -> None:
    server = setting.server
    original = contents_in_place(server)
    fleet = setting.start(_broken(server, setting.after))
    wait_for(fleet, BEFORE_AND_AFTER)
    run = fleet.run(PLAYBOOK)
    assert run.returncode == 2, run.stdout
    assert "Check the configuration" in run.stdout
    assert "the previous files are in place again" in run.stdout
    wait_for(fleet, BEFORE_AND_AFTER)
    assert server.served() == setting.before.der
    assert set(statuses(fleet)) == {"COMPLETED"}
    assert {name: contents_in_place(server)[name] for name in original} == original
    assert fleet.roots(fleet.names[0]) == {"old", "new"}


def _broken(server: RealServer, credential: Credential) -> dict[str, bytes]:
    """A key that does not belong to the certificate; for Java, a keystore that was cut off."""
    contents = dict(server.contents(credential))
    if isinstance(server, JavaServer):
        return {name: content[:-200] for name, content in contents.items()}
    strange = issue(make_root("Strange Root"), HOST, hosts=[HOST], key=rsa_key())
    keys = credential.key_pem.encode(), strange.key_pem.encode()
    return {name: content.replace(*keys) for name, content in contents.items()}


def _verified_by_openssl(server: RealServer, root: Credential) -> bool:
    """Another eye: the chain as sent, from its leaf to the root."""
    (server.directory / "root.pem").write_text(root.pem)
    seen = subprocess.run(
        ["openssl", "s_client", "-connect", f"{server.address}:{server.port}", "-servername", HOST,
         "-verify_hostname", HOST, "-verify_return_error", "-CAfile", server.directory / "root.pem"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "Verify return code: 0 (ok)" in seen.stdout
