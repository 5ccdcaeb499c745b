# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The same read for many things, over several connections at once; one that fails does not hide the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from typing import TypeVar

from ..problem import Problem
from .errors import LoginRefused

__all__ = ["run_side_by_side"]

W = TypeVar("W")
T = TypeVar("T")
R = TypeVar("R")


def run_side_by_side(workers: Sequence[W], items: Sequence[T], read: Callable[[W, T], R]) -> list[R | Problem]:
    """What was read for each item, or its problem, in order.

    :param workers: each is used by one thread at a time.
    :raises LoginRefused: the items not begun yet are left alone.
    """
    if not items:
        return []
    idle: SimpleQueue[W] = SimpleQueue()
    for worker in workers:
        idle.put(worker)
    fatal: list[Problem] = []

    def one(item: T) -> R | Problem:
        if fatal:
            return fatal[0]
        worker = idle.get()
        try:
            return read(worker, item)
        except Problem as problem:
            if isinstance(problem, LoginRefused):
                fatal.append(problem)
            return problem
        finally:
            idle.put(worker)

    with ThreadPoolExecutor(max_workers=len(workers), thread_name_prefix="tenant-reader") as pool:
        results = list(pool.map(one, items))
    if fatal:
        raise fatal[0]
    return results
