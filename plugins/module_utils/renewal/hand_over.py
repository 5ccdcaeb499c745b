# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The records that go to the other organisation: what it must do, with which certificates, in words to send."""

from __future__ import annotations

from dataclasses import replace

from .decision import RECEIVER_ADMINISTRATOR, TENANT_ADMINISTRATOR, HandOver
from .evidence import Evidence
from .facts import Root

__all__ = ["exchange", "provide_root", "recall"]


def exchange(evidence: Evidence, *, what: str) -> HandOver:
    """To the receiver's side: exchange the server certificate; the flows are ready for it."""
    arriving, leaving = evidence.arriving, evidence.leaving
    receiver = evidence.facts.receiver
    trusted = " and ".join(_named(root) for root in (arriving, leaving) if root.in_keystore)
    lines = [
        f"The integration flows that send to {receiver.name} trust {trusted} now.",
        f"Please let every address of {receiver.name} serve a certificate together with its intermediates.",
        f"Its chain must end in {_named(arriving)}.",
        "Still to be exchanged: " + ", ".join(address.address for address in evidence.not_exchanged) + ".",
    ]
    lines += [
        f"At {address.address}: {address.problem}"
        for address in evidence.not_exchanged
        if address.problem and not address.validated_by(leaving)
    ]
    if leaving.in_keystore:
        lines.append(
            f"Keep the previous certificate and its key until we tell you that {_named(leaving)} is to be deleted;"
            " from then on no certificate under it will be accepted."
        )
    record = _record(evidence, what, RECEIVER_ADMINISTRATOR, arriving, lines)
    # Since when the way back is wanted stands nowhere on the tenant.
    return replace(record, since=evidence.ready_since) if arriving.name == "new" else record


def recall(evidence: Evidence) -> HandOver:
    """To the receiver's side: the renewal is taken back, do not exchange any more."""
    receiver = evidence.facts.receiver
    lines = [
        f"The renewal of the certificate of {receiver.name} is taken back.",
        f"Please do not install a certificate under {_named(evidence.leaving)} any more, and confirm this.",
        "Once it is confirmed, the root will be deleted and such a certificate will be refused.",
    ]
    return _record(evidence, "recall_exchange", RECEIVER_ADMINISTRATOR, evidence.arriving, lines)


def provide_root(evidence: Evidence, root: Root) -> HandOver:
    """To the tenant's side: a root is needed in the keystore, and this run does not have its certificate."""
    lines = [
        f"The keystore does not hold {_named(root)}, and flows that send to {evidence.facts.receiver.name} need it.",
        "Please give this certificate to the next run, or import it; compare the fingerprint out of band.",
    ]
    return _record(evidence, f"provide_{root.name}_root", TENANT_ADMINISTRATOR, root, lines)


def _named(root: Root) -> str:
    subject = f"{root.subject}, " if root.subject else ""
    return f"the {root.name} root ({subject}SHA-256 {root.fingerprint_sha256})"


def _record(evidence: Evidence, what: str, by: str, root: Root, lines: list[str]) -> HandOver:
    facts = evidence.facts
    served = [(f"served at {a.address}", a.leaf_fingerprint) for a in facts.receiver.addresses if a.leaf_fingerprint]
    return HandOver(
        # Nothing volatile in the key: the same request to the same people is the same hand-over in every run.
        key=f"{what} {facts.receiver.name} {root.fingerprint_sha256}",
        what=what,
        by=by,
        receiver=facts.receiver.name,
        fingerprints=(
            ("old root", facts.old_root.fingerprint_sha256),
            ("new root", facts.new_root.fingerprint_sha256),
            *[(name, fingerprint) for name, fingerprint in served if fingerprint is not None],
        ),
        text="\n".join(lines),
    )
