# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Host names against certificates: RFC 6125, section 6, and RFC 9525, with openssl as the second opinion."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import Certificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.host_name import made_out_to
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Authority,
    openssl,
)
from cryptography import x509


def made_for(*hosts: str, common_name: str = "cn.example") -> Certificate:
    names = [x509.IPAddress(ipaddress.ip_address(h)) if h[0].isdigit() or ":" in h else x509.DNSName(h) for h in hosts]
    extensions = [(x509.SubjectAlternativeName(names), False)] if names else []
    return Authority("Root").signs(Authority(common_name), ca=False, extensions=extensions)


@pytest.mark.parametrize(
    ("hosts", "asked", "expected"),
    [
        (["a.example"], "a.example", True),
        (["a.example"], "A.EXAMPLE", True),
        (["A.Example"], "a.example", True),
        (["a.example"], "b.example", False),
        (["b.example", "a.example"], "a.example", True),
        (["a.example"], "x.a.example", False),
        (["*.example.com"], "a.example.com", True),
        (["*.example.com"], "example.com", False),
        (["*.example.com"], "a.b.example.com", False),
        (["*.com"], "example.com", False),
        (["a.*.example"], "a.b.example", False),
        (["*"], "localhost", False),
        (["192.0.2.1"], "192.0.2.1", True),
        (["192.0.2.1"], "192.0.2.2", False),
        (["2001:db8::1"], "2001:db8:0:0::1", True),
        (["a.example"], "192.0.2.1", False),
        (["xn--mller-kva.example"], "xn--mller-kva.example", True),
        ([], "cn.example", True),
        ([], "other.example", False),
        (["a.example"], "cn.example", False),
    ],
)
def test_as_openssl_judges(hosts: list[str], asked: str, expected: bool, tmp_path: Path) -> None:
    certificate = made_for(*hosts)
    assert made_out_to(certificate, asked) is expected
    option = "-checkip" if asked[0].isdigit() else "-checkhost"
    said = openssl("x509", "-noout", option, asked, given=certificate.pem.encode()).decode()
    assert ("does match" in said) is expected


@pytest.mark.parametrize(
    ("hosts", "asked", "expected"),
    [
        (["f*.example.com"], "foo.example.com", False),  # RFC 9525 allows the star for a whole label only
        (["a.example"], "a.example.", True),
        (["a.example."], "a.example", True),
        (["xn--mller-kva.example"], "müller.example", True),
        (["2001:db8::1"], "[2001:db8::1]", True),
        (["192.0.2.1"], "cn.example", True),
        (["a.example"], "", False),
        (["a.example"], "a" * 70 + "ü.example", False),
    ],
)
def test_where_openssl_has_another_habit(hosts: list[str], asked: str, expected: bool) -> None:
    assert made_out_to(made_for(*hosts), asked) is expected
