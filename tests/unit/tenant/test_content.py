# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The local tenant's API for flows, asked over HTTPS as a client asks."""

from __future__ import annotations

import base64
import http.client
import io
import json
import ssl
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from ansible_collections.certops.sap_cloud_integration.tests.pki import issue, make_root
from ansible_collections.certops.sap_cloud_integration.tests.receiver import LocalReceiver
from ansible_collections.certops.sap_cloud_integration.tests.tenant.local_tenant import LocalTenant

LANDSCAPE: dict[str, Any] = {
    "flows": [
        {
            "id": "orders",
            "name": "Orders",
            "package": "sales",
            "version": "1.0.2",
            "parameters": {"Host name": "x", "B": ""},
        },
        {"id": "draft", "package": "sales", "draft": True, "locked": True},
        {"id": "gone", "design_time": False},
        {"id": "secret", "package": "policy", "hidden": True},
        {"id": "standard", "package": "sap", "configure_only": True},
        {"id": "new", "package": "sales", "deployed": False},
        {"id": "it's", "package": "sales"},
    ],
    "packages": {"sap": {"name": "SAP Content", "mode": "READ_ONLY"}},
}


class Client:
    """Requests over one connection with a token."""

    def __init__(self, tenant: LocalTenant) -> None:
        self._context = ssl.create_default_context(cafile=str(tenant.ca_path))
        key = tenant.service_key["oauth"]
        pair = base64.b64encode(f"{key['clientid']}:{key['clientsecret']}".encode()).decode()
        status, answer = self._send(
            "POST", f"{key['tokenurl']}?grant_type=client_credentials", {"Authorization": f"Basic {pair}"}
        )
        assert status == 200
        self._headers = {"Authorization": f"Bearer {json.loads(answer)['access_token']}", "Accept": "application/json"}
        self._base = f"{key['url']}/api/v1"

    def _send(self, method: str, url: str, headers: dict[str, str], body: str | None = None) -> tuple[int, bytes]:
        parts = urlsplit(url)
        connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, context=self._context, timeout=20)
        try:
            connection.request(method, f"{parts.path}?{parts.query}" if parts.query else parts.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def ask(self, path: str, method: str = "GET", body: Any = None, **options: str) -> tuple[int, bytes]:
        url = path if path.startswith("https:") else self._base + path
        if options:
            url += "?" + "&".join(
                f"{quote(name.replace('_', '$', 1), safe='$')}={quote(value)}" for name, value in options.items()
            )
        return self._send(method, url, self._headers, None if body is None else json.dumps(body))

    def read(self, path: str, **options: str) -> Any:
        status, answer = self.ask(path, **options)
        assert status == 200, answer
        return json.loads(answer)["d"]

    def ids(self, path: str, key: str = "Id", **options: str) -> list[str]:
        return [item[key] for item in self.read(path, **options)["results"]]

    def error(self, path: str, **options: str) -> tuple[int, str]:
        status, answer = self.ask(path, **options)
        return status, json.loads(answer)["error"]["message"]["value"]


@pytest.fixture(scope="module")
def tenant() -> Iterator[LocalTenant]:
    with LocalTenant(LANDSCAPE, deploy_seconds=0.06) as running:
        yield running
    assert running.errors == []


@pytest.fixture(scope="module")
def client(tenant: LocalTenant) -> Client:
    return Client(tenant)


def until(look: Callable[[], Any], seconds: float = 10.0) -> Any:
    deadline, never = time.monotonic() + seconds, threading.Event()
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise TimeoutError("it did not happen")
        never.wait(0.005)
    return seen


def design(flow_id: str, version: str = "active") -> str:
    return f"/IntegrationDesigntimeArtifacts(Id='{flow_id}',Version='{version}')"


def test_one_deployed_flow_in_both_key_forms(client: Client) -> None:
    for key in ("('orders')", "(Id='orders')", "%28%27orders%27%29"):
        entry = client.read(f"/IntegrationRuntimeArtifacts{key}")
        assert {name: entry[name] for name in ("Id", "Version", "Name", "Type", "Status")} == {
            "Id": "orders", "Version": "1.0.2", "Name": "Orders", "Type": "INTEGRATION_FLOW", "Status": "STARTED",
        }  # fmt: skip
        assert entry["DeployedOn"].startswith("/Date(")
        assert entry["ErrorInformation"]["__deferred"]["uri"].endswith(
            "/IntegrationRuntimeArtifacts('orders')/ErrorInformation"
        )
    assert client.read("/IntegrationRuntimeArtifacts('it''s')")["Id"] == "it's"
    assert client.read("/IntegrationRuntimeArtifacts('orders')", _select="Status").keys() == {"__metadata", "Status"}


def test_not_deployed_hidden_and_unknown(client: Client, tenant: LocalTenant) -> None:
    for flow_id in ("new", "secret", "missing"):
        assert client.error(f"/IntegrationRuntimeArtifacts('{flow_id}')") == (
            404,
            "Requested entity could not be found.",
        )
    tenant.runtime.options["not_found_status"] = 500
    assert client.error("/IntegrationRuntimeArtifacts('new')") == (500, "Requested entity could not be found.")
    tenant.runtime.options["not_found_status"] = 404


def test_listing_options_of_runtime_artifacts(client: Client) -> None:
    path = "/IntegrationRuntimeArtifacts"
    assert client.ids(path, _orderby="Id") == ["draft", "gone", "it's", "orders", "standard"]
    assert client.ids(path, _orderby="Id desc", _top="2", _skip="1") == ["orders", "it's"]
    assert client.ids(path, _filter="Id eq 'orders' or Name eq 'gone'") == ["orders", "gone"]
    assert client.ids(path, _filter="Id eq 'it''s'") == ["it's"]
    assert client.read(path, _inlinecount="allpages", _top="1")["__count"] == "5"
    assert client.ask(f"{path}/$count") == (200, b"5")
    assert client.ask(f"{path}/$count", _filter="Version ne '1.0.0'") == (200, b"1")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ({"_filter": "DeployedOn gt datetime'2026-01-01T00:00:00'"}, 400),
        ({"_filter": "Id eq 'a' and Id eq 'b'"}, 400),
        ({"_filter": "(Id eq 'a')"}, 400),
        ({"_filter": "startswith(Id,'a')"}, 400),
        ({"_filter": "Id eq 'a' or"}, 400),
        ({"_filter": "Id eq a"}, 400),
        ({"_orderby": "Package"}, 400),
        ({"_select": "Package"}, 400),
        ({"_top": "-1"}, 400),
        ({"_inlinecount": "all"}, 400),
        ({"_expand": "ErrorInformation"}, 501),
    ],
)
def test_what_the_specification_does_not_offer(client: Client, options: dict[str, str], status: int) -> None:
    assert client.ask("/IntegrationRuntimeArtifacts", **options)[0] == status


@pytest.mark.parametrize("version", ["active", "Active", "1.0.2"])
def test_deploy_and_its_task(client: Client, tenant: LocalTenant, version: str) -> None:
    before = client.read("/IntegrationRuntimeArtifacts('orders')")["DeployedOn"]
    status, task = client.ask(f"/DeployIntegrationDesigntimeArtifact?Id='orders'&Version=%27{version}%27", "POST")
    assert status == 202
    assert len(task) == 36
    seen = set()
    for key in (f"('{task.decode()}')", f"(TaskId='{task.decode()}')"):

        def done(key: str = key) -> bool:
            answer = client.read(f"/BuildAndDeployStatus{key}")
            seen.add(answer["Status"])
            return bool(answer["Status"] == "SUCCESS") and answer["TaskId"] == task.decode()

        until(done)
    assert seen <= {"DEPLOYING", "SUCCESS"}
    until(lambda: tenant.runtime.tasks[task.decode()].done)
    after = client.read("/IntegrationRuntimeArtifacts('orders')")
    assert (after["Status"], after["DeployedBy"]) == ("STARTED", tenant.service_key["oauth"]["clientid"])
    assert int(after["DeployedOn"][6:-2]) > int(before[6:-2])


def test_what_cannot_be_deployed(client: Client) -> None:
    def deploy(options: str) -> tuple[int, str]:
        status, answer = client.ask(f"/DeployIntegrationDesigntimeArtifact?{options}", "POST")
        return status, json.loads(answer)["error"]["message"]["value"]

    unknown = (404, "Integration design time artifact not found.")
    for flow_id in ("gone", "secret", "missing"):
        assert deploy(f"Id='{flow_id}'&Version='active'") == unknown
    assert deploy("Id='orders'&Version='1.0.1'") == unknown
    assert deploy("Id='orders'")[0] == 400
    assert client.ask("/IntegrationRuntimeArtifacts", "POST", {"Id": "orders"})[0] == 501
    assert client.ask("/BuildAndDeployStatus('none')")[0] == 404
    assert client.ask("/ValidateIntegrationDesigntimeArtifact?Id='gone'&Version='active'", "POST")[0] == 404
    assert client.ask("/ValidateIntegrationDesigntimeArtifact?Id='orders'&Version='active'", "POST") == (202, b"")


def test_error_information_is_not_ready_at_once(client: Client, tenant: LocalTenant) -> None:
    tenant.runtime.plan_deployment("it's", outcome="error", error="no consumer")
    _unused, task = client.ask("/DeployIntegrationDesigntimeArtifact?Id='it''s'&Version='active'", "POST")
    until(lambda: tenant.runtime.tasks[task.decode()].done)
    assert client.read("/IntegrationRuntimeArtifacts('it''s')")["Status"] == "ERROR"
    path = "/IntegrationRuntimeArtifacts('it''s')/ErrorInformation/$value"
    assert client.ask(path) == (204, b"")
    status, answer = client.ask(path)
    document = json.loads(answer)
    assert status == 200
    assert document["message"]["subsytemPartName"] == "CONTENT_DEPLOY"
    inner = json.loads(document["parameter"][0])
    assert inner["message"] == "ERROR"
    assert inner["childMessageInstances"][0]["message"]["messageText"] == "no consumer"
    _unused, task = client.ask("/DeployIntegrationDesigntimeArtifact?Id='it''s'&Version='active'", "POST")
    until(lambda: tenant.runtime.tasks[task.decode()].done)


def test_undeploy(client: Client, tenant: LocalTenant) -> None:
    assert client.ask("/IntegrationRuntimeArtifacts('standard')", "DELETE") == (202, b"")
    until(lambda: client.ask("/IntegrationRuntimeArtifacts('standard')")[0] == 404)
    assert client.ask("/IntegrationRuntimeArtifacts('standard')", "DELETE")[0] == 404
    task = tenant.runtime.deploy("standard", "active", "me")
    until(lambda: tenant.runtime.tasks[task].done)


def test_packages_and_their_flows(client: Client) -> None:
    assert client.ids("/IntegrationPackages") == ["landscape", "sales", "sap"]
    assert client.ids("/IntegrationPackages", _top="1", _skip="1") == ["sales"]
    package = client.read("/IntegrationPackages('sap')")
    assert (package["Name"], package["Mode"]) == ("SAP Content", "READ_ONLY")
    assert client.ask("/IntegrationPackages('policy')")[0] == 404
    found = client.read("/IntegrationPackages('sales')/IntegrationDesigntimeArtifacts")["results"]
    assert {flow["Id"]: flow["Version"] for flow in found} == {
        "orders": "1.0.2",
        "draft": "Active",
        "new": "1.0.0",
        "it's": "1.0.0",
    }
    assert client.ask("/IntegrationDesigntimeArtifacts")[0] in (404, 405)  # the set itself cannot be listed


def test_design_time_artifact(client: Client) -> None:
    for version in ("active", "1.0.2"):
        flow = client.read(design("orders", version))
        assert (flow["Id"], flow["Version"], flow["PackageId"], flow["ArtifactContent"]) == (
            "orders",
            "1.0.2",
            "sales",
            None,
        )
        assert flow["ModifiedAt"].isdigit()
    assert client.ask(design("orders", "1.0.1"))[0] == 404
    assert client.ask(design("gone"))[0] == 404
    assert client.ask(design("secret"))[0] == 404
    assert client.ask(design("orders"), _select="Version")[0] == 200
    assert client.ask(design("orders"), _select="ModifiedAt")[0] == 400


def test_bundles(client: Client, tenant: LocalTenant) -> None:
    status, answer = client.ask(design("orders") + "/$value")
    assert status == 200
    with zipfile.ZipFile(io.BytesIO(answer)) as archive:
        assert "META-INF/MANIFEST.MF" in archive.namelist()
    assert client.ask(design("standard") + "/$value")[0] == 403
    path = "/IntegrationRuntimeArtifacts('orders')/$value"
    assert client.ask(path)[0] == 501
    tenant.runtime.options["deployed_bundles"] = True
    assert client.ask(path) == (200, tenant.runtime.artifact("orders").bundle)
    tenant.runtime.options["deployed_bundles"] = False


def test_configurations(client: Client, tenant: LocalTenant) -> None:
    path = design("orders") + "/Configurations"
    found = client.read(path)["results"]
    assert [(one["ParameterKey"], one["ParameterValue"], one["DataType"]) for one in found] == [
        ("Host name", "x", "xsd:string"),
        ("B", "", "xsd:string"),
    ]
    assert client.ids(path, "ParameterKey", _orderby="ParameterKey") == ["B", "Host name"]
    assert client.ids(path, "ParameterKey", _filter="substringof('ost',ParameterKey) eq true") == ["Host name"]
    assert client.ids(path, "ParameterKey", _filter="ParameterKey ne 'B'") == ["Host name"]
    assert client.ask(f"{path}/$count") == (200, b"2")
    before = client.read(design("orders"))["ModifiedAt"]
    link = design("orders") + "/$links/Configurations('Host%20name')"
    assert client.ask(link, "PUT", {"ParameterValue": "y", "DataType": "xsd:string"}) == (202, b"")
    assert client.read(path)["results"][0]["ParameterValue"] == "y"
    assert client.read(design("orders"))["ModifiedAt"] > before
    assert client.read(design("orders"))["Version"] == "1.0.2"  # the number says nothing about it
    assert tenant.runtime.artifact("orders").parameters["Host name"] == "x"  # until the next deployment
    _unused, bundle = client.ask(design("orders") + "/$value")
    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        assert b"Host\\ name=y" in archive.read("src/main/resources/parameters.prop")
    assert client.ask(design("orders") + "/$links/Configurations('C')", "PUT", {"ParameterValue": "y"})[0] == 404


def test_locks_and_versions(client: Client, tenant: LocalTenant) -> None:
    assert client.ids("/IntegrationDesigntimeLocks", "ArtifactId") == ["draft"]
    assert client.ask("/IntegrationDesigntimeLocks('draft')", "DELETE")[0] == 200
    assert client.ids("/IntegrationDesigntimeLocks", "ArtifactId") == []
    assert client.ask("/IntegrationDesigntimeArtifactSaveAsVersion?Id='draft'&SaveAsVersion='1.0.1'", "POST") == (
        200,
        b"",
    )
    assert client.read(design("draft"))["Version"] == "1.0.1"
    tenant.runtime.edit("draft", version="1.0.0", draft=True, locked=True)


def test_a_directory_of_bundles(tenant: LocalTenant, tmp_path: Any) -> None:
    bundle = tenant.runtime.design["orders"].bundle
    (tmp_path / "anything.zip").write_bytes(bundle)
    (tmp_path / "hostile.zip").write_bytes(b"no zip at all")
    with zipfile.ZipFile(io.BytesIO(tenant.runtime.design["new"].bundle)) as archive:
        archive.extractall(tmp_path / "unpacked")
    (tmp_path / "landscape.json").write_text(json.dumps({"flows": [{"bundle": "anything.zip", "draft": True}]}))
    with LocalTenant(tmp_path) as other:
        client = Client(other)
        assert client.ids("/IntegrationRuntimeArtifacts", _orderby="Id") == ["hostile", "new", "orders"]
        assert client.ask(design("orders") + "/$value") == (200, bundle)
        assert client.ask(design("hostile") + "/$value") == (200, b"no zip at all")
        assert client.read(design("orders"))["Version"] == "Active"


def test_roles(tmp_path: Any) -> None:
    with LocalTenant(LANDSCAPE, roles=["MonitoringDataRead"]) as limited:
        client = Client(limited)
        assert client.ask("/IntegrationRuntimeArtifacts")[0] == 200
        assert client.ask("/DeployIntegrationDesigntimeArtifact?Id='orders'&Version='active'", "POST") == (403, b"")
        assert client.ask("/IntegrationRuntimeArtifacts('orders')", "DELETE") == (403, b"")
        assert client.ask("/IntegrationPackages") == (403, b"")


@pytest.fixture(scope="module")
def sending() -> Iterator[LocalTenant]:
    """Two flows with one message after the other: one arrives, one is not trusted."""
    root = make_root()
    with LocalReceiver(["127.0.0.8"], credential=issue(root, "x", hosts=["good.example", "bad.example"])) as receiver:
        flows = [
            {
                "id": name,
                "name": name.title(),
                "package": "p",
                "messages_per_second": 30,
                "channels": [{"address": f"https://{host}:{receiver.port}/"}],
            }
            for name, host in (("good", "good.example"), ("bad", "other.example"))
        ]
        flows.append({**flows[0], "id": "silent", "log_level": "NONE"})
        names = {name: ["127.0.0.8"] for name in ("good.example", "other.example")}
        tenant = LocalTenant({"flows": flows, "resolve": names})
        tenant.seed_certificate("root", root.der)
        with tenant:
            until(lambda: len(tenant.messages()) >= 30)
            tenant.runtime.stop()
            yield tenant
    assert tenant.errors == []


def logs(client: Client, **options: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.read("/MessageProcessingLogs", **options)["results"]
    return found


def test_message_logs_of_a_flow(sending: LocalTenant) -> None:
    client = Client(sending)
    good = logs(client, _filter="IntegrationArtifact/Id eq 'good' and Status eq 'COMPLETED'", _orderby="LogEnd desc")
    assert len(good) == sum(m["flow_id"] == "good" and m["status"] == "COMPLETED" for m in sending.messages())
    assert [log["LogEnd"] for log in good] == sorted((log["LogEnd"] for log in good), reverse=True)
    assert good[0]["IntegrationArtifact"] == {
        "Id": "good",
        "Name": "Good",
        "Type": "INTEGRATION_FLOW",
        "PackageId": "p",
        "PackageName": "p",
    }
    assert logs(client, _filter="IntegrationFlowName eq 'good' and Status eq 'COMPLETED'", _top="1")
    assert client.ask(
        "/MessageProcessingLogs/$count", _filter="IntegrationArtifact/Id eq 'good' and Status eq 'COMPLETED'"
    ) == (
        200,
        str(len(good)).encode(),
    )
    assert logs(client, _filter="IntegrationArtifact/Id eq 'silent'") == []


def test_message_logs_since_a_moment(sending: LocalTenant) -> None:
    client = Client(sending)
    ends = sorted(m["end"] for m in sending.messages() if m["flow_id"] == "good")
    moment = ends[len(ends) // 2][:-6]  # without the zone
    found = logs(client, _filter=f"IntegrationArtifact/Id eq 'good' and LogEnd ge datetime'{moment}'")
    assert len(found) == len([end for end in ends if end[:-6] >= moment])


def test_the_error_of_a_message(sending: LocalTenant) -> None:
    client = Client(sending)
    (failed,) = logs(
        client, _filter="(Status eq 'FAILED' or Status eq 'RETRY') and IntegrationArtifact/Id eq 'bad'", _top="1"
    )
    path = f"/MessageProcessingLogs('{failed['MessageGuid']}')"
    status, text = client.ask(f"{path}/ErrorInformation/$value")
    assert status == 200
    assert b"No subject alternative DNS name matching other.example found" in text
    assert client.read(f"{path}/ErrorInformation")["LastErrorModelStepId"] == "MessageFlow_1"
    assert client.read(path)["Status"] == "FAILED"
    (good,) = logs(client, _filter="Status eq 'COMPLETED'", _top="1")
    assert client.ask(f"/MessageProcessingLogs('{good['MessageGuid']}')/ErrorInformation/$value")[0] == 404
    assert client.ask("/MessageProcessingLogs('none')")[0] == 404


@pytest.mark.parametrize(
    "options",
    [
        {"_orderby": "Status"},
        {"_filter": "IntegrationArtifact/Id ne 'good'"},
        {"_filter": "LogEnd ge '2026-01-01T00:00:00'"},
        {"_filter": "LogEnd ge datetime'2026-01-01T00:00:00Z'"},
        {"_filter": "Status gt 'A'"},
        {"_filter": "Unknown eq 'A'"},
        {"_select": "Unknown"},
    ],
)
def test_refused_questions_about_messages(sending: LocalTenant, options: dict[str, str]) -> None:
    status, text = Client(sending).error("/MessageProcessingLogs", **options)
    assert status == 400
    if "_orderby" in options:
        assert text == "Invalid order by expression"


def test_pages_of_a_thousand(sending: LocalTenant) -> None:
    client = Client(sending)
    logs_of_runtime = sending.runtime.logs
    template = logs_of_runtime.all("good")[0]
    for _unused in range(2100):
        logs_of_runtime.add(replace(template, guid=logs_of_runtime.new_guid(), flow_id="many"))
    options = {"_filter": "IntegrationArtifact/Id eq 'many'", "_inlinecount": "allpages", "_orderby": "LogEnd desc"}
    page = client.read("/MessageProcessingLogs", **options)
    sizes, guids = [], set()
    while True:
        sizes.append(len(page["results"]))
        guids |= {log["MessageGuid"] for log in page["results"]}
        if "__next" not in page:
            break
        page = client.read(page["__next"])
    assert sizes == [1000, 1000, 100]
    assert len(guids) == 2100
    assert page["__count"] == "2100"
