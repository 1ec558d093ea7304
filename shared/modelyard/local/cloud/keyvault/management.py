"""HTTP of Resource Manager for vaults and role assignments."""

from __future__ import annotations

from typing import Any

from werkzeug.wrappers import Request

from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.json_bodies import json_object
from modelyard.local.cloud.keyvault.access import Access
from modelyard.local.cloud.keyvault.secrets import Secrets
from modelyard.local.cloud.keyvault.vaults import KIND, Vaults

Json = dict[str, Any]


class ManagementResponses:
    """Answers for ``arm.front.guarded``."""

    def __init__(
        self, subscription: Subscription, vaults: Vaults, secrets: Secrets, access: Access
    ) -> None:
        self._subscription = subscription
        self._vaults = vaults
        self._secrets = secrets
        self._access = access

    def list(self, _request: Request, subscription: str) -> Json:
        self._subscription.check(subscription)
        return {"value": self._vaults.all()}

    def list_of_group(self, _request: Request, subscription: str, group: str) -> Json:
        self._subscription.check(subscription, group)
        return {"value": self._vaults.all()}

    def get(self, _request: Request, subscription: str, group: str, name: str) -> Json:
        self._subscription.check(subscription, group)
        return self._vaults.get(name)

    def put(self, request: Request, subscription: str, group: str, name: str) -> Json:
        self._subscription.check(subscription, group)
        return self._vaults.put(name, _body(request))

    def change(self, request: Request, subscription: str, group: str, name: str) -> Json:
        self._subscription.check(subscription, group)
        return self._vaults.change(name, _body(request))

    def delete(self, _request: Request, subscription: str, group: str, name: str) -> Json:
        """Unlike the service's, a deleted vault can't be recovered: its secrets go with it."""
        self._subscription.check(subscription, group)
        self._secrets.forget(self._vaults.get(name))
        self._vaults.delete(name)
        return {}

    def policies(
        self, request: Request, subscription: str, group: str, name: str, kind: str
    ) -> Json:
        """``PUT .../accessPolicies/{add,replace,remove}``."""
        self._subscription.check(subscription, group)
        policies = (_body(request).get("properties") or {}).get("accessPolicies")
        if kind not in ("add", "replace", "remove") or not isinstance(policies, list):
            raise ArmError(400, "BadRequest", "The body needs properties.accessPolicies, a list.")
        vault = self._vaults.change_policies(name, kind, policies)
        return {
            "id": f"{vault['id']}/accessPolicies/",
            "type": f"{KIND}/accessPolicies",
            "properties": {"accessPolicies": vault["properties"]["accessPolicies"]},
        }

    def assignments(self, _request: Request, scope: str) -> Json:
        return {"value": self._access.assignments(f"/{scope}")}

    def assign(self, request: Request, scope: str, assignment: str) -> Json:
        properties = _body(request).get("properties") or {}
        principal, role = properties.get("principalId"), properties.get("roleDefinitionId")
        if not (isinstance(principal, str) and isinstance(role, str)):
            raise ArmError(400, "BadRequest", "principalId and roleDefinitionId are needed.")
        return self._access.assign(f"/{scope}", assignment, principal, role)

    def assign_in_group(
        self, request: Request, subscription: str, group: str, assignment: str
    ) -> Json:
        return self.assign(request, _group(subscription, group), assignment)

    def revoke_in_group(
        self, request: Request, subscription: str, group: str, assignment: str
    ) -> Json:
        return self.revoke(request, _group(subscription, group), assignment)

    def revoke(self, _request: Request, scope: str, assignment: str) -> Json:  # noqa: ARG002
        return self._access.revoke(assignment) or {}


def _group(subscription: str, group: str) -> str:
    return f"subscriptions/{subscription}/resourceGroups/{group}"


def _body(request: Request) -> Json:
    found = json_object(request)
    if found is None:
        raise ArmError(400, "InvalidRequestContent", "The request content isn't a JSON object.")
    return found
