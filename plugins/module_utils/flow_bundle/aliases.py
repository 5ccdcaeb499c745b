# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keystore aliases that a flow names: for TLS client keys, signing, encryption and verification, in channels and steps.

No receiver names the root that it trusts: every certificate of the tenant keystore is a trust anchor for every flow
(SAP Help: Renewal of Receiver Back-End Server Certificate). So aliases tell which flows use a key pair or a partner's
certificate, never which flows need a root.

OAuth2 SAML bearer credentials sign with a key pair that is named in the credential (SAP Help: Deploying an OAuth2 SAML
Bearer Assertion). No API tells which; so a channel that uses one may use any.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from .adapters import find_adapter
from .channels import channel_properties, component_of
from .iflow import Element
from .parameters import Parameters, Value
from .tables import read_rows

__all__ = ["AliasKind", "AliasReference", "may_name_key", "read_aliases"]

AliasKind = Literal[
    "literal", "dynamic", "partner_directory", "placeholder", "unresolved", "chosen_at_run_time", "in_credential"
]

_ALIAS_NAME = re.compile(r"alias", re.IGNORECASE)
_ALIAS_TABLES = frozenset({"encrypt.smime.keys", "signature.smime.table"})
# Names of entries in the credential store, the keyring or the connection setup; none of them is a keystore alias.
_CREDENTIAL = re.compile(
    r"^alias$|credential|user|token|passw|secret|secure|oauth|apikey|api_key|datasource|proxyalias|client_?id|connector",
    re.IGNORECASE,
)
# Whatever else such a name says, these words name a key; except in PGP, whose keys are in the keyring.
_SURELY_KEY = re.compile(r"private_?key|public_?key|key_?store|key_?pair|certificate", re.IGNORECASE)
_PGP = re.compile(r"pgp", re.IGNORECASE)
_ROLES: Sequence[tuple[str, re.Pattern[str]]] = (
    ("verification", re.compile(r"verif", re.IGNORECASE)),
    ("decryption", re.compile(r"decrypt", re.IGNORECASE)),
    ("encryption", re.compile(r"encrypt", re.IGNORECASE)),
    ("signing", re.compile(r"sign|mdn", re.IGNORECASE)),
    ("trust", re.compile(r"trust", re.IGNORECASE)),
)
_SIGNING_STEP = re.compile(r"sign", re.IGNORECASE)
_VERIFYING_STEP = re.compile(r"verif", re.IGNORECASE)
_AUTHENTICATION = ("authenticationMethod", "authentication", "AuthenticationType", "authenticationType")
_CLIENT_KEYS = ("privateKeyAlias", "odataCertAuthPrivateKeyAlias", "ClientCertificateAlias")
_CLIENT_CERTIFICATE = frozenset({"clientcertificate", "client_certificate", "certificate"})
_KEY_NAME = re.compile(r"key|cert|sign|crypt|trust|store|ssl|tls", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class AliasReference:
    """One place of the flow that names an alias, or leaves it to run time."""

    alias: str | None
    """The text as it stands; ``None`` when the runtime picks a key by itself, or a credential names it."""
    kind: AliasKind
    role: str
    """``client_key``, ``signing``, ``encryption``, ``decryption``, ``verification``, ``trust`` or ``key``."""
    where: str
    element_id: str
    property: str

    def to_result(self) -> dict[str, object]:
        return {
            "alias": self.alias,
            "kind": self.kind,
            "role": self.role,
            "where": self.where,
            "element_id": self.element_id,
            "property": self.property,
        }


def read_aliases(elements: Sequence[Element], parameters: Parameters) -> tuple[AliasReference, ...]:
    """Every reference in document order; the same alias may stand in several places."""
    return tuple(
        reference
        for element in elements
        if element.tag != "participant"
        for reference in _read(element, channel_properties(element, parameters))
    )


def may_name_key(element: Element, parameters: Parameters, alias: str) -> str | None:
    """A property besides the known ones that holds, or may hold, exactly this text, and sounds as if it named a key."""
    component = element.properties.get("ComponentType", "")
    for name, template in element.properties.items():
        if alias not in template and "{{" not in template:
            continue
        if name == "alias":
            # A credential in every adapter of the table; in others it may be anything.
            if not component or find_adapter(component, "") is not None:
                continue
        elif name == "scheduleKey" or not _KEY_NAME.search(name) or _names_credential(name) or _ALIAS_NAME.search(name):
            continue
        value = parameters.resolve(template)
        text = value.text.strip()
        if value.missing or text == alias or any(cell == alias for row in read_rows(text) for _unused, cell in row):
            return name
    return None


def _names_credential(name: str) -> bool:
    return bool(_PGP.search(name) or (_CREDENTIAL.search(name) and not _SURELY_KEY.search(name)))


def _read(element: Element, properties: Mapping[str, Value]) -> Iterator[AliasReference]:
    step = properties["activityType"].text if "activityType" in properties else ""
    if _PGP.search(step):
        return
    where = _where(element, properties, step)
    for name, value in properties.items():
        if name not in _ALIAS_TABLES and (not _ALIAS_NAME.search(name) or _names_credential(name)):
            continue
        for text in _texts(value.text):
            kind = _kind(text, value)
            yield AliasReference(text, kind, _role(name, step, element), where, element.id, name)
    if not element.is_channel or properties.get("direction", Value("")).text.strip().lower() == "sender":
        return
    method, stated = next(((name, properties[name]) for name in _AUTHENTICATION if name in properties), ("", Value("")))
    # Without its value the parameter may stand for any method, and an expression for another one with each message.
    undecided = bool(stated.missing) or "${" in stated.text
    normal = re.sub(r"[\s_-]", "", stated.text).lower()
    if undecided or normal in _CLIENT_CERTIFICATE:
        for name in _CLIENT_KEYS:
            if name in properties and not properties[name].text.strip():
                yield AliasReference(None, "chosen_at_run_time", "client_key", where, element.id, name)
    if undecided or "samlbearer" in normal:
        yield AliasReference(None, "in_credential", "signing", where, element.id, method)


def _texts(text: str) -> list[str]:
    """The aliases in a property: the text, or one cell of each row when it is a table."""
    if "<row>" not in text:
        return [text.strip()] if text.strip() else []
    rows = read_rows(text)
    cells = [next((cell for name, cell in row if _ALIAS_NAME.search(name)), row[0][1]) for row in rows]
    return [cell for cell in cells if cell]


def _kind(text: str, value: Value) -> AliasKind:
    if "${" in text:
        return "dynamic"
    if text.lower().startswith("pd:"):
        return "partner_directory"
    if "{{" in text and value.missing:
        return "unresolved"
    return "placeholder" if text.startswith("<") and text.endswith(">") else "literal"


def _role(name: str, step: str, element: Element) -> str:
    for role, pattern in _ROLES:
        if pattern.search(name):
            return role
    if element.is_channel:
        return "client_key"
    if _VERIFYING_STEP.search(step):
        return "verification"
    return "signing" if _SIGNING_STEP.search(step) else "key"


def _where(element: Element, properties: Mapping[str, Value], step: str) -> str:
    name = element.name or element.id
    if element.is_channel:
        direction = properties.get("direction", Value("")).text.strip().lower()
        return f"{component_of(properties)} {direction} channel {name!r}".replace("  ", " ")
    return f"step {name!r} ({step})" if step else f"step {name!r}"
