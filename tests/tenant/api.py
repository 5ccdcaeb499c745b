# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From a request to an answer: login, CSRF, limits, route, role, handler, encoding. No sockets here."""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING

from .atom import error_xml, to_atom
from .authentication import Principal
from .http import Answer, Query, Refusal, Request, Route
from .metadata import METADATA, service_document
from .odata import error_json, to_json
from .token_endpoint import basic_credentials

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["Api", "Call"]

_PREFIX = "/api/v1"
_READS = ("GET", "HEAD")


@dataclass
class Call:
    """A request as it came in, its path and options decoded."""

    method: str
    path: str
    query: Query
    headers: Mapping[str, str]
    body: bytes
    host: str
    certificate: bytes | None  # DER of the client certificate of the TLS connection


class Api:
    """All routes of all areas behind one login."""

    def __init__(self, tenant: LocalTenant, routes: list[Route]) -> None:
        self._tenant = tenant
        self._routes = [*routes, *self._own_routes()]

    def answer(self, call: Call) -> tuple[Answer, str | None]:
        """The answer with its body encoded, and who asked."""
        principal = self._login(call)
        if principal is None:
            # The body of a 401 is not specified; a proxy in front of the tenant answers it.
            return Answer(401, b"", {"WWW-Authenticate": "Bearer"}), None
        path = call.path if call.path == "/" else call.path.rstrip("/")
        below = path[len(_PREFIX) :] or "/" if path.startswith(_PREFIX) else path
        request = Request(
            call.method, below, call.query, call.headers, call.body, principal.name, f"https://{call.host}{_PREFIX}"
        )
        answer = self._guarded(request, principal, in_api=path == _PREFIX or path.startswith(f"{_PREFIX}/"))
        if call.method in _READS and call.headers.get("x-csrf-token", "").lower() == "fetch":
            self._give_csrf_token(call, principal, answer)
        return answer, principal.name

    def _login(self, call: Call) -> Principal | None:
        """Bearer, Basic of an identity user, or the client certificate (SAP Help: "Client Certificate Authentication
        for API Clients").
        """
        header = call.headers.get("authorization", "")
        scheme, _unused, value = header.partition(" ")
        credentials = self._tenant.credentials
        if scheme.lower() == "bearer":
            return credentials.by_token(value.strip(), self._tenant.clock.now())
        basic = basic_credentials(header)
        if basic is not None:
            return credentials.by_password(*basic)
        client = credentials.client_by_certificate(call.certificate) if not header else None
        return None if client is None else Principal(client.client_id, frozenset(client.roles))

    def _guarded(self, request: Request, principal: Principal, *, in_api: bool) -> Answer:
        tenant = self._tenant
        try:
            if not in_api:
                if request.path == "/" and request.method in _READS:
                    return Answer.text(
                        "SAP Cloud Integration"
                    )  # some clients fetch their CSRF token at the host's root
                raise Refusal(404, "Not found")
            if tenant.rate_limits is not None and not tenant.rate_limits.allows(request.path, request.user):
                raise Refusal(429, empty=True)
            if request.method not in _READS:
                self._check_csrf(request, principal)
                if tenant.read_only:
                    tenant.violations.append(f"{request.method} {request.path}")
                    raise Refusal(500, "The local tenant is read-only; this write is a violation")
            return self._encoded(self._routed(request, principal), request)
        except Refusal as refusal:
            return _refused(refusal, request)
        except Exception as error:  # a bug of the emulator must look like a bug, and be found
            tenant.errors.append("".join(traceback.format_exception(error)))
            return _refused(Refusal(500, f"The local tenant failed: {type(error).__name__}: {error}"), request)

    def _routed(self, request: Request, principal: Principal) -> Answer:
        allowed = []
        for route in self._routes:
            match = route.matches(request.path)
            if match is None:
                continue
            if route.method != ("GET" if request.method == "HEAD" else request.method):
                allowed.append(route.method)
                continue
            if route.role is not None and route.role not in principal.roles:
                raise Refusal(403, empty=True)  # a missing role: 403 with an empty body (observed on a tenant)
            for option in request.query.system_options:
                if option not in route.options:
                    raise Refusal(
                        route.refuse_options,
                        "Not implemented"
                        if route.refuse_options == 501
                        else f"The query option '{option}' is not allowed for this resource.",
                    )
            request.match = match
            return route.handler(request)
        if request.method in ("PATCH", "MERGE", "OPTIONS"):
            raise Refusal(501, "Not implemented")
        if allowed and request.method == "HEAD":
            return Answer.empty(200)  # clients fetch their CSRF token by HEAD of what they are going to write
        if allowed:
            raise Refusal(405, "Method not allowed")
        entity_set = re.split(r"[(/?]", request.path[1:], maxsplit=1)[0]
        raise Refusal(404, f"Could not find an entity set or function import for '{entity_set}'")

    def _check_csrf(self, request: Request, principal: Principal) -> None:
        """Enforced where there is a session, that is with Basic; a tenant takes bearer writes without (observed on a
        tenant).
        """
        if not principal.session:
            return
        expected = self._tenant.credentials.session_token(_cookie(request.headers), principal.name)
        if expected is None or request.headers.get("x-csrf-token") != expected:
            refusal = Refusal(403, "CSRF token validation failed")
            refusal.headers = {"X-CSRF-Token": "Required", "Content-Type": "text/plain;charset=utf-8"}
            raise refusal

    def _give_csrf_token(self, call: Call, principal: Principal, answer: Answer) -> None:
        credentials = self._tenant.credentials
        session = _cookie(call.headers)
        token = credentials.session_token(session, principal.name)
        if token is None:
            session, token = credentials.open_session(principal.name)
            # Names and path of the cookies: SAP Help, "Use CSRF Protection".
            answer.cookies += [
                f"JSESSIONID={session}; Path=/api; Secure; HttpOnly",
                f"JTENANTSESSIONID_local={session[::-1]}; Path=/; Secure; HttpOnly",
            ]
        answer.headers["X-CSRF-Token"] = token

    def _encoded(self, answer: Answer, request: Request) -> Answer:
        if answer.odata is None:
            return answer
        answer.headers["DataServiceVersion"] = "2.0"
        if request.wants_json:
            answer.body = to_json(answer.odata, request.base_url)
            answer.headers["Content-Type"] = "application/json;charset=utf-8"
        else:
            answer.body = to_atom(answer.odata, request.base_url, self._tenant.clock.now())
            answer.headers["Content-Type"] = "application/atom+xml;charset=utf-8"
        return answer

    def _own_routes(self) -> list[Route]:
        return [
            Route("GET", "/", service_document),
            Route(
                "GET",
                r"/\$metadata",
                lambda _: Answer.media(METADATA.encode(), "application/xml;charset=utf-8"),
                options=frozenset(),
            ),
        ]


def _cookie(headers: Mapping[str, str]) -> str | None:
    try:
        found = SimpleCookie(headers.get("cookie", "")).get("JSESSIONID")
    except CookieError:
        return None
    return None if found is None else found.value


def _refused(refusal: Refusal, request: Request) -> Answer:
    headers = dict(refusal.headers)
    if refusal.empty:
        return Answer(refusal.status, b"", headers)
    if headers.get("Content-Type", "").startswith("text/plain"):
        return Answer(refusal.status, (refusal.text or "").encode(), headers)
    if refusal.bare or request.wants_json:
        headers["Content-Type"] = "application/json;charset=utf-8"
        return Answer(
            refusal.status, error_json(refusal.status, refusal.text, code=refusal.code, bare=refusal.bare), headers
        )
    headers["Content-Type"] = "application/xml;charset=utf-8"
    return Answer(refusal.status, error_xml(refusal.status, refusal.text, code=refusal.code), headers)
