# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore as a flow holds it: read once, kept for 24 hours.

"The SSL socket caches the keystore for 24 hours" (SAP Help: "Renewal of Receiver Back-End Server Certificate",
"Renewal of the Tenant Client Certificate"): neither a new root nor a new client key reaches a flow that runs, until the
flow is started again or the cache runs out on the tenant's clock.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterable
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import serialization

__all__ = ["CACHE_TIME", "TrustStore"]

CACHE_TIME = timedelta(hours=24)

# X509_V_FLAG_NO_CHECK_TIME of openssl/x509_vfy.h; the ssl module has no name for it.
_NO_CHECK_TIME = 0x200000


class TrustStore:
    """What was in the keystore at one moment.

    :param certificates: DER. As in Java, every one is a trust anchor: a root, an intermediate or a leaf.
    :param key_pairs: per alias the private key and its chain (leaf first, DER); an alias without one is missing here.
    """

    def __init__(
        self, read_at: datetime, certificates: Iterable[bytes], key_pairs: dict[str, tuple[Any, list[bytes]]]
    ) -> None:
        self.read_at = read_at
        self.certificates = tuple(dict.fromkeys(certificates))
        self.fingerprints = tuple(sha256(der).hexdigest() for der in self.certificates)
        self._key_pairs = key_pairs
        self._contexts: dict[str, ssl.SSLContext] = {}

    def expired(self, now: datetime) -> bool:
        return now - self.read_at >= CACHE_TIME

    def context(self, alias: str) -> ssl.SSLContext:
        """Made once per alias; :raises KeyError: when the keystore had no key pair of this alias."""
        found = self._contexts.get(alias)
        if found is None:
            found = self._contexts[alias] = self._build(alias)
        return found

    def _build(self, alias: str) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # checks the chain and the host name
        # Java's PKIX takes any certificate of the keystore as the end of a path, not only self-signed ones.
        # It also never asks whether an anchor is out of date; whoever uses the context checks the rest of the chain,
        # and by the tenant's clock, of which OpenSSL knows nothing.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
        if self.certificates:
            context.load_verify_locations(cadata=b"".join(self.certificates))
        if alias:
            _load_key_pair(context, *self._key_pairs[alias])
        return context


def _load_key_pair(context: ssl.SSLContext, key: Any, chain: list[bytes]) -> None:
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    text += b"".join(x509.load_der_x509_certificate(der).public_bytes(serialization.Encoding.PEM) for der in chain)
    handle, name = tempfile.mkstemp(prefix="tenant-key-")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(text)
        context.load_cert_chain(name)
    finally:
        os.unlink(name)
