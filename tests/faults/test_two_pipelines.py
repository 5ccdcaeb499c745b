# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two pipelines run the same renewal at the same moment: one result."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.landscape import NEW_ALIAS, OLD_ALIAS, Renewal
from ansible_collections.certops.sap_cloud_integration.tests.faults.outcome import successful_writes
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun, run_playbook


@pytest.mark.parametrize("attempt", range(3))
def test_two_pipelines_make_one_renewal(
    renewal: Callable[..., Renewal], tried: Callable[[str, int], None], attempt: int
) -> None:
    with renewal() as one:
        aliases = set(one.tenant.entries())
        runs = [PlaybookRun(one) for _unused in range(2)]
        for run in runs:
            run.wait()
        failed = [run for run in runs if run.status != 0]
        # One may have lost the race for a write: then it says so, and the other one has done the work.
        assert len(failed) < 2, "\n".join(run.output for run in runs)
        last = run_playbook(one)
        assert last.recap["changed"] == 0, last.output
        assert last.result["finished"] is True
        assert set(one.tenant.entries()) == aliases - {OLD_ALIAS} | {NEW_ALIAS}
        assert one.receiver.serves(one.receiver.after)
        done = successful_writes(one)
        assert (done["import"], done["delete"]) == (1, 1)
        assert one.failed_messages() == []
        changed = [step["name"] for run in runs if run not in failed for step in run.result["steps"] if step["changed"]]
        assert changed.count("import_new_root") <= 1
        assert changed.count("delete_old_root") <= 1
    tried("pairs of pipelines at the same moment", 1)
