# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module local_ca_response between its options and the decision."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.encodings import read_certificates, read_one_certificate
from ..certificates.local_ca import open_local_ca
from ..certificates.signing_request import SIGNING_REQUEST_LIMIT, read_signing_request
from ..certificates.signing_response import SIGNING_RESPONSE_LIMIT
from ..clock import SystemClock
from ..decisions.key_usage import normalise_key_usages
from ..decisions.local_ca_response import IssueResponse, WantedIssue
from ..decisions.refused import Conflict, NotWanted
from ..problem import Problem
from .files import existing_file, write_text
from .inputs import content_of
from .times import time_of

__all__ = ["answer_in_file", "issue", "wanted_issue"]

_KEY_LIMIT = 65536


def wanted_issue(options: dict[str, Any]) -> WantedIssue:
    passphrase = options["ca_private_key_passphrase"] or ""
    certificate = _read(options, "ca_certificate", SIGNING_RESPONSE_LIMIT, read_one_certificate)
    key = _read(options, "ca_private_key", _KEY_LIMIT, bytes)
    return WantedIssue(
        path=options["path"],
        request=_read(options, "request", SIGNING_REQUEST_LIMIT, read_signing_request),
        ca=open_local_ca(certificate, key, passphrase),
        above=tuple(_read(options, "ca_chain", SIGNING_RESPONSE_LIMIT, read_certificates, optional=True) or ()),
        usages=normalise_key_usages(options["extended_key_usage"]),
        lifetime=timedelta(days=options["days"]),
        renew_before=timedelta(days=options["renew_before"]),
        now=time_of(options, "now") or SystemClock().now(),
    )


def answer_in_file(wanted: WantedIssue) -> tuple[Certificate, ...]:
    """A file of another kind is never written over."""
    content = existing_file(wanted.path, limit=SIGNING_RESPONSE_LIMIT)
    if content is None or not content.strip():
        return ()
    try:
        return tuple(read_certificates(content))
    except Problem as problem:
        if b"-----BEGIN CERTIFICATE-----" in content and b"PRIVATE KEY" not in content:
            return ()
        raise Conflict(
            "the file exists and holds something else than certificates, which is not written over",
            where=wanted.path,
            said=problem.what,
            remedy="Choose another path, or remove the file",
        ) from None


def issue(step: IssueResponse) -> None:
    wanted = step.wanted
    leaf = wanted.ca.issue(wanted.request, usages=wanted.usages, now=wanted.now, lifetime=wanted.lifetime)
    chain = dict.fromkeys((leaf, wanted.ca.certificate, *wanted.above))
    write_text(wanted.path, "".join(certificate.pem for certificate in chain))


def _read(options: dict[str, Any], name: str, limit: int, reader: Any, *, optional: bool = False) -> Any:
    found = content_of(options, name, limit=limit)
    if found is None:
        if optional:
            return None
        raise NotWanted(f"{name} is missing", remedy=f"Give {name}_path or {name}_content")
    data, where = found
    try:
        return reader(data)
    except Problem as problem:
        problem.where = problem.where or where
        raise
