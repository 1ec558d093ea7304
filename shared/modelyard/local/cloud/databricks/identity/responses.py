"""SCIM answers (RFC 7643, RFC 7644; Databricks REST reference, "CurrentUser", "Users",
"ServicePrincipals")."""

from __future__ import annotations

import re
import uuid
from typing import Any

from werkzeug.wrappers import Response

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.api import json_response
from modelyard.local.cloud.databricks.calls import Call, Json
from modelyard.local.cloud.databricks.identity.models import OWNER_ID, Identities

LIST = "urn:ietf:params:scim:api:messages:2.0:ListResponse"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
SERVICE_PRINCIPAL = "urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal"
FILTER = re.compile(r'^\s*(\w+)\s+eq\s+"?([^"]*)"?\s*$', re.IGNORECASE)


class IdentityResponses:
    def __init__(self, identities: Identities) -> None:
        self._identities = identities

    def me(self, call: Call) -> Json:
        caller = self._identities.describe(call.principal)
        return {**_user(caller["name"], caller["id"]), "displayName": caller["display_name"]}

    def list_users(self, call: Call) -> Json:
        users = [_user(name, OWNER_ID) for name in self._identities.users()]
        return _list(_filtered(users, call.text("filter", "")))

    def list_service_principals(self, call: Call) -> Json:
        found = [_service_principal(d) for d in self._identities.service_principals()]
        return _list(_filtered(found, call.text("filter", "")))

    def create_service_principal(self, call: Call) -> Response:
        """Without an ``applicationId`` it is one of Databricks' own, which Entra doesn't know."""
        name = call.text("displayName", "") or None
        if not name and not call.has("applicationId"):
            raise exceptions.missing_field("displayName or applicationId")
        application_id = call.text("applicationId", "") or str(uuid.uuid4())
        document = self._identities.add(application_id, name)
        return json_response(_service_principal(document), 201)

    def get_service_principal(self, _: Call, number: str) -> Json:
        return _service_principal(self._identities.service_principal(number))

    def delete_service_principal(self, _: Call, number: str) -> Response:
        self._identities.remove(number)
        return Response(status=204)


def _user(name: str, number: str) -> Json:
    return {
        "schemas": [USER],
        "id": number,
        "userName": name,
        "displayName": name,
        "emails": [{"type": "work", "value": name, "primary": True}],
        "active": True,
        "groups": [{"display": "admins", "type": "direct", "value": "2", "$ref": "Groups/2"}],
        "entitlements": [{"value": "allow-cluster-create"}],
    }


def _service_principal(document: Json) -> Json:
    return {"schemas": [SERVICE_PRINCIPAL], **document}


def _list(resources: list[Json]) -> Json:
    return {
        "schemas": [LIST],
        "totalResults": len(resources),
        "startIndex": 1,
        "itemsPerPage": len(resources),
        "Resources": resources,
    }


def _filtered(resources: list[Json], expression: str) -> list[Json]:
    """Only ``attribute eq "value"``, which is what clients send."""
    if not expression:
        return resources
    match = FILTER.match(expression)
    if match is None:
        raise exceptions.invalid_parameter(f"Unsupported filter: {expression}")
    attribute, value = match.groups()

    def fits(resource: dict[str, Any]) -> bool:
        named = {key.lower(): str(known) for key, known in resource.items()}
        return named.get(attribute.lower(), "").lower() == value.lower()

    return [resource for resource in resources if fits(resource)]
