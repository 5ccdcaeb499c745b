# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files on the controller that a module keeps: read with a limit, written as a whole or not at all."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from ..decisions.refused import NotWanted

__all__ = ["existing_file", "make_folder", "write_text"]

# What is written here goes to a CA or comes from one: nothing in it is secret.
_MODE = 0o644


def existing_file(path: str, *, limit: int) -> bytes | None:
    """At most one byte more than the limit; ``None`` when there is no file yet. Raises :class:`NotWanted`."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(limit + 1)
    except FileNotFoundError:
        if Path(path).absolute().parent.is_dir():
            return None
        raise NotWanted(
            "the directory of the file does not exist", where=path, remedy="Make it on the controller first"
        ) from None
    except OSError as error:
        raise NotWanted(
            "the file cannot be read", where=path, said=error.strerror, remedy="Check the path on the controller"
        ) from None


def write_text(path: str, text: str) -> None:
    """A reader sees the old content or the new one, and a crash leaves one of them. Keeps the permissions."""
    target = Path(path).resolve()
    try:
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else _MODE
        handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                stream.write(text)
                stream.flush()
                os.fsync(handle)
            os.chmod(name, mode)
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise NotWanted(
            "the file cannot be written", where=path, said=error.strerror, remedy="Check the path on the controller"
        ) from None


def make_folder(path: str) -> None:
    try:
        Path(path).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWanted(
            "the folder cannot be made", where=path, said=error.strerror, remedy="Check the path on the controller"
        ) from None
