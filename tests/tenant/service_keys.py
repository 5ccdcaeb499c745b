# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Service keys of plan "api", in the shapes SAP documents (SAP Help: "Service Key Types")."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, Literal

from cryptography.hazmat.primitives.serialization import Encoding

from .authentication import ApiClient
from .authority import Authority

__all__ = ["certificate_key", "new_client_id", "secret_key"]

Kind = Literal["secret", "certificate"]


def new_client_id() -> str:
    return f"sb-{secrets.token_hex(4)}!b1|it!b1"


def secret_key(url: str, token_url: str, client: ApiClient) -> dict[str, Any]:
    """The client-id/secret type; everything lies under ``oauth``."""
    return {
        "oauth": {
            "clientid": client.client_id,
            "clientsecret": client.secret,
            "url": url,
            "tokenurl": token_url,
            "createdate": "2026-01-01T00:00:00.000Z",
        }
    }


def certificate_key(
    url: str, token_url: str, client_id: str, roles: tuple[str, ...], authority: Authority
) -> tuple[ApiClient, dict[str, Any]]:
    """The certificate type: no secret; PEM texts have their line breaks written as backslash and n."""
    issued = authority.issue_client(client_id.split("!")[0])
    certificate = issued.certificate
    client = ApiClient(
        client_id, roles, certificate_sha256=hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()
    )
    details = {
        "issuerdn": certificate.issuer.rfc4514_string(),
        "subjectdn": certificate.subject.rfc4514_string(),
        "validuntil": certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        "serialnumber": hex(certificate.serial_number),
    }
    chain = (issued.certificate_pem + authority.pem).replace("\n", "\\n")
    key = {
        "clientid": client_id,
        "certificate": chain,
        "key": issued.key_pem.replace("\n", "\\n"),
        "tokenurl": token_url,
        "url": url,
        "certificatedetails": details,
    }
    return client, {"oauth": key}
