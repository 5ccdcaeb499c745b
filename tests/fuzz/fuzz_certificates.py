# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fuzz target over the certificate readers and everything that is done with what they return.

With atheris (``pip install atheris``) it is guided by coverage; without it, it changes its seeds at random, which finds
less but needs nothing. Either way a crash is any exception but ``BadCertificate``, or more than a second for one input.

    PYTHONPATH=build/collections python tests/fuzz/fuzz_certificates.py [directory of seeds] [-max_total_time=600]

libFuzzer, which is inside atheris, writes what it finds into the first directory it is given. Directories of seeds are
therefore copied into a new one, and never written to.
"""

from __future__ import annotations

import base64
import contextlib
import random
import sys
import tempfile
import time
from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.chain import order_chain
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.encodings import (
    read_certificates,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.names import same_name_text
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.signing_response import (
    normalise_chain,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.trust import validation_problem
from ansible_collections.certops.sap_cloud_integration.tests import pki

SECONDS = 1.0


def check_one_input(data: bytes) -> None:
    begun = time.process_time()
    with contextlib.suppress(BadCertificate):
        found = read_certificates(data)
        for certificate in found:
            certificate.to_result()
            same_name_text(certificate.subject, certificate.issuer)
        validation_problem(found, found, at=found[0].not_before, server_name="host.example")
        normalise_chain(found)
        order_chain(found, spki_sha256=None)
    taken = time.process_time() - begun
    if taken > SECONDS:
        raise RuntimeError(f"{taken:.1f} s for {len(data)} bytes")


def seeds() -> list[bytes]:
    root = pki.make_root()
    issuing = pki.issue(root, "Issuing", ca=True)
    leaf = pki.issue(issuing, "host.example", hosts=["host.example", "192.0.2.1"])
    pem = leaf.chain_pem + root.pem
    row = leaf.der + issuing.der + root.der
    return [
        leaf.der,
        row,
        pem.encode(),
        base64.encodebytes(row),
        pem.encode("utf-16"),
        b"\x30\x80" + root.der + b"\0\0",
    ]


def change(data: bytes, source: random.Random) -> bytes:
    """A few random changes: a bit, a length, a piece taken out, doubled or taken from elsewhere."""
    changed = bytearray(data)
    for _unused in range(source.randint(1, 6)):
        place, size = source.randrange(len(changed) + 1), source.randint(1, 64)
        kind = source.randrange(5)
        if kind == 0 and place < len(changed):
            changed[place] ^= 1 << source.randrange(8)
        elif kind == 1 and place < len(changed):
            changed[place] = source.choice((0, 0x80, 0x84, 0xFF, 0x30, 0x31, 0xA0))
        elif kind == 2:
            del changed[place : place + size]
        elif kind == 3:
            changed[place:place] = changed[place : place + size]
        else:
            other = source.randrange(len(changed) + 1)
            changed[place:place] = changed[other : other + size]
    return bytes(changed)


def run_at_random(corpus: list[bytes], seconds: float) -> None:
    seed = random.randrange(2**32)
    source = random.Random(seed)
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        data = change(source.choice(corpus), source)
        try:
            check_one_input(data)
        except Exception:
            crash = Path(tempfile.gettempdir(), f"crash-{seed}-{count}")
            crash.write_bytes(data)
            print(f"input written to {crash}", file=sys.stderr)
            raise
        count += 1
    print(f"{count} inputs in {seconds:.0f} s, seed {seed}: nothing found")


def main() -> None:
    options = [argument for argument in sys.argv[1:] if argument.startswith("-")]
    folders = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    given = [file.read_bytes() for folder in folders for file in sorted(folder.iterdir()) if file.is_file()]
    corpus = seeds() + [data for data in given if data]
    try:
        import atheris
    except ImportError:
        seconds = dict(option.lstrip("-").partition("=")[::2] for option in options).get("max_total_time", "60")
        run_at_random(corpus, float(seconds))
        return
    with tempfile.TemporaryDirectory(prefix="fuzz-") as scratch:
        for number, data in enumerate(corpus):
            Path(scratch, f"seed-{number}").write_bytes(data)
        atheris.instrument_all()
        atheris.Setup([sys.argv[0], f"-artifact_prefix={tempfile.gettempdir()}/", *options, scratch], check_one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
