# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two stories: the renewal in its order, and the control with the first two steps exchanged."""

from __future__ import annotations

from .director import Director
from .landscape import CRM_HOST, ERP_ADDRESSES, ERP_HOST

__all__ = ["renew", "renew_in_wrong_order"]

IDLE = "Year_End_Closing_To_ERP"


def renew(director: Director) -> None:
    """SAP Help: "Renewal of Receiver Back-End Server Certificate", with every hand-over and one refusal."""
    first, second = ERP_ADDRESSES
    director.let_messages_flow(40)
    director.run("what would be done (check mode, the tenant is read-only)", ERP_HOST, check_mode=True, read_only=True)
    director.run("import the new root, restart the flows, hand over", ERP_HOST)
    director.narrator.chapter("The receiver administrator's turn")
    director.exchange_erp(first)
    director.let_messages_flow(40)
    director.run("one of two addresses is exchanged", ERP_HOST)
    director.narrator.chapter("The receiver administrator goes on")
    director.exchange_erp(second)
    director.let_messages_flow(40)
    director.run("prove it, and delete the old root if nobody needs it", ERP_HOST)
    crm = director.landscape.crm
    files = [{"src": str(new), "dest": str(crm.files[name])} for name, new in director.landscape.crm_new_files.items()]
    director.run(
        "the other receiver moves too; its files are exchanged by the role", CRM_HOST, exchange="files",
        exchange_files={
            "files": files,
            "check_command": crm.check_command,
            "reload_command": crm.reload_command,
        },
    )  # fmt: skip
    director.narrator.chapter("One day later")
    director.a_day_passes()
    director.let_messages_flow(40)
    director.idle_flow_sends(IDLE)
    director.run("once more: nothing is left to do (the tenant is read-only)", ERP_HOST, read_only=True)


def renew_in_wrong_order(director: Director) -> None:
    """The certificate is exchanged before any flow trusts the new root; then the role finds it and repairs it."""
    director.let_messages_flow(60)
    director.narrator.chapter("The receiver administrator exchanges the certificate without asking")
    director.exchange_erp(*ERP_ADDRESSES)
    director.wait_until(lambda: director.counts()[1] > 0, "a failed message")
    director.failure_is_seen()
    director.let_messages_flow(60)
    director.run("find out what is wrong, and repair it", ERP_HOST)
    director.let_messages_flow(80)
