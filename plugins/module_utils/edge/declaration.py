# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The declared trust anchors out of options and files, with every fault of all of them in one refusal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.encodings import read_one_certificate
from ..certificates.fingerprint import normalise_fingerprint
from ..decisions.declared_roots import BadDeclaration, DeclaredRoot, Fault, contradictions, faults_of
from ..problem import Problem
from .inputs import CERTIFICATE_LIMIT, read_file
from .yaml_lines import Item, read_items

__all__ = ["ROOT_OPTIONS", "declared_roots"]

ROOT_OPTIONS: Mapping[str, Any] = {
    "alias": {"type": "str"},
    "fingerprint_sha256": {"type": "str"},
    "certificate_path": {"type": "path"},
    "certificate_content": {"type": "str"},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "kind": {"type": "str", "choices": ["root", "intermediate"], "default": "root"},
    "on_alias_conflict": {"type": "str", "choices": ["fail", "replace"], "default": "fail"},
    "on_other_alias": {"type": "str", "choices": ["keep", "rename"], "default": "keep"},
}
# A line of a roots.yml takes some 100 bytes, a root with its certificate inside some 3000.
_FILE_LIMIT = 8_000_000
# The largest certificate in PEM, with a header for people.
_PEM_LIMIT = 2 * CERTIFICATE_LIMIT


def declared_roots(inline: Sequence[Mapping[str, Any]], paths: Sequence[str]) -> tuple[DeclaredRoot, ...]:
    """All roots of the option ``roots`` and of the files. Raises :class:`.declared_roots.BadDeclaration`."""
    faults: list[Fault] = []
    found = [
        root
        for number, values in enumerate(inline, 1)
        if (root := _root(_inline_item(number, values), None, faults)) is not None
    ]
    for path in paths:
        for item in _items(path, faults):
            root = _root(item, Path(path).parent, faults)
            if root is not None:
                found.append(root)
    faults += contradictions(found)
    if faults:
        raise BadDeclaration(faults)
    return tuple(found)


def _items(path: str, faults: list[Fault]) -> Iterable[Item]:
    try:
        text = read_file(path, limit=_FILE_LIMIT)
    except Problem as problem:
        faults.append(Fault("unreadable_file", path, f"{problem.what} ({problem.said})", problem.remedy))
        return ()
    if len(text) > _FILE_LIMIT:
        faults.append(Fault("unreadable_file", path, f"it has more than {_FILE_LIMIT} bytes", None))
        return ()
    items, wrong = read_items(text, path, "roots")
    faults += wrong
    return items


def _inline_item(number: int, values: Mapping[str, Any]) -> Item:
    alias = values.get("alias")
    where = f"roots[{number - 1}]" + (f' (alias "{alias}")' if alias else "")
    given = {name: str(value) for name, value in values.items() if value is not None}
    return Item(where, given, {})


def _root(item: Item, folder: Path | None, faults: list[Fault]) -> DeclaredRoot | None:
    """The entry; ``None`` when it is too faulty to be compared with others."""
    known_before = len(faults)
    values = item.values
    for name, value in values.items():
        option = ROOT_OPTIONS.get(name)
        line = item.lines.get(name, item.where)
        if option is None:
            faults.append(Fault("unknown_key", line, f'"{name}" is not known', f"Known are {', '.join(ROOT_OPTIONS)}"))
        elif "choices" in option and value not in option["choices"]:
            faults.append(Fault("unknown_value", line, f"{name} is one of {', '.join(option['choices'])}", None))
    certificate = _certificate(item, folder, faults)
    fingerprint = _fingerprint(item, certificate, faults)
    if len(faults) > known_before or fingerprint is None:
        return None
    chosen = {name: values.get(name, ROOT_OPTIONS[name].get("default")) for name in ROOT_OPTIONS}
    root = DeclaredRoot(
        where=item.where,
        fingerprint_sha256=fingerprint,
        certificate=certificate,
        alias=chosen["alias"],
        present=chosen["state"] == "present",
        kind=chosen["kind"],
        on_alias_conflict=chosen["on_alias_conflict"],
        on_other_alias=chosen["on_other_alias"],
    )
    faults += faults_of(root)
    return root


def _certificate(item: Item, folder: Path | None, faults: list[Fault]) -> Certificate | None:
    path, content = item.values.get("certificate_path"), item.values.get("certificate_content")
    if path and content:
        faults.append(Fault("two_certificates", item.where, "certificate_path and certificate_content are given", None))
        return None
    name = "certificate_path" if path else "certificate_content"
    line = item.lines.get(name, item.where)
    try:
        if path:
            where = str(folder / path) if folder is not None else path
            data = read_file(where, limit=_PEM_LIMIT)
        elif content:
            where, data = name, content.encode()
        else:
            return None
    except Problem as problem:
        said = f" ({problem.said})" if problem.said else ""
        faults.append(Fault("unreadable_file", line, f"{problem.where}: {problem.what}{said}", problem.remedy))
        return None
    try:
        certificate = read_one_certificate(data, limit=_PEM_LIMIT)
    except Problem as problem:
        faults.append(Fault("bad_certificate", line, f"{where}: {problem.what}", problem.remedy))
        return None
    if len(certificate.der) > CERTIFICATE_LIMIT:
        what = f"{where}: the certificate has {len(certificate.der)} bytes, a tenant takes {CERTIFICATE_LIMIT}"
        faults.append(Fault("bad_certificate", line, what, None))
        return None
    return certificate


def _fingerprint(item: Item, certificate: Certificate | None, faults: list[Fault]) -> str | None:
    """The pin. Every anchor needs one: the tenant verifies nothing, and a file in Git proves nothing by itself."""
    pin = item.values.get("fingerprint_sha256")
    if not pin:
        absent = item.values.get("state") == "absent"
        if absent and certificate is not None:
            return certificate.fingerprint_sha256
        faults.append(
            Fault(
                "missing_pin",
                item.where,
                "no fingerprint is given",
                "Compare the SHA-256 fingerprint with the one its CA publishes and give it as fingerprint_sha256",
            )
        )
        return None
    try:
        return normalise_fingerprint(pin)
    except Problem as problem:
        faults.append(
            Fault("bad_fingerprint", item.lines.get("fingerprint_sha256", item.where), problem.what, problem.remedy)
        )
        return None
