# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a key pair that the tenant generates shall be like.

Fields and limits: API specification SecurityContent.json, POST /KeyPairGenerationRequests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = ["NewKeyPair"]


@dataclass(frozen=True, slots=True)
class NewKeyPair:
    """Everything left ``None`` is the tenant's choice.

    :param key_size: bits; for EC 112 to 571, or none and a ``curve``.
    :param curve: the name of an elliptic curve, such as ``secp256r1``.
    :param signature_algorithm: in the tenant's words, such as ``SHA256/RSA``.
    """

    common_name: str
    country: str
    key_type: Literal["RSA", "DSA", "EC"] = "RSA"
    key_size: int | None = None
    curve: str | None = None
    signature_algorithm: str | None = None
    not_before: datetime | None = None
    not_after: datetime | None = None
    organization: str | None = None
    organizational_unit: str | None = None
    locality: str | None = None
    state: str | None = None
    email: str | None = None

    def to_odata(self, alias: str) -> dict[str, Any]:
        fields = {
            # Must be there and is ignored; the alias counts.
            "Hexalias": "00",
            "Alias": alias,
            "KeyType": self.key_type,
            "KeySize": self.key_size,
            "KeyAlgorithmParameter": self.curve,
            "SignatureAlgorithm": self.signature_algorithm,
            "ValidNotBefore": _date(self.not_before),
            "ValidNotAfter": _date(self.not_after),
            "CommonName": self.common_name,
            "OrganizationUnit": self.organizational_unit,
            "Organization": self.organization,
            "Locality": self.locality,
            "State": self.state,
            "Country": self.country,
            "Email": self.email,
        }
        return {name: value for name, value in fields.items() if value is not None}


def _date(moment: datetime | None) -> str | None:
    return None if moment is None else f"/Date({round(moment.timestamp() * 1000)})/"
