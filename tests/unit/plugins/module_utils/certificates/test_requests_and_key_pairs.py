# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Signing requests and PKCS#12 files of openssl, cut, flipped and nested: one error type, and what openssl says too."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.key_pair_file import (
    read_pkcs12,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.pkcs12 import outline_of_pkcs12
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.signing_request import (
    SIGNING_REQUEST_LIMIT,
    read_signing_request,
)
from ansible_collections.certops.sap_cloud_integration.tests.pki import (
    Credential,
    PrivateKey,
    ec_key,
    issue,
    make_root,
    rsa_key,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    openssl,
)
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

PASSPHRASE = "secret"


def request_of(key: PrivateKey) -> bytes:
    """PKCS#10 in PEM by openssl."""
    text = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return openssl("req", "-new", "-key", "/dev/stdin", "-subj", "/C=DE/O=A, B/CN=client.example", given=text)


def file_of(one: Credential) -> bytes:
    encryption = serialization.BestAvailableEncryption(PASSPHRASE.encode())
    return pkcs12.serialize_key_and_certificates(b"one", one.key, one.certificate, None, encryption)


REQUEST = openssl("req", "-outform", "DER", given=request_of(ec_key()))
FILE = file_of(issue(make_root(), "client.example"))


@pytest.mark.parametrize(
    "make_key", [rsa_key, ec_key, ed25519.Ed25519PrivateKey.generate], ids=["RSA", "EC", "Ed25519"]
)
def test_a_request_says_what_openssl_says(make_key: Callable[[], PrivateKey]) -> None:
    pem = request_of(make_key())
    read = read_signing_request(pem)
    assert read.proves_possession
    assert read.subject == r"CN=client.example, O=A\, B, C=DE"
    public = openssl("pkey", "-pubin", "-outform", "DER", given=openssl("req", "-noout", "-pubkey", given=pem))
    digest = hashes.Hash(hashes.SHA256())
    digest.update(public)
    assert read.spki_sha256 == digest.finalize().hex(":")
    again = read_signing_request(openssl("req", "-outform", "DER", given=pem))
    assert again == read
    assert read_signing_request(read.pem.encode()).asks_for_the_same(read)
    assert read_signing_request(pem.replace(b"BEGIN C", b"BEGIN NEW C").replace(b"END C", b"END NEW C")) == read


def test_a_request_that_was_changed_proves_nothing() -> None:
    changed = REQUEST.replace(b"client.example", b"client.exomple")
    assert not read_signing_request(changed).proves_possession


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"hello there", "There is no signing request in it"),
        (make_root().pem.encode(), "there is: CERTIFICATE"),
        (issue(make_root(), "a").key_pem.encode(), "private key"),
        (bytes(SIGNING_REQUEST_LIMIT + 1), "more than any signing request"),
        (make_root().der, "signing request cannot be read"),
    ],
    ids=["text", "a certificate", "a private key", "too long", "a certificate in DER"],
)
def test_what_is_no_request_is_named(data: bytes, sentence: str) -> None:
    with pytest.raises(BadCertificate, match=re.escape(sentence)):
        read_signing_request(data)


@pytest.mark.parametrize("data", [REQUEST, FILE], ids=["PKCS#10", "PKCS#12"])
def test_a_file_cut_at_any_byte_is_one_error(data: bytes) -> None:
    read = read_signing_request if data is REQUEST else outline_of_pkcs12
    for length in range(len(data)):
        with pytest.raises(BadCertificate):
            read(data[:length])


@settings(max_examples=300, deadline=None)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_flipped_bit_is_an_error_or_another_file(place: int, bit: int) -> None:
    for data, read in ((REQUEST, read_signing_request), (FILE, outline_of_pkcs12)):
        changed = bytearray(data)
        changed[place % len(data)] ^= 1 << bit
        with contextlib.suppress(BadCertificate):
            read(bytes(changed))


@settings(max_examples=25, deadline=None)
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_a_damaged_key_pair_is_never_opened(place: int, bit: int) -> None:
    """The integrity check covers all but itself, so what opens is what was written."""
    changed = bytearray(FILE)
    changed[place % len(FILE)] ^= 1 << bit
    try:
        leaf = read_pkcs12(bytes(changed), PASSPHRASE).leaf
    except BadCertificate:
        return
    assert leaf == read_pkcs12(FILE, PASSPHRASE).leaf


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_any_bytes_give_one_error(data: bytes) -> None:
    for read in (read_signing_request, outline_of_pkcs12):
        with pytest.raises(BadCertificate):
            read(data)


@pytest.mark.parametrize("nested", [b"\x30\x80" * 10000, b"\x30\x82\xff\xff" * 7000], ids=["BER", "DER"])
def test_deep_nesting_costs_no_second(nested: bytes) -> None:
    started = time.process_time()
    for read in (read_signing_request, outline_of_pkcs12):
        with pytest.raises(BadCertificate):
            read(nested)
    assert time.process_time() - started < 1
