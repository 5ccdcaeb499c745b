# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Name constraints: the names for which a CA may issue (RFC 5280, section 4.2.1.10)."""

from __future__ import annotations

from collections.abc import Sequence

from .asn1 import SEQUENCE, Asn1Error, children, first_child, read_element
from .certificate import Certificate
from .distinguished_name import DistinguishedName
from .extensions import NAME_CONSTRAINTS, GeneralName, parse_general_name

__all__ = ["name_constraint_problem"]

_CHECKED = frozenset({"DNS", "IP", "email", "URI", "dirName"})
_EMAIL_ADDRESS = "1.2.840.113549.1.9.1"
_MAX_COMPARISONS = 100_000  # a CA with 2,000 constraints above a leaf with 2,000 names is an attack, not a PKI


def name_constraint_problem(issuer: Certificate, below: Sequence[Certificate]) -> str | None:
    """Why the issuer may not stand above these certificates, as one clause; ``None`` when it may.

    :param below: leaf first. Self-issued intermediates are exempt (RFC 5280, 6.1.3, b), the leaf never is.
    """
    extension = issuer.extensions.raw.get(NAME_CONSTRAINTS)
    if extension is None:
        return None
    try:
        permitted, excluded = _subtrees(extension.value)
    except Asn1Error:
        return f"the name constraints of {issuer.subject} cannot be read"
    names = [
        (certificate, name)
        for index, certificate in enumerate(below)
        if index == 0 or not certificate.self_issued
        for name in _names(certificate)
    ]
    comparisons = 0
    for certificate, name in names:
        allowed, forbidden = permitted.get(name.kind, ()), excluded.get(name.kind, ())
        comparisons += len(allowed) + len(forbidden)
        if comparisons > _MAX_COMPARISONS:
            return f"the name constraints of {issuer.subject} are too many to be checked"
        if name.kind not in _CHECKED:
            if extension.critical and (allowed or forbidden):
                return f"{issuer.subject} constrains a kind of name of {certificate.subject} that is not known here"
        elif any(_touches(name, subtree) for subtree in forbidden) or (
            allowed and not any(_within(name, subtree) for subtree in allowed)
        ):
            return (
                f"{issuer.subject} may not issue for the name {name.text or 'without content'} of {certificate.subject}"
            )
    return None


def _subtrees(value: bytes) -> tuple[dict[str, list[GeneralName]], dict[str, list[GeneralName]]]:
    """Permitted and excluded subtrees by kind of name."""
    permitted: dict[str, list[GeneralName]] = {}
    excluded: dict[str, list[GeneralName]] = {}
    for part in children(read_element(value), SEQUENCE):
        if part.tag not in (0xA0, 0xA1):
            raise Asn1Error("the name constraints are broken")
        target = permitted if part.tag == 0xA0 else excluded
        for subtree in children(part):
            name = parse_general_name(first_child(subtree))
            target.setdefault(name.kind, []).append(name)
    return permitted, excluded


def _names(certificate: Certificate) -> list[GeneralName]:
    """The subject, its alternative names, and e-mail addresses of old certificates in the subject."""
    names = list(certificate.extensions.alternative_names)
    subject = certificate.subject_name
    if subject:
        names.append(GeneralName("dirName", subject.text, b"", subject))
    if not any(name.kind == "email" for name in names):
        values = [value for relative in subject.key for oid, value in relative if oid == _EMAIL_ADDRESS]
        names += [GeneralName("email", value, value.encode()) for value in values]
    return names


def _touches(name: GeneralName, subtree: GeneralName) -> bool:
    """Within it, or a wildcard that also stands for a host of an excluded subtree."""
    if _within(name, subtree):
        return True
    host, star, parent = subtree.text.lower().strip(".").partition(".")
    return name.kind == "DNS" and bool(host and star) and name.text.lower().rstrip(".") == f"*.{parent}"


def _within(name: GeneralName, subtree: GeneralName) -> bool:
    if name.kind == "DNS":
        return _domain_within(name.text, subtree.text)
    if name.kind == "IP":
        return _address_within(name.octets, subtree.octets)
    if name.kind == "email":
        return _mailbox_within(name.text.lower(), subtree.text.lower())
    if name.kind == "URI":
        return _host_within(_host_of(name.text), subtree.text)
    return _directory_within(name.name, subtree.name)


def _domain_within(name: str, subtree: str) -> bool:
    """The constraint itself and everything to the left of it; the empty constraint holds every name."""
    name, subtree = name.lower().rstrip("."), subtree.lower().lstrip(".").rstrip(".")
    return not subtree or name == subtree or name.endswith("." + subtree)


def _address_within(octets: bytes, subtree: bytes) -> bool:
    half = len(octets)
    if half not in (4, 16) or len(subtree) != 2 * half:
        return False
    return all(octets[index] & mask == subtree[index] & mask for index, mask in enumerate(subtree[half:]))


def _mailbox_within(mailbox: str, subtree: str) -> bool:
    if "@" in subtree:
        return mailbox == subtree
    return _host_within(mailbox.rpartition("@")[2], subtree)


def _host_within(host: str, subtree: str) -> bool:
    """A constraint that begins with a dot holds the hosts below it, another one only itself."""
    host, subtree = host.lower(), subtree.lower()
    return host.endswith(subtree) if subtree.startswith(".") else not subtree or host == subtree


def _host_of(uri: str) -> str:
    authority = uri.partition("//")[2].partition("/")[0].partition("?")[0]
    host = authority.rpartition("@")[2]
    return host.partition("]")[0].lstrip("[") if host.startswith("[") else host.partition(":")[0]


def _directory_within(name: DistinguishedName | None, subtree: DistinguishedName | None) -> bool:
    if name is None or subtree is None:
        return False
    return name.key[: len(subtree.key)] == subtree.key
