# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The layers keep apart: which part imports which, and what only one place may do.

    problem, clock <- certificates, flow_bundle <- values <- decisions <- renewal
                      certificates, flow_bundle <- values <- tenant, receiver
    all of them <- edge <- modules and other plugins

Nothing is imported here, the files are only parsed: a rule also holds for a file that cannot be imported.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULE_UTILS = Path("plugins/module_utils")
COLLECTION = ("ansible_collections", "certops", "sap_cloud_integration")

# What a thing of the domain is and how it is written, without any I/O: the pure layers may know these files too.
VALUES = {
    "receiver/endpoint.py",
    "tenant/alias.py",
    "tenant/errors.py",
    "tenant/integration_flow.py",
    "tenant/key_pair.py",
    "tenant/keystore_entry.py",
    "tenant/odata.py",
    "tenant/secret.py",
}

LEAVES = {"foundation", "certificates", "flow_bundle", "values"}
MAY_IMPORT = {
    "foundation": {"foundation"},
    "certificates": {"foundation", "certificates"},
    "flow_bundle": {"foundation", "flow_bundle"},
    "values": LEAVES,
    "decisions": {*LEAVES, "decisions"},
    "renewal": {*LEAVES, "decisions", "renewal"},
    "tenant": {*LEAVES, "tenant"},
    "receiver": {*LEAVES, "receiver"},
    "edge": {*LEAVES, "decisions", "renewal", "tenant", "receiver", "edge"},
}
PURE = {"certificates", "flow_bundle", "values", "decisions", "renewal"}
# What waits, talks or touches files; "time" because a pure function is told what time it is.
IMPURE_LIBRARIES = {
    "asyncio", "http", "multiprocessing", "os", "pathlib", "queue", "select", "shutil", "signal", "smtplib", "socket",
    "socketserver", "ssl", "subprocess", "tempfile", "threading", "time", "urllib.request",
}  # fmt: skip


@dataclass(frozen=True)
class Import:
    name: tuple[str, ...]
    line: int

    def within(self, *package: str) -> bool:
        return self.name[: len(package)] == package


def python_files(directory: str) -> list[Path]:
    return sorted(path.relative_to(ROOT) for path in (ROOT / directory).rglob("*.py"))


def tree_of(path: Path) -> ast.Module:
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))


def imports_of(path: Path, *, package: tuple[str, ...] | None = None) -> Iterator[Import]:
    """Each imported module or member by its absolute name; ``package`` is where relative imports start."""
    package = (*COLLECTION, *path.parent.parts) if package is None else package
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(tuple(alias.name.split(".")), node.lineno)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            module = tuple(node.module.split(".")) if node.module else ()
            for alias in node.names:
                yield Import((*base, *module, alias.name), node.lineno)


def layer_of(path: Path) -> str:
    inside = path.relative_to(MODULE_UTILS)
    if inside.as_posix() in VALUES:
        return "values"
    return inside.parts[0] if len(inside.parts) > 1 else "foundation"


def imported_file(found: Import) -> Path | None:
    """The file of ``plugins/module_utils`` an import names, if it names one."""
    if not found.within(*COLLECTION, *MODULE_UTILS.parts):
        return None
    inside = found.name[len(COLLECTION) :]
    # The last part may be a member of the module instead of a module.
    for parts in (inside, inside[:-1]):
        if (ROOT / Path(*parts)).with_suffix(".py").is_file():
            return Path(*parts).with_suffix(".py")
        if (ROOT / Path(*parts)).is_dir():
            return Path(*parts) / "__init__.py"
    return None


FILES = [path for path in python_files("plugins/module_utils") if path.name != "__init__.py"]


def test_there_is_something_to_check() -> None:
    assert {layer_of(path) for path in FILES} >= {"foundation", "certificates", "decisions", "tenant", "edge"}


@pytest.mark.parametrize("path", FILES, ids=str)
def test_imports_go_down_only(path: Path) -> None:
    layer = layer_of(path)
    assert layer in MAY_IMPORT, f"{path}: which layer is it in? Name the layer here, with what it may import"
    wrong = []
    for found in imports_of(path):
        target = imported_file(found)
        if target is None:
            if found.within(*COLLECTION):
                wrong.append(f"line {found.line} imports {'.'.join(found.name)}, which is not in {MODULE_UTILS}")
        elif target != MODULE_UTILS / "__init__.py" and layer_of(target) not in MAY_IMPORT[layer]:
            wrong.append(f"line {found.line} imports {target} of layer {layer_of(target)}, and {layer} must not")
    assert not wrong, f"{path}: {'; '.join(wrong)}"


@pytest.mark.parametrize("path", [path for path in FILES if layer_of(path) in PURE], ids=str)
def test_pure_layers_do_no_input_or_output(path: Path) -> None:
    libraries = [tuple(name.split(".")) for name in IMPURE_LIBRARIES]
    wrong = [found for found in imports_of(path) if any(found.within(*library) for library in libraries)]
    assert not wrong, f"{path}: {wrong}"


@pytest.mark.parametrize("path", FILES, ids=str)
def test_only_the_edge_knows_ansible_and_other_libraries(path: Path) -> None:
    allowed = {*sys.stdlib_module_names, COLLECTION[0], "cryptography"}
    if layer_of(path) == "edge":
        allowed |= {"ansible", "jmespath"}
    wrong = [found for found in imports_of(path) if found.name[0] not in allowed]
    assert not wrong, f"{path}: {wrong}"


@pytest.mark.parametrize("library", ["cryptography", "jmespath"])
def test_one_file_imports_each_library_that_may_be_missing(library: str) -> None:
    users = [path for path in python_files("plugins") if any(found.within(library) for found in imports_of(path))]
    assert len(users) <= 1, f"{library}: one guard, one message; now in {', '.join(map(str, users))}"


@pytest.mark.parametrize("path", python_files("plugins"), ids=str)
def test_plugins_never_import_tests(path: Path) -> None:
    assert not [found for found in imports_of(path) if found.name[0] == "tests" or found.within(*COLLECTION, "tests")]


@pytest.mark.parametrize(
    "path", [path for part in ("tenant", "receiver", "pki") for path in python_files(f"tests/{part}")], ids=str
)
def test_local_tenant_and_receiver_share_no_code_with_the_plugins(path: Path) -> None:
    assert not [found for found in imports_of(path) if "plugins" in found.name or found.name[0] == "ansible"]


@pytest.mark.parametrize("path", python_files("plugins"), ids=str)
def test_only_run_reads_check_mode_and_fails_the_module(path: Path) -> None:
    """``converge`` and its siblings decide once for all modules; a plugin that did it again could do it differently."""
    if path == MODULE_UTILS / "edge/run.py":
        return
    used = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    assert not used & {"check_mode", "fail_json", "exit_json", "fail_on_missing_params"}, path


@pytest.mark.parametrize("path", python_files("plugins"), ids=str)
def test_plugins_do_not_assert(path: Path) -> None:
    """``python -O`` would drop the check."""
    assert not [node.lineno for node in ast.walk(tree_of(path)) if isinstance(node, ast.Assert)]


@pytest.mark.parametrize("path", python_files("plugins"), ids=str)
def test_only_the_clock_sleeps(path: Path) -> None:
    """A sleep elsewhere is a wait that no test can move."""
    if path == MODULE_UTILS / "clock.py":
        return
    attributes = {node.attr for node in ast.walk(tree_of(path)) if isinstance(node, ast.Attribute)}
    names = {part for found in imports_of(path) for part in found.name}
    assert "sleep" not in attributes | names


@pytest.mark.parametrize("path", FILES, ids=str)
def test_a_file_can_be_read_in_one_sitting(path: Path) -> None:
    lines = len((ROOT / path).read_text(encoding="utf-8").splitlines())
    assert lines <= 500, f"{path}: {lines} lines; one concept per file"
