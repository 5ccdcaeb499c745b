# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Does a flow send to a receiver, does it use a key: yes, no or unknown, each with its reasons.

Unknown is never no: *no* needs a reason for every channel why it cannot be the one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..problem import Problem
from .aliases import AliasReference, may_name_key
from .channels import Channel
from .flow_bundle import FlowBundle
from .host_names import normalise_host

__all__ = ["Answer", "sends_to", "uses_alias"]

Verdict = Literal["yes", "no", "unknown"]


@dataclass(frozen=True, slots=True)
class Answer:
    """The reasons are those of the verdict: of *yes* which channels do, of *unknown* what could not be resolved."""

    verdict: Verdict
    reasons: tuple[str, ...]

    def to_result(self) -> dict[str, object]:
        return {"verdict": self.verdict, "reasons": list(self.reasons)}


def sends_to(bundle: FlowBundle, host: str, port: int | None = None) -> Answer:
    """Does a certificate that this receiver serves have to be trusted by the flow?

    Hosts are compared exactly after normalisation; a name and its IP address are different hosts here. Without a port
    any port of the host counts. Raises :class:`Problem` when ``host`` is none.
    """
    wanted = normalise_host(host)
    if wanted is None:
        raise Problem("This is not a host name or IP address", where=host)
    answers = [_channel_sends_to(channel, wanted, port) for channel in bundle.channels]
    target = wanted if port is None else f"{wanted}:{port}"
    return _combine(answers, f"no channel of the flow names {target}")


def uses_alias(bundle: FlowBundle, alias: str) -> Answer:
    """Does the flow name this keystore entry, in a channel, a step or a script?"""
    answers = [_names_alias(reference, alias) for reference in bundle.aliases]
    for name, literals in bundle.scripts.keystore_users:
        if alias in literals:
            answers.append(("yes", f"the script {name} reads the keystore and names {alias!r}"))
        else:
            answers.append(("unknown", f"the script {name} reads the keystore"))
    for collection in bundle.scripts.unread:
        answers.append(("unknown", f"the scripts of the script collection {collection} are not part of the bundle"))
    for element in bundle.elements:
        if found := may_name_key(element, bundle.parameters, alias):
            answers.append(("unknown", f"{element.name or element.id!r} may name the key in its property {found}"))
    return _combine(answers, f"nothing in the flow names the alias {alias!r}")


def _combine(answers: Iterable[tuple[Verdict, str]], otherwise: str) -> Answer:
    found: dict[Verdict, dict[str, None]] = {"yes": {}, "unknown": {}, "no": {}}
    for verdict, reason in answers:
        if reason:
            found[verdict][reason] = None
    if found["yes"]:
        return Answer("yes", tuple(found["yes"]))
    if found["unknown"]:
        return Answer("unknown", tuple(found["unknown"]))
    return Answer("no", tuple(found["no"]) or (otherwise,))


def _channel_sends_to(channel: Channel, host: str, port: int | None) -> tuple[Verdict, str]:
    """The reason is empty for an ordinary *no*: another host.

    An adapter that nobody described may connect to hosts that it knows by itself, or that a service tells it after the
    login, whatever its properties name. So a channel that was read in the generic way is *no* only when it goes through
    the Cloud Connector.
    """
    label = f"{channel.adapter or 'unnamed'} channel {channel.name or channel.id!r}"
    verdict, reason = _judge(channel, label, host, port)
    if verdict == "no" and channel.generic and not channel.never and channel.proxy != "cloud_connector":
        named = f"names {_shown(channel)}" if channel.address.host else "has a property that may be an address"
        return "unknown", f"{label}: {named}, but this adapter is not known and may connect to other hosts as well"
    return verdict, reason


def _judge(channel: Channel, label: str, host: str, port: int | None) -> tuple[Verdict, str]:
    address = channel.address
    same_host = address.host == host
    is_target = same_host and (port is None or address.port == port)
    if channel.never:
        return "no", f"{label}: {channel.never}" if same_host else ""
    if channel.proxy == "cloud_connector" and channel.talk == "http":
        why = "goes through the Cloud Connector, so the tenant keystore is not asked about the server certificate"
        return "no", f"{label}: {why}" if is_target or address.host is None else ""
    if channel.overridden_by and not (is_target and channel.tls == "yes"):
        return "unknown", f"{label}: {channel.overridden_by[0]}, so the address may be another one at run time"
    if channel.tls == "no":
        # Plain from its first letter on: whatever host it turns out to be, it serves no certificate.
        return "no", f"{label}: sends without TLS to {_shown(channel)}" if is_target or address.host is None else ""
    if address.host is None:
        return "unknown", f"{label}: {address.reason}"
    if channel.proxy == "cloud_connector" and not is_target:
        return "unknown", f"{label}: {address.host} is a virtual host of the Cloud Connector, the real one is not known"
    if not same_host:
        return "no", ""
    if port is not None and address.port is None:
        return "unknown", f"{label}: sends to {host}, but its port is not known"
    if not is_target:
        return "no", f"{label}: sends to {_shown(channel)}, which is another port"
    if channel.tls == "unknown":
        return "unknown", f"{label}: sends to {_shown(channel)}, but whether with TLS is not known"
    if channel.proxy in ("dynamic", "unknown"):
        return "unknown", f"{label}: sends to {_shown(channel)}, but whether directly is only known at run time"
    return "yes", f"{label}: sends to {_shown(channel)} with TLS"


def _shown(channel: Channel) -> str:
    address = channel.address
    if address.host is None:
        return address.text
    host = f"[{address.host}]" if ":" in address.host else address.host
    return host if address.port is None else f"{host}:{address.port}"


def _names_alias(reference: AliasReference, alias: str) -> tuple[Verdict, str]:
    at = f"{reference.where}, property {reference.property}"
    if reference.kind == "literal":
        if reference.alias == alias:
            return "yes", f"{at} names {alias!r} ({reference.role})"
        if reference.alias is not None and reference.alias.casefold() == alias.casefold():
            return "unknown", f"{at} names {reference.alias!r}, which differs from {alias!r} in case only"
        return "no", ""
    if reference.kind == "chosen_at_run_time":
        return "unknown", f"{at} is empty: for a client certificate the runtime picks a key pair of the keystore"
    if reference.kind == "in_credential":
        return "unknown", f"{at} makes the credential choose the key pair that signs a SAML assertion"
    why = {
        "dynamic": "is decided at run time by",
        "partner_directory": "is looked up in the Partner Directory as",
        "placeholder": "still holds the placeholder",
        "unresolved": "has no value for",
    }[reference.kind]
    return "unknown", f"{at} {why} {reference.alias}"
