# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""When a CA on the controller answers a signing request again, and when its last answer still does."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from ..certificates.certificate import Certificate
from ..certificates.chain import issued_by
from ..certificates.local_ca import LocalCa
from ..certificates.signing_request import SigningRequest
from ..clock import format_time
from .key_usage import missing_key_usages
from .plan import Plan
from .refused import NotWanted

__all__ = ["IssueResponse", "WantedIssue", "decide_local_ca_response"]


@dataclass(frozen=True)
class WantedIssue:
    """:param above: the certificates between this CA and its root, and the root if it shall be sent as well.

    :param usages: extended key usages of the certificate.
    :param renew_before: an answer that ends sooner than this is made anew.
    """

    path: str
    request: SigningRequest
    ca: LocalCa
    above: tuple[Certificate, ...]
    usages: tuple[str, ...]
    lifetime: timedelta
    renew_before: timedelta
    now: datetime


@dataclass(frozen=True)
class IssueResponse:
    """Sign, and write the certificate with the chain of the CA to the file."""

    wanted: WantedIssue = field(repr=False)

    def describe(self) -> str:
        wanted = self.wanted
        return f"issue a certificate for {wanted.request.subject} from {wanted.ca.certificate.subject} to {wanted.path}"


def decide_local_ca_response(wanted: WantedIssue, seen: tuple[Certificate, ...]) -> Plan:
    """:param seen: the certificates in the file; none when there is no file, or nothing readable in it."""
    _check(wanted)
    held = next((one for one in seen if one.spki_sha256 == wanted.request.spki_sha256), None)
    before = None if held is None else _resource(wanted, held)
    flaw = "There is no answer to this request in the file." if held is None else _flaw(wanted, held)
    if flaw is None:
        return Plan(before, before, (), "The file holds an answer to this request that is still good.")
    after = {
        "path": wanted.path,
        "subject": wanted.request.subject,
        "issuer": wanted.ca.certificate.subject,
        "spki_sha256": wanted.request.spki_sha256,
        "extended_key_usages": list(wanted.usages),
        "not_before": None,
        "not_after": None,
        "serial_number": None,
        "fingerprint_sha256": None,
    }
    new = frozenset({"not_before", "not_after", "serial_number", "fingerprint_sha256"})
    return Plan(before, after, (IssueResponse(wanted),), flaw, unforeseen=new)


def _check(wanted: WantedIssue) -> None:
    ca = wanted.ca.certificate
    if not wanted.request.proves_possession:
        raise NotWanted(
            "the signature on the signing request does not fit its public key",
            where=wanted.request.subject,
            remedy="Get the signing request from the tenant again",
        )
    if not ca.valid_at(wanted.now):
        raise NotWanted(
            f"the CA's certificate is valid from {format_time(ca.not_before)} to {format_time(ca.not_after)}, not now",
            where=ca.subject,
            remedy="Renew the CA first",
        )
    if wanted.lifetime <= wanted.renew_before:
        raise NotWanted(
            "a certificate would be renewed as soon as it was issued",
            where="options days and renew_before",
            remedy="Give more days than renew_before",
        )


def _flaw(wanted: WantedIssue, held: Certificate) -> str | None:
    """Why the answer in the file has to be made anew."""
    if held.subject_name != wanted.request.subject_name:
        return f"The answer in the file is for another subject, {held.subject}."
    if not issued_by(held, wanted.ca.certificate):
        return f"The answer in the file is from another CA, {held.issuer}."
    if missing_key_usages(held.extended_key_usages, wanted.usages):
        return "The answer in the file has other extended key usages."
    # A CA that ends soon cannot give more than it has.
    needed = min(wanted.now + wanted.renew_before, wanted.ca.certificate.not_after)
    if held.not_after < needed or held.not_before > wanted.now:
        return f"The answer in the file ends at {format_time(held.not_after)}."
    return None


def _resource(wanted: WantedIssue, held: Certificate) -> dict[str, Any]:
    return {
        "path": wanted.path,
        "subject": held.subject,
        "issuer": held.issuer,
        "spki_sha256": held.spki_sha256,
        "extended_key_usages": list(held.extended_key_usages or ()),
        "not_before": format_time(held.not_before),
        "not_after": format_time(held.not_after),
        "serial_number": held.serial_number,
        "fingerprint_sha256": held.fingerprint_sha256,
    }
