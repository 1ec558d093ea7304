"""HTTP of datastores as SDK v1 sees them (``/datastore/v1.0/...``): blob containers alone."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml.datastores import BLOB, Datastores
from modelyard.local.cloud.aml.front import listed, refused
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.front import read_body

Json = dict[str, Any]
_SECRETS = {"AccountKey": "key", "Sas": "sasToken", "None": ""}
"""Kind of a credential -> the name of its secret, as Resource Manager keeps it."""


class DatastoreResponses:
    """The credentials of a datastore go out with it, as they do on Azure."""

    def __init__(self, datastores: Datastores) -> None:
        self._datastores = datastores

    def list(self, _request: Request, workspace: Workspace) -> Json:
        names = [one["name"] for one in self._datastores.list(workspace)["value"]]
        return listed([self._shown(workspace, one) for one in names])

    def get(self, _request: Request, workspace: Workspace, datastore: str) -> Json:
        return self._shown(workspace, datastore)

    def default(self, _request: Request, workspace: Workspace) -> Json:
        return self._shown(workspace, self._datastores.default(workspace))

    def set_default(self, _request: Request, workspace: Workspace, datastore: str) -> Json:
        self._datastores.set_default(workspace, unquote(datastore))
        return self._shown(workspace, self._datastores.default(workspace))

    def create(self, request: Request, workspace: Workspace) -> Json:
        """``createIfNotExists=false`` is an update."""
        body = read_body(request)
        name = str(body.get("name") or "")
        if request.args.get("createIfNotExists", "").lower() == "true" and self._is_there(
            workspace, name
        ):
            raise refused(f"Another datastore with the name {name} exists already.")
        return self._put(workspace, name, body)

    def update(self, request: Request, workspace: Workspace, datastore: str) -> Json:
        return self._put(workspace, datastore, read_body(request))

    def delete(self, _request: Request, workspace: Workspace, datastore: str) -> Json:
        self._datastores.delete(workspace, datastore)
        return {}

    def _put(self, workspace: Workspace, name: str, body: Json) -> Json:
        if body.get("dataStoreType") != BLOB:
            raise refused(f"Datastores of type {body.get('dataStoreType')} aren't emulated.")
        given = body.get("azureStorageSection") or {}
        kind = str(given.get("credentialType") or "None")
        if kind not in _SECRETS:
            raise refused(f"Datastores that sign in by {kind} aren't emulated.")
        properties = {
            "datastoreType": BLOB,
            "accountName": str(given.get("accountName") or ""),
            "containerName": str(given.get("containerName") or ""),
            "endpoint": given.get("endpoint") or "core.windows.net",
            "protocol": given.get("protocol") or "https",
            "credentials": {"credentialsType": kind},
            "description": None,
            "tags": body.get("tags") or {},
            "properties": {},
        }
        if not properties["accountName"] or not properties["containerName"]:
            raise refused(f"Datastore {name}: account and container are required.")
        secrets: Json = {"secretsType": kind}
        if _SECRETS[kind]:
            secrets[_SECRETS[kind]] = given.get("credential")
        self._datastores.put(workspace, name, properties, secrets)
        return self._shown(workspace, name)

    def _is_there(self, workspace: Workspace, name: str) -> bool:
        try:
            self._datastores.get(workspace, name)
        except ArmError:
            return False
        return True

    def _shown(self, workspace: Workspace, name: str) -> Json:
        properties = self._datastores.get(workspace, name)["properties"]
        kind = properties["credentials"]["credentialsType"]
        secrets = self._datastores.secrets(workspace, name)
        secret = secrets.get(_SECRETS.get(kind, "")) or None
        return {
            "name": name,
            "dataStoreType": properties["datastoreType"],
            "hasBeenValidated": True,
            "tags": properties["tags"],
            "azureStorageSection": {
                "accountName": properties["accountName"],
                "containerName": properties["containerName"],
                "endpoint": properties["endpoint"],
                "protocol": properties["protocol"],
                "credentialType": kind,
                "credential": secret,
                "isSas": kind == "Sas",
                "accountKey": secret if kind == "AccountKey" else None,
                "sasToken": secret if kind == "Sas" else None,
                "blobCacheTimeout": None,
                "areWorkspaceManagedIdentitiesAllowed": False,
                "serviceDataAccessAuthIdentity": "None",
            },
            "azureDataLakeSection": None,
            "azureSqlDatabaseSection": None,
            "azurePostgreSqlSection": None,
            "azureMySqlSection": None,
        }
