# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A local tenant of SAP Cloud Integration for tests, demos and rehearsals; it listens on 127.0.0.1 alone."""

from __future__ import annotations

from .local_tenant import LocalTenant

__all__ = ["LocalTenant"]
