# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sphinx settings for "make docs"; the pages themselves come from antsibull-docs and docs/docsite/rst."""

from __future__ import annotations

import zlib
from pathlib import Path

project = "certops.sap_cloud_integration"
title = "SAP Cloud Integration Collection"
html_short_title = title
copyright = "the certops.sap_cloud_integration authors"

extensions = ["sphinx.ext.intersphinx", "sphinx_antsibull_ext"]
highlight_language = "YAML+Jinja"
pygments_style = "ansible"
default_role = "any"

html_theme = "sphinx_ansible_theme"
html_show_sphinx = False
html_use_index = False
html_use_modindex = False
html_copy_source = False

# Labels of Ansible's documentation that the generated pages refer to. Where docs.ansible.com cannot be reached these
# few stand for its inventory, so that a warning always means a mistake of ours.
ANSIBLE_DOCS = "https://docs.ansible.com/ansible/latest/"
ANSIBLE_LABELS = {
    "ansible_configuration_settings": (
        "reference_appendices/config.html#ansible-configuration-settings",
        "Ansible Configuration Settings",
    ),
    "common_return_values": ("reference_appendices/common_return_values.html#common-return-values", "Return Values"),
}


def inventory(labels: dict[str, tuple[str, str]]) -> bytes:
    """A Sphinx inventory, version 2: label to page and title."""
    header = "# Sphinx inventory version 2\n# Project: Ansible\n# Version: \n# The rest is compressed with zlib.\n"
    lines = [f"{label} std:label -1 {page} {heading}\n" for label, (page, heading) in labels.items()]
    return header.encode() + zlib.compress("".join(lines).encode())


_few_labels = Path(__file__).resolve().parents[1] / "build/docs/ansible.inv"
_few_labels.parent.mkdir(parents=True, exist_ok=True)
_few_labels.write_bytes(inventory(ANSIBLE_LABELS))
intersphinx_mapping = {"ansible": (ANSIBLE_DOCS, (None, str(_few_labels)))}
intersphinx_timeout = 10
