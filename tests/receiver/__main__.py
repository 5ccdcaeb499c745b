# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The receiver as a process: serves files, checks them, reads them again on SIGHUP."""

from __future__ import annotations

import argparse
import json
import os
import signal
import ssl
import sys
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from .credential import BadConfiguration, FileCredential, TlsSettings, server_context
from .server import LocalReceiver

__all__ = ["main"]

_VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="receiver",
        description="A TLS server on loopback addresses that answers 200 to any request. "
        "Its certificate can be exchanged while it serves: replace the files, then --check, then --reload (or SIGHUP). "
        "What it has seen is answered at GET /.receiver/seen and printed as JSON when it stops.",
    )
    parser.add_argument(
        "--address",
        action="append",
        metavar="127.0.0.N",
        help="loopback address to listen on; may be given more than once (default 127.0.0.2)",
    )
    parser.add_argument(
        "--port", type=int, default=0, help="one port for all addresses; 0 (default) takes a free one and prints it"
    )
    parser.add_argument(
        "--certificate",
        type=Path,
        metavar="FILE",
        help="PEM, the server's certificate; its chain may follow in the same file",
    )
    parser.add_argument("--chain", type=Path, metavar="FILE", help="PEM, the intermediates above the certificate")
    parser.add_argument("--key", type=Path, metavar="FILE", help="PEM, the private key without a passphrase")
    parser.add_argument(
        "--no-intermediates",
        action="store_true",
        help="send the certificate alone, as a wrongly configured server does",
    )
    parser.add_argument(
        "--client-certificates",
        choices=("ignore", "ask", "require"),
        default="ignore",
        help="whether a client must show one (default ignore)",
    )
    parser.add_argument(
        "--client-roots", type=Path, metavar="FILE", help="PEM, the CAs whose client certificates are accepted"
    )
    parser.add_argument("--tls-min", choices=sorted(_VERSIONS), default="1.2", help="lowest TLS version (default 1.2)")
    parser.add_argument("--tls-max", choices=sorted(_VERSIONS), default="1.3", help="highest TLS version (default 1.3)")
    parser.add_argument(
        "--pid-file", type=Path, metavar="FILE", help="where the process writes its number; --reload and --stop read it"
    )
    action = parser.add_mutually_exclusive_group()
    action.add_argument(
        "--check", action="store_true", help="only say whether the files can be served: exit 0, or 1 with a sentence"
    )
    action.add_argument(
        "--reload", action="store_true", help="tell the running receiver (--pid-file) to read its files again"
    )
    action.add_argument("--stop", action="store_true", help="tell the running receiver (--pid-file) to stop")
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        if options.reload or options.stop:
            if options.pid_file is None:
                parser.error("--reload and --stop need --pid-file")
            return _signal(options.pid_file, signal.SIGHUP if options.reload else signal.SIGTERM)
        if options.certificate is None or options.key is None:
            parser.error("--certificate and --key are needed")
        files = FileCredential(options.certificate, options.key, options.chain)
        settings = _settings(options)
        if options.check:
            server_context(files.load(), settings)
            print("The configuration can be served.")
            return 0
        return _serve(options, files, settings)
    except BadConfiguration as error:
        print(error, file=sys.stderr)
        return 1


def _settings(options: argparse.Namespace) -> TlsSettings:
    roots: tuple[bytes, ...] = ()
    if options.client_roots:
        try:
            found = x509.load_pem_x509_certificates(options.client_roots.read_bytes())
        except (OSError, ValueError) as error:
            raise BadConfiguration(f"The file {options.client_roots} holds no CA certificates in PEM.") from error
        roots = tuple(c.public_bytes(serialization.Encoding.DER) for c in found)
    return TlsSettings(
        client_certificates=options.client_certificates,
        client_roots=roots,
        minimum_version=_VERSIONS[options.tls_min],
        maximum_version=_VERSIONS[options.tls_max],
        send_intermediates=not options.no_intermediates,
    )


def _signal(pid_file: Path, number: signal.Signals) -> int:
    try:
        os.kill(int(pid_file.read_text(encoding="ascii").strip()), number)
    except (OSError, ValueError) as error:
        raise BadConfiguration(f"No receiver runs under the number in {pid_file}.") from error
    return 0


def _serve(options: argparse.Namespace, files: FileCredential, settings: TlsSettings) -> int:
    # Blocked before any thread exists, so that only sigwait() below ever sees them.
    awaited = {signal.SIGHUP, signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    receiver = LocalReceiver(
        options.address or ["127.0.0.2"], credential=files.load(), port=options.port, settings=settings
    )
    try:
        receiver.start()
    except OSError as error:
        raise BadConfiguration(f"The receiver cannot listen there: {error.strerror}.") from error
    if options.pid_file:
        options.pid_file.write_text(f"{os.getpid()}\n", encoding="ascii")
    for address in receiver.addresses:
        print(f"receiving on https://{address}:{receiver.port}", flush=True)
    while signal.sigwait(awaited) == signal.SIGHUP:
        try:
            receiver.exchange(files.load())
            print("the files were read again", flush=True)
        except BadConfiguration as error:
            # As other servers do: wrong files never take a running server down.
            print(f"the files were not taken: {error}", file=sys.stderr, flush=True)
    seen = receiver.seen
    receiver.stop()
    if options.pid_file:
        options.pid_file.unlink(missing_ok=True)
    print(json.dumps(seen), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
