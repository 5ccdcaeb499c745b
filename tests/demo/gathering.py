# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""After the story: what the tenant, its flows and the receivers themselves have counted."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import time
from datetime import datetime, timedelta

import yaml
from cryptography import x509

from ..pki import fingerprint
from .landscape import FLOWS, Landscape
from .playbook import collections_path
from .recording import Certificate, Message, Recording, Trusting

__all__ = ["gather"]

_DAY = timedelta(hours=24)


def gather(landscape: Landscape, recording: Recording) -> None:
    """Let the last messages end, then write down what is known. No flow sends any more afterwards."""
    runtime = landscape.tenant.runtime
    for instance in list(runtime.instances.values()):
        instance.retire(30.0)
    recording.ended = time.time()
    recording.messages = [
        Message(_real(recording, log.end), log.flow_id, log.status, log.error) for log in runtime.logs.all()
    ]
    recording.receivers = {flow.id: f"{flow.receiver}:{landscape.port_of(flow.receiver)}" for flow in FLOWS}
    recording.rates = {flow.id: flow.messages_per_second for flow in FLOWS}
    names = {root.fingerprint_sha256.replace(":", ""): name for name, root in landscape.roots.items()}
    recording.trusted_at_end = {
        # As for the next message that it would send: a cache that has run out is read again.
        flow_id: tuple(names[each] for each in instance.trust().fingerprints if each in names)
        for flow_id, instance in runtime.instances.items()
    }
    recording.trusting = [
        Trusting(
            _real(recording, datetime.fromisoformat(row["read_at"])),
            row["flow"],
            tuple(names[each] for each in row["trusted"] if each in names),
        )
        for row in runtime.trust_history
    ]
    recording.restarts = {row["id"]: row["restarts"] for row in runtime.flows()}
    seen = {**landscape.erp.seen, **json.loads(landscape.crm.stop())}
    recording.received = {address: int(str(counts["requests"])) for address, counts in seen.items()}
    recording.certificates = [
        _certificate("old root", landscape.old_root.certificate),
        _certificate("new root", landscape.new_root.certificate),
        _certificate("erp before", landscape.erp_before.certificate),
        _certificate("erp after", landscape.erp_after.certificate),
        _certificate("crm before", landscape.crm_before.certificate),
        _certificate("crm after", landscape.crm_after.certificate),
    ]
    recording.versions = {
        "certops.sap_cloud_integration": _collection_version(),
        "ansible-core": importlib.metadata.version("ansible-core"),
        "Python": platform.python_version(),
    }


def _real(recording: Recording, moment: datetime) -> float:
    """From the tenant's clock to the machine's."""
    at = moment.timestamp()
    later = recording.day_later
    return at - _DAY.total_seconds() if later is not None and at > later + _DAY.total_seconds() / 2 else at


def _certificate(label: str, certificate: x509.Certificate) -> Certificate:
    return Certificate(
        label=label,
        subject=certificate.subject.rfc4514_string().replace(",", ", "),
        issuer=certificate.issuer.rfc4514_string().replace(",", ", "),
        not_before=f"{certificate.not_valid_before_utc:%Y-%m-%d}",
        not_after=f"{certificate.not_valid_after_utc:%Y-%m-%d}",
        fingerprint_sha256=fingerprint(certificate),
    )


def _collection_version() -> str:
    collection = collections_path() / "ansible_collections/certops/sap_cloud_integration"
    manifest = collection / "MANIFEST.json"
    if manifest.exists():
        return str(json.loads(manifest.read_text())["collection_info"]["version"])
    return str(yaml.safe_load((collection / "galaxy.yml").read_text())["version"]) + " (checkout)"
