# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names as text, and names in constraints."""

from __future__ import annotations

import ipaddress
from datetime import datetime, timezone

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.names import same_name_text
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.trust import validates
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Authority,
    certificate,
)
from cryptography import x509
from cryptography.x509.oid import NameOID


@pytest.mark.parametrize(
    ("ours", "tenants", "expected"),
    [
        ("CN=host, O=SAP, C=DE", "CN=host, O=SAP, C=DE", True),
        ("CN=host, O=SAP, C=DE", "CN=host,O=SAP,C=DE", True),
        ("CN=host, O=SAP, C=DE", "C=DE, O=SAP, CN=host", True),
        ("CN=host, O=SAP, C=DE", "cn=HOST, o=sap, c=de", True),
        (
            r"CN=a, OU=(c) 2008 X\, Inc. - For authorized use only",
            'CN=a, OU="(c) 2008 X, Inc. - For authorized use only"',
            True,
        ),
        (r"CN=say \"hi\"", r'CN="say \"hi\""', True),
        ("CN=a  b", "CN=a b", True),
        ("CN=Müller", r"CN=M\C3\BCller", True),
        ("CN=STRASSE", "CN=straße", True),
        ("EMAILADDRESS=a@b.example, CN=x", "E=a@b.example, CN=x", True),
        ("ST=Bayern", "S=Bayern", True),
        ("organizationIdentifier=VATDE-1", "OID.2.5.4.97=VATDE-1", True),
        ("CN=a+OU=b", "OU=b + CN=a", True),
        ("CN=a, OU=x, OU=y", "CN=a, OU=y, OU=x", True),
        ("CN=host, O=SAP, C=DE", "CN=other, O=SAP, C=DE", False),
        ("CN=host, O=SAP, C=DE", "CN=host, O=SAP", False),
        ("CN=a, OU=x", "CN=a, OU=x, OU=x", False),
        (r"CN=a\, O=b", "CN=a, O=b", False),
        ("CN=a", "CN=#13016100", None),
        ("CN=a", "CN=a, 1.2.3.4=x", None),
        ("CN=a", "not a name", None),
        ("CN=a", 'CN="a', None),
        ("CN=a", "", None),
        ("", "", None),
        ("CN=" + "a" * 5000, "CN=" + "a" * 4999, None),
    ],
)
def test_a_tenants_text_and_ours(ours: str, tenants: str, expected: bool | None) -> None:
    assert same_name_text(ours, tenants) is expected
    assert same_name_text(tenants, ours) is expected


def network(text: str) -> x509.IPAddress:
    return x509.IPAddress(ipaddress.ip_network(text))


def directory(**parts: str) -> x509.DirectoryName:
    oids = {"o": NameOID.ORGANIZATION_NAME, "cn": NameOID.COMMON_NAME}
    return x509.DirectoryName(x509.Name([x509.NameAttribute(oids[key], value) for key, value in parts.items()]))


ADDRESS = x509.IPAddress(ipaddress.ip_address("192.0.2.7"))
ADDRESS_6 = x509.IPAddress(ipaddress.ip_address("2001:db8::7"))
URI = x509.UniformResourceIdentifier


@pytest.mark.parametrize(
    ("name", "permitted", "excluded", "expected"),
    [
        (x509.DNSName("a.b.example"), x509.DNSName("b.example"), None, True),
        (x509.DNSName("A.B.EXAMPLE"), x509.DNSName("b.example"), None, True),
        (x509.DNSName("b.example"), x509.DNSName("b.example"), None, True),
        (x509.DNSName("ab.example"), x509.DNSName("b.example"), None, False),
        (x509.DNSName("a.example"), None, x509.DNSName("example"), False),
        (x509.DNSName("a.example"), None, x509.DNSName("b.example"), True),
        (x509.DNSName("*.example"), None, x509.DNSName("b.example"), False),
        (x509.DNSName("*.example"), x509.DNSName("b.example"), None, False),
        (x509.DNSName("a.example"), network("192.0.2.0/24"), None, True),
        (ADDRESS, network("192.0.2.0/24"), None, True),
        (ADDRESS, network("198.51.100.0/24"), None, False),
        (ADDRESS, None, network("192.0.2.0/24"), False),
        (ADDRESS, None, network("2001:db8::/32"), True),
        (ADDRESS_6, network("2001:db8::/32"), None, True),
        (ADDRESS_6, network("2001:db9::/32"), None, False),
        (x509.RFC822Name("a@mail.example"), x509.RFC822Name("mail.example"), None, True),
        (x509.RFC822Name("a@x.mail.example"), x509.RFC822Name("mail.example"), None, False),
        (x509.RFC822Name("a@x.mail.example"), x509.RFC822Name(".mail.example"), None, True),
        (x509.RFC822Name("a@mail.example"), None, x509.RFC822Name("a@mail.example"), False),
        (URI("https://u@h.example:8443/p"), URI("h.example"), None, True),
        (URI("https://x.h.example/p"), URI(".h.example"), None, True),
        (URI("https://other.example/p"), URI("h.example"), None, False),
        (directory(o="X", cn="y"), directory(o="x"), None, False),  # the subject itself, CN=host, is not within O=x
        (directory(o="X", cn="y"), None, directory(o="x"), False),
        (directory(o="X", cn="y"), None, directory(o="z"), True),
    ],
)  # fmt: skip
def test_name_constraints(
    name: x509.GeneralName, permitted: x509.GeneralName | None, excluded: x509.GeneralName | None, expected: bool
) -> None:
    """RFC 5280, 4.2.1.10."""
    root, issuing, host = Authority("Root"), Authority("Issuing"), Authority("host")
    constraints = x509.NameConstraints([permitted] if permitted else None, [excluded] if excluded else None)
    served = [
        issuing.signs(host, ca=False, extensions=[(x509.SubjectAlternativeName([name]), False)]),
        root.signs(issuing, extensions=[(constraints, True)]),
    ]
    assert validates(served, [root.signs(root)], at=datetime.now(timezone.utc)) is expected


def test_too_many_name_constraints_are_refused_in_time() -> None:
    root, issuing, host = Authority("Root"), Authority("Issuing"), Authority("host")
    constraints = x509.NameConstraints([x509.DNSName(f"{number}.example") for number in range(1000)], None)
    names = x509.SubjectAlternativeName([x509.DNSName(f"a.{number}.example") for number in range(1000)])
    served = [
        certificate(host, issuing, ca=False, extensions=[(names, False)]),
        certificate(issuing, root, extensions=[(constraints, True)]),
    ]
    assert not validates(served, [root.signs(root)], at=datetime.now(timezone.utc))
