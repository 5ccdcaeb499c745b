# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One module call and what the tenant saw of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ansible_collections.certops.sap_cloud_integration.tests.integration.returns import differences
from ansible_collections.certops.sap_cloud_integration.tests.module_call import call_module
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant

__all__ = ["Call", "call", "fingerprints", "login"]


@dataclass(frozen=True)
class Call:
    """:param requests: method and path of what reached the API, in order.

    :param tokens: how many tokens were fetched.
    :param connections: per listener of the tenant.
    """

    result: dict[str, Any]
    requests: list[str]
    writes: list[str]
    tokens: int
    connections: dict[str, int]

    @property
    def message(self) -> str:
        """Of a call that failed."""
        assert self.result.get("failed"), f"it did not fail: {self.result}"
        return str(self.result["msg"])

    @property
    def kind(self) -> str:
        assert self.result.get("failed"), f"it did not fail: {self.result}"
        return str(self.result["problem"]["kind"])


def login(tenant: LocalTenant) -> dict[str, Any]:
    return {"service_key": tenant.service_key, "ca_path": str(tenant.ca_path)}


def call(
    tenant: LocalTenant, module: str, options: Mapping[str, Any], *, check: bool = False, log_in: bool = True
) -> Call:
    """With the tenant's service key, unless the options or the environment (``log_in=False``) say how to log in.

    Every result is held against the module's RETURN, and searched for secrets.
    """
    tenant.clear_journal()
    own_login = not log_in or {"service_key", "tenant_url", "access_token"} & set(options)
    options = {**({} if own_login else login(tenant)), **options}
    result = call_module(module, options, check=check, diff=True)
    leaked = [name for name, secret in _secrets(tenant, options).items() if secret in json.dumps(result)]
    assert not leaked, f"the result holds {leaked}"
    untrue = differences(module, result)
    assert not untrue, "\n".join(["RETURN does not tell the truth:", *untrue])
    counts = tenant.journal_book.counts()
    return Call(
        result,
        [f"{entry['method']} {entry['path']}" for entry in tenant.journal if entry["listener"] == "api"],
        [f"{entry['method']} {entry['path']}" for entry in tenant.writes()],
        counts["requests"].get("token", 0),
        counts["connections"],
    )


def _secrets(tenant: LocalTenant, options: Mapping[str, Any]) -> dict[str, str]:
    """By a name that may be printed."""
    private_key = tenant.service_key_x509["oauth"]["key"].replace("\\n", "\n").split()
    given = {name: options.get(name) for name in ("client_secret", "password", "access_token", "passphrase")}
    return {
        "a client secret": tenant.service_key["oauth"]["clientsecret"],
        "a line of a private key": max(private_key, key=len),
        "a password": tenant.basic_password,
        **{f"the option {name}": value for name, value in given.items() if isinstance(value, str) and value},
    }


def fingerprints(tenant: LocalTenant) -> dict[str, list[str]]:
    """Alias to the SHA-256 of each certificate, seen in the tenant's memory and by no code of the collection."""
    from hashlib import sha256

    return {alias: [sha256(der).hexdigest() for der in entry.chain] for alias, entry in tenant.entries().items()}
