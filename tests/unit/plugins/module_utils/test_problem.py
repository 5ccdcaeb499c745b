# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem


class Broken(Problem):
    pass


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "it broke."),
        ({"where": "alias x"}, "alias x: it broke."),
        ({"said": "no"}, "it broke. It answered: no."),
        ({"remedy": "Run again"}, "it broke. Run again."),
        ({"where": "w", "said": "Why?", "remedy": "Stop!"}, "w: it broke. It answered: Why? Stop!"),
        ({"said": "", "remedy": ""}, "it broke."),
    ],
)
def test_a_problem_reads_as_sentences(fields: dict[str, str], text: str) -> None:
    assert str(Broken("it broke", **fields)) == text


def test_a_playbook_can_branch_on_its_parts() -> None:
    shown = Broken("it broke", where="w", remedy="r").to_result()
    assert shown == {"kind": "Broken", "what": "it broke", "where": "w", "said": None, "remedy": "r"}
