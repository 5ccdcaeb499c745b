# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let the processes that tests start find the collection as the tests themselves do.

``ansible-test units`` makes it importable in its own process alone.
"""

from __future__ import annotations

import os
from pathlib import Path

import ansible_collections.certops.sap_cloud_integration as package

_ROOT = str(Path(next(iter(package.__path__))).parents[2])
os.environ["PYTHONPATH"] = os.pathsep.join([_ROOT, *filter(None, [os.environ.get("PYTHONPATH")])])
