# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One integration flow as its bundle states it: the entry to this package."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from .aliases import AliasReference, read_aliases
from .archive import Archive, BadBundle, open_archive
from .channels import Channel, read_channels
from .iflow import Element, read_elements
from .java_properties import read_properties
from .manifest import read_manifest
from .parameters import Parameter, Parameters, read_declarations
from .safe_xml import parse_xml
from .scripts import Scripts, read_scripts
from .timers import Timer, read_timers

__all__ = ["PROFILE_PARAMETER", "FlowBundle", "read_flow_bundle"]

_MANIFEST = "META-INF/MANIFEST.MF"
_PARAMETERS = "src/main/resources/parameters.prop"
PROFILE_PARAMETER = "SAP_ProfileId"
"""Which runtime a flow is deployed to, on tenants that have more than one (observed on a tenant)."""


@dataclass(frozen=True, slots=True)
class FlowBundle:
    """What a flow is, sends to and names. Nothing of it was compared with a running flow."""

    id: str | None
    """``Bundle-SymbolicName``: the id of the flow in design time and at run time."""
    name: str | None
    version: str | None
    profile: str | None
    """``SAP-RuntimeProfile`` of the manifest, or what the parameter ``SAP_ProfileId`` says instead."""
    node_type: str | None
    channels: tuple[Channel, ...]
    aliases: tuple[AliasReference, ...]
    timers: tuple[Timer, ...]
    scripts: Scripts
    parameters: Parameters = field(repr=False)
    elements: tuple[Element, ...] = field(repr=False)

    @property
    def may_override_address(self) -> tuple[str, ...]:
        """Why the HTTP addresses of this flow may be others at run time; empty when nothing speaks for it."""
        return self.scripts.override_address

    def to_result(self) -> dict[str, object]:
        """For a playbook. Names of parameters, never their values: these may be secrets."""
        return {
            "id": self.id,
            "name": self.name,
            "version": self.version,
            "profile": self.profile,
            "node_type": self.node_type,
            "channels": [channel.to_result() for channel in self.channels],
            "aliases": [alias.to_result() for alias in self.aliases],
            "timers": [timer.to_result() for timer in self.timers],
            "parameters": self.parameters.to_result(),
            "may_override_address": list(self.may_override_address),
        }


def read_flow_bundle(
    data: bytes,
    configured: Mapping[str, str] | None = None,
    script_collections: Mapping[str, bytes] | None = None,
) -> FlowBundle:
    """Read the zip that a tenant gives for an integration flow.

    :param configured: the flow's Configurations on the tenant; they go before the values in the bundle.
    :param script_collections: bundles of script collections by id. Scripts of one that is not given may do anything, so
        :attr:`FlowBundle.may_override_address` names it; :attr:`FlowBundle.scripts` lists what is missing.
    Raises :class:`BadBundle` when the bytes are no integration flow, damaged, or hostile.
    """
    archive = open_archive(data)
    models = archive.find(lambda name: name.lower().endswith(".iflw"))
    if not models:
        raise _no_model(archive)
    manifest = read_manifest(archive.read(_MANIFEST)) if _MANIFEST in archive.names else {}
    parameters = _read_parameters(archive, configured)
    elements = tuple(element for model in models for element in read_elements(archive.read(model), model))
    collections = {name: open_archive(content) for name, content in (script_collections or {}).items()}
    scripts = read_scripts(archive, elements, parameters, collections)
    return FlowBundle(
        id=manifest.get("bundle-symbolicname", "").partition(";")[0].strip() or None,
        name=manifest.get("bundle-name") or None,
        version=manifest.get("bundle-version") or None,
        profile=parameters.values.get(PROFILE_PARAMETER) or manifest.get("sap-runtimeprofile") or None,
        node_type=manifest.get("sap-nodetype") or None,
        channels=tuple(_overridden(channel, scripts) for channel in read_channels(elements, parameters)),
        aliases=read_aliases(elements, parameters),
        timers=read_timers(elements, parameters),
        scripts=scripts,
        parameters=parameters,
        elements=elements,
    )


def _read_parameters(archive: Archive, configured: Mapping[str, str] | None) -> Parameters:
    shipped = read_properties(archive.read(_PARAMETERS)) if _PARAMETERS in archive.names else {}
    declared: tuple[Parameter, ...] = ()
    definition = f"{_PARAMETERS}def"
    if definition in archive.names and (text := archive.read(definition)).strip():
        declared = read_declarations(parse_xml(text, definition))
    return Parameters(declared, shipped, configured)


def _overridden(channel: Channel, scripts: Scripts) -> Channel:
    if channel.talk not in ("http", "unknown") or channel.direction != "receiver":
        return channel
    return replace(channel, overridden_by=scripts.override_address)


def _no_model(archive: Archive) -> BadBundle:
    if "resources.cnt" in archive.names:
        return BadBundle(
            "This is the export of an integration package, not of one integration flow",
            remedy="Download the integration flow itself",
        )
    return BadBundle("The zip archive holds no integration flow (no file .iflw)")
