# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A real result beside what the module's RETURN says of it: the same names, the same types, null where null is said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.unit.module_documentation import documentation

__all__ = ["differences"]

# Every module has these; Ansible documents them ("Common Return Values").
_COMMON = {"changed", "diff", "failed", "invocation", "msg", "warnings", "deprecations", "exception"}
_TYPES: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "complex": (dict,),
    "dict": (dict,),
    "float": (float, int),
    "int": (int,),
    "list": (list,),
    "str": (str,),
}


def differences(module: str, result: Mapping[str, Any]) -> list[str]:
    """Sentences; none when the documentation tells the truth."""
    documented = documentation()[module]["return"]
    wanted = "failure" if result.get("failed") else "success"
    found = list(_in_mapping(documented, {key: result[key] for key in set(result) - _COMMON}, module))
    if wanted == "success":
        found += [
            f"{module}: {key} is documented and was not returned"
            for key, about in documented.items()
            if about["returned"] in ("success", "always") and key not in result
        ]
    return found


def _in_mapping(documented: Mapping[str, Any], result: Mapping[str, Any], where: str) -> Iterator[str]:
    for key, value in result.items():
        about = documented.get(key)
        if about is None:
            yield f"{where}.{key} is returned and not documented"
        else:
            yield from _in_value(about, value, f"{where}.{key}")


def _in_value(about: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    kind = about["type"]
    if value is None:
        if not _may_be_null(about):
            yield f"{where} is null, which is not documented"
        return
    if kind == "raw":
        return
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "bool"):
        yield f"{where} is a {type(value).__name__}, documented as {kind}"
        return
    contains = about.get("contains")
    if kind == "list":
        elements = about.get("elements")
        if elements is None:
            yield f"{where} is a list of what, is not documented"
        for number, one in enumerate(value):
            yield from _in_value({"type": elements, "contains": contains}, one, f"{where}[{number}]")
    elif contains is not None:
        yield from _in_mapping(contains, value, where)
        yield from (f"{where}.{key} is documented and was not returned" for key in _always(contains) - set(value))


def _always(contains: Mapping[str, Any]) -> set[str]:
    return {key for key, about in contains.items() if about.get("returned", "success") in ("success", "always")}


def _may_be_null(about: Mapping[str, Any]) -> bool:
    text = _text(about)
    return "V(null)" in text or ", if " in text or ("sample" in about and about["sample"] is None)


def _text(about: Mapping[str, Any]) -> str:
    said = about.get("description") or ""
    return said if isinstance(said, str) else " ".join(said)
