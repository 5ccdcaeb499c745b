# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the receiver serves: a certificate, the chain above it and the private key; from memory or from files."""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.types import PublicKeyTypes

__all__ = ["BadConfiguration", "FileCredential", "ServedCredential", "TlsSettings", "server_context"]


class BadConfiguration(Exception):
    """The files or settings cannot be served; the text is one sentence for the person who wrote them."""


class ServedCredential(Protocol):
    """Anything that can be served; ``tests.pki.Credential`` is one."""

    @property
    def pem(self) -> str:
        """The leaf alone."""

    @property
    def chain_pem(self) -> str:
        """The leaf, then the intermediates, without the root."""

    @property
    def key_pem(self) -> str:
        """The private key without a passphrase."""


@dataclass(frozen=True)
class FileCredential:
    """The three files of a web server; read again at each ``load``."""

    certificate: Path
    key: Path
    chain: Path | None = None

    def load(self) -> _LoadedCredential:
        """:raises BadConfiguration: unreadable, not PEM, or a key that does not belong to the certificate."""
        leaf_text = _text(self.certificate, "certificate")
        chain_text = _text(self.chain, "chain") if self.chain else ""
        key_text = _text(self.key, "key")
        leaves = _certificates(leaf_text, self.certificate, "certificate")
        above = _certificates(chain_text, self.chain, "chain") if self.chain else []
        try:
            key = serialization.load_pem_private_key(key_text.encode(), password=None)
        except (ValueError, TypeError) as error:
            raise BadConfiguration(
                f"The key file {self.key} holds no private key in PEM without a passphrase."
            ) from error
        if _spki(key.public_key()) != _spki(leaves[0].public_key()):
            raise BadConfiguration(f"The key in {self.key} does not belong to the certificate in {self.certificate}.")
        # A chain file often starts with the leaf again: a server that sent it twice would confuse strict clients.
        own = leaves[0].fingerprint(hashes.SHA256())
        rest = [c for c in (*leaves[1:], *above) if c.fingerprint(hashes.SHA256()) != own]
        return _LoadedCredential(_pem(leaves[:1]), _pem([leaves[0], *rest]), key_text)


@dataclass(frozen=True, repr=False)
class _LoadedCredential:
    pem: str
    chain_pem: str
    key_pem: str


@dataclass(frozen=True)
class TlsSettings:
    """How the receiver speaks TLS.

    :param client_certificates: ``ignore``, ``ask`` (a client without one is served) or ``require``.
    :param client_roots: DER of the CAs whose client certificates are accepted.
    """

    client_certificates: str = "ignore"
    client_roots: tuple[bytes, ...] = ()
    minimum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_2
    maximum_version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3
    send_intermediates: bool = True

    def __post_init__(self) -> None:
        if self.client_certificates not in ("ignore", "ask", "require"):
            raise BadConfiguration("client_certificates is one of ignore, ask, require.")
        if self.client_certificates != "ignore" and not self.client_roots:
            raise BadConfiguration("To ask for client certificates, name the CAs that may issue them.")


def server_context(credential: ServedCredential, settings: TlsSettings) -> ssl.SSLContext:
    """A context of its own per certificate: connections that are open keep the context they began with."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = settings.minimum_version
    context.maximum_version = settings.maximum_version
    # No tickets (RFC 8446 section 4.6.1, RFC 5077): a resumed session would not show the certificate served now. What
    # TLS 1.2 keeps by session id belongs to this context, and so ends with the exchange.
    context.options |= ssl.OP_NO_TICKET
    context.num_tickets = 0
    context.set_alpn_protocols(["http/1.1"])
    if settings.client_certificates != "ignore":
        context.verify_mode = ssl.CERT_REQUIRED if settings.client_certificates == "require" else ssl.CERT_OPTIONAL
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        context.load_verify_locations(cadata=b"".join(settings.client_roots))
    text = credential.chain_pem if settings.send_intermediates else credential.pem
    # The ssl module reads keys from files only; the file is the owner's alone and gone at once.
    handle, name = tempfile.mkstemp(prefix="receiver-", suffix=".pem")
    try:
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(credential.key_pem.rstrip("\n") + "\n" + text)
        context.load_cert_chain(name)
    except ssl.SSLError as error:
        raise BadConfiguration(f"OpenSSL refuses the certificate or its key: {error.reason or error}.") from error
    finally:
        os.unlink(name)
    return context


def _text(path: Path | None, what: str) -> str:
    try:
        return Path(path or "").read_text(encoding="ascii")
    except OSError as error:
        raise BadConfiguration(f"The {what} file {path} cannot be read: {error.strerror}.") from error
    except UnicodeDecodeError as error:
        raise BadConfiguration(f"The {what} file {path} is not PEM.") from error


def _certificates(text: str, path: Path | None, what: str) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(text.encode())
    except ValueError as error:
        raise BadConfiguration(f"The {what} file {path} holds no certificate in PEM.") from error


def _pem(certificates: Iterable[x509.Certificate]) -> str:
    return "".join(c.public_bytes(serialization.Encoding.PEM).decode("ascii") for c in certificates)


def _spki(key: PublicKeyTypes) -> bytes:
    return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
