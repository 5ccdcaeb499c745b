# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The page needs nothing but itself, shows what was recorded, and tells good news from bad."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.demo.page import make_page
from ansible_collections.certops.sap_cloud_integration.tests.demo.recording import Happening, Recording
from ansible_collections.certops.sap_cloud_integration.tests.demo.report import make_report
from ansible_collections.certops.sap_cloud_integration.tests.unit.demo.recordings import PKIX, renewed, wrong_order

_VOID = {"meta", "rect", "br"}


class _Reader(HTMLParser):
    """Checks that every element is closed in its order, and keeps elements and words."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data.strip())


def _read(recording: Recording) -> _Reader:
    reader = _Reader()
    reader.feed(make_page(recording, make_report(recording)))
    assert reader.open == []
    return reader


@pytest.mark.parametrize("recording", [renewed(), wrong_order()], ids=["renewed", "wrong order"])
def test_the_page_needs_nothing_else(recording: Recording) -> None:
    page = make_page(recording, make_report(recording))
    reader = _read(recording)
    assert not {tag for tag, attributes in reader.elements} & {"script", "link", "img", "iframe", "object", "base"}
    assert not [attributes for tag, attributes in reader.elements if {"src", "href", "srcset"} & set(attributes)]
    assert not re.search(r"@import|url\(|https?://", page)


def test_words_from_outside_stay_words() -> None:
    recording = renewed()
    recording.happenings = [Happening(1001.0, "run", "<b>x</b>", "<script>alert('&')</script>")]
    recording.runs[0].title = '"><script>'
    reader = _read(recording)
    assert "script" not in {tag for tag, attributes in reader.elements}
    assert "<script>alert('&')</script>" in reader.words


def test_good_news_and_bad_news() -> None:
    assert "No message was lost" in _read(renewed()).words
    spoiled = renewed()
    spoiled.restarts = {"To_ERP": 2, "To_CRM": 1}
    assert "No message was lost" not in _read(spoiled).words
    assert "In the wrong order, messages are lost" in _read(wrong_order()).words
    lost = renewed()
    lost.messages = wrong_order().messages
    assert "Messages were lost" in _read(lost).words


def test_the_tenants_text_is_on_the_page() -> None:
    assert any(PKIX in words for words in _read(wrong_order()).words)


def test_every_id_is_there_once_and_every_reference_finds_one() -> None:
    elements = _read(renewed()).elements
    ids = [attributes["id"] for tag, attributes in elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    wanted = {
        value
        for tag, attributes in elements
        for name, value in attributes.items()
        if name in ("aria-labelledby", "aria-describedby")
    }
    assert wanted <= set(ids)


def test_a_story_that_broke_off_still_has_a_page() -> None:
    recording = Recording("renewed", started=1000.0, ended=1000.0)
    assert "Messages were lost" in _read(recording).words
