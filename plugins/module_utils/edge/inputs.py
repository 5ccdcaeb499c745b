# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files and texts that a user gives, read once, with a limit, before the first request."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.encodings import read_one_certificate
from ..certificates.fingerprint import normalise_fingerprint
from ..decisions.refused import NotWanted
from ..problem import Problem

__all__ = ["CERTIFICATE_LIMIT", "certificate_of", "content_of", "pinned_fingerprint", "read_file"]

# Bytes: "Managing Keystore Entries" in SAP's documentation, and the 413 of PUT /CertificateResources.
CERTIFICATE_LIMIT = 10240


def read_file(path: str, *, limit: int) -> bytes:
    """At most one byte more than the limit, so that a huge file is refused without being read."""
    try:
        with Path(path).open("rb") as stream:
            return stream.read(limit + 1)
    except OSError as error:
        raise NotWanted(
            "the file cannot be read", where=path, said=error.strerror, remedy="Check the path on the controller"
        ) from None


def content_of(options: Mapping[str, Any], name: str, *, limit: int) -> tuple[bytes, str] | None:
    """The bytes of ``<name>_path`` or ``<name>_content`` and where they come from; ``None`` when neither is given."""
    path, content = options.get(f"{name}_path"), options.get(f"{name}_content")
    if path:
        return read_file(path, limit=limit), path
    if content:
        return str(content).encode(), f"{name}_content"
    return None


def certificate_of(options: Mapping[str, Any], *, limit: int) -> Certificate | None:
    """The one certificate of ``certificate_path`` or ``certificate_content``."""
    found = content_of(options, "certificate", limit=limit)
    if found is None:
        return None
    data, where = found
    try:
        return read_one_certificate(data, limit=limit)
    except Problem as problem:
        problem.where = problem.where or where
        raise


def pinned_fingerprint(options: Mapping[str, Any], certificate: Certificate | None) -> str | None:
    """``fingerprint_sha256`` in one form, checked against the certificate when there is one."""
    if not options.get("fingerprint_sha256"):
        return None
    pin = normalise_fingerprint(options["fingerprint_sha256"])
    if certificate is not None and pin != certificate.fingerprint_sha256:
        raise NotWanted(
            f"the fingerprint of the certificate is {certificate.fingerprint_sha256}, not {pin}",
            where=certificate.subject,
            remedy="Find out which of the two is wrong before anything trusts this certificate",
        )
    return pin
