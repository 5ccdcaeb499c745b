# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A folder in which the contents of flows wait for the next run, so that they are not downloaded again.

One file for each flow and purpose, replaced as a whole, readable by its owner only: contents hold what the values of
externalized parameters hold. A file that is damaged, of another format or of another flow is as good as none.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from ..decisions.refused import NotWanted

__all__ = ["CacheKind", "CachedContent", "ContentCache"]

CacheKind = Literal["running", "design_time", "script_collection"]
_FORMAT = 1
_LARGEST_FILE = 128 * 1024 * 1024


@dataclass(frozen=True)
class CachedContent:
    """The bytes of one bundle and what they are.

    :param moment: of the deployment, or of the last modification in design time, RFC 3339.
    :param source: where it was read.
    :param parameters: the Configurations that go with it; ``None`` when they were not read.
    :param refused: why the tenant does not give out the bytes, which are then empty.
    """

    id: str
    version: str
    moment: str
    source: Literal["deployed", "design_time"]
    data: bytes
    parameters: dict[str, str] | None = None
    package_id: str | None = None
    refused: str | None = None

    def is_of(self, version: str, moment: str) -> bool:
        return (self.version, self.moment) == (version, moment)


class ContentCache:
    """:param folder: created when it is missing; ``None`` remembers nothing.

    :param tenant: the host of the tenant; several tenants may share a folder.
    """

    def __init__(self, folder: str | None, tenant: str) -> None:
        self._folder = Path(folder) if folder else None
        self._tenant = tenant
        if self._folder is None:
            return
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise _unusable(self._folder, error) from None
        if not os.access(self._folder, os.R_OK | os.W_OK | os.X_OK):
            raise _unusable(self._folder, PermissionError(13, "Permission denied"))

    @property
    def remembers(self) -> bool:
        return self._folder is not None

    def get(self, kind: CacheKind, artifact_id: str) -> CachedContent | None:
        """What was put last; ``None`` when there is nothing that can be used."""
        if self._folder is None:
            return None
        try:
            with self._path(self._folder, kind, artifact_id).open("rb") as stream:
                head, _unused, data = stream.read(_LARGEST_FILE).partition(b"\n")
            return self._checked(json.loads(head), kind, artifact_id, data)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def put(self, kind: CacheKind, content: CachedContent) -> None:
        """Replace what is there; a full disk is no reason to fail."""
        if self._folder is None:
            return
        fields = {name: value for name, value in asdict(content).items() if name != "data"}
        head = {"format": _FORMAT, "tenant": self._tenant, "kind": kind, "sha256": _digest(content.data), **fields}
        path = self._path(self._folder, kind, content.id)
        with contextlib.suppress(OSError):
            # mkstemp makes files that their owner alone may read.
            descriptor, name = tempfile.mkstemp(prefix=".new-", dir=self._folder)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(json.dumps(head, sort_keys=True).encode() + b"\n" + content.data)
                os.replace(name, path)
            except BaseException:
                os.unlink(name)
                raise

    def _path(self, folder: Path, kind: CacheKind, artifact_id: str) -> Path:
        # An ID may hold anything, a file name may not.
        whose = _digest(json.dumps([self._tenant, artifact_id]).encode())
        return folder / f"{whose[:40]}.{kind}"

    def _checked(self, head: Any, kind: CacheKind, artifact_id: str, data: bytes) -> CachedContent | None:
        stated = (head["format"], head["tenant"], head["kind"], head["id"], head["sha256"])
        if stated != (_FORMAT, self._tenant, kind, artifact_id, _digest(data)):
            return None
        parameters = head["parameters"]
        if parameters is not None and not (
            isinstance(parameters, dict) and all(isinstance(value, str) for value in parameters.values())
        ):
            return None
        if head["source"] not in ("deployed", "design_time"):
            return None
        if not all(isinstance(head[name], str) for name in ("version", "moment")):
            return None
        if not all(head[name] is None or isinstance(head[name], str) for name in ("package_id", "refused")):
            return None
        return CachedContent(
            artifact_id,
            head["version"],
            head["moment"],
            head["source"],
            data,
            parameters,
            head["package_id"],
            head["refused"],
        )


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _unusable(folder: Path, error: OSError) -> NotWanted:
    return NotWanted(
        "the folder cannot be used",
        where=f"cache_path {folder}",
        said=error.strerror,
        remedy="Name a folder that you may write to",
    )
