# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything in the facts that is not as a renewal leaves it, by name. Looks in no direction and decides nothing."""

from __future__ import annotations

from collections.abc import Iterator

from .decision import Finding
from .evidence import failing, may_lack, needs
from .facts import Address, Facts, Flow, Root

__all__ = ["diagnose"]


def diagnose(facts: Facts) -> tuple[Finding, ...]:
    """All findings, outages first."""
    found = [*_trust(facts), *_receiver(facts), *_flows(facts), *_messages(facts), *_protected(facts)]
    return tuple(sorted(found, key=lambda finding: ("outage", "blocking", "notice").index(finding.severity)))


def _trust(facts: Facts) -> Iterator[Finding]:
    """Chains that are served now, against the roots in the keystore and in the caches of the flows."""
    old, new = facts.old_root, facts.new_root
    serving_new = tuple(a.address for a in facts.receiver.addresses if needs(a, new, old))
    serving_old = tuple(a.address for a in facts.receiver.addresses if needs(a, old, new))
    lacking_new = tuple(flow.id for flow in facts.flows if may_lack(facts, flow, new))
    lacking_old = tuple(flow.id for flow in facts.flows if may_lack(facts, flow, old))
    if serving_new and not new.in_keystore:
        name = "exchanged_too_early" if old.in_keystore else "new_root_gone"
        how = "was exchanged before the new root was imported" if old.in_keystore else "needs the new root"
        yield Finding(
            name,
            "outage",
            f"The certificate of {facts.receiver.name} {how}, and the keystore does not hold the new root",
            "Import the new root and restart the flows, at once",
            serving_new,
        )
    elif serving_new and lacking_new:
        name = "exchanged_too_early" if old.in_keystore else "new_root_changed"
        how = "was exchanged" if old.in_keystore else "needs the new root, whose entry was changed"
        yield Finding(
            name,
            "outage",
            f"The certificate of {facts.receiver.name} {how} while these flows may still hold a keystore without it",
            "Restart these flows, at once",
            lacking_new,
        )
    if not old.in_keystore:
        protected = tuple(other.receiver for other in facts.protected if other.needs_old_root == "yes")
        if serving_old or protected:
            yield Finding(
                "old_root_gone",
                "outage",
                "The old root is still needed and the keystore does not hold it any more; flows that start, and flows"
                " whose cached keystore runs out, fail",
                "Import the old root again before any flow is restarted, at once",
                serving_old + protected,
            )
    elif serving_old and lacking_old:
        yield Finding(
            "old_root_changed",
            "outage",
            "The old root was imported or renamed while it is needed, and these flows may hold a keystore without it",
            "Restart these flows, at once",
            lacking_old,
        )


def _receiver(facts: Facts) -> Iterator[Finding]:
    addresses = facts.receiver.addresses
    name = facts.receiver.name
    new = tuple(a.address for a in addresses if a.validated_by_new)
    others = tuple(a for a in addresses if not a.validated_by_new and a.error is None)
    if new and others:
        yield Finding(
            "half_exchanged",
            "blocking",
            f"Some addresses of {name} serve a chain under the new root and some do not: {_list(others)}",
            "Wait until every address is exchanged, or exchange the rest",
            tuple(a.address for a in others),
        )
    unsettled = tuple(a.address for a in addresses if a.error is None and a.consecutive < facts.policy.probes_required)
    if unsettled:
        yield Finding(
            "not_enough_probes",
            "notice",
            f"Fewer than {facts.policy.probes_required} probes in a row got the same chain from {', '.join(unsettled)}",
            "Probe again; when the answers go on changing, the nodes behind the address serve different certificates",
            unsettled,
        )
    for address in addresses:
        if address.error is not None:
            yield Finding(
                "receiver_unreachable",
                "blocking",
                f"No chain from {name} at {address.address}: {address.error}",
                "Let this run reach every address of the receiver; nothing is believed about one that does not answer",
                (address.address,),
            )
        elif address.validated_by_others and not (address.validated_by_old or address.validated_by_new):
            yield Finding(
                "served_by_other_root",
                "notice",
                f"{name} at {address.address} serves a chain that another keystore entry validates, neither root",
                "Check whether the new root is the right one",
                (address.address,),
            )
        elif not (address.validated_by_old or address.validated_by_new or address.validated_by_others):
            yield _invalid(name, address)


def _invalid(name: str, address: Address) -> Finding:
    sentence, remedy = {
        "no_intermediate": (
            "sends no intermediate, so no path leads to a root",
            "Let the receiver send its intermediates",
        ),
        "wrong_host": ("serves a certificate for another name", "Let the receiver serve a certificate for its name"),
        "leaf_expired": ("serves an expired certificate", "Exchange the certificate as soon as the flows are ready"),
        "leaf_not_yet_valid": (
            "serves a certificate that is not yet valid",
            "Let the receiver serve one that is valid now",
        ),
        "unvalidated_chain": (
            "serves a chain that neither root validates, nor anything else in the keystore",
            "Find out which root this chain needs; do not restart flows before the keystore validates it",
        ),
    }[address.problem_kind]
    said = _said(address.problem)
    return Finding(
        address.problem_kind, "outage", f"{name} at {address.address} {sentence}{said}", remedy, (address.address,)
    )


def _flows(facts: Facts) -> Iterator[Finding]:
    for flow in facts.flows:
        if flow.status is None:
            yield Finding(
                "flow_not_deployed",
                "notice",
                f"The flow {flow.id} is not deployed; when it is, it reads the keystore of that moment",
                "Nothing to do, unless it should run",
                (flow.id,),
            )
        elif flow.status == "ERROR":
            yield Finding(
                "flow_in_error",
                "blocking",
                f"The flow {flow.id} is in status ERROR{_said(flow.error)}",
                "Repair and deploy it, or undeploy it, or leave it out of the list",
                (flow.id,),
            )
        elif flow.status != "STARTED":
            yield Finding(
                "flow_changing",
                "notice",
                f"The flow {flow.id} is in status {flow.status}; somebody deploys or undeploys it",
                "Wait until it runs",
                (flow.id,),
            )
        elif flow.unknown_because is not None and _may_lack_any(facts, flow):
            yield Finding(
                "flow_unknown",
                "blocking",
                f"Whether the flow {flow.id} sends to {facts.receiver.name} is not known: {flow.unknown_because}",
                "Include it or exclude it by name, or choose to restart or to ignore such flows",
                (flow.id,),
            )
        elif not flow.restartable and _may_lack_any(facts, flow):
            yield Finding(
                "flow_cannot_restart",
                "blocking" if flow.on_side_effect == "block" else "notice",
                f"To redeploy the flow {flow.id} would do more than restart it{_said(', '.join(flow.blocked_by))}",
                "Restart it in the monitor, or choose redeploy or wait for it",
                (flow.id,),
            )


def _may_lack_any(facts: Facts, flow: Flow) -> bool:
    roots: tuple[Root, ...] = (facts.old_root, facts.new_root)
    return any(may_lack(facts, flow, root) for root in roots)


def _messages(facts: Facts) -> Iterator[Finding]:
    for log in failing(facts):
        yield Finding(
            "tls_failures",
            "outage",
            f"The flow {log.id} has {log.tls_failures} messages that failed in the TLS handshake, and none that got"
            f" through since{_said(log.first_failure_text)}",
            "Read the text; when the keystore validates every chain that is served, restart this flow",
            (log.id,),
        )


def _protected(facts: Facts) -> Iterator[Finding]:
    if not facts.old_root.in_keystore:
        return
    for other in facts.protected:
        where = other.receiver if other.address is None else f"{other.receiver} at {other.address}"
        flows = f" (used by {', '.join(other.flows)})" if other.flows else ""
        if other.needs_old_root == "yes":
            yield Finding(
                "protected_receiver_needs_old_root",
                "blocking",
                f"The receiver {where}{flows} serves a chain that only the old root validates",
                "Renew the certificate of that receiver too; the old root stays until then",
                (other.receiver,),
            )
        elif other.needs_old_root == "unknown":
            yield Finding(
                "protected_receiver_unknown",
                "notice" if other.accepted else "blocking",
                f"Whether the receiver {where}{flows} needs the old root is unknown{_said(other.problem)}",
                "Let this run reach it, or accept by name that it may break",
                (other.receiver,),
            )


def _list(addresses: tuple[Address, ...]) -> str:
    return ", ".join(address.address for address in addresses)


def _said(text: str | None) -> str:
    return f": {text.rstrip('.')}" if text else ""
