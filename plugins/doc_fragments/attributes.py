# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """What every module says of check mode, diff mode and idempotence."""

    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and tells exactly what a real run would do, without a write.
  diff_mode:
    description: Tells what changes when in C(diff) mode.
  idempotent:
    description: When run twice with the same options and nothing else happens in between, the second run changes
      nothing.
"""

    CONVERGES = r"""
options: {}
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: full
"""

    ASKS = r"""
options: {}
attributes:
  check_mode:
    support: full
    details:
      - This module never changes anything.
  diff_mode:
    support: N/A
    details:
      - This module never changes anything.
  idempotent:
    support: full
    details:
      - This module never changes anything.
"""

    TENANT = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/certops.sap_cloud_integration.tenant) in C(module_defaults) to set the connection options
      once.
    support: full
    membership:
      - certops.sap_cloud_integration.tenant
"""
