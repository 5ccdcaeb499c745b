# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    """How a module reaches a tenant."""

    DOCUMENTATION = r"""
options:
  service_key:
    description:
      - The service key of a service instance of SAP Process Integration Runtime with plan C(api), as the SAP BTP
        cockpit
        shows it. A mapping, a JSON text, or the path of a file that holds it, with or without its C(oauth) wrapper.
      - Both credential types are understood, client secret and X.509 certificate.
      - Without a service key, give O(tenant_url) with one of the other ways to log in.
      - If not set, the environment variable E(SAP_CI_SERVICE_KEY) is used.
    type: raw
  tenant_url:
    description:
      - The address of the tenant's API, such as V(https://acme.it-cpi001.cfapps.eu10.hana.ondemand.com), with or
        without C(/api/v1).
      - If not set, the environment variable E(SAP_CI_TENANT_URL) is used.
    type: str
  token_url:
    description:
      - The address of the OAuth token endpoint, for O(client_id) and O(client_secret).
      - If not set, the environment variable E(SAP_CI_TOKEN_URL) is used.
    type: str
  client_id:
    description:
      - The OAuth client.
      - If not set, the environment variable E(SAP_CI_CLIENT_ID) is used.
    type: str
  client_secret:
    description:
      - The secret of O(client_id).
      - If not set, the environment variable E(SAP_CI_CLIENT_SECRET) is used.
    type: str
  username:
    description:
      - A user of the identity provider, for basic authentication. The client of a service key cannot be used here.
      - If not set, the environment variable E(SAP_CI_USERNAME) is used.
    type: str
  password:
    description:
      - The password of O(username).
      - If not set, the environment variable E(SAP_CI_PASSWORD) is used.
    type: str
  access_token:
    description:
      - A bearer token that something else has fetched. It cannot be renewed here when it expires.
      - If not set, the environment variable E(SAP_CI_ACCESS_TOKEN) is used.
    type: str
  validate_certs:
    description:
      - Whether the certificates of the tenant and of the token endpoint are validated. Never switch it off but for an
        experiment.
      - If not set, the environment variable E(SAP_CI_VALIDATE_CERTS) is used.
    type: bool
    default: true
  ca_path:
    description:
      - A file with PEM certificates, or a folder of them, that are trusted instead of the operating system's for the
        connection
        to the tenant.
      - If not set, the environment variable E(SAP_CI_CA_PATH) is used.
    type: path
  timeout:
    description:
      - Seconds to wait for one answer.
      - If not set, the environment variable E(SAP_CI_TIMEOUT) is used.
    type: int
    default: 60
  lock_timeout:
    description:
      - Seconds to wait in all while the keystore is locked by somebody else, or while the tenant limits the rate of
        requests.
      - If not set, the environment variable E(SAP_CI_LOCK_TIMEOUT) is used.
    type: int
    default: 300
requirements:
  - cryptography >= 3.4
notes:
  - The module runs on the controller (C(connection=local) or C(delegate_to=localhost)) and needs no SAP software there.
  - Credentials in C(.netrc) are never used, redirects are refused, and proxies are taken from E(HTTPS_PROXY) and
    E(NO_PROXY).
seealso:
  - name: Service key types
    description: SAP's documentation of the service key and of the roles that its instance needs.
    link: https://help.sap.com/docs/cloud-integration/sap-cloud-integration/service-key-types
"""
