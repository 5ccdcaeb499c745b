# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of examples/many_tenants are what the systems that read them accept, and name what there is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "examples" / "many_tenants"
# AWX: awx/api/views/__init__.py, JobTemplateSurveySpec; the type of a default for each type of question.
SURVEY_TYPES = {"text": str, "textarea": str, "password": str, "integer": int, "float": float,
                "multiplechoice": str, "multiselect": str}  # fmt: skip


def load(path: str) -> Any:
    return yaml.safe_load((EXAMPLE / path).read_text())


@pytest.fixture(scope="module")
def template() -> dict[str, Any]:
    (template,) = load("awx/job_template.yml")["job_templates"]
    return dict(template)


@pytest.fixture(scope="module")
def survey(template: dict[str, Any]) -> list[dict[str, Any]]:
    spec = template["related"]["survey_spec"]
    assert isinstance(spec["name"], str)
    assert isinstance(spec["description"], str)
    assert spec["spec"]
    return list(spec["spec"])


@pytest.fixture(scope="module")
def role_options() -> dict[str, Any]:
    specs = yaml.safe_load((ROOT / "roles/receiver_certificate_renewal/meta/argument_specs.yml").read_text())
    return dict(specs["argument_specs"]["main"]["options"])


def test_the_survey_is_one_that_awx_accepts(survey: list[dict[str, Any]]) -> None:
    for question in survey:
        for key, kind in (("type", str), ("question_name", str), ("variable", str), ("required", bool)):
            assert isinstance(question[key], kind)
        assert isinstance(question["default"], SURVEY_TYPES[question["type"]])
        assert all(isinstance(question[key], int) for key in ("min", "max") if key in question)
        if question["type"].startswith("multi"):
            assert question["default"] in question["choices"]
    assert len({question["variable"] for question in survey}) == len(survey)


def test_the_survey_asks_for_what_the_role_takes(survey: list[dict[str, Any]], role_options: dict[str, Any]) -> None:
    for question in survey:
        option = role_options[question["variable"]]
        assert option["type"] == {"multiplechoice": "str", "integer": "float"}[question["type"]]
        assert question.get("choices") == option.get("choices")


def test_the_survey_asks_for_nothing_that_would_exchange_too_early(survey: list[dict[str, Any]]) -> None:
    """Answers are extra variables, and those win over what the playbook says for its first passes."""
    playbook = (ROOT / "playbooks/renew_receiver_certificate_for_tenants.yml").read_text()
    decided = set(re.findall(r"^        (receiver_certificate_renewal_\w+): ", playbook, re.MULTILINE))
    assert len(decided) >= 4
    assert decided.isdisjoint(question["variable"] for question in survey)


def test_the_schedule_answers_the_survey(template: dict[str, Any], survey: list[dict[str, Any]]) -> None:
    for schedule in template["related"]["schedules"]:
        assert set(schedule["extra_data"]) == {question["variable"] for question in survey}
        assert re.fullmatch(r"DTSTART;TZID=[\w/]+:\d{8}T\d{6} RRULE:FREQ=MINUTELY;INTERVAL=\d+", schedule["rrule"])
        assert schedule["natural_key"] == {
            "unified_job_template": template["natural_key"], "name": schedule["name"], "type": "schedule",
        }  # fmt: skip


def test_the_job_runs_a_playbook_of_the_project_and_never_in_parts(template: dict[str, Any]) -> None:
    assert (EXAMPLE / template["playbook"]).is_file()
    assert template["job_slice_count"] == 1
    assert template["allow_simultaneous"] is False
    assert template["survey_enabled"] is True


def test_the_project_imports_a_playbook_of_this_collection() -> None:
    (play,) = load("renew.yml")
    name = play["ansible.builtin.import_playbook"].removeprefix("certops.sap_cloud_integration.")
    assert (ROOT / "playbooks" / f"{name}.yml").is_file()


def test_the_inventory_gives_what_the_role_requires(role_options: dict[str, Any]) -> None:
    given = load("inventory/group_vars/all/renewal.yml")
    required = {name for name, option in role_options.items() if option.get("required")}
    assert required <= set(given)
    assert {name for name in given if name.startswith("receiver_")} <= set(role_options)


def test_the_rulebook_names_what_there_is() -> None:
    (ruleset,) = yaml.safe_load((ROOT / "extensions/eda/rulebooks/renew_on_expiry.yml").read_text())
    (source,) = ruleset["sources"]
    (name,) = set(source) - {"name"}
    assert (ROOT / f"extensions/eda/plugins/event_source/{name.rpartition('.')[2]}.py").is_file()
    started = [rule["action"]["run_playbook"]["name"] for rule in ruleset["rules"] if "run_playbook" in rule["action"]]
    assert started
    for playbook in started:
        assert (ROOT / "playbooks" / f"{playbook.rpartition('.')[2]}.yml").is_file()
