# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples about key pairs."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.landscape import Landscape
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.receivers import repository, written
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import run

__all__ = ["renewal", "role"]


def renewal(
    folder: Path, host_vars: str, plan_and_renew: str, local_ca: str, tasks: str, ask: str, make: str, request: str,
    install: str, restart: str,
) -> None:  # fmt: skip
    folders = {name: folder / name for name in ("by_hand", "local_ca", "tasks", "steps")}
    for here in folders.values():
        here.mkdir()
    plan, renew = plan_and_renew.splitlines()
    with repository(folders["by_hand"], host_vars, key_pair=True) as landscape:
        shell = landscape.shell
        assert written(shell.run(plan)) == []
        assert not (landscape.folder / "files/client_key.csr").exists()
        assert written(shell.run(plan_and_renew)) == []
        landscape.answer()
        renewed(landscape, renew)
        again = shell.run(renew)
        assert (again.changed, written(again)) == ([], [])
    with repository(folders["local_ca"], host_vars + local_ca, key_pair=True) as landscape:
        renewed(landscape, renew)
    with repository(folders["tasks"], host_vars + tasks, key_pair=True) as landscape:
        landscape.shell.write("ask_step_ca.yml", ask)
        sign = "openssl x509 -req -in $4 -out $5 -CA ca/issuing_ca.pem -CAkey ca/issuing_ca.key -passin env:CA_SECRET"
        landscape.shell.add_command(
            "step",
            f'[ "$1 $2 $3" = "ca sign --force" ] && cd {landscape.folder} && exec {sign} -days 365 -extfile usage',
        )
        landscape.shell.set_variable("CA_SECRET", landscape.variables["ca_passphrase"])
        landscape.shell.write("usage", "extendedKeyUsage = clientAuth\n")
        renewed(landscape, renew)
    with repository(folders["steps"], presents="client_key") as landscape:
        step_by_step(landscape, make, request, install, restart)


def role(folder: Path, playbook: str) -> None:
    with repository(folder, key_pair=True) as landscape:
        landscape.shell.write("renew.yml", playbook)
        renew = "ansible-playbook -i inventory renew.yml"
        assert written(landscape.shell.run(renew)) == []
        landscape.answer()
        renewed(landscape, renew)


def renewed(landscape: Landscape, renew: str) -> None:
    assert len(written(landscape.shell.run(renew))) == 2, "the answer installed, the flow restarted"
    assert landscape.restarted() == {"Orders_To_ERP"}
    landscape.assert_no_message_failed()


def step_by_step(landscape: Landscape, make: str, request: str, install: str, restart: str) -> None:
    for block, from_the_ca in ((make, False), (request, False), (install, True), (restart, False)):
        if from_the_ca:
            subject = run("openssl", "req", "-in", str(landscape.folder / "files/client_key.csr"), "-noout", "-subject")
            assert b"client.example.com" in subject
            landscape.answer()
        (task,) = yaml.safe_load(block)
        first, again = landscape.shell.play([task, task], **landscape.variables).tasks
        assert (first.changed, again.changed) == (True, False)
        assert bool(first.writes) is (block != request)
        assert not again.writes
    assert landscape.restarted() == {"Orders_To_ERP"}
