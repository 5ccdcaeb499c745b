# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom to trust, and the client certificate that must not stay on disk."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.errors import BadConnectionOptions
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.secret import Secret
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.tenant.tls import make_context
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root


def test_a_folder_of_authorities(tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_text(make_root("One").pem)
    (tmp_path / "two.crt").write_text(make_root("Two").pem + make_root("Three").pem)
    (tmp_path / "readme.txt").write_text("no certificate")
    assert make_context(validate_certs=True, ca_path=str(tmp_path)).cert_store_stats()["x509"] == 3


def test_ca_path_replaces_the_system_store(tmp_path: Path) -> None:
    (tmp_path / "one.pem").write_text(make_root().pem)
    assert make_context(validate_certs=True, ca_path=str(tmp_path / "one.pem")).cert_store_stats()["x509"] == 1


def test_bad_ca_paths(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.pem").write_text("nothing here")
    for path, sentence in [
        ("gone.pem", "No such file"),
        ("empty", "without .pem"),
        ("text.pem", "no certificates in PEM"),
    ]:
        with pytest.raises(BadConnectionOptions, match=sentence):
            make_context(validate_certs=True, ca_path=str(tmp_path / path))


@pytest.mark.parametrize("fault", ["none", "other key", "garbage", "not ascii"])
def test_the_client_key_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    modes: list[tuple[int, int]] = []
    real_open = os.open

    def watch(path: str, flags: int, mode: int = 0o777, **options: int) -> int:
        descriptor = real_open(path, flags, mode, **options)
        if str(path).endswith("client.pem"):
            modes.append((os.fstat(descriptor).st_mode & 0o777, os.stat(os.path.dirname(path)).st_mode & 0o777))
        return descriptor

    monkeypatch.setattr(os, "open", watch)
    client = issue(make_root(), "sb-client")
    key = {
        "none": client.key_pem,
        "other key": issue(make_root(), "x").key_pem,
        "garbage": "-----BEGIN PRIVATE KEY-----\nplanted",
        "not ascii": "plantedä",
    }[fault]
    if fault == "none":
        make_context(validate_certs=True, ca_path=None, certificate=client.chain_pem, private_key=Secret(key))
    else:
        with pytest.raises(BadConnectionOptions) as caught:
            make_context(validate_certs=True, ca_path=None, certificate=client.chain_pem, private_key=Secret(key))
        assert "planted" not in str(caught.value)
        assert ("does not belong" in str(caught.value)) == (fault == "other key")
    assert modes == [(0o600, 0o700)]
    assert list(tmp_path.iterdir()) == []
