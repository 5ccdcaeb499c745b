# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as one page for whoever signs the change off. No script, nothing external. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from html import escape
from pathlib import Path
from typing import Any

from .recording import Recording
from .timeline import clock, make_timeline

__all__ = ["make_page"]


def make_page(recording: Recording, report: Mapping[str, Any]) -> str:
    """:param report: what ``make_report`` made of the same recording."""
    style = re.sub(
        r"/\*.*?\*/\s*", "", (Path(__file__).parent / "page.css").read_text(encoding="utf-8"), flags=re.DOTALL
    )
    title = _verdict(report)[0]
    parts = [
        _head(recording, report),
        _section("What was checked", _checks(report)),
        _section("What happened when", make_timeline(recording)),
        _section("Who did what", _events(recording)),
        _hand_over(recording),
        _section("Certificates", _certificates(report)),
        _section("Integration flows", _flows(report)),
        _section("Requests to the tenant", _runs(recording)),
        _section("How far this proof goes", _limits(recording, report)),
        _signatures() if recording.expected == "renewed" else "",
    ]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(part for part in parts if part)
        + "\n</main>\n</body>\n</html>\n"
    )


def _verdict(report: Mapping[str, Any]) -> tuple[str, str, bool]:
    """Heading, sentence, and whether it is good news."""
    messages = report["messages"]
    total, failed = f"{messages['total']:,}", f"{messages['failed']:,}"
    if report["expected"] == "failures":
        if not report["passed"]:
            return "The control did not show what it had to", "See what was checked, below.", False
        sentence = (
            f"{failed} of {total} messages failed: the certificate was exchanged before any flow trusted the new"
            " root. This is the control: it shows that the demo can fail, and that the role finds and repairs it."
        )
        return "In the wrong order, messages are lost", sentence, False
    if messages["failed"] or not messages["total"]:
        return "Messages were lost", f"{failed} of {total} messages failed.", False
    sentence = f"{total} messages were sent while two receivers moved to another CA. Each of them was completed."
    if not report["passed"]:
        return "No message was lost, but something else is not as it must be", sentence, False
    return "No message was lost", sentence, True


def _head(recording: Recording, report: Mapping[str, Any]) -> str:
    heading, sentence, good = _verdict(report)
    began = datetime.fromtimestamp(recording.started, timezone.utc)
    second = report["second_run"]
    messages = report["messages"]
    facts = [
        (f"{messages['total']:,}", f"messages, {messages['per_second']:g} a second"),
        (f"{messages['failed']:,}", "of them failed"),
        (str(sum(flow["restarts"] for flow in report["flows"])), "restarts of flows"),
        (
            f"{report['seconds']:.0f} s",
            "one run of the playbook" if len(recording.runs) == 1 else f"{len(recording.runs)} runs of the playbook",
        ),
    ]
    if second is not None:
        facts.insert(3, (str(second["writes"]), "writes in the second run"))
    items = "".join(f"<li><b>{escape(value)}</b><span>{escape(name)}</span></li>" for value, name in facts)
    return (
        f'<header><div class="verdict{"" if good else " not"}"><h1>{escape(heading)}</h1>'
        f"<p>{escape(sentence)}</p></div>"
        f'<ul class="facts">{items}</ul>'
        f'<p class="soft">{began:%Y-%m-%d %H:%M:%S} UTC, on a local tenant with the playbook '
        "<code>certops.sap_cloud_integration.renew_receiver_certificate</code>.</p></header>"
    )


def _section(title: str, body: str) -> str:
    name = title.lower().replace(" ", "-")
    return f'<section aria-labelledby="{name}"><h2 id="{name}">{escape(title)}</h2>\n{body}</section>'


def _table(heads: Sequence[str], rows: Iterable[tuple[str, Sequence[str]]], *, numbers: Sequence[int] = ()) -> str:
    """:param rows: class of the row, and its cells as HTML. The first cell names the row."""
    head = "".join(f'<th scope="col"{_number(index, numbers)}>{escape(name)}</th>' for index, name in enumerate(heads))
    body = []
    for kind, cells in rows:
        first = f'<th scope="row">{cells[0]}</th>'
        rest = "".join(
            f'<td data-name="{escape(heads[index])}"{_number(index, numbers)}>{cell}</td>'
            for index, cell in enumerate(cells[1:], 1)
        )
        body.append(f'<tr class="{kind}">{first}{rest}</tr>')
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"


def _number(index: int, numbers: Sequence[int]) -> str:
    return ' class="number"' if index in numbers else ""


def _checks(report: Mapping[str, Any]) -> str:
    rows = []
    for each in report["checks"]:
        sign = '<b class="yes good">✓ yes</b>' if each["passed"] else '<b class="yes wrong">✗ no</b>'
        rows.append(("", [escape(each["claim"]), sign, f"<small>{escape(each['seen'])}</small>"]))
    return _table(["Claim", "True", "Evidence"], rows)


def _events(recording: Recording) -> str:
    """Happenings, in their order; the texts are what the playbook and the tenant said."""
    rows = [
        (event.kind, [clock(recording, event.at), escape(event.who), escape(event.text)])
        for event in sorted(recording.happenings, key=lambda event: event.at)
    ]
    return _table(["Time", "Who", "What"], rows)


def _hand_over(recording: Recording) -> str:
    texts = [run.result["decision"]["hand_over"] for run in recording.runs if run.result and not run.check_mode]
    first = next((hand_over for hand_over in texts if hand_over), None)
    if first is None:
        return ""
    lines = "".join(f"<p>{escape(line)}</p>" for line in str(first["text"]).splitlines())
    said = f"<p>What the playbook gave to the {escape(first['by'])}, to be sent as it is:</p>"
    return _section("The hand-over", f"{said}<blockquote>{lines}</blockquote>")


def _certificates(report: Mapping[str, Any]) -> str:
    rows = [
        (
            "",
            [
                escape(each["label"]),
                escape(each["subject"]),
                escape(each["issuer"]),
                f'<span class="yes">{each["not_before"]} to</span> <span class="yes">{each["not_after"]}</span>',
                f'<span class="fingerprint">{escape(each["fingerprint_sha256"])}</span>',
            ],
        )
        for each in report["certificates"]
    ]
    return _table(["Certificate", "Subject", "Issuer", "Valid", "SHA-256"], rows)


def _flows(report: Mapping[str, Any]) -> str:
    rows = [
        (
            "",
            [
                escape(flow["id"]),
                escape(flow["receiver"]),
                f"{flow['messages']:,}",
                f"{flow['failed']:,}",
                str(flow["restarts"]),
                escape(" and ".join(flow["trusted_roots_at_end"]) or "none"),
            ],
        )
        for flow in report["flows"]
    ]
    heads = ["Flow", "Sends to", "Messages", "Failed", "Restarts", "Trusts at the end"]
    return _table(heads, rows, numbers=(2, 3, 4))


def _runs(recording: Recording) -> str:
    rows = []
    for run in recording.runs:
        methods = ", ".join(f"{count} {method}" for method, count in sorted(run.requests.items()))
        rows.append(
            (
                "",
                [
                    f"Run {run.number}",
                    escape(f"{run.title} ({run.receiver})"),
                    f"{run.ended - run.started:.0f} s",
                    escape(methods) or "none",
                    str(run.tokens),
                    str(run.writes),
                    "yes" if run.changed and not run.check_mode else "no",
                ],
            )
        )
    heads = ["Run", "What for", "Time", "Requests", "For tokens", "Writes", "Changed"]
    return _table(heads, rows, numbers=(4, 5))


def _limits(recording: Recording, report: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in recording.versions.items())
    points = [
        (
            "Tenant and receivers are local ones, made for this run, on loopback addresses. The TLS connections, the"
            " messages and the requests are real; the tenant imitates SAP's. The README says what is confirmed on a"
            " tenant of SAP."
        ),
        "A deployment takes about two seconds here, and the soak lasts three. In use, a soak takes minutes or days.",
        (
            "A message counts as failed unless its message processing log says COMPLETED. The receivers count for"
            f" themselves: {sum(report['messages']['received_by_receivers'].values()):,} requests."
        ),
    ]
    if recording.day_later is not None:
        points.append(
            "Towards the end, the tenant's clock was moved on by 24 hours, so that each cached keystore ran out: an old"
            " root that was still needed would have shown itself then. Times in this report leave these 24 hours out."
        )
    control = "make demo" if recording.expected == "failures" else "make demo-wrong-order"
    what = "the same landscape in the right order" if recording.expected == "failures" else (
        "the same landscape in the wrong order: there messages do fail"
    )  # fmt: skip
    items = "".join(f"<li>{escape(point)}</li>" for point in points)
    return (
        f"<ul>{items}<li><code>{control}</code> shows {what}.</li></ul>"
        f'<p class="soft">{escape(versions)}. The same in JSON: <code>report.json</code>; all that ansible-playbook'
        " printed: <code>run-*.log</code>.</p>"
    )


def _signatures() -> str:
    return (
        '<div class="signatures"><div>Tenant administrator: name, date, signature</div>'
        "<div>Receiver administrator: name, date, signature</div></div>"
    )
