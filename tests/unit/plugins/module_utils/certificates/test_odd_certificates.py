# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Certificates that are unusual or wrong in one place: read when they are in use, never trusted when they may not."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.asn1 import (
    Asn1Error,
    decode_time,
    read_element,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.signature import (
    verify_signature,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.trust import (
    validates,
    validation_problem,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Authority,
    Chain,
    openssl,
    sequence,
)
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

UTC, GENERALIZED = 0x17, 0x18
RSA, RSA_PSS = (bytes.fromhex("06092a864886f70d0101") + last for last in (b"\x01", b"\x0a"))


@pytest.mark.parametrize(
    ("tag", "text", "expected"),
    [
        (UTC, "260102030405Z", "2026-01-02T03:04:05+00:00"),
        (UTC, "490101000000Z", "2049-01-01T00:00:00+00:00"),
        (UTC, "500101000000Z", "1950-01-01T00:00:00+00:00"),
        (UTC, "2601020304Z", "2026-01-02T03:04:00+00:00"),
        (UTC, "260102030405+0100", "2026-01-02T02:04:05+00:00"),
        (UTC, "260102030405-0130", "2026-01-02T04:34:05+00:00"),
        (GENERALIZED, "20500102030405Z", "2050-01-02T03:04:05+00:00"),
        (GENERALIZED, "202601020304Z", "2026-01-02T03:04:00+00:00"),
        (GENERALIZED, "20260102030405.5Z", "2026-01-02T03:04:05.500000+00:00"),
        (GENERALIZED, "99991231235959Z", "9999-12-31T23:59:59+00:00"),
        (GENERALIZED, "00000101000001Z", "0001-01-01T00:00:01+00:00"),
    ],
)
def test_dates(tag: int, text: str, expected: str) -> None:
    """RFC 5280, 4.1.2.5, and the older forms of X.680."""
    assert decode_time(read_element(bytes([tag, len(text)]) + text.encode())) == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text", ["", "Z", "260230000000Z", "261301000000Z", "260101250000Z", "19020701025736Z", "x" * 13]
)
def test_dates_that_are_none(text: str) -> None:
    with pytest.raises(Asn1Error, match="a date"):
        decode_time(read_element(bytes([UTC, len(text)]) + text.encode()))


def test_an_extension_twice(chain: Chain) -> None:
    """RFC 5280, 4.2."""
    key_identifier, usage = bytes.fromhex("0603551d0e"), bytes.fromhex("0603551d23")
    with pytest.raises(BadCertificate, match=r"it has the extension 2\.5\.29\.35 twice"):
        parse_certificate(chain.leaf.der.replace(key_identifier, usage, 1))


def test_two_names_of_the_signature_algorithm(chain: Chain) -> None:
    """RFC 5280, 4.1.1.2: the one inside and the one outside must be equal."""
    leaf, intermediate, _unused = chain.certificates
    sha256, sha384 = bytes.fromhex("06082a8648ce3d040302"), bytes.fromhex("06082a8648ce3d040303")
    algorithm = sequence(sha256)
    signed, key = leaf.signature.signed, chain.intermediate.key
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    for inside in (signed, signed.replace(sha256, sha384, 1)):
        signature = key.sign(inside, ec.ECDSA(hashes.SHA256()))
        bits = bytes([0x03, len(signature) + 1, 0]) + signature
        made = parse_certificate(sequence(inside + algorithm + bits))
        assert verify_signature(made, intermediate) is (inside == signed)


def test_a_key_for_pss_alone_made_no_other_signature(rsa_chain: Chain) -> None:
    """RFC 4055, 1.2: the same numbers, but the key says that it is for RSASSA-PSS."""
    root = rsa_chain.certificates[2]
    assert verify_signature(root, root) is True
    restricted = parse_certificate(root.der.replace(RSA, RSA_PSS))
    assert restricted.public_key.kind == "RSASSA-PSS"
    assert verify_signature(root, restricted) is False


def test_an_extension_that_cannot_be_read_is_shown_but_not_trusted() -> None:
    broken = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.37"), b"\x30\x03\x02\x01\x01")
    root, host = Authority("Root"), Authority("host")
    leaf, anchor = root.signs(host, ca=False, extensions=[(broken, False)]), root.signs(root)
    assert leaf.extended_key_usages is None
    now = datetime.now(timezone.utc)
    assert not validates([leaf], [anchor], at=now)
    problem = validation_problem([leaf], [anchor], at=now, server_name=None)
    assert problem == "CN=host has an extension that cannot be read: 2.5.29.37."


def test_md5_below_an_anchor(tmp_path: Path) -> None:
    """Java: jdk.certpath.disabledAlgorithms. The anchor's own signature does not matter."""
    key = str(tmp_path / "key.pem")
    openssl("genrsa", "-out", key, "2048")
    old, new = (
        parse_certificate(openssl("req", "-x509", "-key", key, "-subj", "/CN=Root", f"-{digest}", "-outform", "DER"))
        for digest in ("md5", "sha256")
    )
    at = datetime.now(timezone.utc) + timedelta(minutes=1)
    assert validates([new], [old], at=at)
    assert not validates([old], [new], at=at)
    problem = validation_problem([old], [new], at=at, server_name=None)
    assert problem == "CN=Root is signed with MD5withRSA, which Java refuses."


def test_an_unknown_signature_algorithm_is_neither_right_nor_wrong(chain: Chain) -> None:
    leaf, intermediate, _unused = chain.certificates
    unknown = parse_certificate(leaf.der.replace(bytes.fromhex("2a8648ce3d040302"), bytes.fromhex("2a8648ce3d04037f")))
    assert unknown.signature_algorithm == "1.2.840.10045.4.3.127"
    assert verify_signature(unknown, intermediate) is None
