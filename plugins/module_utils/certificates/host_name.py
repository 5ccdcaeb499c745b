# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a certificate is made out to a host name or address (RFC 6125, section 6; RFC 9525)."""

from __future__ import annotations

import ipaddress

from .certificate import Certificate

__all__ = ["made_out_to", "names_of"]

_COMMON_NAME = "2.5.4.3"


def made_out_to(certificate: Certificate, server_name: str) -> bool:
    """True when a TLS client that connects to ``server_name`` accepts the certificate's names.

    An address is compared with addresses alone. A name is compared with the DNS names; only a certificate without any
    DNS name is judged by its common name, as Java does it. A star stands for exactly one label, the left-most, and for
    all of it.
    """
    address = _address(server_name)
    names = certificate.extensions.alternative_names
    if address is not None:
        return any(name.kind == "IP" and name.octets == address.packed for name in names)
    wanted = _ascii(server_name)
    return wanted is not None and any(_matches(pattern, wanted) for pattern in names_of(certificate))


def names_of(certificate: Certificate) -> tuple[str, ...]:
    """The DNS names that count for a host name check."""
    names = tuple(name.text for name in certificate.extensions.alternative_names if name.kind == "DNS")
    if names:
        return names
    common_names = [
        value for relative in certificate.subject_name.key for oid, value in relative if oid == _COMMON_NAME
    ]
    return tuple(common_names[-1:])


def _matches(pattern: str, wanted: str) -> bool:
    pattern = pattern.rstrip(".").lower()
    if pattern.startswith("*."):
        label, _unused, rest = wanted.partition(".")
        return bool(label) and rest == pattern[2:] and "." in rest and "*" not in rest
    return pattern == wanted and "*" not in pattern


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None


def _ascii(name: str) -> str | None:
    """Lower case without the final dot, in the form that goes over the wire (RFC 5890)."""
    name = name.strip().rstrip(".").lower()
    if name.isascii():
        return name or None
    try:
        return name.encode("idna").decode("ascii")
    except UnicodeError:
        return None
