# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs: generation, signing requests, signing responses in every format, PKCS#12, RSA and SSH files."""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Wire, entry_path
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)


def _openssl(*arguments: str, data: bytes | None = None) -> bytes:
    return subprocess.run(["openssl", *arguments], input=data, capture_output=True, check=True, timeout=60).stdout


def _csr(wire: Wire, alias: str) -> bytes:
    reply = wire.get(entry_path(alias, "/SigningRequest/$value"))
    assert (reply.status, reply.headers["Content-Type"]) == (200, "application/pkcs10")
    return reply.body


def _sign(ca: Credential, csr: bytes) -> x509.Certificate:
    """The CA's answer to a request."""
    request = x509.load_pem_x509_csr(csr)
    builder = (
        x509.CertificateBuilder()
        .subject_name(request.subject)
        .issuer_name(ca.certificate.subject)
        .public_key(request.public_key())
    )
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(ca.certificate.not_valid_before_utc)
    return builder.not_valid_after(ca.certificate.not_valid_after_utc).sign(ca.key, hashes.SHA256())


@pytest.mark.parametrize(
    ("fields", "kind", "size", "algorithm", "said"),
    [
        (
            {"KeyType": "RSA", "KeySize": 2048, "SignatureAlgorithm": "SHA-512/RSA"},
            "RSA",
            2048,
            "SHA512withRSA",
            b"sha512WithRSAEncryption",
        ),
        (
            {"KeyType": "EC", "KeySize": 384, "SignatureAlgorithm": "SHA256/EC"},
            "EC",
            384,
            "SHA256withECDSA",
            b"ecdsa-with-SHA256",
        ),
        (
            {
                "KeyType": "EC",
                "KeySize": None,
                "KeyAlgorithmParameter": "secp521r1",
                "SignatureAlgorithm": "SHA-512/EC",
            },
            "EC",
            521,
            "SHA512withECDSA",
            b"ecdsa-with-SHA512",
        ),
        (
            {"KeyType": "DSA", "KeySize": 2048, "SignatureAlgorithm": "SHA256/DSA"},
            "DSA",
            2048,
            "SHA256withDSA",
            b"dsa_with_SHA256",
        ),
    ],
)
def test_generated_key_pair_and_its_signing_request_in_the_eyes_of_openssl(
    wire: Wire, fields: dict[str, object], kind: str, size: int, algorithm: str, said: bytes
) -> None:
    assert wire.generate("keys", CommonName="the host", OrganizationUnit="A, B", Country="DE", **fields).status == 204
    entry = wire.entry("keys")
    assert (entry["Type"], entry["KeyType"], entry["KeySize"], entry["SignatureAlgorithm"]) == (
        "Key Pair",
        kind,
        size,
        algorithm,
    )
    assert entry["SubjectDN"] == entry["IssuerDN"] == 'CN=the host, OU="A, B", C=DE'
    shown = _openssl("req", "-noout", "-verify", "-text", data=_csr(wire, "keys"))
    assert said in shown
    assert b"CN = the host" in shown or b"CN=the host" in shown
    chain = wire.get(entry_path("keys", "/ChainResource/$value"))
    assert _openssl("pkcs7", "-print_certs", "-noout", data=chain.body).count(b"subject=") == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"CommonName": ""},
        {"Country": None},
        {"Alias": ""},
        {"KeyType": "XYZ"},
        {"KeySize": 100},
        {"SignatureAlgorithm": "SHA256/RSA"},
        {"SignatureAlgorithm": "MD5/EC"},
        {"ValidNotAfter": "tomorrow"},
    ],
)
def test_generation_refuses(tenant: LocalTenant, wire: Wire, fields: dict[str, object]) -> None:
    assert wire.generate("keys", **fields).status == 400
    assert len(tenant.entries()) == 14


def test_generation_needs_a_new_alias_and_any_hexalias(wire: Wire) -> None:
    assert wire.generate("keys").status == 204
    assert "already exists" in wire.generate("keys").error
    assert wire.generate("sap_keys").status == 403
    assert (
        wire.send("POST", "/KeyPairGenerationRequests", {"Alias": "x", "CommonName": "x", "Country": "DE"}).status
        == 400
    )


def test_signing_request_of_what_has_no_key_of_ours(tenant: LocalTenant, wire: Wire) -> None:
    tenant.seed_certificate("root", make_root().der)
    assert wire.get(entry_path("root", "/SigningRequest/$value")).error == 'Alias "root" does not represent a Key Pair'
    assert wire.get(entry_path("none", "/SigningRequest/$value")).status == 404
    assert wire.get(entry_path("sap_cloudintegrationcertificate", "/SigningRequest/$value")).status == 403


class Hierarchy:
    """A root, an intermediate, and the answer to a tenant's request."""

    def __init__(self, wire: Wire) -> None:
        assert wire.generate("keys", SignatureAlgorithm="SHA-512/EC").status == 204
        self.root = make_root("Chain Root")
        self.intermediate = issue(self.root, "Chain Intermediate", ca=True)
        self.leaf = _sign(self.intermediate, _csr(wire, "keys"))

    @property
    def ders(self) -> list[bytes]:
        return [self.leaf.public_bytes(Encoding.DER), self.intermediate.der, self.root.der]

    def pems(self, order: Sequence[int] = (0, 1, 2)) -> bytes:
        return b"".join(
            x509.load_der_x509_certificate(self.ders[number]).public_bytes(Encoding.PEM) for number in order
        )


def _content(element: bytes) -> bytes:
    """What a DER element with a long length holds."""
    octets = element[1] & 0x7F if element[1] & 0x80 else 0
    return element[2 + octets :]


def _indefinite(der: bytes) -> bytes:
    """The outer three levels of a PKCS#7 file with indefinite lengths, as old CAs write them in BER."""
    outer = _content(der)
    oid, rest = outer[:11], outer[11:]
    return b"\x30\x80" + oid + b"\xa0\x80\x30\x80" + _content(_content(rest)) + b"\0\0" * 3


def _formats(chain: Hierarchy, directory: Path) -> dict[str, tuple[bytes, str | None]]:
    file = directory / "chain.pem"
    file.write_bytes(chain.pems())
    p7 = _openssl("crl2pkcs7", "-nocrl", "-certfile", str(file), "-outform", "DER")
    path = b"".join(reversed(chain.ders))
    pkipath = b"\x30\x82" + len(path).to_bytes(2, "big") + path
    return {
        "PEM": (chain.pems(), None),
        "PEM, root first": (chain.pems((2, 1, 0)), None),
        "PEM as pkix-cert": (chain.pems((1, 2, 0)), "application/pkix-cert"),
        "concatenated DER": (b"".join(chain.ders), None),
        "PKCS#7 DER": (p7, "application/pkcs7-mime"),
        "PKCS#7 BER": (_indefinite(p7), "application/pkcs7-mime"),
        "PKCS#7 PEM": (_openssl("crl2pkcs7", "-nocrl", "-certfile", str(file)), "application/pkcs7-mime"),
        "PKCS#7 base64": (base64.encodebytes(p7), "application/pkcs7-mime"),
        "PKCS#7 as pkix-cert": (p7, "application/pkix-cert"),
        "SPC": (p7, "application/x-pkcs7-certificates"),
        "PkiPath": (pkipath, "application/pkix-pkipath"),
        "PKCS#7 in CERTIFICATE": (
            b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(p7) + b"-----END CERTIFICATE-----\n",
            None,
        ),
    }


FORMATS = [
    "PEM",
    "PEM, root first",
    "PEM as pkix-cert",
    "concatenated DER",
    "PKCS#7 DER",
    "PKCS#7 BER",
    "PKCS#7 PEM",
    "PKCS#7 base64",
    "PKCS#7 as pkix-cert",
    "SPC",
    "PkiPath",
    "PKCS#7 in CERTIFICATE",
]


@pytest.mark.parametrize("name", FORMATS)
def test_signing_response_in_every_format(wire: Wire, tmp_path: Path, name: str) -> None:
    chain = Hierarchy(wire)
    data, content_type = _formats(chain, tmp_path)[name]
    refused = wire.import_chain("keys", data, "", content_type)
    assert (refused.status, refused.data["Status"]) == (409, "notImported")
    assert wire.import_chain("keys", data, content_type=content_type).status == 204
    assert wire.import_chain("keys", data, content_type=content_type).status == 204  # a repetition replaces
    entry = wire.entry("keys")
    assert entry["Type"] == "Key Pair"
    assert entry["IssuerDN"] == "CN=Chain Intermediate, O=Example, C=DE"
    assert entry["FingerprintSha256"] == chain.leaf.fingerprint(hashes.SHA256()).hex(":").upper()
    listed = wire.get(entry_path("keys", "/ChainCertificates")).results
    assert [(item["Index"], item["SubjectDN"].split(",")[0]) for item in listed] == [
        (0, "CN=Chain Root"),
        (1, "CN=Chain Intermediate"),
        (2, "CN=keys"),
    ]
    exported = wire.get(entry_path("keys", "/ChainResource/$value"))
    assert exported.headers["Content-Type"] == "application/pkcs7-mime"
    assert _openssl("pkcs7", "-print_certs", data=exported.body).count(b"BEGIN CERTIFICATE") == 3
    root = wire.get(entry_path("keys", "/Certificate/$value?rootCA=true"))
    assert x509.load_pem_x509_certificate(root.body).public_bytes(Encoding.DER) == chain.root.der


def test_signing_request_follows_the_digest_of_the_present_certificate(wire: Wire) -> None:
    chain = Hierarchy(wire)
    assert b"ecdsa-with-SHA512" in _openssl("req", "-noout", "-text", data=_csr(wire, "keys"))
    assert wire.import_chain("keys", chain.pems()).status == 204
    assert b"ecdsa-with-SHA256" in _openssl("req", "-noout", "-text", data=_csr(wire, "keys"))


def test_chain_without_its_root_or_the_leaf_alone(tenant: LocalTenant, wire: Wire) -> None:
    chain = Hierarchy(wire)
    assert wire.import_chain("keys", chain.pems((0,))).status == 204
    assert wire.import_chain("keys", chain.pems((1, 0)), "").status == 409
    tenant.seed_certificate("root", chain.root.der)
    assert wire.import_chain("keys", chain.pems((1, 0)), "").status == 204
    assert len(wire.get(entry_path("keys", "/ChainCertificates")).results) == 2


def test_signing_response_refusals(tenant: LocalTenant, wire: Wire) -> None:
    chain = Hierarchy(wire)
    before = tenant.entries()["keys"]
    other = issue(chain.root, "somebody else")
    tenant.seed_certificate("root", chain.root.der)
    wrong = wire.import_chain("keys", other.pem.encode())
    assert (wrong.status, wrong.error) == (
        400,
        "The public key of the CA Reply is different from the public key of the keystore entry",
    )
    assert wire.import_chain("root", chain.pems()).error == 'Alias "root" does not represent a Key Pair'
    assert wire.import_chain("none", chain.pems()).error == "Alias 'none' not found in the keystore"
    assert wire.import_chain("sap_cloudintegrationcertificate", chain.pems()).status == 403
    assert wire.import_chain("keys", chain.pems((0, 2))).status == 400  # a gap
    assert wire.import_chain("keys", chain.pems() + make_root("stranger").pem.encode()).status == 400
    assert wire.import_chain("keys", chain.pems((0, 1, 1, 2))).status == 400
    assert wire.import_chain("keys", chain.pems().ljust(30073)).status == 413
    assert wire.import_chain("keys", b"nonsense").status == 415
    assert wire.import_chain("keys", b"\xef\xbb\xbf" + chain.pems()).status == 415
    assert wire.import_chain("keys", chain.pems(), content_type="application/pkcs7-mime").status == 415
    assert wire.import_chain("keys", chain.pems(), content_type="text/plain").status == 415
    assert tenant.entries()["keys"] == before
    assert wire.import_chain("keys", chain.pems().ljust(30072)).status == 204


def test_forged_intermediate_of_the_same_name_does_not_verify(wire: Wire) -> None:
    chain = Hierarchy(wire)
    forged = issue(chain.root, "Chain Intermediate", ca=True)
    refused = wire.import_chain("keys", chain.pems((0,)) + forged.pem.encode())
    assert refused.error.endswith("does not verify")


def _p12(credential: Credential, password: bytes | None = b"secret") -> str:
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    data = pkcs12.serialize_key_and_certificates(
        b"x", credential.key, credential.certificate, list(credential.intermediates), encryption
    )
    return base64.b64encode(data).decode()


def test_pkcs12_import(tenant: LocalTenant, wire: Wire) -> None:
    root = make_root()
    credential = issue(issue(root, "Intermediate", ca=True), "client")

    def send(query: str = "?fingerprintVerified=true", **fields: object) -> int:
        body = {"Hexalias": "00", "Alias": "client", "Password": "secret", "Resource": _p12(credential), **fields}
        return wire.send("POST", f"/KeyPairResources{query}", body).status

    assert send(Password="wrong") == 400
    assert send(Resource=base64.b64encode(b"no such thing").decode()) == 415
    assert send(Resource="%%%") == 400
    assert send("") == 409
    assert send("?update=true&fingerprintVerified=true") == 400
    assert send(Alias="sap_client") == 403
    assert send(Alias="tab\there") == 400
    assert "client" not in tenant.entries()
    assert send() == 204
    assert send() == 400
    assert send("?update=true&fingerprintVerified=true") == 204
    assert len(wire.get(entry_path("client", "/ChainCertificates")).results) == 2
    found = tenant.key_pair("client")
    assert found is not None
    assert found[1] == [credential.der, credential.intermediates[0].public_bytes(Encoding.DER)]
    assert found[0].public_key() == credential.certificate.public_key()
    certificate_only = pkcs12.serialize_key_and_certificates(
        None, None, None, [root.certificate], BestAvailableEncryption(b"secret")
    )
    assert send(Alias="other", Resource=base64.b64encode(certificate_only).decode()) == 400


def test_rsa_file(wire: Wire) -> None:
    key = rsa_key()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    body = {
        "Hexalias": "AB",
        "Alias": "rsa",
        "RSAFile": base64.b64encode(pem).decode(),
        "SignatureAlgorithm": "SHA-256/RSA",
        "CommonName": "x",
        "Country": "DE",
    }
    assert wire.send("POST", "/RSAKeyGenerationRequests", body).status == 204
    assert wire.entry("rsa")["SignatureAlgorithm"] == "SHA256withRSA"
    ssh = wire.get(entry_path("rsa", "/Sshkey/$value")).body
    assert serialization.load_ssh_public_key(ssh) == key.public_key()
    pkcs8 = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert (
        wire.send(
            "POST", "/RSAKeyGenerationRequests", {**body, "Alias": "b", "RSAFile": base64.b64encode(pkcs8).decode()}
        ).status
        == 400
    )


def test_ssh_file_gets_the_alias_of_its_algorithm(wire: Wire) -> None:
    pem = rsa_key().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())
    body = {"SSHFile": base64.b64encode(pem).decode(), "CommonName": "x", "Country": "DE"}
    reply = wire.send("POST", "/SSHKeyGenerationRequests", body)
    assert (reply.status, reply.data["Alias"]) == (200, "id_rsa")
    assert wire.send("POST", "/SSHKeyGenerationRequests", body).status == 400
    assert wire.send("POST", "/SSHKeyGenerationRequests?update=true", body).status == 200
    assert wire.entry("id_rsa")["Type"] == "Key Pair"


def test_an_entry_of_nobody_is_refused(tenant: LocalTenant) -> None:
    with pytest.raises(ValueError, match="unknown owner 'sap'; Tenant Administrator or SAP"):
        tenant.seed_certificate("x", make_root().der, owner="sap")
