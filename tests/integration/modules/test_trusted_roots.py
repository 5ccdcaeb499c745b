# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""trusted_roots: hundreds of roots in a handful of requests, all or nothing, and honest when stopped half way."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import (
    Call,
    call,
    fingerprints,
    login,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import (
    Credential,
    ec_key,
    issue,
    make_root,
    rsa_key,
    self_signed_leaf,
)
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

LISTING = "GET /api/v1/KeystoreEntries"
EXPORT = "GET /api/v1/KeystoreResources('system')"
IMPORT = "POST /api/v1/KeystoreResources"
DELETION = "PUT /api/v1/KeystoreResources('system')"


@pytest.fixture(scope="session")
def many() -> list[Credential]:
    """Three hundred roots; one key, because making keys is not what is tested."""
    key = ec_key()
    return [make_root(f"Root {number:03}", key=key) for number in range(300)]


def write(folder: Path, roots: Sequence[Credential], *, first: int = 0) -> dict[str, Any]:
    """A declaration in files, as a repository holds it; the options that name it."""
    lines = ["---", "roots:"]
    for number, root in enumerate(roots, first):
        (folder / f"{number}.pem").write_text(root.pem)
        lines += [
            f"  - alias: root_{number:03}",
            f"    fingerprint_sha256: {root.fingerprint_sha256}",
            f"    certificate_path: {number}.pem",
        ]
    (folder / "roots.yml").write_text("\n".join(lines) + "\n")
    return {"roots_path": [str(folder / "roots.yml")]}


def declare(alias: str, root: Credential, **more: Any) -> dict[str, Any]:
    return {"alias": alias, "fingerprint_sha256": root.fingerprint_sha256, "certificate_content": root.pem, **more}


def seen(tenant: LocalTenant, *aliases: str) -> dict[str, str]:
    """What the tenant holds under these aliases, by another eye."""
    return {alias: found[0] for alias, found in fingerprints(tenant).items() if alias in aliases}


def prove(tenant: LocalTenant, options: dict[str, Any]) -> Call:
    """Check, real, check, real; the call that changed something."""
    tenant.read_only = True
    predicted = call(tenant, "trusted_roots", options, check=True)
    tenant.read_only = False
    real = call(tenant, "trusted_roots", options)
    tenant.read_only = True
    again = [call(tenant, "trusted_roots", options, check=check) for check in (True, False)]
    tenant.read_only = False
    assert tenant.violations == []
    assert [one.result.get("msg") for one in (predicted, real, *again)] == [None] * 4
    assert [one.result["changed"] for one in (predicted, real, *again)] == [True, True, False, False]
    for name in ("actions", "changes", "diff", "reason", "unlisted"):
        assert predicted.result[name] == real.result[name], name
    assert again[1].result["changes"] == []
    assert again[1].result["diff"] == {"before": {}, "after": {}}
    assert len(again[1].requests) <= 2, again[1].requests
    return real


def test_three_hundred_roots_come_in_three_requests_and_stay_with_one(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path
) -> None:
    options = write(tmp_path, many)
    real = prove(tenant, options)
    assert real.requests == [LISTING, IMPORT, LISTING]
    assert (real.tokens, real.connections) == (1, {"api": 1, "token": 1})
    held = fingerprints(tenant)
    assert all(held[f"root_{n:03}"] == [sha256(root.der).hexdigest()] for n, root in enumerate(many))
    assert call(tenant, "trusted_roots", options).requests == [LISTING]


def test_a_hundred_runs_write_nothing(tenant: LocalTenant, many: list[Credential], tmp_path: Path) -> None:
    options = {**write(tmp_path, many[:20]), "unlisted": "remove"}
    tenant.seed_certificate("partner", self_signed_leaf("partner").der)
    tenant.seed_certificate("partner_2", self_signed_leaf("partner 2").der)
    assert call(tenant, "trusted_roots", options).result["changed"] is True
    tenant.read_only = True
    for _unused in range(100):
        again = call(tenant, "trusted_roots", options)
        assert again.result["changed"] is False
        assert again.requests == [LISTING, EXPORT]
    assert tenant.violations == []


def test_the_set_converges_in_both_directions(tenant: LocalTenant, many: list[Credential], tmp_path: Path) -> None:
    """Added, replaced, renamed and removed in one call; keys, leaf certificates and SAP's entries are left alone."""
    first, second, third, *_unused = many
    leaf = self_signed_leaf("partner")
    key_pair = issue(first, "client", key=rsa_key())
    tenant.seed_certificate("old; name\\", first.der)
    tenant.seed_certificate("root_1", third.der)
    tenant.seed_certificate("stray; with \\ and ä", many[9].der)
    tenant.seed_certificate("above", issue(first, "Intermediate", ca=True).der)
    tenant.seed_certificate("partner", leaf.der)
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = key_pair.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    tenant.seed_key_pair("client", key, [key_pair.der])
    before = fingerprints(tenant)
    options = {
        "roots": [
            declare("root_0", first, on_other_alias="rename"),
            declare("root_1", second, on_alias_conflict="replace"),
            *(declare(f"root_{number}", many[number]) for number in range(3, 8)),
        ],
        "unlisted": "remove",
    }
    real = prove(tenant, options)
    assert {(one["change"], one["alias"]) for one in real.result["changes"]} == {
        ("renamed", "root_0"),
        ("replaced", "root_1"),
        *(("added", f"root_{number}") for number in range(3, 8)),
        ("removed", "stray; with \\ and ä"),
        ("removed", "above"),
    }
    after = fingerprints(tenant)
    assert set(after) == (set(before) - {"old; name\\", "stray; with \\ and ä", "above"}) | {
        "root_0",
        *(f"root_{number}" for number in range(3, 8)),
    }
    assert after["root_1"] == [sha256(second.der).hexdigest()]
    assert {alias: after[alias] for alias in ("client", "partner")} == {
        alias: before[alias] for alias in ("client", "partner")
    }
    assert [one for one in real.requests if one == IMPORT] == [IMPORT]
    assert [one for one in real.requests if one == DELETION] == [DELETION]


def test_a_few_changes_are_uploaded_one_by_one(tenant: LocalTenant, many: list[Credential]) -> None:
    real = call(tenant, "trusted_roots", {"roots": [declare(f"r{n}", many[n]) for n in range(3)]})
    assert [one.split("(")[0] for one in real.writes] == ["PUT /api/v1/CertificateResources"] * 3
    four = call(tenant, "trusted_roots", {"roots": [declare(f"s{n}", many[10 + n]) for n in range(4)]})
    assert four.writes == [IMPORT]


def test_single_uploads_alone_on_request(tenant: LocalTenant, many: list[Credential]) -> None:
    real = call(tenant, "trusted_roots", {"roots": [declare(f"r{n}", many[n]) for n in range(8)], "upload": "single"})
    assert len(real.writes) == 8
    assert IMPORT not in real.writes


def test_aliases_with_capitals_do_not_get_lost(tenant: LocalTenant, many: list[Credential]) -> None:
    roots = [declare(f"{'Root' if number % 2 else 'root'}_{number}", many[number]) for number in range(8)]
    real = prove(tenant, {"roots": roots})
    assert real.writes.count(IMPORT) == 1
    assert len(real.writes) == 5
    assert set(seen(tenant, "Root_1", "Root_3", "Root_5", "Root_7")) == {"Root_1", "Root_3", "Root_5", "Root_7"}


def test_more_than_a_file_holds_is_split(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant import many_entries

    monkeypatch.setattr(many_entries, "LARGEST_FILE", 20_000)
    monkeypatch.setattr(many_entries, "LONGEST_ALIAS_LIST", 400)
    options = write(tmp_path, many[:100])
    real = call(tenant, "trusted_roots", options)
    assert real.result["changed"] is True
    assert real.writes.count(IMPORT) == len(real.writes) > 2
    gone = call(tenant, "trusted_roots", {"unlisted": "remove"})
    assert gone.writes == [DELETION] * 3, "nine digits an alias, a hundred of them"
    assert not [alias for alias in tenant.entries() if alias.startswith("root_")]


def test_one_broken_certificate_among_three_hundred_stops_everything(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path
) -> None:
    options = write(tmp_path, many)
    pem = (tmp_path / "217.pem").read_text()
    (tmp_path / "217.pem").write_text(pem[:200] + pem[230:])
    before = fingerprints(tenant)
    refused = call(tenant, "trusted_roots", options)
    assert refused.kind == "BadDeclaration"
    (fault,) = refused.result["problem"]["faults"]
    assert fault["rule"] == "bad_certificate"
    assert fault["where"] == f"{tmp_path / 'roots.yml'} line {2 + 3 * 217 + 3}"
    assert fault["where"] in refused.message
    assert "217.pem" in refused.message
    assert (refused.requests, refused.tokens, fingerprints(tenant)) == ([], 0, before)


def test_a_conflict_with_the_tenant_stops_everything(tenant: LocalTenant, many: list[Credential]) -> None:
    tenant.seed_certificate("root_2", many[9].der)
    refused = call(tenant, "trusted_roots", {"roots": [declare(f"root_{n}", many[n]) for n in range(6)]})
    assert refused.kind == "DoesNotFit"
    assert refused.requests == [LISTING]
    assert refused.result["problem"]["faults"][0]["rule"] == "alias_taken"


@pytest.mark.parametrize("upload", ["auto", "keystore"])
def test_what_the_tenant_does_not_import_is_tried_by_itself_or_named(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path, upload: str
) -> None:
    """Statuses of the answer are read: a colleague takes two aliases between the listing and the import."""
    options = {**write(tmp_path, many[:6]), "upload": upload}
    held = tenant.faults.add("hold_before", method="POST", path=".*/KeystoreResources")

    def meddle() -> None:
        held.reached.wait(20)
        tenant.seed_certificate("root_003", many[9].der)
        tenant.seed_certificate("root_004", many[4].der)
        held.release()

    colleague = threading.Thread(target=meddle)
    colleague.start()
    refused = call(tenant, "trusted_roots", options)
    colleague.join()
    assert "already exists" in refused.message
    alone = ["PUT /api/v1/CertificateResources"] if upload == "auto" else []
    assert [one.split("(")[0] for one in refused.writes] == [IMPORT, *alone]
    assert ("notImported" in refused.message) == (upload == "keystore")
    assert seen(tenant, "root_003") == {"root_003": sha256(many[9].der).hexdigest()}, "nobody's certificate is replaced"
    done, _unused, left = refused.message.partition("Done: ")[2].partition("Not done:")
    assert all(f'"root_00{n}"' in done for n in (0, 1, 2, 4, 5))
    assert ('"root_003"' in done, '"root_003"' in left) == (False, True)


@pytest.mark.parametrize("status", [400, 413, 415, 500, 501])
def test_a_tenant_that_refuses_the_file_gets_the_certificates_one_by_one(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path, status: int
) -> None:
    tenant.faults.add("status", status=status, method="POST", path=".*/KeystoreResources", count=None)
    options = write(tmp_path, many[:5])
    real = call(tenant, "trusted_roots", options)
    assert real.result["changed"] is True
    assert len(real.writes) == 6
    assert len(seen(tenant, *(f"root_00{n}" for n in range(5)))) == 5
    other = write(tmp_path, many[10:15], first=10)
    refused = call(tenant, "trusted_roots", {**other, "upload": "keystore"})
    assert f"HTTP {status}" in refused.message
    assert "Nothing was changed" in refused.message
    assert refused.writes == [IMPORT]


def test_a_file_that_was_imported_although_the_tenant_said_no_is_a_change(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path
) -> None:
    tenant.faults.add("status_after", status=500, method="POST", path=".*/KeystoreResources")
    real = call(tenant, "trusted_roots", write(tmp_path, many[:5]))
    assert real.result["changed"] is True
    assert real.writes == [IMPORT]
    assert len(seen(tenant, *(f"root_00{n}" for n in range(5)))) == 5


def test_an_answer_that_was_lost_is_looked_after(tenant: LocalTenant, many: list[Credential], tmp_path: Path) -> None:
    tenant.faults.add("drop_after", method="POST", path=".*/KeystoreResources")
    real = call(tenant, "trusted_roots", write(tmp_path, many[:5]))
    assert real.result["changed"] is True
    assert real.requests == [LISTING, IMPORT, LISTING, LISTING]


def test_a_run_that_was_stopped_half_way_says_where_and_the_next_one_completes_it(
    tenant: LocalTenant, many: list[Credential], tmp_path: Path
) -> None:
    """The tenant takes the import and refuses the deletion."""
    tenant.seed_certificate("stray", many[200].der)
    tenant.seed_certificate("stray_2", many[201].der)
    options = {**write(tmp_path, many[:30]), "unlisted": "remove"}
    tenant.faults.add("status", status=403, method="PUT", path=".*/KeystoreResources.*")
    refused = call(tenant, "trusted_roots", options)
    assert refused.kind == "NotPermitted"
    done, _unused, left = refused.message.partition("Not done:")
    assert all(f'"root_{n:03}"' in done for n in range(30))
    assert '"stray"' in left
    assert '"stray_2"' in left
    assert "stray" in tenant.entries(), "no root goes before the others came"
    again = call(tenant, "trusted_roots", options)
    assert again.result["changed"] is True
    assert again.writes == [DELETION]
    assert "stray" not in tenant.entries()


def test_one_by_one_a_refusal_of_one_does_not_hold_up_the_others(tenant: LocalTenant, many: list[Credential]) -> None:
    hexadecimal = b"r4".hex().upper()
    tenant.faults.add("status", status=400, body="odata", text="Not this one", method="PUT", path=f".*{hexadecimal}.*")
    options = {"roots": [declare(f"r{n}", many[n]) for n in range(8)], "upload": "single"}
    refused = call(tenant, "trusted_roots", options)
    assert "Not this one" in refused.message
    assert set(seen(tenant, *(f"r{n}" for n in range(8)))) == {f"r{n}" for n in range(8) if n != 4}
    assert call(tenant, "trusted_roots", options).writes == [
        f"PUT /api/v1/CertificateResources('{hexadecimal}')/$value"
    ]


def test_without_the_role_for_the_export_each_certificate_is_asked_for(
    tenant: LocalTenant, many: list[Credential]
) -> None:
    tenant.seed_certificate("stray", many[0].der)
    tenant.seed_certificate("partner", self_signed_leaf("partner").der)
    key = tenant.create_service_key(roles=("MonitoringDataRead", "SecurityMaterialEdit"))
    found = call(tenant, "trusted_roots", {**login(tenant), "service_key": key, "unlisted": "report"})
    assert [one["alias"] for one in found.result["unlisted"]] == ["stray"]
    assert found.requests[:2] == [LISTING, EXPORT]
    assert len(found.requests) == 4


def test_a_root_that_a_receiver_needs_is_not_removed(
    tenant: LocalTenant, many: list[Credential], start_receiver: Callable[..., LocalReceiver]
) -> None:
    needed, idle, wanted = many[0], make_root("Idle"), make_root("Wanted")
    receiver = start_receiver(issue(needed, "127.0.0.3", hosts=["127.0.0.3"]))
    tenant.seed_certificate("needed", needed.der)
    tenant.seed_certificate("idle", idle.der)
    tenant.seed_certificate("partner", self_signed_leaf("partner").der)
    address = f"127.0.0.3:{receiver.port}"
    options = {"roots": [declare("wanted", wanted)], "unlisted": "remove", "protect": [address]}
    refused = call(tenant, "trusted_roots", options)
    assert refused.kind == "StillNeeded"
    assert address in refused.message
    assert '"needed"' in refused.message
    assert '"idle"' not in refused.message
    assert refused.writes == []
    receiver.exchange(issue(wanted, "127.0.0.3", hosts=["127.0.0.3"]))
    real = call(tenant, "trusted_roots", options)
    assert real.result.get("msg") is None
    assert {one["alias"] for one in real.result["changes"]} == {"needed", "idle", "wanted"}
    assert "warnings" not in real.result


def test_only_a_receiver_whose_need_is_not_known_can_be_accepted_by_name(
    tenant: LocalTenant, many: list[Credential], start_receiver: Callable[..., LocalReceiver]
) -> None:
    receiver = start_receiver(issue(many[0], "127.0.0.3", hosts=["127.0.0.3"]))
    tenant.seed_certificate("needed", many[0].der)
    address = f"127.0.0.3:{receiver.port}"
    options = {"unlisted": "remove", "protect": [address], "accept_unprobed": [address]}
    refused = call(tenant, "trusted_roots", options)
    assert (refused.kind, refused.writes) == ("StillNeeded", [])
    assert '"needed"' in refused.message
    receiver.refuse()
    accepted = call(tenant, "trusted_roots", options)
    assert [one["alias"] for one in accepted.result["changes"]] == ["needed"]
    assert any(address in warning for warning in accepted.result["warnings"])


def test_a_second_alias_of_a_root_goes_without_asking_anybody(tenant: LocalTenant, many: list[Credential]) -> None:
    tenant.seed_certificate("first", many[0].der)
    tenant.seed_certificate("second", many[0].der)
    silent = "127.0.0.3:9"
    options = {"roots": [{**declare("second", many[0]), "state": "absent"}], "protect": [silent]}
    real = call(tenant, "trusted_roots", options)
    assert [(one["change"], one["alias"]) for one in real.result["changes"]] == [("removed", "second")]
    assert "warnings" not in real.result


def test_removing_without_protection_warns(tenant: LocalTenant, many: list[Credential]) -> None:
    tenant.seed_certificate("stray", many[0].der)
    real = call(tenant, "trusted_roots", {"unlisted": "remove"})
    assert any("protect" in warning for warning in real.result["warnings"])


@pytest.fixture
def start_receiver() -> Any:
    started: list[LocalReceiver] = []

    def start(credential: Credential) -> LocalReceiver:
        receiver = LocalReceiver(addresses=["127.0.0.3"], credential=credential)
        started.append(receiver)
        return receiver.__enter__()

    yield start
    for receiver in started:
        receiver.__exit__(None, None, None)
