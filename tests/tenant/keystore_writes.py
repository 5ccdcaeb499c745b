# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore's part of the API that writes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .entries import ADMINISTRATOR, entry_entity, hex_alias
from .http import Answer, Handler, Refusal, Request, Route
from .imports import NotTrusted, import_certificate, import_chain, import_key_pair, refuse_reserved
from .key_generation import generate_key_pair, import_rsa_file, import_ssh_file
from .keystore import BACKUP, RENEWAL, SYSTEM, Keystore, alias_of
from .keystore_files import Changes, back_up, delete_many, import_file, restore_backup
from .keystore_reads import KEY
from .odata import Entity
from .sap_keys import activate, copy_from_history

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["routes"]

_EDIT = "SecurityMaterialEdit"


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", "").split(";")[0].strip().lower()


def _json(request: Request) -> dict[str, Any]:
    if _content_type(request) != "application/json":
        raise Refusal(415, "Unsupported content type requested")
    return request.json()


def _status_body(request: Request) -> None:
    """``{"Status":null}``: some property must be there, and it must be null (SecurityContent.json)."""
    body = _json(request)
    if body != {"Status": None}:
        raise Refusal(400, 'The request body must be {"Status":null}')


class _Writes:
    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore

    def _done(self, request: Request, statuses: dict[str, str] | Changes, *, default: bool = False) -> Answer:
        """204, or 200 with all entries when ``returnKeystoreEntries`` says so."""
        if not request.query.flag("returnKeystoreEntries", default=default):
            return Answer.empty(204)
        now = self._keystore.now()
        known = statuses.statuses if isinstance(statuses, Changes) else statuses
        entities = [
            entry_entity(entry, now, status=known.get(entry.alias, "unchanged")) for entry in self._keystore.entries()
        ]
        if isinstance(statuses, Changes):
            entities += [entry_entity(entry, now, status=known[entry.alias]) for entry in statuses.rows]
        return Answer.collection("KeystoreEntries", entities)

    def not_trusted(self, refused: NotTrusted) -> Answer:
        """409 with the entity itself: ``Status`` notImported was observed on a tenant, ``Validity`` notTrusted is
        specified.
        """
        return Answer.entity(
            entry_entity(refused.entry, self._keystore.now(), status="notImported", validity="notTrusted"), status=409
        )

    def certificate(self, request: Request) -> Answer:
        query = request.query
        statuses = import_certificate(
            self._keystore,
            alias_of(request.match["hex"]),
            request.body,
            _content_type(request),
            user=request.user,
            update=query.flag("update"),
            fingerprint_verified=query.flag("fingerprintVerified"),
        )
        return self._done(request, statuses)

    def chain(self, request: Request) -> Answer:
        statuses = import_chain(
            self._keystore,
            alias_of(request.match["hex"]),
            request.body,
            _content_type(request),
            user=request.user,
            fingerprint_verified=request.query.flag("fingerprintVerified"),
        )
        return self._done(request, statuses)

    def key_pair(self, request: Request) -> Answer:
        query = request.query
        statuses = import_key_pair(
            self._keystore,
            _json(request),
            user=request.user,
            update=query.flag("update"),
            fingerprint_verified=query.flag("fingerprintVerified"),
        )
        return self._done(request, statuses)

    def generate(self, request: Request) -> Answer:
        return self._done(request, generate_key_pair(self._keystore, _json(request), user=request.user))

    def rsa_file(self, request: Request) -> Answer:
        return self._done(request, import_rsa_file(self._keystore, _json(request), user=request.user))

    def ssh_file(self, request: Request) -> Answer:
        alias = import_ssh_file(self._keystore, _json(request), user=request.user, update=request.query.flag("update"))
        if request.query.flag("returnKeystoreEntries"):
            return self._done(request, {alias: "changed"})
        return Answer.entity(
            Entity("SSHKeyGenerationRequest", "SSHKeyGenerationRequests", f"'{hex_alias(alias)}'", {"Alias": alias})
        )

    def rename(self, request: Request) -> Answer:
        keystore, alias, target = self._keystore, alias_of(request.match["hex"]), request.query.get("renameAlias")
        _status_body(request)
        if not target or not target.strip():
            raise Refusal(400, "The custom query parameter 'renameAlias' is missing or empty")
        refuse_reserved(alias)
        refuse_reserved(target)
        with keystore.writing(request.user):
            entry = keystore.get(alias)
            keystore.check_characters(target)
            if keystore.find(target) not in (None, entry) or target == alias:
                raise Refusal(400, f'Keystore entry with alias "{target}" already exists')
            keystore.remove(alias)
            keystore.put(replace(entry, alias=target, modified=keystore.now(), modified_by=request.user))
        if request.query.flag("returnHexAlias") and not request.query.flag("returnKeystoreEntries"):
            return Answer.text(f"[{hex_alias(target)}]")
        return self._done(request, {target: "changed"})

    def delete(self, request: Request) -> Answer:
        """Deletes, or activates an entry of the renewal keystore: the query options alone tell one from the other."""
        keystore, alias = self._keystore, alias_of(request.match["hex"])
        name = request.query.get("keystoreName")
        if name == RENEWAL and request.query.flag("activate"):
            activate(keystore, alias, user=request.user)
            return self._done(request, {alias: "changed"})
        if name not in (None, SYSTEM) or "activate" in request.query:
            raise Refusal(
                400,
                f"Keystore name '{name}' is invalid."
                if name not in (None, SYSTEM, RENEWAL)
                else "The query option 'activate' must be 'true'",
            )
        refuse_reserved(alias)
        with keystore.writing(request.user):
            if keystore.get(alias).owner != ADMINISTRATOR:
                raise Refusal(403, None, bare=True)
            keystore.remove(alias)
        return self._done(request, {})

    def import_or_back_up(self, request: Request) -> Answer:
        fields = _json(request)
        name = fields.get("Name")
        if name == BACKUP:
            if "importOption" in request.query:
                raise Refusal(400, "The query option 'importOption' is not supported for a backup")
            back_up(self._keystore, user=request.user)
            return self._done(request, {}, default=True)
        if name != SYSTEM:
            raise Refusal(
                400,
                f"The value '{name}' is not supported for the property 'Name'. "
                "Possible name values are 'system' and 'backup_admin_system'.",
            )
        wanted = request.query.flag("returnKeystoreEntries", default=True)
        changes = import_file(
            self._keystore,
            fields,
            option=request.query.get("importOption") or "overwrite",
            user=request.user,
            whole=not wanted,
        )
        return self._done(request, changes, default=True)

    def restore_or_delete(self, request: Request) -> Answer:
        if request.match["name"] != SYSTEM:
            raise Refusal(400, f"Keystore name '{request.match['name']}' is invalid.")
        fields = _json(request)
        source = request.query.get("retrieveBackup")
        if source is not None:
            if source != BACKUP:
                raise Refusal(400, f"Keystore name '{source}' is invalid.")
            if "Resource" not in fields or fields["Resource"] is not None:
                raise Refusal(400, 'The request body must be {"Resource":null}')
            changes = restore_backup(
                self._keystore, option=request.query.get("importOption") or "overwrite", user=request.user
            )
        elif request.query.flag("deleteEntries"):
            changes = delete_many(self._keystore, fields.get("Aliases"), user=request.user)
        else:
            raise Refusal(400, "One of the query options 'retrieveBackup' and 'deleteEntries' is required")
        return self._done(request, changes, default=True)

    def copy_from_history(self, request: Request) -> Answer:
        alias = alias_of(request.match["hex"])
        _status_body(request)
        if not request.query.flag("copy", default=True):
            raise Refusal(400, "The query option 'copy' must be 'true'")
        copy_from_history(self._keystore, alias, request.query.get("destinationAlias"), user=request.user)
        return Answer.empty(204)


def routes(tenant: LocalTenant) -> list[Route]:
    writes = _Writes(tenant.keystore)

    def route(method: str, path: str, handler: Handler) -> Route:
        def answer(request: Request) -> Answer:
            try:
                return handler(request)
            except NotTrusted as refused:
                return writes.not_trusted(refused)

        return Route(method, path, answer, _EDIT, frozenset(), 400)

    return [
        route("PUT", f"/CertificateResources{KEY}/\\$value", writes.certificate),
        route("PUT", f"/CertificateChainResources{KEY}/\\$value", writes.chain),
        route("POST", "/KeyPairResources", writes.key_pair),
        route("POST", "/KeyPairGenerationRequests", writes.generate),
        route("POST", "/RSAKeyGenerationRequests", writes.rsa_file),
        route("POST", "/SSHKeyGenerationRequests", writes.ssh_file),
        route("PUT", f"/KeystoreEntries{KEY}", writes.rename),
        route("DELETE", f"/KeystoreEntries{KEY}", writes.delete),
        route("POST", "/KeystoreResources", writes.import_or_back_up),
        route("PUT", r"/KeystoreResources\((?:Name=)?'(?P<name>[^']*)'\)", writes.restore_or_delete),
        route("PUT", f"/HistoryKeystoreEntries{KEY}", writes.copy_from_history),
    ]
