# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The order of a chain, whatever the order in the file, and what is said when it does not fit together."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.certificate import (
    Certificate,
    parse_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.chain import (
    issued_by,
    order_chain,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.errors import BadCertificate
from ansible_collections.certops.sap_cloud_integration.tests import pki
from ansible_collections.certops.sap_cloud_integration.tests.unit.plugins.module_utils.certificates.samples import (
    Authority,
    Chain,
)


def orders(*certificates: Certificate) -> list[list[Certificate]]:
    return [list(order) for order in itertools.permutations(certificates)]


@pytest.mark.parametrize("keys", ["chain", "rsa_chain", "p521_chain"])
def test_every_order_gives_the_chain(keys: str, request: pytest.FixtureRequest) -> None:
    leaf, intermediate, root = request.getfixturevalue(keys).certificates
    for given in orders(leaf, intermediate, root):
        for key in (leaf.spki_sha256, None):
            chain = order_chain(given, spki_sha256=key)
            assert (chain.leaf, chain.intermediates, chain.root) == (leaf, (intermediate,), root)
            assert (chain.strangers, chain.gap, chain.broken) == ((), None, None)
            assert chain.certificates == (leaf, intermediate, root)


def test_without_the_root_the_missing_issuer_is_named(chain: Chain) -> None:
    leaf, intermediate, _unused = chain.certificates
    found = order_chain([intermediate, leaf], spki_sha256=leaf.spki_sha256)
    assert (found.intermediates, found.root, found.broken) == ((intermediate,), None, None)
    assert found.gap == (
        "CN=Example Issuing CA, O=Example, C=DE was issued by CN=Example Root, O=Example, C=DE, "
        "which is not among the certificates given"
    )


def test_a_gap_in_the_middle_makes_the_rest_strangers(chain: Chain) -> None:
    leaf, _unused, root = chain.certificates
    found = order_chain([leaf, root], spki_sha256=leaf.spki_sha256)
    assert (found.intermediates, found.root, found.strangers) == ((), None, (root,))
    assert found.gap is not None
    assert found.gap.startswith("CN=receiver.example, O=Example, C=DE was issued by CN=Example Issuing CA")


def test_strangers_are_named(chain: Chain, rsa_chain: Chain) -> None:
    leaf, intermediate, root = chain.certificates
    stranger = parse_certificate(pki.make_root("Someone Else").der)
    found = order_chain([stranger, root, leaf, intermediate], spki_sha256=leaf.spki_sha256)
    assert found.certificates == (leaf, intermediate, root)
    assert found.strangers == (stranger,)


def test_an_answer_to_another_key_names_both_keys(chain: Chain) -> None:
    wanted = "00:" * 31 + "00"
    with pytest.raises(BadCertificate) as caught:
        order_chain(chain.certificates, spki_sha256=wanted)
    assert wanted in str(caught.value)
    assert chain.certificates[0].spki_sha256 in str(caught.value)


def test_nothing_to_order() -> None:
    with pytest.raises(BadCertificate, match="There is no certificate to order"):
        order_chain([], spki_sha256=None)


def test_two_leaves_need_a_key(chain: Chain, rsa_chain: Chain) -> None:
    both = chain.certificates + rsa_chain.certificates
    with pytest.raises(BadCertificate, match="It is not clear which certificate is the leaf"):
        order_chain(both, spki_sha256=None)
    found = order_chain(both, spki_sha256=rsa_chain.certificates[0].spki_sha256)
    assert list(found.certificates) == rsa_chain.certificates


def test_a_broken_signature_is_not_a_gap(chain: Chain) -> None:
    leaf, intermediate, root = chain.certificates
    der = leaf.der[:-1] + bytes([leaf.der[-1] ^ 1])
    broken = parse_certificate(der)
    found = order_chain([broken, intermediate, root], spki_sha256=leaf.spki_sha256)
    assert found.broken == (
        "The signature on CN=receiver.example, O=Example, C=DE was not made with the key of "
        "CN=Example Issuing CA, O=Example, C=DE, which it names as its issuer"
    )
    assert not issued_by(broken, intermediate)
    assert issued_by(leaf, intermediate)


def test_a_forged_root_is_broken() -> None:
    authority = Authority("Root")
    root = authority.signs(authority)
    forged = parse_certificate(root.der[:-1] + bytes([root.der[-1] ^ 1]))
    assert order_chain([forged], spki_sha256=None).broken is not None


class TestSeveralPaths:
    """Names and keys that appear in more than one certificate."""

    def test_a_cross_signed_intermediate_prefers_the_path_with_its_root(self) -> None:
        old, new, issuing, host = (Authority(name) for name in ("Old", "New", "Issuing", "host"))
        leaf = issuing.signs(host, ca=False)
        by_old, by_new, root = old.signs(issuing), new.signs(issuing), new.signs(new)
        for given in orders(leaf, by_old, by_new, root):
            found = order_chain(given, spki_sha256=leaf.spki_sha256)
            assert found.certificates == (leaf, by_new, root)
            assert found.strangers == (by_old,)

    def test_of_two_complete_paths_the_one_that_lives_longer(self) -> None:
        old, new, issuing, host = (Authority(name) for name in ("Old", "New", "Issuing", "host"))
        leaf = issuing.signs(host, ca=False, days=(-1, 900))
        short = [old.signs(issuing, days=(-1, 100)), old.signs(old, days=(-1, 100))]
        long = [new.signs(issuing, days=(-1, 900)), new.signs(new, days=(-1, 900))]
        for given in orders(leaf, *short, *long):
            found = order_chain(given, spki_sha256=leaf.spki_sha256)
            assert found.certificates == (leaf, *long)

    def test_a_root_with_an_old_and_a_new_key_under_one_name(self) -> None:
        """RFC 4210, 4.4: the new key signed by the old one, and the old by the new, may be in the file too."""
        old, new, host = Authority("Root"), Authority("Root"), Authority("host")
        leaf = new.signs(host, ca=False)
        roots = [old.signs(old), new.signs(new)]
        for given in orders(leaf, *roots):
            assert order_chain(given, spki_sha256=leaf.spki_sha256).certificates == (leaf, roots[1])
        links = [old.signs(new), new.signs(old)]
        for given in orders(leaf, *roots, *links):
            assert order_chain(given, spki_sha256=leaf.spki_sha256).certificates == (leaf, roots[1])

    def test_a_root_issued_again_with_the_same_key_stands_once(self) -> None:
        authority, host = Authority("Root"), Authority("host")
        leaf = authority.signs(host, ca=False, days=(-1, 5000))
        first, again = authority.signs(authority, days=(-900, 100)), authority.signs(authority, days=(-1, 3650))
        for given in orders(leaf, first, again):
            found = order_chain(given, spki_sha256=leaf.spki_sha256)
            assert found.certificates == (leaf, again)
            assert found.strangers == (first,)

    def test_two_authorities_that_signed_each_other_do_not_loop(self) -> None:
        one, two, host = Authority("One"), Authority("Two"), Authority("host")
        leaf = one.signs(host, ca=False)
        for given in orders(leaf, one.signs(two), two.signs(one)):
            found = order_chain(given, spki_sha256=leaf.spki_sha256)
            assert len(found.certificates) == 3
            assert found.root is None

    def test_the_old_leaf_of_the_same_key_is_a_stranger(self) -> None:
        authority, host = Authority("Root"), Authority("host")
        root = authority.signs(authority)
        old, new = (authority.signs(host, ca=False, days=(start, 300)) for start in (-300, -1))
        for given in orders(root, old, new):
            found = order_chain(given, spki_sha256=new.spki_sha256)
            assert (found.leaf, found.strangers) == (new, (old,))

    def test_the_self_signed_certificate_of_the_key_pair_is_not_the_answer(self) -> None:
        authority, host = Authority("Root"), Authority("host")
        placeholder, leaf = host.signs(host, ca=False, days=(0, 30)), authority.signs(host, ca=False)
        for given in orders(placeholder, leaf):
            assert order_chain(given, spki_sha256=leaf.spki_sha256).leaf == leaf


def test_certificates_that_all_name_each_other_are_refused_in_time() -> None:
    """Sixty keys under one name, each signed by the next: no real CA, but a file may hold it."""
    authorities = [Authority("Same") for _unused in range(60)]
    tangle = [one.signs(two) for one, two in itertools.pairwise([*authorities, authorities[0]])]
    with pytest.raises(BadCertificate, match="name each other so often"):
        order_chain(tangle, spki_sha256=tangle[0].spki_sha256)
