# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which anchors complete a path for a served chain (RFC 5280, section 6), and why none does.

A tenant's runtime is Java: every certificate in the keystore is a trust anchor, be it root, intermediate or leaf, and
an anchor is a name with a key. So an anchor that was issued again with the same key stands for the old one, an
intermediate in the keystore ends a path without its root, and a leaf in the keystore validates itself.

"Needed" belongs to a set of anchors, not to one: several may complete a path for the same served chain.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from .certificate import Certificate
from .chain import named_as_issuer
from .host_name import made_out_to, names_of
from .path_rules import leaf_problem, path_problem, validity_problem
from .path_search import linked_paths

__all__ = ["problem_kind", "validates", "validating_anchors", "validation_problem"]


def validating_anchors(
    served: Sequence[Certificate], anchors: Sequence[Certificate], *, at: datetime
) -> tuple[Certificate, ...]:
    """The anchors that complete a valid path for ``served[0]``, in the order given.

    Host name and purpose of the leaf do not depend on an anchor; :func:`validation_problem` looks at them.

    :param served: as the server sends it, leaf first; the order of the others does not matter.
    :param anchors: the certificates of the keystore.
    :param at: aware; the moment for which dates are judged.
    """
    found = {path[-1] for path in linked_paths(served, anchors) if path_problem(path, at=at) is None}
    return tuple(anchor for anchor in dict.fromkeys(anchors) if anchor in found)


def validates(served: Sequence[Certificate], anchors: Sequence[Certificate], *, at: datetime) -> bool:
    """Whether one anchor at least completes a valid path; stops at the first."""
    return any(path_problem(path, at=at) is None for path in linked_paths(served, anchors))


def validation_problem(
    served: Sequence[Certificate], anchors: Sequence[Certificate], *, at: datetime, server_name: str | None
) -> str | None:
    """Why a TLS client with these anchors refuses the server, as one or two sentences; ``None`` when it does not.

    :param server_name: host name or address of the connection; ``None`` leaves the names unchecked.
    """
    if not served:
        return "The server sent no certificate."
    leaf = served[0]
    problem = (
        validity_problem(leaf, at)
        or (_name_problem(leaf, server_name) if server_name is not None else None)
        or leaf_problem(leaf)
        or _path_problem(served, anchors, at)
    )
    return f"{problem[0].upper()}{problem[1:]}." if problem else None


def problem_kind(served: Sequence[Certificate], *, at: datetime, server_name: str | None) -> str:
    """A stable name for what :func:`validation_problem` says: the same order of questions, the names for a program."""
    leaf = served[0]
    if at > leaf.not_after:
        return "leaf_expired"
    if at < leaf.not_before:
        return "leaf_not_yet_valid"
    if server_name is not None and not made_out_to(leaf, server_name):
        return "wrong_host"
    if _end_of_the_way(served) == leaf and not leaf.self_issued:
        return "no_intermediate"
    return "unvalidated_chain"


def _name_problem(leaf: Certificate, server_name: str) -> str | None:
    if made_out_to(leaf, server_name):
        return None
    names = [name.text for name in leaf.extensions.alternative_names if name.kind in ("DNS", "IP")] or list(
        names_of(leaf)
    )
    shown = ", ".join(names[:8]) + (" and more" if len(names) > 8 else "")
    return f"the certificate is not made out to {server_name}, but to {shown or 'no host'}"


def _path_problem(served: Sequence[Certificate], anchors: Sequence[Certificate], at: datetime) -> str | None:
    problems = []
    for path in linked_paths(served, anchors):
        problem = path_problem(path, at=at)
        if problem is None:
            return None
        problems.append(problem)
    return problems[0] if problems else _no_path(served, anchors)


def _no_path(served: Sequence[Certificate], anchors: Sequence[Certificate]) -> str:
    """No names and signatures lead from the leaf to an anchor: where the way ends, and what is known there."""
    leaf, end = served[0], _end_of_the_way(served)
    for certificate in (*served, *anchors):
        if named_as_issuer(end, certificate) and certificate != end:
            where = "the keystore" if certificate in anchors else "the served chain"
            return (
                f"{end.subject} names {end.issuer} as its issuer, and {where} has a certificate of that name, "
                f"but the signature was not made with its key ({certificate.fingerprint_sha256}) or cannot be checked "
                f"({end.signature_algorithm})"
            )
    if end.self_issued:
        what = "is self-signed" if end == leaf else f"leads to the root {end.subject}"
        return f"the certificate {what}, and the keystore does not hold it (SHA-256 {end.fingerprint_sha256})"
    if end == leaf:
        return (
            f"the server sends {'no intermediate' if len(served) == 1 else 'no certificate that issued its own'}: "
            f"{leaf.subject} was issued by {leaf.issuer}, which neither the server sends nor the keystore holds. "
            "Its administrator should install the whole chain"
        )
    return f"the served chain ends at {end.subject}, and its issuer {end.issuer} is not in the keystore"


def _end_of_the_way(served: Sequence[Certificate]) -> Certificate:
    """The last certificate that links to the leaf; of several, that of the longest way."""
    paths = list(linked_paths(served, served[1:]))
    return paths[-1][-1] if paths else served[0]
