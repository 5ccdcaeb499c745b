# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the examples speak of: the receivers erp.example.com and crm.example.com, flows, roots and files."""

from __future__ import annotations

import json
import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any, final

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.names import sitecustomize as names
from ansible_collections.certops.sap_cloud_integration.tests.integration.examples.shell import Shell
from ansible_collections.certops.sap_cloud_integration.tests.integration.key_pairs import run, seed
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, issue, make_root, self_signed_leaf
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.waiting import wait_until
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat

__all__ = ["CRM", "ERP", "Landscape"]

ERP, CRM = "erp.example.com", "crm.example.com"
# The same server of the CRM, from within.
_CRM_INSIDE = "crm.internal.example.com"
_ADDRESSES = {ERP: "127.0.0.2", CRM: "127.0.0.3"}
_PORTS = ((ERP, 443), (CRM, 443), (CRM, 8443))
_SECRET = "not for anybody"


@final
class Landscape:
    """A context manager. The tenant trusts the old root; both receivers serve chains under it.

    :param key_pair: whether the tenant has the key pair ``client_key``, which ends in 20 days.
    :param presents: the alias that the flow ``Orders_To_ERP`` names, when there is one.
    :param timer: whether it has the flow ``Year_End_Closing``, which does its work when it is deployed.
    """

    def __init__(self, folder: Path, *, key_pair: bool = False, presents: str = "", timer: bool = False) -> None:
        self.folder = folder
        self._timer, self._presents = timer, presents or ("client_key" if key_pair else "")
        self.old_root, self.new_root = make_root("Example Root 2016"), make_root("Example Root 2026")
        self.ca_root = make_root("Root of the Client CA")
        self.ca = issue(self.ca_root, "Client CA", ca=True)
        self._key_pair = issue(self.ca, "client.example.com", days=20) if key_pair else None
        self._stack = ExitStack()

    def __enter__(self) -> Landscape:
        with ExitStack() as stack:
            self.receivers = {
                (host, port): stack.enter_context(LocalReceiver([_ADDRESSES[host]], credential=self.served(host)))
                for host, port in _PORTS
            }
            self._patch = stack.enter_context(pytest.MonkeyPatch.context())
            self._known = [(host, port, _ADDRESSES[host], one.port) for (host, port), one in self.receivers.items()]
            self.tenant = self._make_tenant()
            self.shell = Shell(self.folder, [self.tenant])
            self.shell.set_variable("SAP_CI_CA_PATH", str(self.tenant.ca_path))
            self._know_names()
            stack.enter_context(self.tenant)
            self._write_files()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()
        assert self.tenant.errors == []

    def _know_names(self) -> None:
        """In this process, for the flows, and in those of the shell."""
        self._patch.undo()
        for function, replacement in names.replacements(self._known).items():
            self._patch.setattr(socket, function, replacement)
        self.shell.set_variable("EXAMPLE_NAMES", json.dumps(self._known))

    def move(self, host: str, port: int, real_port: int) -> None:
        """Another server has taken the place of a receiver."""
        self._known = [(*one[:3], real_port) if one[:2] == (host, port) else one for one in self._known]
        self._know_names()

    @property
    def variables(self) -> dict[str, Any]:
        """What a reader has in his inventory or vault, under the names of the examples."""
        return {
            "service_key": str(self.tenant.service_key_path),
            "sap_ci_service_key": str(self.tenant.service_key_path),
            "partner_fingerprint": self.partner.fingerprint_sha256,
            "signing_key_passphrase": _SECRET,
            "ca_passphrase": _SECRET,
            "old_root_fingerprint": self.old_root.fingerprint_sha256,
            **dict.fromkeys(
                ("new_root_fingerprint", "example_root_fingerprint", "fingerprint_from_the_ca",
                 "fingerprint_that_the_ca_publishes"),
                self.new_root.fingerprint_sha256,
            ),
        }  # fmt: skip

    def served(self, host: str, root: Credential | None = None) -> Credential:
        return issue(issue(root or self.old_root, "Issuing CA", ca=True), host, hosts=[host, _CRM_INSIDE])

    def exchange(self, *hosts: str) -> None:
        """The administrators of these receivers install the new certificate."""
        for (host, _port), receiver in self.receivers.items():
            if host in hosts:
                receiver.exchange(self.served(host, self.new_root))

    def let_caches_run_out(self) -> None:
        """A day later, every flow knows the keystore as it is."""
        self.tenant.runtime.forget_trust()

    def aliases(self) -> set[str]:
        """Of the tenant administrator's entries, seen in the tenant's memory."""
        return {alias for alias, entry in self.tenant.entries().items() if entry.owner != "SAP"}

    def roots(self) -> set[str]:
        held = {der for entry in self.tenant.entries().values() for der in entry.chain}
        return {word for word, root in (("old", self.old_root), ("new", self.new_root)) if root.der in held}

    def restarted(self) -> set[str]:
        return {flow["id"] for flow in self.tenant.runtime.flows() if flow["restarts"]}

    def assert_no_message_failed(self, *flows: str) -> None:
        """Of these flows; of all, if none is named."""
        ended = [log for log in self.tenant.messages() if log["status"] != "PROCESSING"]
        assert [log for log in ended if log["status"] != "COMPLETED" and (log["flow_id"] in flows or not flows)] == []

    def wait_for_messages(self, *flows: str) -> None:
        """Until each of these has completed one."""
        wait_until(lambda: {log["flow_id"] for log in self._completed()} >= set(flows), f"messages of {flows}")

    def _completed(self) -> list[dict[str, Any]]:
        return [log for log in self.tenant.messages() if log["status"] == "COMPLETED"]

    def _make_tenant(self) -> LocalTenant:
        key = {"private_key_alias": self._presents}

        def flow(name: str, address: str, **settings: Any) -> dict[str, Any]:
            # Deployed before anything that the examples do, and before the entries of the keystore.
            channel = {"adapter": "HTTP", "address": address, **settings.pop("channel", {})}
            sends = {"messages_per_second": 1, "channels": [channel], "deployed_days_ago": 90, "modified_days_ago": 91}
            return {"id": name, **sends, **settings}

        flows = [
            flow("Orders_To_ERP", f"https://{ERP}/orders", channel=key),
            flow("Invoices_To_ERP", f"https://{ERP}/invoices"),
            flow("Contacts_To_CRM", f"https://{CRM}:8443/contacts"),
            flow("Dynamic_Receiver", "https://${header.host}/", dynamic={"header.host": ERP}),
            flow("Test_Of_Somebody", "https://${header.host}/", dynamic={"header.host": CRM}),
        ]
        if self._timer:
            flows.append(flow("Year_End_Closing", f"https://{ERP}/closing", timer="run_once", messages_per_second=0))
        resolve = {host: [address] for host, address in _ADDRESSES.items()}
        tenant = LocalTenant({"flows": flows, "resolve": resolve}, deploy_seconds=0.1)
        tenant.seed_certificate("example_root_2016", self.old_root.der)
        if self._key_pair:
            seed(tenant, "client_key", self._key_pair.key, [self._key_pair.der, self.ca.der])
        return tenant

    def _write_files(self) -> None:
        self.partner = self_signed_leaf("Partner")
        chains = {name: self.served(ERP, root) for name, root in (("old", self.old_root), ("new", self.new_root))}
        for name, text in {
            **{f"files/{name}.pem": self.old_root.pem for name in ("old_root", "example_root_2016")},
            **{f"files/{name}.pem": self.new_root.pem for name in ("new_root", "example_root_2026")},
            "files/partner.pem": self.partner.pem,
            "files/erp_chain.pem": chains["new"].chain_pem,
            "files/erp_key.pem": chains["new"].key_pem,
            "nginx/erp.pem": chains["old"].chain_pem,
            "nginx/erp.key": chains["old"].key_pem,
            "ca/root.pem": self.ca_root.pem,
            "ca/issuing_ca.pem": self.ca.pem,
            "ca/issuing_ca.key": self.ca.key.private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(_SECRET.encode())
            ).decode(),
        }.items():
            self.shell.write(name, text)

    def write_signing_key(self) -> None:
        """A key pair that was made elsewhere, by OpenSSL."""
        made = issue(self.ca, "signing.example.com")
        for name, text in (("signing.pem", made.chain_pem), ("signing.key", made.key_pem)):
            self.shell.write(name, text)
        run("openssl", "pkcs12", "-export", "-in", str(self.folder / "signing.pem"), "-inkey",
            str(self.folder / "signing.key"), "-out", str(self.folder / "files/signing_key.p12"),
            "-passout", f"pass:{_SECRET}")  # fmt: skip

    def add_key_pair(self, alias: str) -> None:
        made = issue(self.ca, "client.example.com")
        seed(self.tenant, alias, made.key, [made.der, self.ca.der])

    def write_signing_request(self) -> None:
        assert self._key_pair is not None
        self.shell.write("client.key", self._key_pair.key_pem)
        run("openssl", "req", "-new", "-key", str(self.folder / "client.key"), "-subj", "/CN=client.example.com",
            "-out", str(self.folder / "files/client_key.csr"))  # fmt: skip

    def answer(self, *, days: int = 365) -> None:
        """The CA signs ``files/client_key.csr``; with OpenSSL, and sends PKCS#7."""
        here = self.folder / "answer"
        here.mkdir(exist_ok=True)
        (here / "ca.pem").write_text(self.ca.pem)
        (here / "ca.key").write_text(self.ca.key_pem)
        (here / "usage").write_text("extendedKeyUsage = clientAuth\n")
        run("openssl", "x509", "-req", "-in", str(self.folder / "files/client_key.csr"), "-days", str(days),
            "-CA", str(here / "ca.pem"), "-CAkey", str(here / "ca.key"), "-CAcreateserial",
            "-extfile", str(here / "usage"), "-out", str(here / "leaf.pem"))  # fmt: skip
        run("openssl", "crl2pkcs7", "-nocrl", "-certfile", str(here / "leaf.pem"), "-certfile", str(here / "ca.pem"),
            "-outform", "DER", "-out", str(self.folder / "files/client_key.p7b"))  # fmt: skip
