# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tells the story on the terminal: one line per event, with the time and the messages so far."""

from __future__ import annotations

import os
import re
import sys
import textwrap
import time
from collections.abc import Callable
from typing import TextIO

__all__ = ["Narrator", "shortened"]

_FINGERPRINT = re.compile(r"\b([0-9a-f]{2}(?::[0-9a-f]{2}){2})(?::[0-9a-f]{2}){26}((?::[0-9a-f]{2}){3})\b")
_WIDTH = 118
_MARGIN = 28


def shortened(text: str) -> str:
    """SHA-256 fingerprints by their first and last three octets, as people compare them by eye."""
    return _FINGERPRINT.sub(r"\1…\2", text)


class Narrator:
    """:param counts: gives how many messages were completed and how many failed so far."""

    def __init__(self, counts: Callable[[], tuple[int, int]], stream: TextIO | None = None) -> None:
        self._counts = counts
        self._stream = stream or sys.stdout
        self._colours = self._stream.isatty() and "NO_COLOR" not in os.environ
        self._began = time.time()

    def title(self, text: str) -> None:
        self._write(self._paint("1", text))

    def chapter(self, text: str) -> None:
        """A new run, or somebody else's turn."""
        self._write("")
        self._line(self._paint("1", f"── {text} "), plain=f"── {text} ")

    def line(self, text: str, *, colour: str = "") -> None:
        """``colour``: good, bad, wait or nothing."""
        code = {"good": "32", "bad": "31", "wait": "33"}.get(colour, "")
        first, *rest = textwrap.wrap(shortened(text), _WIDTH - _MARGIN, subsequent_indent="  ") or [""]
        self._line(self._paint(code, first), plain=first)
        for more in rest:
            self._write(" " * _MARGIN + self._paint(code, more))

    def heading(self) -> None:
        self._write(f"{'time':>5} {'completed':>10} {'failed':>7}")

    def _line(self, shown: str, *, plain: str) -> None:
        completed, failed = self._counts()
        minutes, seconds = divmod(int(time.time() - self._began), 60)
        numbers = f"{minutes}:{seconds:02d}".rjust(5) + f"{completed:>11}"
        self._write(numbers + self._paint("31" if failed else "", f"{failed:>8}") + " " * (_MARGIN - 24) + shown)

    def _write(self, text: str) -> None:
        print(text, file=self._stream, flush=True)

    def _paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if code and self._colours else text
