# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A tenant's client certificate is renewed under traffic: ``python -m ...tests.demo.key_pair``.

The receiver demands client certificates of one CA, and its own count says which ones it has seen.
"""

from __future__ import annotations

import contextlib
import json
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from ..pki import Credential, issue, make_root
from ..receiver import LocalReceiver
from ..receiver.credential import TlsSettings
from ..tenant import LocalTenant
from .playbook import TaskEvent, run_playbook

__all__ = ["main"]

_PLAYBOOK = "certops.sap_cloud_integration.renew_key_pair"
_HOST, _ADDRESS, _ALIAS = "erp.example.com", "127.0.0.2", "client_key"
_FLOWS = {"Orders_To_ERP": 12, "Invoices_To_ERP": 7}
_YEAR = 365 * 24 * 3600.0


class _Landscape:
    """A receiver that requires client certificates, flows that present the key pair, and one flow that does not."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        server_root, root = make_root("Example Server Root"), make_root("Example Client Root")
        self.ca = issue(root, "Example Client CA", ca=True)
        self.before = issue(self.ca, "client.example.com", days=20)
        self._stack = contextlib.ExitStack()
        self.receiver = self._stack.enter_context(
            LocalReceiver(
                [_ADDRESS],
                credential=issue(server_root, _HOST, hosts=[_HOST]),
                settings=TlsSettings("require", (root.der,)),
            )
        )
        address = f"https://{_HOST}:{self.receiver.port}/"
        channel = {"adapter": "HTTP", "address": address, "private_key_alias": _ALIAS}
        flows: list[dict[str, Any]] = [
            {"id": name, "messages_per_second": rate, "channels": [channel]} for name, rate in _FLOWS.items()
        ]
        self.tenant = LocalTenant(
            {"flows": [*flows, {"id": "Master_Data", "channels": []}], "resolve": {_HOST: [_ADDRESS]}},
            deploy_seconds=2.0,
            clock_offset=-_YEAR,
        )
        self._stack.callback(self.tenant.close)
        for alias, one in (("server_root", server_root), ("client_root", root)):
            self.tenant.seed_certificate(alias, one.der)
        self.tenant.seed_key_pair(_ALIAS, _pkcs8(self.before), [self.before.der, self.ca.der])
        self.tenant.clock.advance(_YEAR)
        self.tenant.start()
        self.inventory = self._write_inventory(root)

    def _write_inventory(self, root: Credential) -> Path:
        files = {"ca.pem": self.ca.pem, "ca.key": self.ca.key_pem, "root.pem": root.pem}
        for name, text in files.items():
            (self.directory / name).write_text(text)
        variables = {
            "alias": _ALIAS,
            "request_path": str(self.directory / "client_key.csr"),
            "response_path": str(self.directory / "client_key.p7b"),
            "report_path": str(self.directory / "report.json"),
            "provider": "local_ca",
            "local_ca": {
                "certificate_path": str(self.directory / "ca.pem"),
                "private_key_path": str(self.directory / "ca.key"),
                "chain_path": str(self.directory / "root.pem"),
            },
        }
        host = {
            "sap_ci_service_key": str(self.tenant.service_key_path),
            "sap_ci_ca_path": str(self.tenant.ca_path),
            **{f"key_pair_renewal_{name}": value for name, value in variables.items()},
        }
        path = self.directory / "inventory.json"
        path.write_text(json.dumps({"all": {"hosts": {"integration_tenant": host}}}))
        return path

    @property
    def seen(self) -> dict[str, int]:
        """Client certificates at the receiver, and how often."""
        counts: Any = self.receiver.seen[_ADDRESS]["client_certificates"]
        return {name.replace(":", ""): count for name, count in counts.items()}

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        return [log for log in self.tenant.messages() if log["status"] != "COMPLETED"]

    def close(self) -> None:
        self._stack.close()


def _pkcs8(one: Credential) -> bytes:
    return one.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _wait_until(reached: Callable[[], bool], what: str, seconds: float = 60.0) -> None:
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not reached():
        if time.monotonic() > deadline:
            raise SystemExit(f"After {seconds:.0f} seconds there is still no sign of it: {what}.")
        pause.wait(0.1)


def _run(landscape: _Landscape, title: str, *arguments: str) -> dict[str, Any]:
    """One run of the playbook; what the role says is told."""
    print(f"\n{title}", flush=True)

    def heard(event: TaskEvent) -> None:
        if event.event == "ok" and event.said:
            lines = event.said.get("msg") or event.said.get("actions") or []
            for line in [] if isinstance(lines, str) else lines:
                print(f"  {line}", flush=True)

    landscape.tenant.clear_journal()
    log = landscape.directory / "playbook.log"
    status = run_playbook(_PLAYBOOK, landscape.inventory, log=log, heard=heard, arguments=arguments)
    if status != 0:
        raise SystemExit(f"The playbook failed:\n{log.read_text()[-3000:]}")
    report: dict[str, Any] = json.loads((landscape.directory / "report.json").read_text())
    steps = ", ".join(step["name"] for step in report["steps"] if step["changed"]) or "nothing"
    verb = "would have to do" if "--check" in arguments else "done"
    print(f"  {verb}: {steps}; {len(landscape.tenant.writes())} writes to the tenant", flush=True)
    return report


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="demo-key-pair-") as directory:
        landscape = _Landscape(Path(directory))
        try:
            return _tell(landscape)
        finally:
            landscape.close()


def _tell(landscape: _Landscape) -> int:
    before = landscape.before.fingerprint_sha256.replace(":", "")
    print(f"The receiver {_HOST} requires client certificates.")
    print(f"{' and '.join(_FLOWS)} present the key pair {_ALIAS}, whose certificate ends in 20 days.")
    _wait_until(lambda: landscape.seen.get(before, 0) >= 20, "20 messages with the old certificate")
    _run(landscape, "What would be done (check mode)", "--check")
    report = _run(landscape, "The renewal: signing request, answer of the CA, installation, restart, proof")
    after = report["leaf"]["fingerprint_sha256"].replace(":", "")
    _wait_until(lambda: landscape.seen.get(after, 0) >= 20, "20 messages with the new certificate")
    landscape.tenant.read_only = True
    again = _run(landscape, "Once more (the tenant is read-only)")
    checks = {
        f"the receiver saw the old certificate {landscape.seen.get(before, 0)} times": before in landscape.seen,
        f"the receiver saw the new certificate {landscape.seen.get(after, 0)} times": after != before,
        "it saw no other": set(landscape.seen) == {before, after},
        f"no message failed ({len(landscape.tenant.messages())} sent)": not landscape.failed,
        "the renewal is finished": report["finished"],
        "the second run changed nothing": not again["steps"] and not landscape.tenant.violations,
    }
    print()
    for claim, shown in checks.items():
        print(f"  {'✓' if shown else '✗'} {claim}")
    return 0 if all(checks.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
