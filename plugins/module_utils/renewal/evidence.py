# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the facts prove, and what they leave open. Whatever is not proven counts as the worse case.

Sources: SAP Help "Renewal of Receiver Back-End Server Certificate" (the order of the steps; the SSL socket caches the
keystore for 24 hours, hence the restart). That a flow reads the keystore when it is started, and again when its cache
has run out, follows from it and was not observed on a tenant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from .facts import Address, Facts, Flow, FlowLog, Root

__all__ = ["Evidence", "failing", "may_lack", "needs"]

# With these the chain fails whatever a flow trusts, so no cached keystore can be the reason that it still works.
_FAILS_WITH_ANY_KEYSTORE = ("wrong_host", "leaf_expired", "leaf_not_yet_valid")


def may_lack(facts: Facts, flow: Flow, root: Root) -> bool:
    """A flow may work with a keystore without this root, though the keystore holds it now.

    It cannot if it was deployed later than the root's entry was last modified, or if that is longer ago than a keystore
    is cached. Both times are the tenant's. Equal times count as "may". A flow in ERROR may still run on some node.
    """
    since = root.trusted_since
    if since is None or flow.status is None:
        return False
    if flow.deployed_on is not None and flow.deployed_on > since:
        return False
    return facts.now < since + facts.policy.cache


def failing(facts: Facts) -> tuple[FlowLog, ...]:
    """The logs of flows whose TLS failures nothing has cured: neither a message that got through, nor a restart."""
    deployed = {flow.id: flow.deployed_on for flow in facts.flows}
    return tuple(log for log in facts.logs or () if log.failing and not log.failed_before(deployed.get(log.id)))


def needs(address: Address, root: Root, other: Root) -> bool:
    """Of all that the keystore holds or could hold again, only this root validates what the address served."""
    if not address.validated_by(root) or address.validated_by_others:
        return False
    return not (other.in_keystore and address.validated_by(other))


@dataclass(frozen=True, slots=True)
class Evidence:
    """The facts, seen from one direction: the receiver moves from the leaving root to the arriving one."""

    facts: Facts
    arriving: Root
    leaving: Root

    @property
    def addresses(self) -> tuple[Address, ...]:
        return self.facts.receiver.addresses

    def settled(self, address: Address) -> bool:
        """Enough probes in a row got the same answer; fewer may have met one node of a load balancer."""
        return address.consecutive >= self.facts.policy.probes_required

    @property
    def all_settled(self) -> bool:
        return all(self.settled(address) for address in self.addresses)

    @property
    def unreachable(self) -> tuple[Address, ...]:
        return tuple(address for address in self.addresses if address.error is not None)

    @property
    def not_exchanged(self) -> tuple[Address, ...]:
        """Addresses whose chain the arriving root does not validate, or that gave no answer."""
        return tuple(address for address in self.addresses if not address.validated_by(self.arriving))

    @property
    def may_need_leaving(self) -> tuple[Address, ...]:
        """Addresses that are not known to do without the leaving root."""
        return tuple(address for address in self.not_exchanged if not address.validated_by_others)

    @property
    def leaving_is_needed(self) -> tuple[str, ...]:
        """Where the leaving root is certainly needed: addresses of this receiver and protected receivers."""
        here = [address.address for address in self.addresses if needs(address, self.leaving, self.arriving)]
        return tuple(here + [other.receiver for other in self.facts.protected if other.needs(self.leaving) == "yes"])

    @property
    def required(self) -> tuple[Root, ...]:
        """The roots that a running flow must hold now."""
        return (self.arriving, self.leaving) if self.may_need_leaving else (self.arriving,)

    def stale(self, flow: Flow) -> bool:
        """The flow may work with a keystore that lacks a required root."""
        return any(may_lack(self.facts, flow, root) for root in self.required)

    @property
    def stale_until(self) -> datetime:
        """When every cache has run out that may lack a required root. Only meaningful while a flow is stale."""
        since = [root.trusted_since for root in self.required]
        return max((time for time in since if time is not None), default=self.facts.now) + self.facts.policy.cache

    @property
    def ready_since(self) -> datetime | None:
        """When the last flow came to hold all that it needs, by its deployment or because its cache had run out.

        ``None`` where that is not known, or not yet so.
        """
        trusted = [root.trusted_since for root in self.required]
        known = [time for time in trusted if time is not None]
        if not known or len(known) < len(trusted):
            return None
        begun = max(known)
        cached_until = begun + self.facts.policy.cache
        ready = [
            min(flow.deployed_on, cached_until) if flow.deployed_on and flow.deployed_on > begun else cached_until
            for flow in self.facts.flows
            if flow.status is not None
        ]
        since = max([begun, *ready])
        # The tenant tells its time in whole seconds, and of a deployment in milliseconds.
        return since if since < self.facts.now + timedelta(seconds=1) else None

    @property
    def restart_endangers(self) -> tuple[Address, ...]:
        """Addresses whose chain a flow may validate only thanks to the keystore it has cached.

        A restart makes a flow read the keystore of now; what only the cached one validates would be lost.
        """
        return tuple(address for address in self.addresses if not self._validated_after_restart(address))

    def _validated_after_restart(self, address: Address) -> bool:
        if self.leaving.in_keystore:
            if address.error is not None or address.validated_by(self.leaving):
                return True
        elif not self.settled(address):
            return False
        if address.error is not None:
            return False
        if address.validated_by_others or (address.validated_by(self.arriving) and self.arriving.in_keystore):
            return True
        return not address.validated_by(self.leaving) and address.problem_kind in _FAILS_WITH_ANY_KEYSTORE
