# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an answer other than a success means to the user: one sentence and one remedy for each. Pure.

Statuses and bodies: the ``responses`` of the API specifications SecurityContent.json and IntegrationContent.json;
empty 403s and the text for what is not deployed were observed on tenants.
"""

from __future__ import annotations

from collections.abc import Callable

from . import odata
from .errors import (
    KeystoreLocked,
    LoginRefused,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Refused,
    TenantProblem,
)
from .operation import Operation
from .roles import KEYSTORE_EDITOR, role_for
from .transport import Answer

__all__ = ["describe_refusal", "says_absent"]

_ABSENT = "requested entity could not be found"
_LOOK_AGAIN = "Run again: it looks at the tenant first and only does what is missing"
_REMEDIES = {
    413: "A certificate may have 10240 bytes, a chain or a PKCS#12 file 30720; the keystore as a whole is limited too",
    415: "The tenant did not recognise the format: check the file",
    500: "Look at the state in the tenant, then run again",
    501: "This tenant does not offer the operation",
    503: "The tenant is not available: run again later",
}
_LOGIN_REMEDIES = {
    "the client id and client secret": "Check that the service key belongs to this tenant and has the plan api",
    "the client certificate of the service key": "Check that the service key belongs to this tenant and is still valid",
    "the user name and password": "Use a user of the identity provider; a service key's do not work here",
    "the access token": "Fetch a new one: it may have expired",
}


def says_absent(answer: Answer) -> bool:
    """Whether there is no such thing: a 404, or another status with the text tenants use instead (observed)."""
    return answer.status == 404 or _ABSENT in odata.error_text(answer.body, answer.content_type, None).lower()


def describe_refusal(
    operation: Operation,
    answer: Answer,
    *,
    host: str,
    login_name: str,
    hide: Callable[[str], str],
    waited: float,
) -> TenantProblem:
    """The problem to raise.

    :param hide: takes secrets out of a text, for a server that repeats what it was sent.
    :param waited: seconds of patience before this answer became the last one.
    """
    status, doing, where = answer.status, operation.doing, operation.where or host
    text = hide(odata.error_text(answer.body, answer.content_type, answer.reason))
    # A status line alone says no more than its number does.
    said = None if text == answer.reason else text
    if status == 401:
        return LoginRefused(
            f"The tenant did not accept {login_name} (HTTP 401)",
            where=host,
            said=said,
            remedy=_LOGIN_REMEDIES.get(login_name),
        )
    if status == 403:
        role = role_for(operation.method, operation.path)
        return NotPermitted(
            f"The tenant did not permit to {doing} (HTTP 403)",
            where=where,
            said=said,
            remedy=f"Give the service instance the role {role}; a token fetched before does not have it yet",
        )
    if status == 429:
        what = f"The tenant refused to {doing} because of too many requests, for {waited:.0f} seconds (HTTP 429)"
        return RateLimited(what, where=where, said=said, remedy="Run again later")
    if status in (423, 503) and role_for(operation.method, operation.path) == KEYSTORE_EDITOR:
        return KeystoreLocked(
            f"The keystore stayed locked for {waited:.0f} seconds, so the tenant did not {doing} (HTTP {status})",
            where=where,
            said=said,
            remedy="Somebody else is changing it: run again later, or raise lock_timeout",
        )
    if status in (502, 504) and operation.writes:
        what = f"A gateway gave up while the tenant was asked to {doing} (HTTP {status}): it may be done or not"
        return OutcomeUnknown(what, where=where, said=said, remedy=_LOOK_AGAIN)
    code = odata.error_code(answer.body)
    if status == 500 and operation.writes and code is None and not says_absent(answer):
        # No error object: whatever broke, it did not get as far as to refuse.
        what = f"The tenant broke off when asked to {doing} (HTTP {status}): it may be done or not"
        return OutcomeUnknown(what, where=where, said=said, remedy=_LOOK_AGAIN)
    if says_absent(answer):
        what = f"The tenant found nothing when asked to {doing} (HTTP {status})"
        return NotFound(what, status=status, code=code, text=text, where=where)
    what = f"The tenant refused to {doing} (HTTP {status})"
    return Refused(what, status=status, code=code, text=text, where=where, remedy=_REMEDIES.get(status))
