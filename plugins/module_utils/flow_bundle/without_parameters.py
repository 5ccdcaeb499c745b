# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is certain about a flow whatever its externalized parameters are set to."""

from __future__ import annotations

from dataclasses import replace

from .aliases import read_aliases
from .channels import read_channels
from .flow_bundle import FlowBundle
from .parameters import Parameters

__all__ = ["has_parameters", "without_parameters"]

# Where a parameter may decide what scripts and content modifiers do.
_DECIDE_ON_SCRIPTS = ("headerTable", "allowedHeaderList", "scriptBundleId")


def has_parameters(bundle: FlowBundle) -> bool:
    """Whether any property of the flow refers to a parameter."""
    return any("{{" in value for element in bundle.elements for value in element.properties.values())


def without_parameters(bundle: FlowBundle) -> FlowBundle:
    """The same flow as if no parameter had a value: what can still be said of it depends on none of them.

    It spares a question to the tenant for each flow whose parameters set time-outs and credentials, not addresses.
    """
    nothing = Parameters((), {})
    scripts = bundle.scripts
    if any("{{" in element.properties.get(name, "") for element in bundle.elements for name in _DECIDE_ON_SCRIPTS):
        reason = "a parameter decides which headers or scripts the flow has"
        scripts = replace(scripts, override_address=(*scripts.override_address, reason))
    channels = tuple(
        replace(channel, overridden_by=scripts.override_address)
        if channel.talk in ("http", "unknown") and channel.direction == "receiver"
        else channel
        for channel in read_channels(bundle.elements, nothing)
    )
    aliases = read_aliases(bundle.elements, nothing)
    return replace(bundle, channels=channels, aliases=aliases, scripts=scripts, parameters=nothing)
