# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local receiver: a TLS server on loopback addresses whose certificate can be exchanged while it serves."""

from __future__ import annotations

from .credential import FileCredential, ServedCredential
from .server import LocalReceiver

__all__ = ["FileCredential", "LocalReceiver", "ServedCredential"]
