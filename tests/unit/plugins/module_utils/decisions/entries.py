# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Entries of a keystore as the decisions see them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    Certificate,
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.expected import certificate_entry
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.keystore_entry import KeystoreEntry
from ansible_collections.certops.sap_cloud_integration.tests.pki import Credential

__all__ = ["certificate_of", "entry"]


def certificate_of(one: Credential) -> Certificate:
    return parse_certificate(one.der)


def entry(alias: str, one: Credential, **more: Any) -> KeystoreEntry:
    """:param more: fields that differ from a certificate of the tenant administrator."""
    return replace(certificate_entry(alias, certificate_of(one)), **more)
