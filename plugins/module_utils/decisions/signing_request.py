# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When the file with a key pair's signing request is written.

A tenant signs the request anew each time it is read (observed on a tenant), so neither its bytes nor its signature say
whether anything changed: subject and public key do.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..certificates.signing_request import SigningRequest
from .plan import Plan
from .refused import Conflict
from .steps import WriteFile

__all__ = ["RequestSeen", "WantedRequest", "decide_signing_request"]


@dataclass(frozen=True)
class WantedRequest:
    """:param path: of the file on the controller; ``None`` returns the request and writes nothing."""

    alias: str
    path: str | None


@dataclass(frozen=True)
class RequestSeen:
    """:param of_tenant: the request that the tenant made just now.

    :param in_file: the one in the file; ``None`` when there is no file, or nothing in it.
    :param damaged: why the file, although it begins like a signing request, holds none.
    """

    of_tenant: SigningRequest
    in_file: SigningRequest | None = None
    damaged: str | None = None


def decide_signing_request(wanted: WantedRequest, seen: RequestSeen) -> Plan:
    asked = seen.of_tenant
    if not asked.proves_possession:
        raise Conflict(
            "the signature on the tenant's signing request does not fit its public key",
            where=f'alias "{wanted.alias}"',
            remedy="Run again; a CA would refuse it",
        )
    after = _resource(wanted, asked)
    if wanted.path is None:
        return Plan(after, after, (), "The tenant made a signing request.", details={"csr": asked.pem})
    kept = seen.in_file
    before = None if kept is None else _resource(wanted, kept)
    if kept is not None and kept.asks_for_the_same(asked) and kept.proves_possession:
        return Plan(
            before, before, (), "The file asks for the same subject and key already.", details={"csr": kept.pem}
        )
    if seen.damaged:
        reason = f"The signing request in the file is damaged: {seen.damaged}."
    elif kept is None:
        reason = "There is no signing request in the file."
    elif kept.spki_sha256 != asked.spki_sha256:
        reason = "The file asks for another key."
    elif kept.subject_name != asked.subject_name:
        reason = f"The file asks for another subject, {kept.subject}."
    else:
        reason = "The signature in the file does not fit its public key."
    what = f'the signing request of alias "{wanted.alias}" for {asked.subject}'
    return Plan(before, after, (WriteFile(wanted.path, asked.pem, what),), reason, details={"csr": asked.pem})


def _resource(wanted: WantedRequest, request: SigningRequest) -> dict[str, Any]:
    return {"alias": wanted.alias, "path": wanted.path, **request.to_result()}
