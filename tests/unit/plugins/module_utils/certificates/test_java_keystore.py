# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java keystore files, seen by keytool and by the local tenant's own reader: nothing here trusts the code it tests."""

from __future__ import annotations

import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.java_keystore import (
    entry_size,
    is_folded,
    read_trusted_certificates,
    write_trusted_certificates,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root, rsa_key
from ansible_collections.certops.sap_cloud_integration.tests.tenant.jks import (
    WrongPassword,
    read_keystore_file,
    write_public_jceks,
)
from hypothesis import given
from hypothesis import strategies as st

MOMENT = datetime(2026, 11, 21, 18, 0, tzinfo=timezone.utc)
PASSWORD = "pass word-ä€"
ALIASES = st.text(min_size=1, max_size=40).map(str.lower).filter(lambda text: text == text.lower())
ENTRIES = st.dictionaries(ALIASES, st.binary(min_size=1, max_size=200), max_size=8)


def keytool(*arguments: str | Path) -> str:
    done = subprocess.run(["keytool", *map(str, arguments)], capture_output=True, text=True, check=False)
    return f"{done.returncode}\n{done.stdout}{done.stderr}"


@given(ENTRIES, st.text(max_size=20))
def test_another_reader_finds_what_was_written(entries: dict[str, bytes], password: str) -> None:
    written = list(entries.items())
    content = write_trusted_certificates(written, password, MOMENT)
    assert [(one.alias, *one.chain) for one in read_keystore_file(content, password)] == written
    assert all(one.key is None for one in read_keystore_file(content, password))
    assert read_trusted_certificates(content) == written
    assert len(content) == 12 + sum(entry_size(alias, der) for alias, der in written) + 20


@given(ENTRIES)
def test_an_export_of_another_writer_is_read(entries: dict[str, bytes]) -> None:
    ordinary = {alias: der for alias, der in entries.items() if "\0" not in alias and max(map(ord, alias)) < 0x10000}
    assert read_trusted_certificates(write_public_jceks(ordinary.items(), MOMENT)) == list(ordinary.items())


def test_keytool_lists_each_certificate_under_its_alias(tmp_path: Path) -> None:
    roots = [make_root("EC Root"), make_root("RSA Root", key=rsa_key()), make_root("Third")]
    aliases = ["example_root", "a; b\\ c", "wurzel ä \U0001f332"]
    file = tmp_path / "trust.jks"
    content = write_trusted_certificates(
        [(alias, root.der) for alias, root in zip(aliases, roots, strict=True)], "changeit", MOMENT
    )
    file.write_bytes(content)
    for alias, root in zip(aliases, roots, strict=True):
        seen = keytool(
            "-J-Dfile.encoding=UTF-8", "-J-Dsun.jnu.encoding=UTF-8", "-exportcert", "-rfc",
            "-keystore", file, "-storetype", "JKS", "-storepass", "changeit", "-alias", alias,
        ) if alias.isascii() else None  # fmt: skip
        assert seen is None or "".join(root.pem.split()) in "".join(seen.split())
    listed = keytool("-J-Duser.language=en", "-list", "-keystore", file, "-storetype", "JKS", "-storepass", "changeit")
    assert listed.startswith("0\n")
    assert "contains 3 entries" in listed
    assert listed.count("trustedCertEntry") == 3
    assert {one.lower() for one in re.findall(r"SHA-256\): ([0-9A-F:]+)", listed)} == {
        root.fingerprint_sha256 for root in roots
    }


def test_three_hundred_roots_are_one_file_that_keytool_takes(tmp_path: Path) -> None:
    root = make_root()
    file = tmp_path / "many.jks"
    file.write_bytes(write_trusted_certificates([(f"root_{n}", root.der) for n in range(300)], "changeit", MOMENT))
    listed = keytool("-J-Duser.language=en", "-list", "-keystore", file, "-storetype", "JKS", "-storepass", "changeit")
    assert "contains 300 entries" in listed


def test_another_password_is_noticed(tmp_path: Path) -> None:
    content = write_trusted_certificates([("a", make_root().der)], PASSWORD, MOMENT)
    with pytest.raises(WrongPassword):
        read_keystore_file(content, PASSWORD + "x")
    file = tmp_path / "trust.jks"
    file.write_bytes(content)
    assert "password was incorrect" in keytool(
        "-list", "-keystore", file, "-storetype", "JKS", "-storepass", "changeit"
    )


def test_keytool_loses_an_alias_with_capitals_so_it_is_refused(tmp_path: Path) -> None:
    """The reason for :func:`is_folded`, shown on the JDK itself: the entry of a patched file cannot be found."""
    content = write_trusted_certificates([("example", make_root().der)], "changeit", MOMENT)
    patched = content[:-20].replace(b"example", b"Example")
    import hashlib

    digest = hashlib.sha1("changeit".encode("utf-16-be") + b"Mighty Aphrodite" + patched).digest()
    file = tmp_path / "trust.jks"
    file.write_bytes(patched + digest)
    seen = keytool(
        "-J-Duser.language=en", "-exportcert", "-keystore", file, "-storetype", "JKS", "-storepass", "changeit",
        "-alias", "Example",
    )  # fmt: skip
    assert "does not exist" in seen
    assert not is_folded("Example")
    assert is_folded("example")
    with pytest.raises(ValueError, match="lower case"):
        write_trusted_certificates([("Example", b"x")], "changeit", MOMENT)


def test_an_alias_is_written_once() -> None:
    with pytest.raises(ValueError, match="differ"):
        write_trusted_certificates([("a", b"x"), ("a", b"y")], "changeit", MOMENT)


def test_every_shorter_file_is_refused() -> None:
    content = write_trusted_certificates([("one", b"first"), ("two", b"second")], "", MOMENT)
    for length in range(len(content)):
        with pytest.raises(BadCertificate, match="no Java keystore"):
            read_trusted_certificates(content[:length])
    with pytest.raises(BadCertificate, match="after its end"):
        read_trusted_certificates(content + b"x")


def test_a_file_with_a_private_key_is_refused(tmp_path: Path) -> None:
    root = make_root()
    leaf = issue(root, "client.example", key=rsa_key())
    from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12

    archive = tmp_path / "key.p12"
    archive.write_bytes(
        pkcs12.serialize_key_and_certificates(
            b"key", leaf.key, leaf.certificate, [], BestAvailableEncryption(b"changeit")
        )
    )
    file = tmp_path / "key.jks"
    made = keytool(
        "-importkeystore", "-srckeystore", archive, "-srcstoretype", "PKCS12", "-srcstorepass", "changeit",
        "-destkeystore", file, "-deststoretype", "JKS", "-deststorepass", "changeit",
    )  # fmt: skip
    assert made.startswith("0\n"), made
    with pytest.raises(BadCertificate, match="private key"):
        read_trusted_certificates(file.read_bytes())


def test_texts_are_written_as_java_writes_them() -> None:
    """java.io.DataOutput.writeUTF: two bytes for NUL, each half of a surrogate pair for itself."""
    content = write_trusted_certificates([("a\0b\U0001f332", b"x")], "", MOMENT)
    assert b"\x00\x0aa\xc0\x80b\xed\xa0\xbc\xed\xbc\xb2" in content
