# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The entries of work.yml as playbooks: one task with the module, or a token and then the tasks with uri."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

__all__ = ["WORK", "module_playbook", "uri_playbook", "write_playbook"]

WORK: Mapping[str, Any] = yaml.safe_load((Path(__file__).parent / "work.yml").read_text())

_COLLECTION = "certops.sap_cloud_integration"
_LOGIN = {"service_key": "{{ sap_ci_service_key }}", "ca_path": "{{ sap_ci_ca_path }}"}
_BEARER = "Bearer {{ (token | default({'json': {'access_token': ''}})).json.access_token }}"
_TOKEN = {
    "name": "Get a token",
    "ansible.builtin.uri": {
        "url": "{{ token_url }}",
        "method": "POST",
        "url_username": "{{ client_id }}",
        "url_password": "{{ client_secret }}",
        "force_basic_auth": True,
        "body_format": "form-urlencoded",
        "body": {"grant_type": "client_credentials"},
    },
    "register": "token",
    "no_log": True,
}


def module_playbook(name: str) -> list[dict[str, Any]] | None:
    """``None`` when the collection does this work with a playbook of its own."""
    work = WORK[name]
    if "options" not in work:
        return None
    module = f"{_COLLECTION}.{work.get('module', name)}"
    tasks = [{"name": "Do it", module: work["options"], "register": "found"}]
    if "check" in work:
        tasks.append({"name": "Check it", "ansible.builtin.assert": {"that": work["check"], "quiet": True}})
    return _play(tasks, {f"group/{_COLLECTION}.tenant": _LOGIN}, {})


def uri_playbook(name: str) -> list[dict[str, Any]] | None:
    """``None`` when uri tasks cannot do it; ``uri_cannot`` says why."""
    work = WORK[name]
    if "uri" not in work:
        return None
    headers = {"Authorization": _BEARER, "Accept": "application/json"}
    variables = {
        "import_options": "?fingerprintVerified=true&update=false&returnKeystoreEntries=false",
        "upload_headers": {"Authorization": _BEARER, "Content-Type": "application/pkix-cert"},
        "download_headers": {"Authorization": _BEARER},
    }
    defaults = {"ansible.builtin.uri": {"ca_path": "{{ sap_ci_ca_path }}", "headers": headers}}
    return _play([_TOKEN, *work["uri"]], defaults, variables)


def write_playbook(play: Sequence[Mapping[str, Any]], path: Path) -> str:
    """JSON is YAML."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(play, indent=1))
    return str(path)


def _play(
    tasks: list[dict[str, Any]], defaults: Mapping[str, Any], variables: Mapping[str, Any]
) -> list[dict[str, Any]]:
    return [
        {
            "name": "Benchmark",
            "hosts": "all",
            "connection": "local",
            "gather_facts": False,
            "vars": {"ansible_python_interpreter": "{{ ansible_playbook_python }}", **variables},
            "module_defaults": defaults,
            "tasks": tasks,
        }
    ]
