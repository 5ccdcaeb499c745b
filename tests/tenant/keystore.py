# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant's keystores: their entries, who may write, the lock, the size. The rules of single operations lie beside
it.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from cryptography import x509

from .clock import TenantClock
from .entries import ADMINISTRATOR, Entry
from .http import Refusal
from .java_names import issued_by

__all__ = ["BACKUP", "RENEWAL", "SYSTEM", "Keystore", "alias_of", "is_reserved"]

SYSTEM, BACKUP, RENEWAL = "system", "backup_admin_system", "KeyRenewal"

_LARGEST = 6291456  # KeystoreResource.Resource in a tenant's $metadata; the API specification still says 1 MB
_LONGEST_ALIAS = 250  # KeystoreEntryAlias.Alias in a tenant's $metadata
_RESERVED = ("hcicertificate", "hcicertificate1", "hcimsgcertificate")


def is_reserved(alias: str) -> bool:
    """API specification SecurityContent.json: three names and the prefix ``sap_``. Whether case counts is unknown:
    here it does not.
    """
    return alias.lower() in _RESERVED or alias.lower().startswith("sap_")


def alias_of(hex_text: str) -> str:
    """From the hex in a key. Java's parser refuses an odd length and other characters, and the tenant answers 500."""
    if len(hex_text) % 2:
        raise Refusal(500, f"hexBinary needs to be even-length: {hex_text}")
    if not re.fullmatch("[0-9A-Fa-f]*", hex_text):
        raise Refusal(500, f"contains illegal character for hexBinary: {hex_text}")
    return bytes.fromhex(hex_text).decode("utf-8", "replace")


class Keystore:
    """Entries by alias. Aliases that differ in case alone are in each other's way (Java keystores fold the case)."""

    def __init__(
        self, clock: TenantClock, *, lock_seconds: float = 0.0, changed: Callable[[], None] = lambda: None
    ) -> None:
        self._clock = clock
        self._changed = changed
        self._mutex = threading.RLock()
        self._stores: dict[str, dict[str, Entry]] = {SYSTEM: {}, BACKUP: {}, RENEWAL: {}}
        self._history: dict[str, Entry] = {}
        self._last_modified: tuple[str, datetime] = ("SAP", self.now())
        self._locked: tuple[str, datetime] | None = None
        self.lock_seconds = lock_seconds  # on the tenant's clock; how long others wait after a write is undocumented

    def now(self) -> datetime:
        """The tenant's time, in whole milliseconds, as the API shows it."""
        moment = self._clock.now()
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    @property
    def last_modified(self) -> tuple[str, datetime]:
        return self._last_modified

    def entries(self, name: str = SYSTEM) -> list[Entry]:
        """In alias order. Raises :class:`Refusal` for an unknown keystore."""
        with self._mutex:
            return sorted(self._store(name).values(), key=lambda entry: entry.alias)

    def history(self) -> dict[str, Entry]:
        with self._mutex:
            return dict(self._history)

    def get(self, alias: str, name: str = SYSTEM) -> Entry:
        """Raises :class:`Refusal` (404) when it is missing."""
        with self._mutex:
            found = self._history.get(alias) if name == "KeyHistory" else self._store(name).get(alias)
        if found is None:
            raise Refusal(404, f"Alias '{alias}' not found in the keystore")
        return found

    def find(self, alias: str, name: str = SYSTEM) -> Entry | None:
        """Also under another case of the alias."""
        with self._mutex:
            store = self._store(name)
            return store.get(alias) or next(
                (entry for known, entry in store.items() if known.lower() == alias.lower()), None
            )

    def _store(self, name: str) -> dict[str, Entry]:
        if name not in self._stores:
            raise Refusal(400, f"Keystore name '{name}' is invalid.")
        return self._stores[name]

    def lock(self, user: str, seconds: float) -> None:
        """Keep everybody but this user from writing, for so many seconds of the tenant's clock."""
        with self._mutex:
            self._locked = (user, self._clock.now() + timedelta(seconds=seconds))

    def unlock(self) -> None:
        with self._mutex:
            self._locked = None

    @contextlib.contextmanager
    def writing(self, user: str, *, locked_status: int = 503) -> Iterator[None]:
        """One write at a time, all of it or nothing.

        A change by one user locks the keystore for the others for a short time (SAP Help: "Managing Keystore Entries").
        """
        with self._mutex:
            if self._locked is not None and self._locked[0] != user and self._locked[1] > self._clock.now():
                raise Refusal(locked_status, "Keystore is locked by another user")
            stores = {name: dict(entries) for name, entries in self._stores.items()}
            before = (stores, dict(self._history), self._last_modified)
            try:
                yield
                self._check_size()
            except BaseException:
                self._stores, self._history, self._last_modified = before
                raise
            self._last_modified = (user, self.now())
            if self.lock_seconds:
                self.lock(user, self.lock_seconds)
            self._changed()

    def _check_size(self) -> None:
        if sum(entry.size for entry in self._stores[SYSTEM].values()) > _LARGEST:
            raise Refusal(413, "The maximum size of the keystore would be exceeded")

    def put(self, entry: Entry, name: str = SYSTEM) -> None:
        """Only while :meth:`writing`."""
        self._store(name)[entry.alias] = entry

    def remove(self, alias: str, name: str = SYSTEM) -> None:
        del self._store(name)[alias]

    def replace_store(self, name: str, entries: list[Entry]) -> None:
        self._stores[name] = {entry.alias: entry for entry in entries}

    def add_history(self, entry: Entry) -> None:
        self._history[entry.alias] = entry

    def new_entry(
        self, alias: str, chain: tuple[bytes, ...], key: bytes | None, user: str, owner: str = ADMINISTRATOR
    ) -> Entry:
        now = self.now()
        return Entry(alias, chain, key, owner, user, now, user, now)

    def check_new_alias(self, alias: str | None) -> str:
        """Refuses an empty, over-long, reserved or taken alias."""
        if not alias or not alias.strip():
            raise Refusal(400, "The alias must not be empty")
        if is_reserved(alias):
            raise Refusal(403, None, bare=True)
        self.check_characters(alias)
        if self.find(alias) is not None:
            raise Refusal(
                400, f'Entry with alias "{alias}" already exists in keystore "system"'
            )  # observed on a tenant
        return alias

    @staticmethod
    def check_characters(alias: str) -> None:
        if len(alias) > _LONGEST_ALIAS or len(alias.encode()) > 1000:
            raise Refusal(400, f'The alias "{alias[:40]}..." is invalid: it is longer than {_LONGEST_ALIAS} characters')
        if any(ord(character) < 0x20 or ord(character) == 0x7F or character == "\ufffd" for character in alias):
            raise Refusal(400, "The alias contains an invalid character")

    def anchors(self) -> list[bytes]:
        """Every certificate, and the first one of every key pair: to Java each of them is a trust anchor."""
        with self._mutex:
            return [entry.chain[0] for entry in self._stores[SYSTEM].values()]

    def trusts(self, certificate: x509.Certificate, others: tuple[x509.Certificate, ...] = ()) -> bool:
        """Whether a path leads from a certificate, over the others, to something in the keystore."""
        anchors = [x509.load_der_x509_certificate(der) for der in self.anchors()]
        if certificate in anchors or any(issued_by(certificate, anchor) for anchor in anchors):
            return True
        return any(
            self.trusts(other, tuple(rest for rest in others if rest != other))
            for other in others
            if issued_by(certificate, other)
        )

    def seed(self, entries: list[Entry], name: str = SYSTEM) -> None:
        """Put entries in without any rule and without a lock, as if they had always been there."""
        with self._mutex:
            for entry in entries:
                self._store(name)[entry.alias] = entry
                self._last_modified = max(
                    self._last_modified, (entry.modified_by, entry.modified), key=lambda pair: pair[1]
                )
            self._changed()

    def touch(self, alias: str, modified: datetime) -> None:
        """Give an entry another time of its last modification."""
        with self._mutex:
            self._stores[SYSTEM][alias] = replace(self.get(alias), modified=modified)
            self._changed()

    def snapshot(self) -> dict[str, Any]:
        with self._mutex:
            return {
                "stores": {
                    name: [entry.to_state() for entry in entries.values()] for name, entries in self._stores.items()
                },
                "history": [entry.to_state() for entry in self._history.values()],
                "last_modified": [self._last_modified[0], self._last_modified[1].isoformat()],
            }

    def restore(self, saved: dict[str, Any]) -> None:
        with self._mutex:
            self._stores = {
                name: {item["alias"]: Entry.from_state(item) for item in items}
                for name, items in saved["stores"].items()
            }
            self._history = {item["alias"]: Entry.from_state(item) for item in saved["history"]}
            self._last_modified = (saved["last_modified"][0], datetime.fromisoformat(saved["last_modified"][1]))
