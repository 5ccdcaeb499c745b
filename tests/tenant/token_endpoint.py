# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The token endpoint ``/oauth/token``: client credentials as Basic, in the form, in the query string, or by
certificate.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qsl, unquote

from .authentication import ApiClient, Credentials
from .http import Answer, Query

__all__ = ["answer_token_request", "basic_credentials"]


def basic_credentials(header: str | None) -> tuple[str, str] | None:
    """Name and password of an ``Authorization: Basic`` header."""
    scheme, _unused, value = (header or "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def _say(status: int, error: str, description: str) -> Answer:
    body = json.dumps({"error": error, "error_description": description}).encode()
    headers = {"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = f'Basic realm="UAA/client", error="{error}", error_description="{description}"'
    return Answer(status, body, headers)


def answer_token_request(
    credentials: Credentials,
    *,
    method: str,
    path: str,
    query: Query,
    headers: Mapping[str, str],
    body: bytes,
    certificate: bytes | None,
    now: datetime,
) -> tuple[Answer, str | None]:
    """The answer and the client's id; error texts are the usual ones of XSUAA, not observed on a tenant."""
    if path != "/oauth/token":
        return _say(404, "not_found", "No such resource"), None
    if method not in ("POST", "GET"):
        return _say(405, "method_not_allowed", f"Request method '{method}' not supported"), None
    fields = dict(query.pairs)
    if headers.get("content-type", "").split(";")[0].strip().lower() == "application/x-www-form-urlencoded":
        fields |= dict(parse_qsl(body.decode("latin-1"), keep_blank_values=True))
    basic = basic_credentials(headers.get("authorization"))
    client, client_id, refusal = _client(credentials, basic, fields, certificate)
    if client is None:
        return refusal, client_id
    grant = fields.get("grant_type")
    if not grant:
        return _say(400, "invalid_request", "Missing grant type"), client.client_id
    if grant != "client_credentials":
        return _say(400, "unauthorized_client", f"Unauthorized grant type: {grant}"), client.client_id
    answer = Answer(
        200,
        json.dumps(credentials.issue_token(client, now)).encode(),
        {"Content-Type": "application/json;charset=UTF-8", "Cache-Control": "no-store"},
    )
    return answer, client.client_id


def _client(
    credentials: Credentials, basic: tuple[str, str] | None, fields: Mapping[str, str], certificate: bytes | None
) -> tuple[ApiClient | None, str | None, Answer]:
    if basic is not None:
        # RFC 6749 section 2.3.1 form-encodes both; many clients send them as they are. Both pass.
        for decode in (str, unquote):
            found = credentials.client_by_secret(decode(basic[0]), decode(basic[1]))
            if found is not None:
                return found, found.client_id, Answer(200)
        return None, basic[0], _say(401, "unauthorized", "Bad credentials")
    client_id = fields.get("client_id")
    if client_id is None:
        return None, None, _say(401, "unauthorized", "An Authentication object was not found in the SecurityContext")
    if "client_secret" in fields:
        found = credentials.client_by_secret(client_id, fields["client_secret"])
    else:
        found = credentials.client_by_certificate(certificate, client_id)
    return found, client_id, _say(401, "invalid_client", "Bad credentials")
