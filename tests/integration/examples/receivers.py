# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples about the certificate of a receiver."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.landscape import CRM, ERP, Landscape
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.shell import Ran
from ansible_collections.certops.sap_cloud_integration.tests.integration.playbooks import RENEW

__all__ = ["discovery", "readme", "renewal", "repository", "role", "what_can_go_wrong", "written"]

_PREFIX = "receiver_certificate_renewal_"
# What every example of a renewal says in its own way.
_RENEWAL = {
    "sap_ci_service_key": "/run/secrets/tenant_a.json",
    f"{_PREFIX}receiver": f"{ERP}:443",
    f"{_PREFIX}old_root_path": "{{ inventory_dir }}/files/old_root.pem",
    f"{_PREFIX}new_root_path": "{{ inventory_dir }}/files/new_root.pem",
    f"{_PREFIX}new_root_fingerprint_sha256": "{{ new_root_fingerprint }}",
    f"{_PREFIX}new_root_alias": "new_root",
}
# In the examples that list flows. Whoever lists them answers for those that he forgot, Dynamic_Receiver here.
_LISTED = ("Orders_To_ERP", "Invoices_To_ERP")
# An hour is an hour in the examples, and less here.
_HASTE = {f"{_PREFIX}soak": 0.5, f"{_PREFIX}probe_pause": 0.1}
# The module of another collection, as far as the example needs it: the mails lie in a file.
_MAIL = """
import json, os
from ansible.module_utils.basic import AnsibleModule
def main():
    module = AnsibleModule({name: {"type": "str", "required": True} for name in ("to", "subject", "body")})
    with open(os.path.expanduser("~/mails.jsonl"), "a") as mails:
        mails.write(json.dumps(module.params) + "\\n")
    module.exit_json(changed=True)
"""


@contextmanager
def repository(
    folder: Path, host_vars: str = "", *, inventory: str = "inventory", **options: Any
) -> Iterator[Landscape]:
    """A folder with an inventory of one tenant, whose variables these are; the tenant itself."""
    with Landscape(folder, **options) as landscape:
        shell = landscape.shell
        shell.stand_in("/run/secrets/", f"{folder}/secrets/")
        shell.stand_in("/etc/nginx/tls/", f"{folder}/nginx/")
        shell.write("secrets/tenant_a.json", json.dumps(landscape.tenant.service_key))
        tenants = {"all": {"children": {"tenants": {"hosts": {"tenant_a": {}}}}}}
        shell.write(inventory, yaml.safe_dump(tenants))
        shell.write("host_vars/tenant_a.yml", host_vars)
        shell.write("group_vars/all.yml", yaml.safe_dump({**_HASTE, **landscape.variables}))
        yield landscape


def written(ran: Ran) -> list[str]:
    return [write for task in ran.tasks for write in task.writes]


def readme(folder: Path, host_vars: str, plan_and_renew: str) -> None:
    with repository(folder, host_vars) as landscape:
        shell = landscape.shell
        plan, renew = plan_and_renew.splitlines()
        assert written(shell.run(plan)) == []
        shell.run(renew)
        assert landscape.roots() == {"old", "new"}
        assert landscape.restarted() >= {*_LISTED, "Dynamic_Receiver"}

        landscape.exchange(ERP)
        waiting = shell.run(renew)
        assert written(waiting) == [], "the other receiver needs the old root"
        assert f"{CRM}:443" in waiting.printed
        landscape.let_caches_run_out()
        landscape.exchange(CRM)
        shell.run(renew)
        carried_through(landscape, renew)


def role(folder: Path, playbook: str) -> None:
    with repository(folder) as landscape:
        shell = landscape.shell
        shell.write("renew.yml", playbook)
        renew = "ansible-playbook -i inventory renew.yml"
        shell.run(renew)
        assert landscape.restarted() == set(_LISTED)
        landscape.let_caches_run_out()
        landscape.exchange(ERP, CRM)
        shell.run(renew)
        carried_through(landscape, renew, *_LISTED)


def renewal(
    folder: Path,
    host_vars: str,
    plan_and_renew: str,
    with_files: str,
    inventory: str,
    renew_tenants: str,
    with_tasks: str,
) -> None:
    folders = {name: folder / name for name in ("files", "tasks")}
    for here in folders.values():
        here.mkdir()
    with repository(folders["files"], host_vars + with_files) as landscape:
        landscape.shell.write("inventory", inventory)
        exchanged_here(landscape, renew_tenants, renew_tenants)
        assert "erp_proxy" in (landscape.folder / "reached").read_text(), "it was exchanged on another host"
    with repository(folders["tasks"], host_vars + with_tasks) as landscape:
        landscape.shell.write(
            "exchange_at_the_load_balancer.yml",
            "- ansible.builtin.command: install_at_the_load_balancer\n  changed_when: true\n",
        )
        exchanged_here(landscape, plan_and_renew, plan_and_renew.splitlines()[1])


def exchanged_here(landscape: Landscape, begin: str, renew: str) -> None:
    """The role carries out the whole renewal, but for what the administrators of the other receiver do."""
    shell = landscape.shell
    with receiver_that_is_told(landscape) as exchanged:
        shell.run(begin)
        assert landscape.roots() == {"old", "new"}, "the other receiver needs the old root"
        assert exchanged.read_text() == "exchanged\n"
        landscape.let_caches_run_out()
        landscape.exchange(CRM)
        shell.run(renew)
        carried_through(landscape, renew, *_LISTED)
        assert exchanged.read_text() == "exchanged\n"
        report = json.loads((landscape.folder / "report-tenant_a.json").read_text())
        assert report["stage"] == "done"


def carried_through(landscape: Landscape, renew: str, *flows: str) -> None:
    """The renewal is at its end, these flows (all, if none is named) lost nothing, and run again it changes nothing."""
    assert landscape.roots() == {"new"}
    again = landscape.shell.run(renew)
    assert (again.changed, written(again)) == ([], [])
    landscape.assert_no_message_failed(*flows)


@contextmanager
def receiver_that_is_told(landscape: Landscape) -> Iterator[Path]:
    """erp.example.com in a process of its own, exchanged by the commands that the examples name; its exchanges."""
    folder, shell = landscape.folder, landscape.shell
    done = folder / "exchanged"
    files = f"--certificate {folder}/nginx/erp.pem --key {folder}/nginx/erp.key --pid-file {folder}/nginx/pid"
    module = "ansible_collections.certops.sap_cloud_integration.tests.receiver"
    server = f"{shlex.quote(sys.executable)} -m {module} {files} --address 127.0.0.2"
    tell = f"echo exchanged >> {done}\nexec {server} --reload"
    shell.add_command("nginx", f'[ "$*" = -t ] && exec {server} --check')
    shell.add_command("systemctl", f'[ "$*" = "reload nginx" ] || exit 1\n{tell}')
    shell.add_command(
        "install_at_the_load_balancer",
        f"cd {folder}\ncp files/erp_chain.pem nginx/erp.pem\ncp files/erp_key.pem nginx/erp.key\n{tell}",
    )
    # Another host that is this one, and a user who may become root there.
    shell.add_command("ssh", f'echo "$*" >> {folder}/reached\nfor command; do :; done\nexec sh -c "$command"')
    shell.set_variable("ANSIBLE_SSH_TRANSFER_METHOD", "piped")
    shell.add_command("sudo", 'while [ "$1" != /bin/sh ]; do shift; done\nexec "$@"')
    with subprocess.Popen(shlex.split(server), stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            landscape.move(ERP, 443, int(process.stdout.readline().rpartition(":")[2]))
            yield done
        finally:
            process.terminate()
            process.communicate()


def discovery(folder: Path, report: str, find: str, variables: str) -> None:
    with repository(folder, variables, inventory="inventory.yml") as landscape:
        shell = landscape.shell
        found = shell.play(
            [*yaml.safe_load(find), {"name": "Show", "ansible.builtin.debug": {"msg": "{{ flows.sends_to }}"}}],
            **landscape.variables,
        )
        assert [task.outcome for task in found.tasks] == ["ok", "ok"]
        assert "Dynamic_Receiver" in found.printed
        assert written(found) == []

        (folder / "group_vars/all.yml").write_text(
            (folder / "group_vars/all.yml").read_text() + shell.translated(yaml.safe_dump(_RENEWAL))
        )
        shell.run(f"ansible-playbook -i inventory.yml {RENEW}")
        assert landscape.restarted() == {*_LISTED, "Dynamic_Receiver"}
        assert landscape.roots() == {"old", "new"}

        reported = shell.run(report)
        assert written(reported) == []
        assert ERP in json.dumps(json.loads((folder / "trust-tenant_a.json").read_text()))
        assert (folder / "trust-tenant_a.html").exists()


def what_can_go_wrong(folder: Path, variables: str, notify: str, backup: str) -> None:
    with repository(folder, yaml.safe_dump(_RENEWAL) + variables) as landscape:
        shell = landscape.shell
        shell.write("notify.yml", notify)
        modules = shell.home / "collections/ansible_collections/community/general/plugins/modules"
        modules.mkdir(parents=True)
        (modules / "mail.py").write_text(_MAIL)
        for _run in range(2):
            shell.run(f"ansible-playbook -i inventory {RENEW}")
        (mail,) = map(json.loads, (shell.home / "mails.jsonl").read_text().splitlines())
        assert mail["subject"].endswith(f": {ERP}:443")
        assert landscape.new_root.fingerprint_sha256 in mail["body"]
        assert list((folder / "records").iterdir())

        taken, foretold = yaml.safe_load(backup)
        ran = shell.play([taken, taken, foretold], **landscape.variables)
        first, again, restore = ran.tasks
        assert (first.changed, again.changed, restore.changed) == (True, False, False)
        assert first.writes
        assert not again.writes + restore.writes
