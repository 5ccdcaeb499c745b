# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers as SAP documents them or as tenants gave them, with the source of each.

They are the third opinion between the client and the local tenant: both are held against them, so that neither of the
two defines what is true.
"""

from __future__ import annotations

from typing import Any

__all__ = [
    "BUILD_STATUS",
    "CHAIN_CERTIFICATES",
    "CHAIN_FOR_ANOTHER_KEY",
    "DEPLOYED_FLOWS",
    "DESIGN_TIME_FLOW",
    "ENTRIES",
    "ERROR_INFORMATION",
    "EXISTS_OBSERVED",
    "EXISTS_SPECIFIED",
    "FORBIDDEN",
    "HISTORY",
    "MESSAGE_LOGS",
    "NOT_A_KEY_PAIR",
    "NOT_DEPLOYED_OBSERVED",
    "NOT_FOUND",
    "NOT_IMPORTED",
    "TASK",
]


def _error(code: str, text: str | None) -> dict[str, Any]:
    return {"error": {"code": code, "message": {"lang": "en", "value": text}}}


_KEY_PAIR: dict[str, Any] = {
    "Hexalias": "313233",
    "Alias": "123",
    "KeyType": "RSA",
    "KeySize": 2048,
    "ValidNotBefore": "/Date(1496732924000)/",
    "ValidNotAfter": "/Date(1559804924000)/",
    "SerialNumber": "0x11F11",
    "SignatureAlgorithm": "SHA256withRSA",
    "EllipticCurve": None,
    "Validity": None,
    "SubjectDN": "CN=sandbox.api.sap.com, OU=Hana Cloud Integration, O=SAP, C=DE",
    "IssuerDN": "CN=sandbox.api.sap.com, O=SAP, L=Walldorf, C=DE",
    "Version": 3,
    "FingerprintSha1": "0D:56:9B:A2:...:E5:30",
    "FingerprintSha256": "84:2D:B8:16:...:B4:07",
    "FingerprintSha512": "97:0E:B0:69:...:59:63",
    "Type": "Key Pair",
    "Owner": "Tenant Administrator",
    "LastModifiedBy": "Tester",
    "LastModifiedTime": "/Date(1552296324222)/",
    "CreatedBy": "Tester",
    "CreatedTime": "/Date(1552296324222)/",
    "Status": "unchanged",
}

# SecurityContent.json, GET /KeystoreEntries, example of 200
ENTRIES = {
    "d": {
        "results": [
            _KEY_PAIR,
            {
                **_KEY_PAIR,
                "Hexalias": "7361705F746573745F6365727469666963617465",
                "Alias": "sap_test_certificate",
                "SerialNumber": "0x401AC46421B31321030EBBE4121AC511",
                "SubjectDN": 'CN=sandbox.api.sap.com, OU="(c) 2008 VeriSign, Inc. - For authorized use only", C=DE',
                "Type": "Certificate",
                "Owner": "SAP",
                "LastModifiedBy": "SAP",
                "LastModifiedTime": "/Date(1520428902229)/",
                "CreatedBy": "SAP",
                "CreatedTime": "/Date(1511772316818)/",
            },
        ]
    }
}

# SecurityContent.json, GET /HistoryKeystoreEntries, example of 200
HISTORY = {
    "d": {
        "results": [
            {
                **_KEY_PAIR,
                "Hexalias": "5B325D5F7361705F74657374",
                "Alias": "[2]_sap_test",
                "Owner": "SAP",
                "ActivatedBy": "SAP",
                "ActiveFrom": "/Date(1552047781090)/",
                "DeactivatedBy": "SAP",
                "ActiveUntil": "/Date(1552049073142)/",
                "ActivationSequenceNumber": 2,
                "OriginalAlias": "sap_test",
            }
        ]
    }
}

# SecurityContent.json, GET /KeystoreEntries('{Hexalias}')/ChainCertificates, example of 200: the top CA has index 0
CHAIN_CERTIFICATES = {
    "d": {
        "results": [
            {"Hexalias": "61", "Alias": "a", "Index": 0, "FingerprintSha256": "CB:3C:CB:B7:...:CB:5F"},
            {"Hexalias": "61", "Alias": "a", "Index": 1, "FingerprintSha256": "8F:AC:57:64:...:63:9B"},
            {"Hexalias": "61", "Alias": "a", "Index": 2, "FingerprintSha256": "CF:36:B4:8F:...:3A:51"},
        ]
    }
}

# SecurityContent.json, 404 of every operation on one entry
NOT_FOUND = _error("Not Found", "Alias '<alias>' not found in the keystore")
# SecurityContent.json, PUT /CertificateResources('{Hexalias}')/$value, example of 400
EXISTS_SPECIFIED = _error("Bad Request", 'Keystore entry with alias "<alias>" already exists')
# Observed on a tenant for the same request
EXISTS_OBSERVED = _error("Bad Request", 'Entry with alias "<alias>" already exists in keystore "system"')
# SecurityContent.json, responses/403: without the wrapper of the others
FORBIDDEN = {"code": "Forbidden", "message": {"lang": "en", "value": None}}
# 409 of a certificate without a trust path, observed on a tenant: the parsed certificate, no error object
NOT_IMPORTED = {"d": {**_KEY_PAIR, "Type": "Certificate", "Status": "notImported"}}
# 400 of PUT /CertificateChainResources, observed on a tenant
CHAIN_FOR_ANOTHER_KEY = _error(
    "Bad Request", "The public key of the CA Reply is different from the public key of the keystore entry"
)
# SecurityContent.json, PUT /CertificateChainResources('{Hexalias}')/$value, example of 400
NOT_A_KEY_PAIR = _error("Bad Request", 'Alias "<alias>" does not represent a Key Pair')

# IntegrationContent.json, GET /IntegrationRuntimeArtifacts, example of 200, and one artifact of another type
DEPLOYED_FLOWS = {
    "d": {
        "results": [
            {
                "Id": "IntegrationFlow_MessageStore_COMPLETED_PROCESSING",
                "Version": "1.0.0",
                "Name": "Integration Flow with MessageStore - COMPLETED PROCESSING",
                "Type": "INTEGRATION_FLOW",
                "DeployedBy": "Tester",
                "DeployedOn": "/Date(1521463557739)/",
                "Status": "STARTED",
                "ErrorInformation": {"__deferred": {"uri": "https://sandbox.api.sap.com/cpi/api/v1/X('1')"}},
            },
            {
                "Id": "IntegrationFlow_FAILED_DEPLOYMENT",
                "Version": "1.0.0",
                "Name": "Integration Flow - FAILED DEPLOYMENT",
                "Type": "INTEGRATION_FLOW",
                "DeployedBy": "Tester",
                "DeployedOn": "/Date(1523008750999)/",
                "Status": "ERROR",
                "ErrorInformation": {"__deferred": {"uri": "https://sandbox.api.sap.com/cpi/api/v1/X('2')"}},
            },
            {
                "Id": "vm",
                "Version": "1.0.0",
                "Name": "vm",
                "Type": "VALUE_MAPPING",
                "DeployedBy": "Tester",
                "DeployedOn": "/Date(1523008750999)/",
                "Status": "STARTED",
            },
        ]
    }
}

# The text was observed on tenants since December 2024, with a status other than 404; the code is made up here
NOT_DEPLOYED_OBSERVED = _error("Internal Server Error", "Requested entity could not be found.")

# 202 of POST /DeployIntegrationDesigntimeArtifact, observed on a tenant: bare text
TASK = "2f93475d-9c44-4175-6b13-3f0b2c26e246"

# IntegrationContent.json, GET /BuildAndDeployStatus(TaskId='{taskId}')
BUILD_STATUS = {
    "d": {"__metadata": {"type": "com.sap.hci.api.BuildAndDeployStatus"}, "TaskId": TASK, "Status": "SUCCESS"}
}

# GET /IntegrationRuntimeArtifacts('{Id}')/ErrorInformation/$value: the outer shape was observed, the
# inner message is made up here
ERROR_INFORMATION = (
    '{"message":{"subsystemName":"CONTENT","subsytemPartName":"CONTENT_DEPLOY","messageId":"InstanceError",'
    '"messageText":""},"parameter":["{\\"message\\":\\"ERROR\\",\\"childMessageInstances\\":[{\\"message\\":'
    '{\\"subsystemName\\":\\"CONTENT\\",\\"messageText\\":\\"Validation of the artifact failed\\"}}]}"]}'
)

# IntegrationContent.json, GET /IntegrationDesigntimeArtifacts(Id='{Id}',Version='{Version}'), example of 200;
# ModifiedAt and ModifiedBy from a tenant's metadata
DESIGN_TIME_FLOW = {
    "d": {
        "Id": "IntegrationFlowWithConfiguration",
        "Version": "1.0.5",
        "PackageId": "PackageforAdapterTest",
        "Name": "Configuration Integration Flow",
        "Description": " ",
        "Sender": "",
        "Receiver": "",
        "ModifiedBy": "Tester",
        "ModifiedAt": "1521463557739",
        "ArtifactContent": None,
    }
}

# MessageProcessingLogs.json, GET /MessageProcessingLogs, example of 200
MESSAGE_LOGS = {
    "d": {
        "results": [
            {
                "MessageGuid": "AFq478Bblxi4wCjBcDb_G0vAGGZG",
                "CorrelationId": "AFq478Bmn-aPieAWVy0mMGPLWsjx",
                "LogStart": "/Date(1522069440003)/",
                "LogEnd": "/Date(1522069440200)/",
                "IntegrationFlowName": "IntegrationFlow_AdapterData_FAILED_PROCESSING",
                "Status": "FAILED",
                "IntegrationArtifact": {
                    "Id": "IntegrationFlow_AdapterData_FAILED_PROCESSING",
                    "Name": "Integration Flow with Adapter Data - FAILED PROCESSING",
                    "Type": "INTEGRATION_FLOW",
                    "PackageId": "PackageId",
                    "PackageName": "PackageName",
                },
                "LogLevel": "INFO",
                "CustomStatus": "FAILED",
            }
        ]
    }
}
