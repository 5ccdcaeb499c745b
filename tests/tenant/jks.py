# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java keystore files, JKS and JCEKS: our own reader and the writer for certificates.

The format is that of the JDK's ``JavaKeyStore`` and ``JceKeyStore``: entries with tag 1 (private key) and 2 (trusted
certificate), a SHA-1 over password and content at the end. The keys are protected by Sun's own two algorithms.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
from cryptography.hazmat.primitives.ciphers import Cipher, modes

from .pkcs7 import NotPkcs7, elements

__all__ = ["FileEntry", "NotAKeystore", "WrongPassword", "read_keystore_file", "write_public_jceks"]

_JKS, _JCEKS = 0xFEEDFEED, 0xCECECECE
_WHITENER = b"Mighty Aphrodite"
_JKS_PROTECTION = "2b060104012a02110101"  # 1.3.6.1.4.1.42.2.17.1.1
_JCEKS_PROTECTION = "2b060104012a021301"  # 1.3.6.1.4.1.42.2.19.1


class NotAKeystore(ValueError):
    """No JKS or JCEKS file, or a damaged one."""


class WrongPassword(ValueError):
    """The file is whole, the password another one; or the file was changed."""


@dataclass(frozen=True)
class FileEntry:
    """One entry of a file: a certificate, or a key (PKCS#8, DER) with its chain, leaf first."""

    alias: str
    chain: tuple[bytes, ...]
    key: bytes | None = field(repr=False)


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if size < 0 or self.at + size > len(self.data):
            raise NotAKeystore("the keystore file is truncated")
        self.at += size
        return self.data[self.at - size : self.at]

    def number(self, size: int = 4) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self) -> str:
        raw = self.take(self.number(2)).replace(b"\xc0\x80", b"\0")  # modified UTF-8
        try:
            return raw.decode("utf-8", "surrogatepass").encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError as error:
            raise NotAKeystore("an alias of the keystore file is not text") from error

    def certificate(self, version: int) -> tuple[str, bytes]:
        kind = self.text() if version == 2 else "X.509"
        return kind, self.take(self.number())


def read_keystore_file(data: bytes, password: str) -> list[FileEntry]:
    """The X.509 entries of a file. Raises :class:`NotAKeystore` or :class:`WrongPassword`.

    Entries of other kinds are left out (API specification SecurityContent.json: POST /KeystoreResources). So are
    entries whose stored alias has capitals: the JDK folds an alias before it looks for it, and does not find such an
    entry (try ``keytool -list`` on such a file).
    """
    reader = _Reader(data)
    if len(data) < 32 or reader.number() not in (_JKS, _JCEKS):
        raise NotAKeystore("not a JKS or JCEKS file")
    version = reader.number()
    if version not in (1, 2):
        raise NotAKeystore("unknown version of the keystore file")
    encoded = password.encode("utf-16-be")
    if not hmac.compare_digest(hashlib.sha1(encoded + _WHITENER + data[:-20]).digest(), data[-20:]):
        raise WrongPassword("keystore password was incorrect")
    found = []
    for _unused in range(reader.number()):
        tag, alias = reader.number(), reader.text()
        reader.take(8)  # the time of the entry
        protected = None
        if tag == 1:
            protected = reader.take(reader.number())
            chain = [reader.certificate(version) for _unused in range(reader.number())]
        elif tag == 2:
            chain = [reader.certificate(version)]
        else:
            raise NotAKeystore("the keystore file holds secret keys")
        if alias != alias.lower() or not chain or any(kind != "X.509" for kind, _unused in chain):
            continue
        key = None if protected is None else _unprotect(protected, password)
        found.append(FileEntry(alias, tuple(der for _unused, der in chain), key))
    if reader.at != len(data) - 20:
        raise NotAKeystore("the keystore file is damaged")
    return found


def _unprotect(protected: bytes, password: str) -> bytes:
    """An EncryptedPrivateKeyInfo (RFC 5208) to PKCS#8."""
    try:
        ((_unused, outer),) = elements(protected)
        (_unused, algorithm), (_unused, sealed) = elements(outer)
        parts = elements(algorithm)
    except (NotPkcs7, ValueError):
        raise NotAKeystore("a key of the keystore file is damaged") from None
    oid = parts[0][1].hex()
    if oid == _JKS_PROTECTION:
        return _jks_key(sealed, password)
    if oid == _JCEKS_PROTECTION:
        (_unused, salt), (_unused, count) = elements(parts[1][1])
        return _jceks_key(sealed, password, bytearray(salt), int.from_bytes(count, "big"))
    raise NotAKeystore("a key of the keystore file is protected in an unknown way")


def _jks_key(sealed: bytes, password: str) -> bytes:
    """Sun's KeyProtector: XOR with a chain of SHA-1, salt first, check value last."""
    secret = password.encode("utf-16-be")
    digest, hidden, check = sealed[:20], sealed[20:-20], sealed[-20:]
    stream = b""
    while len(stream) < len(hidden):
        digest = hashlib.sha1(secret + digest).digest()
        stream += digest
    plain = bytes(a ^ b for a, b in zip(hidden, stream, strict=False))
    if hashlib.sha1(secret + plain).digest() != check:
        raise WrongPassword("key password was incorrect")
    return plain


def _jceks_key(sealed: bytes, password: str, salt: bytearray, count: int) -> bytes:
    """PBEWithMD5AndTripleDES as Sun wrote it: each half of the salt gives half of key and initialisation vector."""
    if len(salt) != 8 or not 0 < count <= 5_000_000 or len(sealed) % 8:
        raise NotAKeystore("a key of the keystore file is damaged")
    if salt[:4] == salt[4:]:
        for index in range(2):
            salt[index], salt[3 - 1] = (
                salt[3 - index],
                salt[index],
            )  # index 3 - 1 is a slip in the JDK, and now the format
    result = b""
    for half in (bytes(salt[:4]), bytes(salt[4:])):
        digest = half
        for _unused in range(count):
            digest = hashlib.md5(digest + password.encode()).digest()
        result += digest
    decryptor = Cipher(TripleDES(result[:24]), modes.CBC(result[24:32])).decryptor()
    plain = decryptor.update(sealed) + decryptor.finalize()
    if not 1 <= plain[-1] <= 8 or plain[-plain[-1] :] != plain[-1:] * plain[-1]:
        raise WrongPassword("key password was incorrect")
    return plain[: -plain[-1]]


def write_public_jceks(entries: Iterable[tuple[str, bytes]], moment: datetime) -> bytes:
    """A JCEKS file of trusted certificates, sealed with the empty password; aliases are folded as the JDK does."""
    listed = list(entries)
    content = struct.pack(">III", _JCEKS, 2, len(listed))
    for alias, der in listed:
        name = alias.lower().encode()
        content += struct.pack(">IH", 2, len(name)) + name + struct.pack(">Q", int(moment.timestamp() * 1000))
        content += struct.pack(">H", 5) + b"X.509" + struct.pack(">I", len(der)) + der
    return content + hashlib.sha1(_WHITENER + content).digest()
