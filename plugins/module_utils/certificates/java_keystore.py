# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java keystore files that hold certificates alone: written as JKS, read as JKS or JCEKS. Pure.

The format is the one of the JDK's ``JavaKeyStore``: big-endian numbers, texts in modified UTF-8 with a length of two
bytes, at the end a SHA-1 over the password (UTF-16), the words "Mighty Aphrodite" and everything before. It protects
against accidents and not against people, which is enough here: certificates are no secret.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Sequence
from datetime import datetime

from .errors import BadCertificate

__all__ = ["entry_size", "is_folded", "read_trusted_certificates", "write_trusted_certificates"]

_JKS, _JCEKS = 0xFEEDFEED, 0xCECECECE
_VERSION = 2
_PRIVATE_KEY, _TRUSTED_CERTIFICATE = 1, 2
_WHITENER = b"Mighty Aphrodite"
_TYPE = "X.509"
_DIGEST_SIZE = 20


def is_folded(alias: str) -> bool:
    """Whether a Java program finds an entry of this alias in the file: the JDK looks for an alias in lower case."""
    return alias == alias.lower()


def entry_size(alias: str, der: bytes) -> int:
    """How many bytes of a file one certificate takes."""
    return 4 + 2 + len(_modified_utf8(alias)) + 8 + 2 + len(_TYPE) + 4 + len(der)


def write_trusted_certificates(entries: Sequence[tuple[str, bytes]], password: str, moment: datetime) -> bytes:
    """A JKS file of trusted certificates, in the order given.

    :param entries: alias and DER; each alias in lower case and once. Raises ``ValueError`` for others, because the
        JDK would lose such an entry without a word.
    :param moment: when the entries were made, as the file says.
    """
    aliases = [alias for alias, _unused in entries]
    if len(set(aliases)) != len(aliases) or not all(is_folded(alias) for alias in aliases):
        raise ValueError("aliases of a Java keystore file must be in lower case and differ")
    milliseconds = round(moment.timestamp() * 1000)
    parts = [struct.pack(">III", _JKS, _VERSION, len(entries))]
    for alias, der in entries:
        parts += [
            struct.pack(">I", _TRUSTED_CERTIFICATE), _text(alias), struct.pack(">Q", milliseconds),
            _text(_TYPE), struct.pack(">I", len(der)), der,
        ]  # fmt: skip
    content = b"".join(parts)
    return content + hashlib.sha1(password.encode("utf-16-be") + _WHITENER + content).digest()


def read_trusted_certificates(data: bytes) -> list[tuple[str, bytes]]:
    """Alias and DER of each certificate entry of a JKS or JCEKS file, as a tenant exports its keystore.

    The digest at the end is not checked, as in the JDK when no password is given: an export has none. Raises
    :class:`BadCertificate` for anything that is no such file through and through.
    """
    reader = _Reader(data[:-_DIGEST_SIZE])
    if len(data) < 12 + _DIGEST_SIZE or reader.number() not in (_JKS, _JCEKS):
        raise _unreadable("it is neither JKS nor JCEKS")
    version = reader.number()
    if version not in (1, _VERSION):
        raise _unreadable(f"its version {version} is unknown")
    found: list[tuple[str, bytes]] = []
    for _unused in range(reader.number()):
        tag, alias = reader.number(), reader.text()
        reader.take(8)
        if tag == _PRIVATE_KEY:
            raise _unreadable("there is a private key in it")
        if tag != _TRUSTED_CERTIFICATE:
            raise _unreadable("there is something else than certificates in it")
        kind = reader.text() if version == _VERSION else _TYPE
        der = reader.take(reader.number())
        if kind == _TYPE:
            found.append((alias, der))
    if reader.left:
        raise _unreadable("there are bytes after its end")
    return found


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> int:
        return len(self._data) - self._at

    def take(self, size: int) -> bytes:
        if size > self.left:
            raise _unreadable("it is cut off")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        raw = self.take(self.number(2)).replace(b"\xc0\x80", b"\0")
        try:
            units = raw.decode("utf-8", "surrogatepass")
            return units.encode("utf-16-be", "surrogatepass").decode("utf-16-be")
        except UnicodeDecodeError:
            raise _unreadable("an alias in it is no text") from None


def _text(text: str) -> bytes:
    encoded = _modified_utf8(text)
    return struct.pack(">H", len(encoded)) + encoded


def _modified_utf8(text: str) -> bytes:
    """As ``java.io.DataOutput.writeUTF``: each UTF-16 unit for itself, and NUL as two bytes."""
    return b"".join(_unit(unit) for unit in _units(text))


def _units(text: str) -> Iterable[int]:
    encoded = text.encode("utf-16-be", "surrogatepass")
    return struct.unpack(f">{len(encoded) // 2}H", encoded)


def _unit(unit: int) -> bytes:
    return b"\xc0\x80" if unit == 0 else chr(unit).encode("utf-8", "surrogatepass")


def _unreadable(why: str) -> BadCertificate:
    return BadCertificate(f"This is no Java keystore of certificates: {why}")
