# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Key pairs for tests: put into the local tenant without a request, and answers to them made by other tools."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential, PrivateKey, make_root
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from cryptography.hazmat.primitives import serialization

__all__ = ["java_encodings", "run", "seed", "seed_self_signed"]

# The JDK writes a chain with its own code: leaf first for PKCS#7, the top CA first for PkiPath.
_ENCODE = """
import java.io.*; import java.nio.file.*; import java.security.cert.*; import java.util.*;
public class Encode {
  public static void main(String[] a) throws Exception {
    CertificateFactory f = CertificateFactory.getInstance("X.509");
    List<Certificate> chain = new ArrayList<>();
    try (InputStream in = new BufferedInputStream(new FileInputStream(a[0]))) {
      chain.addAll(f.generateCertificates(in));
    }
    CertPath path = f.generateCertPath(chain);
    for (String kind : List.of("PKCS7", "PkiPath")) {
      Files.write(Path.of(a[1], kind), path.getEncoded(kind));
    }
  }
}
"""


def run(*command: str, given: bytes | None = None) -> bytes:
    """What a tool writes to its standard output."""
    return subprocess.run(command, input=given, capture_output=True, check=True).stdout


def seed(tenant: LocalTenant, alias: str, key: PrivateKey, chain: Sequence[bytes], **options: str) -> None:
    """A key pair that is simply there; ``chain`` is DER, leaf first."""
    encoded = key.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    tenant.seed_key_pair(alias, encoded, list(chain), **options)


def seed_self_signed(tenant: LocalTenant, alias: str, key: PrivateKey) -> Credential:
    """As a tenant generates one."""
    own = make_root("client.example", key=key, days=90)
    seed(tenant, alias, key, [own.der])
    return own


def java_encodings(chain: Sequence[bytes], directory: Path) -> dict[str, bytes]:
    """PKCS#7 and PkiPath as the JDK writes them. ``chain`` is PEM, leaf first."""
    (directory / "Encode.java").write_text(_ENCODE)
    (directory / "chain.pem").write_bytes(b"".join(chain))
    run("java", str(directory / "Encode.java"), str(directory / "chain.pem"), str(directory))
    return {f"{kind} by the JDK": (directory / kind).read_bytes() for kind in ("PKCS7", "PkiPath")}
