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
from .errors import Nonsense, TenantProblem, Unreachable
from .operation import Operation
from .refusal import describe_refusal, says_absent
from .throttle import Throttle
from .transport import Answer, Transport

__all__ = ["Client"]

# Seconds of patience with 429, and the longest single pause a Retry-After may ask for.
_RATE_PATIENCE = 120.0
_LONGEST_PAUSE = 60.0
# Tries of a read that meets a 5xx, and of anything that meets a connection that cannot be made.
_MOST_TRIES = 4
_MOST_PAGES = 10000

_JSON = {"Accept": "application/json"}


class Client:
    """Paths are relative to ``/api/v1/`` and already encoded (:func:`.odata.key`).

    ``doing`` and ``where`` are words for messages (:class:`.operation.Operation`). Every verb raises
    :class:`.errors.TenantProblem` for anything but a success.

    :param lock_timeout: seconds to wait for a keystore that somebody else has locked.
    :param jitter: a number from 0 to 1, new at each call.
    :param throttle: shared by the clients of one user; a new one when it is left out.
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
        throttle: Throttle | None = None,
    ) -> None:
        self._api_url = api_url
        self._transport = transport
        self._login = login
        self._clock = clock
        self._lock_timeout = lock_timeout
        self._jitter = jitter
        self._throttle = throttle or Throttle(clock)
        self._csrf = CsrfSession()
        self._offset = timedelta()
        self._shown = ""
        self.host = urlsplit(api_url).netloc
        self.requests = 0

    def sibling(self, transport: Transport) -> Client:
        """A client for another thread: a connection of its own, the same login and the same throttle."""
        return Client(
            self._api_url,
            transport,
            self._login,
            self._clock,
            lock_timeout=self._lock_timeout,
            jitter=self._jitter,
            throttle=self._throttle,
        )

    def now(self) -> datetime:
        """The tenant's time, from the ``Date`` of its last answer (whole seconds); local time before the first one."""
        return self._clock.now() + self._offset

    def get(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """One entity."""
        operation = Operation("GET", path, doing, where, query, _JSON)
        answer = self._carry_out(operation)
        try:
            return odata.entity(answer.body)
        except ValueError as error:
            raise self._nonsense(operation, answer, str(error)) from None

    def get_all(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> list[dict[str, Any]]:
        """All entities of a set, page by page."""
        operation = Operation("GET", path, doing, where, query, _JSON)
        found: list[dict[str, Any]] = []
        seen: set[str] = set()
        while True:
            answer = self._carry_out(operation)
            try:
                entities, following = odata.page(answer.body)
            except ValueError as error:
                raise self._nonsense(operation, answer, str(error)) from None
            found += entities
            if following is None:
                return found
            if following in seen or len(seen) > _MOST_PAGES:
                raise self._nonsense(operation, answer, "its pages never end")
            seen.add(following)
            operation = Operation("GET", odata.path_of_link(following), doing, where, None, _JSON)

    def get_media(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> bytes:
        """The bytes of a media resource or of a plain value; empty for 204."""
        return self._carry_out(Operation("GET", path, doing, where, query, {"Accept": "*/*"})).body

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
        headers = {**_JSON, "Content-Type": content_type}
        return self._carry_out(Operation("PUT", path, doing, where, query, headers, body))

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
        return self._carry_out(Operation("POST", path, doing, where, query, *_json_body(content)))

    def put(
        self,
        path: str,
        content: object,
        *,
        doing: str,
        where: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Answer:
        return self._carry_out(Operation("PUT", path, doing, where, query, *_json_body(content)))

    def delete(
        self, path: str, *, doing: str, where: str | None = None, query: Mapping[str, str] | None = None
    ) -> Answer:
        return self._carry_out(Operation("DELETE", path, doing, where, query, _JSON))

    def _carry_out(self, operation: Operation) -> Answer:
        """Send until there is an answer that another try would not change; raise unless it is a success."""
        started = self._clock.monotonic()
        pauses = iter(growing_pauses(0.5, 30.0))
        renewed = session_renewed = False
        tries = 0
        while True:
            tries += 1
            try:
                if operation.writes and self._login.session_writes and not self._csrf.started:
                    self._start_session()
                answer = self._send(operation)
            except Unreachable as problem:
                if not problem.temporary or tries >= _MOST_TRIES:
                    raise
                self._pause(next(pauses))
                continue
            if answer.status < 300:
                return answer
            if answer.status == 401 and not renewed and self._login.renew(self._shown):
                renewed = True
                continue
            if operation.writes and not session_renewed and CsrfSession.required_by(answer):
                session_renewed = True
                self._start_session()
                continue
            waited = self._clock.monotonic() - started
            pause = self._pause_after(operation, answer, tries, waited, next(pauses))
            if pause is None:
                raise self._refusal(operation, answer, waited)
            self._pause(pause)

    def _pause_after(
        self, operation: Operation, answer: Answer, tries: int, waited: float, growing: float
    ) -> float | None:
        """Seconds before another try of what was refused; ``None`` when there is to be none."""
        if answer.status == 429:
            pause = _retry_after(answer, self.now()) or growing
            return pause if waited + pause <= _RATE_PATIENCE else None
        if answer.status in (423, 503):
            left = self._lock_timeout - waited
            return min(_retry_after(answer, self.now()) or growing, left) if left > 0 else None
        if answer.status in (500, 502, 504) and not operation.writes and not says_absent(answer):
            return growing if tries < _MOST_TRIES else None
        return None

    def _send(self, operation: Operation) -> Answer:
        self._shown = self._login.header()
        headers = {
            **operation.headers,
            **self._csrf.headers(writing=operation.writes),
            "Authorization": self._shown,
        }
        with self._throttle.slot(operation.path):
            self.requests += 1
            answer = self._transport.send(
                operation.method,
                f"{self._api_url}/{operation.target}",
                headers,
                operation.body,
                repeatable=not operation.writes,
            )
        moment = _http_date(answer.headers.get("Date"))
        if moment is not None:
            self._offset = moment - self._clock.now()
        return answer

    def _start_session(self) -> None:
        """Fetch a CSRF token and the cookies of its session."""
        self._csrf = CsrfSession()
        operation = Operation("GET", "", "give out a CSRF token", headers={**_JSON, **CsrfSession.FETCH})
        if not self._csrf.start(self._carry_out(operation)):
            raise Nonsense(
                "The tenant wants a CSRF token with each change and gave none out",
                where=self.host,
                remedy="Log in with a service key",
            )

    def _pause(self, seconds: float) -> None:
        # Up to a quarter more, so that several writers do not meet again at the same moment.
        self._clock.pause(min(seconds * (1 + self._jitter() / 4), _LONGEST_PAUSE))

    def _refusal(self, operation: Operation, answer: Answer, waited: float) -> TenantProblem:
        return describe_refusal(
            operation, answer, host=self.host, login_name=self._login.name, hide=self._login.hide, waited=waited
        )

    def _nonsense(self, operation: Operation, answer: Answer, what: str) -> Nonsense:
        is_json = "json" in answer.content_type
        said = "" if is_json else self._login.hide(odata.error_text(answer.body, answer.content_type, None))
        return Nonsense(
            f"The tenant was asked to {operation.doing}, and {what}",
            where=operation.where or self.host,
            said=said or None,
            remedy="Check that the address is the one of the tenant's API, the url of its service key",
        )


def _json_body(content: object) -> tuple[dict[str, str], bytes | None]:
    if content is None:
        return _JSON, None
    return {**_JSON, "Content-Type": "application/json;charset=utf-8"}, json.dumps(content).encode()


def _retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds (RFC 9110 section 10.2.3: a number or a date), at most a minute; ``None`` for nothing usable."""
    value = (answer.headers.get("Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
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
