# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples that are not run here: each with the reason, and with what tests it else."""

from __future__ import annotations

from dataclasses import dataclass

from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.collected import Block

__all__ = ["NOT_RUN", "NotRun"]


@dataclass(frozen=True)
class NotRun:
    """:param begins: how the block begins.

    :param instead: a file of the collection that tests it.
    """

    page: str
    begins: str
    reason: str
    instead: str

    def is_about(self, block: Block) -> bool:
        return block.page == self.page and block.commands.startswith(self.begins)


_PIPELINE = "docs/docsite/rst/guide_pipeline.rst"
NOT_RUN = (
    NotRun("README.md", "make demo ", "they are runners of their own, this test is part of one", ".ci/run"),
    NotRun(
        "README.md", "ansible-galaxy collection install ", "asks Galaxy and the package index", "Makefile"
    ),
    NotRun("docs/docsite/rst/contributing.rst", "make unit ", "they start other test runners", ".ci/run"),
    NotRun(
        "docs/docsite/rst/contributing.rst", '("Parcels", ',
        "a row for a test of this collection, which is not there before somebody adds it",
        "tests/unit/plugins/module_utils/flow_bundle",
    ),
    NotRun(
        "docs/docsite/rst/contributing.rst", "ADAPTERS: ",
        "a row for a table of this collection, which is not there before somebody adds it",
        "tests/unit/plugins/module_utils/flow_bundle",
    ),
    NotRun("CONTRIBUTING.md", ".venv/bin/antsibull-changelog release ", "it makes a release", "Makefile"),
    NotRun(_PIPELINE, "awx import ", "needs an AWX server", "tests/unit/examples/test_many_tenants.py"),
    NotRun(_PIPELINE, "# due.yml\n", "needs ansible-rulebook with Java", "tests/eda/test_rulebook.py"),
    NotRun(_PIPELINE, "ansible-rulebook ", "needs ansible-rulebook with Java", "tests/eda/test_rulebook.py"),
)  # fmt: skip
