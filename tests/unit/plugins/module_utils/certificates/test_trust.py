# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which anchors validate a served chain, and the diagnosis when none does."""

from __future__ import annotations

import itertools
from datetime import datetime, timedelta, timezone

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    Certificate,
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.trust import (
    validates,
    validating_anchors,
    validation_problem,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Authority,
    Chain,
    certificate,
    openssl,
)
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

NOW = datetime.now(timezone.utc)
HOST = "receiver.example"


def key_usage(**bits: bool) -> tuple[x509.ExtensionType, bool]:
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    every = dict.fromkeys((*names, "key_cert_sign", "crl_sign", "encipher_only", "decipher_only"), False)
    return x509.KeyUsage(**{**every, **bits}), True


class TestEveryKeystoreCertificateIsAnAnchor:
    def test_root_intermediate_and_leaf(self, chain: Chain) -> None:
        leaf, intermediate, root = chain.certificates
        for anchor in (leaf, intermediate, root):
            assert validating_anchors([leaf, intermediate], [anchor], at=NOW) == (anchor,)
            assert validates([leaf, intermediate], [anchor], at=NOW)
        assert validating_anchors([leaf, intermediate], [root, leaf, intermediate], at=NOW) == (
            root,
            leaf,
            intermediate,
        )

    def test_the_served_root_needs_no_place_in_the_keystore_when_the_intermediate_has_one(self, chain: Chain) -> None:
        leaf, intermediate, root = chain.certificates
        assert validating_anchors([leaf, intermediate, root], [intermediate], at=NOW) == (intermediate,)
        assert validating_anchors([leaf, root, intermediate], [root], at=NOW) == (root,), "order does not matter"

    def test_an_anchor_does_not_serve_as_an_intermediate(self, chain: Chain) -> None:
        leaf, intermediate, root = chain.certificates
        assert validating_anchors([leaf], [intermediate, root], at=NOW) == (intermediate,)
        assert validating_anchors([leaf], [root], at=NOW) == ()

    def test_no_anchor_and_no_chain(self, chain: Chain) -> None:
        assert validating_anchors(chain.certificates, [], at=NOW) == ()
        assert validating_anchors([], chain.certificates, at=NOW) == ()
        assert not validates([], chain.certificates, at=NOW)


class TestSeveralAnchors:
    def test_cross_signed_intermediate(self) -> None:
        old, new, issuing, host = (Authority(name) for name in ("Old", "New", "Issuing", HOST))
        served = [issuing.signs(host, ca=False), old.signs(issuing), new.signs(issuing)]
        anchors = [old.signs(old), new.signs(new), Authority("Other").signs(Authority("Other"))]
        for order in itertools.permutations(served[1:]):
            assert validating_anchors([served[0], *order], anchors, at=NOW) == tuple(anchors[:2])
        assert validating_anchors(served[:2], anchors, at=NOW) == (anchors[0],)

    def test_backtracking_past_an_expired_path(self) -> None:
        """The first path found is dead, the second lives; a validator that does not go back misses it."""
        old, new, issuing, host = (Authority(name) for name in ("Old", "New", "Issuing", HOST))
        leaf = issuing.signs(host, ca=False)
        dead, alive = old.signs(issuing, days=(-900, -1)), new.signs(issuing)
        anchors = [old.signs(old), new.signs(new)]
        for served in ([leaf, dead, alive], [leaf, alive, dead]):
            assert validating_anchors(served, anchors, at=NOW) == (anchors[1],)

    def test_a_root_issued_again_with_the_same_key_stands_for_the_old_one(self) -> None:
        root, host = Authority("Root"), Authority(HOST)
        first, again = root.signs(root, days=(-900, 30)), root.signs(root, days=(-1, 3650))
        served = [root.signs(host, ca=False), first]
        assert validating_anchors(served, [again], at=NOW) == (again,)
        assert validating_anchors(served, [first, again], at=NOW) == (first, again)

    def test_a_root_of_the_same_name_with_another_key_does_not(self) -> None:
        old, new, host = Authority("Root"), Authority("Root"), Authority(HOST)
        served = [new.signs(host, ca=False)]
        assert validating_anchors(served, [old.signs(old)], at=NOW) == ()
        link = old.signs(new)  # the new key, signed by the old one
        assert validating_anchors([*served, link], [old.signs(old)], at=NOW) != ()

    def test_names_that_differ_in_case_and_string_type_are_the_same(self) -> None:
        """RFC 5280, 7.1: CAs changed from PrintableString to UTF8String at a renewal."""
        root, host = Authority("Example Root"), Authority(HOST)
        anchor = root.signs(root)
        for text in ("EXAMPLE  root", " Example Root "):
            attribute = x509.NameAttribute(NameOID.COMMON_NAME, text, _type=x509.name._ASN1Type.PrintableString)
            leaf = certificate(host, root, ca=False, issuer_name=x509.Name([attribute]))
            assert validating_anchors([leaf], [anchor], at=NOW) == (anchor,), text


def bad_paths() -> dict[str, tuple[list[Certificate], Certificate, str]]:
    """Name -> what is served, the anchor, and the words of the diagnosis. Names and signatures fit in all of them."""
    root, issuing, sub, host = (Authority(name) for name in ("Root", "Issuing", "Sub", HOST))
    anchor = root.signs(root)
    leaf = issuing.signs(host, ca=False)
    unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.4.1.55555.1"), b"\x05\0")
    permitted = x509.NameConstraints([x509.DNSName("other.example")], None)
    excluded = x509.NameConstraints(None, [x509.DNSName("receiver.example")])
    named = issuing.signs(host, ca=False, extensions=[(x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)])
    return {
        "expired intermediate": ([leaf, root.signs(issuing, days=(-9, -1))], anchor, "CN=Issuing expired on"),
        "future intermediate": ([leaf, root.signs(issuing, days=(1, 9))], anchor, "CN=Issuing is not valid before"),
        "expired anchor": ([leaf, root.signs(issuing)], root.signs(root, days=(-9, -1)), "CN=Root expired on"),
        "no CA": ([leaf, root.signs(issuing, ca=False)], anchor, "CN=Issuing is not a CA"),
        "no basic constraints": ([leaf, root.signs(issuing, ca=None)], anchor, "CN=Issuing is not a CA"),
        "anchor denies being a CA": ([leaf, root.signs(issuing)], root.signs(root, ca=False), "CN=Root is not a CA"),
        "no keyCertSign": (
            [leaf, root.signs(issuing, extensions=[key_usage(digital_signature=True)])],
            anchor,
            "CN=Issuing may not sign certificates",
        ),
        "path too long": (
            [leaf, sub.signs(issuing), root.signs(sub, path_length=0)],
            anchor,
            "CN=Sub allows no more than 0 CA certificates below it",
        ),
        "unknown critical extension": (
            [leaf, root.signs(issuing, extensions=[(unknown, True)])],
            anchor,
            "CN=Issuing has the critical extension 1.3.6.1.4.1.55555.1",
        ),
        "name not permitted": (
            [named, root.signs(issuing, extensions=[(permitted, True)])],
            anchor,
            f"CN=Issuing may not issue for the name {HOST}",
        ),
        "name excluded": (
            [named, root.signs(issuing, extensions=[(excluded, True)])],
            anchor,
            f"CN=Issuing may not issue for the name {HOST}",
        ),
    }


@pytest.mark.parametrize("name", bad_paths())
def test_rules_of_a_path(name: str) -> None:
    """Each with a control: the same served leaf validates when the intermediate is sound."""
    served, anchor, words = bad_paths()[name]
    assert validating_anchors(served, [anchor], at=NOW) == ()
    problem = validation_problem(served, [anchor], at=NOW, server_name=None)
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize("name", [name for name in bad_paths() if name != "expired anchor"])
def test_openssl_refuses_them_as_well(name: str, tmp_path: object) -> None:
    import subprocess
    from pathlib import Path

    served, anchor, _unused = bad_paths()[name]
    directory = Path(str(tmp_path))
    for file, content in (("leaf", served[:1]), ("rest", served[1:]), ("anchor", [anchor])):
        (directory / file).write_text("".join(one.pem for one in content))
    command = [
        "openssl",
        "verify",
        "-CAfile",
        str(directory / "anchor"),
        "-untrusted",
        str(directory / "rest"),
        str(directory / "leaf"),
    ]
    assert subprocess.run(command, capture_output=True, check=False).returncode != 0


def test_the_control_of_the_rules() -> None:
    root, issuing, host = Authority("Root"), Authority("Issuing"), Authority(HOST)
    permitted = x509.NameConstraints([x509.DNSName("example")], [x509.DNSName("bad.example")])
    extensions = [(permitted, True), key_usage(key_cert_sign=True)]
    san = (x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
    served = [
        issuing.signs(host, ca=False, extensions=[san]),
        root.signs(issuing, path_length=0, extensions=extensions),
    ]
    assert validates(served, [root.signs(root, ca=None)], at=NOW), "an old root need not say that it is a CA"
    assert validation_problem(served, [root.signs(root)], at=NOW, server_name=HOST) is None


class TestDiagnosis:
    def diagnose(
        self, served: list[Certificate], anchors: list[Certificate], at: datetime = NOW, host: str | None = HOST
    ) -> str:
        problem = validation_problem(served, anchors, at=at, server_name=host)
        assert problem is not None
        assert problem.endswith(".")
        return problem

    def test_nothing_is_wrong(self, chain: Chain) -> None:
        leaf, intermediate, root = chain.certificates
        assert validation_problem([leaf, intermediate], [root], at=NOW, server_name=HOST) is None

    def test_no_certificate(self, chain: Chain) -> None:
        assert self.diagnose([], chain.certificates) == "The server sent no certificate."

    def test_no_intermediate(self, chain: Chain) -> None:
        leaf, _unused, root = chain.certificates
        problem = self.diagnose([leaf], [root])
        assert problem.startswith("The server sends no intermediate: CN=receiver.example")
        assert "CN=Example Issuing CA" in problem

    def test_unknown_root(self, chain: Chain, rsa_chain: Chain) -> None:
        leaf, intermediate, root = chain.certificates
        other = Authority("Other")
        assert "its issuer CN=Example Root, O=Example, C=DE is not in the keystore" in self.diagnose(
            [leaf, intermediate], [other.signs(other)]
        )
        sent = self.diagnose([leaf, intermediate, root], [other.signs(other)])
        assert "leads to the root CN=Example Root" in sent
        assert root.fingerprint_sha256 in sent

    def test_a_root_of_the_same_name_with_another_key(self, chain: Chain, rsa_chain: Chain) -> None:
        leaf, intermediate, _unused = chain.certificates
        namesake = rsa_chain.certificates[2]
        problem = self.diagnose([leaf, intermediate], [namesake])
        assert "the keystore has a certificate of that name" in problem
        assert namesake.fingerprint_sha256 in problem

    def test_wrong_host(self, chain: Chain) -> None:
        problem = self.diagnose(chain.certificates, chain.certificates, host="elsewhere.example")
        assert problem == f"The certificate is not made out to elsewhere.example, but to {HOST}."

    def test_dates_of_the_leaf(self, chain: Chain) -> None:
        leaf = chain.certificates[0]
        late = self.diagnose(chain.certificates, chain.certificates, at=leaf.not_after + timedelta(seconds=1))
        assert late.startswith("CN=receiver.example, O=Example, C=DE expired on 20")
        early = self.diagnose(chain.certificates, chain.certificates, at=leaf.not_before - timedelta(seconds=1))
        assert early.startswith("CN=receiver.example, O=Example, C=DE is not valid before 20")

    @pytest.mark.parametrize(
        ("extension", "words"),
        [
            (
                (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
                "is not for servers (serverAuth), only for clientAuth",
            ),
            (key_usage(key_cert_sign=True), "the key usage of CN=receiver.example does not allow TLS"),
        ],
    )
    def test_purpose_of_the_leaf(self, extension: tuple[x509.ExtensionType, bool], words: str) -> None:
        root, host = Authority("Root"), Authority(HOST)
        san = (x509.SubjectAlternativeName([x509.DNSName(HOST)]), False)
        leaf = root.signs(host, ca=False, extensions=[san, extension])
        assert words.lower() in self.diagnose([leaf], [root.signs(root)]).lower()

    def test_self_signed(self) -> None:
        host = Authority(HOST)
        leaf = host.signs(host, ca=False)
        problem = self.diagnose([leaf], [], host=None)
        assert (
            problem
            == f"The certificate is self-signed, and the keystore does not hold it (SHA-256 {leaf.fingerprint_sha256})."
        )

    def test_weak_signature_and_key(self) -> None:
        for options, words in (
            (["-newkey", "rsa:1024", "-sha256"], "1024 bits"),
            (["-newkey", "rsa:768", "-sha256"], "768 bits"),
        ):
            pem = openssl("req", "-x509", *options, "-noenc", "-keyout", "/dev/null", "-subj", f"/CN={HOST}")
            weak = parse_certificate(openssl("x509", "-outform", "DER", given=pem))
            at = datetime.now(timezone.utc) + timedelta(minutes=1)
            problem = validation_problem([weak], [weak], at=at, server_name=None)
            assert (problem is None) == (words == "1024 bits")
            if problem:
                assert words in problem


def test_a_graph_made_to_be_hard_is_given_up_in_time() -> None:
    """Every one of twelve authorities signed every other: 12! ways, none to the anchor."""
    authorities = [Authority(f"CA {number}") for number in range(12)]
    host, anchor = Authority(HOST), Authority("Anchor")
    tangle = [one.signs(two) for one in authorities for two in authorities if one is not two]
    served = [authorities[0].signs(host, ca=False), *tangle]
    assert validating_anchors(served, [anchor.signs(anchor)], at=NOW) == ()
    assert validating_anchors(served, [authorities[5].signs(authorities[5])], at=NOW) != ()
