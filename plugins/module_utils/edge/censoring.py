# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of the credentials are secret.

``no_log`` on the whole service key would also blot out the tenant's address and the client's name in every message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..tenant.credentials import AccessToken, ClientCertificate, ClientSecret, Credentials, UserPassword

__all__ = ["is_path", "open_and_secret_values"]


def is_path(service_key: Any) -> bool:
    """Whether the option is plainly a path: a message that a file is missing has to name it.

    Anything else that is no service key may be a piece of one, and stays secret.
    """
    return (
        isinstance(service_key, str)
        and service_key.isprintable()
        and (service_key.startswith(("/", "~", "./", "../")) or service_key.endswith(".json"))
    )


def open_and_secret_values(service_key: Any, credentials: Credentials) -> tuple[set[str], set[str]]:
    """What may be shown of the option service_key, and what must never be."""
    login = credentials.login
    if isinstance(login, ClientSecret):
        secret = {login.client_secret.reveal()}
    elif isinstance(login, ClientCertificate):
        # A service key writes line breaks as the two characters backslash and n: both writings are secret.
        key = login.private_key.reveal()
        secret = {key, key.replace("\n", "\\n"), key.strip()}
    elif isinstance(login, UserPassword):
        secret = {login.password.reveal()}
    elif isinstance(login, AccessToken):
        secret = {login.token.reveal()}
    fields = service_key
    if isinstance(service_key, str) and not service_key.lstrip().startswith("{"):
        return {service_key}, secret
    if isinstance(service_key, str):
        # The text as a whole holds the secret, so it stays secret as well.
        fields = json.loads(service_key)
    return _texts(fields) - secret, secret


def _texts(value: Any) -> set[str]:
    if isinstance(value, Mapping):
        return {text for item in value.values() for text in _texts(item)}
    if isinstance(value, (list, tuple)):
        return {text for item in value for text in _texts(item)}
    return {str(value)} if value else set()
