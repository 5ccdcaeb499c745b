# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The HTML reports in a real browser: no complaint, the numbers of the JSON, readable on a phone and on paper.

"make browser" installs Chromium, where it may.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ansible_collections.certops.sap_cloud_integration as package
import pytest
from ansible_collections.certops.sap_cloud_integration.tests.browser.chromium import Chromium, Page
from ansible_collections.certops.sap_cloud_integration.tests.demo.page import make_page
from ansible_collections.certops.sap_cloud_integration.tests.demo.report import make_report
from ansible_collections.certops.sap_cloud_integration.tests.integration.module_calls import login
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant import LocalTenant
from ansible_collections.certops.sap_cloud_integration.tests.unit.demo import recordings

PHONES = ((360, 740), (320, 568))
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Report:
    html: Path
    data: dict[str, Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    if not Chromium.is_here():
        pytest.skip("Chromium is not here and could not be installed: apt-get install chromium")
    with Chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def trust_map(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Made by its playbook, from a local tenant with long names."""
    folder = tmp_path_factory.mktemp("trust")
    root, spare = make_root("Example Root 2016"), make_root("A Root That Nobody Is Known To Need Any More")
    hosts = ["erp.example", "a-receiver-with-a-long-name.of-a-department.subsidiary.example"]
    with LocalReceiver(["127.0.0.2"], credential=issue(root, hosts[0], hosts=hosts)) as receiver:
        flows = [
            {"id": f"Flow_{n}_{'x' * 40}", "messages_per_second": 0,
             "channels": [{"adapter": "HTTP", "address": f"https://{hosts[n % 2]}:{receiver.port}/"}]}
            for n in range(6)
        ]  # fmt: skip
        with LocalTenant({"flows": flows, "resolve": {host: ["127.0.0.2"] for host in hosts}}) as tenant:
            tenant.seed_certificate("example_root_2016", root.der)
            tenant.seed_certificate("spare_root", spare.der)
            variables = {f"sap_ci_{name}": value for name, value in login(tenant).items()}
            variables["trust_report_folder"] = str(folder)
            variables["trust_report_addresses"] = {f"{host}:{receiver.port}": ["127.0.0.2"] for host in hosts}
            (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": {"tenant_a": variables}}}))
            subprocess.run(
                [Path(sys.executable).with_name("ansible-playbook"), "-i", "inventory.json",
                 "certops.sap_cloud_integration.report_trust"],
                cwd=folder, check=True, capture_output=True, text=True,
                env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(Path(next(iter(package.__path__))).parents[2]),
                     "ANSIBLE_HOME": str(folder / "ansible")},
            )  # fmt: skip
    return Report(folder / "trust-tenant_a.html", json.loads((folder / "trust-tenant_a.json").read_text()))


def _recorded(kind: str, folder: Path) -> Report:
    """The demo's page for a recording; "make demo" makes the same page from what it saw."""
    recording = getattr(recordings, kind)()
    report = make_report(recording)
    html = folder / "report.html"
    html.write_text(make_page(recording, report), encoding="utf-8")
    return Report(html, json.loads(json.dumps(report)))


# What the demo left, where it was run.
_LEFT = [name for name in ("demo", "demo-wrong-order") if (ROOT / "build" / name / "report.html").is_file()]


@pytest.fixture(scope="module", params=["renewed", "wrong_order", *_LEFT])
def demo(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Report:
    if request.param in _LEFT:
        folder = ROOT / "build" / request.param
        return Report(folder / "report.html", json.loads((folder / "report.json").read_text()))
    return _recorded(request.param, tmp_path_factory.mktemp("demo"))


def check_complaints(browser: Chromium, report: Report) -> None:
    page = browser.open(report.html)
    assert page.evaluate("document.title")
    assert page.evaluate("document.querySelectorAll('script, link, img[src^=http], iframe').length") == 0
    assert page.complaints == []


def check_phone(browser: Chromium, report: Report) -> None:
    page = browser.open(report.html)
    for width, height in PHONES:
        page.resize(width, height)
        assert page.evaluate("window.innerWidth") == width
        assert page.evaluate("document.documentElement.scrollWidth") <= width, "the page scrolls sideways"
        cut = page.evaluate(
            """[...document.querySelectorAll('h1, h2, p, li, td, th')].filter(each => each.offsetParent
                 && getComputedStyle(each).position !== 'absolute' && !each.closest('thead')
                 && each.getBoundingClientRect().right > innerWidth + 1).map(each => each.innerText.slice(0, 60))"""
        )
        assert cut == [], f"cut off at {width} pixels"
        smallest = page.evaluate(
            "Math.min(...[...document.querySelectorAll('p, td, th, li')].filter(each => each.innerText.trim())"
            ".map(each => parseFloat(getComputedStyle(each).fontSize)))"
        )
        assert smallest >= 11, "too small to read"


def check_print(browser: Chromium, report: Report) -> None:
    page = browser.open(report.html)
    # Somebody whose screen is dark prints on white paper all the same.
    page.call("Emulation.setEmulatedMedia", media="print", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    colour = page.evaluate("getComputedStyle(document.body).color.match(/[0-9.]+/g).slice(0, 3).map(Number)")
    assert max(colour) < 128, f"the text would be printed in {colour}"
    pdf = page.print_to_pdf()
    assert pdf.startswith(b"%PDF")
    assert page.complaints == []


@pytest.mark.parametrize("check", [check_complaints, check_phone, check_print])
def test_the_page_of_the_demo(check: Callable[[Chromium, Report], None], browser: Chromium, demo: Report) -> None:
    check(browser, demo)


@pytest.mark.parametrize("check", [check_complaints, check_phone, check_print])
def test_the_trust_map(check: Callable[[Chromium, Report], None], browser: Chromium, trust_map: Report) -> None:
    check(browser, trust_map)


def table(page: Page, heading: str) -> list[list[str]]:
    """The rows of the first table below a heading, as texts."""
    rows = page.evaluate(
        f"""(() => {{ const heading = [...document.querySelectorAll('h2')].find(h => h.textContent === {heading!r});
              const after = node => node.compareDocumentPosition(heading) & Node.DOCUMENT_POSITION_PRECEDING;
              const table = [...document.querySelectorAll('table')].find(after);
              return [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim())); }})()"""
    )
    return list(rows)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def test_the_numbers_of_the_demo_are_those_of_its_json(browser: Chromium, demo: Report) -> None:
    page, data = browser.open(demo.html), demo.data
    pairs = page.evaluate(
        "[...document.querySelectorAll('.facts li')].map(each => [...each.children].map(child => child.innerText))"
    )
    facts = {name: value for value, name in pairs}
    assert number(facts["of them failed"]) == data["messages"]["failed"]
    (sent,) = (number(value) for name, value in facts.items() if name.startswith("messages, "))
    assert sent == data["messages"]["total"]
    assert number(facts["restarts of flows"]) == sum(flow["restarts"] for flow in data["flows"])
    shown = [(row[0], number(row[2]), number(row[3]), number(row[4])) for row in table(page, "Integration flows")]
    assert shown == [(flow["id"], flow["messages"], flow["failed"], flow["restarts"]) for flow in data["flows"]]
    claims = [(row[0], "yes" in row[1]) for row in table(page, "What was checked")]
    assert claims == [(check["claim"], check["passed"]) for check in data["checks"]]
    prints = [row[4].replace("\n", "") for row in table(page, "Certificates")]
    assert prints == [certificate["fingerprint_sha256"] for certificate in data["certificates"]]


def test_the_trust_map_shows_what_its_json_says(browser: Chromium, trust_map: Report) -> None:
    page, data = browser.open(trust_map.html), trust_map.data
    rows = table(page, "Receivers")
    assert [row[0].splitlines()[0] for row in rows] == [one["receiver"] for one in data["receivers"]]
    assert [row[1].splitlines() for row in rows] == [one["flows"] for one in data["receivers"]]
    assert len(rows) == 2
    assert "spare_root" in data["unneeded_roots"]
    text = page.evaluate("document.body.innerText")
    for name in (*data["unneeded_roots"], *data["unsatisfied_receivers"], *data["pinned"]):
        assert name in text
