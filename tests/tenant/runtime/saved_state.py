# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The runtime's state as JSON: what is designed and deployed, and the keystore that each flow holds since when."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from .artifacts import DeployTask, DesignArtifact, RuntimeArtifact

if TYPE_CHECKING:
    from .engine import Runtime

__all__ = ["restore_runtime", "save_runtime"]

_TIMES = ("modified_at", "created_at", "deployed_on")


def save_runtime(runtime: Runtime) -> dict[str, Any]:
    """Bundles and certificates stand once each, by their SHA-256."""
    blobs: dict[str, str] = {}

    def keep(data: bytes) -> str:
        name = sha256(data).hexdigest()
        blobs.setdefault(name, base64.b64encode(data).decode())
        return name

    def plain(artifact: DesignArtifact | RuntimeArtifact) -> dict[str, Any]:
        values = asdict(artifact) | {"bundle": keep(artifact.bundle)}
        return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}

    return {
        "design": [plain(item) for item in runtime.design.values()],
        "deployed": [plain(item) for item in runtime.deployed.values()],
        "tasks": [asdict(task) for task in runtime.tasks.values()],
        "starts": dict(runtime.starts),
        "trust": {
            flow_id: {
                "read_at": instance.held.read_at.isoformat(),
                "certificates": [keep(der) for der in instance.held.certificates],
            }
            for flow_id, instance in runtime.instances.items()
        },
        "trust_history": list(runtime.trust_history),
        "messages": runtime.logs.snapshot(),
        "blobs": blobs,
    }


def restore_runtime(runtime: Runtime, saved: Mapping[str, Any]) -> None:
    """Over what the landscape set up. A client key that a flow held is read from the keystore again."""
    blobs = {name: base64.b64decode(text) for name, text in saved["blobs"].items()}

    def values(item: Mapping[str, Any]) -> dict[str, Any]:
        times = {key: datetime.fromisoformat(item[key]) for key in _TIMES if key in item}
        return {**item, **times, "bundle": blobs[item["bundle"]]}

    runtime.design = {item["id"]: DesignArtifact(**values(item)) for item in saved["design"]}
    runtime.deployed = {item["id"]: RuntimeArtifact(**values(item)) for item in saved["deployed"]}
    runtime.tasks = {item["id"]: DeployTask(**item) for item in saved["tasks"]}
    runtime.starts = dict(saved["starts"])
    runtime.trust_history = list(saved["trust_history"])
    runtime.logs.restore(saved["messages"])
    runtime.held = {
        flow_id: (datetime.fromisoformat(item["read_at"]), [blobs[name] for name in item["certificates"]])
        for flow_id, item in saved["trust"].items()
    }
    for artifact in runtime.design.values():
        runtime.packages.setdefault(artifact.package, {})
