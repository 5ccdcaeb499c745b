# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keys made on the tenant, keys brought as RSA or SSH files, and the signing request of a key pair."""

from __future__ import annotations

import base64
import binascii
import re
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from .entries import SAP, Entry
from .http import Refusal
from .keystore import Keystore

__all__ = ["generate_key_pair", "import_rsa_file", "import_ssh_file", "signing_request"]

PrivateKey = rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey

_HASHES: dict[str, Any] = {
    "1": hashes.SHA1(),
    "224": hashes.SHA224(),
    "256": hashes.SHA256(),
    "384": hashes.SHA384(),
    "512": hashes.SHA512(),
}
_CURVES: dict[int, ec.EllipticCurve] = {
    224: ec.SECP224R1(),
    256: ec.SECP256R1(),
    384: ec.SECP384R1(),
    521: ec.SECP521R1(),
}
_SUBJECT = (
    ("Email", NameOID.EMAIL_ADDRESS, 500),
    ("Country", NameOID.COUNTRY_NAME, 2),
    ("State", NameOID.STATE_OR_PROVINCE_NAME, 500),
    ("Locality", NameOID.LOCALITY_NAME, 500),
    ("Organization", NameOID.ORGANIZATION_NAME, 500),
    ("OrganizationUnit", NameOID.ORGANIZATIONAL_UNIT_NAME, 500),
    ("CommonName", NameOID.COMMON_NAME, 500),
)
_LARGEST_FILE = 10000  # API specification SecurityContent.json: RSAFile, SSHFile


def _subject(fields: dict[str, Any]) -> x509.Name:
    """Common name and country are mandatory (documented by SAP)."""
    for name in ("CommonName", "Country"):
        if not fields.get(name):
            raise Refusal(400, f"The property '{name}' must not be empty or null")
    attributes = []
    for name, oid, longest in _SUBJECT:
        value = fields.get(name)
        if not value:
            continue
        if not isinstance(value, str) or len(value) > longest:
            raise Refusal(400, f"The value of the property '{name}' is invalid")
        try:
            attributes.append(x509.NameAttribute(oid, value, _validate=name in ("Country",)))
        except (ValueError, TypeError) as error:
            raise Refusal(400, f"The value of the property '{name}' is invalid") from error
    return x509.Name(attributes)


def _moment(fields: dict[str, Any], name: str, default: datetime) -> datetime:
    value = fields.get(name)
    if value is None:
        return default
    found = re.fullmatch(r"/Date\((-?\d+)(?:\+0000)?\)/", str(value))
    if found is None:
        raise Refusal(400, f"The value of the property '{name}' is invalid")
    try:
        return datetime.fromtimestamp(int(found[1]) / 1000, timezone.utc)
    except (OverflowError, ValueError):
        raise Refusal(400, f"The value of the property '{name}' is invalid") from None


def _digest(fields: dict[str, Any], family: str, default: str) -> Any:
    """``SHA-512/RSA`` and ``SHA256/RSA`` are both in use (API specification; observed on a tenant)."""
    text = str(fields.get("SignatureAlgorithm") or f"SHA-{default}/{family}")
    found = re.fullmatch(r"SHA-?(1|224|256|384|512)/(RSA|DSA|EC|ECDSA)", text)
    if found is None or found[2].replace("ECDSA", "EC") != family:
        raise Refusal(400, f"The signature algorithm '{text}' is not supported for key type '{family}'")
    return _HASHES[found[1]]


def _self_signed(key: PrivateKey, fields: dict[str, Any], digest: Any, now: datetime) -> bytes:
    subject = _subject(fields)
    begin = _moment(fields, "ValidNotBefore", now)
    end = _moment(fields, "ValidNotAfter", now + timedelta(days=3 * 365))
    if end <= begin:
        raise Refusal(400, "The validity period is invalid")
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    try:
        return builder.sign(key, digest).public_bytes(Encoding.DER)
    except Exception as error:  # a digest too large for the key, or one the library no longer signs with
        raise Refusal(400, "The signature algorithm does not fit to the key") from error


def _pkcs8(key: PrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _new_key(fields: dict[str, Any]) -> tuple[PrivateKey, Any]:
    kind, size = str(fields.get("KeyType") or "RSA"), fields.get("KeySize")
    if size is not None and not isinstance(size, int):
        raise Refusal(400, "The value of the property 'KeySize' is invalid")
    if kind == "RSA":
        if size not in (None, 1024, 2048, 3072, 4096, 6144, 8192):
            raise Refusal(400, f"The key size '{size}' is not supported for key type 'RSA'")
        return rsa.generate_private_key(65537, size or 4096), _digest(fields, "RSA", "512")
    if kind == "DSA":
        if size not in (None, 1024, 2048, 3072):
            raise Refusal(400, f"The key size '{size}' is not supported for key type 'DSA'")
        return dsa.generate_private_key(size or 2048), _digest(fields, "DSA", "256")
    if kind == "EC":
        return ec.generate_private_key(_curve(fields, size)), _digest(fields, "EC", "512")
    raise Refusal(400, f"The key type '{kind}' is not supported")


def _curve(fields: dict[str, Any], size: int | None) -> ec.EllipticCurve:
    """By size (112 to 571) or by a name in KeyAlgorithmParameter; this emulator knows the NIST primes of 224 bits and
    more.
    """
    name = fields.get("KeyAlgorithmParameter")
    if name:
        wanted = {"P-224": 224, "P-256": 256, "P-384": 384, "P-521": 521, "prime256v1": 256}.get(str(name))
        curve = _CURVES.get(wanted or 0) or next((known for known in _CURVES.values() if known.name == name), None)
    else:
        curve = _CURVES.get(size or 256)
    if curve is None:
        raise Refusal(400, f"The curve '{name or size}' is not supported")
    return curve


def generate_key_pair(keystore: Keystore, fields: dict[str, Any], *, user: str) -> dict[str, str]:
    """POST KeyPairGenerationRequests: the key with one self-signed certificate. ``Hexalias`` must be there and is
    ignored.
    """
    if "Hexalias" not in fields:
        raise Refusal(400, "The key property 'Hexalias' is missing")
    with keystore.writing(user):
        alias = keystore.check_new_alias(fields.get("Alias"))
        _subject(fields)
        key, digest = _new_key(fields)
        keystore.put(keystore.new_entry(alias, (_self_signed(key, fields, digest, keystore.now()),), _pkcs8(key), user))
    return {alias: "new"}


def _file(fields: dict[str, Any], name: str) -> bytes:
    text = str(fields.get(name) or "")
    if not text or len(text) > _LARGEST_FILE:
        raise Refusal(400, f"The property '{name}' is empty or larger than {_LARGEST_FILE} bytes")
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(400, f"The value of the property '{name}' is not valid base64") from None


def import_rsa_file(keystore: Keystore, fields: dict[str, Any], *, user: str) -> dict[str, str]:
    """POST RSAKeyGenerationRequests: PKCS#1 in PEM alone; here a locked keystore is 423 (API specification)."""
    with keystore.writing(user, locked_status=423):
        alias = keystore.check_new_alias(fields.get("Alias"))
        data = _file(fields, "RSAFile")
        if b"-----BEGIN RSA PRIVATE KEY-----" not in data:
            raise Refusal(400, "The RSA file is invalid")
        try:
            key = serialization.load_pem_private_key(data, None)
        except (ValueError, TypeError) as error:
            raise Refusal(400, "The RSA file is invalid") from error
        if not isinstance(key, rsa.RSAPrivateKey):
            raise Refusal(400, "The RSA file is invalid")
        certificate = _self_signed(key, fields, _digest(fields, "RSA", "512"), keystore.now())
        keystore.put(keystore.new_entry(alias, (certificate,), _pkcs8(key), user))
    return {alias: "new"}


def import_ssh_file(keystore: Keystore, fields: dict[str, Any], *, user: str, update: bool) -> str:
    """POST SSHKeyGenerationRequests: the alias follows from the algorithm: id_rsa, id_dsa or id_ec."""
    with keystore.writing(user):
        data, password = _file(fields, "SSHFile"), fields.get("Password")
        secret = str(password).encode() if password else None
        load = (
            serialization.load_ssh_private_key if b"OPENSSH PRIVATE KEY" in data else serialization.load_pem_private_key
        )
        try:
            key = load(data, secret)
        except Exception as error:  # another format, or a wrong password
            raise Refusal(400, "The SSH file is invalid or the password is not correct") from error
        if not isinstance(key, rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey):
            raise Refusal(400, "The algorithm of the SSH key is not supported")
        family = "RSA" if isinstance(key, rsa.RSAPrivateKey) else "DSA" if isinstance(key, dsa.DSAPrivateKey) else "EC"
        alias = f"id_{family.lower()}"
        existing = keystore.find(alias)
        if existing is not None and not update:
            raise Refusal(400, f'Keystore entry with alias "{alias}" already exists')
        chain = (_self_signed(key, fields, hashes.SHA256(), keystore.now()),)
        entry = (
            keystore.new_entry(alias, chain, _pkcs8(key), user)
            if existing is None
            else existing.renewed(chain, _pkcs8(key), user, keystore.now())
        )
        keystore.put(entry)
    return alias


def signing_request(entry: Entry) -> str:
    """PKCS#10 in PEM, built and signed at every read; its digest is that of the present certificate (observed on a
    tenant).
    """
    if entry.owner == SAP:
        raise Refusal(403, None, bare=True)
    if entry.key is None:
        raise Refusal(400, f'Alias "{entry.alias}" does not represent a Key Pair')
    key, certificate = serialization.load_der_private_key(entry.key, None), entry.certificate()
    builder = x509.CertificateSigningRequestBuilder().subject_name(certificate.subject)
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        request = builder.sign(key, None)
    elif isinstance(key, rsa.RSAPrivateKey | dsa.DSAPrivateKey | ec.EllipticCurvePrivateKey):
        digest: Any = certificate.signature_hash_algorithm
        usable = isinstance(digest, hashes.SHA224 | hashes.SHA256 | hashes.SHA384 | hashes.SHA512)
        request = builder.sign(key, digest if usable else hashes.SHA256())
    else:
        raise Refusal(500, "The key type is not supported")
    return request.public_bytes(Encoding.PEM).decode()
