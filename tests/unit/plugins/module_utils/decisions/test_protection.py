# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    Certificate,
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.protection import (
    ProtectedChain,
    check_still_protected,
    leaving,
    need_of,
    possible_anchors,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.decisions.refused import StillNeeded
from ansible_collections.certops.sap_cloud_integration.tests.pki import (
    Credential,
    ec_key,
    issue,
    make_root,
)
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.decisions.entries import (
    certificate_of,
    entry,
)

OLD, NEW, STRANGER = make_root("Old Root"), make_root("New Root"), make_root("Stranger")
NOW = datetime.now(timezone.utc)


def _served(one: Credential, **more: Any) -> ProtectedChain:
    chain = (certificate_of(one), *(certificate_of(Credential(above, one.key)) for above in one.intermediates))
    return ProtectedChain("erp.example:443", "192.0.2.1", chain, **more)


def _anchors(**roots: Credential) -> dict[str, Certificate]:
    return {alias: certificate_of(root) for alias, root in roots.items()}


def test_needed_not_needed_not_known() -> None:
    below_old = _served(issue(issue(OLD, "CA", ca=True), "erp.example"))
    below_new = _served(issue(NEW, "erp.example"))
    below_none = _served(issue(STRANGER, "erp.example"))
    staying, going = _anchors(new=NEW), _anchors(old=OLD, again=OLD, stranger_of_both=make_root())
    needing = need_of(below_old, staying, going, at=NOW)
    assert (needing.needs_root, needing.needed) == ("yes", ("old", "again"))
    free = need_of(below_new, staying, going, at=NOW)
    assert (free.needs_root, free.validated_by) == ("no", ("new",))
    unknown = need_of(below_none, staying, going, at=NOW)
    assert (unknown.needs_root, bool(unknown.problem)) == ("unknown", True)
    silent = ProtectedChain("erp.example:443", "192.0.2.1", (), "no answer")
    assert need_of(silent, staying, going, at=NOW).needs_root == "unknown"


def test_a_certificate_that_stays_under_another_alias_or_comes_back_does_not_leave() -> None:
    entries = [entry("old", OLD), entry("again", OLD), entry("new", NEW)]
    assert leaving(entries, {"old"}) == []
    assert leaving(entries, {"old", "again"}) == entries[:2]
    assert leaving(entries, {"old", "again", "new"}, coming={OLD.fingerprint_sha256}) == entries[2:]


def test_a_cross_signed_twin_or_the_same_key_will_do() -> None:
    key = ec_key()
    below = issue(issue(OLD, "Cross CA", ca=True, key=key), "erp.example")
    twin = issue(NEW, "Cross CA", ca=True, key=key)
    assert need_of(_served(below), _anchors(twin=twin), _anchors(old=OLD), at=NOW).needs_root == "no"
    renewed = make_root("Old Root", key=OLD.key)
    assert renewed.fingerprint_sha256 != OLD.fingerprint_sha256
    assert need_of(_served(issue(OLD, "x")), _anchors(renewed=renewed), _anchors(old=OLD), at=NOW).needs_root == "no"


def test_what_is_known_to_be_needed_cannot_be_accepted_by_name() -> None:
    needed = _served(issue(OLD, "erp.example"), accepted=True, flows=("orders",))
    with pytest.raises(StillNeeded, match=r"erp.example:443 at 192.0.2.1 \(used by orders\)"):
        check_still_protected([needed], _anchors(new=NEW), _anchors(old=OLD), at=NOW)
    silent = ProtectedChain("crm.example:443", "192.0.2.2", (), "no answer", accepted=True)
    assert check_still_protected([silent], {}, _anchors(old=OLD), at=NOW) == (
        "crm.example:443 at 192.0.2.2: what it needs is not known (no answer); it was accepted by name.",
    )


def test_every_receiver_that_would_break_is_named() -> None:
    needed = _served(issue(OLD, "erp.example"))
    silent = ProtectedChain("crm.example:443", "192.0.2.2", (), "no answer")
    fine = ProtectedChain("hr.example:443", None, (certificate_of(issue(NEW, "hr.example")),))
    with pytest.raises(StillNeeded) as refused:
        check_still_protected([needed, silent, fine], _anchors(new=NEW), _anchors(old=OLD, idle=STRANGER), at=NOW)
    said = str(refused.value)
    assert '"old"' in said
    assert '"idle"' not in said
    assert "erp.example:443" in said
    assert "crm.example:443" in said
    assert "hr.example" not in said
    assert "accept_unprobed" in said


def test_only_entries_that_may_validate_are_read() -> None:
    below = _served(issue(issue(OLD, "CA", ca=True), "erp.example"))
    entries = [entry("old", OLD), entry("new", NEW), entry("nameless", NEW, subject=None)]
    ca = next(certificate for certificate in below.chain if certificate.is_ca)
    entries.append(entry("ca", Credential(_as_x509(ca), ec_key())))
    assert [one.alias for one in possible_anchors(entries, [below])] == ["old", "nameless", "ca"]


def _as_x509(certificate: Certificate) -> Any:
    from cryptography import x509

    assert parse_certificate(certificate.der) == certificate
    return x509.load_der_x509_certificate(certificate.der)
