# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Put what the model check explored into the output of every run, also with several workers."""

from __future__ import annotations

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.model.properties import INVARIANT


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    properties = [
        value
        for outcome in ("passed", "failed")
        for report in terminalreporter.stats.get(outcome, [])
        for key, value in report.user_properties
        if key == "model" and report.when == "call"
    ]
    if not properties:
        return
    terminalreporter.section("model check of the renewal")
    for line in properties:
        terminalreporter.write_line(line["line"])
    states = sum(line.get("states", 0) for line in properties)
    transitions = sum(line.get("transitions", 0) for line in properties)
    writes = sum(line.get("writes", 0) for line in properties)
    gates = sum(line.get("gates", 0) for line in properties)
    terminalreporter.write_line(
        f"model check: {states} states explored, {transitions} transitions, {writes} writes of the role;"
        f" {gates} broken gates found"
    )
    terminalreporter.write_line(f"invariant: {INVARIANT}")
