# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Declarations in YAML: each fault is refused with its rule, its file and its line, before anything is asked."""

from __future__ import annotations

from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.declared_roots import (
    BadDeclaration,
    DeclaredRoot,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.declaration import declared_roots
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root

ONE, TWO = make_root("Root one"), make_root("Root two")
INTERMEDIATE = issue(ONE, "Intermediate", ca=True)
LEAF = issue(ONE, "erp.example")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, credential in (("one", ONE), ("two", TWO), ("above", INTERMEDIATE), ("leaf", LEAF)):
        (tmp_path / f"{name}.pem").write_text(f"# {name}\n{credential.pem}")
    (tmp_path / "broken.pem").write_text("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
    return tmp_path


def entry(alias: str, credential: Credential, file: str, *more: str) -> str:
    lines = [
        f"- alias: {alias}",
        f"fingerprint_sha256: {credential.fingerprint_sha256}",
        f"certificate_path: {file}",
        *more,
    ]
    return "\n    ".join(["", *lines]).replace("\n    -", "\n  -", 1)


def read(folder: Path, text: str) -> tuple[DeclaredRoot, ...]:
    file = folder / "roots.yml"
    file.write_text(text)
    return declared_roots([], [str(file)])


def faults(folder: Path, text: str) -> list[tuple[str, int]]:
    """Rule and line of each fault."""
    with pytest.raises(BadDeclaration) as refused:
        read(folder, text)
    file = folder / "roots.yml"
    assert all(fault.where.startswith(f"{file} line ") for fault in refused.value.faults), str(refused.value)
    assert all(fault.where in str(refused.value) for fault in refused.value.faults)
    return [(fault.rule, int(fault.where.rpartition(" ")[2])) for fault in refused.value.faults]


def test_a_file_is_read_with_certificates_beside_it(folder: Path) -> None:
    text = f"---\nroots:{entry('one', ONE, 'one.pem')}{entry('two', TWO, 'two.pem', 'on_alias_conflict: replace')}\n"
    one, two = read(folder, text)
    assert (one.alias, one.fingerprint_sha256) == ("one", ONE.fingerprint_sha256)
    assert one.certificate is not None
    assert one.certificate.der == ONE.der
    assert (one.on_alias_conflict, two.on_alias_conflict) == ("fail", "replace")
    assert two.where == f"{folder / 'roots.yml'} line 6"


@pytest.mark.parametrize("text", ["roots: []\n", "roots:\n", "[]\n"])
def test_an_empty_list_declares_nothing(folder: Path, text: str) -> None:
    assert read(folder, text) == ()


def test_a_fingerprint_of_digits_alone_stays_one(folder: Path) -> None:
    """YAML 1.1 would take 12:34:56 for a number in base sixty."""
    digits = ":".join(["12"] * 32)
    (root,) = read(folder, f"- fingerprint_sha256: {digits}\n  state: absent\n")
    assert root.fingerprint_sha256 == digits


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("roots: [\n", ("yaml_syntax", 2)),
        ("roots:\n  - alias: 'x\n", ("yaml_syntax", 3)),
        ("\x00", ("yaml_syntax", 1)),
        ("a: &a [*a]\nroots: *b\n", ("yaml_syntax", 2)),
        ("", ("no_list", 1)),
        ("roots: text\n", ("no_list", 1)),
        ("other: []\nroots: []\n", ("unknown_key", 1)),
        ("roots:\n  - text\n", ("not_a_mapping", 2)),
        ("roots:\n  - alias: [a]\n    state: absent\n    fingerprint_sha256: " + "ab" * 32 + "\n", ("not_a_text", 2)),
        ("roots:\n  - alias: a\n    alias: b\n    fingerprint_sha256: " + "ab" * 32 + "\n", ("duplicate_key", 3)),
        ("roots:\n  - alias: a\n    alais: b\n    fingerprint_sha256: " + "ab" * 32 + "\n", ("unknown_key", 3)),
        ("roots:\n  - alias: a\n    state: gone\n    fingerprint_sha256: " + "ab" * 32 + "\n", ("unknown_value", 3)),
        ("roots:\n  - alias: a\n", ("missing_pin", 2)),
        ("roots:\n  - alias: a\n    fingerprint_sha256: abc\n", ("bad_fingerprint", 3)),
        ("roots:\n  - fingerprint_sha256: " + "ab" * 32 + "\n", ("missing_alias", 2)),
        ("roots:\n  - alias: sap_x\n    fingerprint_sha256: " + "ab" * 32 + "\n", ("bad_alias", 2)),
        (f"roots:{entry('a', ONE, 'broken.pem')}", ("bad_certificate", 4)),
        (f"roots:{entry('a', ONE, 'missing.pem')}", ("unreadable_file", 4)),
        (f"roots:{entry('a', TWO, 'one.pem')}", ("pin_differs", 2)),
        (f"roots:{entry('a', LEAF, 'leaf.pem')}", ("not_a_ca", 2)),
        (f"roots:{entry('a', INTERMEDIATE, 'above.pem')}", ("not_a_root", 2)),
        (f"roots:{entry('a', ONE, 'one.pem', 'certificate_content: x')}", ("two_certificates", 2)),
        (f"roots:{entry('a', ONE, 'one.pem')}{entry('a', ONE, 'one.pem')}", ("duplicate_alias", 5)),
        (f"roots:{entry('a', ONE, 'one.pem')}{entry('A', TWO, 'two.pem')}", ("duplicate_alias", 5)),
        (f"roots:{entry('a', ONE, 'one.pem')}{entry('a', TWO, 'two.pem')}", ("two_certificates_for_one_alias", 5)),
        (f"roots:{entry('a', ONE, 'one.pem')}{entry('b', ONE, 'one.pem')}", ("root_under_two_aliases", 5)),
        (f"roots:{entry('a', ONE, 'one.pem')}{entry('b', ONE, 'one.pem', 'state: absent')}", ("present_and_absent", 5)),
    ],
)  # fmt: skip
def test_each_fault_has_a_rule_and_a_line(folder: Path, text: str, expected: tuple[str, int]) -> None:
    assert faults(folder, text) == [expected]


def test_an_intermediate_is_trusted_on_purpose(folder: Path) -> None:
    (root,) = read(folder, f"roots:{entry('a', INTERMEDIATE, 'above.pem', 'kind: intermediate')}")
    assert root.kind == "intermediate"


def test_all_faults_of_all_files_are_told_at_once(folder: Path) -> None:
    (folder / "more.yml").write_text(f"roots:{entry('a', TWO, 'two.pem')}{entry('c', LEAF, 'leaf.pem')}\n")
    (folder / "roots.yml").write_text(f"roots:{entry('a', ONE, 'one.pem')}{entry('b', ONE, 'broken.pem')}\n")
    with pytest.raises(BadDeclaration) as refused:
        declared_roots([], [str(folder / "roots.yml"), str(folder / "more.yml"), str(folder / "none.yml")])
    found = [fault.rule for fault in refused.value.faults]
    assert found == ["bad_certificate", "not_a_ca", "unreadable_file", "two_certificates_for_one_alias"]
    assert str(refused.value).startswith("4 faults in the declaration")
    assert refused.value.to_result()["faults"][3]["where"] == f"{folder / 'more.yml'} line 2"


def test_an_inline_root_is_named_by_its_place() -> None:
    with pytest.raises(BadDeclaration, match=r'roots\[1\] \(alias "b"\): no fingerprint is given'):
        declared_roots(
            [
                {"alias": "a", "fingerprint_sha256": ONE.fingerprint_sha256, "certificate_content": ONE.pem},
                {"alias": "b", "certificate_content": TWO.pem},
            ],
            [],
        )


def test_no_message_repeats_the_content_of_a_file(folder: Path) -> None:
    with pytest.raises(BadDeclaration) as refused:
        read(folder, "hunter2\n")
    assert "hunter2" not in str(refused.value)
