# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""keystore_entry for key pairs: generated on the tenant, or imported from files of openssl, keytool and certtool."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.convergence import prove_convergence
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import run, seed, seed_self_signed
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, ec_key, issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa

ALIAS, PASSPHRASE = "client", "not-to-be-seen"
SUBJECT = {"common_name": "client.example", "country": "DE"}


def _call(tenant: LocalTenant, **options: Any) -> Call:
    return call(tenant, "keystore_entry", {"alias": ALIAS, **options})


def _prove(tenant: LocalTenant, changed: int = 3, **options: Any) -> Call:
    return prove_convergence(
        tenant,
        "keystore_entry",
        "keystore_entry",
        {"alias": ALIAS, **options},
        look=lambda: fingerprints(tenant),
        unchanged=options.pop("unchanged", 1),
        changed=changed,
    )


def _leaf(tenant: LocalTenant, alias: str = ALIAS) -> x509.Certificate:
    return x509.load_der_x509_certificate(tenant.entries()[alias].chain[0])


@pytest.mark.parametrize(
    ("wanted", "kind", "size"),
    [
        ({"key_size": 2048}, rsa.RSAPublicKey, 2048),
        ({"key_type": "DSA", "key_size": 1024}, dsa.DSAPublicKey, 1024),
        ({"key_type": "EC", "key_size": 384}, ec.EllipticCurvePublicKey, 384),
        ({"key_type": "EC", "curve": "secp521r1"}, ec.EllipticCurvePublicKey, 521),
    ],
    ids=["RSA", "DSA", "EC by size", "EC by curve"],
)
def test_a_key_pair_is_generated_once(tenant: LocalTenant, wanted: dict[str, Any], kind: type, size: int) -> None:
    _prove(tenant, generate={**SUBJECT, **wanted})
    key = _leaf(tenant).public_key()
    assert isinstance(key, kind)
    assert (key.curve.key_size if isinstance(key, ec.EllipticCurvePublicKey) else key.key_size) == size


def test_every_field_reaches_the_tenant(tenant: LocalTenant) -> None:
    generate = {
        **SUBJECT,
        "common_name": 'A "B", C+D',
        "organization": "Example, Inc.",
        "organizational_unit": "Integration",
        "locality": "Walldorf",
        "state": "BW",
        "email": "admin@example.com",
        "key_size": 2048,
        "signature_algorithm": "SHA384withRSA",
        "not_before": "2026-01-01T00:00:00Z",
        "not_after": "2036-01-01T00:00:00Z",
    }
    _prove(tenant, generate=generate)
    leaf = _leaf(tenant)
    values = {attribute.rfc4514_attribute_name: attribute.value for attribute in leaf.subject}
    assert values == {
        "CN": 'A "B", C+D', "O": "Example, Inc.", "OU": "Integration", "L": "Walldorf", "ST": "BW", "C": "DE",
        "1.2.840.113549.1.9.1": "admin@example.com",
    }  # fmt: skip
    assert leaf.signature_hash_algorithm is not None
    assert leaf.signature_hash_algorithm.name == "sha384"
    assert (leaf.not_valid_before_utc.year, leaf.not_valid_after_utc.year) == (2026, 2036)


def test_a_key_pair_is_never_generated_anew_without_the_policy(tenant: LocalTenant) -> None:
    generate = {**SUBJECT, "key_size": 2048}
    _call(tenant, generate=generate)
    before = fingerprints(tenant)
    for other, difference in (
        ({**generate, "key_size": 3072}, "its key has 2048 bits, not 3072"),
        ({**generate, "key_type": "EC", "key_size": 256}, "its key is RSA, not EC"),
        ({**generate, "common_name": "other.example"}, "its subject is CN=client.example"),
    ):
        refused = _call(tenant, generate=other)
        assert (refused.kind, refused.writes) == ("Conflict", [])
        assert difference in refused.message
        assert "private key, which cannot be read back" in refused.message
        assert "backup slot" in refused.message
        assert before[ALIAS][0] in refused.message.replace(":", "")
    assert fingerprints(tenant) == before
    real = _prove(tenant, changed=5, generate={**generate, "key_type": "EC", "key_size": 256}, on_mismatch="replace")
    assert "cannot be read back" in real.result["warnings"][0]
    assert isinstance(_leaf(tenant).public_key(), ec.EllipticCurvePublicKey)
    assert set(fingerprints(tenant)) == set(before)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_a_replacement_that_was_stopped_is_continued(tenant: LocalTenant, number: int) -> None:
    """Killed after each of its three writes: the old key pair is there until the new one is."""
    generate = {**SUBJECT, "key_type": "EC", "key_size": 256}
    seed_self_signed(tenant, ALIAS, rsa_key())
    before = set(fingerprints(tenant))
    tenant.faults.add("drop_before", method="POST|PUT|DELETE", path="/api/v1/Key.*", skip=number, count=None)
    stopped = _call(tenant, generate=generate, on_mismatch="replace")
    assert stopped.result.get("failed")
    left = fingerprints(tenant)
    assert any(alias.startswith(ALIAS) for alias in left)
    tenant.faults.clear()
    again = _call(tenant, generate=generate, on_mismatch="replace")
    assert again.result["changed"]
    assert set(fingerprints(tenant)) == before
    assert isinstance(_leaf(tenant).public_key(), ec.EllipticCurvePublicKey)
    assert not _call(tenant, generate=generate, on_mismatch="replace").result["changed"]


def test_a_ca_may_write_another_subject(tenant: LocalTenant) -> None:
    key = ec_key()
    answer = issue(make_root(), "CLIENT.example as the CA writes it", key=key)
    seed(tenant, ALIAS, key, [answer.der])
    assert not _call(tenant, generate={**SUBJECT, "key_type": "EC"}).result["changed"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"country": "Germany"}, "a country has two letters"),
        ({"common_name": " "}, "a text of 1 to 500 characters"),
        ({"curve": "secp256r1"}, "only an EC key has a curve"),
        ({"key_type": "EC", "key_size": 64}, "an EC key has 112 to 571 bits"),
        ({"key_type": "EC", "key_size": 256, "curve": "secp384r1"}, "the curve secp384r1 has 384 bits, not 256"),
        ({"key_size": 512}, "an RSA key of 512 bits protects nothing"),
        ({"signature_algorithm": "SHA256/EC"}, "does not fit a key of type RSA"),
        ({"signature_algorithm": "MD5"}, "is no signature algorithm"),
        ({"not_after": "tomorrow"}, "this is no time in RFC 3339"),
        ({"not_before": "2030-01-01T00:00:00Z", "not_after": "2029-01-01T00:00:00Z"}, "would end before it begins"),
    ],
)
def test_what_cannot_be_generated_is_refused_without_a_request(
    tenant: LocalTenant, wrong: dict[str, Any], sentence: str
) -> None:
    refused = _call(tenant, generate={**SUBJECT, **wrong})
    assert sentence in refused.message
    assert (refused.requests, refused.tokens) == ([], 0)


def test_a_curve_that_the_tenant_does_not_know_loses_nothing(tenant: LocalTenant) -> None:
    seed_self_signed(tenant, ALIAS, ec_key())
    before = fingerprints(tenant)
    refused = _call(tenant, generate={**SUBJECT, "key_type": "EC", "curve": "sect571r1"}, on_mismatch="replace")
    assert "sect571r1" in refused.message
    assert fingerprints(tenant) == before


@pytest.fixture(scope="module")
def ca() -> Credential:
    return issue(make_root("Client Root"), "Client CA", ca=True)


class Files:
    """PKCS#12 files by tools."""

    def __init__(self, directory: Path, one: Credential) -> None:
        self.directory = directory
        self._key, self._chain = self._write("key.pem", one.key_pem), self._write("chain.pem", one.chain_pem)

    def _write(self, name: str, text: str) -> str:
        (self.directory / name).write_text(text)
        return str(self.directory / name)

    def openssl(self, name: str, *options: str) -> Path:
        path = self.directory / f"{name}.p12"
        run(
            "openssl", "pkcs12", "-export", "-inkey", self._key, "-in", self._chain, "-name", name,
            "-passout", f"pass:{PASSPHRASE}", "-out", str(path), *options,
        )  # fmt: skip
        return path

    def keytool(self, *sources: Path, name: str = "by_keytool") -> Path:
        path = self.directory / f"{name}.p12"
        for source in sources:
            run(
                "keytool", "-importkeystore", "-srckeystore", str(source), "-srcstorepass", PASSPHRASE,
                "-destkeystore", str(path), "-deststorepass", PASSPHRASE, "-deststoretype", "PKCS12",
            )  # fmt: skip
        return path

    def certtool(self) -> Path:
        path = self.directory / "by_certtool.p12"
        run(
            "certtool", "--to-p12", "--load-privkey", self._key, "--load-certificate", self._chain,
            "--p12-name", "client", "--password", PASSPHRASE, "--outder", "--outfile", str(path),
        )  # fmt: skip
        return path


@pytest.mark.parametrize("make_key", [rsa_key, ec_key], ids=["RSA", "EC"])
def test_a_key_pair_is_imported_once_whatever_tool_wrote_it(
    tenant: LocalTenant, ca: Credential, make_key: Callable[[], Any], tmp_path: Path
) -> None:
    one = issue(ca, "client.example", key=make_key())
    files = Files(tmp_path, one)
    first = files.openssl("by_openssl")
    made = [first, files.keytool(first), *([files.certtool()] if shutil.which("certtool") else [])]
    real = _prove(tenant, pkcs12_path=str(first), passphrase=PASSPHRASE)
    assert fingerprints(tenant)[ALIAS][0] == one.fingerprint_sha256.replace(":", "")
    assert len(fingerprints(tenant)[ALIAS]) == 2
    for path in made:
        same = _call(tenant, pkcs12_path=str(path), passphrase=PASSPHRASE)
        assert (same.result["changed"], same.writes) == (False, [])
        content = base64.b64encode(path.read_bytes()).decode()
        assert not _call(tenant, pkcs12_content=content, passphrase=PASSPHRASE).result["changed"]
        tenant.keystore.remove(ALIAS)
        assert _call(tenant, pkcs12_path=str(path), passphrase=PASSPHRASE).result["changed"]
    assert PASSPHRASE not in str(real.result)


def test_files_that_cannot_be_imported_are_named_without_a_request(
    tenant: LocalTenant, ca: Credential, tmp_path: Path
) -> None:
    one, other = issue(ca, "client.example", key=rsa_key()), issue(ca, "other.example")
    (tmp_path / "other").mkdir()
    files, others = Files(tmp_path, one), Files(tmp_path / "other", other)
    good = files.openssl("good")
    (tmp_path / "cut.p12").write_bytes(good.read_bytes()[:-20])
    (tmp_path / "text.p12").write_text("hello")
    (tmp_path / "long.p12").write_bytes(good.read_bytes() + bytes(40000))
    old = Files(tmp_path, issue(ca, "gone.example", days=1, starts_in_days=-9)).openssl("expired")
    jks = tmp_path / "store.jks"
    run(
        "keytool", "-importkeystore", "-srckeystore", str(good), "-srcstorepass", PASSPHRASE, "-destkeystore", str(jks),
        "-deststorepass", PASSPHRASE, "-deststoretype", "JKS",
    )  # fmt: skip
    cases = {
        str(files.keytool(good, others.openssl("second"), name="two")): "There are 2 private keys",
        str(files.openssl("rc2", "-legacy")): "encrypted with RC2 with 40 bits and 3DES",
        str(files.openssl("tdes", "-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES")): "encrypted with 3DES",
        str(files.openssl("certificates", "-nokeys")): "There is no private key",
        str(files.openssl("key", "-nocerts")): "No certificate in the PKCS#12 file belongs to its private key",
        str(tmp_path / "cut.p12"): "begins like a PKCS#12 file, but",
        str(tmp_path / "text.p12"): "It is no PKCS#12 file",
        str(tmp_path / "key.pem"): "It is PEM text",
        str(tmp_path / "long.p12"): "a tenant takes at most 30072",
        str(jks): "a Java keystore (JKS or JCEKS)",
        str(old): "the certificate expired at",
        str(tmp_path / "missing.p12"): "the file cannot be read",
    }
    before, sentences = fingerprints(tenant), set()
    for path, sentence in cases.items():
        refused = _call(tenant, pkcs12_path=path, passphrase=PASSPHRASE)
        assert sentence in refused.message
        assert (refused.requests, refused.tokens) == ([], 0)
        sentences.add(refused.result["problem"]["what"].replace(path, ""))
    for passphrase, sentence in (("wrong", "The passphrase does not open"), (None, "needs a passphrase")):
        refused = _call(tenant, pkcs12_path=str(good), passphrase=passphrase)
        assert sentence in refused.message
        assert refused.requests == []
        sentences.add(refused.result["problem"]["what"])
    assert len(sentences) == len(cases) + 2, "each has its own sentence"
    assert fingerprints(tenant) == before


def test_another_key_pair_is_replaced_only_on_demand(tenant: LocalTenant, ca: Credential, tmp_path: Path) -> None:
    held, one = issue(ca, "held.example"), issue(ca, "client.example")
    seed(tenant, ALIAS, held.key, [held.der, ca.der])
    options = {"pkcs12_path": str(Files(tmp_path, one).openssl("new")), "passphrase": PASSPHRASE}
    refused = _call(tenant, **options)
    assert (refused.kind, refused.writes) == ("Conflict", [])
    assert held.fingerprint_sha256 in refused.message
    assert "CN=Client CA" in refused.message
    real = prove_convergence(
        tenant, "keystore_entry", "keystore_entry", {"alias": ALIAS, **options, "on_mismatch": "replace"},
        look=lambda: fingerprints(tenant),
    )  # fmt: skip
    assert "cannot be read back" in real.result["warnings"][0]
    assert fingerprints(tenant)[ALIAS][0] == one.fingerprint_sha256.replace(":", "")


def test_the_same_key_keeps_the_newer_certificate(tenant: LocalTenant, ca: Credential, tmp_path: Path) -> None:
    key = ec_key()
    old = issue(ca, "client.example", key=key, days=100, starts_in_days=-50)
    new = issue(ca, "client.example", key=key)
    seed(tenant, ALIAS, key, [new.der, ca.der])
    path = str(Files(tmp_path, old).openssl("old"))
    kept = _call(tenant, pkcs12_path=path, passphrase=PASSPHRASE)
    assert (kept.result["changed"], kept.writes) == (False, [])
    assert "with a certificate that is not older" in kept.result["reason"]
    seed(tenant, ALIAS, key, [old.der, ca.der])
    path = str(Files(tmp_path, new).openssl("new"))
    renewed = _call(tenant, pkcs12_path=path, passphrase=PASSPHRASE)
    assert renewed.result["changed"]
    assert [one.split("/")[-2][:25] for one in renewed.writes] == ["CertificateChainResources"]


def test_key_pairs_are_renamed_and_deleted(tenant: LocalTenant) -> None:
    own = seed_self_signed(tenant, "before", ec_key())
    renamed = _prove(tenant, previous_alias="before", generate={**SUBJECT, "organization": "Example", "key_type": "EC"})
    assert renamed.result["actions"] == ['rename alias "before" to "client"']
    wrong = _call(tenant, state="absent", fingerprint_sha256=make_root().fingerprint_sha256)
    assert wrong.kind == "Conflict"
    deleted = _call(tenant, state="absent", fingerprint_sha256=own.fingerprint_sha256)
    assert "destroys its private key" in deleted.result["warnings"][0]
    assert ALIAS not in fingerprints(tenant)


def test_a_key_pair_overwrites_nothing_else(tenant: LocalTenant, ca: Credential) -> None:
    tenant.seed_certificate(ALIAS, ca.der)
    key = ec_key()
    seed(tenant, "of_sap", key, [make_root(key=key).der], owner="SAP")
    for alias, sentence in ((ALIAS, "holds a certificate"), ("of_sap", "owned by SAP"), ("Client", "letter case")):
        refused = _call(tenant, alias=alias, generate=SUBJECT, on_mismatch="replace")
        assert (refused.kind, refused.writes) == ("Conflict", [])
        assert sentence in refused.message or alias == "Client"
    contradiction = _call(tenant, state="absent", generate=SUBJECT)
    assert "state absent were given together" in contradiction.message
