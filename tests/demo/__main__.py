# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m ansible_collections.certops.sap_cloud_integration.tests.demo`` runs the demo and leaves a report."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

from .director import Director, StoryFailed
from .gathering import gather
from .landscape import Landscape
from .page import make_page
from .recording import Recording
from .report import make_report
from .story import renew, renew_in_wrong_order

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="demo",
        description="Renews a receiver's certificate on a local tenant under live traffic, by the playbook users run. "
        "Exit status 0 when everything was shown that had to be shown.",
    )
    parser.add_argument(
        "--wrong-order", action="store_true",
        help="the control: the certificate is exchanged before any flow trusts the new root, and messages fail",
    )  # fmt: skip
    parser.add_argument(
        "--output", type=Path, metavar="DIRECTORY",
        help="for report.json, report.html and logs (default: build/demo here, build/demo-wrong-order for the control)",
    )  # fmt: skip
    options = parser.parse_args(arguments)
    output = options.output or Path("build") / ("demo-wrong-order" if options.wrong_order else "demo")
    output.mkdir(parents=True, exist_ok=True)
    signal.signal(signal.SIGTERM, _interrupted)
    recording = Recording("failures" if options.wrong_order else "renewed", time.time())
    try:
        report = _tell(recording, output.absolute())
    except KeyboardInterrupt:
        print("\nStopped; nothing goes on running.", file=sys.stderr)
        return 130
    except StoryFailed as failure:
        print(f"\n{failure}", file=sys.stderr)
        return 1
    return 0 if report["passed"] else 1


def _interrupted(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _tell(recording: Recording, output: Path) -> dict[str, object]:
    problem: StoryFailed | None = None
    with tempfile.TemporaryDirectory(prefix="demo-") as directory, Landscape(Path(directory)) as landscape:
        recording.started = time.time()
        director = Director(landscape, output, recording)
        director.introduce()
        try:
            (renew if recording.expected == "renewed" else renew_in_wrong_order)(director)
        except StoryFailed as failure:
            problem = failure  # what was seen until then is reported all the same
        gather(landscape, recording)
        report = make_report(recording)
        (output / "report.json").write_text(json.dumps(report, indent=1) + "\n")
        (output / "report.html").write_text(make_page(recording, report))
        director.conclude(report, output)
    if problem is not None:
        raise problem
    return report


if __name__ == "__main__":
    raise SystemExit(main())
