# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a local tenant until it is interrupted: ``python -m
ansible_collections.certops.sap_cloud_integration.tests.tenant``.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import threading
from pathlib import Path

from .authentication import ALL_ROLES
from .local_tenant import LocalTenant


def _resolve(text: str) -> tuple[str, list[str]]:
    name, equals, addresses = text.partition("=")
    if not equals or not name or not addresses:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=ADDRESS[,ADDRESS]")
    return name, addresses.split(",")


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="tenant",
        description="A local tenant of SAP Cloud Integration: token endpoint, OData API and flow runtime on 127.0.0.1. "
        "It prints where the service key and the CA certificate lie and runs until it is interrupted.",
    )
    parser.add_argument(
        "--port",
        type=int,
        default=0,
        help="port of the API; 0 (the default) takes the one of the last run with the same state, or a free one",
    )
    parser.add_argument(
        "--token-port", type=int, default=0, help="port of the token endpoint /oauth/token; 0 as for --port"
    )
    parser.add_argument(
        "--control-port",
        type=int,
        default=0,
        help="port of the control listener (plain HTTP, own token): tests see the journal there and inject faults; "
        "default: a free one",
    )
    parser.add_argument(
        "--state-dir",
        type=Path,
        help="directory for keystore, deployed flows, CA and service keys; they survive a restart. "
        "Without it a temporary directory is used and removed at the end",
    )
    parser.add_argument(
        "--landscape",
        type=Path,
        help="JSON file with the flows that are deployed at the start, their receivers and message rates",
    )
    parser.add_argument(
        "--flows",
        type=Path,
        help="directory of flow bundles (*.zip) to deploy at the start; not together with --landscape",
    )
    parser.add_argument(
        "--resolve",
        type=_resolve,
        action="append",
        default=[],
        metavar="NAME=ADDR[,ADDR]",
        help="the addresses behind a receiver's host name, for the flows; may be given again",
    )
    parser.add_argument(
        "--latency-ms",
        type=float,
        default=0.0,
        help="simulated round trip in milliseconds: one for a connection, one for its TLS handshake, one for each "
        "answer (default 0)",
    )
    parser.add_argument(
        "--clock-speed", type=float, default=1.0, help="seconds that pass on the tenant in one real second (default 1)"
    )
    parser.add_argument(
        "--clock-offset",
        type=float,
        default=0.0,
        metavar="SECONDS",
        help="how far the tenant's clock is ahead of the machine's at the start (default 0)",
    )
    parser.add_argument(
        "--deploy-seconds",
        type=float,
        default=10.0,
        help="real seconds until the task of a deployment is done; a small flow was seen to take about 10 on a tenant "
        "(default 10)",
    )
    parser.add_argument(
        "--lock-seconds",
        type=float,
        default=1.0,
        help="how long, on the tenant's clock, a change of the keystore by one user keeps the others out (default 1)",
    )
    parser.add_argument(
        "--token-seconds",
        type=int,
        default=43200,
        help="how long a token is valid on the tenant's clock (default 43200, as for service plan api)",
    )
    parser.add_argument(
        "--rate-limits",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="answer 429 above the requests a second that SAP documents (default: on)",
    )
    parser.add_argument(
        "--read-only", action="store_true", help="refuse every write with 500 and remember it as a violation"
    )
    parser.add_argument(
        "--role",
        action="append",
        choices=ALL_ROLES,
        help="a role of the service keys made at the first start; may be given again (default: all roles)",
    )
    parser.add_argument(
        "--basic-user",
        default="admin@example.com",
        help="name of the identity user for Basic authentication; the password is new unless the state has one "
        "(default %(default)s)",
    )
    parser.add_argument("--quiet", action="store_true", help="print nothing but errors")
    parsed = parser.parse_args(arguments)
    if parsed.landscape and parsed.flows:
        parser.error("--landscape and --flows exclude each other")
    return parsed


def _tell(tenant: LocalTenant, state_dir: Path) -> None:
    print(f"The tenant runs at    {tenant.url}/api/v1")
    print(f"Token endpoint        {tenant.token_url}")
    print(f"Service key           {tenant.service_key_path}")
    print(f"Service key (X.509)   {tenant.service_key_x509_path}")
    print(f"CA certificate        {tenant.ca_path}")
    print(f"Identity user         {tenant.basic_user} (its password is in {tenant.basic_password_path})")
    print(f"Control               {tenant.control_path}")
    print(f"Journal               {state_dir / 'journal.jsonl'}")
    print("Stop it with Ctrl-C.", flush=True)


def main(arguments: list[str] | None = None) -> int:
    options = _arguments(arguments)
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    temporary = tempfile.TemporaryDirectory(prefix="tenant-") if options.state_dir is None else None
    state_dir = Path(temporary.name) if temporary is not None else options.state_dir
    try:
        tenant = LocalTenant(
            options.landscape or options.flows,
            state_dir,
            latency=options.latency_ms / 1000,
            clock_speed=options.clock_speed,
            clock_offset=options.clock_offset,
            port=options.port,
            token_port=options.token_port,
            control_port=options.control_port,
            roles=options.role or ALL_ROLES,
            token_seconds=options.token_seconds,
            lock_seconds=options.lock_seconds,
            rate_limits=options.rate_limits,
            read_only=options.read_only,
            deploy_seconds=options.deploy_seconds,
            resolve=dict(options.resolve),
            basic_user=options.basic_user,
        )
    except (OSError, ValueError) as error:
        print(f"The tenant cannot start: {error}", file=sys.stderr)
        return 1
    try:
        with tenant:
            if not options.quiet:
                _tell(tenant, state_dir)
            stopped.wait()
    finally:
        if temporary is not None:
            temporary.cleanup()
    return 0


if __name__ == "__main__":
    sys.exit(main())
