# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whole keystores: import of a Java keystore file, public export, the backup slot, mass deletion."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

from .entries import ADMINISTRATOR, Entry
from .http import Refusal
from .imports import decoded_resource
from .jks import NotAKeystore, WrongPassword, read_keystore_file, write_public_jceks
from .keystore import BACKUP, SYSTEM, Keystore, is_reserved

__all__ = ["Changes", "back_up", "delete_many", "export_public", "import_file", "restore_backup", "split_aliases"]

_LARGEST_FILE = 2 * 1024 * 1024  # documented by SAP for the upload of a JKS file
_LONGEST_ALIASES = 2097152  # KeystoreResource.Aliases in a tenant's $metadata
_NAMES = "Possible name values are 'system' and 'backup_admin_system'."


class Changes:
    """What a write did: a status for each alias that is not ``unchanged``, and rows for what is not in the keystore."""

    def __init__(self) -> None:
        self.statuses: dict[str, str] = {}
        self.rows: list[Entry] = []  # removed, or not imported

    @property
    def refused(self) -> bool:
        return any(status.startswith("notImported") for status in self.statuses.values())


def _make_room(keystore: Keystore, option: str) -> dict[str, Entry]:
    """The entries by alias as they are before; with ``replace`` the tenant administrator's are then taken out."""
    before = {entry.alias: entry for entry in keystore.entries()}
    if option == "replace":
        for entry in before.values():
            if entry.owner == ADMINISTRATOR:
                keystore.remove(entry.alias)
    return before


def import_file(keystore: Keystore, fields: dict[str, Any], *, option: str, user: str, whole: bool) -> Changes:
    """POST KeystoreResources with Name ``system``. ``whole``: one entry that cannot be imported refuses all (no
    entries wanted back).
    """
    if option not in ("replace", "merge", "overwrite"):
        raise Refusal(400, f"The value '{option}' is not supported for the query option 'importOption'.")
    with keystore.writing(user):
        data = decoded_resource(fields.get("Resource"))
        if len(data) > _LARGEST_FILE:
            raise Refusal(413, "The maximum size of the keystore file is 2 MB")
        try:
            imported = read_keystore_file(data, str(fields.get("Password") or ""))
        except WrongPassword:
            raise Refusal(400, "Keystore was tampered with, or password was incorrect") from None
        except NotAKeystore as error:
            raise Refusal(415, f"The resource property does not contain a JKS or JCEKS keystore: {error}") from None
        changes = Changes()
        before = _make_room(keystore, option)
        for item in imported:
            existing = keystore.find(item.alias)
            reason = _reason_against(item.alias, item.key is not None, existing, merge=option == "merge")
            if reason is not None:
                changes.statuses[item.alias] = reason
                if existing is None:
                    changes.rows.append(keystore.new_entry(item.alias, item.chain, item.key, user))
                continue
            old = before.get(item.alias)
            if old is None:
                keystore.put(keystore.new_entry(item.alias, item.chain, item.key, user))
                changes.statuses[item.alias] = "new"
            elif old.chain == item.chain and old.key == item.key:
                keystore.put(old)
            else:
                keystore.put(old.renewed(item.chain, item.key, user, keystore.now()))
                changes.statuses[item.alias] = "changed"
        _note_removed(keystore, before, changes)
        if whole and changes.refused:
            raise Refusal(
                400,
                "; ".join(
                    f"{alias}: {status}"
                    for alias, status in changes.statuses.items()
                    if status.startswith("notImported")
                ),
            )
    return changes


def _reason_against(alias: str, is_key_pair: bool, existing: Entry | None, *, merge: bool) -> str | None:
    """The words, with their odd blank, are those of the API specification (POST /KeystoreResources, status 200)."""
    if alias.lower().startswith("sap_"):
        return "notImported: The alias is not allowed. Aliases starting with 'sap_' are reserved for SAP."
    if is_reserved(alias):
        return f"notImported: The alias is not allowed. The alias '{alias}' is reserved for SAP."
    if existing is not None and (merge or existing.alias != alias):
        return "notImported: An entry with the same alias already exists"
    if existing is not None and existing.is_key_pair and not is_key_pair:
        return "notImported :Key Pair entry cannot be overwritten by a certificate entry."
    return None


def _note_removed(keystore: Keystore, before: dict[str, Entry], changes: Changes) -> None:
    left = {entry.alias for entry in keystore.entries()}
    for alias, entry in before.items():
        if alias not in left:
            changes.statuses.setdefault(alias, "removed")
            changes.rows.append(entry)


def export_public(keystore: Keystore, name: str) -> str:
    """GET KeystoreResources: base64 of a JCEKS file; the chain above a key pair's certificate as ``alias_1``,
    ``alias_2`` …
    """
    if name not in (SYSTEM, BACKUP):
        raise Refusal(400, f"Keystore name '{name}' is invalid.")
    entries = keystore.entries(name)
    taken = {entry.alias for entry in entries}
    rows = []
    for entry in entries:
        rows.append((entry.alias, entry.chain[0]))
        for index, der in enumerate(entry.chain[1:], 1):
            alias = f"{entry.alias}_{index}"
            while alias in taken:
                alias = f"{alias[: -len(str(index))]}_{index}"
            taken.add(alias)
            rows.append((alias, der))
    return base64.b64encode(write_public_jceks(rows, keystore.now())).decode()


def back_up(keystore: Keystore, *, user: str) -> None:
    """One slot; the new backup overwrites the old one (SAP Help: "Backing Up Keystore Entries")."""
    with keystore.writing(user):
        keystore.replace_store(BACKUP, [entry for entry in keystore.entries() if entry.owner == ADMINISTRATOR])


def restore_backup(keystore: Keystore, *, option: str, user: str) -> Changes:
    """PUT KeystoreResources('system')?retrieveBackup: ``replace`` first deletes what the administrator owns."""
    if option not in ("replace", "overwrite"):
        raise Refusal(400, f"The value '{option}' is not supported for the query option 'importOption'.")
    with keystore.writing(user):
        saved = keystore.entries(BACKUP)
        if not saved:
            raise Refusal(404, "No backed up keystore entries found")
        changes = Changes()
        before = _make_room(keystore, option)
        for entry in saved:
            old = before.get(entry.alias)
            if old is not None and (old.chain, old.key) == (entry.chain, entry.key):
                keystore.put(old)
                continue
            keystore.put(replace(entry, modified=keystore.now(), modified_by=user))
            changes.statuses[entry.alias] = "new" if old is None else "changed"
        _note_removed(keystore, before, changes)
    return changes


def split_aliases(text: str) -> list[str]:
    r"""Aliases joined with ``;``, in which ``\`` is written ``\\`` and ``;`` is written ``\;``; a lone ``\`` gives
    400.
    """
    aliases, current, letters = [], "", iter(text)
    for letter in letters:
        if letter == "\\":
            escaped = next(letters, "")
            if escaped not in ("\\", ";") or not escaped:
                raise Refusal(400, "The alias list contains an invalid escape sequence")
            current += escaped
        elif letter == ";":
            aliases.append(current)
            current = ""
        else:
            current += letter
    return [alias for alias in (*aliases, current) if alias]


def delete_many(keystore: Keystore, text: object, *, user: str) -> Changes:
    """PUT KeystoreResources('system')?deleteEntries=true. Aliases that do not exist are passed over in silence."""
    if not isinstance(text, str):
        raise Refusal(400, "The property 'Aliases' is missing in the request body")
    if len(text) > _LONGEST_ALIASES:
        raise Refusal(413, "The alias list is too long")
    aliases = split_aliases(text)
    if any(is_reserved(alias) for alias in aliases):
        raise Refusal(403, None, bare=True)
    with keystore.writing(user):
        known = {entry.alias: entry for entry in keystore.entries()}
        for alias in dict.fromkeys(aliases):
            if alias in known:
                if known[alias].owner != ADMINISTRATOR:
                    raise Refusal(403, None, bare=True)
                keystore.remove(alias)
    return Changes()
