# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the results of modules to the facts of a renewal: renames and joins, and judges nothing.

The observation, as the role gathers it::

    old_root, new_root: as the filter certificate_facts returns them; "pinned: false" when this run must not import it
    keystore:  the result of keystore_info
    flows:     the result of integration_flow_info for the flows of the renewal
    served:    the result of served_chain_info with both roots, for the receiver
    needs:     null, or the result of trusted_root_info for the old root over the receiver and the protected ones
    needs_new: null, or the same for the new root; only a rollback asks
    imported:  null, or {alias, since}: an entry under this alias that holds the new root and was not created before
               this time was imported by this renewal; only a rollback asks
    accepted:  receivers, as host:port, that the user accepts by name
    logs:      the rows of message_processing_log_info; null when not asked
    side_effects: {flow id: block | redeploy | wait}, and the default under "*"
    compared:  absent, or the rows of integration_flow_info with side_effects for those flows that were compared
    undecided: absent, or {flow id: why} of the filter flow_selection
    policy:    as in facts.py
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..clock import parse_time

__all__ = ["facts_of"]


def facts_of(observation: Mapping[str, Any]) -> dict[str, Any]:
    """The mapping that ``facts.Facts.from_mapping`` reads."""
    entries = observation["keystore"]["keystore_entries"]
    served = observation["served"]["served_chain"]
    needs = _rows(observation, "needs")
    needs_new = {(row["receiver"], row["address"]): row for row in _rows(observation, "needs_new")}
    roots = {name: observation[name] for name in ("old_root", "new_root")}
    own_aliases = {alias for root in roots.values() for alias in _aliases(entries, root)}
    host, _unused, port = served["receiver"].rpartition(":")
    return {
        "now": observation["keystore"]["tenant_time"],
        "old_root": _root(entries, roots["old_root"], None),
        "new_root": _root(entries, roots["new_root"], observation.get("imported")),
        "flows": _flows(observation),
        "receiver": {
            "host": host,
            "port": int(port),
            "server_name": served["server_name"],
            "addresses": [
                _address(address, roots, _others(needs, served["receiver"], address["address"], own_aliases))
                for address in served["addresses"]
            ],
        },
        "protected": [
            _protected(row, needs_new.get((row["receiver"], row["address"])), observation)
            for row in needs
            if row["receiver"] != served["receiver"]
        ],
        "logs": None if observation.get("logs") is None else {"flows": observation["logs"]},
        "policy": _policy(observation["policy"]),
    }


def _rows(observation: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    return (observation.get(name) or {}).get("needs") or []


def _policy(policy: Mapping[str, Any]) -> dict[str, Any]:
    """Variables of a role may come as text, where ansible-core templates them one by one (before 2.19)."""
    return {
        **policy,
        "probes_required": int(policy["probes_required"]),
        "soak_seconds": float(policy["soak_seconds"]),
        "observed_stable_seconds": max(0.0, float(policy["observed_stable_seconds"])),
    }


def _aliases(entries: Iterable[Mapping[str, Any]], root: Mapping[str, Any]) -> list[str]:
    return [entry["alias"] for entry in entries if _holds(entry, root)]


def _holds(entry: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    return (entry["type"], entry["fingerprint_sha256"]) == ("certificate", root["fingerprint_sha256"])


def _root(
    entries: Iterable[Mapping[str, Any]], root: Mapping[str, Any], imported: Mapping[str, Any] | None
) -> dict[str, Any]:
    return {
        "fingerprint_sha256": root["fingerprint_sha256"],
        "subject": root["subject"],
        "not_after": root["not_after"],
        "certificate_known": bool(root.get("pinned", True)),
        "entries": [
            {
                "alias": entry["alias"],
                "owner": entry["owner"],
                "last_modified_time": entry["last_modified_at"],
                "created_time": entry["created_at"],
                "imported_by_renewal": _imported(entry, imported),
            }
            for entry in entries
            if _holds(entry, root)
        ],
    }


def _imported(entry: Mapping[str, Any], imported: Mapping[str, Any] | None) -> bool:
    """Conservative: another renewal may rely on a root that was there before this one began."""
    if not imported or not imported.get("since") or entry["alias"] != imported["alias"] or not entry["created_at"]:
        return False
    return parse_time(entry["created_at"]) >= parse_time(imported["since"])


def _flows(observation: Mapping[str, Any]) -> list[dict[str, Any]]:
    chosen = observation.get("side_effects") or {}
    undecided = observation.get("undecided") or {}
    compared = {row["id"]: row for row in observation.get("compared") or ()}
    found = observation["flows"]
    rows = [*found["integration_flows"], *({"id": flow_id, "status": None} for flow_id in found["not_deployed"])]
    return [
        {
            **row,
            **_restart(compared.get(row["id"])),
            "on_side_effect": chosen.get(row["id"], chosen.get("*", "block")),
            **_undecided(undecided.get(row["id"])),
        }
        for row in rows
    ]


def _restart(compared: Mapping[str, Any] | None) -> dict[str, Any]:
    """Whether to deploy a flow again is nothing but a restart; a flow that was not compared is not to be restarted."""
    if compared is None:
        return {}
    blocked_by = [effect["sentence"] for effect in compared["side_effects"] if effect["blocking"]]
    return {"restartable": not blocked_by, "blocked_by": blocked_by}


def _undecided(because: str | None) -> dict[str, Any]:
    if because is None:
        return {}
    return {"restartable": False, "unknown_because": because, "on_side_effect": "block"}


def _others(needs: Iterable[Mapping[str, Any]], receiver: str, address: str, own_aliases: set[str]) -> bool:
    """Whether the keystore validates what this address serves through an entry that holds neither root."""
    return any(
        row["receiver"] == receiver and row["address"] == address and set(row["validated_by"]) - own_aliases
        for row in needs
    )


def _address(address: Mapping[str, Any], roots: Mapping[str, Mapping[str, Any]], by_others: bool) -> dict[str, Any]:
    # A path to a root is not enough: clients refuse a leaf that is made out to another host or for another purpose
    # (RFC 9110 section 4.3.4, RFC 5280 section 4.2.1.12), whatever they trust.
    refused = address["problem"] is not None and (address["validated_by"] or address["problem_kind"] == "wrong_host")
    validated_by = () if refused else address["validated_by"]
    return {
        "address": address["address"],
        "error": address["error"],
        "leaf_fingerprint": address["leaf_fingerprint_sha256"],
        "validated_by_old": roots["old_root"]["fingerprint_sha256"] in validated_by,
        "validated_by_new": roots["new_root"]["fingerprint_sha256"] in validated_by,
        "validated_by_others": by_others and not refused,
        "problem": address["problem"],
        "problem_kind": address["problem_kind"],
        "consecutive": address["stable_probes"],
    }


def _protected(row: Mapping[str, Any], new: Mapping[str, Any] | None, observation: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "receiver": row["receiver"],
        "address": row["address"],
        "needs_old_root": row["needs_root"],
        "needs_new_root": new["needs_root"] if new else "unknown",
        "flows": list(row.get("flows") or ()),
        "accepted": row["receiver"] in (observation.get("accepted") or ()),
        "problem": row["problem"],
        # A chain from a file is the same however often it is read.
        "consecutive": int(observation["policy"]["probes_required"])
        if row["stable_probes"] is None
        else row["stable_probes"],
    }
