# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a certificate must fulfil at its place in a path (RFC 5280, section 6.1), and a leaf as a TLS server's.

Where Java's PKIX validation and the RFC differ, the stricter rule is taken for an anchor: Java looks at neither its
dates nor its constraints, but nothing should be built on a root that has expired. A path that passes here passes there.
Certificate policies are not evaluated.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ..clock import format_time
from .certificate import Certificate
from .extensions import KEY_CERT_SIGN
from .name_constraints import name_constraint_problem

__all__ = ["leaf_problem", "path_problem", "validity_problem"]

# Extensions whose meaning is respected here or has none for a path: key identifiers, key usage, alternative names,
# basic and name constraints, policies, CRL distribution, extended key usage, authority information, Netscape's type.
_KNOWN_EXTENSIONS = frozenset(
    ("2.5.29.14", "2.5.29.15", "2.5.29.17", "2.5.29.18", "2.5.29.19", "2.5.29.30", "2.5.29.31", "2.5.29.32",
     "2.5.29.33", "2.5.29.35", "2.5.29.36", "2.5.29.37", "2.5.29.46", "2.5.29.54", "1.3.6.1.5.5.7.1.1",
     "2.16.840.1.113730.1.1")
)  # fmt: skip
_DIGITAL_SIGNATURE, _KEY_ENCIPHERMENT, _KEY_AGREEMENT = 0, 2, 4
_SERVER_USAGES = frozenset(("serverAuth", "anyExtendedKeyUsage", "nsSGC", "msSGC"))  # as Java
_WEAK_SIGNATURES = ("MD2with", "MD4with", "MD5with")  # Java: jdk.certpath.disabledAlgorithms
_SMALLEST_KEY = {"RSA": 1024, "RSASSA-PSS": 1024, "DSA": 1024, "EC": 224}


def validity_problem(certificate: Certificate, at: datetime) -> str | None:
    if at < certificate.not_before:
        return f"{certificate.subject} is not valid before {format_time(certificate.not_before)}"
    if at > certificate.not_after:
        return f"{certificate.subject} expired on {format_time(certificate.not_after)}"
    return None


def _single_problem(certificate: Certificate) -> str | None:
    """What is wrong with a certificate at any place of a path, leaving its dates aside."""
    extensions = certificate.extensions
    for oid, extension in extensions.raw.items():
        if extension.critical and oid not in _KNOWN_EXTENSIONS:
            return f"{certificate.subject} has the critical extension {oid}, which must not be ignored and is not known"
    if extensions.malformed:
        return f"{certificate.subject} has an extension that cannot be read: {', '.join(extensions.malformed)}"
    key = certificate.public_key
    if key.kind == "EC" and key.curve is None:
        return f"{certificate.subject} has an elliptic curve key without a known curve"
    if key.size is not None and key.size < _SMALLEST_KEY.get(key.kind, 0):
        return f"{certificate.subject} has a {certificate.key_type} key of {key.size} bits, which Java refuses"
    return None


def _signature_problem(certificate: Certificate) -> str | None:
    """The signature on a certificate below the anchor; nobody looks at the anchor's own."""
    if certificate.signature_algorithm.startswith(_WEAK_SIGNATURES):
        return f"{certificate.subject} is signed with {certificate.signature_algorithm}, which Java refuses"
    return None


def leaf_problem(certificate: Certificate) -> str | None:
    """Why a TLS client does not take it for a server's (RFC 5280, 4.2.1.3 and 4.2.1.12)."""
    usages = certificate.extended_key_usages
    if usages is not None and not _SERVER_USAGES & set(usages):
        return f"{certificate.subject} is not for servers (serverAuth), only for {', '.join(usages) or 'nothing'}"
    key_usage = certificate.extensions.key_usage
    if key_usage is not None and not key_usage & {_DIGITAL_SIGNATURE, _KEY_ENCIPHERMENT, _KEY_AGREEMENT}:
        return f"the key usage of {certificate.subject} does not allow TLS"
    return None


def path_problem(path: Sequence[Certificate], *, at: datetime) -> str | None:
    """The first thing wrong with a path whose names and signatures fit: leaf first, the anchor last."""
    for certificate in path:
        problem = validity_problem(certificate, at)
        if problem:
            return problem
    for index, certificate in enumerate(path):
        anchor = index == len(path) - 1
        problem = (
            _single_problem(certificate)
            or (None if anchor else _signature_problem(certificate))
            or (_issuer_problem(certificate, path[:index], anchor=anchor) if index else None)
        )
        if problem:
            return problem
    return None


def _issuer_problem(certificate: Certificate, below: Sequence[Certificate], *, anchor: bool) -> str | None:
    """Why a certificate may not stand above others, leaf first (RFC 5280, 4.2.1.3, 4.2.1.9 and 4.2.1.10).

    An anchor need not say that it is a CA, because old roots could not, but it must not deny it.
    """
    extensions = certificate.extensions
    if not extensions.is_ca and not (anchor and not extensions.has_basic_constraints):
        return f"{certificate.subject} is not a CA"
    if extensions.key_usage is not None and KEY_CERT_SIGN not in extensions.key_usage:
        return f"{certificate.subject} may not sign certificates"
    allowed = extensions.path_length
    # Self-issued intermediates do not count.
    if allowed is not None and sum(not intermediate.self_issued for intermediate in below[1:]) > allowed:
        return f"{certificate.subject} allows no more than {allowed} CA certificates below it"
    return name_constraint_problem(certificate, below)
