# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who logs in where, from the options of a module. Pure but for reading a service key file; nothing is sent.

Sources: SAP Help "Service Key Types" and "Creating Service Instance and Service Key for Inbound Authentication"
(fields of a service key); RFC 7617 section 2 (no colon in a user name).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import urlsplit

from .errors import BadConnectionOptions
from .secret import Secret

__all__ = [
    "AccessToken",
    "ClientCertificate",
    "ClientSecret",
    "Credentials",
    "Login",
    "UserPassword",
    "read_credentials",
]

_API_PATH = "/api/v1"
_LARGEST_KEY_FILE = 65536
_HOW = (
    "Give service_key, or tenant_url with token_url, client_id and client_secret, "
    "or tenant_url with username and password, or tenant_url with access_token"
)


@dataclass(frozen=True, slots=True)
class ClientSecret:
    """OAuth client credentials (RFC 6749 section 4.4)."""

    token_url: str
    client_id: str
    client_secret: Secret
    name = "the client id and client secret"


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """OAuth client credentials proved by mutual TLS (RFC 8705 section 2).

    :param certificate: the chain in PEM, leaf first.
    :param private_key: in PEM, unencrypted.
    """

    token_url: str
    client_id: str
    certificate: str
    private_key: Secret
    name = "the client certificate of the service key"


@dataclass(frozen=True, slots=True)
class UserPassword:
    """A user of the identity provider, by Basic authentication."""

    username: str
    password: Secret
    name = "the user name and password"


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A bearer token that somebody else fetched."""

    token: Secret
    name = "the access token"


Login: TypeAlias = "ClientSecret | ClientCertificate | UserPassword | AccessToken"


@dataclass(frozen=True, slots=True)
class Credentials:
    """:param api_url: such as ``https://host/api/v1``, without a slash at its end."""

    api_url: str
    login: Login


def read_credentials(options: Mapping[str, Any]) -> Credentials:
    """Credentials from module options; options that are missing, ``None`` or empty count as not given.

    Reads ``service_key`` (mapping, JSON text, or path to a file), ``tenant_url``, ``token_url``, ``client_id``,
    ``client_secret``, ``username``, ``password`` and ``access_token``. Raises :class:`BadConnectionOptions` with a
    sentence of its own for each mistake; no value of an option is repeated, but for addresses and paths.
    """
    names = (
        "service_key",
        "tenant_url",
        "token_url",
        "client_id",
        "client_secret",
        "username",
        "password",
        "access_token",
    )
    given = {name: options[name] for name in names if options.get(name)}
    if "service_key" in given:
        others = [name for name in given if name != "service_key"]
        if others:
            raise BadConnectionOptions(
                f"service_key is given together with {_listed(others)}",
                remedy="Give one of them; look at the SAP_CI_... environment variables too",
            )
        return _from_service_key(given["service_key"])
    if not given:
        raise BadConnectionOptions("Nothing says which tenant to talk to", remedy=_HOW)
    for name, value in given.items():
        if not isinstance(value, str):
            raise BadConnectionOptions(f"{name} is no text but {type(value).__name__}", remedy=f"Give {name} as text")
    if "tenant_url" not in given:
        raise BadConnectionOptions(
            f"tenant_url is missing beside {_listed(given)}",
            remedy="Give the address of the tenant's API, the url of its service key",
        )
    return Credentials(_api_url(given["tenant_url"], "tenant_url"), _explicit_login(given))


def _explicit_login(given: Mapping[str, str]) -> Login:
    kinds = {
        "client_id": ("token_url", "client_id", "client_secret"),
        "username": ("username", "password"),
        "access_token": ("access_token",),
    }
    chosen = [names for names in kinds.values() if any(name in given for name in names)]
    if not chosen:
        raise BadConnectionOptions("tenant_url is given, but nothing to log in with", remedy=_HOW)
    if len(chosen) > 1:
        mixed = [name for names in chosen for name in names if name in given]
        raise BadConnectionOptions(f"Two ways to log in are mixed: {_listed(mixed)}", remedy=_HOW)
    missing = [name for name in chosen[0] if name not in given]
    if missing:
        present = [name for name in chosen[0] if name in given]
        raise BadConnectionOptions(
            f"{_listed(missing)} {'is' if len(missing) == 1 else 'are'} missing beside {_listed(present)}", remedy=_HOW
        )
    if "access_token" in given:
        return AccessToken(_header_secret(given["access_token"], "access_token"))
    if "username" in given:
        if ":" in given["username"]:
            raise BadConnectionOptions(
                "username holds a colon, which Basic authentication cannot carry", remedy="Use a service key"
            )
        return UserPassword(given["username"], Secret(given["password"]))
    return ClientSecret(_token_url(given["token_url"], "token_url"), given["client_id"], Secret(given["client_secret"]))


def _from_service_key(service_key: object) -> Credentials:
    where = None
    if isinstance(service_key, str):
        text, where = _service_key_text(service_key.strip())
        service_key = _parse_service_key(text, where)
    if not isinstance(service_key, Mapping):
        raise BadConnectionOptions(
            f"service_key is no mapping but {type(service_key).__name__}",
            where=where,
            remedy="Give the JSON of the service key, as a mapping, text or path",
        )
    fields: Mapping[str, Any] = service_key
    # The command line of Cloud Foundry wraps the key once more than the cockpit does.
    for wrapper in ("credentials", "oauth"):
        inner = fields.get(wrapper)
        if isinstance(inner, Mapping):
            fields = inner
    return _from_fields(fields, where)


def _service_key_text(given: str) -> tuple[str, str | None]:
    """The JSON text and, when it came from a file, the file's path."""
    if given.lstrip("\ufeff").startswith(("{", "[")):
        return given, None
    path = os.path.expanduser(given)
    shown = path if len(path) <= 200 and path.isprintable() else "service_key"
    try:
        with open(path, "rb") as file:
            content = file.read(_LARGEST_KEY_FILE + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else "not a path"
        raise BadConnectionOptions(
            f"The service key file cannot be read ({said})",
            where=shown,
            remedy="Give the path of the service key file, its JSON text or a mapping",
        ) from None
    if len(content) > _LARGEST_KEY_FILE:
        raise BadConnectionOptions(
            f"The service key file has more than {_LARGEST_KEY_FILE} bytes",
            where=shown,
            remedy="Give the JSON of one service key",
        )
    try:
        return content.decode("utf-8-sig"), shown
    except UnicodeDecodeError:
        raise BadConnectionOptions(
            "The service key file is not text in UTF-8",
            where=shown,
            remedy="Save the JSON of the service key as it was shown",
        ) from None


def _parse_service_key(text: str, where: str | None) -> object:
    try:
        return json.loads(text.lstrip("\ufeff"))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        hint = (
            "Give a mapping or JSON text: this looks like a mapping that was printed into a text"
            if text.startswith("{'")
            else "Copy the JSON of the service key again"
        )
        raise BadConnectionOptions(f"service_key is not valid JSON (line {line})", where=where, remedy=hint) from None


def _from_fields(fields: Mapping[str, Any], where: str | None) -> Credentials:
    def text(name: str) -> str:
        value = fields.get(name)
        if value is None or value == "":
            raise BadConnectionOptions(f"The service key has no field {name}", where=where, remedy=_remedy_for(name))
        if not isinstance(value, str):
            raise BadConnectionOptions(
                f"The field {name} of the service key is no text", where=where, remedy=_remedy_for(name)
            )
        return value

    api_url = _api_url(text("url"), "the field url of the service key")
    token_url = _token_url(text("tokenurl"), "the field tokenurl of the service key")
    client_id = text("clientid")
    if not fields.get("certificate"):
        if not fields.get("clientsecret") and fields.get("key"):
            text("certificate")
        return Credentials(api_url, ClientSecret(token_url, client_id, Secret(text("clientsecret"))))
    certificate = _pem(text("certificate"), "CERTIFICATE", "certificate", where)
    private_key = _pem(text("key"), "PRIVATE KEY", "key", where)
    if "ENCRYPTED" in private_key:
        raise BadConnectionOptions(
            "The field key of the service key holds an encrypted private key",
            where=where,
            remedy="Give the private key without a passphrase",
        )
    return Credentials(api_url, ClientCertificate(token_url, client_id, certificate, Secret(private_key)))


def _remedy_for(name: str) -> str:
    if name == "key":
        return "Add the private key of the external certificate to the service key as the field key, in PEM"
    return (
        "Use a service key of the service SAP Process Integration Runtime, plan api, complete as the cockpit shows it"
    )


def _pem(text: str, label: str, field: str, where: str | None) -> str:
    """PEM with real line breaks; service keys carry them as a backslash and an n (SAP Help "Service Key Types")."""
    text = text.replace("\\r", "").replace("\\n", "\n").strip() + "\n"
    if f"{label}-----" not in text:
        raise BadConnectionOptions(
            f"The field {field} of the service key is not in PEM",
            where=where,
            remedy="Copy the service key again, without changing it",
        )
    return text


def _api_url(url: str, name: str) -> str:
    parts = _https(url, name)
    path = parts.path.rstrip("/")
    if path and not path.endswith(_API_PATH):
        raise BadConnectionOptions(
            f"{name} has the path {path}, which is not the API's",
            where=parts.netloc,
            remedy="Give the url of the service key; the web user interface has another host and other paths",
        )
    return f"https://{parts.netloc}{path or _API_PATH}"


def _token_url(url: str, name: str) -> str:
    parts = _https(url, name)
    return f"https://{parts.netloc}{parts.path.rstrip('/') or '/oauth/token'}"


def _https(url: str, name: str) -> Any:
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise BadConnectionOptions(
            f"{name} is no address", remedy="Give an address such as https://host.example"
        ) from None
    if parts.scheme != "https":
        shown = f"begins with {parts.scheme}://" if parts.scheme in ("http", "ftp") else "does not begin with https://"
        raise BadConnectionOptions(
            f"{name} {shown}", where=parts.hostname, remedy="Give an address that begins with https://"
        )
    if "@" in parts.netloc:
        raise BadConnectionOptions(
            f"{name} holds a user name or password", where=parts.hostname, remedy="Give them as username and password"
        )
    if not parts.hostname or port == 0 or any(character.isspace() or ord(character) > 126 for character in url.strip()):
        raise BadConnectionOptions(f"{name} holds no valid host", remedy="Give an address such as https://host.example")
    return parts


def _header_secret(text: str, name: str) -> Secret:
    text = text.strip()
    if not text or not all(33 <= ord(character) <= 126 for character in text):
        raise BadConnectionOptions(
            f"{name} holds characters that no token has", remedy="Give the token alone, without the word Bearer"
        )
    return Secret(text)


def _listed(names: Any) -> str:
    names = list(names)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
