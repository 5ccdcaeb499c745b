# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The one error type of the certificates layer."""

from __future__ import annotations

from ..problem import Problem

__all__ = ["BadCertificate"]


class BadCertificate(Problem):
    """What was given is not the certificate, chain or fingerprint that is needed. Never holds bytes of the input."""
