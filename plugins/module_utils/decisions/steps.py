# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writes that plans are made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from ..certificates.certificate import Certificate
from ..certificates.key_pair_file import KeyPairFile
from ..tenant.key_pair import NewKeyPair
from ..tenant.secret import Secret

__all__ = [
    "DeleteEntries",
    "DeleteEntry",
    "DeployFlows",
    "ImportCertificate",
    "ImportCertificates",
    "InstallChain",
    "MakeFolder",
    "RenameEntry",
    "UndeployFlows",
]


@dataclass(frozen=True)
class ImportCertificate:
    """Import a certificate whose fingerprint the user compared out of band."""

    alias: str
    certificate: Certificate
    replace: bool = False

    def describe(self) -> str:
        verb = "replace the certificate under" if self.replace else "import"
        what = f"{self.certificate.subject} ({self.certificate.fingerprint_sha256})"
        return f'{verb} alias "{self.alias}" with {what}' if self.replace else f'{verb} {what} as alias "{self.alias}"'


@dataclass(frozen=True)
class ImportCertificates:
    """Several imports in as few requests as the tenant's limits allow.

    :param upload: ``auto``, ``single`` or ``keystore``.
    """

    parts: tuple[ImportCertificate, ...]
    upload: Literal["auto", "single", "keystore"]

    def describe(self) -> str:
        return "; ".join(part.describe() for part in self.parts)


@dataclass(frozen=True)
class InstallChain:
    """Give a key pair the chain that a CA made for it, leaf first, no root."""

    alias: str
    chain: tuple[Certificate, ...]

    def describe(self) -> str:
        leaf = self.chain[0]
        return (
            f"install {leaf.subject} ({leaf.fingerprint_sha256}) with {len(self.chain) - 1} intermediates "
            f'under alias "{self.alias}"'
        )


@dataclass(frozen=True)
class GenerateKeyPair:
    """Have the tenant make a key pair; its private key never leaves it."""

    alias: str
    wanted: NewKeyPair

    def describe(self) -> str:
        kind = " ".join(str(part) for part in (self.wanted.key_type, self.wanted.curve or self.wanted.key_size) if part)
        return f'generate a key pair ({kind}) for {self.wanted.common_name} as alias "{self.alias}"'


@dataclass(frozen=True)
class ImportKeyPair:
    """Import the key pair of a PKCS#12 file, under a new alias or in place of the key pair there."""

    alias: str
    file: KeyPairFile
    passphrase: Secret
    replace: bool = False

    def describe(self) -> str:
        what = f"{self.file.leaf.subject} ({self.file.leaf.fingerprint_sha256})"
        if self.replace:
            return f'replace the key pair under alias "{self.alias}" with {what}'
        return f'import the key pair {what} as alias "{self.alias}"'


@dataclass(frozen=True)
class RenameEntry:
    alias: str
    new_alias: str

    def describe(self) -> str:
        return f'rename alias "{self.alias}" to "{self.new_alias}"'


@dataclass(frozen=True)
class DeleteEntry:
    alias: str
    fingerprint_sha256: str

    def describe(self) -> str:
        return f'delete alias "{self.alias}" ({self.fingerprint_sha256})'


@dataclass(frozen=True)
class DeleteEntries:
    """Several deletions in one request."""

    parts: tuple[DeleteEntry, ...]

    def describe(self) -> str:
        return "; ".join(part.describe() for part in self.parts)


@dataclass(frozen=True)
class DeployFlows:
    """Deploy flows as they are in design time; the only public way to restart one.

    :param wait_timeout: seconds until every one of them must run.
    :param parallel: how many deployments are under way at once.
    :param start_new: whether a flow that is not deployed is to be deployed as well.
    """

    ids: tuple[str, ...]
    wait_timeout: float
    parallel: int
    start_new: bool = False

    def describe(self) -> str:
        return "deploy " + ", ".join(self.ids)


@dataclass(frozen=True)
class UndeployFlows:
    ids: tuple[str, ...]
    wait_timeout: float

    def describe(self) -> str:
        return "undeploy " + ", ".join(self.ids)


@dataclass(frozen=True)
class MakeFolder:
    """Make a folder on the controller, and those above it that are missing."""

    path: str

    def describe(self) -> str:
        return f"make the folder {self.path}"


@dataclass(frozen=True)
class WriteFile:
    """Write a text file on the controller.

    :param what: what the text is, for people.
    """

    path: str
    text: str = field(repr=False)
    what: str

    def describe(self) -> str:
        return f"write {self.what} to {self.path}"
