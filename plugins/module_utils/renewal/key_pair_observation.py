# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The results of the modules, as the role keeps them, become the facts of a key pair's renewal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..decisions.key_usage import normalise_key_usages
from ..decisions.refused import Conflict, NotWanted

__all__ = ["key_pair_facts_of"]


def key_pair_facts_of(observation: Mapping[str, Any]) -> dict[str, Any]:
    """:param observation: ``alias``, ``now``, ``policy``, and the results of ``keystore_info`` (``keystore``),
        ``signing_request`` (``request``) and ``signing_response`` in check mode (``response``, false without a file),
        ``integration_flow_info`` (``flows``), ``waits_until``, ``logs``, and the names of the ``steps`` of this run.

    Raises :class:`Conflict` when the alias has no key pair to renew.
    """
    alias, keystore, policy = str(observation["alias"]), observation["keystore"], observation["policy"]
    entry = next((row for row in keystore["keystore_entries"] if row["alias"] == alias), None)
    if entry is None or entry["type"] != "key_pair" or entry["owner"] == "sap" or not entry.get("chain"):
        raise Conflict(
            "there is no key pair of the tenant administrator under this alias",
            where=f'alias "{alias}"',
            remedy="Make it first, with the module keystore_entry, or give another alias",
        )
    return {
        "alias": alias,
        "now": observation.get("now") or keystore["tenant_time"],
        "tenant_time": keystore["tenant_time"],
        "leaf": entry["chain"][0],
        "last_modified_at": entry["last_modified_at"] or entry["created_at"],
        # What a module would do, not "changed": the role says that looking changes nothing.
        "request_current": not observation["request"]["actions"],
        "response": _response(observation.get("response")),
        "renewed": "install_response" in (observation.get("steps") or ()),
        "flows": [
            *observation["flows"]["integration_flows"],
            *({"id": flow_id, "status": None} for flow_id in observation["flows"]["not_deployed"]),
        ],
        "left_alone": list(observation.get("waits_until") or ()),
        "logs": observation.get("logs"),
        "policy": {
            "provider": policy["provider"],
            "renew_before": _days(policy["renew_before"]),
            "issuer": policy.get("issuer") or "",
            "required_key_usages": list(normalise_key_usages(policy.get("required_key_usage") or ())),
            "request_path": policy["request_path"],
            "response_path": policy["response_path"],
        },
    }


def _response(result: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if not result or result.get("skipped"):
        return None
    if "signing_response" not in result:
        return {"refused": str(result.get("msg") or "The file was refused.")}
    return {"installed": not result["actions"], "leaf": result["signing_response"]["leaf"]}


def _days(value: Any) -> int:
    """Templates of older releases of Ansible make texts of numbers."""
    try:
        return int(value)
    except (TypeError, ValueError):
        raise NotWanted("a number of days is needed", where="renew_before", said=str(value)) from None
