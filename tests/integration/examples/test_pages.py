# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every example of the guides and READMEs is run, in the order of its page, and what the page says of it happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples import (
    key_pairs,
    receivers,
    rehearsal,
    trust,
)
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.collected import (
    COLLECTION,
    Block,
    all_blocks,
)
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.not_run import NOT_RUN, NotRun

_GUIDES = "docs/docsite/rst/guide_"
# Each takes a folder, and the commands of its page one by one.
STORIES: dict[str, Callable[..., None]] = {
    "README.md": receivers.readme,
    "roles/receiver_certificate_renewal/README.md": receivers.role,
    f"{_GUIDES}receiver_certificate_renewal.rst": receivers.renewal,
    f"{_GUIDES}discovery.rst": receivers.discovery,
    f"{_GUIDES}what_can_go_wrong.rst": receivers.what_can_go_wrong,
    f"{_GUIDES}key_pair_renewal.rst": key_pairs.renewal,
    f"{_GUIDES}trust_in_git.rst": trust.trust_in_git,
    "roles/key_pair_renewal/README.md": key_pairs.role,
    "roles/tenant_trust/README.md": trust.role,
}
# Each takes a folder and the examples, whatever they are, and follows them.
FOLLOWED: dict[str, Callable[..., None]] = {f"{_GUIDES}local_tenant.rst": rehearsal.local_tenant}


def run_here(page: str) -> list[Block]:
    return [block for block in all_blocks()[page] if not any(entry.is_about(block) for entry in NOT_RUN)]


PAGES = [page for page in all_blocks() if run_here(page)]


@pytest.mark.parametrize("page", PAGES)
def test_the_examples_of_the_page_do_what_it_says(page: str, tmp_path: Path) -> None:
    blocks = run_here(page)
    if page in FOLLOWED:
        FOLLOWED[page](tmp_path, *blocks)
        return
    story = STORIES.get(page)
    assert story, f"nobody runs these examples: {', '.join(map(str, blocks))}"
    _folder, *expected = inspect.signature(story).parameters
    assert len(blocks) == len(expected), f"{expected} are run; there are {', '.join(map(str, blocks))}"
    story(tmp_path, *(block.commands for block in blocks))


def test_every_story_has_a_page() -> None:
    assert {*STORIES, *FOLLOWED} == set(PAGES)


@pytest.mark.parametrize("entry", NOT_RUN, ids=lambda entry: entry.begins.strip())
def test_what_is_not_run_here_exists_and_is_tested_elsewhere(entry: NotRun) -> None:
    assert [block for block in all_blocks()[entry.page] if entry.is_about(block)], "there is no such example"
    assert (COLLECTION / entry.instead).exists()
