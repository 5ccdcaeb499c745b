# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs on the tenant at the beginning: flows as a mapping, as a file, or as a directory of bundles.

A flow is written in full as::

    {"id": "orders", "name": "Orders", "package": "sales", "version": "1.0.2", "messages_per_second": 5,
     "channels": [{"adapter": "HTTP", "address": "https://{{Host}}/a", "private_key_alias": ""}],
     "parameters": {"Host": "erp.example:8443"}, "timer": "run_once"}

or, for a bundle: ``{"bundle": "orders.zip", "messages_per_second": 5}``. All but ``id`` (or ``bundle``) is optional.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from ..adapters import ADAPTERS
from ..bundles import ChannelSpec, UnreadableBundle, read_bundle, write_bundle
from .artifacts import DeployPlan

__all__ = ["BadLandscape", "FlowSpec", "Landscape", "read_landscape"]

# Switches of the tenant (see ``Runtime``), as they are when nobody says otherwise.
_OPTIONS: Mapping[str, Any] = {"deployed_bundles": False, "not_found_status": 404, "abandon_in_flight": False}
_PACKAGE = ("name", "vendor", "mode")
_CHOICES: Mapping[str, Sequence[str | None]] = {
    "timer": (None, "run_once"),
    "failure_status": ("FAILED", "RETRY"),
    "log_level": ("NONE", "ERROR", "INFO", "DEBUG", "TRACE"),
}

# The time of everything that was "long there" when the tenant started; fixed, so that equal flows give equal bundles.
_ZIP_TIME = (2026, 1, 1, 0, 0, 0)


class BadLandscape(ValueError):
    """The landscape cannot be run; the text is a sentence for its author."""


@dataclass(frozen=True)
class FlowSpec:
    """One flow of the landscape; the comments say what each setting imitates.

    Times are in seconds of real time unless said otherwise.
    """

    id: str
    bundle: bytes = field(default=b"", repr=False)
    name: str = ""
    package: str = "landscape"
    version: str = "1.0.0"
    type: str = "INTEGRATION_FLOW"
    parameters: Mapping[str, str] = field(default_factory=dict)
    messages_per_second: float = 0.0
    message_seconds: float = 0.0  # how long a message is processed before it is sent
    failure_status: str = "FAILED"  # RETRY for asynchronous flows (SAP Help: "Message Status")
    log_level: str = "INFO"  # NONE: the flow writes no message processing log
    dynamic: Mapping[str, str] = field(default_factory=dict)  # values of ${…} parts at run time
    timer: str | None = None  # run_once: fires at each deployment (SAP Help: "Define a Timer Start Event")
    deployed: bool = True
    deployed_version: str = ""  # what runs, when design time is ahead of it
    deployed_parameters: Mapping[str, str] | None = None
    deployed_days_ago: float = 30.0
    modified_days_ago: float = 31.0
    design_time: bool = True  # False: deployed, but its design-time artifact is gone
    draft: bool = False  # design-time Version reads "Active" (observed on a tenant)
    locked: bool = False  # an entry in IntegrationDesigntimeLocks
    configure_only: bool = False  # SAP's content: the bundle cannot be downloaded
    hidden: bool = False  # under an access policy that this client has not: as if it were not there
    deploy: Mapping[str, Any] = field(
        default_factory=dict
    )  # defaults of this flow's deployments: outcome, seconds, error


@dataclass(frozen=True)
class Landscape:
    """:param resolve: the addresses behind a receiver's name.

    ``packages`` gives their ``name``, ``vendor`` and ``mode`` by id; ``options`` are switches of the tenant (see
    ``Runtime``).
    """

    flows: tuple[FlowSpec, ...] = ()
    resolve: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    packages: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=lambda: dict(_OPTIONS))


def read_landscape(source: Mapping[str, Any] | str | Path | None) -> Landscape:
    """A mapping; a JSON or YAML file; or a directory of bundles (zip or unpacked), with ``landscape.json`` beside them.

    :raises BadLandscape: naming the flow and what is wrong with it.
    """
    if source is None:
        return Landscape()
    if isinstance(source, Mapping):
        return _build(source, Path())
    path = Path(source)
    if path.is_dir():
        settings = _load(path / "landscape.json") if (path / "landscape.json").exists() else {}
        listed = list(settings.get("flows", []))
        named = {item.get("bundle") for item in listed}
        listed += [
            {"bundle": item.name} for item in sorted(path.iterdir()) if _is_bundle(item) and item.name not in named
        ]
        return _build({**settings, "flows": listed}, path)
    return _build(_load(path), path.parent)


def _load(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        loaded = _yaml(text) if path.suffix in (".yml", ".yaml") else json.loads(text)
    except (OSError, ValueError) as error:
        raise BadLandscape(f"The landscape {path} cannot be read: {error}.") from error
    if not isinstance(loaded, dict):
        raise BadLandscape(f"The landscape {path} is no mapping.")
    return loaded


def _yaml(text: str) -> Any:
    try:
        import yaml
    except ImportError as error:
        raise ValueError("PyYAML is not installed here; write the landscape as JSON") from error
    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ValueError(f"no YAML: {error}") from error


def _is_bundle(path: Path) -> bool:
    return path.suffix == ".zip" or (path / "META-INF").is_dir()


def _build(settings: Mapping[str, Any], folder: Path) -> Landscape:
    options, packages = settings.get("options", {}), settings.get("packages", {})
    _check_names("A landscape", settings, ("flows", "resolve", "packages", "options"))
    _check_names("The options of a landscape", options, _OPTIONS)
    for name, package in packages.items():
        _check_names(f"Package {name}", package, _PACKAGE)
    flows = tuple(_flow(item, folder) for item in settings.get("flows", []))
    ids = [flow.id for flow in flows]
    twice = {flow_id for flow_id in ids if ids.count(flow_id) > 1}
    if twice:
        raise BadLandscape(f"More than one flow has the id {', '.join(sorted(twice))}.")
    resolve = {
        name.lower(): tuple([found] if isinstance(found, str) else found)
        for name, found in settings.get("resolve", {}).items()
    }
    return Landscape(flows, resolve, dict(packages), {**_OPTIONS, **options})


def _check_names(owner: str, given: Iterable[str], known: Iterable[str]) -> None:
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise BadLandscape(f"{owner}: there is no setting {', '.join(unknown)}; there are {', '.join(known)}.")


def _flow(item: Mapping[str, Any], folder: Path) -> FlowSpec:
    given = dict(item)
    label = given.get("id") or given.get("bundle")
    if not label:
        raise BadLandscape("A flow of the landscape has neither an id nor a bundle.")
    _check_names(f"Flow {label}", given, (*(spec.name for spec in fields(FlowSpec)), "channels"))
    for name, choices in _CHOICES.items():
        if name in given and given[name] not in choices:
            raise BadLandscape(f"Flow {label}: {name} is one of {', '.join(str(choice) for choice in choices)}.")
    try:
        DeployPlan(**given.get("deploy", {}))
    except (TypeError, ValueError) as error:
        raise BadLandscape(f"Flow {label}: deploy: {error}.") from error
    if "bundle" in given and "channels" in given:
        raise BadLandscape(f"Flow {label}: a bundle has its own channels.")
    channels = given.pop("channels", [])
    if "bundle" in given:
        return _from_bundle(given, folder / given["bundle"])
    given.setdefault("name", given["id"])
    given["bundle"] = _written(given, [_channel(label, channel) for channel in channels])
    return FlowSpec(**given)


def _from_bundle(given: dict[str, Any], path: Path) -> FlowSpec:
    try:
        data = _packed(path) if path.is_dir() else path.read_bytes()
    except OSError as error:
        raise BadLandscape(f"The bundle {path} cannot be read: {error.strerror}.") from error
    try:
        content = read_bundle(data)
    except UnreadableBundle:
        content = None  # hosted and given out as it is; nothing of it runs
    read: dict[str, Any] = {"id": path.stem, "name": path.stem}
    if content is not None:
        read = {"id": content.id or path.stem, "name": content.name or path.stem, "version": content.version}
        given["parameters"] = {**content.parameters, **given.get("parameters", {})}
        given.setdefault("timer", "run_once" if content.runs_once else None)
    return FlowSpec(**{**read, **given, "bundle": data})


def _channel(label: str, given: Mapping[str, Any]) -> ChannelSpec:
    try:
        channel = ChannelSpec(**given)
    except TypeError as error:
        raise BadLandscape(
            f"Flow {label}: a channel has {', '.join(spec.name for spec in fields(ChannelSpec))}."
        ) from error
    if channel.adapter not in ADAPTERS:
        raise BadLandscape(f"Flow {label}: the adapter {channel.adapter} is none of {', '.join(ADAPTERS)}.")
    return channel


def _written(given: Mapping[str, Any], channels: list[ChannelSpec]) -> bytes:
    return write_bundle(
        given["id"],
        given["name"],
        given.get("version", "1.0.0"),
        channels,
        given.get("parameters", {}),
        runs_once=given.get("timer") == "run_once",
        stamp=datetime(*_ZIP_TIME),
    )


def _packed(folder: Path) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), _ZIP_TIME)
                entry.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(entry, path.read_bytes())
    return written.getvalue()
