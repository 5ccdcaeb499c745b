# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which parts of the credentials are blotted out, and which may be named in a message."""

from __future__ import annotations

import json
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.censoring import (
    is_path,
    open_and_secret_values,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.credentials import read_credentials

SECRET = {
    "clientid": "sb-client",
    "clientsecret": "planted-secret",
    "url": "https://tenant.example",
    "tokenurl": "https://token.example/oauth/token",
}
KEY = "-----BEGIN RSA PRIVATE KEY-----\nplanted1\nplanted2\n-----END RSA PRIVATE KEY-----\n"
X509 = {
    **{name: value for name, value in SECRET.items() if name != "clientsecret"},
    "certificate": "-----BEGIN CERTIFICATE-----\npublic\n-----END CERTIFICATE-----\n",
    "key": KEY,
}


def _sets(**options: Any) -> tuple[set[str], set[str]]:
    return open_and_secret_values(options.get("service_key"), read_credentials(options))


@pytest.mark.parametrize("wrap", [lambda key: key, lambda key: {"oauth": key}])
def test_of_a_mapping_only_the_secret_is_secret(wrap: Any) -> None:
    public, secret = _sets(service_key=wrap(SECRET))
    assert secret == {"planted-secret"}
    assert {"sb-client", "https://tenant.example"} <= public
    assert not public & secret


def test_a_json_text_stays_secret_as_a_whole() -> None:
    text = json.dumps({"oauth": SECRET})
    public, secret = _sets(service_key=text)
    assert secret == {"planted-secret"}
    assert text not in public
    assert "sb-client" in public


@pytest.mark.parametrize("written", [KEY, KEY.replace("\n", "\\n"), KEY.strip()])
def test_a_private_key_is_secret_in_every_writing(written: str) -> None:
    public, secret = _sets(service_key={"oauth": {**X509, "key": written}})
    for text in (KEY.strip(), KEY.strip().replace("\n", "\\n")):
        assert any(one in text or text in one for one in secret)
    assert not any("planted1" in one for one in public - {written}), "nothing that holds the key may be shown"
    # What may be shown of the option itself is found by the secret in it.
    assert all(any(one in shown for one in secret) for shown in public if "planted1" in shown)


def test_passwords_and_tokens_are_secret() -> None:
    assert _sets(tenant_url="https://t.example", username="u", password="planted")[1] == {"planted"}
    assert _sets(tenant_url="https://t.example", access_token="planted")[1] == {"planted"}


@pytest.mark.parametrize("text", ["/etc/key.json", "~/key", "./key", "../key", "key.json"])
def test_what_is_plainly_a_path_may_be_named(text: str) -> None:
    assert is_path(text)


@pytest.mark.parametrize("text", ["", "{}", '{"oauth": {}}', "eyJhbGciOi", "planted", "/a\nplanted", None, {"a": 1}])
def test_whatever_else_it_is_stays_secret(text: Any) -> None:
    assert not is_path(text)
