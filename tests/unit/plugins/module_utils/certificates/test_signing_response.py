# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read from a CA, and what is sent to the tenant instead of the user's own bytes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.signing_response import (
    normalise_chain,
    read_signing_response,
)
from ansible_collections.certops.sap_cloud_integration.tests import pki
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    encodings_of,
    openssl,
)


def test_every_encoding_becomes_the_same_bytes(chain: Chain, tmp_path: Path) -> None:
    sent = {normalise_chain(read_signing_response(data)) for data in encodings_of(chain, tmp_path).values()}
    assert sent == {chain.pem}


def test_java_reads_what_is_sent(rsa_chain: Chain, tmp_path: Path) -> None:
    """keytool uses the reader that a Java tenant has."""
    (tmp_path / "sent.pem").write_bytes(normalise_chain(rsa_chain.certificates))
    shown = subprocess.run(
        ["keytool", "-printcert", "-file", str(tmp_path / "sent.pem")], capture_output=True, check=True
    )
    assert [line for line in shown.stdout.decode().splitlines() if "SHA256:" in line] == [
        f"\t SHA256: {certificate.fingerprint_sha256.upper()}" for certificate in rsa_chain.certificates
    ]


def test_the_documented_size_limit() -> None:
    """SAP Help: 30720 bytes."""
    with pytest.raises(BadCertificate, match="The signing response has 30721 bytes, and a tenant takes at most 30720"):
        read_signing_response(b"0" * 30721)


def test_a_chain_too_long_for_pem_is_sent_as_der() -> None:
    """PKCS#7 in DER just within the limit grows by a third as PEM."""
    certificates = [parse_certificate(pki.make_root(f"{'Root ' * 12}{number}").der) for number in range(45)]
    sent = normalise_chain(certificates)
    assert len(sent) <= 30072
    assert sent == b"".join(certificate.der for certificate in certificates)
    assert openssl("asn1parse", "-inform", "DER", given=sent)
    with pytest.raises(BadCertificate, match="more than the 30072 that a tenant takes"):
        normalise_chain(certificates * 2)
