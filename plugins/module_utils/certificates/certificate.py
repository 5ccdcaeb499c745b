# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One X.509 certificate as a value (RFC 5280, section 4)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ..clock import format_time
from .asn1 import (
    BIT_STRING,
    INTEGER,
    SEQUENCE,
    Asn1Error,
    Element,
    children,
    decode_bit_string,
    decode_integer,
    decode_oid,
    decode_time,
    first_child,
    read_element,
)
from .distinguished_name import DistinguishedName, parse_name
from .errors import BadCertificate
from .extensions import Extensions, parse_extensions
from .fingerprint import fingerprint_sha256
from .oids import CURVES, KEY_TYPES, SIGNATURE_ALGORITHMS

__all__ = [
    "Certificate",
    "PublicKey",
    "Signature",
    "parse_certificate",
    "read_algorithm",
    "read_certificate",
    "read_public_key",
]

_VERSION_3 = 2


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A subject public key: its kind, its size in bits, and its parts as they stand in the certificate."""

    kind: str  #: "RSA", "EC", "DSA", "Ed25519" ..., or the dotted identifier of an unknown algorithm
    size: int | None
    curve: str | None  #: name of the curve of an EC key; None for explicit or unknown curves
    parameters: bytes
    octets: bytes


@dataclass(frozen=True, slots=True)
class Signature:
    """The issuer's signature: what was signed, how, and the result. ``consistent`` is False when the two places that
    name the algorithm differ (RFC 5280, 4.1.1.2), which every validator refuses."""

    algorithm: str  #: dotted identifier
    parameters: bytes
    consistent: bool
    signed: bytes
    octets: bytes


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate. Two are equal when their DER bytes are.

    Names are one line, most specific part first, in the manner of RFC 4514. ``serial_number`` is upper-case
    hexadecimal without leading zeros. Times are aware and in UTC. Both hashes are lower case with colons.
    ``key_size`` is in bits; ``signature_algorithm`` is the name that Java uses.
    """

    der: bytes
    subject_name: DistinguishedName = field(compare=False, repr=False)
    issuer_name: DistinguishedName = field(compare=False, repr=False)
    serial_number: str = field(compare=False)
    not_before: datetime = field(compare=False)
    not_after: datetime = field(compare=False)
    fingerprint_sha256: str = field(compare=False)
    spki_sha256: str = field(compare=False)
    version: int = field(compare=False)
    public_key: PublicKey = field(compare=False, repr=False)
    signature: Signature = field(compare=False, repr=False)
    extensions: Extensions = field(compare=False, repr=False)

    def __repr__(self) -> str:
        return f"<Certificate {self.subject!r} {self.fingerprint_sha256}>"

    @property
    def subject(self) -> str:
        return self.subject_name.text

    @property
    def issuer(self) -> str:
        return self.issuer_name.text

    @property
    def key_type(self) -> str:
        return "RSA" if self.public_key.kind == "RSASSA-PSS" else self.public_key.kind

    @property
    def key_size(self) -> int | None:
        return self.public_key.size

    @property
    def signature_algorithm(self) -> str:
        known = SIGNATURE_ALGORITHMS.get(self.signature.algorithm)
        return known[0] if known else self.signature.algorithm

    @property
    def is_ca(self) -> bool:
        """True when the basic constraints say so; a self-signed certificate of version 1 or 2 counts as a CA too,
        because roots of the nineties could not say it."""
        return self.extensions.is_ca or (self.version < _VERSION_3 and self.self_signed)

    @property
    def subject_alternative_names(self) -> tuple[str, ...]:
        """Such as ``DNS:host.example`` and ``IP:192.0.2.1``."""
        return tuple(f"{name.kind}:{name.text}" for name in self.extensions.alternative_names)

    @property
    def extended_key_usages(self) -> tuple[str, ...] | None:
        """Such as ``serverAuth``, dotted identifiers for unknown ones; None when nothing restricts the use."""
        return self.extensions.extended_key_usages

    @property
    def self_issued(self) -> bool:
        """Subject and issuer are the same name, whoever signed (RFC 5280, 3.2)."""
        return bool(self.subject_name) and self.subject_name == self.issuer_name

    @property
    def self_signed(self) -> bool:
        """Self-issued, and by its key identifiers signed with its own key.

        Only a self-signed certificate may leave out the identifier of its issuer's key (RFC 5280, 4.2.1.1). The
        signature is not checked here: this is for display, and chain and trust check signatures themselves.
        """
        issuer_key = self.extensions.authority_key_id
        own_key = self.extensions.subject_key_id
        return self.self_issued and (issuer_key is None or own_key is None or issuer_key == own_key)

    @property
    def pem(self) -> str:
        text = base64.b64encode(self.der).decode("ascii")
        lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
        return f"-----BEGIN CERTIFICATE-----\n{lines}\n-----END CERTIFICATE-----\n"

    def valid_at(self, moment: datetime) -> bool:
        """Both ends belong to the validity (RFC 5280, 4.1.2.5)."""
        return self.not_before <= moment <= self.not_after

    def to_result(self) -> dict[str, Any]:
        """The public form, in return values of modules."""
        return {
            "subject": self.subject,
            "issuer": self.issuer,
            "serial_number": self.serial_number,
            "not_before": format_time(self.not_before),
            "not_after": format_time(self.not_after),
            "fingerprint_sha256": self.fingerprint_sha256,
            "spki_sha256": self.spki_sha256,
            "key_type": self.key_type,
            "key_size": self.key_size,
            "signature_algorithm": self.signature_algorithm,
            "is_ca": self.is_ca,
            "self_signed": self.self_signed,
            "subject_alternative_names": list(self.subject_alternative_names),
        }


def parse_certificate(der: bytes) -> Certificate:
    """Exactly one certificate in DER, no byte before or after it. Raises :class:`BadCertificate`."""
    try:
        element = read_element(der)
        if element.end != len(der):
            raise Asn1Error("there are bytes after its end")
        return read_certificate(element)
    except Asn1Error as problem:
        raise BadCertificate(
            f"The certificate cannot be read: {problem}",
            remedy="Export or ask for the certificate again; this copy is damaged or not a certificate",
        ) from None


def read_certificate(element: Element) -> Certificate:
    """The certificate that an ASN.1 element is. Raises :class:`Asn1Error`, for the readers of this layer."""
    parts = children(element, SEQUENCE)
    if len(parts) != 3 or parts[2].tag != BIT_STRING:
        raise Asn1Error("it has another structure than a certificate")
    to_be_signed, outer_algorithm, signature = parts
    fields = children(to_be_signed, SEQUENCE)
    version = 0
    if fields and fields[0].tag == 0xA0:
        version = decode_integer(first_child(fields.pop(0)))
    if version not in (0, 1, _VERSION_3):
        raise Asn1Error("it has an unknown version")
    if len(fields) < 6:
        raise Asn1Error("it has another structure than a certificate")
    serial, inner_algorithm, issuer, validity, subject, key, *optional = fields
    if serial.tag != INTEGER:
        raise Asn1Error("it has no serial number")
    dates = children(validity, SEQUENCE)
    if len(dates) != 2:
        raise Asn1Error("it has no period of validity")
    found = {part.tag: part for part in optional}
    extensions = found.get(0xA3)
    if extensions and version != _VERSION_3:
        raise Asn1Error(f"it has extensions, but says that it is of version {version + 1}, which has none")
    algorithm, parameters = read_algorithm(outer_algorithm)
    der = element.raw
    return Certificate(
        der=der,
        subject_name=parse_name(subject),
        issuer_name=parse_name(issuer),
        serial_number=f"{decode_integer(serial):X}",
        not_before=decode_time(dates[0]),
        not_after=decode_time(dates[1]),
        fingerprint_sha256=fingerprint_sha256(der),
        spki_sha256=fingerprint_sha256(key.raw),
        version=version + 1,
        public_key=read_public_key(key),
        signature=Signature(
            algorithm,
            parameters,
            inner_algorithm.raw == outer_algorithm.raw,
            to_be_signed.raw,
            decode_bit_string(signature),
        ),
        extensions=parse_extensions(first_child(extensions) if extensions else None),
    )


def read_algorithm(element: Element) -> tuple[str, bytes]:
    """Dotted identifier and DER of the parameters. Raises :class:`Asn1Error`."""
    parts = children(element, SEQUENCE)
    if not parts:
        raise Asn1Error("an algorithm is missing")
    return decode_oid(parts[0]), parts[1].raw if len(parts) > 1 else b""


def read_public_key(element: Element) -> PublicKey:
    """The key in a ``SubjectPublicKeyInfo``. Raises :class:`Asn1Error`."""
    parts = children(element, SEQUENCE)
    if len(parts) != 2:
        raise Asn1Error("it has no public key")
    algorithm, parameters = read_algorithm(parts[0])
    octets = decode_bit_string(parts[1])
    kind = KEY_TYPES.get(algorithm, algorithm)
    size, curve = _size_and_curve(kind, parameters, octets)
    return PublicKey(kind, size, curve, parameters, octets)


def _size_and_curve(kind: str, parameters: bytes, octets: bytes) -> tuple[int | None, str | None]:
    if kind == "EC":
        if parameters[:1] != b"\x06":
            return None, None
        curve, size = CURVES.get(decode_oid(read_element(parameters)), (None, None))
        return size, curve
    if kind in ("RSA", "RSASSA-PSS"):
        return decode_integer(first_child(read_element(octets))).bit_length(), None
    if kind == "DSA" and parameters[:1] == b"\x30":
        return decode_integer(first_child(read_element(parameters))).bit_length(), None
    return {"Ed25519": 255, "Ed448": 448, "X25519": 255, "X448": 448}.get(kind), None
