# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: certificate_facts
short_description: What a certificate says
version_added: 0.1.0
description:
  - Reads one certificate, in PEM or as base64 of its DER encoding, and returns its names, validity and fingerprints.
options:
  _input:
    description: The certificate.
    type: str
    required: true
author:
  - The certops.sap_cloud_integration authors (@certops)
"""

EXAMPLES = r"""
- name: Show until when a root is valid
  ansible.builtin.debug:
    msg: "{{ (root | certops.sap_cloud_integration.certificate_facts).not_after }}"
  vars:
    root: "{{ lookup('ansible.builtin.file', 'new_root.pem') }}"
"""

RETURN = r"""
_value:
  description: The facts.
  type: dict
  contains:
    subject:
      description: Its subject.
      type: str
    issuer:
      description: Its issuer.
      type: str
    serial_number:
      description: Its serial number in hexadecimal digits.
      type: str
    not_before:
      description: Since when it is valid, RFC 3339 in UTC.
      type: str
    not_after:
      description: Until when it is valid, RFC 3339 in UTC.
      type: str
    fingerprint_sha256:
      description: The SHA-256 of its DER encoding, lower case with colons.
      type: str
    spki_sha256:
      description: The SHA-256 of its public key, lower case with colons.
      type: str
    key_type:
      description: The kind of its public key.
      type: str
    key_size:
      description: The size of its public key in bits, if it has one.
      type: int
    signature_algorithm:
      description: How it is signed, in the words of Java.
      type: str
    is_ca:
      description: Whether it may sign others.
      type: bool
    self_signed:
      description: Whether it signed itself.
      type: bool
    subject_alternative_names:
      description: The names it is valid for.
      type: list
      elements: str
    pem:
      description: The certificate in PEM.
      type: str
"""

from collections.abc import Callable
from typing import Any

from ansible.errors import AnsibleFilterError
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.certificates.encodings import (
    read_one_certificate,
)
from ansible_collections.certops.sap_cloud_integration.plugins.module_utils.problem import Problem


def certificate_facts(text: str) -> dict[str, Any]:
    try:
        certificate = read_one_certificate(str(text).encode())
    except Problem as problem:
        raise AnsibleFilterError(str(problem)) from None
    return {**certificate.to_result(), "pem": certificate.pem}


class FilterModule:
    """One filter, named like its file."""

    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"certificate_facts": certificate_facts}
