#!/usr/bin/python
# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: trusted_roots
short_description: Make a tenant trust a declared set of root certificates
version_added: 0.1.0
description:
  - Brings the trust anchors of an SAP Cloud Integration tenant to what is declared, for example in a Git repository.
  - Hundreds of roots cost a handful of requests. The keystore is listed once, the changes are imported and deleted in
    one request each, and the keystore is listed once more to compare the fingerprints.
  - A root is recognised by the SHA-256 fingerprint of its certificate under any alias, never by the alias.
  - The whole declaration is checked before the first request. Every fault is named, with file, line and rule, and one
    fault stops everything.
  - What is added is added before anything is deleted. A call that was stopped half way is completed by the next one.
  - Integration flows that run may use the keystore as it was for up to 24 hours. See
    M(certops.sap_cloud_integration.integration_flow), and the role C(tenant_trust).
options:
  roots:
    description: The declared roots.
    type: list
    elements: dict
    default: []
    suboptions:
      alias:
        description:
          - The alias to import the root under. Required unless O(roots[].state=absent).
          - With O(roots[].state=absent), only the entry under this alias is deleted.
          - An alias in lower case can be imported with a keystore file. Others are uploaded one by one, because Java
            keystore files do not keep capitals.
        type: str
      fingerprint_sha256:
        description:
          - The SHA-256 fingerprint that was compared out of band with the one that the CA publishes, because the tenant
            verifies nothing.
          - Required unless O(roots[].state=absent) and a certificate is given.
        type: str
      certificate_path:
        description: A file with the certificate in PEM or DER. The certificate has at most 10240 bytes.
        type: path
      certificate_content:
        description: The certificate as PEM text or as base64 of its DER encoding.
        type: str
      state:
        description: With V(absent), the root must not be trusted. The entries of the tenant administrator that hold it
          are deleted.
        type: str
        choices: [present, absent]
        default: present
      kind:
        description: With V(intermediate), a CA certificate that another CA signed is trusted as if it were a root.
        type: str
        choices: [root, intermediate]
        default: root
      on_alias_conflict:
        description:
          - What to do when O(roots[].alias) is held by another certificate.
          - With V(fail), nothing of the whole set is changed.
          - With V(replace), the other certificate is dropped at once.
        type: str
        choices: [fail, replace]
        default: fail
      on_other_alias:
        description:
          - What to do when the tenant trusts this root under another alias than O(roots[].alias).
          - With V(keep), the entry stays as it is and is named in RV(notes).
          - With V(rename), it gets the declared alias. Integration flows that name the old alias no longer find it.
        type: str
        choices: [keep, rename]
        default: keep
  roots_path:
    description:
      - YAML files with a list C(roots) of mappings as in O(roots), one for all tenants and one more for some.
        They are data. Nothing in them is templated.
      - A C(certificate_path) in such a file is relative to the folder of the file.
    type: list
    elements: path
    default: []
  unlisted:
    description:
      - What becomes of trust anchors that are not declared.
      - With V(keep), they are not looked at.
      - With V(report), they are returned as RV(unlisted).
      - With V(remove), they are deleted. Only certificate entries that are CAs and that the tenant administrator owns
        are concerned, never a key pair, never a leaf certificate, never an entry that SAP owns.
      - Which entries are CAs only their certificates tell. They are read with one export of the public part of the
        keystore, which needs the role C(SecurityMaterialDownload), or without it with one request for each.
    type: str
    choices: [keep, report, remove]
    default: keep
  upload:
    description:
      - How certificates are imported.
      - With V(auto), up to three go one by one and more go into one keystore import. What the tenant does not take
        from a keystore is uploaded one by one.
      - With V(single), each certificate is uploaded by itself. This is the way that was seen on real tenants.
      - With V(keystore), all go into one keystore import, which is specified by SAP but was not seen on a tenant by us.
        What the tenant does not take is named and the call fails.
    type: str
    choices: [auto, single, keystore]
    default: auto
  protect:
    description:
      - What must still validate without the roots that are deleted or replaced. The call is refused before any write,
        naming each receiver that would break and the alias that it needs.
      - Each element is a receiver as C(host:port), or a mapping with the keys described here.
      - C(receiver) is the C(host:port) to ask, at every address behind the name. C(server_name) is the name that its
        certificate must carry if it is not the host. C(addresses) is a list of IP addresses to ask instead of those
        that the name has.
      - C(chain_path) or C(chain_content) is a chain that a receiver serves, for receivers that cannot be reached from
        here.
      - C(flows) is a list of the integration flows that send there, to be named in a refusal.
    type: list
    elements: raw
    default: []
  accept_unprobed:
    description:
      - Receivers of O(protect), as C(host:port), that do not hold up the deletion although it is not known whether they
        need the root, because they cannot be reached or nothing validates what they serve. Each one is accepted by
        name. A receiver that is known to need a root cannot be accepted.
    type: list
    elements: str
    default: []
  probe_timeout:
    description: Seconds to wait for the answer of one address of a receiver in O(protect).
    type: int
    default: 10
extends_documentation_fragment:
  - certops.sap_cloud_integration.attributes
  - certops.sap_cloud_integration.attributes.converges
  - certops.sap_cloud_integration.attributes.tenant
  - certops.sap_cloud_integration.connection
notes:
  - A keystore file has at most 740000 bytes, about 500 roots. More roots are imported with several files.
  - 'The rules by which a declaration is refused: V(yaml_syntax), V(unreadable_file), V(no_list), V(not_a_mapping),
    V(not_a_text), V(duplicate_key), V(unknown_key), V(unknown_value), V(missing_alias), V(missing_pin), V(bad_alias),
    V(bad_fingerprint), V(bad_certificate), V(two_certificates), V(pin_differs), V(not_a_ca), V(not_a_root),
    V(duplicate_alias), V(two_certificates_for_one_alias), V(root_under_two_aliases), V(present_and_absent).'
  - 'The rules by which a declaration does not fit a tenant: V(alias_taken), V(certificate_missing), V(not_valid_now),
    V(alias_in_capitals), V(owned_by_sap).'
seealso:
  - module: certops.sap_cloud_integration.trusted_root
  - module: certops.sap_cloud_integration.trust_export
  - module: certops.sap_cloud_integration.integration_flow
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Trust what the repository declares, and say what else is trusted
  certops.sap_cloud_integration.trusted_roots:
    service_key: "{{ service_key }}"
    roots_path:
      - trust/common/roots.yml
      - trust/production/roots.yml
    unlisted: report

- name: Trust these roots and no other, as long as no receiver needs one of the others
  certops.sap_cloud_integration.trusted_roots:
    service_key: "{{ service_key }}"
    roots:
      - alias: example_root_2026
        fingerprint_sha256: "{{ example_root_fingerprint }}"
        certificate_path: files/example_root_2026.pem
    unlisted: remove
    protect:
      - erp.example.com:443
"""

RETURN = r"""
trusted_roots:
  description: The declared roots as the tenant trusts them, in the order of the declaration.
  returned: success
  type: list
  elements: dict
  contains:
    alias:
      description: The alias that holds it.
      type: str
      sample: example_root_2026
    declared_alias:
      description: The alias that was declared.
      type: str
      sample: example_root_2026
    owner:
      description: V(tenant_administrator) or V(sap).
      type: str
      sample: tenant_administrator
    subject:
      description: The distinguished name of its subject.
      type: str
      sample: CN=Example Root 2026, O=Example, C=DE
    not_before:
      description: Since when it is valid, RFC 3339 in UTC.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: Until when it is valid, RFC 3339 in UTC.
      type: str
      sample: "2036-01-01T00:00:00Z"
    fingerprint_sha256:
      description: The SHA-256 of its DER encoding, lower case with colons.
      type: str
      sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
    last_modified_at:
      description: When the entry was last written, on the tenant's clock; V(null) in check mode when it will be
        written.
      type: str
      sample: "2026-11-21T18:00:00Z"
changes:
  description: What changes, an element for each entry, the same in check mode and in a real run.
  returned: success
  type: list
  elements: dict
  contains:
    change:
      description: V(added), V(replaced), V(renamed) or V(removed).
      type: str
      sample: added
    alias:
      description: The alias; of a renamed entry the new one.
      type: str
      sample: example_root_2026
    previous_alias:
      description: The alias that a renamed entry had.
      type: str
      sample: null
    subject:
      description: The subject of the certificate that comes, stays or goes.
      type: str
      sample: CN=Example Root 2026, O=Example, C=DE
    not_before:
      description: Since when it is valid, RFC 3339 in UTC.
      type: str
      sample: "2026-01-01T00:00:00Z"
    not_after:
      description: Until when it is valid, RFC 3339 in UTC.
      type: str
      sample: "2036-01-01T00:00:00Z"
    fingerprint_sha256:
      description: Its SHA-256, lower case with colons.
      type: str
      sample: 0e:8f:53:05:7c:74:79:3c:35:06:b0:ce:ba:fb:30:a3:aa:22:cf:a9:b4:b0:b5:5b:67:c5:65:ea:ac:93:1e:d4
    replaces:
      description: Subject, end of validity and fingerprint of the certificate that a replaced entry held.
      type: dict
      sample: null
unlisted:
  description: The trust anchors that are not declared, unless they are kept; those that O(unlisted=remove) deletes too.
  returned: success
  type: list
  elements: dict
  sample: []
notes:
  description: What fits the declaration and deserves a look, each with the name of its rule, the place in the
    declaration and a sentence. The rules are V(held_under_another_alias), V(root_under_two_aliases), V(expired)
    and V(bad_alias).
  returned: success
  type: list
  elements: dict
  sample:
    - rule: held_under_another_alias
      where: trust/common/roots.yml line 2
      what: it is trusted under alias "old_name"
      remedy: null
decided_at:
  description: The tenant's time when the keystore was read. Flows that were started before may not know the changes.
  returned: success
  type: str
  sample: "2026-11-21T18:00:00Z"
actions:
  description: The writes that were carried out, or would be in check mode, a line for each entry.
  returned: success
  type: list
  elements: str
  sample: ['import CN=Example Root 2026, O=Example, C=DE (0e:8f:53:...) as alias "example_root_2026"']
reason:
  description: Why something changes or not.
  returned: success
  type: str
  sample: 2 added; 1 removed.
problem:
  description: What went wrong, in parts that a playbook can branch on, with every fault of a declaration.
  returned: failure
  type: dict
  sample:
    kind: BadDeclaration
    what: 'trust/roots.yml line 12: alias "a" is declared before, at trust/roots.yml line 2 (rule duplicate_alias)'
    where: null
    said: null
    remedy: Declare each alias once
    faults:
      - rule: duplicate_alias
        where: trust/roots.yml line 12
        what: alias "a" is declared before, at trust/roots.yml line 2
        remedy: Declare each alias once
"""

from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.arguments import PROTECTION, Spec
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.declaration import ROOT_OPTIONS
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.run import converge
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.edge.trusted_roots import (
    decide_roots,
    read_roots,
    read_roots_back,
    wanted_roots,
)

SPEC = PROTECTION + Spec(
    options={
        "roots": {"type": "list", "elements": "dict", "default": [], "options": dict(ROOT_OPTIONS)},
        "roots_path": {"type": "list", "elements": "path", "default": []},
        "unlisted": {"type": "str", "choices": ["keep", "report", "remove"], "default": "keep"},
        "upload": {"type": "str", "choices": ["auto", "single", "keystore"], "default": "auto"},
    }
)


def main() -> None:
    converge(
        SPEC,
        noun="trusted_roots",
        prepare=wanted_roots,
        read=read_roots,
        decide=decide_roots,
        show=lambda resource: resource["roots"],
        read_back=read_roots_back,
    )


if __name__ == "__main__":
    main()
