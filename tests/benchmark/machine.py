# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was measured with: the machine, its software, and the collection."""

from __future__ import annotations

import os
import platform
import subprocess
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

import yaml

__all__ = ["COLLECTION", "describe"]

COLLECTION = Path(__file__).resolve().parents[2]


def describe() -> dict[str, str]:
    """In the order in which the page shows it."""
    return {
        "Date": f"{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC",
        "Collection": _collection(),
        "ansible-core": version("ansible-core"),
        "Python": platform.python_version(),
        "Processor": _first_value(Path("/proc/cpuinfo"), "model name", ":") or platform.processor() or "unknown",
        "Cores": str(len(os.sched_getaffinity(0))),
        "Memory": f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB",
        "Operating system": _first_value(Path("/etc/os-release"), "PRETTY_NAME", "=") or "unknown",
        "Kernel": f"{platform.system()} {platform.release()}",
    }


def _collection() -> str:
    """Its version, and in a checkout the commit."""
    if not (COLLECTION / "galaxy.yml").exists():
        return "installed"
    release = str(yaml.safe_load((COLLECTION / "galaxy.yml").read_text())["version"])
    git = ["git", "-C", str(COLLECTION), "describe", "--always", "--dirty", "--exclude=*"]
    described = subprocess.run(git, capture_output=True, text=True, check=False)
    return f"{release}, commit {described.stdout.strip()}" if described.returncode == 0 else release


def _first_value(file: Path, name: str, separator: str) -> str:
    if not file.exists():
        return ""
    for line in file.read_text().splitlines():
        found, _separator, value = line.partition(separator)
        if found.strip() == name:
            return value.strip().strip('"')
    return ""
