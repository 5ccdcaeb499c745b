# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Seven verbs on the OData API of one tenant: logged in, patient where patience helps, and clear where it does not.

What is repeated: 429 (RFC 6585 section 4) and 503 or 423, which is how a tenant says that its keystore is locked (API
specification SecurityContent.json), for any request, because neither was carried out; 500, 502, 504 and lost
connections for reads alone. A 409 is an answer, never repeated.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from ..clock import Clock, growing_pauses
from . import odata
from .auth import Authenticator, CsrfSession
from .errors import (
    KeystoreLocked,
    LoginRefused,
    Nonsense,
    NotFound,
    NotPermitted,
    OutcomeUnknown,
    RateLimited,
    Refused,
    Unreachable,
)
from .roles import role_for
from .throttle import Throttle
from .transport import Answer, Transport

__all__ = ["Client"]

# Seconds of patience with 429, and the longest single pause a Retry-After may ask for.
_RATE_PATIENCE = 120.0
_LONGEST_PAUSE = 60.0
# Tries of a read that met a 5xx or a broken connection.
_READ_TRIES = 4
_MOST_PAGES = 10000
_ABSENT = "requested entity could not be found"


class Client:
    """Paths are relative to ``/api/v1/`` and already encoded (:func:`.odata.key`).

    ``doing`` completes the sentence "The tenant refused to ...", ``where`` is the alias or flow concerned, for messages.
    Every verb raises :class:`.errors.TenantProblem`.
    """

    def __init__(
        self,
        api_url: str,
        transport: Transport,
        login: Authenticator,
        clock: Clock,
        *,
        lock_timeout: float,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._api_url = api_url
        self._transport = transport
        self._login = login
        self._clock = clock
        self._lock_timeout = lock_timeout
        self._jitter = jitter
        self._throttle = Throttle(clock)
        self._csrf = CsrfSession()
        self._offset: timedelta | None = None
        self.host = urlsplit(api_url).netloc
        self.requests = 0

    def now(self) -> datetime:
        """The tenant's time, from the ``Date`` of its last answer (whole seconds); the local time before the first answer."""
        return self._clock.now() + (self._offset or timedelta())

    def get(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One entity."""
        answer = self._read(path, query, "application/json", doing, where)
        try:
            return odata.entity(answer.body)
        except ValueError as error:
            raise self._nonsense(answer, str(error), doing, where) from None

    def get_all(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """All entities of a set, page by page."""
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        while True:
            answer = self._read(path, query, "application/json", doing, where)
            try:
                entities, following = odata.page(answer.body)
            except ValueError as error:
                raise self._nonsense(answer, str(error), doing, where) from None
            found += entities
            if following is None:
                return found
            if following in seen or len(seen) > _MOST_PAGES:
                raise self._nonsense(answer, "its pages never end", doing, where)
            seen.add(following)
            path, query = _next_path(following), None

    def get_media(
        self,
        path: str,
        *,
        doing: str,
        where: str | None = None,
        query: Mapping[str, str] | None = None,
        accept: str = "*/*",
    ) -> bytes:
        """The bytes of a media resource or of a plain value; empty for 204."""
        return self._read(path, query, accept, doing, where).body

    def put_media(
        self,
        path: str,
        body: bytes,
        content_type: str,
        *,
        doing: str,
        where: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        return self._send(
            "PUT", path, query, {"Accept": "application/json", "Content-Type": content_type}, body, doing, where
        )

    def post(
        self,
        path: str,
        content: object = None,
        *,
        doing: str,
        where: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        """Create an entity, or call a function import when there is no content."""
        return self._send("POST", path, query, *_json_body(content), doing, where)

    def put(
        self,
        path: str,
        content: object,
        *,
        doing: str,
        where: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        return self._send("PUT", path, query, *_json_body(content), doing, where)

    def delete(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        return self._send("DELETE", path, query, {"Accept": "application/json"}, None, doing, where)

    def _read(self, path: str, query: Mapping[str, str] | None, accept: str, doing: str, where: str | None) -> Answer:
        return self._send("GET", path, query, {"Accept": accept}, None, doing, where)

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str],
        body: bytes | None,
        doing: str,
        where: str | None,
    ) -> Answer:
        """Send until there is an answer that another try would not change; raise unless it is a success."""
        started = self._clock.monotonic()
        pauses = iter(growing_pauses(0.5, 30.0))
        writing = method != "GET"
        renewed = fetched = False
        tries = 0
        while True:
            tries += 1
            waited = self._clock.monotonic() - started
            try:
                if writing and self._login.session_writes and not self._csrf.started:
                    self._fetch_csrf_token()
                    fetched = True
                answer = self._once(method, path, query, headers, body)
            except Unreachable as problem:
                if not problem.temporary or tries >= _READ_TRIES:
                    raise
                self._pause(next(pauses))
                continue
            status = answer.status
            if status < 300:
                return answer
            if status == 401 and not renewed and self._login.renew():
                renewed = True
                continue
            if writing and not fetched and self._csrf.required_by(answer):
                fetched = True
                self._fetch_csrf_token()
                continue
            if status == 429:
                pause = _retry_after(answer, self.now()) or next(pauses)
                if waited + pause <= _RATE_PATIENCE:
                    self._pause(pause)
                    continue
            elif status in (423, 503):
                left = self._lock_timeout - waited
                if left > 0:
                    self._pause(min(_retry_after(answer, self.now()) or next(pauses), left))
                    continue
            elif status in (500, 502, 504) and not writing and tries < _READ_TRIES and not self._says_absent(answer):
                self._pause(next(pauses))
                continue
            raise self._problem(answer, method, path, doing, where, waited)

    def _once(
        self, method: str, path: str, query: Mapping[str, str] | None, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        self._throttle.wait(path)
        url = f"{self._api_url}/{path}"
        if query:
            url += f"?{odata.encode_query(query)}"
        writing = method != "GET"
        complete = {**headers, **self._csrf.headers(writing=writing), "Authorization": self._login.header()}
        self.requests += 1
        answer = self._transport.send(method, url, complete, body, repeatable=not writing)
        self._note_time(answer)
        return answer

    def _fetch_csrf_token(self) -> None:
        answer = self._once("GET", "", None, {"Accept": "application/json", **CsrfSession.FETCH}, None)
        if answer.status >= 300:
            raise self._problem(answer, "GET", "", "give out a CSRF token", None, 0.0)
        if not self._csrf.start(answer):
            raise Nonsense(
                "The tenant asks for a CSRF token and gave none",
                where=self.host,
                remedy="Use a service key, which needs no CSRF token",
            )

    def _pause(self, seconds: float) -> None:
        # Up to a quarter more, so that several writers do not meet again at the same moment.
        self._clock.pause(min(seconds * (1 + self._jitter() / 4), _LONGEST_PAUSE))

    def _note_time(self, answer: Answer) -> None:
        moment = _http_date(answer.headers.get("Date"))
        if moment is not None:
            self._offset = moment - self._clock.now()

    def _says_absent(self, answer: Answer) -> bool:
        return answer.status == 404 or _ABSENT in odata.error_text(answer.body, answer.content_type, None).lower()

    def _problem(
        self, answer: Answer, method: str, path: str, doing: str, where: str | None, waited: float
    ) -> Refused | LoginRefused | NotPermitted | RateLimited | KeystoreLocked | OutcomeUnknown:
        status = answer.status
        where = where or self.host
        text = self._login.hide(odata.error_text(answer.body, answer.content_type, answer.reason))
        if status == 401:
            return LoginRefused(
                f"The tenant did not accept {self._login.name} (HTTP 401)",
                where=self.host,
                said=text,
                remedy=_LOGIN_REMEDY.get(self._login.name),
            )
        if status == 403:
            return NotPermitted(
                f"The tenant did not permit to {doing} (HTTP 403)",
                where=where,
                said=None if text == answer.reason else text,
                remedy=f"Give the service instance the role {role_for(method, path)} and create a new service key, or wait up to 12 hours for a new token",
            )
        if status == 429:
            return RateLimited(
                f"The tenant kept refusing to {doing} because of too many requests, for {waited:.0f} seconds",
                where=where,
                remedy="Run again later",
            )
        if status in (423, 503) and method != "GET" and role_for(method, path) == "SecurityMaterialEdit":
            return KeystoreLocked(
                f"The keystore was locked for more than {self._lock_timeout:g} seconds, so the tenant did not {doing}",
                where=where,
                said=None if text == answer.reason else text,
                remedy="Somebody else is changing it: run again later, or raise lock_timeout",
            )
        if self._says_absent(answer):
            return NotFound(
                f"The tenant found nothing when asked to {doing} (HTTP {status})",
                status=status,
                code=odata.error_code(answer.body),
                text=text,
                where=where,
            )
        if status in (502, 504) and method != "GET":
            return OutcomeUnknown(
                f"A gateway gave up while the tenant was asked to {doing} (HTTP {status}); it may or may not have been done",
                where=where,
                said=text,
                remedy="Run again: it looks at the tenant first and only does what is missing",
            )
        return Refused(
            f"The tenant refused to {doing} (HTTP {status})",
            status=status,
            code=odata.error_code(answer.body),
            text=text,
            where=where,
            remedy=_REMEDY.get(status),
        )

    def _nonsense(self, answer: Answer, what: str, doing: str, where: str | None) -> Nonsense:
        said = (
            self._login.hide(odata.error_text(answer.body, answer.content_type, None))
            if "json" not in answer.content_type
            else None
        )
        return Nonsense(
            f"The tenant was asked to {doing}, and {what}",
            where=where or self.host,
            said=said or None,
            remedy="Check that the address is the one of the tenant's API, the url of its service key",
        )


_REMEDY = {
    413: "The tenant limits a certificate to 10240 bytes, a chain or PKCS#12 file to 30720, and the keystore as a whole: delete what nobody needs",
    415: "The tenant did not recognise the format: check the file",
    500: "Look at the state in the tenant, then run again",
    501: "This tenant does not offer the operation",
}
_LOGIN_REMEDY = {
    "the client id and client secret": "Check that the service key belongs to this tenant and has the plan api",
    "the client certificate of the service key": "Check that the service key belongs to this tenant, has the plan api and has not expired",
    "the user name and password": "Check them; they are of a user of the identity provider, not of a service key",
    "the access token": "It may have expired: fetch a new one",
}


def _json_body(content: object) -> tuple[dict[str, str], bytes | None]:
    headers = {"Accept": "application/json"}
    if content is None:
        return headers, None
    return {**headers, "Content-Type": "application/json;charset=utf-8"}, json.dumps(content).encode()


def _next_path(following: str) -> str:
    """The path of the next page below our own address: a link is never followed to another host."""
    parts = following.split("/api/v1/", 1)
    path = (
        parts[1] if len(parts) == 2 else following.rsplit("/", 1)[-1] if "://" in following else following.lstrip("/")
    )
    return "".join(character if 32 < ord(character) < 127 else "%20" if character == " " else "" for character in path)


def _retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds (RFC 9110 section 10.2.3: a number or a date), at most a minute; ``None`` when there is nothing usable."""
    value = (answer.headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return min(float(value), _LONGEST_PAUSE) or None
    moment = _http_date(value)
    if moment is None or moment <= now:
        return None
    return min((moment - now).total_seconds(), _LONGEST_PAUSE)


def _http_date(value: str | None) -> datetime | None:
    if not value:
        return None
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
