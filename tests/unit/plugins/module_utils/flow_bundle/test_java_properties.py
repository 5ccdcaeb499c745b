# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Java properties: a table of the rules, and what an independent writer wrote is read back.

The table (but for the byte-order mark, which Java does not know) and 360,000 random texts were also given to
``java.util.Properties`` of OpenJDK 17. The one difference: a text that ends with a line of one backslash and a line
break gives Java an entry without name.
"""

from __future__ import annotations

import contextlib

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.archive import (
    BadBundle,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.flow_bundle.java_properties import (
    read_properties,
)
from hypothesis import given
from hypothesis import strategies as st

TABLE = [
    ("a=b", {"a": "b"}),
    ("a:b", {"a": "b"}),
    ("a b", {"a": "b"}),
    ("a\t \f b c ", {"a": "b c "}),
    ("  a  =  b  ", {"a": "b  "}),
    ("a = = b", {"a": "= b"}),
    ("a", {"a": ""}),
    ("=b", {"": "b"}),
    ("# a=b\n! c=d\n  # e=f\n\n \t\ng=h", {"g": "h"}),
    ("a=b#c", {"a": "b#c"}),
    ("Proxy\\ Type=sapcc", {"Proxy Type": "sapcc"}),
    ("url=http\\://h\\:1/\\?a\\=b", {"url": "http://h:1/?a=b"}),
    ("k\\:e\\=y\\#=v", {"k:e=y#": "v"}),
    ("a=\\u00e9\\u20AC", {"a": "é€"}),
    ("a=\\ud83d\\ude00", {"a": "😀"}),
    ("a=\\t\\n\\r\\f\\\\\\q", {"a": "\t\n\r\f\\q"}),
    ("a=b\\\n    c", {"a": "bc"}),
    ("a=b\\\r\n\tc\rd=e", {"a": "bc", "d": "e"}),
    ("a=b\\\\\nc=d", {"a": "b\\", "c": "d"}),
    ("a=b\\\n#c", {"a": "b#c"}),
    ("a=b\\\n\nc=d", {"a": "b", "c": "d"}),
    ("a=b\\", {"a": "b"}),
    ("\\\n# comment\na=b", {"a": "b"}),
    ("a=1\na=2", {"a": "2"}),
    ("\ufeffa=b", {"a": "b"}),
    ("<SAP\\ GTS/Host>=<x>", {"<SAP GTS/Host>": "<x>"}),
    ("", {}),
]


@pytest.mark.parametrize(("text", "expected"), TABLE)
def test_table(text: str, expected: dict[str, str]) -> None:
    assert read_properties(text.encode()) == expected


@pytest.mark.parametrize("text", ["a=\\u12", "a=\\u12g4", "a=\\u", "\\users=x", "a=\\u١٢٣٤"])
def test_refuses_what_java_refuses(text: str) -> None:
    with pytest.raises(BadBundle, match="four hexadecimal digits"):
        read_properties(text.encode())


def test_a_value_of_very_many_lines_takes_no_longer_than_its_bytes() -> None:
    assert len(read_properties(b"a=" + b"0123456789\\\n" * 300_000)["a"]) == 3_000_000


def test_reads_latin_1_where_it_is_no_utf_8() -> None:
    assert read_properties("Größe=é".encode("iso-8859-1")) == {"Größe": "é"}


def write(values: dict[str, str]) -> bytes:
    """As ``Properties.store`` writes, after its Javadoc: escapes, and everything beyond ASCII as ``\\uXXXX``."""

    def escaped(text: str, blanks: str) -> str:
        out = ""
        for character in text:
            if character in "\\=:#!" + blanks:
                out += "\\" + character
            elif character in "\t\n\r\f":
                out += "\\" + {"\t": "t", "\n": "n", "\r": "r", "\f": "f"}[character]
            elif " " <= character <= "~":
                out += character
            else:
                units = character.encode("utf-16-be", "surrogatepass")
                out += "".join(f"\\u{units[at]:02X}{units[at + 1]:02x}" for at in range(0, len(units), 2))
        return out

    def leading(text: str) -> str:
        return "\\" + text if text.startswith(" ") else text

    lines = [f"{escaped(key, ' ')}={leading(escaped(value, ''))}" for key, value in values.items()]
    return ("#Sat Nov 21 10:00:00 UTC 2026\n" + "\n".join(lines) + "\n").encode("ascii")


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(st.dictionaries(TEXTS, TEXTS, max_size=8))
def test_reads_back_what_was_written(values: dict[str, str]) -> None:
    assert read_properties(write(values)) == values


@given(st.binary(max_size=200))
def test_never_fails_otherwise(data: bytes) -> None:
    with contextlib.suppress(BadBundle):
        read_properties(data)
