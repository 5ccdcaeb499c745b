# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way to the library ``cryptography``: the only file that imports it, once, and says so when it is missing."""

from __future__ import annotations

import functools
from typing import Any

from .errors import BadCertificate

__all__ = ["Library", "library"]


class Library:
    """The parts that are used. What costs time to import is imported when it is first asked for."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa

        self.invalid_signature = InvalidSignature
        self.unsupported = UnsupportedAlgorithm
        self.hashes, self.padding = hashes, padding
        self.dsa, self.ec, self.ed448, self.ed25519, self.rsa = dsa, ec, ed448, ed25519, rsa

    @functools.cached_property
    def serialization(self) -> Any:
        """Private keys in files."""
        from cryptography.hazmat.primitives import serialization

        return serialization

    @functools.cached_property
    def pkcs12(self) -> Any:
        from cryptography.hazmat.primitives.serialization import pkcs12

        return pkcs12

    @functools.cached_property
    def x509(self) -> Any:
        """Making certificates; they are read without the library."""
        from cryptography import x509

        return x509


@functools.cache
def library() -> Library:
    """Imported when it is first needed: it costs 26 ms, and most module calls need none of it."""
    try:
        return Library()
    except ImportError:
        raise BadCertificate(
            "Signatures and private keys cannot be worked with, because the Python library cryptography is missing",
            remedy="Install cryptography for the Python interpreter that runs Ansible",
        ) from None
