# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What ``ansible-doc`` says about each module, doc fragments included, asked once."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["COLLECTION", "MODULES", "ROOT", "documentation"]

ROOT = Path(__file__).resolve().parents[2]
COLLECTION = "certops.sap_cloud_integration"
MODULES = sorted(path.stem for path in (ROOT / "plugins/modules").glob("*.py") if path.name != "__init__.py")


@functools.cache
def documentation() -> dict[str, dict[str, Any]]:
    """Module name to ``{"doc": ..., "examples": ..., "return": ...}``; asked in a process of its own.

    Loading a plugin would install Ansible's importer into the process that runs the tests.
    """
    import ansible_collections.certops.sap_cloud_integration as package

    # The same directory may be on the import path twice; another copy of the collection would be the wrong one to ask.
    location = next(path for path in package.__path__ if Path(path).resolve() == ROOT)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(Path(location).parents[2]),
        "ANSIBLE_COLLECTIONS_ON_ANSIBLE_VERSION_MISMATCH": "ignore",
    }
    # Not the command on the PATH: it must be the ansible-core that runs these tests, also where it is not installed.
    ansible_doc = [sys.executable, "-c", "from ansible.cli.doc import main; main()"]
    command = [*ansible_doc, "--metadata-dump", "--type", "module", COLLECTION]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        raise RuntimeError(f"ansible-doc failed: {answer.stderr}")
    modules = json.loads(answer.stdout)["all"].get("module", {})
    return {name.removeprefix(f"{COLLECTION}."): content for name, content in modules.items()}
