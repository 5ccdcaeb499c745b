# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A CA's answer to a signing request: reading it, and writing the chain as it is best sent to a tenant.

SAP Help, "Updating a Key Pair with a Signing Response", names the formats and the limit of 30720 bytes.
"""

from __future__ import annotations

from collections.abc import Iterable

from .certificate import Certificate
from .encodings import read_certificates
from .errors import BadCertificate

__all__ = ["SIGNING_RESPONSE_LIMIT", "normalise_chain", "read_signing_response"]

#: Bytes, of what a user hands in (SAP Help).
SIGNING_RESPONSE_LIMIT = 30720
#: Bytes, of what is sent (API specification SecurityContent.json: PUT /CertificateChainResources).
_SENT_LIMIT = 30072


def read_signing_response(data: bytes) -> list[Certificate]:
    """Every certificate in the CA's answer, in the order found. Raises :class:`BadCertificate`."""
    if len(data) > SIGNING_RESPONSE_LIMIT:
        raise BadCertificate(
            f"The signing response has {len(data)} bytes, and a tenant takes at most {SIGNING_RESPONSE_LIMIT}",
            remedy="Give the leaf and its intermediates alone; neither a CA bundle nor revocation lists are needed",
        )
    return read_certificates(data, limit=SIGNING_RESPONSE_LIMIT)


def normalise_chain(certificates: Iterable[Certificate]) -> bytes:
    """The chain in the form that every tenant reads: PEM blocks and nothing else, in the order given (leaf first).

    Java's reader, which a tenant may use, refuses bare base64, a byte-order mark, revocation lists between the
    certificates and most ``TRUSTED CERTIFICATE`` blocks, so the user's own bytes are not sent. A chain that is too long
    for PEM goes as concatenated DER. Raises :class:`BadCertificate` when that is too long as well.
    """
    chain = tuple(certificates)
    pem = "".join(certificate.pem for certificate in chain).encode("ascii")
    if len(pem) <= _SENT_LIMIT:
        return pem
    der = b"".join(certificate.der for certificate in chain)
    if len(der) > _SENT_LIMIT:
        raise BadCertificate(
            f"The chain has {len(der)} bytes, more than the {_SENT_LIMIT} that a tenant takes",
            remedy="Leave out certificates that do not belong between the leaf and its root",
        )
    return der
