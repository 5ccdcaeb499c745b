# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of a key pair: what the tenant shall generate, or a PKCS#12 file, read and checked offline."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..certificates.key_pair_file import PKCS12_LIMIT, KeyPairFile, read_pkcs12
from ..decisions.generated_key_pair import curve_size
from ..decisions.refused import NotWanted
from ..problem import Problem
from ..tenant.key_pair import NewKeyPair
from ..tenant.secret import Secret
from .arguments import Spec
from .inputs import read_file
from .times import time_of

__all__ = ["KEY_PAIR", "file_of", "new_key_pair_of"]

KEY_PAIR = Spec(
    options={
        "generate": {
            "type": "dict",
            "options": {
                "common_name": {"type": "str", "required": True},
                "country": {"type": "str", "required": True},
                "organization": {"type": "str"},
                "organizational_unit": {"type": "str"},
                "locality": {"type": "str"},
                "state": {"type": "str"},
                "email": {"type": "str"},
                "key_type": {"type": "str", "choices": ["RSA", "DSA", "EC"], "default": "RSA", "no_log": False},
                "key_size": {"type": "int", "no_log": False},
                "curve": {"type": "str"},
                "signature_algorithm": {"type": "str"},
                "not_before": {"type": "str"},
                "not_after": {"type": "str"},
            },
        },
        "pkcs12_path": {"type": "path"},
        "pkcs12_content": {"type": "str", "no_log": True},
        "passphrase": {"type": "str", "no_log": True},
    },
    mutually_exclusive=[["generate", "pkcs12_path", "pkcs12_content", "certificate_path", "certificate_content"]],
)

# API specification SecurityContent.json, POST /KeyPairGenerationRequests; EC sizes: SAP Help "Creating a Key Pair".
_SMALLEST_EC, _LARGEST_EC = 112, 571
_LONGEST_TEXT = 500
_SIGNATURE = re.compile(r"SHA-?(1|224|256|384|512)(?:/|with)(RSA|DSA|EC|ECDSA)", re.IGNORECASE)
_BASE64_LIMIT = 2 * PKCS12_LIMIT


def new_key_pair_of(options: Mapping[str, Any]) -> NewKeyPair | None:
    """``generate`` as a value. Raises :class:`NotWanted` for what no tenant can make."""
    given = options.get("generate")
    if given is None:
        return None
    for name in ("common_name", "organization", "organizational_unit", "locality", "state", "email"):
        if given[name] is not None and not 0 < len(given[name].strip()) <= _LONGEST_TEXT:
            raise _refuse(name, f"a text of 1 to {_LONGEST_TEXT} characters is needed")
    if not re.fullmatch("[A-Za-z]{2}", given["country"]):
        raise _refuse("country", "a country has two letters", "Give its code of ISO 3166, such as DE")
    begin, end = time_of(given, "not_before", where="generate."), time_of(given, "not_after", where="generate.")
    if begin and end and end <= begin:
        raise _refuse("not_after", "the certificate would end before it begins")
    kind, size, curve = given["key_type"], given["key_size"], given["curve"]
    if curve and kind != "EC":
        raise _refuse("curve", f"only an EC key has a curve, not {kind}")
    if curve and size and curve_size(curve) not in (None, size):
        raise _refuse("key_size", f"the curve {curve} has {curve_size(curve)} bits, not {size}", "Give one of the two")
    if size is not None and kind == "EC" and not _SMALLEST_EC <= size <= _LARGEST_EC:
        raise _refuse("key_size", f"an EC key has {_SMALLEST_EC} to {_LARGEST_EC} bits")
    if size is not None and kind != "EC" and size < 1024:
        raise _refuse("key_size", f"an {kind} key of {size} bits protects nothing", "Give 2048 or more")
    texts = {name: given[name] for name in ("organization", "organizational_unit", "locality", "state", "email")}
    return NewKeyPair(
        common_name=given["common_name"],
        country=given["country"].upper(),
        key_type=kind,
        key_size=size,
        curve=curve,
        signature_algorithm=_signature_algorithm(given["signature_algorithm"], kind),
        not_before=begin,
        not_after=end,
        **texts,
    )


def _signature_algorithm(text: str | None, kind: str) -> str | None:
    """In the tenant's words; Java's, such as ``SHA256withRSA``, are understood as well."""
    if text is None:
        return None
    found = _SIGNATURE.fullmatch(text.strip())
    if found is None:
        raise _refuse("signature_algorithm", f"{text!r} is no signature algorithm", f"Give one such as SHA256/{kind}")
    family = found[2].upper().replace("ECDSA", "EC")
    if family != kind:
        raise _refuse("signature_algorithm", f"{text} does not fit a key of type {kind}", f"Give SHA{found[1]}/{kind}")
    return f"SHA{found[1]}/{kind}" if "with" in text.lower() else text.strip()


def _refuse(name: str, what: str, remedy: str | None = None) -> NotWanted:
    return NotWanted(what, where=f"option generate.{name}", remedy=remedy)


def file_of(options: Mapping[str, Any]) -> tuple[KeyPairFile, Secret] | None:
    """The key pair of ``pkcs12_path`` or ``pkcs12_content``, and the passphrase that the tenant needs as well."""
    path, content = options["pkcs12_path"], options["pkcs12_content"]
    if not path and not content:
        if options["passphrase"]:
            raise NotWanted(
                "a passphrase was given without a PKCS#12 file", remedy="Give pkcs12_path or pkcs12_content"
            )
        return None
    where = str(Path(path)) if path else "pkcs12_content"
    passphrase = Secret(options["passphrase"] or "")
    try:
        data = read_file(path, limit=_BASE64_LIMIT) if path else _decoded(content)
        return read_pkcs12(data, passphrase.reveal()), passphrase
    except Problem as problem:
        problem.where = problem.where or where
        raise


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode("".join(content.split()), validate=True)
    except (binascii.Error, ValueError):
        raise NotWanted("this is no base64", remedy="Give the PKCS#12 file in base64, or its path") from None
