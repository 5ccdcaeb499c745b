# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The TLS settings of one call: whom to trust, and the client certificate of an X.509 service key."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from .errors import BadConnectionOptions
from .secret import Secret

__all__ = ["make_context"]


def make_context(
    *, validate_certs: bool, ca_path: str | None, certificate: str | None = None, private_key: Secret | None = None
) -> ssl.SSLContext:
    """A context for connections to a tenant; raises :class:`BadConnectionOptions`.

    :param ca_path: a PEM file or a folder of PEM files with the CAs to trust, instead of the system's store.
        Variables of other programs (``REQUESTS_CA_BUNDLE``, ``CURL_CA_BUNDLE``) are not read.
    :param certificate: the client's chain in PEM, leaf first, with its ``private_key`` in PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not validate_certs:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    elif ca_path:
        _load_authorities(context, Path(ca_path).expanduser())
    else:
        context.load_default_certs()
    if certificate is not None and private_key is not None:
        _load_client_certificate(context, certificate, private_key)
    return context


def _load_authorities(context: ssl.SSLContext, path: Path) -> None:
    try:
        # A folder is read file by file: OpenSSL alone would only find names made by its rehash command.
        files = (
            sorted(file for file in path.iterdir() if file.suffix in (".pem", ".crt", ".cer"))
            if path.is_dir()
            else [path]
        )
        for file in files:
            context.load_verify_locations(cafile=file)
    except ssl.SSLError:
        raise BadConnectionOptions(
            "ca_path holds no certificates in PEM",
            where=str(file),
            remedy="Give a PEM file with the CA of the tenant's certificate",
        ) from None
    except OSError as error:
        raise BadConnectionOptions(
            f"ca_path cannot be read ({error.strerror})", where=str(path), remedy="Give a PEM file or a folder of them"
        ) from None
    if not context.cert_store_stats()["x509"]:
        raise BadConnectionOptions(
            "ca_path is a folder without .pem, .crt or .cer files",
            where=str(path),
            remedy="Give a PEM file or a folder of them",
        )


def _load_client_certificate(context: ssl.SSLContext, certificate: str, private_key: Secret) -> None:
    """The ssl module only takes files: in a folder of our own, readable by us alone, until they are loaded."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="sap-ci-") as folder:
        file = os.path.join(folder, "client.pem")
        with open(
            os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii", errors="strict"
        ) as pem:
            try:
                pem.write(private_key.reveal() + "\n" + certificate)
            except UnicodeEncodeError:
                raise BadConnectionOptions(
                    "The certificate or key of the service key holds characters that PEM does not have",
                    remedy="Copy the service key again",
                ) from None
        try:
            # The empty passphrase keeps OpenSSL from asking on the terminal.
            context.load_cert_chain(file, password="")
        except ssl.SSLError as error:
            mismatch = "MISMATCH" in (error.reason or "")
            raise BadConnectionOptions(
                "The private key of the service key does not belong to its certificate"
                if mismatch
                else "The certificate or key of the service key cannot be loaded",
                said=error.reason,
                remedy="Copy the service key again, without changing it",
            ) from None
