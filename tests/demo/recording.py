# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What was seen while the story went on: plain values for the report. Times are seconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Certificate", "Happening", "Keeping", "Message", "Recording", "Run", "Serving", "Stage", "Trusting"]

TENANT_ADMINISTRATOR = "tenant administrator"
RECEIVER_ADMINISTRATOR = "receiver administrator"


@dataclass(frozen=True)
class Happening:
    """One line of the story. ``kind``: run, step, wait, exchange, time, failure or good."""

    at: float
    kind: str
    who: str
    text: str


@dataclass
class Stage:
    """A step of a renewal as it was carried out, or not: ``outcome`` is done, foretold, waits, refused or failed."""

    name: str
    who: str
    started: float
    ended: float = 0.0
    changed: bool = False
    reason: str = ""
    outcome: str = "done"
    run: int | None = None
    actions: tuple[str, ...] = ()


@dataclass
class Run:
    """One run of ansible-playbook.

    :param requests: method -> count, of what reached the tenant meanwhile; ``tokens`` of them asked for a token.
    :param found: what was not as it should be: name -> sentence.
    :param result: the JSON report of the role.
    """

    number: int
    title: str
    receiver: str
    started: float
    ended: float = 0.0
    exit_status: int = -1
    changed: bool = False
    writes: int = 0
    requests: Mapping[str, int] = field(default_factory=dict)
    tokens: int = 0
    check_mode: bool = False
    read_only: bool = False
    found: Mapping[str, str] = field(default_factory=dict)
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Message:
    """A message processing log. ``at`` is when the message ended."""

    at: float
    flow: str
    status: str
    error: str | None = None

    @property
    def failed(self) -> bool:
        """Whatever was not completed counts, for whatever reason."""
        return self.status != "COMPLETED"


@dataclass(frozen=True)
class Serving:
    """Since when an address of a receiver serves a leaf that ends in a root."""

    at: float
    receiver: str
    address: str
    root: str
    leaf: str


@dataclass(frozen=True)
class Trusting:
    """A flow read the keystore; ``roots`` are those of the two that it found there."""

    at: float
    flow: str
    roots: tuple[str, ...]


@dataclass(frozen=True)
class Keeping:
    """Since when the keystore holds these roots of the two."""

    at: float
    roots: tuple[str, ...]


@dataclass(frozen=True)
class Certificate:
    """One that plays a part. ``label`` is how the report calls it."""

    label: str
    subject: str
    issuer: str
    not_before: str
    not_after: str
    fingerprint_sha256: str


@dataclass
class Recording:
    """The whole story. ``expected`` names what it was to show: renewed or failures."""

    expected: str
    started: float
    ended: float = 0.0
    day_later: float | None = None  # the moment at which the tenant's clock was moved on
    receivers: Mapping[str, str] = field(default_factory=dict)  # flow -> host:port
    rates: Mapping[str, float] = field(default_factory=dict)  # flow -> messages a second
    happenings: list[Happening] = field(default_factory=list)
    stages: list[Stage] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    messages: Sequence[Message] = ()
    received: Mapping[str, int] = field(default_factory=dict)  # address -> requests that the receiver counted
    serving: list[Serving] = field(default_factory=list)
    trusting: Sequence[Trusting] = ()
    keeping: list[Keeping] = field(default_factory=list)
    restarts: Mapping[str, int] = field(default_factory=dict)
    trusted_at_end: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    certificates: Sequence[Certificate] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
