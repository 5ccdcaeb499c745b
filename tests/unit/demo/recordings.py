# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Small recordings for tests of the report: one story that went well, and one control that failed as it must."""

from __future__ import annotations

from ansible_collections.certops.sap_cloud_integration.tests.demo.recording import (
    Certificate,
    Happening,
    Keeping,
    Message,
    Recording,
    Run,
    Serving,
    Stage,
    Trusting,
)

ERP, CRM = "erp.example.com:8443", "crm.example.com:8443"
PKIX = "javax.net.ssl.SSLHandshakeException: PKIX path building failed: unable to find valid certification path"
_HAND_OVER = {"by": "receiver administrator", "text": "Please exchange the certificate.\nKeep the old one."}


def renewed() -> Recording:
    """Ten seconds, 30 messages a second, the renewal of erp and then of crm; it begins at 1000."""
    flows = {"To_ERP": ERP, "To_CRM": CRM}
    return Recording(
        expected="renewed",
        started=1000.0,
        ended=1010.0,
        day_later=1008.0,
        receivers=flows,
        rates={"To_ERP": 20.0, "To_CRM": 10.0},
        happenings=[Happening(1001.0, "run", "playbook", "Run 1: everything")],
        stages=[
            Stage("import_new_root", "tenant administrator", 1001.0, 1001.5, changed=True, run=1),
            Stage("restart_flows", "tenant administrator", 1002.0, 1003.0, changed=True, run=1),
            Stage("exchange at 127.0.0.2", "receiver administrator", 1004.0, 1004.0, changed=True),
            Stage("delete_old_root", "tenant administrator", 1005.0, 1005.0, reason="needed by crm", outcome="refused"),
            Stage("delete_old_root", "tenant administrator", 1007.0, 1007.5, changed=True, actions=("delete old",)),
        ],
        runs=[
            Run(1, "first", ERP, 1001.0, 1007.6, 0, True, 3, {"GET": 10, "PUT": 1, "POST": 4}, 3,
                result={"decision": {"hand_over": _HAND_OVER}}),
            Run(2, "second", ERP, 1008.5, 1009.5, 0, False, 0, {"GET": 3, "POST": 2}, 2,
                read_only=True, result={"decision": {"hand_over": None}}),
        ],
        messages=[
            Message(1000.0 + second + part / 30, "To_ERP" if part % 3 else "To_CRM", "COMPLETED")
            for second in range(10)
            for part in range(30)
        ],
        received={"127.0.0.2": 200, "127.0.0.4": 100},
        serving=[
            Serving(1000.0, ERP, "127.0.0.2", "old", "aa"),
            Serving(1000.0, CRM, "127.0.0.4", "old", "bb"),
            Serving(1004.0, ERP, "127.0.0.2", "new", "cc"),
            Serving(1006.0, CRM, "127.0.0.4", "new", "dd"),
        ],
        trusting=[
            Trusting(1000.0, "To_ERP", ("old",)),
            Trusting(1000.0, "To_CRM", ("old",)),
            Trusting(1002.5, "To_ERP", ("old", "new")),
            Trusting(1005.5, "To_CRM", ("old", "new")),
            Trusting(1008.1, "To_ERP", ("new",)),
            Trusting(1008.1, "To_CRM", ("new",)),
        ],
        keeping=[Keeping(1000.0, ("old",)), Keeping(1001.5, ("old", "new")), Keeping(1007.5, ("new",))],
        restarts={"To_ERP": 1, "To_CRM": 1},
        trusted_at_end={"To_ERP": ("new",), "To_CRM": ("new",)},
        certificates=[Certificate("old root", "CN=Old", "CN=Old", "2016-01-01", "2036-01-01", "aa:bb")],
        versions={"Python": "3.11"},
    )  # fmt: skip


def wrong_order() -> Recording:
    """The certificate was exchanged at 1002; the flow was restarted until 1005; ten messages failed between them."""
    return Recording(
        expected="failures",
        started=1000.0,
        ended=1008.0,
        receivers={"To_ERP": ERP},
        rates={"To_ERP": 5.0},
        stages=[Stage("restart_flows", "tenant administrator", 1004.0, 1005.0, changed=True, run=1)],
        runs=[
            Run(1, "repair", ERP, 1003.0, 1007.0, 0, True, 2, {"GET": 5}, 2,
                found={"exchanged_too_early": "It was exchanged."}, result={"decision": {"hand_over": None}}),
        ],
        messages=[
            Message(at, "To_ERP", "FAILED" if 1002 <= at < 1004 else "COMPLETED", PKIX if 1002 <= at < 1004 else None)
            for at in (1000.0 + number / 5 for number in range(40))
        ],
        received={"127.0.0.2": 30},
    )  # fmt: skip
