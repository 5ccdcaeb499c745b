# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong between us and a tenant, one class for each thing that a user would do something else about."""

from __future__ import annotations

from ..problem import Problem

__all__ = [
    "BadAlias",
    "BadConnectionOptions",
    "KeystoreLocked",
    "LoginRefused",
    "Nonsense",
    "NotFound",
    "NotPermitted",
    "NotTrusted",
    "OutcomeUnknown",
    "RateLimited",
    "Refused",
    "RestartFailed",
    "TenantProblem",
    "Unreachable",
]


class TenantProblem(Problem):
    """Anything that a tenant, or the way to it, did not let us do."""


class BadConnectionOptions(TenantProblem):
    """The options that say where the tenant is and who logs in are incomplete or contradict each other."""


class BadAlias(TenantProblem):
    """An alias that the tenant would not take."""


class Unreachable(TenantProblem):
    """No answer: name resolution, connection, proxy, TLS or time.

    :param temporary: whether another try may work; a refused certificate or a wrong proxy stays so.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        said: str | None = None,
        remedy: str | None = None,
        temporary: bool = False,
    ) -> None:
        super().__init__(what, where=where, said=said, remedy=remedy)
        self.temporary = temporary


class OutcomeUnknown(TenantProblem):
    """A write was sent and no answer came: it may or may not have happened, so the caller has to look."""


class LoginRefused(TenantProblem):
    """The credentials were not accepted."""


class NotPermitted(TenantProblem):
    """Logged in, but without the role that the operation needs."""


class KeystoreLocked(TenantProblem):
    """Somebody else was changing the keystore for longer than ``lock_timeout``."""


class RateLimited(TenantProblem):
    """The tenant kept answering that there are too many requests."""


class Nonsense(TenantProblem):
    """An answer that no tenant should give: no JSON, no OData, a redirect, too much of it."""


class Refused(TenantProblem):
    """The tenant understood and said no.

    :param status: the HTTP status.
    :param code: the ``code`` of the answer's error object, when there was one.
    :param text: the readable text of the answer.
    """

    def __init__(
        self,
        what: str,
        *,
        status: int,
        code: str | None = None,
        text: str | None = None,
        where: str | None = None,
        remedy: str | None = None,
    ) -> None:
        super().__init__(what, where=where, said=text, remedy=remedy)
        self.status = status
        self.code = code
        self.text = text or ""


class NotFound(Refused):
    """There is no such thing in the tenant, or this login may not see it."""


class NotTrusted(Refused):
    """The tenant found no trust path for a certificate whose fingerprint nobody confirmed."""


class RestartFailed(TenantProblem):
    """An integration flow was deployed again and does not run as it should."""
