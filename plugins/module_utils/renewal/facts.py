# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run observed about one renewal: plain values, as the modules returned them, with no judgement in them.

The shape, as YAML (``?`` marks what may be absent or null; extra keys are ignored; times are RFC 3339)::

    now: time                     the tenant's clock (its Date header), never the controller's
    old_root: &root               the root that the receiver leaves
      fingerprint_sha256: text
      subject: text?
      not_after: time?
      certificate_known: bool?    (old: false, new: true) the run holds the certificate itself and could import it
      entries:                    where the keystore holds this very certificate, under any alias; [] when nowhere
        - alias: text
          owner: text?            tenant_administrator | sap
          last_modified_time: time
          created_time: time?
          imported_by_renewal: bool?   (false) only rollback asks: this renewal imported the entry
    new_root: *root               the root that the receiver moves to
    flows:                        those that send to the receiver
      - id: text
        status: text?             as the tenant says: STARTED STARTING STOPPING ERROR; null when not deployed
        deployed_on: time?
        restartable: bool?        (true) redeploying it would do no more than restart it
        blocked_by: [text]?       why not, in words
        on_side_effect: block|redeploy|wait?   (block) what the user chose for a flow that is not restartable
        unknown_because: text?    whether it sends there is not known, and the user wants to decide about it
        error: text?
    receiver:
      host: text
      port: int
      server_name: text?
      addresses:                  every address behind the name
        - address: text
          error: text?            the probe got no chain; the rest is meaningless then
          leaf_fingerprint: text?
          validated_by_old: bool? (false) a path for the served chain ends in the old root, in the keystore or not
          validated_by_new: bool? (false) the same for the new root
          validated_by_others: bool?  (false) ... or in any other certificate of the keystore
          problem: text?          why nothing validates it, one sentence
          problem_kind: no_intermediate|wrong_host|leaf_expired|leaf_not_yet_valid|unvalidated_chain?
          consecutive: int?       (1) probes in a row that got this same answer, this one included
    protected:                    other receivers whose flows may need the old root
      - receiver: text            host:port
        address: text?
        needs_old_root: yes|no|unknown    its chain validates only with the old root in the keystore
        needs_new_root: yes|no|unknown?   (unknown) only rollback asks
        flows: [text]?
        accepted: bool?           (false) the user named this receiver as one that may be broken if it is unknown
        problem: text?
        consecutive: int?         (1)
    logs: null                    when the message processing logs were not read, or
      flows:
        - id: text
          tls_failures: int       since what is served now was issued: when it was exchanged is not known
          completed: int          since this run saw the exchange
          first_failure_text: text?
          last_failure_time: time?
          last_completed_time: time?
    policy:
      probes_required: int?       (3)
      soak_seconds: number?       (0)
      observed_stable_seconds: number?  (0) how long this run has seen every address serve the same as now
      cache_hours: int?           (24)
      unproven_flows: warn|block? (warn)
      exchange: manual|files|tasks?   (manual)
      exchange_recalled: bool?    (false) only rollback asks: the receiver's side confirmed that nobody will exchange
      allow: [step]?              null: this run may take every step
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from .source import Source

__all__ = [
    "PROBLEM_KINDS",
    "Address",
    "Entry",
    "Facts",
    "Flow",
    "FlowLog",
    "Policy",
    "Protected",
    "Receiver",
    "Root",
    "RootName",
]

RootName = Literal["old", "new"]

PROBLEM_KINDS = ("no_intermediate", "wrong_host", "leaf_expired", "leaf_not_yet_valid", "unvalidated_chain")
_NEEDS = ("yes", "no", "unknown")


@dataclass(frozen=True, slots=True)
class Entry:
    """One keystore entry that holds a root."""

    alias: str
    owner: str
    unchanged_since: datetime
    imported_by_renewal: bool

    @classmethod
    def read(cls, source: Source) -> Entry:
        modified: datetime = source.moment("last_modified_time")
        created: datetime = source.moment("created_time", modified)
        # Which of the two times a restored backup moves is not documented: the later one is true in both cases.
        return cls(
            alias=source.text("alias"),
            owner=source.text("owner", "tenant_administrator").lower().replace(" ", "_"),
            unchanged_since=max(modified, created),
            imported_by_renewal=source.flag("imported_by_renewal", False),
        )


@dataclass(frozen=True, slots=True)
class Root:
    """One of the two roots: the certificate, and where the keystore holds it."""

    name: RootName
    fingerprint_sha256: str
    subject: str
    not_after: datetime | None
    certificate_known: bool
    entries: tuple[Entry, ...]

    @classmethod
    def read(cls, source: Source, name: RootName) -> Root:
        return cls(
            name=name,
            fingerprint_sha256=source.text("fingerprint_sha256").lower(),
            subject=source.text("subject", ""),
            not_after=source.moment("not_after", None),
            certificate_known=source.flag("certificate_known", name == "new"),
            entries=tuple(Entry.read(entry) for entry in source.children("entries")),
        )

    @property
    def in_keystore(self) -> bool:
        return bool(self.entries)

    @property
    def trusted_since(self) -> datetime | None:
        """From when on the keystore certainly held this root without a break: by its longest unchanged entry."""
        return min((entry.unchanged_since for entry in self.entries), default=None)


@dataclass(frozen=True, slots=True)
class Flow:
    """One integration flow that sends to the receiver."""

    id: str
    status: str | None
    deployed_on: datetime | None
    restartable: bool
    blocked_by: tuple[str, ...]
    on_side_effect: str
    error: str | None
    unknown_because: str | None = None

    @classmethod
    def read(cls, source: Source) -> Flow:
        status: str | None = source.text("status", None)
        return cls(
            id=source.text("id"),
            status=status.upper() if status else None,
            deployed_on=source.moment("deployed_on", None),
            restartable=source.flag("restartable", True),
            blocked_by=source.texts("blocked_by"),
            on_side_effect=source.choice("on_side_effect", ("block", "redeploy", "wait"), "block"),
            error=source.text("error", None),
            unknown_because=source.text("unknown_because", None),
        )


@dataclass(frozen=True, slots=True)
class Address:
    """What one address of the receiver serves."""

    address: str
    error: str | None
    leaf_fingerprint: str | None
    validated_by_old: bool
    validated_by_new: bool
    validated_by_others: bool
    problem: str | None
    problem_kind: str
    consecutive: int

    @classmethod
    def read(cls, source: Source) -> Address:
        error: str | None = source.text("error", None) or None
        return cls(
            address=source.text("address"),
            error=error,
            leaf_fingerprint=source.text("leaf_fingerprint", None),
            # A probe without an answer proves nothing, whatever an earlier one left in the mapping.
            validated_by_old=error is None and source.flag("validated_by_old", False),
            validated_by_new=error is None and source.flag("validated_by_new", False),
            validated_by_others=error is None and source.flag("validated_by_others", False),
            problem=source.text("problem", None),
            problem_kind=source.choice("problem_kind", PROBLEM_KINDS, "unvalidated_chain"),
            consecutive=source.count("consecutive", 1),
        )

    def validated_by(self, root: Root) -> bool:
        return self.validated_by_old if root.name == "old" else self.validated_by_new


@dataclass(frozen=True, slots=True)
class Receiver:
    """The receiver whose certificate is renewed."""

    host: str
    port: int
    server_name: str | None
    addresses: tuple[Address, ...]

    @classmethod
    def read(cls, source: Source) -> Receiver:
        return cls(
            host=source.text("host"),
            port=source.count("port"),
            server_name=source.text("server_name", None),
            addresses=tuple(Address.read(address) for address in source.children("addresses")),
        )

    @property
    def name(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Protected:
    """Another receiver, at one of its addresses, that may need a root that this renewal wants to delete."""

    receiver: str
    address: str | None
    needs_old_root: str
    needs_new_root: str
    flows: tuple[str, ...]
    accepted: bool
    problem: str | None
    consecutive: int

    @classmethod
    def read(cls, source: Source) -> Protected:
        return cls(
            receiver=source.text("receiver"),
            address=source.text("address", None),
            needs_old_root=source.choice("needs_old_root", _NEEDS),
            needs_new_root=source.choice("needs_new_root", _NEEDS, "unknown"),
            flows=source.texts("flows"),
            accepted=source.flag("accepted", False),
            problem=source.text("problem", None),
            consecutive=source.count("consecutive", 1),
        )

    def needs(self, root: Root) -> str:
        return self.needs_old_root if root.name == "old" else self.needs_new_root


@dataclass(frozen=True, slots=True)
class FlowLog:
    """What the message processing logs tell about one flow since its start."""

    id: str
    tls_failures: int
    completed: int
    first_failure_text: str | None
    last_failure_time: datetime | None
    last_completed_time: datetime | None

    @classmethod
    def read(cls, source: Source) -> FlowLog:
        return cls(
            id=source.text("id"),
            tls_failures=source.count("tls_failures"),
            completed=source.count("completed"),
            first_failure_text=source.text("first_failure_text", None),
            last_failure_time=source.moment("last_failure_time", None),
            last_completed_time=source.moment("last_completed_time", None),
        )

    @property
    def failing(self) -> bool:
        """TLS failures, and no message that got through after the last of them."""
        if not self.tls_failures:
            return False
        if self.last_failure_time is None or self.last_completed_time is None:
            return True
        return self.last_completed_time <= self.last_failure_time

    def failed_before(self, moment: datetime | None) -> bool:
        """All its failures are certainly older than this moment."""
        return moment is not None and self.last_failure_time is not None and self.last_failure_time < moment


@dataclass(frozen=True, slots=True)
class Policy:
    """What the user asked for."""

    probes_required: int
    soak_seconds: float
    observed_stable_seconds: float
    cache: timedelta
    unproven_flows: str
    exchange: str
    exchange_recalled: bool
    allow: frozenset[str] | None

    @classmethod
    def read(cls, source: Source, allow_given: bool) -> Policy:
        return cls(
            probes_required=max(1, source.count("probes_required", 3)),
            soak_seconds=source.seconds("soak_seconds", 0),
            observed_stable_seconds=source.seconds("observed_stable_seconds", 0),
            cache=timedelta(hours=source.count("cache_hours", 24)),
            unproven_flows=source.choice("unproven_flows", ("warn", "block"), "warn"),
            exchange=source.choice("exchange", ("manual", "files", "tasks"), "manual"),
            exchange_recalled=source.flag("exchange_recalled", False),
            allow=frozenset(source.texts("allow")) if allow_given else None,
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything one decision is made from."""

    now: datetime
    old_root: Root
    new_root: Root
    flows: tuple[Flow, ...]
    receiver: Receiver
    protected: tuple[Protected, ...]
    logs: tuple[FlowLog, ...] | None
    policy: Policy

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> Facts:
        """Read the shape above. Raises :class:`BadFacts` with the place and what stood there."""
        source = Source(mapping, "facts")
        logs = source.optional_child("logs")
        policy = source.child("policy")
        facts = cls(
            now=source.moment("now"),
            old_root=Root.read(source.child("old_root"), "old"),
            new_root=Root.read(source.child("new_root"), "new"),
            flows=tuple(Flow.read(flow) for flow in source.children("flows")),
            receiver=Receiver.read(source.child("receiver")),
            protected=tuple(Protected.read(receiver) for receiver in source.children("protected")),
            logs=None if logs is None else tuple(FlowLog.read(log) for log in logs.children("flows")),
            policy=Policy.read(policy, policy.has("allow")),
        )
        if facts.old_root.fingerprint_sha256 == facts.new_root.fingerprint_sha256:
            raise source.refuse(
                "The old root and the new root are the same certificate", facts.new_root.fingerprint_sha256
            )
        if not facts.receiver.addresses:
            raise source.refuse("The receiver has no address", facts.receiver.name)
        ids = [flow.id for flow in facts.flows]
        if len(ids) != len(set(ids)):
            raise source.refuse("An integration flow is listed twice", ", ".join(sorted(ids)))
        return facts
