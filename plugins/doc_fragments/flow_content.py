# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How the contents of integration flows are read."""

    DOCUMENTATION = r"""
options:
  cache_path:
    description:
      - A folder on the controller for the contents of flows. It is created when it is missing. A content that was read
        once for a flow's version and time of deployment, or of modification, is not downloaded again.
      - Several tenants may share the folder. Its files can be read by their owner only. They hold what the flows hold,
        the values of their externalized parameters included, so treat the folder as confidential.
      - A damaged file is ignored and replaced. Whatever is deleted is read anew.
    type: path
  connections:
    description:
      - How many contents are read side by side, each over a connection that is kept open.
      - All of them together keep to the rate limits that SAP documents per user, which are 10 requests a second for
        design time and 50 for the runtime.
    type: int
    default: 8
  prefer_deployed_content:
    description:
      - Try first to download what the runtime holds. That is what really runs, and the runtime takes more requests a
        second than design time does.
      - Only the metadata of tenants says that this can be downloaded, no API specification does. So it is off unless
        asked for. Where the tenant does not give it out, design time is read as usual.
    type: bool
    default: false
"""
