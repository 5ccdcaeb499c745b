# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which write of the tenant a planned step is."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

from ..certificates.signing_response import normalise_chain
from ..decisions.steps import DeleteEntry, DeployFlows, ImportCertificate, InstallChain, RenameEntry, UndeployFlows
from ..tenant.session import Tenant
from .flow_states import FlowsFailed, undeployed

__all__ = ["carry_out"]


def carry_out(tenant: Tenant, step: Any) -> None:
    """One step; raises ``Problem`` when it was not, or may not have been, carried out."""
    _write(step, tenant)


@singledispatch
def _write(step: Any, tenant: Tenant) -> None:
    raise TypeError(f"no write for {type(step).__name__}")


@_write.register
def _(step: ImportCertificate, tenant: Tenant) -> None:
    tenant.keystore.import_certificate(step.alias, step.certificate.der, replace=step.replace)


@_write.register
def _(step: InstallChain, tenant: Tenant) -> None:
    # The tenant verifies nothing; what ties the answer to the entry is the key, and that was compared.
    tenant.keystore.install_chain(step.alias, normalise_chain(step.chain))


@_write.register
def _(step: RenameEntry, tenant: Tenant) -> None:
    tenant.keystore.rename(step.alias, step.new_alias)


@_write.register
def _(step: DeleteEntry, tenant: Tenant) -> None:
    tenant.keystore.delete(step.alias)


@_write.register
def _(step: DeployFlows, tenant: Tenant) -> None:
    outcomes = tenant.integration_flows.restart(step.ids, timeout=step.wait_timeout, parallel=step.parallel)
    if not all(outcome.restarted for outcome in outcomes):
        raise FlowsFailed(outcomes)


@_write.register
def _(step: UndeployFlows, tenant: Tenant) -> None:
    undeployed(tenant, step.ids, timeout=step.wait_timeout)
