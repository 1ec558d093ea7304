"""What graphs are made of: modules (steps), data sources (references to data), data types."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from modelyard.local.cloud.aml.front import missing
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
MODULES, SOURCES, GRAPHS = "aml-v1-modules", "aml-v1-data-sources", "aml-v1-graphs"
_WHAT: Mapping[str, str] = {MODULES: "Module", SOURCES: "Data source", GRAPHS: "Graph"}
DATA_TYPES = (
    *("AnyFile", "AnyDirectory", "AzureMLDataset", "AzureBlobReference", "AzureFilesReference"),
    *("AzureDataLakeReference", "AzureDataLakeGen2Reference", "AzureSqlDatabaseReference"),
    *("AzurePostgresDatabaseReference", "AzureMySqlDatabaseReference", "DBFSReference"),
)


class Entities:
    """Documents under ids of their own, in every workspace."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    def add(self, workspace: Workspace, collection: str, body: Json) -> Json:
        """A new one."""
        now = stamp(self._cloud.clock.time())
        made = {
            **body,
            "Id": str(uuid.uuid4()),
            "Etag": '"1"',
            "CreatedDate": now,
            "LastModifiedDate": now,
            "EntityStatus": "Active",
        }
        self._cloud.store.put(collection, _key(workspace, made["Id"]), made)
        return made

    def get(self, workspace: Workspace, collection: str, entity: str) -> Json:
        """Raises ArmError when it isn't there."""
        found = self._cloud.store.get(collection, _key(workspace, entity))
        if found is None:
            raise missing(f"{_WHAT.get(collection, 'Pipeline')} {entity}")
        return found

    def change(self, workspace: Workspace, collection: str, entity: str, **fields: Any) -> Json:
        """Set some fields of one. Raises ArmError when it isn't there."""
        with self._cloud.store.lock:
            found = {**self.get(workspace, collection, entity), **fields}
            self._cloud.store.put(collection, _key(workspace, entity), found)
        return found

    def by_hash(self, workspace: Workspace, collection: str, digest: str) -> Json:
        """One that a client made before with the same hash. Raises ArmError when there is none."""
        start = _key(workspace, "")
        for key, one in self._cloud.store.items(collection):
            if key.startswith(start) and one.get("IdentifierHash") == digest:
                return one
        raise missing(f"{_WHAT[collection]} with the hash {digest}")

    def reset(self) -> None:
        for collection in _WHAT:
            self._cloud.store.clear(collection)


def module_of(body: Json) -> Json:
    """A module as it is kept, of what a client sends."""
    named = (
        *("Name", "Description", "ModuleExecutionType", "ModuleType", "StructuredInterface"),
        *("IdentifierHash", "IsDeterministic", "Runconfig", "StepType", "Category", "Properties"),
    )
    return {
        **{name: body.get(name) for name in named},
        "UploadState": "Completed",
        **_storage(body),
    }


def source_of(body: Json) -> Json:
    """A data source as it is kept: a path on a datastore."""
    named = ("Name", "Description", "DataTypeId", "IdentifierHash")
    reference = {
        "Type": "AzureBlob",
        "AzureBlobReference": {
            "AmlDataStoreName": body.get("DataStoreName"),
            "RelativePath": body.get("PathOnDataStore"),
        },
    }
    location = {"StorageType": "AzureBlob", "DataReference": reference}
    kept = {name: body.get(name) for name in named}
    return {**kept, "UploadState": "Completed", "DataLocation": location}


def described(module: Json) -> Json:
    """A module with its interface, as a graph sees it."""
    given = module.get("StructuredInterface") or {}
    return {
        "Data": module,
        "Interface": {
            "Parameters": [
                {
                    "Name": one["Name"],
                    "DefaultValue": one.get("DefaultValue"),
                    "IsOptional": one.get("IsOptional"),
                    "Type": one.get("ParameterType"),
                }
                for one in given.get("Parameters") or ()
            ],
            "MetadataParameters": [
                {"Name": one["Name"], "DefaultValue": one.get("DefaultValue")}
                for one in given.get("MetadataParameters") or ()
            ],
            "DataPathParameters": [],
            "DataPathParameterList": [],
            "Ports": {
                "Inputs": [
                    {"Name": one["Name"], "DataTypesIds": one.get("DataTypeIdsList")}
                    for one in given.get("Inputs") or ()
                ],
                "Outputs": [
                    {"Name": one["Name"], "DataTypeId": one.get("DataTypeId")}
                    for one in given.get("Outputs") or ()
                ],
            },
        },
    }


def data_type(name: str) -> Json:
    """Every kind of data is a folder here."""
    return {
        "Id": name,
        "Name": name,
        "Description": name,
        "IsDirectory": True,
        "ParentDataTypeIds": [],
    }


def _storage(body: Json) -> Json:
    """Where the module's code is: the id of a snapshot."""
    snapshot = body.get("StorageId")
    location = {"StorageType": "Snapshot", "StorageId": snapshot} if snapshot else None
    return {"DataLocation": location}


def _key(workspace: Workspace, entity: str) -> str:
    return f"{workspace.id}/{entity}".lower()
