# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-rulebook itself runs the rulebook: roots and key pairs come due, and what renews them is started, once.

"make eda" makes the environment that this needs and names it in EDA_ENVIRONMENT.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import seed
from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import ADDRESS, HOST, Fleet
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import login
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

RULEBOOK = "certops.sap_cloud_integration.renew_on_expiry"
PATIENCE = 600.0  # seconds: a machine that does other work too starts Java and Ansible slowly


class Rulebook:
    """A running ansible-rulebook; all it prints is kept."""

    def __init__(self, fleet: Fleet, variables: Path) -> None:
        environment = Path(os.environ["EDA_ENVIRONMENT"])
        inherited = {name: value for name, value in fleet.environment.items() if name != "PYTHONPATH"}
        self._process = subprocess.Popen(
            [environment / "bin" / "ansible-rulebook", "--rulebook", RULEBOOK, "--inventory", "inventory",
             "--vars", variables, "--print-events"],
            cwd=fleet.repository,
            env={**inherited, "PATH": f"{environment}/bin{os.pathsep}{os.environ['PATH']}"},
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True,
        )  # fmt: skip
        self.printed: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._changed:
                self.printed.append(line)
                self._changed.notify_all()

    @property
    def text(self) -> str:
        return "".join(self.printed)

    def wait_for(self, seen: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        with self._changed:
            while not seen():
                if self._process.poll() is not None or time.monotonic() > deadline:
                    pytest.fail(f"{what} was not seen. It printed:\n{self.text[-6000:]}")
                self._changed.wait(0.2)

    def wait_for_playbooks(self, number: int) -> None:
        self.wait_for(lambda: self.playbooks >= number, f"the end of playbook {number}")

    @property
    def playbooks(self) -> int:
        """How many have ended."""
        return self.text.count("PLAY RECAP")

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)
        self._reader.join(10)


class Site:
    """Two tenants and their receiver, in the repository of the example, and the event source that asks them."""

    def __init__(self, fleet: Fleet, directory: Path) -> None:
        self.fleet = fleet
        self._variables = directory / "variables.json"
        self._variables.write_text(
            json.dumps(
                {
                    "keystore_expiry_tenants": [{"name": name, **login(each)} for name, each in fleet.tenants.items()],
                    "keystore_expiry_receivers": [{"receiver": f"{HOST}:{fleet.port}", "addresses": [ADDRESS]}],
                    "keystore_expiry_days_before": [30, 7],
                    "keystore_expiry_interval": 1,
                }
            )
        )

    @property
    def rounds(self) -> int:
        """How often the source asked the last tenant: a login for each round, and a few of the playbook's."""
        return sum(entry["listener"] == "token" for entry in self.fleet.tenants[self.fleet.names[-1]].journal)

    def run(self, playbooks: int) -> str:
        """All that the rulebook prints until so many playbooks have ended and three more rounds were made."""
        rulebook = Rulebook(self.fleet, self._variables)
        try:
            rulebook.wait_for_playbooks(playbooks)
            asked = self.rounds
            rulebook.wait_for(lambda: self.rounds >= asked + 3, "three more rounds of the event source")
        finally:
            rulebook.stop()
        assert rulebook.playbooks == playbooks, rulebook.text
        assert all(
            each.service_key["oauth"]["clientsecret"] not in rulebook.text for each in self.fleet.tenants.values()
        )
        return rulebook.text


@contextlib.contextmanager
def site(directory: Path, *, days: int) -> Iterator[Site]:
    """:param days: until the root ends that the tenants trust, and what the receiver serves."""
    old_root, new_root = make_root("Old Root", days=days), make_root("New Root")
    credential = issue(old_root, HOST, hosts=[HOST], days=days)
    with (
        LocalReceiver([ADDRESS], credential=credential) as receiver,
        Fleet(directory, 2, receiver.port, old_root, new_root) as fleet,
    ):
        yield Site(fleet, directory)


def test_a_root_that_comes_due_starts_the_renewal_once(tmp_path: Path) -> None:
    with site(tmp_path, days=20) as due:
        printed = due.run(playbooks=1)
        assert [due.fleet.roots(name) for name in due.fleet.names] == [{"old", "new"}] * 2, printed
    assert printed.count("'alias': 'example_root_2016'") == 2, "an event for each tenant, and no second one"
    assert "'kind': 'served_certificate'" in printed


def test_a_key_pair_that_comes_due_is_renewed_where_it_is_declared(tmp_path: Path) -> None:
    root = make_root("Client Root")
    harm = tmp_path / "harm"
    planted = f"{{{{ lookup('pipe', 'touch {harm}') }}}}"
    with site(tmp_path, days=300) as due:
        declaring, other = due.fleet.tenants.values()
        for tenant, aliases in ((declaring, ("client", "forgotten")), (other, ("client", planted))):
            for alias in aliases:
                _seed(tenant, alias, root, days=20)
        _seed(other, "sap_key", root, days=20, owner="SAP")
        before = {tenant: tenant.entries() for tenant in (declaring, other)}
        _declare(due.fleet, declaring_host=due.fleet.names[0], alias="client", root=root)

        printed = due.run(playbooks=3)

        after = declaring.entries()
        assert after.pop("client").chain[0] != before[declaring].pop("client").chain[0], printed
        assert after == before[declaring]
        assert (other.entries(), other.writes()) == (before[other], [])
        assert len(declaring.writes()) == 1, "the answer of the CA, once"
    alone = [line for line in printed.splitlines() if "Somebody has to look: key pair" in line]
    assert len(alone) == 2, printed
    assert any('"forgotten\\"' in line and f"no host of {due.fleet.names[0]}" in line for line in alone), alone
    assert any('"client\\"' in line and f"no host of {due.fleet.names[1]}" in line for line in alone), alone
    assert "sap_key" in printed
    assert not harm.exists(), "an alias is no program"


def _seed(tenant: LocalTenant, alias: str, root: Credential, *, days: int, **options: str) -> None:
    made = issue(root, "client.example", days=days)
    seed(tenant, alias, made.key, [made.der], **options)


def _declare(fleet: Fleet, declaring_host: str, alias: str, root: Credential) -> None:
    """One host renews one key pair, with a CA on the controller."""
    files = fleet.repository.parent
    (files / "ca.pem").write_text(root.pem)
    (files / "ca.key").write_text(root.key_pem)
    settings = {
        "alias": alias,
        "request_path": str(files / "client.csr"),
        "response_path": str(files / "client.p7b"),
        "provider": "local_ca",
        "local_ca": {"certificate_path": str(files / "ca.pem"), "private_key_path": str(files / "ca.key")},
    }
    variables = fleet.repository / "inventory" / "host_vars" / f"{declaring_host}.json"
    variables.parent.mkdir()
    variables.write_text(json.dumps({f"key_pair_renewal_{name}": value for name, value in settings.items()}))
