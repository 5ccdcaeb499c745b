# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every encoding of a signing response, made by openssl, keytool and certtool, against one reader."""

from __future__ import annotations

import base64
import shutil
import subprocess
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.encodings import (
    read_certificates,
    read_one_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    encodings_of,
    indefinite,
    openssl,
    sequence,
)


@pytest.mark.parametrize("keys", ["chain", "rsa_chain", "p521_chain"])
def test_every_encoding_gives_the_same_certificates(keys: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    chain: Chain = request.getfixturevalue(keys)
    encodings = encodings_of(chain, tmp_path)
    assert len(encodings) >= 30
    for name, data in encodings.items():
        found = [certificate.der for certificate in read_certificates(data)]
        assert found == chain.ders, name


def test_the_order_in_the_file_is_kept(chain: Chain) -> None:
    """PkiPath has the top CA first (ITU-T X.509)."""
    assert [c.der for c in read_certificates(sequence(b"".join(reversed(chain.ders))))] == chain.ders[::-1]


def test_keytool_writes_what_is_read(rsa_chain: Chain, tmp_path: Path) -> None:
    store = ["-keystore", str(tmp_path / "store.p12"), "-storepass", "changeit"]
    (tmp_path / "root.pem").write_text(rsa_chain.root.pem)
    run = subprocess.run
    run(
        ["keytool", "-importcert", "-noprompt", "-alias", "root", "-file", str(tmp_path / "root.pem"), *store],
        check=True,
        capture_output=True,
    )
    der = run(["keytool", "-exportcert", "-alias", "root", *store], check=True, capture_output=True).stdout
    pem = run(["keytool", "-exportcert", "-rfc", "-alias", "root", *store], check=True, capture_output=True).stdout
    listed = run(["keytool", "-list", "-rfc", *store], check=True, capture_output=True).stdout
    for data in (der, pem, listed):
        assert read_one_certificate(data).der == rsa_chain.root.der


@pytest.mark.skipif(shutil.which("certtool") is None, reason="certtool (Debian package gnutls-bin) is not installed")
def test_certtool_writes_what_is_read(chain: Chain, tmp_path: Path) -> None:
    source = tmp_path / "chain.pem"
    source.write_bytes(chain.pem)
    for form in ([], ["--outder"]):
        command = ["certtool", "--p7-generate", "--load-certificate", str(source), *form]
        data = subprocess.run(command, check=True, capture_output=True).stdout
        assert {c.der for c in read_certificates(data)} <= set(chain.ders), form
    info = subprocess.run(["certtool", "-i", "--infile", str(source)], check=True, capture_output=True).stdout
    assert [c.der for c in read_certificates(info)] == chain.ders


def test_trust_data_of_openssl_is_left_behind(chain: Chain) -> None:
    trusted = openssl(
        "x509", "-trustout", "-addtrust", "serverAuth", "-setalias", "a root", given=chain.root.pem.encode()
    )
    assert b"TRUSTED CERTIFICATE" in trusted
    assert read_one_certificate(trusted).der == chain.root.der


def test_revocation_lists_beside_certificates_are_passed_over(chain: Chain, tmp_path: Path) -> None:
    crl = _empty_crl(chain)
    (tmp_path / "crl.pem").write_bytes(crl)
    (tmp_path / "chain.pem").write_bytes(chain.pem)
    both = openssl(
        "crl2pkcs7", "-in", str(tmp_path / "crl.pem"), "-certfile", str(tmp_path / "chain.pem"), "-outform", "DER"
    )
    assert [c.der for c in read_certificates(both)] == chain.ders
    assert [c.der for c in read_certificates(chain.pem + crl)] == chain.ders


@pytest.mark.parametrize("depth", range(1, 7))
def test_indefinite_lengths_at_any_depth(chain: Chain, tmp_path: Path, depth: int) -> None:
    """openssl must agree that the sample is right."""
    (tmp_path / "chain.pem").write_bytes(chain.pem)
    der = openssl("crl2pkcs7", "-nocrl", "-certfile", str(tmp_path / "chain.pem"), "-outform", "DER")
    ber = indefinite(der, depth=depth)
    assert ber != der
    assert openssl("pkcs7", "-inform", "DER", "-print_certs", given=ber).count(b"BEGIN CERTIFICATE") == 3
    for data in (ber, base64.encodebytes(ber), ber + b"\n"):
        assert [c.der for c in read_certificates(data)] == chain.ders


def test_one_certificate_is_exactly_one(chain: Chain) -> None:
    assert read_one_certificate(chain.root.pem.encode() * 3).der == chain.root.der
    with pytest.raises(
        BadCertificate, match=r"There are 3 certificates in it where one is needed: CN=receiver\.example"
    ):
        read_one_certificate(chain.pem)


@pytest.mark.parametrize(("reader", "limit"), [(read_certificates, 30720), (read_one_certificate, 10240)])
def test_the_size_is_refused_before_the_content_is_read(reader: object, limit: int) -> None:
    assert callable(reader)
    with pytest.raises(BadCertificate, match=rf"It has {limit + 1} bytes, more than the {limit}"):
        reader(b"~" * (limit + 1))
    with pytest.raises(BadCertificate, match="There is no certificate in it"):
        reader(b"~" * limit)


class TestAGoodBlockNeverHidesABrokenOne:
    def test_a_missing_end(self, chain: Chain) -> None:
        broken = chain.root.pem.replace("-----END CERTIFICATE-----", "")
        with pytest.raises(BadCertificate, match=r"Block 2 \(CERTIFICATE\) begins but has no END line"):
            read_certificates((chain.leaf.pem + broken).encode())
        with pytest.raises(BadCertificate, match=r"Block 1 \(CERTIFICATE\) begins but has no END line"):
            read_certificates((broken + chain.leaf.pem).encode())

    @pytest.mark.parametrize(
        "damage",
        [
            "----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
            "\u2014BEGIN CERTIFICATE\u2014\nMIIB\n",
            "MIIB\n-----END CERTIFICATE-----\n",
            "- - - BEGIN CERTIFICATE\n",
        ],
    )
    def test_a_damaged_boundary(self, chain: Chain, damage: str) -> None:
        with pytest.raises(BadCertificate, match="A BEGIN or END line is damaged"):
            read_certificates((chain.leaf.pem + damage).encode())

    @pytest.mark.parametrize(
        ("old", "new"),
        [("MII", "MI"), ("MII", "M!I"), ("MII", "MII="), ("MII", "MII\nComment: x\n")],
        ids=["short", "sign", "padding", "header"],
    )
    def test_broken_base64(self, chain: Chain, old: str, new: str) -> None:
        with pytest.raises(BadCertificate, match="Block 2 "):
            read_certificates((chain.leaf.pem + chain.root.pem.replace(old, new, 1)).encode())

    def test_an_empty_block(self, chain: Chain) -> None:
        with pytest.raises(BadCertificate, match=r"Block 2 \(CERTIFICATE\) is empty"):
            read_certificates(chain.leaf.pem.encode() + b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n")

    @pytest.mark.parametrize("cut", [1, 50, 300])
    def test_a_cut_certificate_in_a_row(self, chain: Chain, cut: int) -> None:
        with pytest.raises(BadCertificate, match="cut off"):
            read_certificates(b"".join(chain.ders)[:-cut])

    def test_bytes_after_the_end(self, chain: Chain) -> None:
        for rest in (b"\0", b"garbage", b"\n\0"):
            with pytest.raises(BadCertificate):
                read_certificates(chain.leaf.der + rest)

    def test_a_request_beside_certificates(self, chain: Chain) -> None:
        with pytest.raises(BadCertificate, match="certificate signing request"):
            read_certificates(chain.pem + _request(chain))


def _request(chain: Chain) -> bytes:
    return openssl(
        "req", "-new", "-subj", "/CN=receiver.example", "-key", "/dev/stdin", given=chain.leaf.key_pem.encode()
    )


def _empty_crl(chain: Chain) -> bytes:
    from datetime import datetime, timedelta, timezone

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization

    now = datetime.now(timezone.utc)
    builder = x509.CertificateRevocationListBuilder(chain.root.certificate.subject, now, now + timedelta(days=1))
    return builder.sign(chain.root.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)
