# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be meant is refused before the first request, each mistake in its own words; nothing is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import call, fingerprints
from ansible_collections.certops.sap_cloud_integration.tests.module_call import call_module
from ansible_collections.certops.sap_cloud_integration.tests.pki import (
    Credential,
    issue,
    make_root,
    rsa_key,
    self_signed_leaf,
)
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

Options = dict[str, Any]


@dataclass(frozen=True)
class Pki:
    root: Credential = field(default_factory=lambda: make_root("New Root"))
    other: Credential = field(default_factory=lambda: make_root("Other Root"))


@pytest.fixture(scope="session")
def pki() -> Pki:
    return Pki()


def _of(one: Credential, **more: Any) -> Options:
    return {
        "certificate_content": one.pem,
        "fingerprint_sha256": one.fingerprint_sha256,
        "alias": "new_root",
        **more,
    }


def _big(pki: Pki) -> Options:
    """One certificate of more than 10240 bytes: a thousand host names."""
    return _of(issue(pki.root, "big", ca=True, hosts=[f"host-{number}.example" for number in range(1000)]))


BAD_CERTIFICATES: dict[str, tuple[Callable[[Pki], Options], str]] = {
    "a leaf": (lambda pki: _of(issue(pki.root, "erp.example")), "leaf certificate, not a root"),
    "a leaf that signed itself": (lambda pki: _of(self_signed_leaf()), "leaf certificate, not a root"),
    "an intermediate": (lambda pki: _of(issue(pki.root, "Issuing CA", ca=True)), "intermediate"),
    "expired": (lambda pki: _of(make_root("Gone", days=10, starts_in_days=-20)), "expired"),
    "not yet valid": (lambda pki: _of(make_root("To come", starts_in_days=5)), "not valid before"),
    "two certificates": (
        lambda pki: _of(pki.root, certificate_content=pki.root.pem + pki.other.pem),
        "2 certificates",
    ),
    "a private key beside it": (
        lambda pki: _of(pki.root, certificate_content=pki.root.pem + pki.root.key_pem),
        "private key",
    ),
    "a private key alone": (lambda pki: _of(pki.root, certificate_content=pki.root.key_pem), "private key"),
    "another fingerprint": (
        lambda pki: _of(pki.root, fingerprint_sha256=pki.other.fingerprint_sha256),
        "the fingerprint of the certificate is",
    ),
    "a fingerprint that is none": (lambda pki: _of(pki.root, fingerprint_sha256="12:34"), "fingerprint"),
    "a SHA-1 fingerprint": (lambda pki: _of(pki.root, fingerprint_sha256="ab" * 20), "SHA-1"),
    "more than 10240 bytes": (_big, "10240"),
    "no certificate": (lambda pki: _of(pki.root, certificate_content="Dear colleague, see attachment"), "certificate"),
    "nothing": (lambda pki: _of(pki.root, certificate_content=" "), "empty"),
}
BAD_ALIASES = {
    "sap_mine": "reserved",
    "SAP_mine": "reserved",
    "hcicertificate1": "reserved",
    "x" * 251: "251 characters",
    "": "empty",
    " new_root": "blank",
    "new\nroot": "control character",
}


def _refused_offline(tenant: LocalTenant, module: str, options: Options) -> str:
    before = fingerprints(tenant)
    for check in (True, False):
        refused = call(tenant, module, options, check=check)
        assert (refused.requests, refused.tokens, refused.connections) == ([], 0, {})
    assert fingerprints(tenant) == before
    assert "defect" not in refused.message
    return refused.message


@pytest.mark.parametrize("mistake", BAD_CERTIFICATES)
def test_what_is_no_root_is_refused_as_what_it_is(tenant: LocalTenant, pki: Pki, mistake: str) -> None:
    options, sentence = BAD_CERTIFICATES[mistake]
    assert sentence in _refused_offline(tenant, "trusted_root", options(pki))


def test_every_mistake_has_words_of_its_own(tenant: LocalTenant, pki: Pki) -> None:
    said = {
        mistake: str(call(tenant, "trusted_root", options(pki)).result["problem"]["what"])
        for mistake, (options, _unused) in BAD_CERTIFICATES.items()
    }
    same = {
        one: other
        for one, text in said.items()
        for other, other_text in said.items()
        if one < other and text == other_text and {one, other} != {"a leaf", "a leaf that signed itself"}
    }
    assert same in ({}, {"a private key alone": "a private key beside it"})


@pytest.mark.parametrize(
    "mistake", sorted(set(BAD_CERTIFICATES) - {"a leaf", "a leaf that signed itself", "an intermediate"})
)
def test_a_keystore_entry_takes_any_single_valid_certificate_and_nothing_else(
    tenant: LocalTenant, pki: Pki, mistake: str
) -> None:
    options, sentence = BAD_CERTIFICATES[mistake]
    assert sentence in _refused_offline(tenant, "keystore_entry", options(pki))


@pytest.mark.parametrize("alias", BAD_ALIASES)
@pytest.mark.parametrize("module", ["trusted_root", "keystore_entry"])
@pytest.mark.parametrize("state", ["present", "absent"])
def test_an_alias_that_the_tenant_would_not_take(
    tenant: LocalTenant, pki: Pki, module: str, alias: str, state: str
) -> None:
    assert BAD_ALIASES[alias] in _refused_offline(tenant, module, {**_of(pki.root, alias=alias), "state": state})


def test_a_previous_alias_is_checked_as_well(tenant: LocalTenant) -> None:
    said = _refused_offline(tenant, "keystore_entry", {"alias": "partner", "previous_alias": "sap_partner"})
    assert "reserved" in said


@pytest.mark.parametrize("module", ["trusted_root", "keystore_entry"])
def test_a_file_that_cannot_be_read_is_named(tenant: LocalTenant, pki: Pki, module: str, tmp_path: Path) -> None:
    wanted = {"alias": "new_root", "fingerprint_sha256": pki.root.fingerprint_sha256}
    missing = tmp_path / "missing.pem"
    for path, says in ((missing, "No such file"), (tmp_path, "Is a directory")):
        said = _refused_offline(tenant, module, {**wanted, "certificate_path": str(path)})
        assert str(path) in said
        assert says in said


def test_a_file_without_a_certificate_is_named(tenant: LocalTenant, pki: Pki, tmp_path: Path) -> None:
    file = tmp_path / "root.pem"
    file.write_bytes(bytes(range(256)) * 3)
    wanted = {"alias": "new_root", "fingerprint_sha256": pki.root.fingerprint_sha256, "certificate_path": str(file)}
    assert str(file) in _refused_offline(tenant, "trusted_root", wanted)


def test_without_a_pin_nothing_is_imported(tenant: LocalTenant, pki: Pki) -> None:
    """Whether it has to be imported only the tenant knows: one listing, no write."""
    before = fingerprints(tenant)
    for module in ("trusted_root", "keystore_entry"):
        refused = call(tenant, module, {"certificate_content": pki.root.pem, "alias": "new_root"})
        assert (refused.kind, len(refused.requests), refused.writes) == ("NotWanted", 1, [])
        assert "fingerprint" in refused.message
        assert "out of band" in refused.message
    assert fingerprints(tenant) == before


def test_without_an_alias_nothing_is_imported(tenant: LocalTenant, pki: Pki) -> None:
    wanted = {"certificate_content": pki.root.pem, "fingerprint_sha256": pki.root.fingerprint_sha256}
    refused = call(tenant, "trusted_root", wanted)
    assert (refused.kind, refused.writes) == ("NotWanted", [])
    assert "Give alias" in refused.message


OTHER_MISTAKES: dict[str, tuple[str, Options, str]] = {
    "both path and content": (
        "trusted_root",
        {"certificate_path": "/a", "certificate_content": "b"},
        "mutually exclusive",
    ),
    "neither certificate nor fingerprint": ("trusted_root", {"alias": "a"}, "one of the following is required"),
    "protect without absent": ("trusted_root", {"protect": ["a.example"], "fingerprint_sha256": "ab" * 32}, "protect"),
    "protect is a number": (
        "trusted_root",
        {"state": "absent", "protect": [7], "fingerprint_sha256": "ab" * 32},
        "an element of protect",
    ),
    "protect names nothing": (
        "trusted_root",
        {"state": "absent", "protect": [{"server_name": "a"}], "fingerprint_sha256": "ab" * 32},
        "neither a receiver nor a chain",
    ),
    "a URL as receiver": (
        "trusted_root",
        {"state": "absent", "protect": ["https://erp.example/x"], "fingerprint_sha256": "ab" * 32},
        "host:port",
    ),
    "an accepted name that is none": (
        "trusted_root",
        {"state": "absent", "accept_unprobed": ["a b"], "fingerprint_sha256": "ab" * 32},
        "host name",
    ),
    "no time to probe": (
        "trusted_root",
        {"state": "absent", "probe_timeout": 0, "protect": ["a.example"], "fingerprint_sha256": "ab" * 32},
        "probe_timeout",
    ),
    "a query that is none": ("keystore_info", {"query": "[?alias=="}, "JMESPath"),
    "a keystore that is none": ("keystore_info", {"keystore": "mine"}, "mine"),
    "days below zero": ("keystore_info", {"expires_within": -1}, "expires_within"),
    "a fingerprint that is none": ("keystore_info", {"fingerprint_sha256": "zz"}, "fingerprint"),
    "flows: a query that is none": ("integration_flow_info", {"query": "]["}, "JMESPath"),
    "a time that is none": ("message_processing_log_info", {"ids": ["a"], "since": "yesterday"}, "RFC 3339"),
    "needs: a fingerprint that is none": (
        "trusted_root_info",
        {"fingerprint_sha256": "x", "receivers": ["a.example"]},
        "fingerprint",
    ),
    "needs: a port that is none": (
        "trusted_root_info",
        {"fingerprint_sha256": "ab" * 32, "receivers": ["a.example:70000"]},
        "65535",
    ),
    "needs: no probe": (
        "trusted_root_info",
        {"fingerprint_sha256": "ab" * 32, "receivers": ["a.example"], "probes": 0},
        "probes",
    ),
    "needs: a pause backwards": (
        "trusted_root_info",
        {"fingerprint_sha256": "ab" * 32, "receivers": ["a.example"], "pause": -1},
        "pause",
    ),
    "needs: no time": (
        "trusted_root_info",
        {"fingerprint_sha256": "ab" * 32, "receivers": ["a.example"], "probe_timeout": 0},
        "probe_timeout",
    ),
    "no time for an answer": ("keystore_info", {"timeout": 0}, "timeout"),
    "a lock timeout backwards": ("keystore_info", {"lock_timeout": -1}, "lock_timeout"),
    "a CA file that is none": ("keystore_info", {"ca_path": "/nonexistent/ca.pem"}, "/nonexistent/ca.pem"),
}


@pytest.mark.parametrize("mistake", OTHER_MISTAKES)
def test_other_mistakes_cost_no_request_either(tenant: LocalTenant, mistake: str) -> None:
    module, options, sentence = OTHER_MISTAKES[mistake]
    assert sentence in _refused_offline(tenant, module, options)


@pytest.mark.parametrize("query", ["[0].alias | sum(@)", "nonsense(@)"])
def test_a_query_that_does_not_fit_what_it_gets_says_so(tenant: LocalTenant, query: str) -> None:
    refused = call(tenant, "keystore_info", {"query": query})
    assert refused.kind == "BadQuery"
    assert query.split("(")[0].split()[-1] in refused.message


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"receiver": "https://erp.example/x"}, "host:port"),
        ({"receiver": "erp.example:https"}, "port"),
        ({"receiver": "[::1:443"}, "brackets"),
        ({"receiver": ""}, "host name"),
        ({"receiver": "erp.example", "addresses": ["erp.example"]}, "IP address"),
        ({"receiver": "erp.example", "roots": [{"certificate_content": "x"}]}, "certificate"),
        ({"receiver": "erp.example", "probes": 0}, "probes"),
        ({"receiver": "erp.example", "pause": -1}, "pause"),
        ({"receiver": "erp.example", "timeout": 0}, "timeout"),
        ({"receiver": "erp.example", "server_name": "a/b"}, "host:port"),
    ],
)
def test_a_receiver_that_is_none(options: Options, says: str) -> None:
    refused = call_module("served_chain_info", options)
    assert refused["failed"]
    assert "defect" not in refused["msg"]
    assert says in refused["msg"]


@pytest.mark.parametrize("bits", [1024])
def test_a_short_key_is_the_tenants_to_judge(tenant: LocalTenant, bits: int) -> None:
    """What is weak is not what is wrong: such roots are in use."""
    root = make_root("Short", key=rsa_key(bits))
    seen = call(tenant, "trusted_root", _of(root))
    assert seen.result.get("changed") is True, seen.result
