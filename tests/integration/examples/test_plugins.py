# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every task of every EXAMPLES, run twice in a row: it changes what it should, once, and the tenant saw it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.collected import (
    COLLECTION,
    plugin_examples,
)
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.landscape import CRM, ERP, Landscape
from ansible_collections.certops.sap_cloud_integration.tests.pki import make_root

FULL_NAME = "certops.sap_cloud_integration"
KEY_PAIR_PLUGINS = ("modules/signing_request", "modules/signing_response", "modules/local_ca_response",
                    "filter/flow_selection", "filter/key_pair_renewal_decision")  # fmt: skip


@dataclass(frozen=True)
class Given:
    """What an example needs and does.

    :param changes: the tasks that change something; no other one may.
    :param files: the files that it makes; the tenant sees nothing of them.
    :param prepare: brings the landscape to where the example begins; gives more variables.
    :param before: tasks that register what the example speaks of.
    """

    changes: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    prepare: Callable[[Landscape], dict[str, Any] | None] = lambda _landscape: None
    before: tuple[dict[str, Any], ...] = ()


def module(name: str, register: str = "result", **options: Any) -> dict[str, Any]:
    return {"name": f"Before: {name}", f"{FULL_NAME}.{name}": options, "register": register}


def new_root_is_there(landscape: Landscape) -> None:
    landscape.tenant.seed_certificate("example_root_2026", landscape.new_root.der)


def both_receivers_have_moved(landscape: Landscape) -> None:
    landscape.exchange(ERP, CRM)


def receivers_move_to_a_trusted_root(landscape: Landscape) -> None:
    new_root_is_there(landscape)
    both_receivers_have_moved(landscape)


def messages_get_through(landscape: Landscape) -> None:
    landscape.wait_for_messages("Orders_To_ERP", "Invoices_To_ERP")


def something_ends_soon(landscape: Landscape) -> None:
    landscape.tenant.seed_certificate("ends_soon", make_root("Ends Soon", days=30).der)


def trust_is_declared(landscape: Landscape) -> None:
    both_receivers_have_moved(landscape)
    for folder, alias in (("common", "common_root"), ("production", "production_root")):
        root = make_root(alias)
        entry = {"alias": alias, "fingerprint_sha256": root.fingerprint_sha256, "certificate_path": "root.pem"}
        landscape.shell.write(f"trust/{folder}/roots.yml", yaml.safe_dump({"roots": [entry]}))
        landscape.shell.write(f"trust/{folder}/root.pem", root.pem)


def trust_has_a_folder(landscape: Landscape) -> None:
    (landscape.folder / "trust").mkdir()


def the_ca_has_answered(landscape: Landscape) -> None:
    landscape.write_signing_request()
    landscape.answer()


def observed_by(role: str, variables: dict[str, str], **seen: Any) -> Given:
    """The role itself puts together for the filter what it observed.

    :param seen: what is no fact but a variable of a task of the role.
    """
    (task, *_more) = yaml.safe_load((COLLECTION / f"roles/{role}/tasks/decide.yml").read_text())
    given = {f"{role}_{name}": value for name, value in variables.items()}
    given |= {f"__{role}_{name}": value for name, value in seen.items()}
    look = {"name": f"{FULL_NAME}.{role}", "tasks_from": "status", "public": True}
    return Given(
        prepare=lambda _landscape: {**given, "observation": task["vars"][f"__{role}_observation"]},
        before=({"name": "Before: see where it stands", "ansible.builtin.include_role": look},),
    )


RENEWAL = {
    "receiver": f"{ERP}:443", "old_root_path": "files/old_root.pem", "new_root_path": "files/new_root.pem",
    "new_root_fingerprint_sha256": "{{ new_root_fingerprint }}", "new_root_alias": "new_root",
}  # fmt: skip
KEY_PAIR = {"alias": "client_key", "request_path": "files/client_key.csr", "response_path": "files/client_key.p7b"}

GIVEN = {
    "modules/integration_flow": Given(
        changes=("Let the flows see the new root now", "Take a flow out of service"), prepare=new_root_is_there
    ),
    "modules/keystore_backup": Given(changes=("Keep the keystore as it is before anything changes",)),
    "modules/keystore_entry": Given(
        changes=("Import a partner's certificate to verify signatures with", "Rename it",
                 "Have the tenant make a key pair", "Import a key pair", "Delete it"),
        prepare=Landscape.write_signing_key,
    ),
    "modules/keystore_info": Given(prepare=something_ends_soon),
    "modules/local_ca_response": Given(
        changes=("Let the private CA answer",), files=("files/client_key.pem",),
        prepare=Landscape.write_signing_request,
    ),
    "modules/message_processing_log_info": Given(prepare=messages_get_through),
    "modules/served_chain_info": Given(prepare=both_receivers_have_moved),
    "modules/signing_request": Given(
        changes=("Write the request that goes to the CA",), files=("files/client_key.csr",)
    ),
    "modules/signing_response": Given(
        changes=("Install what the CA sent", "Restart the flows that present this key pair"),
        prepare=the_ca_has_answered,
    ),
    "modules/trust_export": Given(
        changes=("Adopt what the tenant trusts",), files=("trust/production/roots.yml",), prepare=trust_has_a_folder
    ),
    "modules/trusted_root": Given(
        changes=("Trust the new root of a receiver beside the old one",
                 "Stop trusting the old root once no receiver needs it"),
        prepare=both_receivers_have_moved,
    ),
    "modules/trusted_roots": Given(
        changes=("Trust what the repository declares, and say what else is trusted",
                 "Trust these roots and no other, as long as no receiver needs one of the others"),
        prepare=trust_is_declared,
    ),
    "filter/flow_selection": Given(
        changes=("Restart every flow that may use the key pair",), prepare=lambda it: it.add_key_pair("client_2026"),
        before=(module("integration_flow_info", "flows", uses_alias="client_key"),),
    ),
    "filter/key_pair_renewal_decision": observed_by(
        "key_pair_renewal", KEY_PAIR, request={"actions": ["write"]}, response={"skipped": True}
    ),
    "filter/renewal_decision": observed_by("receiver_certificate_renewal", RENEWAL),
    "filter/trust_flows": Given(
        before=(module("integration_flow_info", "flows", details=True), module("trusted_roots", "trusted", roots=[])),
    ),
}  # fmt: skip


def test_no_example_is_spoken_of_that_is_none() -> None:
    assert set(GIVEN) <= set(plugin_examples())
    assert set(KEY_PAIR_PLUGINS) <= set(plugin_examples())


@pytest.mark.parametrize("plugin", plugin_examples())
def test_it_does_what_it_says(plugin: str, tmp_path: Path) -> None:
    examples, given = plugin_examples()[plugin], GIVEN.get(plugin, Given())
    with Landscape(tmp_path, key_pair=plugin in KEY_PAIR_PLUGINS, timer=True) as landscape:
        more = given.prepare(landscape) or {}
        assert [name for name in given.files if (tmp_path / name).exists()] == []
        twice = [task for task in examples for _again in range(2)]
        ran = landscape.shell.play(twice, before=given.before, **landscape.variables, **more)

    done = ran.tasks[-len(twice) :]
    assert [task.name for task in done] == [task["name"] for task in twice]
    assert [task.name for task in done if task.outcome != "ok"] == []
    first, again = done[::2], done[1::2]
    assert tuple(task.name for task in first if task.changed) == given.changes
    assert [task.name for task in first if task.writes] == ([] if given.files else list(given.changes))
    assert [name for name in given.files if not (tmp_path / name).exists()] == []
    assert [task.name for task in again if task.changed or task.writes] == []
