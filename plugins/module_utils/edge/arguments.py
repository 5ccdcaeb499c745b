# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options that modules share, with the constraints that belong to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ansible.module_utils.common.parameters import env_fallback

from ..decisions.refused import NotWanted

__all__ = ["CERTIFICATE", "CONNECTION", "FLOW_CONTENT", "PROTECTION", "Spec"]


@dataclass(frozen=True)
class Spec:
    """Options together with the rules between them; ``+`` puts two together.

    :param lowest: the lowest number that an option may have.
    """

    options: Mapping[str, Any] = field(default_factory=dict)
    mutually_exclusive: Sequence[Sequence[str]] = ()
    required_together: Sequence[Sequence[str]] = ()
    required_one_of: Sequence[Sequence[str]] = ()
    required_if: Sequence[Sequence[Any]] = ()
    required_by: Mapping[str, Sequence[str]] = field(default_factory=dict)
    lowest: Mapping[str, float] = field(default_factory=dict)

    def __add__(self, other: Spec) -> Spec:
        return Spec(
            options={**self.options, **other.options},
            mutually_exclusive=[*self.mutually_exclusive, *other.mutually_exclusive],
            required_together=[*self.required_together, *other.required_together],
            required_one_of=[*self.required_one_of, *other.required_one_of],
            required_if=[*self.required_if, *other.required_if],
            required_by={**self.required_by, **other.required_by},
            lowest={**self.lowest, **other.lowest},
        )

    def check_numbers(self, given: Mapping[str, Any]) -> None:
        """Refuse a number below the lowest one that makes sense; Ansible itself knows types alone."""
        for name, lowest in self.lowest.items():
            if given[name] is not None and given[name] < lowest:
                raise NotWanted(
                    f"{given[name]:g} is too low a number",
                    where=f"option {name}",
                    remedy=f"Give {lowest:g} or more",
                )

    def module_arguments(self) -> dict[str, Any]:
        """The keyword arguments of ``AnsibleModule``."""
        return {
            "argument_spec": dict(self.options),
            "mutually_exclusive": list(self.mutually_exclusive),
            "required_together": list(self.required_together),
            "required_one_of": list(self.required_one_of),
            "required_if": list(self.required_if),
            "required_by": dict(self.required_by),
        }


def _from_environment(name: str) -> tuple[Any, Sequence[str]]:
    return (env_fallback, [f"SAP_CI_{name}"])


# Which of the four ways to log in is meant is decided in tenant.credentials, which has a sentence for every mistake;
# constraints here could only say "mutually exclusive".
CONNECTION = Spec(
    options={
        "service_key": {"type": "raw", "no_log": True, "fallback": _from_environment("SERVICE_KEY")},
        "tenant_url": {"type": "str", "fallback": _from_environment("TENANT_URL")},
        "token_url": {"type": "str", "no_log": False, "fallback": _from_environment("TOKEN_URL")},
        "client_id": {"type": "str", "fallback": _from_environment("CLIENT_ID")},
        "client_secret": {"type": "str", "no_log": True, "fallback": _from_environment("CLIENT_SECRET")},
        "username": {"type": "str", "fallback": _from_environment("USERNAME")},
        "password": {"type": "str", "no_log": True, "fallback": _from_environment("PASSWORD")},
        "access_token": {"type": "str", "no_log": True, "fallback": _from_environment("ACCESS_TOKEN")},
        "validate_certs": {"type": "bool", "default": True, "fallback": _from_environment("VALIDATE_CERTS")},
        "ca_path": {"type": "path", "fallback": _from_environment("CA_PATH")},
        "timeout": {"type": "int", "default": 60, "fallback": _from_environment("TIMEOUT")},
        "lock_timeout": {"type": "int", "default": 300, "fallback": _from_environment("LOCK_TIMEOUT")},
    },
    lowest={"timeout": 1, "lock_timeout": 0},
)

CERTIFICATE = Spec(
    options={"certificate_path": {"type": "path"}, "certificate_content": {"type": "str"}},
    mutually_exclusive=[["certificate_path", "certificate_content"]],
)

PROTECTION = Spec(
    options={
        "protect": {"type": "list", "elements": "raw", "default": []},
        "accept_unprobed": {"type": "list", "elements": "str", "default": []},
        "probe_timeout": {"type": "int", "default": 10},
    },
    lowest={"probe_timeout": 1},
)

FLOW_CONTENT = Spec(
    options={
        "cache_path": {"type": "path"},
        "connections": {"type": "int", "default": 8},
        "prefer_deployed_content": {"type": "bool", "default": False},
    },
    lowest={"connections": 1},
)
