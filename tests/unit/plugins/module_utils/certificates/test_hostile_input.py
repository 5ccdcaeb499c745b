# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Hostile input: one error type, one second, 200 MB, and nothing is taken for good that is not."""

from __future__ import annotations

import base64
import contextlib
import subprocess
import time
import tracemalloc
from pathlib import Path

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import Certificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.chain import order_chain
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.encodings import (
    read_certificates,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.names import same_name_text
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.trust import validation_problem
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Chain,
    encodings_of,
    indefinite,
    openssl,
    sequence,
)
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

LIMIT = 30720
SECONDS, BYTES = 1.0, 200_000_000
TAME = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def outcome(data: bytes) -> list[Certificate] | None:
    """The certificates, or None when they are refused; any other exception fails the test."""
    try:
        return read_certificates(data)
    except BadCertificate as problem:
        message = str(problem)
    assert len(message) > 20
    assert "\n" not in message
    return None


@pytest.fixture(scope="module")
def encodings(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    return encodings_of(chain, tmp_path_factory.mktemp("encodings"))


@pytest.mark.parametrize("name", ["PKCS#7, DER", "DER in a row", "PkiPath", "PKCS#7, BER with indefinite lengths"])
def test_truncation_at_every_byte(name: str, encodings: dict[str, bytes], chain: Chain) -> None:
    """Cut binary data is refused, except where the cut falls between two certificates in a row."""
    data = encodings[name]
    whole = {b"".join(chain.ders[:count]) for count in (1, 2)} if name == "DER in a row" else set()
    for length in range(len(data)):
        found = outcome(data[:length])
        assert (found is not None) == (data[:length] in whole), length


@pytest.mark.parametrize(
    "name", ["PEM", "PKCS#7, PEM", "PKCS#7, bare base64 in lines", "DER, base64 one after the other"]
)
def test_truncation_of_text(name: str, encodings: dict[str, bytes], chain: Chain) -> None:
    """Cut text is refused unless only whole certificates are left."""
    data = encodings[name]
    for length in range(0, len(data), 3):
        found = outcome(data[:length])
        assert found is None or [c.der for c in found] == chain.ders[: len(found)], length


@TAME
@given(data=st.data())
def test_flipped_bits(data: st.DataObject, encodings: dict[str, bytes]) -> None:
    original = encodings[data.draw(st.sampled_from(sorted(encodings)))]
    changed = bytearray(original)
    for place in data.draw(st.lists(st.integers(0, len(original) - 1), min_size=1, max_size=4)):
        changed[place] ^= 1 << data.draw(st.integers(0, 7))
    found = outcome(bytes(changed))
    if found:
        use(found)


def use(found: list[Certificate]) -> None:
    """Everything that is done with certificates later must hold out too."""
    for certificate in found:
        certificate.to_result()
        assert certificate.self_issued in (True, False)
        same_name_text(certificate.subject, certificate.issuer)
    with contextlib.suppress(BadCertificate):
        order_chain(found, spki_sha256=None)
    validation_problem(found, found, at=found[0].not_before, server_name="host.example")


@st.composite
def der_values(draw: st.DrawFn) -> bytes:
    """Nested tag, length and value, wrong here and there: closer to a certificate than noise is."""
    tags = st.sampled_from(
        [0x30, 0x31, 0x02, 0x03, 0x04, 0x05, 0x06, 0x0C, 0x17, 0x18, 0xA0, 0xA3, 0x81, 0x24, 0x1F, 0xBF]
    )

    def wrap(content: bytes) -> bytes:
        length = draw(st.sampled_from([len(content), len(content) + 1, 0x80, 2**31]) | st.just(len(content)))
        if length == 0x80:
            return bytes([draw(tags) | 0x20, 0x80]) + content + b"\0\0"
        octets = bytes([length]) if length < 128 else b"\x84" + length.to_bytes(4, "big")
        return bytes([draw(tags)]) + octets + content

    leaf = st.binary(max_size=12).map(wrap)
    return wrap(
        draw(st.recursive(leaf, lambda inner: st.lists(inner, max_size=6).map(b"".join).map(wrap), max_leaves=20))
    )


@TAME
@given(data=st.one_of(st.binary(max_size=300), der_values()))
@example(data=b"\x30\x80" * 5000)
@example(data=b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\xa0\x80")
@example(data=b"\x30\x0f\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02\x80\x02\x30\x80")
@example(data=b"\x30\x84\xff\xff\xff\xff")
@example(data=b"\x30\x89" + b"\xff" * 9)
@example(data=b"\x3f" + b"\xff" * 30)
def test_noise_that_resembles_asn1(data: bytes) -> None:
    for form in (
        data,
        base64.b64encode(data),
        b"-----BEGIN PKCS7-----\n" + base64.b64encode(data) + b"\n-----END PKCS7-----",
    ):
        outcome(form)


@TAME
@given(text=st.text(alphabet=st.sampled_from(list("-BEGIN CRTFAD\n=MIx/+0\u2014\ufeff")), max_size=400))
def test_noise_that_resembles_pem(text: str) -> None:
    assert outcome(text.encode()) is None
    assert outcome(text.encode("utf-16")) is None


@TAME
@given(data=st.data())
def test_a_value_replaced_anywhere_in_a_certificate(data: st.DataObject, chain: Chain) -> None:
    """The structure stays right: one element is exchanged for a strange one of any size, all lengths around it fit."""
    der = data.draw(st.sampled_from(chain.ders))
    strange = data.draw(
        st.sampled_from(
            [
                b"",
                b"\x05\0",
                b"\x30\0",
                b"\x31\0",
                b"\x03\0",
                b"\x03\x01\0",
                b"\x02\0",
                b"\x06\0",
                b"\x0c\0",
                b"\x30\x80\0\0",
                b"\x17\0",
                b"\xa0\0",
                b"\x04\x02\x30\0",
            ]
        )
    )
    spots: list[int] = []
    _replaced(der, -1, b"", spots)
    found = outcome(_replaced(der, data.draw(st.integers(0, len(spots) - 1)), strange, []))
    if found:
        use(found)


def _replaced(der: bytes, target: int, by: bytes, spots: list[int]) -> bytes:
    """The element with the target-th element inside it exchanged; ``spots`` counts the elements."""
    number = len(spots)
    spots.append(number)
    if number == target:
        return by
    count = der[1] & 0x7F if der[1] & 0x80 else 0
    if not der[0] & 0x20:
        return der
    content, parts = der[2 + count :], b""
    while content:
        extra = content[1] & 0x7F if content[1] & 0x80 else 0
        size = int.from_bytes(content[2 : 2 + extra], "big") if extra else content[1]
        end = 2 + extra + size
        parts += _replaced(content[:end], target, by, spots)
        content = content[end:]
    return bytes([der[0]]) + sequence(parts)[1:]


def hard_files(chain: Chain, directory: Path) -> dict[str, bytes]:
    """Files made to cost time or memory, each just within the size limit."""
    nested = b""
    while len(nested) < LIMIT - 10:
        nested = sequence(nested)
    tiny = sequence(sequence(b"\x02\x01\x01" + b"\x30\0" * 5) + b"\x30\0" + b"\x03\x01\0")
    signed_data = b"\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
    name_parts = b"".join(b"\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x0c\x02ab" for _unused in range(2300))
    return {
        "nested definite": nested,
        "nested indefinite": b"\x30\x80" * (LIMIT // 2),
        "nested indefinite, closed": b"\x30\x80" * (LIMIT // 4) + b"\0\0" * (LIMIT // 4),
        "nested octet strings": b"\x30\x80" + signed_data + b"\xa0\x80" + b"\x24\x80" * 15000,
        "giant length": b"\x30\x84\x7f\xff\xff\xff" + b"\0" * (LIMIT - 6),
        "many empty certificates": tiny * (LIMIT // len(tiny)),
        "a path of many empty certificates": sequence(tiny * ((LIMIT - 8) // len(tiny))),
        "many empty sequences": sequence(b"\x30\0" * 15000),
        "a name of many parts": chain.leaf.der.replace(
            chain.leaf.certificate.issuer.public_bytes(), sequence(name_parts)
        ),
        "a giant object identifier": sequence(b"\x06\x82\x70\0" + b"\x81" * 0x6FFF + b"\x01"),
        "one certificate, as often as it fits": chain.leaf.der * (LIMIT // len(chain.leaf.der)),
        "only BEGIN": b"-----BEGIN CERTIFICATE-----\n" * (LIMIT // 28),
        "only END": b"-----END CERTIFICATE-----\n" * (LIMIT // 26),
        "empty blocks": b"-----BEGIN X-----\n-----END X-----\n" * (LIMIT // 34),
        "hyphens": b"-" * LIMIT,
        "hyphens and blanks": b"- " * (LIMIT // 2),
        "BEGIN and blanks": (b"-BEGIN " + b"A " * 3 + b" " * 200) * 140,
        "BEGIN and a long word": b"-BEGIN " + b"A" * (LIMIT - 7),
        "equals signs": b"=" * LIMIT,
        "equals signs and blanks": b"= " * (LIMIT // 2),
        "line breaks in base64": b"MIIB" + b"\n" * (LIMIT - 8) + b"MIIB",
        "base64 in many pieces": b"MA==\n\n" * (LIMIT // 6),
        "zeros": b"\0" * LIMIT,
        "digits": b"0" * LIMIT,
        "comments of HTML": b"<!--" * (LIMIT // 4),
        "keys of JSON": b'"kty"' * (LIMIT // 5),
        "half of UTF-16": b"\xff\xfe" + b"\x00\xd8" * (LIMIT // 2 - 1),
    }


def test_nothing_within_the_limit_takes_a_second_or_200_megabytes(chain: Chain, tmp_path: Path) -> None:
    files = hard_files(chain, tmp_path)
    for name, data in files.items():
        assert len(data) <= LIMIT + 40, name
        begun = time.process_time()
        found = outcome(data[:LIMIT])
        if found:
            use(found)
        assert time.process_time() - begun < SECONDS, name
    tracemalloc.start()
    for name, data in files.items():
        tracemalloc.reset_peak()
        outcome(data[:LIMIT])
        assert tracemalloc.get_traced_memory()[1] < BYTES, name
    tracemalloc.stop()


def test_ten_thousand_certificates_are_refused_unread(chain: Chain) -> None:
    data = chain.leaf.der * 10_000
    begun = time.process_time()
    assert outcome(data) is None
    assert time.process_time() - begun < 0.01
    assert len(read_certificates(data[: len(data) // 10], limit=len(data))) == 1


def test_many_different_certificates_under_one_name() -> None:
    """As many keys under one name as fit into the limit, all named as each other's issuer."""
    one = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc -keyout /dev/null -subj /CN=a 2>/dev/null"
    )
    pem = subprocess.run(["bash", "-c", f"for i in $(seq 55); do {one}; done"], capture_output=True, check=True).stdout
    found = outcome(pem[:LIMIT].rpartition(b"-----BEGIN")[0])
    assert found
    assert len(found) > 30
    begun = time.process_time()
    use(found)
    assert time.process_time() - begun < SECONDS


def test_indefinite_lengths_inside_a_certificate_are_made_definite(chain: Chain) -> None:
    """The signature covers the DER form, so this is the same certificate."""
    der = chain.leaf.der
    count = der[1] & 0x7F
    ber = b"\x30\x80" + der[2 + count :] + b"\0\0"
    assert openssl("x509", "-inform", "DER", "-outform", "DER", given=ber) == der
    found = outcome(ber)
    assert found
    assert found[0].der == der


@pytest.mark.parametrize("depth", [1, 2, 3])
def test_ends_of_indefinite_lengths_are_needed(chain: Chain, tmp_path: Path, depth: int) -> None:
    (tmp_path / "chain.pem").write_bytes(chain.pem)
    ber = indefinite(
        openssl("crl2pkcs7", "-nocrl", "-certfile", str(tmp_path / "chain.pem"), "-outform", "DER"), depth=depth
    )
    assert outcome(ber)
    assert outcome(ber[:-2]) is None
    assert outcome(ber + b"\0\0") is None
