# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""signing_response: the CA's answer in every format, by every tool, and everything that is none."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.convergence import prove_convergence
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import (
    java_encodings,
    run,
    seed,
    seed_self_signed,
)
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.pki import (
    Credential,
    ec_key,
    issue,
    make_root,
    rsa_key,
    self_signed_leaf,
)
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    encodings_of,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

ALIAS = "client"


@pytest.fixture(scope="module")
def root() -> Credential:
    return make_root("Client Root")


@pytest.fixture(scope="module")
def ca(root: Credential) -> Credential:
    return issue(root, "Client CA", ca=True)


@pytest.fixture
def answer(tenant: LocalTenant, root: Credential, ca: Credential) -> Credential:
    """The CA's answer to the key pair that is in the tenant, whose keystore holds the root."""
    leaf = issue(ca, "client.example")
    tenant.seed_certificate("client_root", root.der)
    seed_self_signed(tenant, ALIAS, leaf.key)
    return leaf


def _install(tenant: LocalTenant, directory: Path, content: bytes, **options: Any) -> Call:
    path = directory / "answer"
    path.write_bytes(content)
    return call(tenant, "signing_response", {"alias": ALIAS, "response_path": str(path), **options})


def _plain(*ders: bytes) -> list[str]:
    return [sha256(der).hexdigest() for der in ders]


def _spki(one: Credential) -> str:
    encoded = one.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return sha256(encoded).digest().hex(":")


def _by_other_tools(chain: Chain, directory: Path) -> dict[str, bytes]:
    """Encodings by the JDK, keytool and certtool."""
    pems = [one.pem.encode() for one in (chain.leaf, chain.intermediate)]
    found = java_encodings(pems, directory)
    for number, pem in enumerate(pems):
        (directory / f"{number}.pem").write_bytes(pem)
        store = ["-keystore", str(directory / "store.p12"), "-storepass", "changeit", "-alias", str(number)]
        run("keytool", "-importcert", "-noprompt", "-file", str(directory / f"{number}.pem"), *store)
        found.setdefault("PEM by keytool", b"")
        found["PEM by keytool"] += run("keytool", "-exportcert", "-rfc", *store)
    if shutil.which("certtool"):
        both = directory / "both.pem"
        both.write_bytes(b"".join(pems))
        for name, form in (("PEM", []), ("DER", ["--outder"])):
            made = run("certtool", "--p7-generate", "--load-certificate", str(both), *form)
            found[f"PKCS#7 in {name} by certtool"] = made
        found["text and PEM by certtool"] = run("certtool", "-i", "--infile", str(both))
    return found


@pytest.mark.parametrize("make_key", [rsa_key, ec_key], ids=["RSA", "EC"])
def test_every_format_is_changed_once_and_unchanged_in_another_one(
    tenant: LocalTenant, root: Credential, ca: Credential, make_key: Callable[[], Any], tmp_path: Path
) -> None:
    chain = Chain(issue(ca, "client.example", key=make_key()), ca, root)
    encodings = {**encodings_of(chain, tmp_path), **_by_other_tools(chain, tmp_path)}
    names = list(encodings)
    tenant.seed_certificate("client_root", root.der)
    expected = _plain(chain.leaf.der, ca.der)
    wrong = {}
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        seed_self_signed(tenant, ALIAS, chain.leaf.key)
        first = _install(tenant, tmp_path, encodings[name])
        second = _install(tenant, tmp_path, encodings[other])
        seen = (
            first.result.get("changed"), len(first.writes), fingerprints(tenant)[ALIAS], second.result.get("changed"),
            second.writes, len(second.requests),
        )  # fmt: skip
        if seen != (True, 1, expected, False, [], 2):
            wrong[name] = (seen, first.result.get("msg"), second.result.get("msg"))
    assert not wrong
    assert len(names) >= 33


def test_it_converges_within_its_budget(tenant: LocalTenant, answer: Credential, ca: Credential) -> None:
    real = prove_convergence(
        tenant,
        "signing_response",
        "signing_response",
        {"alias": ALIAS, "response_content": answer.chain_pem},
        look=lambda: fingerprints(tenant),
        unchanged=2,
        changed=4,
    )
    assert real.result["previous_leaf"]["self_signed"]
    assert real.result["days_gained"] == 365 - 90
    assert "warnings" not in real.result
    assert real.result["signing_response"]["spki_sha256"] == _spki(answer)
    assert fingerprints(tenant)[ALIAS] == _plain(answer.der, ca.der)


NOT_CERTIFICATES: dict[str, tuple[bytes, str]] = {
    "an empty file": (b" \n", "It is empty"),
    "an HTML page": (b"<!DOCTYPE html><html><body>Log in</body></html>", "an HTML page"),
    "a ZIP archive": (b"PK\x03\x04" + bytes(100), "a ZIP archive"),
    "a PDF": (b"%PDF-1.7\n\x00\x01", "a PDF document"),
    "an e-mail": (b"From: ca@example.com\nSubject: your certificate\n\nHello", "an e-mail message"),
    "text": (b"The certificate will follow by post.", "plain text"),
    "a Java keystore": (b"\xfe\xed\xfe\xed" + bytes(50), "a Java keystore"),
    "a file that is too long": (b"\n" * 30721, "30721 bytes, and a tenant takes at most 30720"),
}


@pytest.mark.parametrize("name", NOT_CERTIFICATES)
def test_what_is_no_answer_is_named_without_a_request(
    tenant: LocalTenant, answer: Credential, name: str, tmp_path: Path
) -> None:
    content, sentence = NOT_CERTIFICATES[name]
    _assert_refused(tenant, _install(tenant, tmp_path, content), sentence, requests=0)


def test_what_belongs_to_the_key_pair_but_is_no_answer(
    tenant: LocalTenant, answer: Credential, ca: Credential, tmp_path: Path
) -> None:
    (tmp_path / "key.pem").write_text(answer.key_pem)
    (tmp_path / "leaf.pem").write_text(answer.pem)
    key, leaf = str(tmp_path / "key.pem"), str(tmp_path / "leaf.pem")
    request = run("openssl", "req", "-new", "-key", key, "-subj", "/C=DE/CN=client.example")
    pkcs12 = run("openssl", "pkcs12", "-export", "-inkey", key, "-in", leaf, "-passout", "pass:secret")
    pkcs7 = run("openssl", "crl2pkcs7", "-nocrl")
    pem = answer.chain_pem.encode()
    der = base64.b64decode("".join(answer.pem.splitlines()[1:-1]))
    cases = {
        request: "a certificate signing request (CSR), which is what goes to the CA",
        answer.key_pem.encode() + pem: "There is a private key in it",
        pkcs12: "a PKCS#12 keystore",
        pkcs7: "The PKCS#7 holds no certificate",
        pem[:-40]: "begins but has no END line",
        der[:-5]: "cut off",
        pem.replace(b"MII", b"M!I", 1): "not correct base64",
    }
    for content, sentence in cases.items():
        _assert_refused(tenant, _install(tenant, tmp_path, content), sentence, requests=0)


def test_a_missing_file_and_bad_options_cost_no_request(
    tenant: LocalTenant, answer: Credential, tmp_path: Path
) -> None:
    nowhere = {"alias": ALIAS, "response_path": str(tmp_path / "missing.p7b")}
    _assert_refused(tenant, call(tenant, "signing_response", nowhere), "the file cannot be read", requests=0)
    unknown = _install(tenant, tmp_path, answer.chain_pem.encode(), required_key_usage=["clientauthentication"])
    _assert_refused(tenant, unknown, "no extended key usage of the name", requests=0)
    reserved = _install(tenant, tmp_path, answer.chain_pem.encode(), alias="sap_cloudintegrationcertificate")
    _assert_refused(tenant, reserved, "reserved for SAP", requests=0)


def test_an_answer_to_another_key_names_both_keys(
    tenant: LocalTenant, answer: Credential, ca: Credential, tmp_path: Path
) -> None:
    other = issue(ca, "client.example")
    refused = _install(tenant, tmp_path, other.chain_pem.encode())
    _assert_refused(tenant, refused, "the answer is for another key")
    assert _spki(answer) in refused.message
    assert _spki(other) in refused.message


def test_chains_that_cannot_be_installed(
    tenant: LocalTenant, answer: Credential, root: Credential, ca: Credential, tmp_path: Path
) -> None:
    forged = bytearray(answer.der)
    forged[-1] ^= 1
    old_ca = issue(root, "Old CA", ca=True, days=1, starts_in_days=-30)
    cases = {
        (ca.pem + root.pem).encode(): "the leaf is missing: there are only certificates of CAs",
        bytes(forged) + ca.der: "the chain is broken: The signature on CN=client.example",
        _again(ca, answer, days=1, starts_in_days=-30): "the certificate expired at",
        _again(ca, answer, starts_in_days=30): "the certificate is not valid before",
        _again(old_ca, answer): "an intermediate certificate of the chain expired at",
    }
    for content, sentence in cases.items():
        _assert_refused(tenant, _install(tenant, tmp_path, content), sentence)


def test_the_self_signed_certificate_is_no_answer_any_more(
    tenant: LocalTenant, answer: Credential, tmp_path: Path
) -> None:
    own = seed_self_signed(tenant, ALIAS, answer.key)
    assert not _install(tenant, tmp_path, own.der).result["changed"]
    assert _install(tenant, tmp_path, answer.chain_pem.encode()).result["changed"]
    _assert_refused(tenant, _install(tenant, tmp_path, own.der), "the certificate for this key is self-signed")


def test_entries_that_get_no_answer(tenant: LocalTenant, answer: Credential, root: Credential, tmp_path: Path) -> None:
    leaf = self_signed_leaf()
    seed(tenant, "of_sap", leaf.key, [leaf.der], owner="SAP")
    cases = {
        "missing": "there is no such entry",
        "Client": 'one that differs in letter case: "client"',
        "client_root": "the entry is a certificate, and only a key pair",
        "of_sap": "the entry is owned by SAP",
    }
    for alias, sentence in cases.items():
        refused = _install(tenant, tmp_path, answer.chain_pem.encode(), alias=alias)
        _assert_refused(tenant, refused, sentence, requests=1)


def test_a_certificate_without_the_wanted_usage(
    tenant: LocalTenant, answer: Credential, ca: Credential, tmp_path: Path
) -> None:
    server = _again(ca, answer, usages=(ExtendedKeyUsageOID.SERVER_AUTH,))
    for usage in ("clientAuth", "client_auth", "1.3.6.1.5.5.7.3.2"):
        refused = _install(tenant, tmp_path, server, required_key_usage=[usage])
        _assert_refused(tenant, refused, "may not be used for clientAuth, only for serverAuth")
    warned = _install(tenant, tmp_path, server)
    assert warned.result["changed"]
    assert "but not for clientAuth" in warned.result["warnings"][0]
    unlimited = _again(ca, answer, usages=())
    assert "warnings" not in _install(tenant, tmp_path, unlimited, required_key_usage=["clientAuth"]).result


def test_what_a_receiver_may_miss_is_warned_of(
    tenant: LocalTenant, answer: Credential, root: Credential, ca: Credential, tmp_path: Path
) -> None:
    def warnings(content: bytes) -> str:
        seed_self_signed(tenant, ALIAS, answer.key)
        found = _install(tenant, tmp_path, content)
        assert found.result["changed"]
        return " ".join(found.result.get("warnings", []))

    assert "Intermediate certificates may be missing" in warnings(answer.der)
    tenant.seed_certificate("ca", ca.der)
    assert 'The keystore holds it as alias "ca", but a key pair presents only its own chain' in warnings(answer.der)
    private = make_root("Unknown Root")
    other_ca = issue(private, "Other CA", ca=True)
    chain = _again(other_ca, answer)
    assert "The root of the chain is not known" in warnings(chain)
    assert "is not in the keystore, so the tenant cannot check it" in warnings(chain + private.der)
    stranger = make_root("Stranger")
    assert "CN=Stranger" in warnings(answer.der + ca.der + stranger.der)
    assert fingerprints(tenant)[ALIAS] == _plain(answer.der, ca.der)


def test_an_answer_that_ends_earlier_is_warned_of(
    tenant: LocalTenant, answer: Credential, ca: Credential, tmp_path: Path
) -> None:
    _install(tenant, tmp_path, answer.chain_pem.encode())
    shorter = _install(tenant, tmp_path, _again(ca, answer, days=100))
    assert (shorter.result["changed"], shorter.result["days_gained"]) == (True, 100 - 365)
    assert "earlier than the certificate that it replaces" in shorter.result["warnings"][0]


def test_a_root_in_the_file_makes_no_other_chain(
    tenant: LocalTenant, answer: Credential, root: Credential, ca: Credential, tmp_path: Path
) -> None:
    assert _install(tenant, tmp_path, answer.chain_pem.encode() + root.pem.encode()).result["changed"]
    assert not _install(tenant, tmp_path, root.pem.encode() + answer.chain_pem.encode()).result["changed"]
    seed(tenant, ALIAS, answer.key, [answer.der, ca.der, root.der])
    kept = _install(tenant, tmp_path, answer.chain_pem.encode())
    assert not kept.result["changed"]
    assert len(kept.result["signing_response"]["chain"]) == 2


def test_an_installed_answer_that_has_expired_since_changes_nothing(
    tenant: LocalTenant, answer: Credential, tmp_path: Path
) -> None:
    _install(tenant, tmp_path, answer.chain_pem.encode())
    tenant.clock.advance(400 * 86400.0)
    later = _install(tenant, tmp_path, answer.chain_pem.encode())
    assert (later.result["changed"], later.writes) == (False, [])
    assert "not valid now" in later.result["warnings"][0]


def test_a_tenant_that_finds_the_chain_too_long_is_explained(
    tenant: LocalTenant, answer: Credential, tmp_path: Path
) -> None:
    tenant.faults.add("status", method="PUT", status=413, count=None)
    before = fingerprints(tenant)
    refused = _install(tenant, tmp_path, answer.chain_pem.encode())
    assert "(HTTP 413)" in refused.message
    assert f"sent with {len(answer.chain_pem)} bytes" in refused.message
    assert "30720" in refused.message
    assert "30072" in refused.message
    assert "Nothing was changed" in refused.message
    assert fingerprints(tenant) == before


def _again(issuer: Credential, leaf: Credential, **options: Any) -> bytes:
    """Another certificate for the same key, with its intermediates, in DER."""
    made = issue(issuer, "client.example", key=leaf.key, **options)
    return b"".join([made.der, *(one.public_bytes(Encoding.DER) for one in made.intermediates)])


def _assert_refused(tenant: LocalTenant, refused: Call, sentence: str, *, requests: int = 2) -> None:
    """The sentence is there, nothing was written, and no more was asked than needed."""
    assert sentence in refused.message
    assert refused.writes == []
    assert len(refused.requests) == requests, refused.requests
    assert refused.tokens == min(requests, 1)
    assert "PRIVATE KEY-----" not in refused.message
