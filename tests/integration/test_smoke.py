# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The smoke playbook of execution environments runs here too, and leaves nothing out."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SMOKE = ROOT / "tests" / "ee" / "smoke.yml"


def test_it_uses_every_module_and_every_role() -> None:
    text = SMOKE.read_text()
    for module in (ROOT / "plugins" / "modules").glob("*.py"):
        assert f"certops.sap_cloud_integration.{module.stem}:" in text, f"tests/ee/smoke.yml does not use {module.stem}"
    for role in (ROOT / "roles").iterdir():
        assert f"- {role.name}\n" in text, f"tests/ee/smoke.yml does not use the role {role.name}"


def test_it_runs(tmp_path: Path) -> None:
    run = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "localhost,", SMOKE],
        env={**os.environ, "ANSIBLE_HOME": str(tmp_path / "ansible"), "SMOKE_DIRECTORY": str(tmp_path / "tenant"),
             "ANSIBLE_COLLECTIONS_PATH": os.environ["PYTHONPATH"].split(os.pathsep)[0]},
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr
