# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bundles of integration flows, written for a landscape and read by the runtime.

Layout and spelling as published flows have them: manifest with wrapped lines, ``.project``, ``metainfo.prop``, the
``.iflw`` in BPMN 2 with ``ifl:property``, ``parameters.prop`` with Java escapes, ``parameters.propdef``
(SAP Help: "Integration Flow Bundle"; observed in published flows).
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from .adapters import ADAPTERS
from .flow_model import BPMN, IFL, flow_model, parameter_definitions
from .java_properties import read_properties, write_properties

__all__ = ["BundleContent", "ChannelSpec", "UnreadableBundle", "read_bundle", "with_parameters", "write_bundle"]

_LARGEST_FILE = 20 * 1024 * 1024
_PARAMETERS = "src/main/resources/parameters.prop"


class UnreadableBundle(Exception):
    """No zip, no flow in it, or XML that does not parse."""


@dataclass(frozen=True)
class ChannelSpec:
    """A receiver channel as a landscape names it; ``address`` may hold ``{{parameters}}`` and ``${dynamic}`` parts.

    ``properties`` are set over the adapter's own, for anything else a channel may hold.
    """

    adapter: str = "HTTP"
    address: str = ""
    proxy: str = "default"
    private_key_alias: str = ""
    name: str = ""
    properties: Mapping[str, str] = field(default_factory=dict)

    def to_properties(self, number: int) -> dict[str, str]:
        """The ``ifl:property`` pairs of the channel; :raises KeyError: for an adapter without a known spelling."""
        adapter = ADAPTERS[self.adapter]
        name = self.name or adapter.component
        pairs = {
            "ComponentNS": "sap", "Name": name, "system": f"Receiver{number}", "direction": "Receiver",
            "ComponentType": adapter.component, "TransportProtocol": adapter.transport,
            "MessageProtocol": adapter.protocol,
            "ComponentSWCVName": "external", "ComponentSWCVId": "1.15.0", "componentVersion": "1.15",
            adapter.address: self.address, "proxyType": self.proxy, adapter.location: "", "credentialName": "",
            adapter.authentication: "Client Certificate" if self.private_key_alias else "None",
            "cmdVariantUri": f"ctype::AdapterVariant/cname::sap:{adapter.component}/tp::{adapter.transport}"
            f"/mp::{adapter.protocol}/direction::Receiver/version::1.15.0",
        }  # fmt: skip
        if adapter.key_alias:
            pairs[adapter.key_alias] = self.private_key_alias
        if adapter.suffix:
            pairs[adapter.suffix] = ""
        return pairs | dict(self.properties)


@dataclass(frozen=True)
class BundleContent:
    """What a bundle says of its flow; ``channels`` are the properties of each receiver channel, as written."""

    id: str
    name: str
    version: str
    channels: tuple[dict[str, str], ...]
    parameters: dict[str, str]
    runs_once: bool


def write_bundle(
    flow_id: str,
    name: str,
    version: str,
    channels: Sequence[ChannelSpec],
    parameters: Mapping[str, str],
    *,
    runs_once: bool = False,
    stamp: datetime,
) -> bytes:
    """The zip that a download of the flow gives; the same bytes for the same input."""
    properties = [channel.to_properties(number) for number, channel in enumerate(channels, 1)]
    files = {
        "META-INF/MANIFEST.MF": _manifest(flow_id, name, version),
        ".project": _project(flow_id),
        "metainfo.prop": write_properties({"description": ""}, stamp),
        f"src/main/resources/scenarioflows/integrationflow/{name.replace('/', '_')}.iflw": flow_model(
            properties, runs_once
        ),
        _PARAMETERS: write_properties(parameters, stamp),
        "src/main/resources/parameters.propdef": parameter_definitions(properties, parameters),
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, stamp.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return written.getvalue()


def with_parameters(bundle: bytes, parameters: Mapping[str, str], stamp: datetime) -> bytes:
    """The same bundle with other values in ``parameters.prop``; one that cannot be read stays as it is."""
    written = io.BytesIO()
    try:
        with (
            zipfile.ZipFile(io.BytesIO(bundle)) as archive,
            zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as copy,
        ):
            for entry in archive.infolist():
                if entry.filename != _PARAMETERS:
                    copy.writestr(entry, archive.read(entry))
            entry = zipfile.ZipInfo(_PARAMETERS, stamp.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            copy.writestr(entry, write_properties(parameters, stamp))
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        return bundle
    return written.getvalue()


def read_bundle(data: bytes) -> BundleContent:
    """:raises UnreadableBundle: the tenant hosts such a bundle all the same, but nothing of it runs."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            small = {entry.filename: entry for entry in archive.infolist() if entry.file_size <= _LARGEST_FILE}
            manifest = (
                _read_manifest(archive.read(small["META-INF/MANIFEST.MF"])) if "META-INF/MANIFEST.MF" in small else {}
            )
            parameters = read_properties(archive.read(small[_PARAMETERS])) if _PARAMETERS in small else {}
            models = [archive.read(entry) for path, entry in small.items() if path.endswith(".iflw")]
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        raise UnreadableBundle(f"The bundle cannot be read: {error}.") from error
    if not models:
        raise UnreadableBundle("The bundle holds no integration flow.")
    channels: list[dict[str, str]] = []
    runs_once = False
    for model in models:
        try:
            root = ElementTree.fromstring(model)
        except (ElementTree.ParseError, ValueError) as error:
            raise UnreadableBundle(f"The integration flow is no XML: {error}.") from error
        channels += [
            pairs
            for flow in root.iter(f"{{{BPMN}}}messageFlow")
            if (pairs := _pairs(flow)).get("direction") == "Receiver"
        ]
        runs_once |= any(
            "fireNow=true" in _pairs(timer).get("scheduleKey", "")
            for timer in root.iter(f"{{{BPMN}}}timerEventDefinition")
        )
    flow_id = manifest.get("Bundle-SymbolicName", "").split(";")[0].strip()
    return BundleContent(
        flow_id,
        manifest.get("Bundle-Name", flow_id),
        manifest.get("Bundle-Version", "1.0.0"),
        tuple(channels),
        parameters,
        runs_once,
    )


def _pairs(element: ElementTree.Element) -> dict[str, str]:
    pairs = {}
    for item in element.iter(f"{{{IFL}}}property"):
        key = item.find("key")
        value = item.find("value")
        pairs[(key.text or "") if key is not None else ""] = (value.text or "") if value is not None else ""
    return pairs


def _manifest(flow_id: str, name: str, version: str) -> bytes:
    lines = {
        "Manifest-Version": "1.0",
        "SAP-RuntimeProfile": "iflmap",
        "Bundle-SymbolicName": f"{flow_id}; singleton:=true",
        "Bundle-Name": name,
        "Bundle-Version": version,
        "Bundle-ManifestVersion": "2",
        "SAP-ArtifactTrait": "",
        "SAP-NodeType": "IFLMAP",
        "Import-Package": "com.sap.esb.application.services.cxf.interceptor,com.sap.esb.security,"
        "com.sap.it.op.agent.api,org.apache.camel",
        "SAP-BundleType": "IntegrationFlow",
    }
    return b"".join(_wrapped(f"{key}: {value}".encode()) for key, value in lines.items()) + b"\r\n"


def _wrapped(line: bytes) -> bytes:
    """At most 72 bytes a line with its end; a continuation begins with a blank (Java's JAR file specification)."""
    pieces = [line[:70]] + [b" " + line[at : at + 69] for at in range(70, len(line), 69)]
    return b"".join(piece + b"\r\n" for piece in pieces)


def _read_manifest(data: bytes) -> dict[str, str]:
    text = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\n ", b"").decode("utf-8", "replace")
    return {
        key.strip(): value.strip() for key, found, value in (line.partition(":") for line in text.split("\n")) if found
    }


def _project(flow_id: str) -> bytes:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<projectDescription>\n'
        f"   <name>{escape(flow_id)}</name>\n   <comment/>\n   <projects/>\n"
        "   <buildSpec><buildCommand><name>org.eclipse.jdt.core.javabuilder</name>"
        "<arguments/></buildCommand></buildSpec>"
        "\n   <natures><nature>org.eclipse.jdt.core.javanature</nature>"
        "<nature>com.sap.ide.ifl.project.support.project.nature</nature><nature>com.sap.ide.ifl.bsn</nature></natures>\n"
        "</projectDescription>\n"
    ).encode()
