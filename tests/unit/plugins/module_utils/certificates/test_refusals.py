# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that people hand in by mistake: each gets its own sentence, and no byte of a key is repeated."""

from __future__ import annotations

import base64
import io
import re
import subprocess
import zipfile
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.encodings import (
    read_certificates,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.tests import pki
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    openssl,
    sequence,
)
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa
from cryptography.hazmat.primitives.serialization import pkcs12


def refusal(data: bytes) -> str:
    with pytest.raises(BadCertificate) as caught:
        read_certificates(data)
    return str(caught.value)


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "It is empty"),
        (b" \r\n\t", "It is empty"),
        (b"\xef\xbb\xbf", "It is empty"),
        (b"Dear customer,\nyour certificate is ready.\n", "looks like plain text"),
        (b"0123 is not DER", "looks like plain text"),
        (b"<!DOCTYPE html><html><body>Please log in</body></html>", "looks like an HTML page"),
        (b"\n\n<HTML>\n<head></head></HTML>", "looks like an HTML page"),
        (b"<?xml version='1.0'?><soap:Envelope/>", "looks like XML"),
        (b'{"data": "-----BEGIN CERTIFICATE-----\\nMIIB\\n-----END CERTIFICATE-----"}', "looks like JSON"),
        (b"MIME-Version: 1.0\nContent-Type: application/pkcs7-mime\n\nMIIB", "looks like an e-mail message"),
        (b"ssh-rsa AAAAB3NzaC1yc2E user@host", "looks like an SSH key"),
        (b"SPKAC=MIIB", "signing request (SPKAC)"),
        (b"%PDF-1.7\n%\xe2\xe3", "looks like a PDF document"),
        (b"\xfe\xed\xfe\xed\0\0\0\2\0\0\0\0", "looks like a Java keystore (JKS)"),
        (b"\xce\xce\xce\xce\0\0\0\2\0\0\0\0", "looks like a Java keystore (JCEKS)"),
        (b"\x1f\x8b\x08\0\0\0\0\0", "looks like a gzip archive"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0", "looks like an Outlook message"),
        (b"\x89PNG\r\n\x1a\n\0\0", "binary data of an unknown kind"),
        (b"MIIB" * 40, "it is cut off"),
        (b"MIIB" * 40 + b"=", "base64 text that is damaged"),
        (b"0 s:CN = a\n   i:CN = b\n" + b"-" * 60, "looks like plain text"),
        (b"\x30\x03\x0a\x01\x01", "answer about revocation (OCSP)"),
        (b"\x30\0", "ASN.1 data of an unknown kind"),
        (b"\x30\x80\0\0", "ASN.1 data of an unknown kind"),
        (b"-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n", "a public key without"),
    ],
)  # fmt: skip
def test_each_kind_has_its_own_sentence(data: bytes, sentence: str) -> None:
    assert sentence in refusal(data)


def test_archives_and_keystores(chain: Chain, tmp_path: Path) -> None:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("chain.pem", chain.pem)
    assert "looks like a ZIP archive" in refusal(archive.getvalue())

    store = pkcs12.serialize_key_and_certificates(
        b"a", chain.leaf.key, chain.leaf.certificate, None, serialization.BestAvailableEncryption(b"secret")
    )
    for data in (store, base64.encodebytes(store)):
        assert "looks like a PKCS#12 keystore" in refusal(data)

    subprocess.run(
        ["keytool", "-genkeypair", "-alias", "a", "-keyalg", "EC", "-dname", "CN=a", "-storetype", "JKS",
         "-storepass", "changeit", "-keypass", "changeit", "-keystore", str(tmp_path / "store.jks")],
        check=True, capture_output=True,
    )  # fmt: skip
    assert "looks like a Java keystore (JKS)" in refusal((tmp_path / "store.jks").read_bytes())


def test_signing_requests_and_revocation_lists(chain: Chain) -> None:
    key = chain.leaf.key_pem.encode()
    request = openssl("req", "-new", "-subj", "/CN=a", "-key", "/dev/stdin", given=key)
    der = openssl("req", "-outform", "DER", given=request)
    bare = b"".join(request.splitlines(keepends=True)[1:-1])
    mislabelled = request.replace(b"CERTIFICATE REQUEST", b"CERTIFICATE")
    for data in (request, der, bare, mislabelled, request.replace(b"CERTIFICATE REQUEST", b"NEW CERTIFICATE REQUEST")):
        assert "looks like a certificate signing request (CSR)" in refusal(data)
    public = openssl("pkey", "-pubout", given=key)
    for data in (public, openssl("pkey", "-pubin", "-outform", "DER", given=public)):
        assert "looks like a public key without a certificate" in refusal(data)


def test_revocation_list_alone(chain: Chain) -> None:
    from datetime import datetime, timedelta, timezone

    from cryptography import x509

    now = datetime.now(timezone.utc)
    builder = x509.CertificateRevocationListBuilder(chain.root.certificate.subject, now, now + timedelta(days=1))
    crl = builder.sign(chain.root.key, hashes.SHA256())
    for encoding in (serialization.Encoding.PEM, serialization.Encoding.DER):
        assert "looks like a certificate revocation list (CRL)" in refusal(crl.public_bytes(encoding))


def test_pkcs7_that_is_no_answer(chain: Chain, tmp_path: Path) -> None:
    (tmp_path / "leaf.pem").write_text(chain.leaf.pem)
    (tmp_path / "key.pem").write_text(chain.leaf.key_pem)
    signer = ["-signer", str(tmp_path / "leaf.pem"), "-inkey", str(tmp_path / "key.pem"), "-outform", "DER"]
    signed = openssl("cms", "-sign", "-nodetach", *signer, given=b"a message")
    assert "is a signed message that carries certificates" in refusal(signed)
    without = openssl("cms", "-sign", "-nocerts", *signer, given=b"a message")
    assert "The PKCS#7 holds no certificate" in refusal(without)
    encrypted = openssl("cms", "-encrypt", "-outform", "DER", str(tmp_path / "leaf.pem"), given=b"a message")
    assert "PKCS#7 that holds an encrypted message" in refusal(encrypted)
    empty = openssl("crl2pkcs7", "-nocrl", "-outform", "DER", given=b"")
    assert "The PKCS#7 holds no certificate" in refusal(empty)


class TestPrivateKeys:
    """Refused wherever and however they stand, by one sentence, without their bytes."""

    SENTENCE = "There is a private key in it, which must not be sent to anyone"

    def encodings(self, key: pki.PrivateKey | dsa.DSAPrivateKey) -> list[bytes]:
        pem, der = serialization.Encoding.PEM, serialization.Encoding.DER
        old, new = serialization.PrivateFormat.TraditionalOpenSSL, serialization.PrivateFormat.PKCS8
        plain, locked = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"secret")
        return [
            key.private_bytes(pem, new, plain),
            key.private_bytes(pem, old, plain),
            key.private_bytes(pem, new, locked),
            key.private_bytes(pem, old, locked),
            key.private_bytes(der, new, plain),
            key.private_bytes(der, old, plain),
            key.private_bytes(der, new, locked),
        ]

    @pytest.mark.parametrize("kind", ["rsa", "ec", "dsa"])
    def test_every_encoding(self, kind: str, chain: Chain) -> None:
        key = {"rsa": pki.rsa_key, "ec": pki.ec_key, "dsa": lambda: dsa.generate_private_key(2048)}[kind]()
        for data in self.encodings(key):
            secret = max(
                re.findall(rb"[A-Za-z0-9+/]{20,}", data if data.startswith(b"-") else base64.b64encode(data)), key=len
            )
            forms = (
                [data, chain.pem + data, data + chain.pem]
                if data.startswith(b"-")
                else [data, chain.leaf.der + data, base64.encodebytes(data)]
            )
            if not data.startswith(b"-"):
                forms.append(
                    b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(data) + b"-----END CERTIFICATE-----\n"
                )
            for form in forms:
                message = refusal(form)
                assert self.SENTENCE in message
                assert secret.decode()[:20] not in message

    def test_other_forms(self, chain: Chain) -> None:
        for data in (
            b"PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
            b'{"kty": "RSA", "n": "0vx7", "e": "AQAB", "d": "X4cTteJY"}',
            b"-----BEGIN PGP PRIVATE KEY BLOCK-----\n",
            chain.pem + b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB",
        ):
            assert self.SENTENCE in refusal(data)


def test_a_path_with_something_else_in_it(chain: Chain) -> None:
    refusal(sequence(chain.leaf.der + sequence(b"\2\1\1")))
