# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of the object identifiers that certificates use, as Java and the tenant write them."""

from __future__ import annotations

__all__ = ["ATTRIBUTE_NAMES", "CURVES", "EXTENDED_KEY_USAGES", "KEY_TYPES", "SIGNATURE_ALGORITHMS"]

#: Attribute types of a distinguished name (RFC 4514, section 3, and those that Java adds).
ATTRIBUTE_NAMES = {
    "2.5.4.3": "CN",
    "2.5.4.4": "SURNAME",
    "2.5.4.5": "SERIALNUMBER",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.12": "T",
    "2.5.4.13": "DESCRIPTION",
    "2.5.4.15": "businessCategory",
    "2.5.4.17": "postalCode",
    "2.5.4.42": "GIVENNAME",
    "2.5.4.43": "INITIALS",
    "2.5.4.44": "GENERATION",
    "2.5.4.46": "DNQ",
    "2.5.4.97": "organizationIdentifier",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "EMAILADDRESS",
    "1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
    "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
    "1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

#: Signature algorithm -> (Java name, hash or None, kind of key). Sources: RFC 3279, 4055, 5758, 8017, 8410.
SIGNATURE_ALGORITHMS: dict[str, tuple[str, str | None, str]] = {
    "1.2.840.113549.1.1.2": ("MD2withRSA", "md2", "RSA"),
    "1.2.840.113549.1.1.3": ("MD4withRSA", "md4", "RSA"),
    "1.2.840.113549.1.1.4": ("MD5withRSA", "md5", "RSA"),
    "1.2.840.113549.1.1.5": ("SHA1withRSA", "sha1", "RSA"),
    "1.3.14.3.2.29": ("SHA1withRSA", "sha1", "RSA"),
    "1.2.840.113549.1.1.10": ("RSASSA-PSS", None, "RSASSA-PSS"),
    "1.2.840.113549.1.1.11": ("SHA256withRSA", "sha256", "RSA"),
    "1.2.840.113549.1.1.12": ("SHA384withRSA", "sha384", "RSA"),
    "1.2.840.113549.1.1.13": ("SHA512withRSA", "sha512", "RSA"),
    "1.2.840.113549.1.1.14": ("SHA224withRSA", "sha224", "RSA"),
    "1.2.840.113549.1.1.15": ("SHA512/224withRSA", "sha512_224", "RSA"),
    "1.2.840.113549.1.1.16": ("SHA512/256withRSA", "sha512_256", "RSA"),
    "2.16.840.1.101.3.4.3.13": ("SHA3-224withRSA", "sha3_224", "RSA"),
    "2.16.840.1.101.3.4.3.14": ("SHA3-256withRSA", "sha3_256", "RSA"),
    "2.16.840.1.101.3.4.3.15": ("SHA3-384withRSA", "sha3_384", "RSA"),
    "2.16.840.1.101.3.4.3.16": ("SHA3-512withRSA", "sha3_512", "RSA"),
    "1.2.840.10040.4.3": ("SHA1withDSA", "sha1", "DSA"),
    "1.3.14.3.2.27": ("SHA1withDSA", "sha1", "DSA"),
    "2.16.840.1.101.3.4.3.1": ("SHA224withDSA", "sha224", "DSA"),
    "2.16.840.1.101.3.4.3.2": ("SHA256withDSA", "sha256", "DSA"),
    "2.16.840.1.101.3.4.3.3": ("SHA384withDSA", "sha384", "DSA"),
    "2.16.840.1.101.3.4.3.4": ("SHA512withDSA", "sha512", "DSA"),
    "1.2.840.10045.4.1": ("SHA1withECDSA", "sha1", "EC"),
    "1.2.840.10045.4.3.1": ("SHA224withECDSA", "sha224", "EC"),
    "1.2.840.10045.4.3.2": ("SHA256withECDSA", "sha256", "EC"),
    "1.2.840.10045.4.3.3": ("SHA384withECDSA", "sha384", "EC"),
    "1.2.840.10045.4.3.4": ("SHA512withECDSA", "sha512", "EC"),
    "2.16.840.1.101.3.4.3.9": ("SHA3-224withECDSA", "sha3_224", "EC"),
    "2.16.840.1.101.3.4.3.10": ("SHA3-256withECDSA", "sha3_256", "EC"),
    "2.16.840.1.101.3.4.3.11": ("SHA3-384withECDSA", "sha3_384", "EC"),
    "2.16.840.1.101.3.4.3.12": ("SHA3-512withECDSA", "sha3_512", "EC"),
    "1.3.101.112": ("Ed25519", None, "Ed25519"),
    "1.3.101.113": ("Ed448", None, "Ed448"),
}

KEY_TYPES = {
    "1.2.840.113549.1.1.1": "RSA",
    "2.5.8.1.1": "RSA",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.10045.2.1": "EC",
    "1.2.840.10040.4.1": "DSA",
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "1.3.101.110": "X25519",
    "1.3.101.111": "X448",
}

#: Elliptic curve -> (name, bits).
CURVES = {
    "1.2.840.10045.3.1.1": ("secp192r1", 192),
    "1.3.132.0.33": ("secp224r1", 224),
    "1.2.840.10045.3.1.7": ("secp256r1", 256),
    "1.3.132.0.34": ("secp384r1", 384),
    "1.3.132.0.35": ("secp521r1", 521),
    "1.3.132.0.10": ("secp256k1", 256),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", 512),
}

EXTENDED_KEY_USAGES = {
    "2.5.29.37.0": "anyExtendedKeyUsage",
    "1.3.6.1.5.5.7.3.1": "serverAuth",
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
    "1.3.6.1.5.5.7.3.8": "timeStamping",
    "1.3.6.1.5.5.7.3.9": "OCSPSigning",
    "2.16.840.1.113730.4.1": "nsSGC",
    "1.3.6.1.4.1.311.10.3.3": "msSGC",
}
