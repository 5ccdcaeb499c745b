# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files of the tenant: written whole or not at all, secrets for the owner alone."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from pathlib import Path
from typing import Any

__all__ = ["StateDirectory", "write_file"]


def write_file(path: Path, content: str | bytes, *, secret: bool) -> None:
    """Atomic: a reader sees the old content or the new one. Mode 0600 for secrets, 0644 otherwise."""
    data = content.encode() if isinstance(content, str) else content
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        Path(name).chmod(0o600 if secret else 0o644)
        Path(name).replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(name)
        raise


class StateDirectory:
    """What survives a restart of the tenant: JSON documents, and beside them the files that clients need."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._directory = directory
        self._lock = threading.Lock()

    def load(self, name: str) -> dict[str, Any]:
        """A saved document, or an empty one. Raises ``ValueError`` when the file is no JSON object."""
        file = self._directory / f"{name}.json"
        if not file.exists():
            return {}
        loaded = json.loads(file.read_bytes())
        if not isinstance(loaded, dict):
            raise ValueError(f"{file} does not hold the state of a tenant")
        return loaded

    def save(self, name: str, document: dict[str, Any]) -> None:
        with self._lock:
            write_file(self._directory / f"{name}.json", json.dumps(document), secret=True)
