# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbook is killed at every single request that it makes, and run again.

SIGKILL reaches the command, Ansible's workers and the modules, while the tenant holds the answer to request n: it has
carried the request out, and nobody knows. What a kill before request n leaves behind is what one after request n-1
does, so nothing is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import Renewal
from ansible_collections.certops.sap_cloud_integration.tests.faults.outcome import assert_renewed_once
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun, run_playbook
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until

PARTS = 8
# Import, deploy and delete, killed once more with modules in interpreters of their own.
WRITES = ("PUT", "POST", "DELETE")

Make = Callable[..., Renewal]
Tried = Callable[[str, int], None]


def killed_at(renewal: Renewal, *, quick: bool = True, **fault: Any) -> bool:
    """Run it and kill it when the fault holds a request; false when the run came to its end before."""
    held = renewal.tenant.faults.add("hold_after", **fault)
    run = PlaybookRun(renewal, quick=quick)
    wait_until(lambda: held.reached.is_set() or run.over, "the request to be killed at, or the end", 180)
    if not held.reached.is_set():
        assert run.status == 0, run.output
        return False
    run.kill()
    assert run.status == -9
    renewal.tenant.faults.clear()
    return True


@pytest.mark.parametrize("part", range(PARTS))
def test_killed_at_every_request(renewal: Make, tried: Tried, part: int) -> None:
    number, killed = part + 1, 0
    while True:
        with renewal() as one:
            aliases = set(one.tenant.entries())
            if not killed_at(one, number=number):
                break
            killed += 1
            assert_renewed_once(one, run_playbook(one), aliases)
        number += PARTS
    assert killed > 5, "so few requests: was anything counted?"
    tried("kills of the playbook, one at each request, each followed by a run that finished the renewal", killed)


@pytest.mark.parametrize("method", WRITES)
def test_killed_at_every_write_without_a_shortcut(renewal: Make, tried: Tried, method: str) -> None:
    with renewal() as one:
        aliases = set(one.tenant.entries())
        assert killed_at(one, quick=False, method=method, path="/api/.*")
        assert_renewed_once(one, run_playbook(one, quick=False), aliases)
    tried("kills of the plain ansible-playbook, one at each kind of write", 1)


@pytest.mark.parametrize("moment", ["previous kept", "before the reload", "after the reload"])
def test_killed_while_the_certificate_is_exchanged(renewal: Make, tried: Tried, tmp_path: Path, moment: str) -> None:
    """Between the files and the reload there is no request to the tenant."""
    there = tmp_path / "there"
    with renewal() as one:
        aliases = set(one.tenant.entries())
        files = dict(one.variables["exchange_files"])
        stop = f"sh -c 'touch {there}; exec sleep 600'"
        reload = one.receiver.reload_command.removeprefix("sh -c '").removesuffix("'")
        disturbed = {
            "previous kept": files,
            "before the reload": {**files, "check_command": stop},
            "after the reload": {**files, "reload_command": f"sh -c '{reload}; touch {there}; exec sleep 600'"},
        }[moment]
        awaited = one.receiver.installed / "certificate.pem.previous" if moment == "previous kept" else there
        run = PlaybookRun(one, exchange_files=disturbed)
        wait_until(lambda: awaited.exists() or run.over, moment, 180)
        assert not run.over, run.output
        run.kill()
        assert_renewed_once(one, run_playbook(one), aliases)
        kept = (one.receiver.installed / "certificate.pem.previous").read_text()
        assert kept == one.receiver.before.pem, "the previous certificate was not kept"
    tried("kills in the middle of the exchange", 1)
