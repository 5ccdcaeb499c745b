# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What SAP owns in a tenant: the entries of a fresh one, the keys it offers for renewal, and the history of the old
ones.
"""

from __future__ import annotations

import functools
import re
from dataclasses import replace
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .entries import SAP, Entry
from .http import Refusal
from .keystore import RENEWAL, SYSTEM, Keystore, is_reserved

__all__ = ["activate", "copy_from_history", "fresh_entries", "offer_key"]

_KEY_PAIRS = ("sap_cloudintegrationcertificate", "hcicertificate", "hcimsgcertificate")
_ROOTS = (
    "Global Root CA",
    "Global Root G2",
    "Trusted Root G4",
    "Root CA 2",
    "Root R1",
    "Root R3",
    "Root X1",
    "Public Root 2048",
    "Universal Root",
    "Services Root G1",
    "SAP Cloud Root CA",
)


def _self_signed(common_name: str, now: datetime, *, ca: bool, days: int) -> tuple[bytes, bytes]:
    """The certificate and the key of an example authority of ours, DER and PKCS#8."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example, Inc."),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=30))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    return certificate.public_bytes(Encoding.DER), key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


@functools.lru_cache(maxsize=4)
def _material(day: datetime) -> tuple[tuple[str, bytes, bytes | None], ...]:
    """Made once a day and process: nobody keeps the roots' keys, so no receiver can be signed by them."""
    made: list[tuple[str, bytes, bytes | None]] = [
        (alias, *_self_signed(alias, day, ca=False, days=365)) for alias in _KEY_PAIRS
    ]
    made += [
        (f"sap_{name.lower().replace(' ', '_')}", _self_signed(f"Example {name}", day, ca=True, days=7300)[0], None)
        for name in _ROOTS
    ]
    return tuple(made)


def fresh_entries(now: datetime) -> list[Entry]:
    """The 14 entries of a fresh tenant (their number was observed on one); created some time before it was handed
    over.
    """
    created = now - timedelta(days=20)
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [
        Entry(alias, (der,), key, SAP, SAP, created, SAP, created + timedelta(days=1))
        for alias, der, key in _material(day)
    ]


def offer_key(keystore: Keystore, alias: str) -> Entry:
    """SAP puts a new key into the renewal keystore (SAP Help: "Activating a New Key Pair Provided by SAP")."""
    if not is_reserved(alias):
        raise ValueError(f"{alias!r} is not an alias of SAP's")
    der, key = _self_signed(alias, keystore.now(), ca=False, days=730)
    entry = keystore.new_entry(alias, (der,), key, SAP, SAP)
    keystore.seed([entry], RENEWAL)
    return entry


def activate(keystore: Keystore, alias: str, *, user: str) -> None:
    """DELETE KeystoreEntries in KeyRenewal with ``activate=true``: the old key goes to the history, the new one takes
    its place.
    """
    with keystore.writing(user):
        offered = keystore.get(alias, RENEWAL)
        active = keystore.find(alias, SYSTEM)
        now = keystore.now()
        if active is not None:
            numbers = [
                int(entry.history["ActivationSequenceNumber"])
                for entry in keystore.history().values()
                if entry.history and entry.history["OriginalAlias"] == alias
            ]
            number = max(numbers, default=0) + 1
            history = {
                "ActivatedBy": active.modified_by,
                "ActiveFrom": active.modified,
                "DeactivatedBy": user,
                "ActiveUntil": now,
                "ActivationSequenceNumber": number,
                "OriginalAlias": alias,
            }
            keystore.add_history(replace(active, alias=f"[{number}]_{alias}", history=history))
        keystore.put(replace(offered, modified=now, modified_by=user))
        keystore.remove(alias, RENEWAL)


def copy_from_history(keystore: Keystore, alias: str, destination: str | None, *, user: str) -> None:
    """PUT HistoryKeystoreEntries with ``copy=true``: back to the renewal keystore."""
    with keystore.writing(user):
        if not alias.startswith("["):
            raise Refusal(400, f"The alias \"{alias}\" is invalid: Alias '{alias}' does not start with '['")
        if not re.match(r"\[\d+\]_.", alias):
            raise Refusal(400, f'The alias "{alias}" is invalid')
        entry = keystore.get(alias, "KeyHistory")
        target = destination or alias
        if destination and not is_reserved(destination):
            raise Refusal(400, f'The alias "{destination}" is invalid: it is not in the namespace of SAP')
        if keystore.find(target, RENEWAL) is not None:
            raise Refusal(400, f'Keystore entry with alias "{target}" already exists')
        now = keystore.now()
        keystore.put(replace(entry, alias=target, history=None, modified=now, modified_by=user), RENEWAL)
