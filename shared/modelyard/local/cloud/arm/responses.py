"""HTTP of Resource Manager: subscriptions, resource groups, resources and deployments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.deployments import Deployments
from modelyard.local.cloud.arm.front import HOST, read_body, reply
from modelyard.local.cloud.arm.models import LOCATION, Subscription
from modelyard.local.cloud.arm.resources import (
    KINDS,
    MACHINE_LEARNING,
    REGISTRY,
    Resources,
    canonical,
)
from modelyard.local.cloud.credentials import RESOURCE_GROUP

Json = dict[str, Any]


class Groups:
    """Subscriptions, resource groups, providers and the Databricks workspace."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    def subscriptions(self, _request: Request) -> Json:
        value = [self._subscription.describe()]
        return {"value": value, "count": {"type": "Total", "value": len(value)}}

    def subscription(self, _request: Request, subscription: str) -> Json:
        self._subscription.check(subscription)
        return self._subscription.describe()

    def provider(self, _request: Request, subscription: str, namespace: str) -> Json:
        """What can be created, and where."""
        self._subscription.check(subscription)
        kinds = [kind for kind in KINDS if kind.lower().startswith(f"{namespace.lower()}/")]
        if not kinds:
            raise exceptions.no_provider(namespace)
        return {
            "id": f"/subscriptions/{subscription}/providers/{namespace}",
            "namespace": kinds[0].partition("/")[0],
            "registrationState": "Registered",
            "resourceTypes": [
                {"resourceType": kind.partition("/")[2], "locations": [LOCATION], "apiVersions": []}
                for kind in kinds
            ],
        }

    def list(self, _request: Request, subscription: str) -> Json:
        self._subscription.check(subscription)
        return {"value": self._subscription.groups()}

    def get(self, _request: Request, subscription: str, group: str) -> Json:
        self._subscription.check(subscription, group)
        return self._subscription.group(group)

    def exists(self, _request: Request, subscription: str, group: str) -> Response:
        self._subscription.check(subscription, group)
        return Response(status=204)

    def put(self, request: Request, subscription: str, group: str) -> Response:
        self._subscription.check(subscription)
        new = self._subscription.put_group(group, read_body(request))
        return reply(self._subscription.group(group), 201 if new else 200)

    def workspaces(self, _request: Request, subscription: str, group: str = RESOURCE_GROUP) -> Json:
        self._subscription.check(subscription, group)
        here = group.lower() == RESOURCE_GROUP
        return {"value": [self._subscription.workspace()] if here else []}

    def workspace(self, _request: Request, subscription: str, group: str, name: str) -> Json:
        self._subscription.check(subscription, group)
        return self._subscription.workspace(name, group)


class ResourceResponses:
    """Resources of every kind that has no service of its own here."""

    def __init__(self, subscription: Subscription, resources: Resources) -> None:
        self._subscription = subscription
        self._resources = resources

    def list(self, _request: Request, subscription: str, group: str) -> Json:
        self._subscription.check(subscription, group)
        return {"value": list(self._resources.of_group(subscription, group))}

    def get(self, _request: Request, subscription: str, group: str, **which: str) -> Json:
        kind = self._kind(subscription, group, which)
        return self._resources.get(subscription, group, kind, which["name"])

    def put(self, request: Request, subscription: str, group: str, **which: str) -> Response:
        kind = self._kind(subscription, group, which)
        new = self._resources.put(subscription, group, kind, which["name"], read_body(request))
        made = self._resources.get(subscription, group, kind, which["name"])
        return reply(made, 201 if new else 200)

    def delete(self, _request: Request, subscription: str, group: str, **which: str) -> Response:
        kind = self._kind(subscription, group, which)
        gone = self._resources.delete(subscription, group, kind, which["name"])
        return Response(status=200 if gone else 204)

    def keys(self, _request: Request, subscription: str, group: str, **which: str) -> Json:
        kind = self._kind(subscription, group, which)
        found = self._resources.get(subscription, group, kind, which["name"])
        keys = self._resources.keys(found["id"])
        return {
            "keys": [
                {"keyName": f"key{number}", "value": key, "permissions": "FULL"}
                for number, key in enumerate(keys, 1)
            ]
        }

    def _kind(self, subscription: str, group: str, which: dict[str, str]) -> str:
        self._subscription.check(subscription, group)
        kind = canonical(f"{which['namespace']}/{which['type']}")
        if kind in (MACHINE_LEARNING, REGISTRY):  # the local cloud was started without that service
            raise exceptions.no_provider(kind)
        return kind


class DeploymentResponses:
    """Deployments of templates."""

    def __init__(self, subscription: Subscription, deployments: Deployments) -> None:
        self._subscription = subscription
        self._deployments = deployments

    def put(self, request: Request, subscription: str, group: str, name: str) -> Response:
        self._subscription.check(subscription, group)
        properties = read_body(request).get("properties") or {}
        made = self._deployments.put(group, name, properties)
        address = f"https://{HOST}{made['id']}/operationStatuses/1?api-version=2019-10-01"
        return reply(made, 201, {"Azure-AsyncOperation": address, "Retry-After": "1"})

    def get(self, _request: Request, **path: str) -> Json:
        return self._of(self._deployments.get, **path)

    def status(self, _request: Request, *, number: str, **path: str) -> Json:  # noqa: ARG002
        return self._of(self._deployments.status, **path)

    def operations(self, _request: Request, **path: str) -> Json:
        return self._of(self._deployments.operations, **path)

    def _of(
        self, look: Callable[[str, str], Json], *, subscription: str, group: str, name: str
    ) -> Json:
        self._subscription.check(subscription, group)
        return look(group, name)
