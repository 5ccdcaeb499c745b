# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Deletion, renaming, backup, whole keystores and SAP's own keys."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.tenant.jks import write_public_jceks
from ansible_collections.certops.sap_cloud_integration.tests.unit.tenant.wire import Reply, Wire, entry_path, hex_of
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    pkcs12,
)


def _keytool(*arguments: str) -> str:
    done = subprocess.run(
        ["keytool", "-J-Duser.language=en", *arguments], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _keystore(
    directory: Path,
    kind: str,
    certificates: dict[str, Credential],
    keys: dict[str, Credential] | None = None,
    password: str = "changeit",
) -> str:
    """A file that keytool made, in base64."""
    file = directory / f"made.{kind}"
    store = ["-keystore", str(file), "-storetype", kind, "-storepass", password]
    for alias, credential in certificates.items():
        pem = directory / "one.pem"
        pem.write_text(credential.pem)
        _keytool("-importcert", "-noprompt", "-alias", alias, "-file", str(pem), *store)
    for alias, credential in (keys or {}).items():
        source = directory / "one.p12"
        data = pkcs12.serialize_key_and_certificates(
            alias.encode(),
            credential.key,
            credential.certificate,
            list(credential.intermediates),
            BestAvailableEncryption(password.encode()),
        )
        source.write_bytes(data)
        _keytool(
            "-importkeystore",
            "-srckeystore",
            str(source),
            "-srcstoretype",
            "PKCS12",
            "-srcstorepass",
            password,
            "-destkeystore",
            str(file),
            "-deststoretype",
            kind,
            "-deststorepass",
            password,
            "-destkeypass",
            password,
            "-alias",
            alias,
        )
    return base64.b64encode(file.read_bytes()).decode()


def _import(wire: Wire, resource: str, query: str = "", password: str = "changeit") -> Reply:
    return wire.send(
        "POST", f"/KeystoreResources{query}", {"Name": "system", "Resource": resource, "Password": password}
    )


def _statuses(reply: Reply) -> dict[str, str]:
    assert reply.status == 200, reply.body
    return {item["Alias"]: item["Status"] for item in reply.results if item["Owner"] != "SAP"}


@pytest.mark.parametrize("kind", ["JKS", "JCEKS"])
def test_file_made_by_keytool_with_certificates_and_keys(
    tenant: LocalTenant, wire: Wire, tmp_path: Path, kind: str
) -> None:
    one = make_root("One")
    client = issue(make_root("Top", key=rsa_key()), "client", key=rsa_key())
    resource = _keystore(tmp_path, kind, {"one": one}, {"client": client})
    assert _statuses(_import(wire, resource)) == {"one": "new", "client": "new"}
    assert tenant.entries()["one"].chain == (one.der,)
    found = tenant.key_pair("client")
    assert found is not None
    assert found[0].public_key() == client.certificate.public_key()
    assert wire.entry("client")["Type"] == "Key Pair"
    assert _statuses(_import(wire, resource)) == {"one": "unchanged", "client": "unchanged"}


def test_import_options_and_their_statuses(tenant: LocalTenant, wire: Wire, tmp_path: Path) -> None:
    old, new = make_root("Old"), make_root("New")
    for alias in ("both", "mine"):
        tenant.seed_certificate(alias, old.der)
    assert wire.generate("pair").status == 204
    resource = _keystore(tmp_path, "JKS", {"both": new, "fresh": new, "pair": new, "sap_x": new, "hcicertificate": new})
    reserved = {
        "sap_x": "notImported: The alias is not allowed. Aliases starting with 'sap_' are reserved for SAP.",
    }
    exists = "notImported: An entry with the same alias already exists"
    merged = _statuses(_import(wire, resource, "?importOption=merge"))
    assert merged == {"both": exists, "fresh": "new", "pair": exists, "mine": "unchanged", **reserved}
    assert tenant.entries()["both"].chain == (old.der,)
    overwritten = _statuses(_import(wire, resource))
    assert overwritten == {
        "both": "changed",
        "fresh": "unchanged",
        "mine": "unchanged",
        "pair": "notImported :Key Pair entry cannot be overwritten by a certificate entry.",
        **reserved,
    }
    replaced = _statuses(_import(wire, resource, "?importOption=replace"))
    assert replaced == {"both": "unchanged", "fresh": "unchanged", "pair": "changed", "mine": "removed", **reserved}
    assert [entry.alias for entry in tenant.entries().values() if entry.owner != "SAP"] == ["both", "fresh", "pair"]
    said = {item["Alias"]: item["Status"] for item in _import(wire, resource).results}["hcicertificate"]
    assert said == "notImported: The alias is not allowed. The alias 'hcicertificate' is reserved for SAP."


def test_without_entries_in_the_answer_one_refused_entry_refuses_all(
    tenant: LocalTenant, wire: Wire, tmp_path: Path
) -> None:
    root = make_root()
    mixed = _keystore(tmp_path, "JKS", {"good": root, "sap_bad": root})
    assert _import(wire, mixed, "?returnKeystoreEntries=false").status == 400
    assert "good" not in tenant.entries()
    (tmp_path / "made.JKS").unlink()
    assert _import(wire, _keystore(tmp_path, "JKS", {"good": root}), "?returnKeystoreEntries=false").status == 204
    assert "good" in tenant.entries()


def test_import_refusals(tenant: LocalTenant, wire: Wire, tmp_path: Path) -> None:
    resource = _keystore(tmp_path, "JCEKS", {"one": make_root()})
    data = base64.b64decode(resource)
    broken = base64.b64encode(data[:40] + bytes([data[40] ^ 1]) + data[41:]).decode()
    assert _import(wire, resource, password="wrong").status == 400
    assert _import(wire, broken).status == 400
    assert _import(wire, base64.b64encode(b"PK\3\4" * 20).decode()).status == 415
    assert _import(wire, base64.b64encode(data.ljust(2 * 1024 * 1024 + 1)).decode()).status == 413
    assert _import(wire, resource, "?importOption=other").status == 400
    refused = wire.send("POST", "/KeystoreResources", {"Name": "other", "Resource": resource, "Password": "changeit"})
    assert refused.error == (
        "The value 'other' is not supported for the property 'Name'. "
        "Possible name values are 'system' and 'backup_admin_system'."
    )
    assert len(tenant.entries()) == 14


def test_stored_alias_with_capitals_is_lost_as_in_the_jdk(wire: Wire, tmp_path: Path) -> None:
    """keytool is asked first, so that this habit of the JDK is a fact and no opinion."""
    root = make_root()
    moment = root.certificate.not_valid_before_utc
    file = tmp_path / "capital.jceks"
    data = write_public_jceks([("small", root.der), ("capital", root.der)], moment)
    data = data[:-20].replace(b"\x00\x07capital", b"\x00\x07Capital")
    password = "changeit"
    file.write_bytes(data + hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + data).digest())
    store = ["-keystore", str(file), "-storetype", "JCEKS", "-storepass", password]
    asked = subprocess.run(
        ["keytool", "-list", *store, "-alias", "Capital"], capture_output=True, text=True, check=False, timeout=60
    )
    assert "Alias <Capital> does not exist" in asked.stdout
    assert "trustedCertEntry" in _keytool("-list", *store, "-alias", "SMALL")
    assert _statuses(_import(wire, base64.b64encode(file.read_bytes()).decode())) == {"small": "new"}


def test_public_export_in_the_eyes_of_keytool(tenant: LocalTenant, wire: Wire, tmp_path: Path) -> None:
    root = make_root("Export Root")
    client = issue(issue(root, "Export Intermediate", ca=True), "export client")
    tenant.seed_certificate("Root", root.der)
    tenant.seed_certificate("client_1", root.der)
    chain = [client.der, client.intermediates[0].public_bytes(Encoding.DER), root.der]
    tenant.seed_key_pair("client", client.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()), chain)
    exported = wire.get("/KeystoreResources('system')").data
    assert (exported["Name"], exported["Password"], exported["Aliases"]) == ("system", None, None)
    file = tmp_path / "export.jceks"
    file.write_bytes(base64.b64decode(exported["Resource"]))
    listed = _keytool("-list", "-v", "-keystore", str(file), "-storetype", "JCEKS", "-storepass", "")
    aliases = [line.split(": ")[1] for line in listed.splitlines() if line.startswith("Alias name")]
    assert "PrivateKeyEntry" not in listed
    assert {"root", "client", "client_1", "client__1", "client_2"} <= set(aliases)
    assert len(aliases) == 14 + 5
    assert client.fingerprint_sha256.upper() in listed


def _delete_many(wire: Wire, aliases: str, query: str = "&returnKeystoreEntries=false") -> Reply:
    return wire.send("PUT", f"/KeystoreResources('system')?deleteEntries=true{query}", {"Aliases": aliases})


def test_mass_deletion_with_escapes(tenant: LocalTenant, wire: Wire) -> None:
    for alias in ("Company A; B", "Company \\ C \\", "plain", "stays"):
        tenant.seed_certificate(alias, make_root().der)
    assert _delete_many(wire, "Company A\\; B;Company \\\\ C \\\\;missing;plain").status == 204
    assert [alias for alias, entry in tenant.entries().items() if entry.owner != "SAP"] == ["stays"]
    assert len(_delete_many(wire, "missing", "").results) == 15


@pytest.mark.parametrize(
    ("aliases", "status"), [("stays;sap_root", 403), ("stays;hcicertificate", 403), ("stays;a\\b", 400)]
)
def test_mass_deletion_refuses_all_or_nothing(tenant: LocalTenant, wire: Wire, aliases: str, status: int) -> None:
    tenant.seed_certificate("stays", make_root().der)
    assert _delete_many(wire, aliases).status == status
    assert "stays" in tenant.entries()


def test_deletion_of_one(tenant: LocalTenant, wire: Wire) -> None:
    tenant.seed_certificate("one", make_root().der)
    tenant.seed_certificate("two", make_root().der)
    assert wire.send("DELETE", entry_path("one")).status == 204
    again = wire.send("DELETE", entry_path("one"))
    assert (again.status, again.error) == (404, "Alias 'one' not found in the keystore")
    assert len(wire.send("DELETE", entry_path("two", "?returnKeystoreEntries=true")).results) == 14
    assert wire.send("DELETE", entry_path("sap_cloudintegrationcertificate")).status == 403
    tenant.seed_certificate("given", make_root().der, owner="SAP")
    assert wire.send("DELETE", entry_path("given")).status == 403
    assert wire.send("DELETE", entry_path("given", "?keystoreName=KeyRenewal")).status == 400


def test_renaming(tenant: LocalTenant, wire: Wire) -> None:
    tenant.seed_certificate("old", make_root().der)
    tenant.seed_certificate("taken", make_root().der)
    before = tenant.entries()["old"]

    def rename(alias: str, target: str, query: str = "", body: Any = None) -> Reply:
        return wire.send(
            "PUT", entry_path(alias, f"?renameAlias={quote(target)}{query}"), {"Status": None} if body is None else body
        )

    assert "already exists" in rename("old", "taken").error
    assert rename("old", "sap_new").status == 403
    assert rename("none", "new").status == 404
    assert rename("old", "").status == 400
    assert rename("old", "new", body={}).status == 400
    done = rename("old", "neu & schön", "&returnHexAlias=true")
    assert (done.status, done.text) == (200, f"[{hex_of('neu & schön')}]")
    after = tenant.entries()["neu & schön"]
    assert (after.chain, after.created) == (before.chain, before.created)
    assert rename("neu & schön", "new").status == 204
    assert "neu & schön" not in tenant.entries()


def test_backup_and_restore(tenant: LocalTenant, wire: Wire) -> None:
    restore = "/KeystoreResources('system')?retrieveBackup=backup_admin_system"
    assert wire.send("PUT", restore, {"Resource": None}).status == 404
    first = make_root("first")
    tenant.seed_certificate("kept", first.der)
    assert wire.generate("pair").status == 204
    assert (
        wire.send("POST", "/KeystoreResources?returnKeystoreEntries=false", {"Name": "backup_admin_system"}).status
        == 204
    )
    assert wire.send("POST", "/KeystoreResources?importOption=merge", {"Name": "backup_admin_system"}).status == 400
    saved = wire.get("/KeystoreEntries?keystoreName=backup_admin_system").results
    assert [item["Alias"] for item in saved] == ["kept", "pair"]
    key = tenant.entries()["pair"].key
    assert wire.send("DELETE", entry_path("pair")).status == 204
    tenant.seed_certificate("kept", make_root("other").der)
    tenant.seed_certificate("later", make_root("later").der)
    assert wire.send("PUT", restore, {}).status == 400
    assert _statuses(wire.send("PUT", restore, {"Resource": None})) == {
        "kept": "changed",
        "later": "unchanged",
        "pair": "new",
    }
    assert tenant.entries()["pair"].key == key
    assert _statuses(wire.send("PUT", f"{restore}&importOption=replace", {"Resource": None})) == {
        "kept": "unchanged",
        "later": "removed",
        "pair": "unchanged",
    }
    assert tenant.entries()["kept"].chain == (first.der,)
    assert len(tenant.entries()) == 14 + 2


def test_sap_key_is_offered_activated_and_remembered(tenant: LocalTenant, wire: Wire) -> None:
    alias = "sap_cloudintegrationcertificate"
    activate = entry_path(alias, "?keystoreName=KeyRenewal&activate=true")
    assert wire.send("DELETE", activate).status == 404
    old = tenant.entries()[alias].chain
    tenant.offer_sap_key()
    assert wire.get("/Keystores('KeyRenewal')/Size/$value").text == "1"
    offered = wire.get("/KeystoreEntries?keystoreName=KeyRenewal").results[0]
    assert wire.send("DELETE", activate).status == 204
    assert wire.entry(alias)["FingerprintSha256"] == offered["FingerprintSha256"]
    assert wire.get("/KeystoreEntries?keystoreName=KeyRenewal").results == []
    (past,) = wire.get("/HistoryKeystoreEntries").results
    assert (past["Alias"], past["OriginalAlias"], past["ActivationSequenceNumber"], past["DeactivatedBy"]) == (
        f"[1]_{alias}",
        alias,
        1,
        wire.key["clientid"],
    )
    assert tenant.keystore.history()[f"[1]_{alias}"].chain == old
    assert wire.get(entry_path(f"[1]_{alias}", entity_set="HistoryKeystoreEntries")).data["Type"] == "Key Pair"
    back = entry_path(f"[1]_{alias}", f"?copy=true&destinationAlias={alias}", "HistoryKeystoreEntries")
    assert wire.send("PUT", back, {"Status": None}).status == 204
    assert wire.send("PUT", back, {"Status": None}).status == 400
    assert (
        wire.send("PUT", entry_path("x", "?copy=true", "HistoryKeystoreEntries"), {"Status": None}).error
        == "The alias \"x\" is invalid: Alias 'x' does not start with '['"
    )
    assert wire.send("DELETE", activate).status == 204
    assert tenant.entries()[alias].chain == old


def test_a_thousand_entries_come_in_pages(tenant: LocalTenant, wire: Wire) -> None:
    der = make_root().der
    tenant.keystore.seed([tenant.keystore.new_entry(f"root{number:04}", (der,), None, "x") for number in range(1000)])
    page = wire.get("/KeystoreEntries")
    assert len(page.results) == 1000
    rest = wire.raw("GET", page.data["__next"].removeprefix(tenant.url), headers={"Accept": "application/json"})
    assert len(rest.results) == 14
    assert "__next" not in rest.data
