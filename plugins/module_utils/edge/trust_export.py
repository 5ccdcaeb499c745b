# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module trust_export between its options, the tenant and the files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..decisions.plan import Plan
from ..decisions.refused import NotWanted
from ..decisions.trust_export import ROOTS_FOLDER, TrustFiles, decide_export, exported_entries, trust_files
from ..tenant.session import Tenant
from .files import existing_file
from .known_certificates import KnownCertificates

__all__ = ["decide_trust_export", "read_trust", "read_trust_back", "wanted_export"]

# Far above what is written for a full keystore.
_FILE_LIMIT = 8_000_000


@dataclass(frozen=True)
class _Wanted:
    folder: str


@dataclass(frozen=True)
class _Seen:
    files: TrustFiles
    found: Mapping[str, bytes | None]
    folders: bool


def wanted_export(options: dict[str, Any]) -> _Wanted:
    folder = Path(options["path"])
    if folder.exists() and not folder.is_dir():
        raise NotWanted("this is no folder", where=str(folder), remedy="Give a folder to write to")
    if not folder.absolute().parent.is_dir():
        raise NotWanted("the folder above it does not exist", where=str(folder), remedy="Make it first")
    return _Wanted(str(folder))


def read_trust(tenant: Tenant, wanted: _Wanted) -> _Seen:
    """One listing and one export, or a request for each certificate where the export is not permitted."""
    entries = tenant.keystore.entries()
    known = KnownCertificates()
    known.read(tenant, exported_entries(entries))
    return _with_files(wanted, trust_files(entries, known.by_fingerprint))


def read_trust_back(tenant: Tenant, wanted: _Wanted, seen: _Seen) -> _Seen:
    """Only files were written, so only files are read again."""
    return _with_files(wanted, seen.files)


def decide_trust_export(wanted: _Wanted, seen: _Seen) -> Plan:
    return decide_export(wanted.folder, seen.files, seen.found, folders=seen.folders)


def _with_files(wanted: _Wanted, files: TrustFiles) -> _Seen:
    folder = Path(wanted.folder)
    folders = (folder / ROOTS_FOLDER).is_dir()
    found = {name: existing_file(str(folder / name), limit=_FILE_LIMIT) if folders else None for name in files.texts}
    return _Seen(files, found, folders)
