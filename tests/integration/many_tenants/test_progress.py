# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Long work says how far it is, in lines that a CI log keeps."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.tests.integration.many_tenants.fleet import (
    ADDRESS,
    FLOW,
    HOST,
    Fleet,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver

_BUNDLE = r"/IntegrationDesigntimeArtifacts\(.*/\$value$"


def test_many_restarts_say_how_many_are_left(tmp_path: Path, old_root: Credential, new_root: Credential) -> None:
    flows = [f"{FLOW}_{number:02d}" for number in range(45)]
    with (
        LocalReceiver([ADDRESS], credential=issue(old_root, HOST, hosts=[HOST])) as receiver,
        Fleet(tmp_path, 1, receiver.port, old_root, new_root, flow_ids=flows, flows=flows, parallel=8) as fleet,
    ):
        run = fleet.run("ansible-playbook certops.sap_cloud_integration.renew_receiver_certificate")
        assert run.returncode == 0, run.stdout + run.stderr
        deployed = [path for path in fleet.writes(fleet.names[0]) if "Deploy" in path]
        assert len(deployed) == 45, "each flow is restarted once"
        bundles = [entry for entry in fleet.tenants[fleet.names[0]].journal if re.search(_BUNDLE, entry["path"])]
        assert len(bundles) == 2 * 45, "the role compares each flow once, and so does the module that restarts it"
    said = re.findall(r"(\d+) flows are left to restart, now (.*)", run.stdout)
    # The last five need no line of their own: the task that restarts them is one.
    assert [int(left) for left, _names in said] == [45, 25]
    assert all(len(names.split(",")) == 20 for _left, names in said)
