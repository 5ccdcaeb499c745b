# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Mappings out of a YAML file, each value with its line: what a refusal needs and a parsed document has lost.

Every scalar is taken as the text that stands in the file, so that a fingerprint of digits and colons stays one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..decisions.declared_roots import Fault
from ..decisions.refused import NotWanted

__all__ = ["Item", "read_items"]


@dataclass(frozen=True)
class Item:
    """:param where: file and line of the mapping.

    :param lines: file and line of each of its values.
    """

    where: str
    values: dict[str, str]
    lines: dict[str, str]


def read_items(text: bytes, path: str, key: str) -> tuple[list[Item], list[Fault]]:
    """The mappings in the list under ``key``, or in the list that the document is.

    :return: the items, and what is wrong with the file.
    """
    # Here and not above: only files cost its import.
    from ansible.module_utils.common import yaml

    if not yaml.HAS_YAML:
        raise NotWanted(
            "a file of roots cannot be read, because the Python library PyYAML is missing",
            where=path,
            remedy="Install PyYAML for the Python interpreter that runs the module, or give roots instead",
        )
    node, fault = _document(vars(yaml)["SafeLoader"], text, path)
    if fault is not None:
        return [], [fault]
    faults: list[Fault] = []
    if _kind(node) == "mapping":
        fields = dict(_pairs(node, path, faults))
        for name, (line, _unused) in fields.items():
            if name != key:
                faults.append(_fault("unknown_key", line, f'"{name}" is not known here', f"Give the list as {key}"))
        node = fields[key][1] if key in fields else None
    if node is None or (_kind(node) == "scalar" and not node.value):
        faults += [] if node is not None else [_fault("no_list", f"{path} line 1", f"there is no list {key}", None)]
        return [], faults
    if _kind(node) != "sequence":
        return [], [*faults, _fault("no_list", _where(path, node), f"{key} is no list", "Begin each root with a dash")]
    return [item for entry in node.value if (item := _item(entry, path, faults)) is not None], faults


def _document(new_loader: Any, text: bytes, path: str) -> tuple[Any, Fault | None]:
    try:
        loader = new_loader(text)
        try:
            return loader.get_single_node(), None
        finally:
            loader.dispose()
    except (ValueError, RecursionError) as error:  # bytes that are no text, brackets without end
        return None, _fault("yaml_syntax", f"{path} line 1", f"it is no YAML ({type(error).__name__})", None)
    except Exception as error:
        mark = getattr(error, "problem_mark", None)
        if mark is None and type(error).__module__.partition(".")[0] != "yaml":
            raise
        line = mark.line + 1 if mark is not None else 1
        said = getattr(error, "problem", None) or "it cannot be read"
        return None, _fault("yaml_syntax", f"{path} line {line}", f"it is no YAML: {said}", None)


def _item(entry: Any, path: str, faults: list[Fault]) -> Item | None:
    where = _where(path, entry)
    if _kind(entry) != "mapping":
        faults.append(_fault("not_a_mapping", where, "this is no root", "Give alias, fingerprint_sha256 and so on"))
        return None
    values: dict[str, str] = {}
    lines: dict[str, str] = {}
    for name, (_unused, value) in _pairs(entry, path, faults):
        lines[name] = _where(path, value)
        if _kind(value) != "scalar":
            faults.append(_fault("not_a_text", lines[name], f"{name} is no text", None))
        elif not value.tag.endswith(":null"):
            values[name] = value.value
    return Item(where, values, lines)


def _pairs(node: Any, path: str, faults: list[Fault]) -> Iterator[tuple[str, tuple[str, Any]]]:
    seen: set[str] = set()
    for name, value in node.value:
        line = _where(path, name)
        if _kind(name) != "scalar" or name.value in seen:
            faults.append(_fault("duplicate_key", line, f'"{name.value}" is given twice', "Give it once"))
            continue
        seen.add(name.value)
        yield name.value, (line, value)


def _kind(node: Any) -> str:
    return "none" if node is None else str(node.id)


def _where(path: str, node: Any) -> str:
    return f"{path} line {node.start_mark.line + 1}"


def _fault(rule: str, where: str, what: str, remedy: str | None) -> Fault:
    return Fault(rule, where, what, remedy)
