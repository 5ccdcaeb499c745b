# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""key_pair_renewal: a tenant's client certificate, renewed while its flows send to a receiver that demands it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.faults.playbook_run import PlaybookRun
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import run, seed
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.receiver.credential import TlsSettings
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

PLAYBOOK = "certops.sap_cloud_integration.renew_key_pair"
HOST, ADDRESS, ALIAS, FLOW = "erp.example", "127.0.0.2", "client", "orders"
YEAR = 365 * 86400.0


class Landscape:
    """A receiver that requires client certificates, and a tenant whose certificate for it ends in 20 days."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        server_root, self.root = make_root("Server Root"), make_root("Client Root")
        self.ca = issue(self.root, "Client CA", ca=True)
        self.other_ca = issue(self.root, "Other CA", ca=True)
        self.before = issue(self.ca, "client.example", days=20)
        server = issue(server_root, HOST, hosts=[HOST])
        self.receiver = LocalReceiver(
            [ADDRESS], credential=server, settings=TlsSettings("require", (self.root.der,))
        ).start()
        channel = {"adapter": "HTTP", "address": f"https://{HOST}:{self.receiver.port}/", "private_key_alias": ALIAS}
        self.tenant = LocalTenant(
            {
                "flows": [
                    {"id": FLOW, "messages_per_second": 5, "channels": [channel]},
                    {"id": "elsewhere", "channels": []},
                ],
                "resolve": {HOST: [ADDRESS]},
            },
            deploy_seconds=0.2,
            clock_offset=-YEAR,
        )
        self.tenant.seed_certificate("server_root", server_root.der)
        self.tenant.seed_certificate("client_root", self.root.der)
        seed(self.tenant, ALIAS, self.before.key, [self.before.der, self.ca.der])
        self.tenant.clock.advance(YEAR)
        self.tenant.start()
        self.request, self.response = directory / "client.csr", directory / "client.p7b"
        for name, text in (("ca.pem", self.ca.pem), ("ca.key", self.ca.key_pem), ("root.pem", self.root.pem)):
            (directory / name).write_text(text)

    def close(self) -> None:
        self.tenant.close()
        self.receiver.stop()

    @property
    def local_ca(self) -> dict[str, str]:
        names = {"certificate_path": "ca.pem", "private_key_path": "ca.key", "chain_path": "root.pem"}
        return {name: str(self.directory / file) for name, file in names.items()}

    def extra_variables(self, **variables: Any) -> dict[str, Any]:
        """What a run is given; the login is added by it."""
        given = {"alias": ALIAS, "request_path": str(self.request), "response_path": str(self.response), **variables}
        return {f"key_pair_renewal_{name}": value for name, value in given.items()}

    def start(self, *arguments: str, **variables: Any) -> PlaybookRun:
        return PlaybookRun(self, playbook=PLAYBOOK, arguments=arguments, **variables)

    def play(self, *arguments: str, **variables: Any) -> dict[str, Any]:
        """The report of a run that succeeds, with what it printed."""
        self.tenant.clear_journal()
        run = self.start(*arguments, **variables).wait()
        assert run.status == 0, run.output
        report = json.loads(run.result_path.read_text())
        return {**report, "printed": run.output, "changed": run.recap["changed"]}

    @property
    def seen(self) -> Mapping[str, int]:
        """Client certificates that the receiver has seen."""
        return self.receiver.seen[ADDRESS]["client_certificates"]

    def answer(self, issuer: Credential) -> Credential:
        """What a CA sends: PKCS#7, certificates in any order."""
        made = issue(issuer, "client.example", key=self.before.key)
        (self.directory / "made.pem").write_text(self.root.pem + made.chain_pem)
        made_path = str(self.directory / "made.pem")
        self.response.write_bytes(run("openssl", "crl2pkcs7", "-nocrl", "-certfile", made_path, "-outform", "DER"))
        return made

    def assert_no_message_failed(self) -> None:
        assert [log["error"] for log in self.tenant.messages() if log["status"] != "COMPLETED"] == []
        assert self.receiver.seen[ADDRESS]["handshake_failures"] == {}


@pytest.fixture
def landscape(tmp_path: Path) -> Iterator[Landscape]:
    running = Landscape(tmp_path)
    yield running
    running.close()
    assert running.tenant.errors == []


def names(report: Mapping[str, Any]) -> list[str]:
    return [step["name"] for step in report["steps"]]


def test_manual_from_the_request_to_the_proof(landscape: Landscape) -> None:
    tenant = landscape.tenant
    tenant.read_only = True
    foretold = landscape.play("--check")
    plan = ["write_request", "hand_over", "install_response", "restart_flows", "check_messages"]
    assert foretold["decision"]["plan"] == plan
    assert (landscape.request.exists(), tenant.violations) == (False, [])
    assert f"restart_flows: {FLOW}" in foretold["printed"]

    first = landscape.play()
    assert (names(first), first["stage"]) == (["write_request"], "await_response")
    assert str(landscape.response) in first["decision"]["waits_for"]
    assert "To the certificate authority" in first["printed"]
    assert "sooner than 30 days" in first["decision"]["due"]
    run("openssl", "req", "-in", str(landscape.request), "-noout", "-verify")
    tenant.read_only = False

    answer = landscape.answer(landscape.ca)
    second = landscape.play(flows=[FLOW])
    assert (names(second), second["finished"]) == (["install_response", "restart_flows"], True)
    assert second["previous_leaf"]["fingerprint_sha256"] == landscape.before.fingerprint_sha256
    assert second["leaf"]["fingerprint_sha256"] == answer.fingerprint_sha256
    assert second["message_processing_logs"][0]["completed"] > 0
    assert set(landscape.seen) == {landscape.before.fingerprint_sha256, answer.fingerprint_sha256}
    deployed = [entry for entry in tenant.writes() if "Deploy" in entry["path"]]
    assert len(deployed) == 1, "only the flow that uses the key pair was deployed"

    tenant.read_only = True
    third = landscape.play(flows=[FLOW])
    assert (names(third), third["finished"], third["changed"]) == ([], True, 0)
    assert tenant.violations == []
    landscape.assert_no_message_failed()


@pytest.mark.parametrize("where", ["install", "deploy"])
def test_killed_after_a_write_the_next_run_goes_on(landscape: Landscape, where: str) -> None:
    """SIGKILL while the tenant has carried out the write and the answer is still on its way."""
    path = {"install": ".*/CertificateChainResources.*", "deploy": ".*/DeployIntegrationDesigntimeArtifact"}[where]
    variables = {"provider": "local_ca", "local_ca": landscape.local_ca, "flows": [FLOW]}
    held = landscape.tenant.faults.add("hold_after", method="PUT|POST", path=path)
    killed = landscape.start(**variables)
    assert held.reached.wait(120)
    killed.kill()
    landscape.tenant.faults.clear()
    issued = landscape.response.read_bytes()
    resumed = landscape.play(**variables)
    assert resumed["finished"]
    assert "write_request" not in names(resumed)
    assert "answer_request" not in names(resumed)
    assert landscape.response.read_bytes() == issued, "the CA was asked once"
    assert resumed["leaf"]["fingerprint_sha256"] != landscape.before.fingerprint_sha256
    assert len(landscape.seen) == 2
    landscape.assert_no_message_failed()


def test_tasks_of_the_user_and_a_policy_about_the_ca(landscape: Landscape) -> None:
    made = landscape.answer(landscape.other_ca)
    answered = landscape.directory / "answered.p7b"
    landscape.response.rename(answered)
    landscape.answer(landscape.ca)
    tasks = landscape.directory / "ask.yml"
    tasks.write_text(
        "- name: Get the answer\n  ansible.builtin.copy:\n"
        f"    src: {answered}\n    dest: '{{{{ key_pair_renewal_response_path }}}}'\n    mode: '0644'\n"
    )
    variables = {"renew_before": 5, "flows": [FLOW], "provider": "tasks", "provider_tasks": str(tasks)}
    not_due = landscape.play(**variables)
    assert (names(not_due), not_due["finished"], not_due["changed"]) == ([], True, 0)
    assert "No renewal is due: the certificate ends in 20 days" in not_due["decision"]["due"]
    issuer = "CN=Other CA, O=Example, C=DE"
    moved = landscape.play(**variables, issuer=issuer, required_key_usage=["clientAuth"])
    assert names(moved) == ["write_request", "run_tasks", "install_response", "restart_flows"]
    assert f"and {issuer} is wanted" in moved["decision"]["due"] or moved["finished"]
    assert moved["leaf"]["fingerprint_sha256"] == made.fingerprint_sha256
    landscape.assert_no_message_failed()


def test_a_ca_whose_certificates_are_due_again_at_once(landscape: Landscape) -> None:
    """Each run asks the CA once and installs once; what the last renewal left behind is not installed again."""
    tasks, asked = landscape.directory / "sign.yml", landscape.directory / "asked"
    (landscape.directory / "usage").write_text("extendedKeyUsage = clientAuth\n")
    tasks.write_text(
        "- name: Have openssl sign for 25 days\n"
        "  ansible.builtin.shell: >-\n"
        "    echo once >> asked && openssl x509 -req -in {{ key_pair_renewal_request_path }} -days 25 -extfile usage\n"
        "    -CA ca.pem -CAkey ca.key -CAcreateserial -out leaf.pem\n"
        "    && cat leaf.pem ca.pem > {{ key_pair_renewal_response_path }}\n"
        f"  args: {{chdir: '{landscape.directory}'}}\n"
    )
    variables = {"flows": [FLOW], "provider": "tasks", "provider_tasks": str(tasks)}
    leaves = [landscape.before.fingerprint_sha256]
    for number, steps in enumerate((["write_request"], []), start=1):
        report = landscape.play(**variables)
        assert (names(report), report["finished"]) == (
            [*steps, "run_tasks", "install_response", "restart_flows"],
            True,
        )
        assert len(asked.read_text().split()) == number
        writes = [entry["path"] for entry in landscape.tenant.writes()]
        assert sum("CertificateChainResources" in path for path in writes) == 1
        warning = report["decision"]["warnings"][0]
        assert "valid for 25 days and renew_before is 30 days, so the next run renews it again" in warning
        assert warning in report["printed"]
        leaves.append(report["leaf"]["fingerprint_sha256"])
    assert set(landscape.seen) == set(leaves)
    assert len(set(leaves)) == 3

    landscape.tenant.read_only = True
    left_over = landscape.play(flows=[FLOW])
    assert (names(left_over), left_over["stage"], left_over["changed"]) == ([], "await_response", 0)
    assert "It is the answer that the key pair has already" in left_over["decision"]["hand_over"]
    assert landscape.tenant.violations == []
    landscape.assert_no_message_failed()
