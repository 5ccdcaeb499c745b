# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which write of the tenant a planned step is."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ..certificates.signing_response import normalise_chain
from ..decisions.keystore_backup import RestoreBackup, TakeBackup
from ..decisions.steps import (
    DeleteEntries,
    DeleteEntry,
    DeployFlows,
    GenerateKeyPair,
    ImportCertificate,
    ImportCertificates,
    ImportKeyPair,
    InstallChain,
    MakeFolder,
    RenameEntry,
    UndeployFlows,
    WriteFile,
)
from ..tenant.errors import Refused
from ..tenant.many_entries import NewCertificate, delete_entries, import_certificates
from ..tenant.session import Tenant
from .files import make_folder, write_text
from .flow_states import FlowsFailed, undeployed

__all__ = ["carry_out"]


def carry_out(tenant: Tenant, step: Any) -> None:
    """One step; raises ``Problem`` when it was not, or may not have been, carried out."""
    _write(step, tenant)


@singledispatch
def _write(step: Any, tenant: Tenant) -> None:
    raise TypeError(f"no write for {type(step).__name__}")


@_write.register
def _import_certificate(step: ImportCertificate, tenant: Tenant) -> None:
    tenant.keystore.import_certificate(step.alias, step.certificate.der, replace=step.replace)


@_write.register
def _import_certificates(step: ImportCertificates, tenant: Tenant) -> None:
    wanted = [NewCertificate(part.alias, part.certificate.der, part.replace) for part in step.parts]
    import_certificates(tenant.keystore, wanted, step.upload)


@_write.register
def _install_chain(step: InstallChain, tenant: Tenant) -> None:
    # The tenant verifies nothing; what ties the answer to the entry is the key, and that was compared.
    data = normalise_chain(step.chain)
    try:
        tenant.keystore.install_chain(step.alias, data)
    except Refused as refusal:
        if refusal.status == 413:
            refusal.remedy = (
                f"The chain was sent with {len(data)} bytes. SAP's documentation allows 30720 for a file and the API "
                "specification 30072, so either this tenant allows less, and an intermediate has to be left out, or "
                "the keystore as a whole is full"
            )
        raise


@_write.register
def _generate_key_pair(step: GenerateKeyPair, tenant: Tenant) -> None:
    tenant.keystore.generate_key_pair(step.alias, step.wanted)


@_write.register
def _import_key_pair(step: ImportKeyPair, tenant: Tenant) -> None:
    # Whoever has the private key needs no fingerprint to know whose the certificate is.
    tenant.keystore.import_key_pair(step.alias, step.file.data, step.passphrase, replace=step.replace)


@_write.register
def _rename_entry(step: RenameEntry, tenant: Tenant) -> None:
    tenant.keystore.rename(step.alias, step.new_alias)


@_write.register
def _delete_entry(step: DeleteEntry, tenant: Tenant) -> None:
    tenant.keystore.delete(step.alias)


@_write.register
def _delete_entries(step: DeleteEntries, tenant: Tenant) -> None:
    delete_entries(tenant.keystore, [part.alias for part in step.parts])


@_write.register
def _deploy_flows(step: DeployFlows, tenant: Tenant) -> None:
    outcomes = tenant.integration_flows.restart(
        step.ids, timeout=step.wait_timeout, parallel=step.parallel, start_new=step.start_new
    )
    if not all(outcome.restarted for outcome in outcomes):
        raise FlowsFailed(outcomes)


@_write.register
def _undeploy_flows(step: UndeployFlows, tenant: Tenant) -> None:
    undeployed(tenant, step.ids, timeout=step.wait_timeout)


@_write.register
def _write_file(step: WriteFile, tenant: Tenant) -> None:
    write_text(step.path, step.text)


@_write.register
def _make_folder(step: MakeFolder, tenant: Tenant) -> None:
    make_folder(step.path)


@_write.register
def _take_backup(step: TakeBackup, tenant: Tenant) -> None:
    tenant.keystore.backup()


@_write.register
def _restore_backup(step: RestoreBackup, tenant: Tenant) -> None:
    tenant.keystore.restore(replace=step.delete_others)
