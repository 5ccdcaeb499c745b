# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chains that the tests of this layer share, made once per run."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.tests import pki
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    make_chain,
)
from cryptography.hazmat.primitives.asymmetric import ec


@pytest.fixture(scope="session")
def chain() -> Chain:
    return make_chain(pki.ec_key)


@pytest.fixture(scope="session")
def rsa_chain() -> Chain:
    return make_chain(pki.rsa_key)


@pytest.fixture(scope="session")
def p521_chain() -> Chain:
    return make_chain(lambda: ec.generate_private_key(ec.SECP521R1()))
