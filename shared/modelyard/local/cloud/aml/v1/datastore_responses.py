"""HTTP of datastores as SDK v1 sees them (``/datastore/v1.0/...``)."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from werkzeug.wrappers import Request

from modelyard.local.cloud.aml import datastore_forms
from modelyard.local.cloud.aml.datastore_forms import CONTAINERS, KEY, PRINCIPAL, SAS, SECRETS
from modelyard.local.cloud.aml.datastores import Datastores
from modelyard.local.cloud.aml.front import listed, refused
from modelyard.local.cloud.aml.workspaces import Workspace
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.front import read_body

Json = dict[str, Any]


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
        form = datastore_forms.of_sdk(body)
        self._datastores.put(workspace, name, form.properties, form.secrets)
        return self._shown(workspace, name)

    def _is_there(self, workspace: Workspace, name: str) -> bool:
        try:
            self._datastores.get(workspace, name)
        except ArmError:
            return False
        return True

    def _shown(self, workspace: Workspace, name: str) -> Json:
        properties = self._datastores.get(workspace, name)["properties"]
        credentials = properties["credentials"]
        kind = credentials["credentialsType"]
        secret = self._datastores.secrets(workspace, name).get(SECRETS[kind])
        return {
            "name": name,
            "dataStoreType": properties["datastoreType"],
            "hasBeenValidated": True,
            "tags": properties["tags"],
            "azureStorageSection": {
                "accountName": properties["accountName"],
                "containerName": properties[CONTAINERS[properties["datastoreType"]]],
                "endpoint": properties["endpoint"],
                "protocol": properties["protocol"],
                "credentialType": kind,
                "credential": secret if kind in (KEY, SAS) else None,
                "isSas": kind == SAS,
                "accountKey": secret if kind == KEY else None,
                "sasToken": secret if kind == SAS else None,
                "clientCredentials": _principal(credentials, secret) if kind == PRINCIPAL else None,
                "blobCacheTimeout": None,
                "areWorkspaceManagedIdentitiesAllowed": False,
                "serviceDataAccessAuthIdentity": "None",
            },
            "azureDataLakeSection": None,
            "azureSqlDatabaseSection": None,
            "azurePostgreSqlSection": None,
            "azureMySqlSection": None,
        }


def _principal(credentials: Json, secret: str | None) -> Json:
    return {
        "tenantId": credentials["tenantId"],
        "clientId": credentials["clientId"],
        "isCertAuth": False,
        "clientSecret": secret,
        "authorityUrl": credentials["authorityUrl"],
        "resourceUri": credentials["resourceUrl"],
    }
