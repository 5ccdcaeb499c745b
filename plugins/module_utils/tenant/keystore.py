# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tenant keystore: its entries, and every operation on them.

Source: API specification SecurityContent.json; where a tenant was seen to do otherwise, the comment says so.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from ..problem import Problem
from . import odata
from .alias import check_alias, join_for_mass_delete, to_hex
from .client import Client
from .errors import Nonsense, NotFound, NotTrusted, Refused
from .key_pair import NewKeyPair
from .keystore_entry import KeystoreEntry
from .secret import Secret
from .transport import Answer

if TYPE_CHECKING:
    from ..certificates.certificate import Certificate

__all__ = ["Keystore", "KeystoreName"]

KeystoreName = Literal["system", "backup", "renewal", "history"]

_ON_THE_WIRE = {"system": "system", "backup": "backup_admin_system", "renewal": "KeyRenewal", "history": "KeyHistory"}
_BACKUP = "backup_admin_system"
# Of a certificate or chain; more than a tenant takes, because it may write it more widely than it was sent.
_LARGEST_ANSWER = 262144


class Keystore:
    """Reads return values of this layer; writes return nothing and raise :class:`.errors.TenantProblem`.

    Aliases of writes are checked before anything is sent (:func:`.alias.check_alias`). No write is proof of itself: the
    caller reads back.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def entries(self, keystore: KeystoreName = "system") -> tuple[KeystoreEntry, ...]:
        """All entries, in one request for up to 1000 of them.

        No query option but the name is sent: tenants answer 400 to ``$select`` and ``$format`` (observed), although the
        specification offers them.
        """
        entity_set = "HistoryKeystoreEntries" if keystore == "history" else "KeystoreEntries"
        query = {"keystoreName": _ON_THE_WIRE[keystore]} if keystore in ("backup", "renewal") else None
        doing = (
            f"list the entries of the {keystore} keystore"
            if keystore != "system"
            else "list the entries of the keystore"
        )
        try:
            found = self._client.get_all(entity_set, doing=doing, query=query)
        except NotFound:
            if keystore == "system":
                raise
            return ()
        return self._values(found)

    def entry(self, alias: str) -> KeystoreEntry | None:
        """The entry of the tenant keystore, or ``None``."""
        try:
            entity = self._client.get(_key(alias), doing="read the keystore entry", where=alias)
        except NotFound:
            return None
        return self._values([entity])[0]

    def certificate(self, alias: str, keystore: KeystoreName = "system") -> Certificate:
        """The certificate of an entry: of a key pair, the leaf."""
        # Here and not above: only calls that look into a certificate pay for the import of cryptography.
        from ..certificates.encodings import read_one_certificate

        content = self._media(alias, "Certificate", "read the certificate", keystore)
        try:
            return read_one_certificate(content, limit=_LARGEST_ANSWER)
        except Problem as problem:
            raise _no_certificate(alias, problem) from None

    def chain(self, alias: str, keystore: KeystoreName = "system") -> tuple[Certificate, ...]:
        """All certificates of a key pair's chain, leaf first, with the root where the tenant keeps it.

        The tenant answers PKCS#7, whose order means nothing, so the signatures decide.
        """
        from ..certificates.chain import issued_by, order_chain
        from ..certificates.encodings import read_certificates

        content = self._media(alias, "ChainResource", "read the certificate chain", keystore)
        try:
            found = read_certificates(content, limit=_LARGEST_ANSWER)
        except Problem as problem:
            raise _no_certificate(alias, problem) from None
        if len(found) < 2:
            return tuple(found)
        leaves = [one for one in found if not any(other is not one and issued_by(other, one) for other in found)]
        leaf = leaves[0] if len(leaves) == 1 else self.certificate(alias, keystore)
        chain = order_chain(found, spki_sha256=leaf.spki_sha256)
        ordered = [*([chain.leaf] if chain.leaf else []), *chain.intermediates, *([chain.root] if chain.root else [])]
        return (*ordered, *(one for one in found if one not in ordered))

    def chain_fingerprints(self, alias: str) -> tuple[str, ...]:
        """SHA-256 of each certificate of a key pair's chain, leaf first, without reading one.

        The specification's example has the top CA at index 0.
        """
        found = self._client.get_all(
            f"{_key(alias)}/ChainCertificates", doing="list the certificate chain", where=alias
        )
        try:
            found.sort(key=lambda one: int(one["Index"]), reverse=True)
            return tuple(str(one["FingerprintSha256"]).lower() for one in found)
        except (KeyError, TypeError, ValueError):
            raise Nonsense(
                "The tenant lists a certificate chain without indices or fingerprints", where=alias
            ) from None

    def signing_request(self, alias: str) -> str:
        """The certificate signing request (PKCS#10, PEM) of a key pair; signed anew at every read (observed)."""
        content = self._media(alias, "SigningRequest", "make a signing request", "system")
        try:
            text = content.decode("ascii").strip()
        except UnicodeDecodeError:
            text = ""
        if "CERTIFICATE REQUEST-----" in text:
            return text + "\n"
        raw = content if content[:1] == b"\x30" else _base64(text)
        if raw[:1] != b"\x30":
            raise Nonsense("The tenant answered with something that is no signing request", where=alias)
        body = base64.encodebytes(raw).decode().replace("\n", "")
        lines = "\n".join(body[start : start + 64] for start in range(0, len(body), 64))
        return f"-----BEGIN CERTIFICATE REQUEST-----\n{lines}\n-----END CERTIFICATE REQUEST-----\n"

    def import_certificate(self, alias: str, der: bytes, *, replace: bool, fingerprint_verified: bool = True) -> None:
        """Import one certificate, under a new alias or in place of the certificate there (``replace``).

        :param fingerprint_verified: that somebody compared the fingerprint with one from another source; without it
            the tenant takes only what its keystore already trusts; for all else :class:`.errors.NotTrusted` is raised.
        """
        query = {**_flags(fingerprintVerified=fingerprint_verified, update=replace), "returnKeystoreEntries": "false"}
        path = f"{odata.key('CertificateResources', to_hex(check_alias(alias)))}/$value"
        # DER in base64: the one form that the specification lists and that was seen to work on tenants.
        body = base64.b64encode(der)
        with _Trust(alias):
            self._client.put_media(
                path, body, "application/pkix-cert", doing="import the certificate", where=alias, query=query
            )

    def install_chain(
        self, alias: str, data: bytes, *, content_type: str = "application/pkix-cert", fingerprint_verified: bool = True
    ) -> None:
        """Give the key pair under ``alias`` the certificates that a CA signed for it.

        :param data: PEM certificates, PKCS#7, PkiPath or SPC.
        :param content_type: the default was seen to be taken for PEM, DER and PKCS#7 alike.
        """
        query = {**_flags(fingerprintVerified=fingerprint_verified), "returnKeystoreEntries": "false"}
        path = f"{odata.key('CertificateChainResources', to_hex(check_alias(alias)))}/$value"
        with _Trust(alias):
            self._client.put_media(
                path, data, content_type, doing="install the signing response", where=alias, query=query
            )

    def delete(self, alias: str) -> bool:
        """Delete one entry; ``False`` when it was not there any more.

        The specification has a deletion of a single entry, one client's authors found none on a tenant: where the verb
        itself is refused, the mass deletion is asked instead.
        """
        path = _key(check_alias(alias))
        query = {"returnKeystoreEntries": "false"}
        try:
            self._client.delete(path, doing="delete the keystore entry", where=alias, query=query)
        except Refused as refusal:
            if refusal.status not in (404, 405, 501):
                raise
            if self.entry(alias) is None:
                return False
            self.delete_many([alias])
        return True

    def delete_many(self, aliases: Sequence[str]) -> None:
        """Delete entries in one request. An alias that does not exist is no error to the tenant, and no proof to us."""
        body = {"Aliases": join_for_mass_delete([check_alias(alias) for alias in aliases])}
        where = aliases[0] if len(aliases) == 1 else f"{len(aliases)} aliases"
        query = {"deleteEntries": "true", "returnKeystoreEntries": "false"}
        self._client.put("KeystoreResources('system')", body, doing="delete keystore entries", where=where, query=query)

    def rename(self, alias: str, new_alias: str) -> None:
        query = {"renameAlias": check_alias(new_alias), "returnHexAlias": "false", "returnKeystoreEntries": "false"}
        # Some property must be in the body, and null is the value the specification wants.
        self._client.put(
            _key(check_alias(alias)),
            {"Status": None},
            doing=f"rename the keystore entry to {new_alias}",
            where=alias,
            query=query,
        )

    def generate_key_pair(self, alias: str, wanted: NewKeyPair) -> None:
        """Have the tenant make a key pair with a self-signed certificate; its private key never leaves the tenant."""
        body = wanted.to_odata(check_alias(alias))
        self._client.post(
            "KeyPairGenerationRequests",
            body,
            doing="generate a key pair",
            where=alias,
            query={"returnKeystoreEntries": "false"},
        )

    def import_key_pair(
        self, alias: str, pkcs12: bytes, passphrase: Secret, *, replace: bool, fingerprint_verified: bool = True
    ) -> None:
        query = {**_flags(fingerprintVerified=fingerprint_verified, update=replace), "returnKeystoreEntries": "false"}
        body = {
            "Hexalias": "00",
            "Alias": check_alias(alias),
            "Password": passphrase.reveal(),
            "Resource": base64.b64encode(pkcs12).decode(),
        }
        with _Trust(alias):
            self._client.post("KeyPairResources", body, doing="import the key pair", where=alias, query=query)

    def backup(self) -> None:
        """Copy the tenant administrator's entries to the one backup slot; whatever was in it is gone."""
        self._client.post(
            "KeystoreResources",
            {"Name": _BACKUP},
            doing="back up the keystore",
            query={"returnKeystoreEntries": "false"},
        )

    def restore(self, *, replace: bool) -> tuple[KeystoreEntry, ...]:
        """Bring the backup back; entries with their ``status`` (``unchanged``, ``changed``, ``new``, ``removed``).

        :param replace: delete the tenant administrator's present entries first.
        """
        query = {
            "retrieveBackup": _BACKUP,
            "importOption": "replace" if replace else "overwrite",
            "returnKeystoreEntries": "true",
        }
        answer = self._client.put(
            "KeystoreResources('system')", {"Resource": None}, doing="restore the keystore from its backup", query=query
        )
        return self._outcome(answer)

    def import_keystore(
        self, jks: bytes, password: Secret, *, option: Literal["merge", "overwrite"] = "overwrite"
    ) -> tuple[KeystoreEntry, ...]:
        """Import the entries of a JKS or JCEKS file and tell what became of each (``status``, ``notImported: ...``).

        :param option: ``merge`` adds entries with new aliases only, ``overwrite`` replaces those of the same alias.
        """
        body = {"Name": "system", "Resource": base64.b64encode(jks).decode(), "Password": password.reveal()}
        query = {"importOption": option, "returnKeystoreEntries": "true"}
        return self._outcome(self._client.post("KeystoreResources", body, doing="import a keystore", query=query))

    def public_export(self) -> bytes:
        """The keystore without private keys, as a JCEKS file."""
        entity = self._client.get("KeystoreResources('system')", doing="export the keystore")
        content = _base64(str(entity.get("Resource") or ""))
        if not content:
            raise Nonsense("The tenant exported a keystore without content")
        return content

    def _media(self, alias: str, name: str, doing: str, keystore: KeystoreName) -> bytes:
        query = None if keystore == "system" else {"keystoreName": _ON_THE_WIRE[keystore]}
        return self._client.get_media(f"{_key(alias)}/{name}/$value", doing=doing, where=alias, query=query)

    def _outcome(self, answer: Answer) -> tuple[KeystoreEntry, ...]:
        if not answer.body:
            return self.entries()
        try:
            return self._values(odata.page(answer.body)[0])
        except ValueError as error:
            raise Nonsense(
                f"The tenant carried out the import, and {error}", remedy="Look at the keystore, then run again"
            ) from None

    def _values(self, entities: Sequence[Mapping[str, Any]]) -> tuple[KeystoreEntry, ...]:
        try:
            return tuple(KeystoreEntry.from_odata(entity) for entity in entities)
        except ValueError as error:
            raise Nonsense(f"The tenant was asked for keystore entries, and {error}", where=self._client.host) from None


class _Trust:
    """Turns the 409 of an import into its meaning (its body is the parsed certificate and no error: observed)."""

    def __init__(self, alias: str) -> None:
        self._alias = alias

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Refused) and error.status == 409:
            raise NotTrusted(
                "The tenant knows no trust path for the certificate, and the fingerprint was not confirmed",
                status=409,
                code=error.code,
                where=self._alias,
                remedy="Compare the fingerprint with one from another source, or import the root first",
            ) from None


def _no_certificate(alias: str, problem: Problem) -> Nonsense:
    return Nonsense("The tenant answered with something that is no certificate", where=alias, said=problem.what)


def _key(alias: str) -> str:
    return odata.key("KeystoreEntries", to_hex(alias))


def _flags(**flags: bool) -> dict[str, str]:
    return {name: "true" if value else "false" for name, value in flags.items()}


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
