# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""ansible-rulebook itself runs the rulebook: a root comes due, and the renewal of all tenants is started, once.

"make eda" makes the environment that this needs and names it in EDA_ENVIRONMENT.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import ADDRESS, HOST, Fleet
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import login
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver

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

    def stop(self) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
        self._process.wait(30)
        self._reader.join(10)


@pytest.fixture
def fleet(tmp_path: Path) -> Iterator[Fleet]:
    old_root, new_root = make_root("Old Root", days=20), make_root("New Root")
    credential = issue(old_root, HOST, hosts=[HOST], days=15)
    with (
        LocalReceiver([ADDRESS], credential=credential) as receiver,
        Fleet(tmp_path, 2, receiver.port, old_root, new_root) as fleet,
    ):
        yield fleet


def test_what_comes_due_starts_the_renewal_once(fleet: Fleet, tmp_path: Path) -> None:
    variables = tmp_path / "variables.json"
    variables.write_text(
        json.dumps(
            {
                "keystore_expiry_tenants": [{"name": name, **login(each)} for name, each in fleet.tenants.items()],
                "keystore_expiry_receivers": [{"receiver": f"{HOST}:{fleet.port}", "addresses": [ADDRESS]}],
                "keystore_expiry_days_before": [30, 7],
                "keystore_expiry_interval": 1,
            }
        )
    )

    def rounds() -> int:
        """How often the source asked the last tenant: a login for each round, and a few of the playbook's."""
        return sum(entry["listener"] == "token" for entry in fleet.tenants[fleet.names[-1]].journal)

    rulebook = Rulebook(fleet, variables)
    try:
        rulebook.wait_for(lambda: "PLAY RECAP" in rulebook.text, "the end of a playbook")
        asked = rounds()
        rulebook.wait_for(lambda: rounds() >= asked + 3, "three more rounds of the event source")
    finally:
        rulebook.stop()

    assert [fleet.roots(name) for name in fleet.names] == [{"old", "new"}] * 2, rulebook.text
    assert rulebook.text.count("PLAY RECAP") == 1
    assert rulebook.text.count("'alias': 'example_root_2016'") == 2, "an event for each tenant, and no second one"
    assert "'kind': 'served_certificate'" in rulebook.text
    assert all(each.service_key["oauth"]["clientsecret"] not in rulebook.text for each in fleet.tenants.values())
