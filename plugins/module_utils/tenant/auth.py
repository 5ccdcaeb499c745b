# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Logging in: a bearer token for the length of a call, or Basic with a CSRF token and its cookies.

Sources: RFC 6749 sections 4.4 and 5; RFC 8705 section 2; RFC 7617; SAP Help "Use CSRF Protection". That bearer writes
need no CSRF token unless a 403 says ``X-CSRF-Token: Required`` was observed on tenants.
"""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Mapping
from typing import ClassVar, Protocol
from urllib.parse import urlencode, urlsplit

from ..clock import Clock, growing_pauses
from .credentials import AccessToken, ClientCertificate, ClientSecret, Login, UserPassword
from .errors import LoginRefused, Nonsense, Unreachable
from .odata import error_text
from .secret import Secret
from .transport import Answer, Transport

__all__ = ["Authenticator", "Basic", "Bearer", "CsrfSession", "authenticator"]

_TOKEN_TRIES = 3
_SHORTEST_HIDDEN = 8


class Authenticator(Protocol):
    """How requests show who sends them.

    ``name`` says what is shown, for messages. ``session_writes`` says whether each write needs a CSRF token.
    """

    name: str
    session_writes: bool

    def header(self) -> str:
        """The value of ``Authorization``; may ask for a token first."""

    def renew(self, refused: str) -> bool:
        """Forget the header that was refused; whether there is anything new to show."""

    def hide(self, text: str) -> str:
        """The text without any secret that stood in it."""


class Bearer:
    """A token fetched when it is first needed, or one that was given; shared by all connections of a call."""

    session_writes = False

    def __init__(
        self, login: ClientSecret | ClientCertificate | AccessToken, transport: Transport, clock: Clock
    ) -> None:
        self.name = login.name
        self._login = login
        self._transport = transport
        self._clock = clock
        self._token = login.token if isinstance(login, AccessToken) else None
        self._turn = threading.Lock()

    def header(self) -> str:
        with self._turn:
            if self._token is None and not isinstance(self._login, AccessToken):
                self._token = self._fetch(self._login)
            return self._shown()

    def renew(self, refused: str) -> bool:
        if isinstance(self._login, AccessToken):
            return False
        with self._turn:
            # What another connection has fetched meanwhile was not refused.
            if self._shown() == refused:
                self._token = None
        return True

    def _shown(self) -> str:
        return f"Bearer {self._token.reveal() if self._token else ''}"

    def hide(self, text: str) -> str:
        secrets = [self._token] if self._token else []
        if isinstance(self._login, ClientSecret):
            secrets.append(self._login.client_secret)
        return _hide(text, secrets)

    def _fetch(self, login: ClientSecret | ClientCertificate) -> Secret:
        form = {"grant_type": "client_credentials"}
        headers = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        if isinstance(login, ClientSecret):
            # In Basic, as SAP's own pipelines do, and not form-encoded first although RFC 6749 section 2.3.1 wants it:
            # the token service of the platform takes id and secret as they are.
            headers["Authorization"] = _basic(login.client_id, login.client_secret)
        else:
            form["client_id"] = login.client_id
        where = urlsplit(login.token_url).hostname
        pauses = iter(growing_pauses(1.0, 10.0))
        for tries_left in reversed(range(_TOKEN_TRIES)):
            answer = self._transport.send("POST", login.token_url, headers, urlencode(form).encode(), repeatable=True)
            if not tries_left or (answer.status < 500 and answer.status != 429):
                break
            self._clock.pause(next(pauses))
        if answer.status == 200:
            return _read_token(answer, where)
        said = self.hide(error_text(answer.body, answer.content_type, answer.reason))
        if answer.status in (400, 401, 403):
            raise LoginRefused(
                f"The token service did not accept {login.name} (HTTP {answer.status})",
                where=where,
                said=said,
                remedy="Check the service key: it may have been deleted, replaced or have expired",
            )
        if answer.status == 404:
            raise Nonsense(
                "There is no token service at this address (HTTP 404)",
                where=where,
                said=said,
                remedy="Give the tokenurl of the service key as token_url",
            )
        raise Unreachable(
            f"The token service gave no token (HTTP {answer.status})",
            where=where,
            said=said,
            remedy="Try again later",
            temporary=True,
        )


class Basic:
    """User name and password with every request."""

    session_writes = True

    def __init__(self, login: UserPassword) -> None:
        self.name = login.name
        self._login = login

    def header(self) -> str:
        return _basic(self._login.username, self._login.password)

    def renew(self, refused: str) -> bool:
        return False

    def hide(self, text: str) -> str:
        return _hide(text, [self._login.password])


def authenticator(login: Login, transport: Transport, clock: Clock) -> Authenticator:
    return Basic(login) if isinstance(login, UserPassword) else Bearer(login, transport, clock)


class CsrfSession:
    """The CSRF token of an HTTP session and the cookies that make the session."""

    FETCH: ClassVar[Mapping[str, str]] = {"X-CSRF-Token": "Fetch"}

    def __init__(self) -> None:
        self._token: Secret | None = None
        self._cookies: dict[str, str] = {}

    @property
    def started(self) -> bool:
        return self._token is not None

    def start(self, answer: Answer) -> bool:
        """Take token and cookies from the answer to a request with :attr:`FETCH`; whether there was a token."""
        token = answer.headers.get("X-CSRF-Token")
        if not token or token.lower() in ("required", "fetch"):
            return False
        self._token = Secret(token)
        self._cookies = {}
        for line in answer.headers.get_all("Set-Cookie") or []:
            name, equals, value = line.split(";")[0].partition("=")
            if equals and name.strip():
                self._cookies[name.strip()] = value.strip()
        return True

    def headers(self, *, writing: bool) -> dict[str, str]:
        """The cookies once there is a session, and the token where something is written."""
        headers = (
            {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())} if self._cookies else {}
        )
        if writing and self._token is not None:
            headers["X-CSRF-Token"] = self._token.reveal()
        return headers

    @staticmethod
    def required_by(answer: Answer) -> bool:
        """Whether a 403 is about the CSRF token and not about a role."""
        return answer.status == 403 and (answer.headers.get("X-CSRF-Token") or "").strip().lower() == "required"


def _basic(user: str, password: Secret) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password.reveal()}".encode()).decode()


def _hide(text: str, secrets: list[Secret]) -> str:
    for secret in secrets:
        # A shorter one would take letters out of innocent words, and so be told by the holes.
        if len(secret.reveal()) >= _SHORTEST_HIDDEN:
            text = text.replace(secret.reveal(), "<secret>")
    return text


def _read_token(answer: Answer, where: str | None) -> Secret:
    try:
        token = json.loads(answer.body)["access_token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        token = None
    if not isinstance(token, str) or not token or not all(33 <= ord(character) <= 126 for character in token):
        raise Nonsense(
            "The token service answered without a token",
            where=where,
            remedy="Give the tokenurl of the service key as token_url",
        )
    return Secret(token)
