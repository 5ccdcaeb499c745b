# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the guide "What can go wrong, and what happens then" quotes is what the role and the modules say.

The decisions are made by the functions that the role asks, from facts with the names of the guide, and put into words
by the very templates of the role. A quoted line that nothing here produces fails.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ansible_collections.certops.sap_cloud_integration as package
import pytest
from ansible.parsing.dataloader import DataLoader
from ansible.template import Templar
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.expected import certificate_entry
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.keystore_backup import (
    Comparison,
    decide_taken,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.facts import Facts
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.renewal.stage import decide, decide_rollback
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

_ROOT = Path(next(iter(package.__path__)))
_GUIDE = _ROOT / "docs" / "docsite" / "rst" / "guide_what_can_go_wrong.rst"
_TASKS = _ROOT / "roles" / "receiver_certificate_renewal" / "tasks"
_LONG_AGO, _IMPORTED, _RESTARTED, _NOW = (f"2026-11-{day}T08:00:00Z" for day in ("01", "10", "11", "21"))


def _quoted() -> list[list[str]]:
    """The statements of each block: every line in quotation marks is one, or else the whole block."""
    blocks = re.findall(r"^\.\. code-block:: text\n\n((?:   .*\n|\n)+)", _GUIDE.read_text(), re.MULTILINE)
    texts = [" ".join(block.split()) for block in blocks]
    return [re.findall(r'"([^"]*)"', text) if text.startswith('"') else [text] for text in texts]


# The landscape of the guide.


def _root(name: str, *aliases: str, since: str) -> dict[str, Any]:
    entries = [{"alias": alias, "last_modified_time": since} for alias in aliases]
    return {"fingerprint_sha256": name, "certificate_known": True, "entries": entries}


def _address(last: int, serves: str) -> dict[str, Any]:
    return {"address": f"203.0.113.{last}", f"validated_by_{serves}": True, "consecutive": 3}


def _facts(*serves: str, **more: Any) -> dict[str, Any]:
    """Both roots are trusted, both flows were restarted since."""
    return {
        "now": _NOW,
        "old_root": _root("aa", "old_root", since=_LONG_AGO),
        "new_root": _root("bb", "new_root", since=_IMPORTED),
        "flows": [
            {"id": flow, "status": "STARTED", "deployed_on": _RESTARTED}
            for flow in ("Orders_To_ERP", "Invoices_To_ERP")
        ],
        "receiver": {
            "host": "erp.example.com",
            "port": 443,
            "addresses": [_address(number, what) for number, what in enumerate(serves, 10)],
        },
        "policy": {"probes_required": 3},
        **more,
    }


# The words of the role.


def _template(file: str, task: str, **variables: Any) -> Any:
    """The message of a task, filled in by Ansible itself."""
    loader = DataLoader()
    # From ansible-core 2.19 on, only trusted text is a template.
    trusted = (
        {"trusted_as_template": True}
        if "trusted_as_template" in inspect.signature(loader.load_from_file).parameters
        else {}
    )
    found = next(one for one in loader.load_from_file(str(_TASKS / file), **trusted) if one["name"] == task)
    message = next(
        found[module]["msg"] for module in ("ansible.builtin.debug", "ansible.builtin.fail") if module in found
    )
    return Templar(loader, variables={**found.get("vars", {}), **variables}).template(message)


def _stands(facts: dict[str, Any], *, rollback: bool = False) -> list[str]:
    decision = (decide_rollback if rollback else decide)(Facts.from_mapping(facts)).to_result()
    return list(
        _template(
            "observe.yml", "Observe | Say where the renewal stands", __receiver_certificate_renewal_decision=decision
        )
    )


def _repeated() -> list[str]:
    facts = _facts("old")
    facts["now"] = _IMPORTED
    for flow in facts["flows"]:
        flow["deployed_on"] = _LONG_AGO
    decision = decide(Facts.from_mapping(facts)).to_result()
    return [
        _template(
            "advance.yml", "Advance | Stop when the same write would be repeated",
            __receiver_certificate_renewal_decision=decision,
        )
    ]  # fmt: skip


def _flow_in_error() -> list[str]:
    facts = _facts("old")
    facts["flows"][0] |= {"status": "ERROR", "error": "Validation of the artifact failed"}
    return _stands(facts)


def _unproven() -> list[str]:
    logs = [{"id": flow, "tls_failures": 0, "completed": 0} for flow in ("Orders_To_ERP", "Invoices_To_ERP")]
    return _stands(_facts("new", logs={"flows": logs}))


def _protected() -> list[str]:
    other = {"receiver": "crm.example.com:443", "needs_old_root": "yes", "flows": ["Contacts_To_CRM"]}
    return _stands(_facts("new", protected=[other]))


def _rolled_back() -> list[str]:
    facts = _facts("old")
    facts["policy"]["exchange"] = "files"
    return _stands(facts, rollback=True)


DECIDED: dict[str, Callable[[], list[str]]] = {
    "half of the addresses are exchanged": lambda: _stands(_facts("new", "old")),
    "another run does the same": _repeated,
    "exchanged too early": lambda: _stands(_facts("new", new_root=_root("bb", since=_NOW))),
    "the old root is gone": lambda: _stands(_facts("old", old_root=_root("aa", since=_NOW))),
    "a flow in ERROR": _flow_in_error,
    "another receiver needs the old root": _protected,
    "no message was completed": _unproven,
    "taken back": _rolled_back,
    "the old root is deleted": lambda: _stands(_facts("new", old_root=_root("aa", since=_NOW)), rollback=True),
}


# The words of the modules.


def _answer_lost(tenant: LocalTenant, root: Credential) -> str:
    tenant.faults.add("drop_before", method="PUT", count=None)
    wanted = {"certificate_content": root.pem, "fingerprint_sha256": root.fingerprint_sha256, "alias": "root"}
    message = call(tenant, "trusted_root", wanted).message
    where, text = message.split(": ", 1)
    assert "127.0.0.1" in where or "localhost" in where, message
    return f"acme.it-cpi001.cfapps.eu10.hana.ondemand.com: {text}"


def _backup_overwritten(root: Credential) -> str:
    gone = certificate_entry("gone", parse_certificate(root.der))
    (warning,) = decide_taken(Comparison({}, {"gone": gone})).warnings
    return warning


@pytest.fixture(scope="module")
def produced(old_root: Credential) -> dict[str, str]:
    """Each statement, blanks put together, and what produced it."""
    said = {line: name for name, scenario in DECIDED.items() for line in scenario()}
    with LocalTenant() as tenant:
        said[_answer_lost(tenant, old_root)] = "the answer to a write was lost"
    said[_backup_overwritten(old_root)] = "a backup overwrites another one"
    return {" ".join(line.split()): name for line, name in said.items()}


@pytest.mark.parametrize("statements", _quoted(), ids=lambda statements: statements[0][:50])
def test_every_quoted_line_is_said(statements: list[str], produced: dict[str, str]) -> None:
    for statement in statements:
        assert statement in produced, "\n".join(["nothing says:", statement, "what is said:", *sorted(produced)])


def test_every_scenario_is_quoted(produced: dict[str, str]) -> None:
    quoted = {statement for block in _quoted() for statement in block}
    assert {produced[line] for line in quoted & produced.keys()} == set(produced.values())
