# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The name of a keystore entry: its limits, whom it belongs to, and how it travels.

Rules from the API specification SecurityContent.json (Hexalias, PUT /CertificateResources, PUT /KeystoreResources)
and the property lengths in a tenant's metadata.
"""

from __future__ import annotations

from collections.abc import Iterable

from .errors import BadAlias

__all__ = ["check_alias", "from_hex", "is_reserved", "join_for_mass_delete", "to_hex"]

_LONGEST = 250
_RESERVED = frozenset({"hcicertificate", "hcicertificate1", "hcimsgcertificate"})
_RESERVED_PREFIX = "sap_"


def is_reserved(alias: str) -> bool:
    """Whether SAP keeps the alias for itself.

    The specification does not say whether case matters; a Java keystore folds it, so it does not matter here.
    """
    folded = alias.casefold()
    return folded in _RESERVED or folded.startswith(_RESERVED_PREFIX)


def check_alias(alias: str) -> str:
    """The alias itself when a tenant administrator may write an entry of that name; raises :class:`BadAlias`."""
    if not alias or not alias.strip():
        raise BadAlias("The alias is empty", remedy="Give the entry a name")
    shown = alias if len(alias) <= 60 else alias[:57] + "..."
    if alias != alias.strip() or not alias.isprintable():
        raise BadAlias(
            "The alias begins or ends with a blank or holds a control character",
            where=repr(shown),
            remedy="Choose a plain name",
        )
    # Counted as Java counts. Its hex, of which a tenant takes 2000 digits, is then short enough in any script.
    length = len(alias.encode("utf-16-le")) // 2
    if length > _LONGEST:
        raise BadAlias(
            f"The alias has {length} characters, a tenant takes {_LONGEST}", where=shown, remedy="Choose a shorter name"
        )
    if is_reserved(alias):
        raise BadAlias(
            "The alias is reserved for SAP",
            where=shown,
            remedy=f"Choose another name: {_RESERVED_PREFIX}... and {', '.join(sorted(_RESERVED))} are not yours",
        )
    return alias


def to_hex(alias: str) -> str:
    """The key of the entry on the wire: its UTF-8 bytes in upper case hex, as tenants write it."""
    return alias.encode("utf-8", "surrogatepass").hex().upper()


def from_hex(text: str) -> str:
    """The alias of a key on the wire, in either case. Raises ``ValueError``."""
    return bytes.fromhex(text).decode("utf-8")


def join_for_mass_delete(aliases: Iterable[str]) -> str:
    """The list of aliases in the body of a mass deletion: joined with ``;``, first ``\\`` and then ``;`` escaped."""
    return ";".join(alias.replace("\\", "\\\\").replace(";", "\\;") for alias in aliases)
