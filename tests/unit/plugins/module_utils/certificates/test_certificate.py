# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a certificate, compared with what openssl, keytool and the library cryptography read from it."""

from __future__ import annotations

import subprocess
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.signature import (
    verify_signature,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    openssl,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, padding, rsa
from cryptography.x509.oid import NameOID

NOW = datetime.now(timezone.utc).replace(microsecond=0)
PSS = padding.PSS(padding.MGF1(hashes.SHA384()), 48)

ALGORITHMS = [
    ("rsa", hashes.SHA256(), None, "RSA", 2048, "SHA256withRSA"),
    ("rsa", hashes.SHA512(), None, "RSA", 2048, "SHA512withRSA"),
    ("rsa", hashes.SHA384(), PSS, "RSA", 2048, "RSASSA-PSS"),
    ("p256", hashes.SHA256(), None, "EC", 256, "SHA256withECDSA"),
    ("p384", hashes.SHA384(), None, "EC", 384, "SHA384withECDSA"),
    ("p521", hashes.SHA512(), None, "EC", 521, "SHA512withECDSA"),
    ("dsa", hashes.SHA256(), None, "DSA", 2048, "SHA256withDSA"),
    ("ed25519", None, None, "Ed25519", 255, "Ed25519"),
    ("ed448", None, None, "Ed448", 448, "Ed448"),
]
KEYS: dict[str, Any] = {
    "rsa": lambda: rsa.generate_private_key(65537, 2048),
    "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
    "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
    "dsa": lambda: dsa.generate_private_key(2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate,
    "ed448": ed448.Ed448PrivateKey.generate,
}


def self_signed(
    key: Any,
    algorithm: Any,
    pss: padding.PSS | None = None,
    *,
    name: x509.Name | None = None,
    serial: int = 0x0AF3,
) -> bytes:
    name = name or x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"), x509.NameAttribute(NameOID.COMMON_NAME, "a")]
    )
    builder = x509.CertificateBuilder(name, name, key.public_key(), serial, NOW, NOW + timedelta(days=9))
    return builder.sign(key, algorithm, rsa_padding=pss).public_bytes(serialization.Encoding.DER)


@pytest.mark.parametrize(("kind", "algorithm", "pss", "key_type", "key_size", "java_name"), ALGORITHMS)
def test_keys_and_signatures(
    kind: str,
    algorithm: hashes.HashAlgorithm | None,
    pss: padding.PSS | None,
    key_type: str,
    key_size: int,
    java_name: str,
) -> None:
    key = KEYS[kind]()
    certificate = parse_certificate(self_signed(key, algorithm, pss))
    assert (certificate.key_type, certificate.key_size, certificate.signature_algorithm) == (
        key_type,
        key_size,
        java_name,
    )
    assert verify_signature(certificate, certificate) is True
    other = parse_certificate(self_signed(KEYS[kind](), algorithm, pss))
    assert verify_signature(certificate, other) is False
    spki = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    digest = hashes.Hash(hashes.SHA256())
    digest.update(spki)
    assert certificate.spki_sha256 == digest.finalize().hex(":")


@pytest.mark.parametrize("digest", ["md5", "sha1", "sha224", "sha384", "sha3-256"])
def test_old_and_rare_hashes_are_checked(digest: str, chain: Chain) -> None:
    """The library's own issuer check refuses SHA-1 and MD5; old in-house CAs use them."""
    pem = openssl(
        "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-keyout", "/dev/null", "-subj", "/CN=old", f"-{digest}"
    )
    certificate = parse_certificate(openssl("x509", "-outform", "DER", given=pem))
    assert verify_signature(certificate, certificate) is True
    broken = certificate.der[:-1] + bytes([certificate.der[-1] ^ 1])
    assert verify_signature(parse_certificate(broken), certificate) is False


def test_a_pss_key_verifies_nothing_but_pss() -> None:
    """RFC 4055, section 1.2."""
    pem = openssl(
        "req",
        "-x509",
        "-newkey",
        "rsa-pss",
        "-pkeyopt",
        "rsa_keygen_bits:2048",
        "-noenc",
        "-keyout",
        "/dev/null",
        "-subj",
        "/CN=pss",
    )
    certificate = parse_certificate(openssl("x509", "-outform", "DER", given=pem))
    assert certificate.signature_algorithm == "RSASSA-PSS"
    assert certificate.key_type == "RSA"
    assert verify_signature(certificate, certificate) is True
    plain = parse_certificate(self_signed(KEYS["rsa"](), hashes.SHA256()))
    assert verify_signature(plain, certificate) is False


def test_fields_as_openssl_and_keytool_show_them(chain: Chain) -> None:
    for credential, certificate in zip((chain.leaf, chain.intermediate, chain.root), chain.certificates, strict=True):
        given = credential.pem.encode()
        shown = openssl(
            "x509",
            "-noout",
            "-serial",
            "-fingerprint",
            "-sha256",
            "-nameopt",
            "RFC2253,sep_comma_plus_space",
            "-subject",
            "-issuer",
            given=given,
        ).decode()
        fields = dict(line.split("=", 1) for line in shown.splitlines())
        assert certificate.serial_number == fields["serial"].lstrip("0")
        assert certificate.fingerprint_sha256 == fields["sha256 Fingerprint"].lower()
        assert certificate.subject == fields["subject"]
        assert certificate.issuer == fields["issuer"]
        assert certificate.pem.encode() == given
        keytool = subprocess.run(
            ["keytool", "-printcert"], input=given, capture_output=True, check=True
        ).stdout.decode()
        assert f"Owner: {certificate.subject}\n" in keytool
        assert f"SHA256: {certificate.fingerprint_sha256.upper()}\n" in keytool
        assert f"Signature algorithm name: {certificate.signature_algorithm}\n" in keytool
        expected = credential.certificate
        assert (certificate.not_before, certificate.not_after) == (
            expected.not_valid_before_utc,
            expected.not_valid_after_utc,
        )
        assert certificate.is_ca is expected.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    leaf, _unused, root = chain.certificates
    assert leaf.subject_alternative_names == ("DNS:receiver.example",)
    assert leaf.extended_key_usages == ("serverAuth", "clientAuth")
    assert (leaf.self_signed, root.self_signed) == (False, True)
    assert root.extended_key_usages is None


def test_the_public_form(chain: Chain) -> None:
    assert chain.certificates[0].to_result() == {
        "subject": "CN=receiver.example, O=Example, C=DE",
        "issuer": "CN=Example Issuing CA, O=Example, C=DE",
        "serial_number": f"{chain.leaf.certificate.serial_number:X}",
        "not_before": chain.leaf.certificate.not_valid_before_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "not_after": chain.leaf.certificate.not_valid_after_utc.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "fingerprint_sha256": chain.leaf.fingerprint_sha256,
        "spki_sha256": chain.certificates[0].spki_sha256,
        "key_type": "EC",
        "key_size": 256,
        "signature_algorithm": "SHA256withECDSA",
        "is_ca": False,
        "self_signed": False,
        "subject_alternative_names": ["DNS:receiver.example"],
    }


@pytest.mark.parametrize(
    "value", ["X, Inc.", 'say "hi"', "a+b", "back\\slash", " blanks ", "#1", "Müller <ö>;", "日本", "C=fake, CN=x"]
)
def test_names_are_escaped_as_openssl_does(value: str) -> None:
    """RFC 4514, section 2.4."""
    name = x509.Name(
        [x509.NameAttribute(NameOID.ORGANIZATION_NAME, "First"), x509.NameAttribute(NameOID.COMMON_NAME, value)]
    )
    der = self_signed(KEYS["p256"](), hashes.SHA256(), name=name)
    option = "esc_2253,utf8,dn_rev,sname,sep_comma_plus_space"
    shown = openssl("x509", "-inform", "DER", "-noout", "-subject", "-nameopt", option, given=der).decode()
    assert "subject=" + parse_certificate(der).subject == shown.rstrip("\n")


def test_a_name_cannot_move_the_cursor_of_a_terminal() -> None:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a\x1b[2J\nb\u202ec")])
    subject = parse_certificate(self_signed(KEYS["p256"](), hashes.SHA256(), name=name)).subject
    assert subject == r"CN=a\1B[2J\0Ab\E2\80\AEc"


def test_both_ends_belong_to_the_validity(chain: Chain) -> None:
    leaf, second = chain.certificates[0], timedelta(seconds=1)
    assert leaf.valid_at(leaf.not_before)
    assert leaf.valid_at(leaf.not_after)
    assert not leaf.valid_at(leaf.not_before - second)
    assert not leaf.valid_at(leaf.not_after + second)


def test_equal_by_bytes_alone(chain: Chain) -> None:
    assert parse_certificate(chain.leaf.der) == parse_certificate(chain.leaf.der)
    assert len({parse_certificate(chain.leaf.der) for _unused in range(3)}) == 1
    assert parse_certificate(chain.leaf.der) != parse_certificate(chain.root.der)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"\x02\x01\x02", b"\x02\x01\x01", "it has extensions, but says that it is of version 2"),
        (b"\x02\x01\x02", b"\x02\x01\x07", "it has an unknown version"),
        (b"\x17\x0d", b"\x04\x0d", "a date is written in no known form"),
    ],
)
def test_what_no_certificate_may_say(chain: Chain, old: bytes, new: bytes, reason: str) -> None:
    with pytest.raises(BadCertificate, match=f"The certificate cannot be read: {reason}"):
        parse_certificate(chain.leaf.der.replace(old, new, 1))


def test_bytes_after_the_end(chain: Chain) -> None:
    with pytest.raises(BadCertificate, match="bytes after its end"):
        parse_certificate(chain.leaf.der + b"\0")
