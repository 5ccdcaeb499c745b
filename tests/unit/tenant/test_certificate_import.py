# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Import of certificates: the order of decisions, the formats, the limits."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Wire, entry_path, hex_of
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def test_unknown_root_needs_the_statement_that_its_fingerprint_was_verified(tenant: LocalTenant, wire: Wire) -> None:
    root = make_root()
    refused = wire.import_certificate("root", root.der, "")
    assert (refused.status, refused.data["Status"], refused.data["Validity"]) == (409, "notImported", "notTrusted")
    assert refused.data["FingerprintSha256"] == root.fingerprint_sha256.upper()
    assert "root" not in tenant.entries()
    accepted = wire.import_certificate("root", root.der)
    assert (accepted.status, accepted.body) == (204, b"")
    assert wire.entry("root")["Owner"] == "Tenant Administrator"


def test_intermediate_below_a_known_root_passes_without_the_flag(wire: Wire) -> None:
    root = make_root()
    intermediate = issue(root, "Intermediate", ca=True)
    assert wire.import_certificate("intermediate", intermediate.der, "").status == 409
    assert wire.import_certificate("root", root.der).status == 204
    assert wire.import_certificate("intermediate", intermediate.der, "").status == 204


def test_a_root_of_the_same_name_with_another_key_is_no_trust_path(wire: Wire) -> None:
    assert wire.import_certificate("root", make_root("Same").der).status == 204
    assert wire.import_certificate("leaf", issue(make_root("Same"), "leaf").der, "").status == 409


@pytest.mark.parametrize("verified", ["true", "false"])
def test_existence_is_compared_with_update_before_trust(wire: Wire, verified: str) -> None:
    root = make_root()
    missing = wire.import_certificate("root", root.der, f"?update=true&fingerprintVerified={verified}")
    assert missing.status == 400
    assert wire.import_certificate("root", root.der).status == 204
    again = wire.import_certificate("root", root.der, f"?fingerprintVerified={verified}")
    assert (again.status, again.error) == (400, 'Entry with alias "root" already exists in keystore "system"')


def test_update_replaces_moves_the_modification_and_keeps_the_creation(tenant: LocalTenant, wire: Wire) -> None:
    assert wire.import_certificate("root", make_root().der).status == 204
    before = wire.entry("root")
    tenant.clock.advance(60)
    other = make_root("Other")
    assert wire.import_certificate("root", other.der, "?update=true&fingerprintVerified=true").status == 204
    after = wire.entry("root")
    assert after["SerialNumber"] == f"0x{other.certificate.serial_number:X}"
    assert (after["CreatedTime"], after["CreatedBy"]) == (before["CreatedTime"], before["CreatedBy"])
    moved = int(after["LastModifiedTime"][6:-2]) - int(before["LastModifiedTime"][6:-2])
    assert 60_000 <= moved < 90_000
    assert after["LastModifiedBy"] == wire.key["clientid"]


def test_entries_come_back_when_asked_for(tenant: LocalTenant, wire: Wire) -> None:
    reply = wire.import_certificate("root", make_root().der, "?fingerprintVerified=true&returnKeystoreEntries=true")
    assert reply.status == 200
    statuses = {entry["Alias"]: entry["Status"] for entry in reply.results}
    assert (len(statuses), statuses.pop("root"), set(statuses.values())) == (15, "new", {"unchanged"})


@pytest.mark.parametrize("alias", ["sap_root", "SAP_root", "hcicertificate", "hcicertificate1", "hcimsgcertificate"])
def test_reserved_aliases_are_forbidden_whatever_the_body(wire: Wire, alias: str) -> None:
    refused = wire.import_certificate(alias, b"nonsense")
    assert (refused.status, refused.text) == (403, '{"code":"Forbidden","message":{"lang":"en","value":null}}')


def test_aliases_that_differ_in_case_are_in_each_others_way(wire: Wire) -> None:
    assert wire.import_certificate("Root", make_root().der).status == 204
    assert "already exists" in wire.import_certificate("root", make_root().der).error
    assert wire.import_certificate("root", make_root().der, "?update=true&fingerprintVerified=true").status == 400
    assert wire.get(entry_path("root")).status == 404


@pytest.mark.parametrize("alias", ["a/b c", "it's", "ü; \\ €", "x" * 250])
def test_any_character_is_safe_in_the_hex_form(wire: Wire, alias: str) -> None:
    assert wire.import_certificate(alias, make_root().der).status == 204
    assert wire.entry(alias)["Hexalias"] == hex_of(alias)
    assert wire.send("DELETE", entry_path(alias)).status == 204


def test_over_long_aliases_are_refused(wire: Wire) -> None:
    assert wire.import_certificate("x" * 251, make_root().der).status == 400


def _formats(der: bytes) -> dict[str, bytes]:
    pem = x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)
    return {
        "DER": der,
        "base64": base64.b64encode(der),
        "base64 in lines": base64.encodebytes(der),
        "PEM": pem,
        "PEM with text": b"subject: CN=x\r\n\r\n" + pem.replace(b"\n", b"\r\n") + b"\nbye\n",
        "X509 label": pem.replace(b"BEGIN C", b"BEGIN X509 C").replace(b"END C", b"END X509 C"),
    }


@pytest.mark.parametrize("name", list(_formats(make_root().der)))
def test_formats_of_one_certificate(wire: Wire, name: str) -> None:
    root = make_root()
    assert wire.import_certificate("root", _formats(root.der)[name]).status == 204
    pem = wire.get(entry_path("root", "/Certificate/$value"))
    assert pem.headers["Content-Type"] == "application/pkix-cert"
    assert x509.load_pem_x509_certificate(pem.body).public_bytes(Encoding.DER) == root.der


def test_what_is_no_certificate(wire: Wire) -> None:
    root, other = make_root(), make_root()
    key = root.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    cases = {
        b"": 400,
        b"   ": 400,
        b"nonsense": 415,
        b"<html></html>": 415,
        root.der[:-1]: 415,
        root.der + b"x": 415,
        b"\x30\x03\x02\x01\x00": 400,
        b"\xef\xbb\xbf" + root.pem.encode(): 415,
        key: 415,
        root.pem.encode() + key: 415,
        root.pem.encode() + other.pem.encode(): 400,
        root.pem.encode().replace(b"CERTIFICATE", b"TRUSTED CERTIFICATE"): 415,
    }
    assert {data: wire.import_certificate("root", data).status for data in cases} == cases
    assert wire.import_certificate("root", root.der, content_type="application/x-www-form-urlencoded").status == 415


@pytest.mark.parametrize(("days", "starts"), [(10, -30), (10, 5)])
def test_expired_and_future_certificates_fail_the_validation(wire: Wire, days: int, starts: int) -> None:
    refused = wire.import_certificate("root", make_root(days=days, starts_in_days=starts).der)
    assert refused.status == 400
    assert "Certificate validation failed" in refused.error


def test_size_limits(tenant: LocalTenant, wire: Wire) -> None:
    assert wire.import_certificate("root", make_root().pem.encode().ljust(10240)).status == 204
    assert wire.import_certificate("more", make_root().pem.encode().ljust(10241)).status == 413
    one = make_root("exactly fits")
    entry = tenant.keystore.new_entry("a", (one.der,), None, "x")
    filler = tenant.keystore.new_entry("filler", (b"",), None, "x")
    room = 6291456 - sum(known.size for known in tenant.entries().values()) - entry.size - filler.size
    tenant.keystore.seed([replace(filler, chain=(bytes(room),))])
    assert wire.import_certificate("a", one.der).status == 204
    assert wire.import_certificate("b", one.der).status == 413
    assert "b" not in tenant.entries()


def test_another_users_change_locks_the_keystore_for_a_while(tenant: LocalTenant, wire: Wire) -> None:
    tenant.lock_keystore(seconds=30)
    locked = wire.import_certificate("root", make_root().der)
    assert (locked.status, locked.error) == (503, "Keystore is locked by another user")
    assert wire.import_certificate("sap_x", make_root().der).status == 403  # reserved comes before locked
    assert wire.send("POST", "/RSAKeyGenerationRequests", {"Hexalias": "00", "Alias": "k"}).status == 423
    assert wire.get("/KeystoreEntries").status == 200
    tenant.clock.advance(31)
    assert wire.import_certificate("root", make_root().der).status == 204


def test_a_write_locks_out_others_but_not_its_own_user() -> None:
    with LocalTenant(lock_seconds=20) as tenant:
        one, other = Wire(tenant), Wire(tenant, tenant.create_service_key())
        assert one.import_certificate("a", make_root().der).status == 204
        assert one.import_certificate("b", make_root().der).status == 204
        assert other.import_certificate("c", make_root().der).status == 503
        tenant.clock.advance(21)
        assert other.import_certificate("c", make_root().der).status == 204


def test_a_key_pair_is_not_overwritten_by_a_certificate(wire: Wire) -> None:
    assert wire.generate("keys").status == 204
    refused = wire.import_certificate("keys", make_root().der, "?update=true&fingerprintVerified=true")
    assert (refused.status, refused.error) == (400, "Key Pair entry cannot be overwritten by a certificate entry.")
    assert wire.entry("keys")["Type"] == "Key Pair"
