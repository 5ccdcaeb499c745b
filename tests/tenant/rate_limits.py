# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How many requests a second the tenant takes (SAP Help: "Rate Limits on SAP Cloud Integration"); above it says 429."""

from __future__ import annotations

import re
import threading
import time
from collections import defaultdict, deque
from collections.abc import Callable

__all__ = ["RateLimits"]

# (what, path below /api/v1, a second for the whole tenant, a second for one user), in this order.
_CLASSES = (
    ("security content", r"/(Keystore|Certificate|KeyPair|RSAKey|SSHKey|HistoryKeystore|ChainCertificate).*", 12, 10),
    ("message processing logs", r"/(MessageProcessingLog|ExternalLogging|Archiving).*", 1000, 100),
    ("runtime artifacts", r"/(IntegrationRuntimeArtifacts|BuildAndDeployStatus|ServiceEndpoints).*", 120, 50),
    ("design time", r"/.*", 15, 10),
)


class RateLimits:
    """Sliding windows of one second. Real seconds: a faster tenant clock does not make the network faster."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, str | None], deque[float]] = defaultdict(deque)
        self._lock = threading.Lock()

    def allows(self, path: str, user: str) -> bool:
        """Counts the request when it is allowed."""
        now = self._monotonic()
        what, _unused, for_all, for_one = next(
            limits for limits in _CLASSES if re.fullmatch(limits[1], path) or limits[0] == "design time"
        )
        with self._lock:
            windows = [(self._seen[what, None], for_all), (self._seen[what, user], for_one)]
            for window, _unused in windows:
                while window and window[0] <= now - 1.0:
                    window.popleft()
            if any(len(window) >= limit for window, limit in windows):
                return False
            for window, _unused in windows:
                window.append(now)
        return True
