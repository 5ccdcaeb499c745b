#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trust_export
short_description: Write what a tenant trusts into a folder
version_added: 0.1.0
description:
  - Writes the trust anchors of an SAP Cloud Integration tenant as files for a repository, from which
    M(certops.sap_cloud_integration.trusted_roots) takes them back unchanged.
  - C(roots.yml) declares each root with its alias and its fingerprint. C(roots/) holds a PEM file for each, with a
    header for people. C(not_declared.yml) lists what is trusted beside them, the entries that SAP owns above all.
  - The same tenant always gives the same bytes, so a second export changes no file.
  - Nothing is changed on the tenant.
options:
  path:
    description:
      - The folder to write to, on the controller. It is made when it does not exist.
      - Files of a root that the tenant no longer holds are left alone.
    type: path
    required: true
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
notes:
  - The certificates are read with one export of the public part of the keystore, which needs the role
    C(SecurityMaterialDownload), or without it with one request for each.
  - A fingerprint that was exported is what the tenant held. It proves nothing about the CA until somebody compares it.
  - Certificates that sign no others, such as those of partners, are listed and not exported.
seealso:
  - module: certops.sap_cloud_integration.trusted_roots
  - module: certops.sap_cloud_integration.keystore_info
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Adopt what the tenant trusts
  certops.sap_cloud_integration.trust_export:
    service_key: "{{ service_key }}"
    path: trust/production
"""

RETURN = r"""
trust_export:
  description: What was written, or would be in check mode.
  returned: success
  type: dict
  contains:
    path:
      description: The folder.
      type: str
      sample: trust/production
    roots:
      description: How many trust anchors C(roots.yml) declares.
      type: int
      sample: 42
    others:
      description: How many entries C(not_declared.yml) lists.
      type: int
      sample: 14
    files:
      description: The files of the export, below the folder.
      type: list
      elements: str
      sample: [roots.yml, not_declared.yml, roots/example_root_2026.pem]
actions:
  description: The files that were written, or would be in check mode.
  returned: success
  type: list
  elements: str
  sample: [write roots.yml to trust/production/roots.yml]
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: The files say what the tenant trusts.
problem:
  description: What went wrong, in parts that a playbook can branch on.
  returned: failure
  type: dict
  sample:
    kind: NotWanted
    what: the folder above it does not exist
    where: trust/production
    said: null
    remedy: Make it first
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.trust_export import (
    decide_trust_export,
    read_trust,
    read_trust_back,
    wanted_export,
)

SPEC = Spec(options={"path": {"type": "path", "required": True}})


def main() -> None:
    converge(
        SPEC,
        noun="trust_export",
        prepare=wanted_export,
        read=read_trust,
        decide=decide_trust_export,
        read_back=read_trust_back,
    )


if __name__ == "__main__":
    main()
