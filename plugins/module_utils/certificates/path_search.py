# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""All ways from a leaf to an anchor, with backtracking and bounded effort (RFC 4158)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .certificate import Certificate
from .chain import issued_by
from .distinguished_name import DistinguishedName

__all__ = ["linked_paths"]

_MAX_INTERMEDIATES = 12  # public chains have one to three; Java's builder stops at five
_MAX_SIGNATURES = 1000
_MAX_PATHS = 50

_Path = tuple[Certificate, ...]


def linked_paths(served: Sequence[Certificate], anchors: Sequence[Certificate]) -> Iterator[_Path]:
    """Every path from ``served[0]`` to an anchor whose names and signatures fit, whatever else speaks against it.

    Short paths come first. A name with a key has one place in a path, so no path loops. A graph made to be hard is cut
    off, which errs towards "no path".
    """
    if not served:
        return
    search = _Search(served[1:], anchors)
    leaf = served[0]
    if leaf in search.anchors:
        yield (leaf,)
    level: list[_Path] = [(leaf,)]
    for _unused in range(_MAX_INTERMEDIATES + 1):
        for path in level:
            yield from search.to_anchors(path)
        level = search.longer(level)


class _Search:
    """What is left of the effort, and the candidates by subject name."""

    def __init__(self, others: Sequence[Certificate], anchors: Sequence[Certificate]) -> None:
        self.anchors = set(anchors)
        self._anchors_by_name = _by_name(anchors)
        self._others_by_name = _by_name(others)
        self._signatures_left = _MAX_SIGNATURES
        self._paths_left = _MAX_PATHS

    def to_anchors(self, path: _Path) -> Iterator[_Path]:
        for anchor in self._anchors_by_name.get(path[-1].issuer_name, ()):
            if anchor not in path and self._issued(path[-1], anchor) and self._paths_left:
                self._paths_left -= 1
                yield (*path, anchor)

    def longer(self, level: Sequence[_Path]) -> list[_Path]:
        """Every path of the level with one intermediate more."""
        following: list[_Path] = []
        for path in level:
            used = {(certificate.subject_name, certificate.spki_sha256) for certificate in path}
            for parent in self._others_by_name.get(path[-1].issuer_name, ()):
                if (parent.subject_name, parent.spki_sha256) not in used and self._issued(path[-1], parent):
                    following.append((*path, parent))
                    if len(following) >= _MAX_PATHS:
                        return following
        return following

    def _issued(self, child: Certificate, parent: Certificate) -> bool:
        if not self._signatures_left:
            return False
        self._signatures_left -= 1
        return issued_by(child, parent)


def _by_name(certificates: Sequence[Certificate]) -> dict[DistinguishedName, list[Certificate]]:
    found: dict[DistinguishedName, list[Certificate]] = {}
    for certificate in dict.fromkeys(certificates):
        found.setdefault(certificate.subject_name, []).append(certificate)
    return found
