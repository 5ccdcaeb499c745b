# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a receiver can follow the chain that a key pair presents up to a root: what may be missing, as warnings."""

from __future__ import annotations

from collections.abc import Sequence

from ..certificates.chain import Chain
from ..certificates.names import same_name_text
from ..tenant.keystore_entry import KeystoreEntry

__all__ = ["chain_warning"]


def chain_warning(chain: Chain, entries: Sequence[KeystoreEntry]) -> str | None:
    """What the other side may miss.

    A key pair presents its own chain and nothing else: an intermediate that only the keystore holds reaches nobody. A
    root is not presented at all; it is named when nobody here knows it, because then it may be the wrong CA.

    :param entries: the keystore's, whose certificates may be the roots.
    """
    if chain.root is not None:
        if any(entry.fingerprint_sha256 == chain.root.fingerprint_sha256 for entry in entries):
            return None
        return (
            f"The root of the chain, {chain.root.subject} ({chain.root.fingerprint_sha256}), is not in the keystore, "
            "so the tenant cannot check it; compare it with the root that the receiver trusts."
        )
    if chain.gap is None:
        return None
    issuer = chain.top.issuer
    named = [
        entry
        for entry in entries
        if entry.type == "certificate" and entry.subject and same_name_text(entry.subject, issuer)
    ]
    if any(entry.issuer and same_name_text(entry.issuer, issuer) for entry in named):
        return None
    if named:
        return (
            f"An intermediate certificate is missing: {chain.gap}. The keystore holds it as alias "
            f'"{named[0].alias}", but a key pair presents only its own chain.'
        )
    if chain.intermediates:
        return f"The root of the chain is not known: {chain.gap}, and the keystore does not hold it either."
    return f"Intermediate certificates may be missing: {chain.gap}, and the keystore does not hold it either."
