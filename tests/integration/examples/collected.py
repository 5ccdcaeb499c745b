# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the documentation, read from where its readers find it."""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import ansible_collections.certops.sap_cloud_integration as package
import yaml

__all__ = ["COLLECTION", "Block", "all_blocks", "plugin_examples"]

COLLECTION = Path(next(iter(package.__path__)))
_PAGES = ("README.md", "CONTRIBUTING.md", "docs/docsite/rst/*.rst", "roles/*/README.md")
# What a program prints, and drawings.
_NO_EXAMPLE = ("text", "")


@dataclass(frozen=True)
class Block:
    """:param page: its path in the collection.

    :param file: where it lies, if its caption or its first line says that.

    :param commands: of a console block without the prompts, of any other block all of it.
    """

    page: str
    line: int
    language: str
    file: str
    commands: str

    def __str__(self) -> str:
        return f"{self.page}, line {self.line}: {self.commands.splitlines()[0]}"


@cache
def all_blocks() -> dict[str, list[Block]]:
    """By page, in their order; pages without an example are left out."""
    pages = [path for pattern in _PAGES for path in sorted(COLLECTION.glob(pattern))]
    found = {str(path.relative_to(COLLECTION)): _blocks(path) for path in pages}
    return {page: blocks for page, blocks in found.items() if blocks}


@cache
def plugin_examples() -> dict[str, list[dict[str, Any]]]:
    """The tasks of every module and filter, by ``modules/name`` or ``filter/name``."""
    files = [*sorted(COLLECTION.glob("plugins/modules/*.py")), *sorted(COLLECTION.glob("plugins/filter/*.py"))]
    return {f"{path.parent.name}/{path.stem}": yaml.safe_load(_constant(path, "EXAMPLES")) for path in files}


def _blocks(path: Path) -> list[Block]:
    text = path.read_text()
    if path.suffix == ".rst":
        block = (
            r"^(?P<indent> *)\.\. code-block:: *(?P<language>\w*)\n(?P<options>(?:(?P=indent)   :.*\n)*)\n"
            r"(?P<text>(?:(?P=indent)   .*\n|\n)+)"
        )
    else:
        block = r"^```(?P<language>\w*)\n(?P<options>)(?P<text>.*?)^```$"
    page = str(path.relative_to(COLLECTION))
    return [
        _block(page, text.count("\n", 0, match.start()) + 1, match["language"], match["options"], match["text"])
        for match in re.finditer(block, text, re.MULTILINE | (re.DOTALL if path.suffix == ".md" else 0))
        if match["language"] not in _NO_EXAMPLE
    ]


def _block(page: str, line: int, language: str, options: str, text: str) -> Block:
    commands = _commands(language, textwrap.dedent(text).strip() + "\n")
    named = re.search(r":caption: (\S+)", options) or re.match(r"# ([\w/]+(?:\.yml)?)\n", commands)
    return Block(page, line, language, named[1] if named else "", commands)


def _commands(language: str, text: str) -> str:
    if language != "console":
        return text
    return "".join(f"{line[2:]}\n" for line in text.splitlines() if line.startswith("$ "))


def _constant(path: Path, name: str) -> str:
    """Read, not imported: what is documented is what stands in the file."""
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.Assign) and [getattr(target, "id", "") for target in node.targets] == [name]:
            return str(ast.literal_eval(node.value))
    raise AssertionError(f"{path} has no {name}")
