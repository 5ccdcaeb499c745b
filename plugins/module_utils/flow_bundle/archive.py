# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reading a downloaded bundle as a zip, without trusting it.

Nothing is ever extracted to disk and an archive inside the archive is never opened. All limits are far above what
integration flows have (hundreds of files, a few megabytes) and far below what hurts the controller.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Callable

from ..problem import Problem

__all__ = ["Archive", "BadBundle", "open_archive"]

LARGEST_ARCHIVE = 64 * 1024 * 1024
"""Bytes of the zip itself."""
LARGEST_CONTENT = 256 * 1024 * 1024
"""Bytes of all members together, unpacked."""
LARGEST_MEMBER = 32 * 1024 * 1024
"""Bytes of one member that is read."""
MOST_MEMBERS = 10_000
LARGEST_RATIO = 250
"""Unpacked by packed size. XML rarely passes 40; deflate alone reaches 1032."""
RATIO_COUNTS_FROM = 1024 * 1024
"""Bytes below which the ratio is not looked at: a short file of blanks is no attack."""
LONGEST_NAME = 1024

_DIRECTORY_ENTRY = b"PK\x01\x02"
_LOCAL_HEADER_SIZE = 30
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    OSError,
    OverflowError,
    NotImplementedError,
    RuntimeError,
    ValueError,
)
"""What the standard library raises for broken archives, in one release or another."""


class BadBundle(Problem):
    """The bytes are not an integration flow that can be read safely."""


class Archive:
    """The members of one zip whose directory was found plausible."""

    def __init__(self, opened: zipfile.ZipFile, members: dict[str, zipfile.ZipInfo]) -> None:
        self._opened = opened
        self._members = members

    @property
    def names(self) -> tuple[str, ...]:
        """Paths of the files, with ``/``, as they stand in the archive."""
        return tuple(self._members)

    def find(self, wanted: Callable[[str], bool]) -> tuple[str, ...]:
        return tuple(name for name in self._members if wanted(name))

    def read(self, name: str) -> bytes:
        """The unpacked bytes of a member that is there.

        Raises :class:`BadBundle` when they are too many, damaged, or not as many as the directory says.
        """
        member = self._members[name]
        if member.file_size > LARGEST_MEMBER:
            raise BadBundle(f"It unpacks to {member.file_size} bytes, more than {LARGEST_MEMBER}", where=name)
        try:
            with self._opened.open(member) as stream:
                content = stream.read(LARGEST_MEMBER + 1)
        except _DAMAGE as error:
            raise BadBundle("The zip archive is damaged at this file", where=name, said=str(error) or None) from error
        if len(content) != member.file_size:
            raise BadBundle("The zip archive lies about the size of this file", where=name)
        return content


def open_archive(data: bytes) -> Archive:
    """Look at the directory of a zip and refuse what no tenant would send. Raises :class:`BadBundle`."""
    if len(data) > LARGEST_ARCHIVE:
        raise BadBundle(f"The bundle has {len(data)} bytes, more than {LARGEST_ARCHIVE}")
    if not data.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        raise BadBundle(
            "This is not a zip archive",
            remedy="Give the bytes that the tenant returns for an integration flow's $value",
        )
    # Counted before the directory is parsed: parsing a million entries is itself the attack.
    if data.count(_DIRECTORY_ENTRY) > 2 * MOST_MEMBERS:
        raise BadBundle(f"The zip archive has more than {MOST_MEMBERS} files")
    try:
        opened = zipfile.ZipFile(io.BytesIO(data))
    except _DAMAGE as error:
        raise BadBundle("The zip archive is damaged or cut off", said=str(error) or None) from error
    entries = opened.infolist()
    if len(entries) > MOST_MEMBERS:
        raise BadBundle(f"The zip archive has more than {MOST_MEMBERS} files")
    members: dict[str, zipfile.ZipInfo] = {}
    total = 0
    for entry in entries:
        name = _safe_name(entry)
        if entry.is_dir():
            continue
        if name in members:
            raise BadBundle("The zip archive holds two files of this name", where=name)
        _check_entry(entry, name)
        total += entry.file_size
        members[name] = entry
    if total > LARGEST_CONTENT:
        raise BadBundle(f"The zip archive unpacks to {total} bytes, more than {LARGEST_CONTENT}")
    _check_no_overlap(entries, len(data))
    return Archive(opened, members)


def _safe_name(entry: zipfile.ZipInfo) -> str:
    name = entry.orig_filename.replace("\\", "/")
    if len(name) > LONGEST_NAME:
        raise BadBundle("The zip archive holds a file with an endless name", where=f"{name[:60]}…")
    shown = ascii(name)
    if not name or any(ord(character) < 32 for character in name):
        raise BadBundle("The zip archive holds a file with an impossible name", where=shown)
    if name.startswith("/") or name[1:2] == ":" or ".." in name.split("/"):
        raise BadBundle("The zip archive holds a path that leads out of it", where=shown)
    return name


def _check_entry(entry: zipfile.ZipInfo, name: str) -> None:
    if entry.flag_bits & 0x1:
        raise BadBundle("The zip archive holds an encrypted file", where=name)
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadBundle(f"The zip archive uses the unusual compression {entry.compress_type}", where=name)
    if entry.file_size > RATIO_COUNTS_FROM and entry.file_size > LARGEST_RATIO * max(1, entry.compress_size):
        raise BadBundle(
            f"The zip archive packs this file more than {LARGEST_RATIO} to 1, as a zip bomb does", where=name
        )


def _check_no_overlap(entries: list[zipfile.ZipInfo], size: int) -> None:
    """Members that share bytes make a small file unpack to terabytes without any single large ratio."""
    end = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if entry.header_offset < end or entry.header_offset + _LOCAL_HEADER_SIZE + entry.compress_size > size:
            raise BadBundle("The zip archive holds files that overlap or lie outside of it", where=entry.filename[:120])
        end = entry.header_offset + _LOCAL_HEADER_SIZE + entry.compress_size
