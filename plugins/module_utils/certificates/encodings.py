# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One reader for every encoding in which certificates arrive, decided by content and never by file name.

DER and BER, one certificate or several in a row; PKCS#7 (RFC 2315, RFC 5652) with or without signature data around it;
PkiPath (ITU-T X.509); SPC, which is PKCS#7; all of these as PEM under any label in use (RFC 7468), or as bare base64.
SAP Help, "Updating a Key Pair with a Signing Response", lists what a tenant's user may hand in.

A good block never hides a broken one: the answer is everything that is in the input, or a refusal.
"""

from __future__ import annotations

from .asn1 import (
    BIT_STRING,
    OBJECT_IDENTIFIER,
    SEQUENCE,
    SET,
    Asn1Error,
    Element,
    IndefiniteLength,
    children,
    decode_oid,
    first_child,
    read_all,
    with_definite_lengths,
)
from .certificate import Certificate, read_certificate
from .errors import BadCertificate
from .pem import bare_base64, decode_body, decode_text, split_pem
from .refusals import (
    holds_private_key,
    private_key,
    refuse_asn1,
    refuse_binary,
    refuse_content_type,
    refuse_label,
    refuse_text,
)

__all__ = ["read_certificates", "read_one_certificate"]

_SIGNED_DATA = "1.2.840.113549.1.7.2"
_TRUSTED = "TRUSTED CERTIFICATE"


def read_certificates(data: bytes, *, limit: int = 30720) -> list[Certificate]:
    """Every certificate in the input, in the order found, each once.

    :param limit: bytes; a longer input is refused without looking into it.
    :raises BadCertificate: for anything that is not certificates through and through, with a sentence that says what
        it looks like. A certificate revocation list beside certificates is passed over.
    """
    if len(data) > limit:
        raise BadCertificate(
            f"It has {len(data)} bytes, more than the {limit} that are read here",
            remedy="Give just the certificates that are needed, not a whole bundle",
        )
    found = list(dict.fromkeys(_read(data)))
    if not found:
        raise BadCertificate("There is no certificate in it", remedy="Ask the CA for the certificate that it issued")
    return found


def read_one_certificate(data: bytes, *, limit: int = 10240) -> Certificate:
    """Exactly one certificate, in any encoding. Raises :class:`BadCertificate`, also when there are several."""
    found = read_certificates(data, limit=limit)
    if len(found) > 1:
        raise BadCertificate(
            f"There are {len(found)} certificates in it where one is needed: "
            + "; ".join(certificate.subject for certificate in found[:5]),
            remedy="Give the one certificate that is meant, in a file of its own",
        )
    return found[0]


def _read(data: bytes) -> list[Certificate]:
    if not data.strip():
        raise refuse_text("")
    text = decode_text(data)
    if text is None:
        if data[0] == SEQUENCE:
            return _read_asn1(data)
        raise refuse_binary(data)
    if holds_private_key(text):
        raise private_key()
    if "-----BEGIN " in text:
        return _read_pem(text)
    pieces = bare_base64(text)
    if pieces is None or any(piece[0] != SEQUENCE for piece in pieces):
        raise refuse_text(text)
    return [certificate for piece in pieces for certificate in _read_asn1(piece)]


def _read_pem(text: str) -> list[Certificate]:
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        raise refuse_text(text)
    found: list[Certificate] = []
    other: BadCertificate | None = None
    for number, block in enumerate(split_pem(text), start=1):
        refusal = refuse_label(block.label)
        if refusal is None:
            found += _in_block(decode_body(block, number), number, block.label)
        elif "CRL" not in block.label.upper() and "PARAMETERS" not in block.label.upper():
            raise refusal
        other = other or refusal
    if not found and other:
        raise other
    return found


def _in_block(data: bytes, number: int, label: str) -> list[Certificate]:
    try:
        return _read_asn1(data, trust_data=label == _TRUSTED)
    except BadCertificate as problem:
        raise BadCertificate(f"Block {number} ({label}): {problem.what}", remedy=problem.remedy) from None


def _read_asn1(data: bytes, *, trust_data: bool = False) -> list[Certificate]:
    problem: Asn1Error | None = None
    # The second try leaves out a line break at the end of a binary file, as editors add it.
    for candidate in dict.fromkeys((data, data.rstrip(b"\r\n"))):
        try:
            try:
                return _in_elements(candidate, trust_data)
            except IndefiniteLength:
                return _in_elements(with_definite_lengths(candidate), trust_data)
        except Asn1Error as found:
            problem = problem or found
    raise BadCertificate(
        f"It begins like a certificate, but {problem}",
        remedy="The file is cut off or damaged: save the CA's answer again",
    )


def _in_elements(data: bytes, trust_data: bool) -> list[Certificate]:
    elements = read_all(data)
    if trust_data and len(elements) == 2:
        elements.pop()  # OpenSSL's own trust settings, which no other program knows
    return [certificate for element in elements for certificate in _in_element(element)]


def _in_element(element: Element) -> list[Certificate]:
    parts = children(element) if element.tag == SEQUENCE else []
    tags = [part.tag for part in parts]
    if tags[:1] == [OBJECT_IDENTIFIER]:
        return _in_content_info(parts)
    if _is_certificate(parts):
        return [read_certificate(element)]
    if parts and all(part.tag == SEQUENCE and _is_certificate(children(part)) for part in parts):
        return [read_certificate(part) for part in parts]  # PkiPath
    raise refuse_asn1(element)


def _is_certificate(parts: list[Element]) -> bool:
    """The outer shape of a certificate, which it does not share with a request or a list (RFC 5280, 4.1)."""
    if [part.tag for part in parts] != [SEQUENCE, SEQUENCE, BIT_STRING]:
        return False
    tags = [field.tag for field in children(parts[0])]
    if tags[:1] == [0xA0]:
        tags.pop(0)
    return tags[:6] == [0x02, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE, SEQUENCE]


def _in_content_info(parts: list[Element]) -> list[Certificate]:
    """PKCS#7 SignedData (RFC 5652, sections 3 and 5.1). Its certificates stand under the tag [0]."""
    content_type = decode_oid(parts[0])
    if content_type != _SIGNED_DATA or len(parts) != 2:
        raise refuse_content_type(content_type)
    fields = children(first_child(parts[1]), SEQUENCE)
    if len(fields) < 4 or fields[0].tag != 0x02 or fields[-1].tag != SET:
        raise Asn1Error("the PKCS#7 in it has another structure than signed data")
    found: list[Certificate] = []
    for field in fields[3:-1]:
        if field.tag == 0xA0:
            for choice in children(field):
                if choice.tag != SEQUENCE:
                    raise BadCertificate(
                        "The PKCS#7 holds an attribute certificate or another old form",
                        remedy="Ask the CA for X.509 certificates alone",
                    )
                found.append(read_certificate(choice))
    if not found:
        raise BadCertificate(
            "The PKCS#7 holds no certificate",
            remedy="Ask the CA for the certificates, or export them again with the chain included",
        )
    if children(fields[-1]):
        raise BadCertificate(
            "The PKCS#7 is a signed message that carries certificates, not a CA's answer of certificates alone",
            remedy="Ask the CA for a certificates-only PKCS#7 or for PEM",
        )
    return found
