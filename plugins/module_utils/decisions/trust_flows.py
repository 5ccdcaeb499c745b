# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which integration flows may still run with the trust anchors of before. Pure.

Every certificate of the keystore is an anchor for every flow, so what counts is whether a flow sends with TLS at all
and since when it runs. A flow caches the keystore for 24 hours ("Renewal of Receiver Back-End Server Certificate" in
SAP's documentation).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from ..clock import format_time, parse_time

__all__ = ["concerned_flows", "trust_changed_at"]

_CACHED = timedelta(hours=24)


def trust_changed_at(trusted: Mapping[str, Any]) -> str | None:
    """When the trust of the tenant last changed, RFC 3339; ``None`` when every flow has read the keystore since.

    :param trusted: the result of the module trusted_roots, from a real run or from check mode.
    """
    decided = parse_time(trusted["decided_at"])
    moments = [parse_time(root["last_modified_at"]) for root in trusted["trusted_roots"] if root["last_modified_at"]]
    # What is removed leaves no entry with a time, and check mode has not written yet.
    if trusted["changes"]:
        moments.append(decided)
    latest = max(moments, default=None)
    return None if latest is None or decided - latest >= _CACHED else format_time(latest)


def concerned_flows(flows: Sequence[Mapping[str, Any]], changed_at: str | None) -> list[dict[str, str]]:
    """The flows that may be concerned, each with the reason; in the order given.

    :param flows: as integration_flow_info returns them, with ``details`` or with ``sends_to``.
    """
    if changed_at is None:
        return []
    moment = parse_time(changed_at)
    found = []
    for flow in flows:
        deployed = flow.get("deployed_on")
        if not deployed or parse_time(deployed) > moment:
            continue
        why = _sends_with_tls(flow)
        if why is not None:
            found.append({"id": str(flow["id"]), "why": why})
    return found


def _sends_with_tls(flow: Mapping[str, Any]) -> str | None:
    """Why the flow may validate a server certificate; ``None`` when it does not. Not known is not no."""
    if (flow.get("content") or {}).get("differences"):
        return "what runs may differ from what was read"
    if "sends_to" in flow:
        verdict = flow["sends_to"]["verdict"]
        return None if verdict == "no" else "; ".join(flow["sends_to"]["reasons"]) or f"the answer is {verdict}"
    if "details" not in flow:
        return "it was named by the user"
    details = flow["details"]
    if details is None:
        return "its content cannot be read"
    if details["may_override_address"]:
        return "its address may be another at run time"
    channels = [one for one in details["channels"] if one.get("tls") != "no" and one.get("proxy") != "cloud_connector"]
    if not channels:
        return None
    return "it sends with TLS: " + ", ".join(str(one.get("name") or one.get("adapter")) for one in channels)
