# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a key pair's certificate may be used for, against what it is needed for (RFC 5280, section 4.2.1.12)."""

from __future__ import annotations

from collections.abc import Sequence

from ..certificates.certificate import Certificate
from ..certificates.oids import EXTENDED_KEY_USAGES
from .refused import NotWanted

__all__ = ["check_key_usages", "missing_key_usages", "normalise_key_usages"]

_CLIENT_AUTH = "clientAuth"
_ANY = "anyExtendedKeyUsage"
_KNOWN = {name.casefold(): name for name in EXTENDED_KEY_USAGES.values()}


def normalise_key_usages(names: Sequence[str]) -> tuple[str, ...]:
    """Extended key usages by name in any case, or by dotted identifier. Raises :class:`NotWanted` for unknown names."""
    found = []
    for name in names:
        text = name.strip()
        known = EXTENDED_KEY_USAGES.get(text) or _KNOWN.get(text.replace("_", "").replace(" ", "").casefold())
        if known is None and not (text and all(part.isdigit() for part in text.split(".")) and "." in text):
            raise NotWanted(
                f"there is no extended key usage of the name {name!r}",
                where="option required_key_usage",
                remedy=f"Give one of {', '.join(sorted(_KNOWN.values()))}, or a dotted identifier",
            )
        found.append(known or text)
    return tuple(dict.fromkeys(found))


def missing_key_usages(usages: Sequence[str] | None, required: Sequence[str]) -> list[str]:
    """Those of the required ones that a certificate does not allow; one without the extension allows everything."""
    if usages is None or _ANY in usages:
        return []
    return [usage for usage in required if usage not in usages]


def check_key_usages(leaf: Certificate, required: Sequence[str]) -> str | None:
    """A warning about the use as a client certificate; raises :class:`NotWanted` when a required usage is missing."""
    usages = leaf.extended_key_usages
    allowed = ", ".join(usages or ()) or "nothing"
    missing = missing_key_usages(usages, required)
    if missing:
        raise NotWanted(
            f"the certificate may not be used for {', '.join(missing)}, only for {allowed}",
            where=leaf.subject,
            remedy="Ask the CA for a certificate with this extended key usage",
        )
    if missing_key_usages(usages, [_CLIENT_AUTH]):
        return (
            f"The certificate may be used for {allowed}, but not for {_CLIENT_AUTH}: a receiver may refuse it as the "
            "client certificate of an outbound connection. Public CAs have stopped issuing it; a private CA can."
        )
    return None
