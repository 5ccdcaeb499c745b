# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""signing_request: a file that stays while subject and key do, although the tenant signs anew each time."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import run, seed, seed_self_signed
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import Call, call
from ansible_collections.certops.sap_cloud_integration.tests.pki import ec_key, issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

ALIAS = "client"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "client.csr"


def _write(tenant: LocalTenant, path: Path | None, **more: Any) -> Call:
    return call(tenant, "signing_request", {"alias": ALIAS, "path": path and str(path), **more})


@pytest.mark.parametrize("make_key", [rsa_key, ec_key], ids=["RSA", "EC"])
def test_the_file_is_written_once(tenant: LocalTenant, path: Path, make_key: Callable[[], Any]) -> None:
    seed_self_signed(tenant, ALIAS, make_key())
    foretold = call(tenant, "signing_request", {"alias": ALIAS, "path": str(path)}, check=True)
    assert (foretold.result["changed"], path.exists()) == (True, False)
    first = _write(tenant, path)
    content = path.read_text()
    again = _write(tenant, path)
    checked_again = call(tenant, "signing_request", {"alias": ALIAS, "path": str(path)}, check=True)
    for one in (again, checked_again):
        assert (one.result["changed"], one.result["diff"]) == (False, checked_again.result["diff"])
    assert foretold.result["diff"] == first.result["diff"]
    assert (first.result["changed"], first.result["csr"], again.result["csr"]) == (True, content, content)
    assert first.result["signing_request"] == again.result["signing_request"] == foretold.result["signing_request"]
    assert path.read_text() == content
    assert [len(one.requests) for one in (foretold, first, again)] == [2, 2, 2]
    assert first.writes == again.writes == []
    assert "CN = client.example" in run("openssl", "req", "-in", str(path), "-noout", "-verify", "-subject").decode()


def test_the_tenant_really_signs_anew(tenant: LocalTenant) -> None:
    seed_self_signed(tenant, ALIAS, ec_key())
    first, second = _write(tenant, None), _write(tenant, None)
    assert first.result["csr"] != second.result["csr"]
    assert not first.result["changed"]
    assert first.result["signing_request"] == second.result["signing_request"]


def test_a_request_stays_when_the_ca_has_answered(tenant: LocalTenant, path: Path) -> None:
    """Observed on a tenant: after an answer, the request is signed with another algorithm."""
    key = rsa_key()
    seed_self_signed(tenant, ALIAS, key)
    _write(tenant, path)
    answer = issue(make_root(), "client.example", key=key)
    seed(tenant, ALIAS, key, [answer.der])
    assert not _write(tenant, path).result["changed"]


def test_another_key_or_subject_is_another_request(tenant: LocalTenant, path: Path) -> None:
    key = ec_key()
    seed_self_signed(tenant, ALIAS, key)
    _write(tenant, path)
    seed_self_signed(tenant, ALIAS, ec_key())
    assert _write(tenant, path).result["reason"] == "The file asks for another key."
    seed(tenant, ALIAS, key, [make_root("other.example", key=key).der])
    _write(tenant, path)
    seed_self_signed(tenant, ALIAS, key)
    renamed = _write(tenant, path)
    assert renamed.result["changed"]
    assert "another subject, CN=other.example" in renamed.result["reason"]
    assert renamed.result["diff"]["before"]["subject"].startswith("CN=other.example")


def test_a_damaged_file_is_replaced(tenant: LocalTenant, path: Path) -> None:
    seed_self_signed(tenant, ALIAS, ec_key())
    _write(tenant, path)
    whole = path.read_text()
    path.write_text(whole[:-60])
    assert _write(tenant, path).result["changed"]
    der = bytearray(run("openssl", "req", "-in", str(path), "-outform", "DER"))
    der[-1] ^= 1
    path.write_bytes(der)
    assert "does not fit its public key" in _write(tenant, path).result["reason"]
    assert run("openssl", "req", "-in", str(path), "-noout", "-verify") is not None


@pytest.mark.parametrize("content", ["-----BEGIN PRIVATE KEY-----\nAAAA\n", "notes of somebody\n"])
def test_a_file_of_another_kind_is_not_written_over(tenant: LocalTenant, path: Path, content: str) -> None:
    seed_self_signed(tenant, ALIAS, ec_key())
    path.write_text(content)
    refused = _write(tenant, path)
    assert "holds something else than a signing request" in refused.message
    assert (refused.requests, path.read_text()) == ([], content)


def test_what_has_no_signing_request(tenant: LocalTenant, path: Path) -> None:
    key = ec_key()
    tenant.seed_certificate("plain", make_root().der)
    seed(tenant, "of_sap", key, [make_root(key=key).der], owner="SAP")
    cases = {
        "missing": "there is no such entry",
        "plain": "the entry is a certificate, and only a key pair",
        "of_sap": "the entry is owned by SAP",
        "sap_cloudintegrationcertificate": "reserved for SAP",
    }
    for alias, sentence in cases.items():
        refused = _write(tenant, path, alias=alias)
        assert sentence in refused.message
        assert not path.exists()
    assert "the directory of the file does not exist" in _write(tenant, path.parent / "no" / "x.csr").message
