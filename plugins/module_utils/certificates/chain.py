# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who issued whom, and the order of a chain, whatever the order in the file (RFC 5280, section 6.1; RFC 4158)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .certificate import Certificate
from .errors import BadCertificate
from .signature import could_have_signed, verify_signature

__all__ = ["Chain", "issued_by", "order_chain"]

_MAX_CERTIFICATES = 1000
_MAX_LENGTH = 24
_MAX_STEPS = 2000
_MAX_SIGNATURES = 1000  # a chain of four with two cross-signed certificates needs about twenty


@dataclass(frozen=True, slots=True)
class Chain:
    """Certificates in order.

    ``intermediates`` stand leaf side first. ``root`` is the self-signed certificate at the top when it is among what
    was given. ``strangers`` were given and belong to no place in the chain. ``gap`` says whose issuer was not given;
    when that issuer is a root that the other side already has, nothing is missing. ``broken`` says which signature
    does not fit although the names do; such a chain must not be installed.
    """

    leaf: Certificate
    intermediates: tuple[Certificate, ...]
    root: Certificate | None
    strangers: tuple[Certificate, ...]
    gap: str | None
    broken: str | None

    @property
    def certificates(self) -> tuple[Certificate, ...]:
        """All of the chain, leaf first, with the root when there is one."""
        return (self.leaf, *self.intermediates, *((self.root,) if self.root else ()))

    @property
    def top(self) -> Certificate:
        return self.certificates[-1]


def issued_by(child: Certificate, parent: Certificate) -> bool:
    """Whether the parent's name is the child's issuer and the parent's key made the child's signature."""
    return named_as_issuer(child, parent) and verify_signature(child, parent) is True


def named_as_issuer(child: Certificate, parent: Certificate) -> bool:
    """The names fit (RFC 5280, 7.1). The empty name is nobody's issuer."""
    return bool(child.issuer_name) and child.issuer_name == parent.subject_name


def order_chain(certificates: Sequence[Certificate], *, spki_sha256: str | None) -> Chain:
    """The chain of the certificate for a public key.

    :param spki_sha256: hash of the key's SubjectPublicKeyInfo, lower case with colons. ``None`` takes the one
        certificate that issued none of the others.
    :raises BadCertificate: when no certificate has the key, or without a key when several could be the leaf.

    Of several paths the one is taken that reaches a self-signed certificate, then the one that lives longest, then the
    shorter one. A key that was certified several times under the same name has one place in a path, so no path loops.
    """
    known = list(dict.fromkeys(certificates))
    if not known or len(known) > _MAX_CERTIFICATES:
        raise BadCertificate(
            "There is no certificate to order" if not known else f"{len(known)} certificates are no chain"
        )
    graph = _Graph(known)
    leaf = _leaf_for_key(known, spki_sha256) if spki_sha256 else graph.only_end()
    path = graph.best_path(leaf)
    top = path[-1]
    root = top if len(path) > 1 and graph.is_root(top) else None
    return Chain(
        leaf=leaf,
        intermediates=tuple(path[1:-1] if root else path[1:]),
        root=root,
        strangers=tuple(certificate for certificate in known if certificate not in path),
        gap=None if graph.is_root(top) else _gap(top),
        broken=graph.broken_signature(top),
    )


def _gap(top: Certificate) -> str:
    issuer = top.issuer or "nobody named"
    return f"{top.subject} was issued by {issuer}, which is not among the certificates given"


def _leaf_for_key(certificates: Sequence[Certificate], spki_sha256: str) -> Certificate:
    having = [certificate for certificate in certificates if certificate.spki_sha256 == spki_sha256]
    if not having:
        seen = "; ".join(f"{certificate.subject} has {certificate.spki_sha256}" for certificate in certificates[:5])
        raise BadCertificate(
            f"No certificate in it belongs to the key pair, whose public key has the SHA-256 {spki_sha256}",
            remedy=f"Ask the CA for the answer to this key pair's own CSR ({seen})",
        )
    # One key may have an old and a new certificate, or the self-signed one it was generated with beside the CA's.
    return max(
        having,
        key=lambda certificate: (not certificate.self_issued, certificate.not_before, certificate.fingerprint_sha256),
    )


class _Graph:
    """Certificates and the links between them; a link is checked once, when it is first needed."""

    def __init__(self, certificates: Sequence[Certificate]) -> None:
        self.certificates = certificates
        self._by_subject: dict[object, list[Certificate]] = {}
        for certificate in certificates:
            self._by_subject.setdefault(certificate.subject_name, []).append(certificate)
        self._issuers: dict[Certificate, list[Certificate]] = {}
        self._signatures = 0

    def issuers(self, child: Certificate) -> list[Certificate]:
        """Those that issued it. A signature that cannot be checked counts unless the key identifiers differ."""
        if child not in self._issuers:
            self._issuers[child] = self._find_issuers(child) if child.issuer_name else []
        return self._issuers[child]

    def _find_issuers(self, child: Certificate) -> list[Certificate]:
        found = []
        for parent in self._by_subject.get(child.issuer_name, ()):
            self._signatures += 1
            if self._signatures > _MAX_SIGNATURES:
                raise BadCertificate(
                    "The certificates name each other so often that no chain can be made of them",
                    remedy="Give one chain: the leaf, its intermediates and at most their root",
                )
            verdict = verify_signature(child, parent)
            if verdict or (verdict is None and not _identifiers_differ(child, parent)):
                found.append(parent)
        return found

    def is_root(self, certificate: Certificate) -> bool:
        return certificate.self_issued and certificate in self.issuers(certificate)

    def only_end(self) -> Certificate:
        """The certificate that issued none of the others."""
        issuers = {
            parent
            for child in self.certificates
            for parent in self.issuers(child)
            if parent.public_key != child.public_key
        }
        ends = [certificate for certificate in self.certificates if certificate not in issuers]
        leaves = (
            [certificate for certificate in ends if not certificate.is_ca]
            or [certificate for certificate in ends if not certificate.self_issued]
            or ends
        )
        if len({certificate.spki_sha256 for certificate in leaves}) != 1:
            names = "; ".join(certificate.subject for certificate in (leaves or self.certificates)[:5])
            raise BadCertificate(
                f"It is not clear which certificate is the leaf: {names}", remedy="Give one chain in a file"
            )
        return max(leaves, key=lambda certificate: (certificate.not_before, certificate.fingerprint_sha256))

    def best_path(self, leaf: Certificate) -> list[Certificate]:
        best: list[Certificate] = []
        best_rank: tuple[bool, bool, object, int] | None = None
        stack = [[leaf]]
        for _unused in range(_MAX_STEPS):
            if not stack:
                break
            path = stack.pop()
            seen = {(certificate.subject_name, certificate.spki_sha256) for certificate in path}
            above = [
                parent
                for parent in self.issuers(path[-1])
                if (parent.subject_name, parent.spki_sha256) not in seen and len(path) < _MAX_LENGTH
            ]
            if above and not self.is_root(path[-1]):
                stack += [[*path, parent] for parent in above]
                continue
            complete = self.is_root(path[-1])
            rank = (complete, len(path) > 1, min(certificate.not_after for certificate in path), -len(path))
            if best_rank is None or rank > best_rank:
                best, best_rank = path, rank
        return best or [leaf]

    def broken_signature(self, top: Certificate) -> str | None:
        """Set when the issuer of the top is there by name, but did not sign it."""
        if self.issuers(top):
            return None
        for parent in self._by_subject.get(top.issuer_name, ()) if top.issuer_name else ():
            if not _identifiers_differ(top, parent) and could_have_signed(top, parent):
                return (
                    f"The signature on {top.subject} was not made with the key of {parent.subject}, "
                    "which it names as its issuer"
                )
        return None


def _identifiers_differ(child: Certificate, parent: Certificate) -> bool:
    """The child says that another key signed it (RFC 5280, 4.2.1.1)."""
    wanted, own = child.extensions.authority_key_id, parent.extensions.subject_key_id
    return wanted is not None and own is not None and wanted != own
