# Copyright (c) 2026, the certops.sap_cloud_integration authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The service document and ``$metadata`` (EDMX 1.0, OData V2).

The keystore's types are those of a tenant's own ``$metadata``, lengths included; the other types are as far as the
API specifications go. The service document lists 25 sets alone, none of the keystore's (observed on a tenant).
"""

from __future__ import annotations

import json
from xml.sax.saxutils import quoteattr

from .http import Answer, Request

__all__ = ["METADATA", "service_document"]

_LISTED = (
    "MessageProcessingLogs",
    "MessageProcessingLogAdapterAttributes",
    "MessageProcessingLogAttachments",
    "MessageProcessingLogCustomHeaderProperties",
    "MessageProcessingLogErrorInformations",
    "MessageProcessingLogRuns",
    "MessageProcessingLogRunSteps",
    "MessageProcessingLogRunStepProperties",
    "MessageStoreEntries",
    "MessageStoreEntryAttachments",
    "MessageStoreEntryAttachmentProperties",
    "MessageStoreEntryProperties",
    "TraceMessages",
    "TraceMessageProperties",
    "TraceMessageExchangeProperties",
    "IdMapFromIds",
    "IdMapFromId2s",
    "IdMapToIds",
    "LogFiles",
    "LogFileArchives",
    "ArchivingConfigurations",
    "ArchivingKeyPerformanceIndicators",
    "ExternalLoggingActivationStatus",
    "AccessPolicies",
    "ArtifactReferences",
)

_CERTIFICATE = (
    "KeyType:String:30 KeySize:Int32 ValidNotBefore:DateTimeOffset ValidNotAfter:DateTimeOffset "
    "SerialNumber:String:256 "
    "SignatureAlgorithm:String:60 EllipticCurve:String:500 Validity:String:1000 SubjectDN:String:50000 "
    "IssuerDN:String:50000 Version:Int32 "
    "FingerprintSha1:String:200 FingerprintSha256:String:200 FingerprintSha512:String:200"
)
_SUBJECT = (
    "CommonName:String:500 OrganizationUnit:String:500 Organization:String:500 Locality:String:500 "
    "State:String:500 Country:String:2 "
    "Email:String:500 ValidNotBefore:DateTimeOffset ValidNotAfter:DateTimeOffset"
)
_DESIGN = (
    "PackageId:String Name:String Description:String Sender:String Receiver:String ArtifactContent:Binary "
    "ModifiedAt:String ModifiedBy:String CreatedAt:String CreatedBy:String"
)

# name: (base type, key, properties as Name:Type[:MaxLength], navigation as Name>Type[*], has a stream)
_TYPES: dict[str, tuple[str, str, str, str, bool]] = {
    "KeystoreEntryAlias": ("", "Hexalias", "Hexalias:String:2000 Alias:String:250!", "", False),
    "KeystoreEntryCertificatePartBase": ("KeystoreEntryAlias", "", _CERTIFICATE, "", False),
    "KeystoreEntryCertificatePart": ("KeystoreEntryCertificatePartBase", "", "", "", False),
    "KeystoreEntry": (
        "KeystoreEntryCertificatePart",
        "",
        (
            "Type:String:30 Owner:String:30 LastModifiedBy:String:150 LastModifiedTime:DateTimeOffset "
            "CreatedBy:String:150 CreatedTime:DateTimeOffset Status:String:500"
        ),
        (
            "ChainCertificates>ChainCertificate* Certificate>CertificateResource Sshkey>SSHKeyResource "
            "Keystore>Keystore ChainResource>CertificateChainResource "
            "SigningRequest>CertificateSigningRequest"
        ),
        False,
    ),
    "HistoryKeystoreEntry": (
        "KeystoreEntry",
        "",
        (
            "ActivatedBy:String:150 ActiveFrom:DateTimeOffset DeactivatedBy:String:150 "
            "ActiveUntil:DateTimeOffset ActivationSequenceNumber:Int32 OriginalAlias:String:250"
        ),
        "",
        False,
    ),
    "ChainCertificate": (
        "",
        "Hexalias Index",
        f"Hexalias:String:2000 Index:Int32 Alias:String:250 {_CERTIFICATE.replace('String:256', 'String:66')}",
        "KeystoreEntry>KeystoreEntry",
        False,
    ),
    "CertificateResource": ("KeystoreEntryAlias", "", "", "", True),
    "CertificateChainResource": ("KeystoreEntryAlias", "", "", "", True),
    "SSHKeyResource": ("KeystoreEntryAlias", "", "", "", True),
    "CertificateSigningRequest": ("", "Hexalias", "Hexalias:String:2000", "", True),
    "Keystore": (
        "",
        "Name",
        "Name:String:100 Size:Int32 LastModifiedBy:String:150 LastModifiedTime:DateTimeOffset",
        "Entries>KeystoreEntry*",
        False,
    ),
    "KeystoreResource": (
        "",
        "Name",
        "Name:String:100 Resource:Binary:6291456 Password:String:300 Aliases:String:2097152",
        "",
        False,
    ),
    "KeyPairResource": ("KeystoreEntryAlias", "", "Password:String:500 Resource:Binary:30072", "", False),
    "KeyPairGenerationRequest": (
        "KeystoreEntryAlias",
        "",
        (
            f"KeyType:String:30 SignatureAlgorithm:String:60 KeySize:Int32 KeyAlgorithmParameter:String:500 "
            f"Extensions:Binary:3000 {_SUBJECT}"
        ),
        "",
        False,
    ),
    "RSAKeyGenerationRequest": (
        "KeystoreEntryAlias",
        "",
        f"RSAFile:Binary:10000 SignatureAlgorithm:String:60 {_SUBJECT}",
        "",
        False,
    ),
    "SSHKeyGenerationRequest": (
        "KeystoreEntryAlias",
        "",
        f"SSHFile:Binary:10000 Password:String:500 {_SUBJECT}",
        "",
        False,
    ),
    "IntegrationRuntimeArtifact": (
        "",
        "Id",
        "Id:String Version:String Name:String Type:String DeployedBy:String DeployedOn:DateTime Status:String",
        "ErrorInformation>RuntimeArtifactErrorInformation",
        True,
    ),
    "RuntimeArtifactErrorInformation": ("", "Id", "Id:String", "", True),
    "IntegrationPackage": (
        "",
        "Id",
        (
            "Id:String Name:String Description:String ShortText:String Version:String Vendor:String "
            "Mode:String SupportedPlatform:String ModifiedBy:String "
            "CreationDate:String ModifiedDate:String CreatedBy:String Products:String Keywords:String "
            "Countries:String Industries:String LineOfBusiness:String"
        ),
        (
            "IntegrationDesigntimeArtifacts>IntegrationDesigntimeArtifact* "
            "ScriptCollectionDesigntimeArtifacts>ScriptCollectionDesigntimeArtifact*"
        ),
        True,
    ),
    "IntegrationDesigntimeArtifact": (
        "",
        "Id Version",
        f"Id:String Version:String {_DESIGN}",
        (
            "Configurations>Configuration* Resources>Resource* "
            "DesignGuidelineExecutionResults>DesignGuidelineExecutionResult*"
        ),
        True,
    ),
    "ScriptCollectionDesigntimeArtifact": (
        "",
        "Id Version",
        (
            "Id:String Version:String PackageId:String Name:String Description:String ArtifactContent:Binary "
            "ModifiedAt:String ModifiedBy:String CreatedAt:String CreatedBy:String"
        ),
        "Resources>Resource*",
        True,
    ),
    "DesignGuidelineExecutionResult": ("", "ExecutionId", "ExecutionId:String ExecutionStatus:String", "", False),
    "Configuration": (
        "",
        "ParameterKey",
        "ParameterKey:String ParameterValue:String DataType:String Description:String",
        "",
        False,
    ),
    "Resource": (
        "",
        "Name ResourceType",
        "Name:String ResourceType:String ReferencedResourceType:String ResourceSize:Int32 ResourceContent:String",
        "",
        True,
    ),
    "IntegrationDesigntimeLock": (
        "",
        "ResourceId",
        (
            "ResourceId:String ArtifactId:String ArtifactName:String ArtifactType:String PackageId:String "
            "PackageName:String CreatedAt:String CreatedBy:String"
        ),
        "",
        False,
    ),
    "BuildAndDeployStatus": ("", "TaskId", "TaskId:String Status:String", "", False),
    "MessageProcessingLog": (
        "",
        "MessageGuid",
        (
            "MessageGuid:String:120 CorrelationId:String:120 ApplicationMessageId:String "
            "ApplicationMessageType:String PredecessorMessageGuid:String LogStart:DateTime "
            "LogEnd:DateTime Sender:String Receiver:String IntegrationFlowName:String Status:String "
            "AlternateWebLink:String IntegrationArtifact:=IntegrationArtifact "
            "LogLevel:String CustomStatus:String ArchivingStatus:String TransactionId:String "
            "PreviousComponentName:String LocalComponentName:String "
            "OriginComponentName:String LastChangeTime:Int64"
        ),
        "ErrorInformation>MessageProcessingLogErrorInformation",
        False,
    ),
    "MessageProcessingLogErrorInformation": (
        "",
        "MessageGuid",
        "MessageGuid:String:120 Type:String LastErrorModelStepId:String",
        "",
        True,
    ),
}

_SETS = {
    "KeystoreEntries": "KeystoreEntry",
    "HistoryKeystoreEntries": "HistoryKeystoreEntry",
    "ChainCertificates": "ChainCertificate",
    "CertificateResources": "CertificateResource",
    "CertificateChainResources": "CertificateChainResource",
    "SSHKeyResources": "SSHKeyResource",
    "CertificateSigningRequests": "CertificateSigningRequest",
    "Keystores": "Keystore",
    "KeystoreResources": "KeystoreResource",
    "KeyPairResources": "KeyPairResource",
    "KeyPairGenerationRequests": "KeyPairGenerationRequest",
    "RSAKeyGenerationRequests": "RSAKeyGenerationRequest",
    "SSHKeyGenerationRequests": "SSHKeyGenerationRequest",
    "IntegrationRuntimeArtifacts": "IntegrationRuntimeArtifact",
    "RuntimeArtifactErrorInformations": "RuntimeArtifactErrorInformation",
    "IntegrationPackages": "IntegrationPackage",
    "IntegrationDesigntimeArtifacts": "IntegrationDesigntimeArtifact",
    "ScriptCollectionDesigntimeArtifacts": "ScriptCollectionDesigntimeArtifact",
    "DesignGuidelineExecutionResults": "DesignGuidelineExecutionResult",
    "Configurations": "Configuration",
    "Resources": "Resource",
    "IntegrationDesigntimeLocks": "IntegrationDesigntimeLock",
    "BuildAndDeployStatus": "BuildAndDeployStatus",
    "MessageProcessingLogs": "MessageProcessingLog",
    "MessageProcessingLogErrorInformations": "MessageProcessingLogErrorInformation",
}


def _property(text: str) -> str:
    name, kind, *length = text.rstrip("!").split(":")
    if kind.startswith("="):
        return f'<Property Name="{name}" Type="com.sap.hci.api.{kind[1:]}" Nullable="false"/>'
    longest = f' MaxLength="{length[0]}"' if length else ""
    return f'<Property Name="{name}" Type="Edm.{kind}"{longest} Nullable="{str(not text.endswith("!")).lower()}"/>'


def _entity_type(name: str) -> str:
    base, key, properties, links, stream = _TYPES[name]
    head = (
        f'<EntityType Name="{name}"'
        + (f' BaseType="com.sap.hci.api.{base}"' if base else "")
        + (' m:HasStream="true"' if stream else "")
        + ">"
    )
    keys = "".join(f'<PropertyRef Name="{part}"/>' for part in key.split())
    parts = [head, f"<Key>{keys}</Key>" if keys else ""]
    parts += [_property(f"{text}!" if text.split(":")[0] in key.split() else text) for text in properties.split()]
    for link in links.split():
        role, _unused, _unused = link.partition(">")
        parts.append(
            f'<NavigationProperty Name="{role}" Relationship="com.sap.hci.api.{name}_{role}" '
            f'FromRole="{name}" ToRole="{role}"/>'
        )
    return "".join(parts) + "</EntityType>"


def _document() -> str:
    types, associations, sets, ends = [], [], [], []
    set_of = {kind: name for name, kind in _SETS.items()}
    for name, (_unused, _unused, _unused, links, _unused) in _TYPES.items():
        types.append(_entity_type(name))
        for link in links.split():
            role, _unused, target = link.partition(">")
            many, target = ("*" if target.endswith("*") else "0..1"), target.rstrip("*")
            associations.append(
                f'<Association Name="{name}_{role}"><End Type="com.sap.hci.api.{name}" Multiplicity="1" Role="{name}"/>'
                f'<End Type="com.sap.hci.api.{target}" Multiplicity="{many}" Role="{role}"/></Association>'
            )
            ends.append(
                f'<AssociationSet Name="{name}_{role}Set" Association="com.sap.hci.api.{name}_{role}">'
                f'<End EntitySet="{set_of[name]}" Role="{name}"/>'
                f'<End EntitySet="{set_of[target]}" Role="{role}"/></AssociationSet>'
            )
    for name, kind in _SETS.items():
        sets.append(f'<EntitySet Name="{name}" EntityType="com.sap.hci.api.{kind}"/>')
    artifact = (
        '<ComplexType Name="IntegrationArtifact">'
        + "".join(_property(f"{name}:String") for name in ("Id", "Name", "Type", "PackageId", "PackageName"))
        + "</ComplexType>"
    )
    functions = "".join(
        f'<FunctionImport Name="{name}" ReturnType="Edm.String" m:HttpMethod="POST">'
        '<Parameter Name="Id" Type="Edm.String" Mode="In"/>'
        '<Parameter Name="Version" Type="Edm.String" Mode="In"/></FunctionImport>'
        for name in ("DeployIntegrationDesigntimeArtifact", "ValidateIntegrationDesigntimeArtifact")
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="1.0" xmlns:edmx="http://schemas.microsoft.com/ado/2007/06/edmx">'
        '<edmx:DataServices m:DataServiceVersion="2.0" xmlns:m="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
        '<Schema Namespace="com.sap.hci.api" xmlns="http://schemas.microsoft.com/ado/2008/09/edm">'
        + "".join(types)
        + artifact
        + "".join(associations)
        + '<EntityContainer Name="EntityContainer" m:IsDefaultEntityContainer="true">'
        + "".join(sets)
        + functions
        + "".join(ends)
        + "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )


METADATA = _document()


def service_document(request: Request) -> Answer:
    """Also where clients fetch their CSRF token (API specification: CSRF Token Handling)."""
    if request.wants_json:
        return Answer.media(json.dumps({"d": {"EntitySets": list(_LISTED)}}).encode(), "application/json;charset=utf-8")
    listed = "".join(f'<collection href="{name}"><atom:title>{name}</atom:title></collection>' for name in _LISTED)
    document = (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<service xml:base={quoteattr(request.base_url + "/")} xmlns="http://www.w3.org/2007/app" '
        f'xmlns:atom="http://www.w3.org/2005/Atom"><workspace><atom:title>Default</atom:title>{listed}</workspace></service>'
    )
    return Answer.media(document.encode(), "application/atomsvc+xml;charset=utf-8")
