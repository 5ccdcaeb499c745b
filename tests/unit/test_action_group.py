# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action group ``tenant`` holds exactly the modules that log in to a tenant."""

from __future__ import annotations

import ast

import pytest
import yaml
from ansible_collections.certops.sap_cloud_integration.tests.unit.module_documentation import (
    COLLECTION,
    MODULES,
    ROOT,
    documentation,
)

CONNECTION_FRAGMENT = f"{COLLECTION}.connection"
GROUP = f"{COLLECTION}.tenant"


def members() -> list[str]:
    runtime = yaml.safe_load((ROOT / "meta/runtime.yml").read_text(encoding="utf-8"))
    return [str(name).removeprefix(f"{COLLECTION}.") for name in runtime["action_groups"]["tenant"]]


def fragments_of(module: str) -> list[str]:
    """Read from the source: ``ansible-doc`` no longer says where an option came from."""
    tree = ast.parse((ROOT / f"plugins/modules/{module}.py").read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == ["DOCUMENTATION"]:
            extends = yaml.safe_load(ast.literal_eval(node.value)).get("extends_documentation_fragment", [])
            return [extends] if isinstance(extends, str) else extends
    raise LookupError(f"{module} has no DOCUMENTATION")


def test_group_names_each_module_once_in_order() -> None:
    assert members() == sorted(set(members()))


@pytest.mark.parametrize("module", sorted({*MODULES, *members()}))
def test_group_holds_the_modules_that_log_in(module: str) -> None:
    assert module in MODULES, f"meta/runtime.yml names {module}, which does not exist"
    assert (module in members()) == (CONNECTION_FRAGMENT in fragments_of(module))


@pytest.mark.parametrize("module", MODULES)
def test_documentation_names_the_group_of_its_members_alone(module: str) -> None:
    attribute = documentation()[module]["doc"].get("attributes", {}).get("action_group", {})
    assert attribute.get("membership", []) == ([GROUP] if module in members() else [])
