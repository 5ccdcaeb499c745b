# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the documentation says and what the code takes are the same; each file says whose it is."""

from __future__ import annotations

import importlib
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from ansible.module_utils.basic import AnsibleModule
from ansible_collections.certops.sap_cloud_integration.tests.unit.module_documentation import (
    COLLECTION,
    MODULES,
    ROOT,
    documentation,
)


class Captured(BaseException):
    """Ends a module where it hands its options to Ansible; nothing of the module catches it."""


def options_taken(module: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The argument spec, caught where the module hands it to Ansible."""
    caught: dict[str, Any] = {}

    def capture(_self: AnsibleModule, argument_spec: dict[str, Any], **_rest: object) -> None:
        caught.update(argument_spec)
        raise Captured

    monkeypatch.setattr(AnsibleModule, "__init__", capture)
    with pytest.raises(Captured):
        importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{module}").main()
    return caught


def differences(documented: Mapping[str, Any], taken: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Every way in which the documentation of options and the options themselves differ, suboptions included."""
    for name in sorted(documented.keys() ^ taken.keys()):
        yield f"{where}{name} is {'documented, but not taken' if name in documented else 'taken, but not documented'}"
    for name in sorted(documented.keys() & taken.keys()):
        said, spec = documented[name], taken[name]
        for key, default in (("type", "str"), ("elements", None), ("default", None), ("required", False)):
            text, real = said.get(key, default), spec.get(key, default)
            if text != real:
                yield f"{where}{name}: {key} is documented as {text!r} and is {real!r}"
        if list(said.get("choices") or []) != list(spec.get("choices") or []):
            yield f"{where}{name}: choices differ"
        if sorted(said.get("aliases") or []) != sorted(spec.get("aliases") or []):
            yield f"{where}{name}: aliases differ"
        yield from differences(said.get("suboptions") or {}, spec.get("options") or {}, f"{where}{name}.")


def unexplained(values: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Every return value that lacks what a reader needs to use it."""
    for name, value in values.items():
        if not value.get("description"):
            yield f"{where}{name} has no description"
        if not value.get("type"):
            yield f"{where}{name} has no type"
        if not where and not value.get("returned"):
            yield f"{where}{name} does not say when it is returned"
        if value.get("type") == "list" and not value.get("elements"):
            yield f"{where}{name} does not say of what it is a list"
        if "contains" in value:
            yield from unexplained(value["contains"], f"{where}{name}.")
        elif "sample" not in value:
            yield f"{where}{name} has no sample"


def tasks_in(examples: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Module and arguments of each task in EXAMPLES that uses this collection."""
    for task in yaml.safe_load(examples):
        inside = [task, *task.get("tasks", []), *task.get("block", [])]
        for step in inside:
            for name, arguments in step.items():
                if name.startswith(f"{COLLECTION}."):
                    yield name.removeprefix(f"{COLLECTION}."), arguments or {}


def test_ansible_doc_shows_every_module() -> None:
    assert sorted(documentation()) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_options_are_documented_as_they_are(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = options_taken(module, monkeypatch)
    assert not list(differences(documentation()[module]["doc"].get("options", {}), taken))


@pytest.mark.parametrize("module", MODULES)
def test_every_number_has_a_lowest_one(module: str) -> None:
    """Ansible checks types alone, and zero days or minus one second are seldom meant."""
    spec = importlib.import_module(f"ansible_collections.{COLLECTION}.plugins.modules.{module}").SPEC
    assert spec.lowest.keys() == {name for name, one in spec.options.items() if one["type"] in ("int", "float")}


@pytest.mark.parametrize("module", MODULES)
def test_return_values_are_explained(module: str) -> None:
    assert not list(unexplained(documentation()[module]["return"] or {}))


@pytest.mark.parametrize("module", MODULES)
def test_modules_say_how_they_behave_in_check_and_diff_mode(module: str) -> None:
    attributes = documentation()[module]["doc"].get("attributes", {})
    for name in ("check_mode", "diff_mode"):
        assert attributes.get(name, {}).get("support") in {"full", "N/A"}, name


@pytest.mark.parametrize("module", MODULES)
def test_examples_use_the_module_with_options_that_exist(module: str) -> None:
    tasks = list(tasks_in(documentation()[module]["examples"]))
    assert module in {name for name, _arguments in tasks}
    for name, arguments in tasks:
        assert arguments.keys() <= documentation()[name]["doc"]["options"].keys(), name


# Of these every line belongs to a tool, or comments are impossible: REUSE.toml speaks for them.
BLANKET = ("changelogs/fragments/", "changelogs/changelog.yaml", "CHANGELOG.rst", "LICENSE")


def files() -> list[Path]:
    """What Git knows or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and not name.startswith(BLANKET)]
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def test_every_file_says_its_licence() -> None:
    found = files()
    assert ROOT / "galaxy.yml" in found
    silent = []
    for path in found:
        text = path.read_text(encoding="utf-8", errors="replace")
        if not text or path.suffix == ".license" or path.with_name(f"{path.name}.license").exists():
            continue
        # REUSE-IgnoreStart
        if not any("SPDX-License-Identifier: GPL-3.0-or-later" in line for line in text.splitlines()[:5]):
            # REUSE-IgnoreEnd
            silent.append(str(path.relative_to(ROOT)))
    assert not silent
