# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a declaration of trust anchors may say, and what contradicts itself: every fault with its place and its rule."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from ..certificates.certificate import Certificate
from ..problem import Problem
from ..tenant.alias import check_alias
from .refused import Conflict, NotWanted

__all__ = ["BadDeclaration", "DeclaredRoot", "DoesNotFit", "Fault", "contradictions", "faults_of"]

_MOST_IN_A_MESSAGE = 20


@dataclass(frozen=True)
class DeclaredRoot:
    """One trust anchor of a declaration.

    :param where: where it is declared, such as ``trust/roots.yml line 12``.
    :param fingerprint_sha256: its identity; lower case with colons, compared out of band.
    :param certificate: needed to import it, not to find it.
    :param alias: what to import it under; for one that must be absent, the only alias that goes.
    :param kind: an ``intermediate`` is trusted as if it were a root, on purpose.
    """

    where: str
    fingerprint_sha256: str
    certificate: Certificate | None
    alias: str | None
    present: bool = True
    kind: Literal["root", "intermediate"] = "root"
    on_alias_conflict: Literal["fail", "replace"] = "fail"
    on_other_alias: Literal["keep", "rename"] = "keep"


@dataclass(frozen=True)
class Fault:
    """:param rule: a stable name that a pipeline can branch on."""

    rule: str
    where: str
    what: str
    remedy: str | None = None

    def __str__(self) -> str:
        return f"{self.where}: {self.what} (rule {self.rule})"

    def to_result(self) -> dict[str, str | None]:
        return {"rule": self.rule, "where": self.where, "what": self.what, "remedy": self.remedy}


def _told(faults: Sequence[Fault]) -> tuple[str, str | None]:
    """Message and remedy of all of them."""
    shown = "; ".join(str(fault) for fault in faults[:_MOST_IN_A_MESSAGE])
    more = len(faults) - _MOST_IN_A_MESSAGE
    remedies = list(dict.fromkeys(fault.remedy for fault in faults if fault.remedy))
    count = f"{len(faults)} faults in the declaration of trust anchors: " if len(faults) > 1 else ""
    return f"{count}{shown}{f'; and {more} more' if more > 0 else ''}", "; ".join(remedies[:3]) or None


class _Faulty(Problem):
    """A problem that is told as all the faults that were found."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        what, remedy = _told(faults)
        super().__init__(what, remedy=remedy)
        self.faults = tuple(faults)

    def to_result(self) -> dict[str, Any]:
        return {**super().to_result(), "faults": [fault.to_result() for fault in self.faults]}


class BadDeclaration(_Faulty, NotWanted):
    """The declaration cannot be meant as it is: refused before the first request."""


class DoesNotFit(_Faulty, Conflict):
    """The declaration does not fit what the tenant holds: refused before the first write."""


def faults_of(root: DeclaredRoot) -> list[Fault]:
    """What is wrong with one entry by itself, offline."""
    found = []
    if root.alias is not None:
        try:
            check_alias(root.alias)
        except Problem as problem:
            found.append(Fault("bad_alias", root.where, f"{problem.what}: {root.alias!r}", problem.remedy))
    elif root.present:
        found.append(Fault("missing_alias", root.where, "no alias is given", "Give alias"))
    certificate = root.certificate
    if certificate is None or not root.present:
        return found
    if certificate.fingerprint_sha256 != root.fingerprint_sha256:
        found.append(
            Fault(
                "pin_differs",
                root.where,
                f"the fingerprint of {certificate.subject} is {certificate.fingerprint_sha256}, "
                f"not {root.fingerprint_sha256}",
                "Find out which of the two is wrong before anything trusts this certificate",
            )
        )
    if not certificate.is_ca:
        found.append(
            Fault(
                "not_a_ca",
                root.where,
                f"{certificate.subject} is a leaf certificate and no root",
                f"Give the root at the top of its chain (its issuer is {certificate.issuer})",
            )
        )
    elif root.kind == "root" and not certificate.self_signed:
        found.append(
            Fault(
                "not_a_root",
                root.where,
                f"{certificate.subject} is an intermediate certificate and no root",
                f"Give the root (its issuer is {certificate.issuer}), or say kind: intermediate to trust it on purpose",
            )
        )
    return found


def contradictions(roots: Sequence[DeclaredRoot]) -> list[Fault]:
    """What is wrong between entries, each named with both places."""
    return [*_aliases_used_twice(roots), *_roots_listed_twice(roots)]


def _aliases_used_twice(roots: Iterable[DeclaredRoot]) -> list[Fault]:
    found = []
    first: dict[str, DeclaredRoot] = {}
    for root in roots:
        if root.alias is None or not root.present:
            continue
        other = first.setdefault(root.alias.casefold(), root)
        if other is root:
            continue
        if other.fingerprint_sha256 == root.fingerprint_sha256 and other.alias == root.alias:
            rule, what = "duplicate_alias", f'alias "{root.alias}" is declared before, at {other.where}'
        elif other.alias == root.alias:
            rule = "two_certificates_for_one_alias"
            what = f'alias "{root.alias}" is declared for another certificate too, at {other.where}'
        else:
            rule = "duplicate_alias"
            what = f'alias "{root.alias}" differs only in letter case from "{other.alias}" at {other.where}'
        found.append(Fault(rule, root.where, what, "Declare each alias once"))
    return found


def _roots_listed_twice(roots: Iterable[DeclaredRoot]) -> list[Fault]:
    found = []
    first: dict[str, DeclaredRoot] = {}
    for root in roots:
        other = first.setdefault(root.fingerprint_sha256, root)
        if other is root:
            continue
        if other.present != root.present:
            found.append(
                Fault(
                    "present_and_absent",
                    root.where,
                    f"{root.fingerprint_sha256} is declared {_state(root)} here and {_state(other)} at {other.where}",
                    "Decide whether it is trusted",
                )
            )
        elif (
            root.present
            and other.alias != root.alias
            and (other.alias or "").casefold() != (root.alias or "").casefold()
        ):
            found.append(
                Fault(
                    "root_under_two_aliases",
                    root.where,
                    f'{root.fingerprint_sha256} is declared under alias "{other.alias}" at {other.where} already',
                    "Declare each root once",
                )
            )
    return found


def _state(root: DeclaredRoot) -> str:
    return "present" if root.present else "absent"
