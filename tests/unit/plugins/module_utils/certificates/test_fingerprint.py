# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fingerprints in the forms that browsers, openssl, keytool and SAP's own pages write."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.fingerprint import (
    fingerprint_sha256,
    normalise_fingerprint,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    openssl,
)

PAIRS = [f"{number:02x}" for number in range(0xA0, 0xC0)]
EXPECTED = ":".join(PAIRS)
PLAIN = "".join(PAIRS)


@pytest.mark.parametrize(
    "text",
    [
        EXPECTED,
        EXPECTED.upper(),
        PLAIN,
        PLAIN.upper(),
        " ".join(PAIRS),
        "-".join(PAIRS),
        f"  {EXPECTED}\n",
        " ".join(PLAIN[start : start + 8] for start in range(0, 64, 8)),
        f"sha256:{PLAIN}",
        f"SHA-256: {EXPECTED}",
        f"SHA256 Fingerprint={EXPECTED.upper()}",
        f"sha256 Fingerprint={EXPECTED.upper()}",
        f"SHA-256 Fingerprint: {EXPECTED}",
        f"SHA256 Thumbprint {PLAIN}",
        "\u200e" + " ".join(PAIRS),
    ],
)
def test_every_common_form(text: str) -> None:
    assert normalise_fingerprint(text) == EXPECTED


def test_as_openssl_writes_it(chain: Chain) -> None:
    written = openssl("x509", "-noout", "-fingerprint", "-sha256", given=chain.leaf.pem.encode()).decode()
    assert normalise_fingerprint(written) == fingerprint_sha256(chain.leaf.der) == chain.leaf.fingerprint_sha256


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not written in hexadecimal"),
        ("sha256:", "not written in hexadecimal"),
        ("not a fingerprint", "not written in hexadecimal"),
        (PLAIN[:-1] + "g", "not written in hexadecimal"),
        (PLAIN[:-1], "has 63 hexadecimal digits"),
        (PLAIN[:40], "looks like SHA-1"),
        (PLAIN[:32], "looks like MD5"),
        (PLAIN * 2, "looks like SHA-512"),
        ("sha1:" + PLAIN, "not written in hexadecimal"),
    ],
)
def test_anything_else_is_refused(text: str, reason: str) -> None:
    with pytest.raises(BadCertificate, match=reason):
        normalise_fingerprint(text)
