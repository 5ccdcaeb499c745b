# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The whole renewal with a hand-over, under traffic: the plan, the first run, the two exchanges, the end, a repeat."""

from __future__ import annotations

from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.tests.integration.renewal import running_renewal

_FLOWS = tuple(f"flow_{number}" for number in range(10))


def test_a_renewal_from_the_first_plan_to_a_run_that_changes_nothing(tmp_path: Path) -> None:
    with running_renewal(tmp_path, ["127.0.0.11", "127.0.0.12"], *_FLOWS, rate=1.0) as (renewal, receiver):
        playbook = renewal.playbook(flows=list(_FLOWS), parallel=5)

        # The plan: every flow by name, every step in order, no write.
        renewal.tenant.read_only = True
        planned = renewal.renew(playbook, "--check")
        renewal.tenant.read_only = False
        assert renewal.tenant.violations == []
        plan = renewal.report["decision"]["plan"]
        assert [step["step"] for step in plan if step["step"]] == [
            "import_new_root",
            "restart_flows",
            "hand_over",
            "soak",
            "check_messages",
            "delete_old_root",
        ]
        assert next(step for step in plan if step["step"] == "restart_flows")["flows"] == sorted(_FLOWS)
        for text in ("1. import_new_root", "2. restart_flows", *_FLOWS):
            assert text in planned.output
        assert renewal.report["check_mode"] is True
        assert renewal.aliases() == {"old_root": "old"}

        # The first run does what this side can do, and says what the other side has to do.
        first = renewal.renew(playbook)
        assert renewal.steps == ["import_new_root", "restart_flows"]
        assert [step["changed"] for step in renewal.report["steps"]] == [True, True]
        assert renewal.aliases() == {"old_root": "old", "new_root": "new"}
        assert renewal.restarts() == dict.fromkeys(_FLOWS, 1)
        hand_over = renewal.report["decision"]["hand_over"]
        assert renewal.new_root.fingerprint_sha256 in hand_over["text"]
        assert renewal.receiver_name in hand_over["text"]
        assert "receiver administrator" in first.output
        assert len(renewal.tenant.writes()) == 1 + len(_FLOWS)

        # Only one of the two addresses serves the new chain: it waits, and writes nothing.
        receiver.exchange(renewal.after, address="127.0.0.11")
        half_way = renewal.renew(playbook)
        assert (renewal.steps, renewal.tenant.writes()) == ([], [])
        assert (renewal.report["stage"], renewal.report["finished"]) == ("exchange_certificate", False)
        assert "1 of 2 addresses" in renewal.report["decision"]["reason"]
        (half,) = [one for one in renewal.report["decision"]["diagnosis"] if one["name"] == "half_exchanged"]
        assert half["concerns"] == ["127.0.0.12"]
        assert f"some do not: 127.0.0.12. {half['remedy']}." in half_way.output
        assert "Still to be exchanged: 127.0.0.12." in half_way.output
        assert renewal.aliases() == {"old_root": "old", "new_root": "new"}

        # Both do: it soaks, looks into the logs and deletes the old root.
        receiver.exchange(renewal.after, address="127.0.0.12")
        renewal.renew(playbook)
        assert renewal.steps == ["delete_old_root"]
        assert renewal.report["finished"] is True
        assert renewal.aliases() == {"new_root": "new"}
        assert {row["id"] for row in renewal.report["message_processing_logs"]} == set(_FLOWS)
        assert renewal.restarts() == dict.fromkeys(_FLOWS, 1)
        assert renewal.report["steps"][0]["deleted"][0]["pem"].strip() == renewal.old_root.pem.strip()

        # From now on a run changes nothing and asks little.
        again = renewal.renew(playbook)
        assert again.recap("tenant_a")["changed"] == 0
        assert renewal.tenant.writes() == []
        assert len(renewal.requests()) <= 12
        assert renewal.report["finished"] is True

        renewal.wait_for_messages(*_FLOWS)
        assert renewal.failures() == []
        assert len(renewal.tenant.messages()) > 100
