# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module signing_request between its options and the decision."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..certificates.signing_request import SIGNING_REQUEST_LIMIT, SigningRequest, read_signing_request
from ..decisions.plan import Plan
from ..decisions.refused import Conflict
from ..decisions.signing_request import RequestSeen, WantedRequest, decide_signing_request
from ..decisions.signing_response import key_pair_entry
from ..problem import Problem
from ..tenant.alias import check_alias
from ..tenant.errors import Nonsense
from ..tenant.session import Tenant
from .files import existing_file

__all__ = ["decide_request", "read_file_back", "read_request", "wanted_request"]


def wanted_request(options: dict[str, Any]) -> WantedRequest:
    """Options to what is wanted; looks at the file already, so that a wrong path costs no request."""
    wanted = WantedRequest(check_alias(options["alias"]), options["path"] or None)
    _request_in_file(wanted)
    return wanted


def read_request(tenant: Tenant, wanted: WantedRequest) -> RequestSeen:
    """Two requests: the listing, which says what the entry is, and the signing request."""
    key_pair_entry(wanted.alias, tenant.keystore.entries())
    text = tenant.keystore.signing_request(wanted.alias)
    try:
        request = read_signing_request(text.encode())
    except Problem as problem:
        raise Nonsense(
            "The tenant answered with something that is no signing request",
            where=f'alias "{wanted.alias}"',
            said=problem.what,
        ) from None
    return _with_file(wanted, RequestSeen(request))


def read_file_back(tenant: Tenant, wanted: WantedRequest, seen: RequestSeen) -> RequestSeen:
    """No request: only the file was written."""
    return _with_file(wanted, seen)


def decide_request(wanted: WantedRequest, seen: RequestSeen) -> Plan:
    return decide_signing_request(wanted, seen)


def _with_file(wanted: WantedRequest, seen: RequestSeen) -> RequestSeen:
    request, damaged = _request_in_file(wanted)
    return replace(seen, in_file=request, damaged=damaged)


def _request_in_file(wanted: WantedRequest) -> tuple[SigningRequest | None, str | None]:
    """The request in the file, or what is wrong with it. A file of another kind is never written over."""
    content = existing_file(wanted.path, limit=SIGNING_REQUEST_LIMIT) if wanted.path else None
    if content is None or not content.strip():
        return None, None
    try:
        return read_signing_request(content), None
    except Problem as problem:
        if b"CERTIFICATE REQUEST-----" in content and b"PRIVATE KEY" not in content:
            return None, problem.what
        raise Conflict(
            "the file exists and holds something else than a signing request, which is not written over",
            where=wanted.path,
            remedy="Choose another path, or remove the file",
        ) from None
