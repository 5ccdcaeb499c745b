# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A certificate signing request as a value (PKCS#10, RFC 2986, section 4)."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from .asn1 import INTEGER, SEQUENCE, Asn1Error, Element, children, decode_bit_string, read_element
from .certificate import PublicKey, Signature, read_algorithm, read_public_key
from .distinguished_name import DistinguishedName, parse_name
from .errors import BadCertificate
from .fingerprint import fingerprint_sha256
from .oids import SIGNATURE_ALGORITHMS
from .pem import bare_base64, decode_body, decode_text, split_pem
from .refusals import holds_private_key, private_key
from .signature import made_with

__all__ = ["SIGNING_REQUEST_LIMIT", "SigningRequest", "read_signing_request"]

#: Bytes; a request of the largest RSA key with a full subject has less than a tenth.
SIGNING_REQUEST_LIMIT = 65536

_LABELS = ("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")


@dataclass(frozen=True, slots=True)
class SigningRequest:
    """Two requests ask for the same when :meth:`asks_for_the_same` says so; the bytes differ at each signature."""

    der: bytes = field(repr=False)
    subject_name: DistinguishedName
    public_key: PublicKey = field(repr=False)
    spki_sha256: str
    signature: Signature = field(repr=False)

    @property
    def subject(self) -> str:
        return self.subject_name.text

    @property
    def signature_algorithm(self) -> str:
        """The name that Java uses."""
        known = SIGNATURE_ALGORITHMS.get(self.signature.algorithm)
        return known[0] if known else self.signature.algorithm

    @property
    def proves_possession(self) -> bool:
        """Whether it was signed with the private key of its own public key, and not changed since."""
        return made_with(self.signature, self.public_key) is True

    @property
    def pem(self) -> str:
        text = base64.b64encode(self.der).decode("ascii")
        lines = "\n".join(text[start : start + 64] for start in range(0, len(text), 64))
        return f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}\n-----END CERTIFICATE REQUEST-----\n"

    def asks_for_the_same(self, other: SigningRequest) -> bool:
        """Same key and same subject."""
        return self.spki_sha256 == other.spki_sha256 and self.subject_name == other.subject_name

    def to_result(self) -> dict[str, Any]:
        """The public form; nothing in it changes when the request is signed anew."""
        return {
            "subject": self.subject,
            "spki_sha256": self.spki_sha256,
            "key_type": "RSA" if self.public_key.kind == "RSASSA-PSS" else self.public_key.kind,
            "key_size": self.public_key.size,
        }


def read_signing_request(data: bytes) -> SigningRequest:
    """Exactly one request in PEM, DER or base64. Raises :class:`BadCertificate`; its signature is not checked here."""
    if len(data) > SIGNING_REQUEST_LIMIT:
        raise BadCertificate(
            f"It has {len(data)} bytes, more than any signing request", remedy="Give the signing request alone"
        )
    try:
        return _read(read_element(_der_of(data)))
    except Asn1Error as problem:
        raise BadCertificate(
            f"The signing request cannot be read: {problem}", remedy="Ask the tenant for it again"
        ) from None


def _der_of(data: bytes) -> bytes:
    text = decode_text(data)
    if text is None:
        return data
    if holds_private_key(text):
        raise private_key()
    if "-----BEGIN " in text:
        blocks = split_pem(text)
        wanted = [block for block in blocks if block.label in _LABELS]
        if len(blocks) != 1 or not wanted:
            labels = ", ".join(block.label for block in blocks[:5])
            raise BadCertificate(
                f"One signing request is needed and there is: {labels}", remedy="Give the signing request alone"
            )
        return decode_body(wanted[0], 1)
    pieces = bare_base64(text)
    if pieces is None or len(pieces) != 1:
        raise BadCertificate("There is no signing request in it", remedy="Give a PKCS#10 request in PEM or DER")
    return pieces[0]


def _read(element: Element) -> SigningRequest:
    parts = children(element, SEQUENCE)
    if element.end != len(element.data) or len(parts) != 3:
        raise Asn1Error("it has another structure than a signing request")
    content, algorithm, signature = parts
    fields = children(content, SEQUENCE)
    if len(fields) not in (3, 4) or fields[0].tag != INTEGER or fields[1].tag != SEQUENCE or fields[2].tag != SEQUENCE:
        raise Asn1Error("it has another structure than a signing request")
    identifier, parameters = read_algorithm(algorithm)
    return SigningRequest(
        der=element.raw,
        subject_name=parse_name(fields[1]),
        public_key=read_public_key(fields[2]),
        spki_sha256=fingerprint_sha256(fields[2].raw),
        signature=Signature(identifier, parameters, True, content.raw, decode_bit_string(signature)),
    )
