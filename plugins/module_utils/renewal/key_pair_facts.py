# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was observed of a key pair that is to be renewed: plain mappings of the role, as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from .source import Source

__all__ = ["FlowSeen", "KeyPairFacts", "Leaf", "Policy", "ResponseSeen"]

_PROVIDERS = ("manual", "local_ca", "tasks")
#: "The SSL socket caches the keystore for 24 hours" (SAP Help, "Renewal of the Tenant Client Certificate").
CACHE_TIME = timedelta(hours=24)


@dataclass(frozen=True)
class Leaf:
    """The certificate of a key pair. ``usages`` is ``None`` when nothing restricts its use."""

    subject: str
    issuer: str
    not_before: datetime
    not_after: datetime
    fingerprint_sha256: str
    self_signed: bool
    usages: tuple[str, ...] | None = None

    @classmethod
    def from_source(cls, source: Source) -> Leaf:
        usages = source.texts("extended_key_usages") if source.has("extended_key_usages") else None
        return cls(
            subject=source.text("subject"),
            issuer=source.text("issuer"),
            not_before=source.moment("not_before"),
            not_after=source.moment("not_after"),
            fingerprint_sha256=source.text("fingerprint_sha256"),
            self_signed=source.flag("self_signed"),
            usages=usages,
        )


@dataclass(frozen=True)
class ResponseSeen:
    """The file with the CA's answer, as the module signing_response judged it in check mode.

    :param refused: why it was refused; then there is no leaf.
    :param installed: the key pair has this chain already.
    """

    refused: str | None = None
    installed: bool = False
    leaf: Leaf | None = None


@dataclass(frozen=True)
class FlowSeen:
    """A flow that presents the key pair. ``status`` is ``None`` when it is not deployed."""

    id: str
    status: str | None
    deployed_on: datetime | None


@dataclass(frozen=True)
class Policy:
    """:param issuer: the name of the CA that the certificate shall be from; empty when any will do."""

    provider: str
    renew_before: timedelta
    issuer: str
    required_key_usages: tuple[str, ...]
    request_path: str
    response_path: str


@dataclass(frozen=True)
class KeyPairFacts:
    """:param now: the time that decides whether the renewal is due; it may be set.

    :param tenant_time: the tenant's clock, on which ``last_modified_at`` and the deployments are.
    :param request_current: the file with the signing request asks for the present subject and key.
    :param response: ``None`` when there is no file.
    :param renewed: this run has installed an answer already.
    :param left_alone: flows that a restart would do more to than restarting them, and that wait for their cache.
    :param logs: per flow, completed messages and TLS failures since its deployment; ``None`` when nobody looked.
    """

    alias: str
    now: datetime
    tenant_time: datetime
    leaf: Leaf
    last_modified_at: datetime
    request_current: bool
    response: ResponseSeen | None
    renewed: bool
    flows: tuple[FlowSeen, ...]
    left_alone: frozenset[str]
    logs: Mapping[str, tuple[int, int]] | None
    policy: Policy

    @property
    def cache_ends(self) -> datetime:
        """When every flow, restarted or not, has read the key pair as it is now."""
        return self.last_modified_at + CACHE_TIME

    @property
    def stale_flows(self) -> tuple[str, ...]:
        """Those that may still present the certificate from before."""
        if self.tenant_time >= self.cache_ends:
            return ()
        return tuple(
            flow.id
            for flow in self.flows
            if flow.status is not None and (flow.deployed_on is None or flow.deployed_on <= self.last_modified_at)
        )

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, Any]) -> KeyPairFacts:
        source = Source(mapping, "facts")
        policy, response = source.child("policy"), source.optional_child("response")
        return cls(
            alias=source.text("alias"),
            now=source.moment("now"),
            tenant_time=source.moment("tenant_time"),
            leaf=Leaf.from_source(source.child("leaf")),
            last_modified_at=source.moment("last_modified_at"),
            request_current=source.flag("request_current"),
            response=None if response is None else _response(response),
            renewed=source.flag("renewed"),
            flows=tuple(
                FlowSeen(flow.text("id"), flow.text("status", None), flow.moment("deployed_on", None))
                for flow in source.children("flows")
            ),
            left_alone=frozenset(source.texts("left_alone")),
            logs={
                log.text("id"): (log.count("completed"), log.count("tls_failures")) for log in source.children("logs")
            }
            if source.has("logs")
            else None,
            policy=Policy(
                provider=policy.choice("provider", _PROVIDERS),
                renew_before=timedelta(days=policy.count("renew_before")),
                issuer=policy.text("issuer", ""),
                required_key_usages=policy.texts("required_key_usages"),
                request_path=policy.text("request_path"),
                response_path=policy.text("response_path"),
            ),
        )


def _response(source: Source) -> ResponseSeen:
    refused = source.text("refused", None)
    if refused is not None:
        return ResponseSeen(refused=refused)
    return ResponseSeen(installed=source.flag("installed"), leaf=Leaf.from_source(source.child("leaf")))
