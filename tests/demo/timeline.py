# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The timeline of the report: lanes of HTML on one time axis, so that words stay readable at any width. Pure."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from .recording import Message, Recording, Stage

__all__ = ["clock", "make_timeline"]

# What fits below a narrow band; the list of events below the timeline has the full names.
_SHORT = {
    "import_new_root": "import",
    "import_old_root": "import old",
    "restart_flows": "restart",
    "await_flows": "await",
    "hand_over": "hand over",
    "exchange_certificate": "exchange",
    "soak": "soak",
    "check_messages": "logs",
    "delete_old_root": "delete",
}
# So much of the width, in per cent, holds two words on a narrow screen too.
_WIDE = 20


def clock(recording: Recording, moment: float) -> str:
    """Minutes and seconds since the beginning, as on the terminal."""
    minutes, seconds = divmod(max(0, int(moment - recording.started)), 60)
    return f"{minutes}:{seconds:02d}"


def make_timeline(recording: Recording) -> str:
    """A ``figure``; its stylesheet is that of the page."""
    scale = _Scale(recording)
    kept = [(each.at, each.roots) for each in recording.keeping]
    lanes = [
        _lane("", "", scale.axis(), kind="axis"),
        _lane("Runs of the playbook", "", scale.grid() + _runs(recording, scale), kind="runs"),
        _lane("Steps", "", scale.grid() + _steps(recording, scale), kind="steps"),
        *_all_messages(recording, scale),
        _heading("What the receivers serve"),
        *_served(recording, scale),
        _heading("What the keystore of the tenant holds"),
        _lane("keystore", "", scale.grid() + _trust(scale, kept), kind="trust"),
        _heading("What each flow trusts, and the messages it sends"),
        *_flows(recording, scale),
    ]  # fmt: skip
    return (
        '<figure class="timeline" aria-describedby="timeline-words">'
        + "".join(lanes)
        + f'<figcaption id="timeline-words">{_words(recording)}</figcaption></figure>'
    )


class _Scale:
    """From seconds since the epoch to per cent of the width."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self.began, self.ended = recording.started, max(recording.ended, recording.started + 1)
        length = self.ended - self.began
        step = next((step for step in (5, 10, 20, 30, 60, 120) if length / step <= 8), 300)
        self._ticks = [self.began + step * number for number in range(int(length // step) + 1)]

    def at(self, moment: float) -> float:
        share = (moment - self.began) / (self.ended - self.began)
        return round(100 * min(1.0, max(0.0, share)), 3)

    def span(self, start: float, end: float, least: float = 0.0) -> str:
        """``style`` of a band."""
        left = self.at(start)
        return f"left:{left:g}%;width:{max(least, self.at(end) - left):g}%"

    def axis(self) -> str:
        later = self._recording.day_later
        ticks = "".join(
            f'<span class="tick" style="left:{self.at(tick):g}%">{clock(self._recording, tick)}</span>'
            for tick in self._ticks
            if later is None or abs(self.at(tick) - self.at(later)) > 6
        )
        if later is not None:
            ticks += f'<span class="tick day" style="left:{self.at(later):g}%">+24 h</span>'
        return ticks

    def grid(self) -> str:
        lines = "".join(f'<i class="line" style="left:{self.at(tick):g}%"></i>' for tick in self._ticks[1:])
        later = self._recording.day_later
        return lines + (f'<i class="line day" style="left:{self.at(later):g}%"></i>' if later is not None else "")


def _lane(name: str, note: str, track: str, *, kind: str) -> str:
    small = f" <small>{escape(note)}</small>" if note else ""
    return (
        f'<div class="lane {kind}"><div class="name">{escape(name)}{small}</div><div class="track">{track}</div></div>'
    )


def _heading(text: str) -> str:
    return f'<div class="lanes-of">{escape(text)}</div>'


def _band(style: str, kind: str, label: str, title: str) -> str:
    return f'<span class="band {kind}" style="{style}" title="{escape(title)}"><b>{escape(label)}</b></span>'


def _runs(recording: Recording, scale: _Scale) -> str:
    return "".join(
        _band(
            scale.span(run.started, run.ended or recording.ended),
            "run dry" if run.check_mode or run.read_only else "run",
            str(run.number),
            f"Run {run.number}, {run.receiver}: {run.title}",
        )
        for run in recording.runs
    )


def _steps(recording: Recording, scale: _Scale) -> str:
    return "".join(_step(stage, scale, recording) for stage in recording.stages if stage.outcome != "foretold")


def _step(stage: Stage, scale: _Scale, recording: Recording) -> str:
    title = f"{clock(recording, stage.started)} {stage.name}: {'; '.join(stage.actions) or stage.reason}"
    if stage.ended - stage.started < 0.05:  # a moment: somebody's own doing, or the end of a run
        kind = stage.outcome if stage.outcome in ("waits", "refused") else "exchange"
        sign = {"waits": "…", "refused": "!"}.get(kind, "")
        return (
            f'<span class="mark {kind}" style="left:{scale.at(stage.started):g}%" title="{escape(title)}">{sign}</span>'
        )
    kind = "receiver" if "receiver" in stage.who else "tenant"
    quiet = "" if stage.changed else " looks"
    middle = (scale.at(stage.started) + scale.at(stage.ended)) / 2
    label = f'<span class="label" style="left:{middle:g}%">{escape(_SHORT.get(stage.name, stage.name))}</span>'
    return _band(scale.span(stage.started, stage.ended, 0.4), f"step {kind}{quiet}", "", title) + label


def _all_messages(recording: Recording, scale: _Scale) -> list[str]:
    bars, highest = _bars(recording, recording.messages, None)
    failed = sum(message.failed for message in recording.messages)
    note = f"up to {highest} a second, {failed} failed"
    return [_lane("Messages", note, scale.grid() + bars, kind="messages")]


def _flows(recording: Recording, scale: _Scale) -> list[str]:
    lanes = []
    for flow, receiver in recording.receivers.items():
        own = [message for message in recording.messages if message.flow == flow]
        bars = _bars(recording, own, max(1.0, recording.rates[flow] * 1.5))[0]
        read = [(each.at, each.roots) for each in recording.trusting if each.flow == flow]
        if flow in recording.trusted_at_end and read and recording.trusted_at_end[flow] != read[-1][1]:
            read.append((recording.ended, recording.trusted_at_end[flow]))
        marks = "".join(
            f'<span class="mark restart" style="left:{scale.at(at):g}%" title="{clock(recording, at)}">▲</span>'
            for at, roots in read[1:]
        )
        track = scale.grid() + f'<div class="spark">{bars}</div>' + _trust(scale, read) + marks
        lanes.append(_lane(flow, f"to {receiver.partition('.')[0]}, {recording.rates[flow]:g}/s", track, kind="flow"))
    return lanes


def _served(recording: Recording, scale: _Scale) -> list[str]:
    lanes = []
    for address in dict.fromkeys(serving.address for serving in recording.serving):
        own = [serving for serving in recording.serving if serving.address == address]
        ends = [*[serving.at for serving in own[1:]], scale.ended]
        track = "".join(
            _band(
                scale.span(serving.at, end),
                f"root {serving.root}",
                f"{serving.root} root" if scale.at(end) - scale.at(serving.at) >= _WIDE else serving.root,
                f"{serving.receiver} at {address}: {serving.leaf}",
            )
            for serving, end in zip(own, ends, strict=True)
        )
        lanes.append(_lane(own[0].receiver.partition(".")[0], address, track, kind="served"))
    return lanes


def _trust(scale: _Scale, read: Sequence[tuple[float, tuple[str, ...]]]) -> str:
    """Two strips, one per root, filled while it is trusted."""
    strips = []
    for root in ("old", "new"):
        bands = "".join(
            f'<span class="band root {root}" style="{scale.span(start, end)}" title="{root} root trusted"></span>'
            for start, end in _stretches(root, read, scale.ended)
        )
        strips.append(f'<div class="strip">{bands}</div>')
    return f'<div class="strips">{"".join(strips)}</div>'


def _stretches(root: str, read: Iterable[tuple[float, tuple[str, ...]]], ended: float) -> Iterable[tuple[float, float]]:
    """From when to when a root was there; neighbouring stretches become one."""
    since: float | None = None
    for at, roots in read:
        if root in roots and since is None:
            since = at
        elif root not in roots and since is not None:
            yield since, at
            since = None
    if since is not None:
        yield since, ended


def _bars(recording: Recording, messages: Iterable[Message], top: float | None) -> tuple[str, int]:
    """An SVG without words that is stretched to the track: a bar per second, failures on top in their own colour."""
    seconds = math.ceil(max(recording.ended - recording.started, 1))
    completed: Counter[int] = Counter()
    failed: Counter[int] = Counter()
    for message in messages:
        second = min(seconds - 1, max(0, int(message.at - recording.started)))
        (failed if message.failed else completed)[second] += 1
    highest = max((completed[second] + failed[second] for second in range(seconds)), default=0)
    height = max(top or 0, highest, 1)
    parts = []
    for second in range(seconds):
        good, bad = completed[second], failed[second]
        if good:
            parts.append(f'<rect class="ok" x="{second}" y="{height - good:g}" width=".86" height="{good}"/>')
        if bad:
            parts.append(f'<rect class="bad" x="{second}" y="{height - good - bad:g}" width=".86" height="{bad}"/>')
    width = recording.ended - recording.started
    box = f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none"'
    return f'<svg class="bars" {box} aria-hidden="true">{"".join(parts)}</svg>', highest


def _words(recording: Recording) -> str:
    """The same for whoever cannot see it, and the legend for who can."""
    failed = sum(message.failed for message in recording.messages)
    legend = (
        '<span class="key"><i class="swatch root old"></i>old root</span>'
        '<span class="key"><i class="swatch root new"></i>new root</span>'
        '<span class="key"><i class="swatch ok"></i>completed message</span>'
        '<span class="key"><i class="swatch bad"></i>failed message</span>'
        '<span class="key"><i class="swatch step tenant"></i>tenant administrator</span>'
        '<span class="key"><i class="swatch step receiver"></i>receiver administrator</span>'
        '<span class="key">▲ the flow read the keystore</span>'
        '<span class="key"><i class="mark exchange"></i>certificate exchanged by hand</span>'
        '<span class="key"><i class="mark waits">…</i>the playbook stops and waits</span>'
        '<span class="key"><i class="mark refused">!</i>it refuses to delete</span>'
        '<span class="key"><i class="swatch dashed"></i>run on a read-only tenant</span>'
    )
    return (
        f"{legend}<p>Time in minutes and seconds since the beginning. A flow trusts what was in the keystore when it "
        f"was started, or when its cache of 24 hours ran out. {len(recording.messages)} messages ended while this was "
        f"going on, {failed} of them failed. Everything that can be seen here is also listed below.</p>"
    )
