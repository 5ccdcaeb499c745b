# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The keystore's part of the API that reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import dsa, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from .entries import Entry, chain_entities, entry_entity
from .http import Answer, Handler, Refusal, Request, Route
from .key_generation import signing_request
from .keystore import BACKUP, RENEWAL, SYSTEM, Keystore, alias_of
from .keystore_files import export_public
from .odata import Entity
from .pkcs7 import write_pkcs7_pem

if TYPE_CHECKING:
    from .local_tenant import LocalTenant

__all__ = ["KEY", "routes"]

KEY = r"\((?:Hexalias=)?'(?P<hex>[^']*)'\)"
_NAME = r"\((?:Name=)?'(?P<name>[^']*)'\)"
_READ, _DOWNLOAD = "MonitoringDataRead", "SecurityMaterialDownload"


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


class _Reads:
    def __init__(self, keystore: Keystore) -> None:
        self._keystore = keystore

    def _named(self, request: Request) -> Entry:
        name = request.query.get("keystoreName", SYSTEM) or SYSTEM
        return self._keystore.get(alias_of(request.match["hex"]), name)

    def entries(self, request: Request) -> Answer:
        """All of them on one page: 14 of a tenant came without ``__next`` (observed on a tenant); more than 1000 do
        not.
        """
        name = request.query.get("keystoreName", SYSTEM) or SYSTEM
        now = self._keystore.now()
        skip = int(request.query.get("$skiptoken") or 0) if (request.query.get("$skiptoken") or "0").isdigit() else 0
        found = self._keystore.entries(name)
        page = [entry_entity(entry, now) for entry in found[skip : skip + 1000]]
        more = skip + 1000 < len(found)
        link = f"{request.base_url}/KeystoreEntries?keystoreName={name}&$skiptoken={skip + 1000}" if more else None
        return Answer.collection("KeystoreEntries", page, next_link=link)

    def entry(self, request: Request) -> Answer:
        return Answer.entity(entry_entity(self._named(request), self._keystore.now()))

    def certificate(self, request: Request) -> Answer:
        """PEM under application/pkix-cert (observed on a tenant); ``rootCA=true`` gives the root of a key pair's
        chain.
        """
        entry = self._named(request)
        index = -1 if request.query.flag("rootCA") and entry.is_key_pair else 0
        return Answer.media(_pem(entry.chain[index]), "application/pkix-cert")

    def chain(self, request: Request) -> Answer:
        return Answer.collection("ChainCertificates", chain_entities(self._named(request), self._keystore.now()))

    def chain_resource(self, request: Request) -> Answer:
        """PKCS#7 in PEM; before any upload the self-signed certificate alone (observed on a tenant)."""
        entry = self._named(request)
        if not entry.is_key_pair:
            raise Refusal(400, f'Alias "{entry.alias}" does not represent a Key Pair')
        return Answer.media(write_pkcs7_pem(entry.chain).encode(), "application/pkcs7-mime")

    def signing_request(self, request: Request) -> Answer:
        return Answer.media(
            signing_request(self._keystore.get(alias_of(request.match["hex"]))).encode(), "application/pkcs10"
        )

    def ssh_key(self, request: Request) -> Answer:
        key = self._keystore.get(alias_of(request.match["hex"])).certificate().public_key()
        if not isinstance(key, rsa.RSAPublicKey | dsa.DSAPublicKey):
            raise Refusal(400, "SSH key export is only available for RSA and DSA encrypted entries")
        return Answer.media(
            key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b"\n", "application/octet-stream"
        )

    def keystore(self, request: Request) -> Answer:
        """``Size`` is the number of entries (API specification SecurityContent.json: GET /Keystores)."""
        name = request.match["name"]
        if name not in (SYSTEM, BACKUP):
            raise Refusal(400, f"Keystore name '{name}' is invalid.")
        entries = self._keystore.entries(name)
        user, moment = self._keystore.last_modified
        properties = {"Name": name, "LastModifiedBy": user, "LastModifiedTime": moment, "Size": len(entries)}
        wanted = [part.strip() for part in (request.query.get("$select") or "").split(",") if part.strip()]
        unknown = set(wanted) - {*properties, "Entries"}
        if unknown:
            raise Refusal(400, f"Could not find a property with name '{sorted(unknown)[0]}'")
        expand = request.query.get("$expand")
        if expand not in (None, "", "Entries"):
            raise Refusal(400, f"Could not find a navigation property with name '{expand}'")
        shown = {key: value for key, value in properties.items() if not wanted or key in wanted}
        links = ("Entries",) if not wanted or "Entries" in wanted else ()
        expanded = {"Entries": [entry_entity(entry, self._keystore.now()) for entry in entries]} if expand else {}
        return Answer.entity(Entity("Keystore", "Keystores", f"'{name}'", shown, links, expanded))

    def size(self, request: Request) -> Answer:
        name = request.match["name"]
        if name not in (SYSTEM, RENEWAL):
            raise Refusal(400, f"Keystore name '{name}' is invalid.")
        return Answer.text(str(len(self._keystore.entries(name))))

    def export(self, request: Request) -> Answer:
        name = request.match["name"]
        resource = export_public(self._keystore, name)
        properties = {"Name": name, "Resource": resource, "Password": None, "Aliases": None}
        return Answer.entity(
            Entity("KeystoreResource", "KeystoreResources", f"'{name}'", properties, edm={"Resource": "Edm.Binary"})
        )

    def history(self, _unused: Request) -> Answer:
        """The newest of each alias first, as in the specification's example."""
        found = sorted(self._keystore.history().values(), key=lambda entry: entry.modified, reverse=True)
        return Answer.collection(
            "HistoryKeystoreEntries", [entry_entity(entry, self._keystore.now()) for entry in found]
        )

    def history_entry(self, request: Request) -> Answer:
        return Answer.entity(
            entry_entity(self._keystore.get(alias_of(request.match["hex"]), "KeyHistory"), self._keystore.now())
        )


def _bad_request(request: Request) -> Answer:
    raise Refusal(400, f"Read access to '{request.path[1:]}' is not supported")


def routes(tenant: LocalTenant) -> list[Route]:
    reads = _Reads(tenant.keystore)
    none: frozenset[str] = frozenset()
    entry = "/KeystoreEntries" + KEY

    def get(path: str, handler: Handler, *, role: str = _READ, options: frozenset[str] = none) -> Route:
        # Entries and what hangs on them refuse every query option with 400 (observed on a tenant).
        return Route("GET", path, handler, role, options, 400)

    return [
        get("/KeystoreEntries", reads.entries, options=frozenset({"$skiptoken"})),
        get(entry, reads.entry),
        get(f"{entry}/Certificate/\\$value", reads.certificate),
        get(f"{entry}/ChainCertificates", reads.chain),
        get(f"{entry}/ChainResource/\\$value", reads.chain_resource),
        get(f"{entry}/SigningRequest/\\$value", reads.signing_request),
        get(f"{entry}/Sshkey/\\$value", reads.ssh_key),
        get(f"/Keystores{_NAME}", reads.keystore, options=frozenset({"$format", "$select", "$expand"})),
        get(f"/Keystores{_NAME}/Size/\\$value", reads.size),
        get(f"/KeystoreResources{_NAME}", reads.export, role=_DOWNLOAD, options=frozenset({"$format"})),
        get("/HistoryKeystoreEntries", reads.history),
        get(f"/HistoryKeystoreEntries{KEY}", reads.history_entry),
        get("/CertificateChainResources", _bad_request),  # 400 (observed on a tenant)
    ]
