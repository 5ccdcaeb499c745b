# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a tenant trusts, as files for a repository: the same tenant always gives the same bytes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ..certificates.certificate import Certificate
from ..clock import format_time
from ..problem import Problem
from ..tenant.alias import check_alias
from ..tenant.keystore_entry import KeystoreEntry
from .plan import Plan
from .steps import MakeFolder, WriteFile

__all__ = ["ROOTS_FOLDER", "TrustFiles", "decide_export", "exported_entries", "trust_files"]

ROOTS_FOLDER = "roots"
_ROOTS, _OTHERS = "roots.yml", "not_declared.yml"
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_.-]*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})  # no texts in YAML 1.1
# "Week-End Certificates" would pass for a damaged boundary of a PEM block.
_BOUNDARY = re.compile(r"[-\u2010-\u2015]+(?=[ \t]*(?:BEGIN|END)\b)", re.IGNORECASE)
_MADE_BY = "# Written by certops.sap_cloud_integration.trust_export."


@dataclass(frozen=True)
class TrustFiles:
    """:param texts: by path below the folder, in order.

    :param roots: how many trust anchors are declared in them.
    """

    texts: Mapping[str, str]
    roots: int
    others: int


def exported_entries(entries: Iterable[KeystoreEntry]) -> list[KeystoreEntry]:
    """Those whose certificates have to be read: the tenant administrator's, without key pairs."""
    return [one for one in entries if one.type == "certificate" and one.owner == "tenant_administrator"]


def trust_files(entries: Sequence[KeystoreEntry], certificates: Mapping[str, Certificate]) -> TrustFiles:
    """:param certificates: by fingerprint, of :func:`exported_entries`."""
    ordered = sorted(entries, key=lambda entry: (entry.alias.casefold(), entry.alias))
    roots: dict[str, tuple[KeystoreEntry, Certificate]] = {}
    others: dict[str, list[KeystoreEntry]] = {"owned_by_sap": [], "second_aliases": [], "no_ca": [], "odd_aliases": []}
    for entry in ordered:
        if entry.type == "certificate" and entry.owner == "sap":
            others["owned_by_sap"].append(entry)
    for entry in exported_entries(ordered):
        certificate = certificates[entry.fingerprint_sha256]
        if not certificate.is_ca:
            others["no_ca"].append(entry)
        elif not _declarable(entry.alias):
            others["odd_aliases"].append(entry)
        elif entry.fingerprint_sha256 in roots:
            others["second_aliases"].append(entry)
        else:
            roots[entry.fingerprint_sha256] = (entry, certificate)
    names = _file_names([entry for entry, _unused in roots.values()])
    texts = {_ROOTS: _roots_file(list(roots.values()), names), _OTHERS: _others_file(others)}
    for entry, certificate in roots.values():
        texts[names[entry.alias]] = _pem_file(entry.alias, certificate)
    return TrustFiles(texts, len(roots), sum(map(len, others.values())))


def decide_export(folder: str, wanted: TrustFiles, found: Mapping[str, bytes | None], *, folders: bool) -> Plan:
    """:param found: what is in each of the files now; ``None`` when there is none.

    :param folders: whether the folder and the one inside it are there.
    """
    stale = [name for name, text in wanted.texts.items() if found.get(name) != text.encode()]
    steps = [WriteFile(f"{folder}/{name}", wanted.texts[name], name) for name in stale]
    before = {
        name: (found.get(name) or b"").decode("utf-8", "replace") for name in stale if found.get(name) is not None
    }
    summary = {"path": folder, "roots": wanted.roots, "others": wanted.others, "files": list(wanted.texts)}
    return _ExportPlan(
        before=before,
        after=summary,
        steps=((MakeFolder(f"{folder}/{ROOTS_FOLDER}"),) if not folders else ()) + tuple(steps),
        reason=f"{len(stale)} of {len(wanted.texts)} files differ from the tenant."
        if stale
        else "The files say what the tenant trusts.",
        texts={name: wanted.texts[name] for name in stale},
    )


@dataclass(frozen=True)
class _ExportPlan(Plan):
    texts: Mapping[str, str] | None = None

    @property
    def diff(self) -> dict[str, Mapping[str, str]]:
        return {"before": self.before or {}, "after": self.texts or {}}


def _declarable(alias: str) -> bool:
    try:
        check_alias(alias)
    except Problem:
        return False
    return True


def _file_names(entries: Sequence[KeystoreEntry]) -> dict[str, str]:
    """A path for each alias; aliases that would meet in one file, on any file system, carry their fingerprint."""
    plain = {entry.alias: re.sub(r"[^A-Za-z0-9._-]", "_", entry.alias).lstrip(".-")[:100] or "_" for entry in entries}
    folded = [name.casefold() for name in plain.values()]
    names = {}
    for entry in entries:
        name = plain[entry.alias]
        if folded.count(name.casefold()) > 1 or name == "_":
            name = f"{name}-{entry.fingerprint_sha256.replace(':', '')[:16]}"
        names[entry.alias] = f"{ROOTS_FOLDER}/{name}.pem"
    return names


def _roots_file(roots: Sequence[tuple[KeystoreEntry, Certificate]], names: Mapping[str, str]) -> str:
    lines = ["---", _MADE_BY, "# The fingerprints are what the tenant held; compare them with what the CAs publish."]
    lines.append("roots:" if roots else "roots: []")
    for entry, certificate in roots:
        lines += [
            f"  # {_one_line(certificate.subject)}, valid until {format_time(certificate.not_after)}",
            f"  - alias: {_text(entry.alias)}",
            f"    fingerprint_sha256: {_quoted(certificate.fingerprint_sha256)}",
            f"    certificate_path: {_text(names[entry.alias])}",
        ]
        if not certificate.self_signed:
            lines.append("    kind: intermediate")
    return "\n".join(lines) + "\n"


_MEANINGS = {
    "owned_by_sap": "SAP's own entries: nobody else can change them, so they are not declared.",
    "second_aliases": "The same certificates as in roots.yml once more, under other aliases.",
    "no_ca": "Certificates that sign no others, such as those of partners: trusted_roots leaves them alone.",
    "odd_aliases": "Aliases that cannot be declared; rename these entries first.",
}


def _others_file(others: Mapping[str, Sequence[KeystoreEntry]]) -> str:
    lines = ["---", _MADE_BY, "# What the tenant holds beside the declared roots, for information."]
    for name, entries in others.items():
        lines += [f"# {_MEANINGS[name]}", f"{name}:" if entries else f"{name}: []"]
        for entry in entries:
            lines += [
                f"  - alias: {_text(entry.alias)}",
                f"    subject: {_quoted(entry.subject or '')}",
                f"    not_after: {_quoted(format_time(entry.not_after) if entry.not_after else '')}",
                f"    fingerprint_sha256: {_quoted(entry.fingerprint_sha256)}",
            ]
    return "\n".join(lines) + "\n"


def _pem_file(alias: str, certificate: Certificate) -> str:
    facts = {
        "Alias": alias,
        "Subject": certificate.subject,
        "Issuer": certificate.issuer,
        "Valid": f"{format_time(certificate.not_before)} to {format_time(certificate.not_after)}",
        "Key": f"{certificate.key_type} {certificate.key_size or ''}".strip(),
        "SHA-256": certificate.fingerprint_sha256,
    }
    header = "".join(f"# {name + ':':9}{_BOUNDARY.sub('_', _one_line(text))}\n" for name, text in facts.items())
    return f"{header}{certificate.pem}"


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _text(text: str) -> str:
    return text if _PLAIN.fullmatch(text) and text.lower() not in _WORDS else _quoted(text)


def _quoted(text: str) -> str:
    """JSON texts are YAML texts (YAML 1.2, section 1.3), as long as nothing unprintable is left as it is."""
    return json.dumps(text, ensure_ascii=not text.isprintable() or any(ord(one) > 0xFFFF for one in text))
