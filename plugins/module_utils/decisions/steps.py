# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The writes that plans are made of."""

from __future__ import annotations

from dataclasses import dataclass

from ..certificates.certificate import Certificate

__all__ = ["DeleteEntry", "DeployFlows", "ImportCertificate", "InstallChain", "RenameEntry", "UndeployFlows"]


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
class DeployFlows:
    """Deploy flows as they are in design time; the only public way to restart one.

    :param wait_timeout: seconds until every one of them must run.
    :param parallel: how many deployments are under way at once.
    """

    ids: tuple[str, ...]
    wait_timeout: float
    parallel: int

    def describe(self) -> str:
        return "deploy " + ", ".join(self.ids)


@dataclass(frozen=True)
class UndeployFlows:
    ids: tuple[str, ...]
    wait_timeout: float

    def describe(self) -> str:
        return "undeploy " + ", ".join(self.ids)
