# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How the tenant names things of a certificate, held against what the JDK's own keytool prints."""

from __future__ import annotations

import datetime
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Wire
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID


def _certificate(
    subject: list[tuple[x509.ObjectIdentifier, str]], key: Any, serial: int, digest: Any, **signing: Any
) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in subject])
    now = datetime.datetime.now(datetime.timezone.utc).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
    )
    builder = builder.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(
        now + datetime.timedelta(days=1)
    )
    return builder.sign(key, digest, **signing)


PLAIN = [(NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Example"), (NameOID.COMMON_NAME, "host.example")]
NAMES = {
    "comma": [(NameOID.COUNTRY_NAME, "DE"), (NameOID.ORGANIZATION_NAME, "Example, Inc."), (NameOID.COMMON_NAME, "a")],
    "copyright": [
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "(c) 2008 X, Inc. - For authorized use only"),
        (NameOID.COMMON_NAME, "b"),
    ],
    "quotes": [(NameOID.ORGANIZATION_NAME, 'The "Best" <Company>'), (NameOID.COMMON_NAME, "a+b=c;d#e\\f")],
    "blanks": [(NameOID.ORGANIZATION_NAME, " edge "), (NameOID.COMMON_NAME, "two  blanks")],
    "umlauts": [(NameOID.LOCALITY_NAME, "Köln"), (NameOID.COMMON_NAME, "Überseeçertificate €")],
    "rare": [
        (NameOID.DOMAIN_COMPONENT, "example"),
        (NameOID.USER_ID, "u1"),
        (NameOID.EMAIL_ADDRESS, "a@b.example"),
        (NameOID.STATE_OR_PROVINCE_NAME, "NRW"),
        (NameOID.STREET_ADDRESS, "Road 1"),
        (NameOID.SERIAL_NUMBER, "42"),
        (NameOID.GIVEN_NAME, "Ann"),
        (NameOID.SURNAME, "Lee"),
        (NameOID.TITLE, "Dr"),
        (NameOID.ORGANIZATION_IDENTIFIER, "VATDE-1"),
    ],
}
_RSA = rsa.generate_private_key(65537, 2048)
_EC = ec.generate_private_key(ec.SECP384R1())
CASES = {
    **{name: (subject, _EC, 0xA1, hashes.SHA256(), {}) for name, subject in NAMES.items()},
    "odd serial": (PLAIN, _EC, 0x123, hashes.SHA384(), {}),
    "high serial": (PLAIN, _EC, 0x80FF, hashes.SHA512(), {}),
    "RSA": (PLAIN, _RSA, 0x0A, hashes.SHA256(), {}),
    "RSA-PSS": (PLAIN, _RSA, 1, hashes.SHA256(), {"rsa_padding": padding.PSS(padding.MGF1(hashes.SHA256()), 32)}),
    "Ed25519": (PLAIN, ed25519.Ed25519PrivateKey.generate(), 2, None, {}),
    "DSA": (PLAIN, dsa.generate_private_key(2048), 3, hashes.SHA256(), {}),
}


@pytest.mark.parametrize("case", list(CASES))
def test_names_are_those_of_the_jdk(tenant: LocalTenant, wire: Wire, tmp_path: Path, case: str) -> None:
    subject, key, serial, digest, signing = CASES[case]
    certificate = _certificate(subject, key, serial, digest, **signing)
    file = tmp_path / "certificate.der"
    file.write_bytes(certificate.public_bytes(Encoding.DER))
    command = [
        "keytool",
        "-J-Duser.language=en",
        "-J-Dstdout.encoding=UTF-8",
        "-J-Dfile.encoding=UTF-8",
        "-printcert",
        "-file",
        str(file),
    ]
    printed = subprocess.run(command, capture_output=True, check=True, timeout=60).stdout.decode()

    def said(pattern: str) -> str:
        found = re.search(pattern, printed)
        assert found, printed
        return found[1]

    tenant.seed_certificate("it", file.read_bytes())
    entry = wire.entry("it")
    assert entry["SubjectDN"] == said(r"Owner: (.*)\n")
    assert entry["IssuerDN"] == said(r"Issuer: (.*)\n")
    assert entry["SerialNumber"] == "0x" + said(r"Serial number: (\w+)\n").upper()
    assert entry["SignatureAlgorithm"] == said(r"Signature algorithm name: ([\w-]+)")
    key = re.fullmatch(r"(\d+)-bit (\w+)(?: \(\S+\))? key.*", said(r"Subject Public Key Algorithm: (.*)\n"))
    assert key
    size, kind = key.groups()
    assert (str(entry["KeySize"]), entry["KeyType"]) == (size, kind.replace("Ed25519", "EdDSA"))
    assert entry["FingerprintSha1"] == said(r"SHA1: (.*)\n")
    assert entry["FingerprintSha256"] == said(r"SHA256: (.*)\n")
    assert entry["Version"] == int(said(r"Version: (\d)"))
