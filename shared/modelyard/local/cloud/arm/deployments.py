"""Deployments of templates into a resource group. They are done when their request is answered;
what a client follows is the operation that says so."""

from __future__ import annotations

from typing import Any

from modelyard.local.cloud.arm import exceptions, templates
from modelyard.local.cloud.arm.exceptions import ArmError
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.resources import Resources, canonical, resource_id
from modelyard.local.cloud.arm.templates import Place, Wanted
from modelyard.local.cloud.service import Cloud
from modelyard.local.cloud.times import stamp

Json = dict[str, Any]
COLLECTION = "arm-deployments"
KIND = "Microsoft.Resources/deployments"


class Deployments:
    """All deployments of the subscription, by name in their group."""

    def __init__(self, cloud: Cloud, subscription: Subscription, resources: Resources) -> None:
        self._cloud = cloud
        self._subscription = subscription
        self._resources = resources

    def put(self, group: str, name: str, properties: Json) -> Json:
        """Deploy. A template that can't be understood raises ArmError; what fails later stands in
        the deployment's state."""
        place = Place(self._subscription.describe(), self._subscription.group(group))
        given = properties.get("parameters") or {}
        wanted = list(templates.resources(properties.get("template"), given, place))
        for one in wanted:
            canonical(one.kind)
        steps: list[Json] = []
        failure: Json | None = None
        try:
            steps.extend(map(self._deploy, wanted))
        except ArmError as error:
            failure = exceptions.deployment_failed(error).body()
        document = {
            "id": resource_id(place.subscription["subscriptionId"], group, KIND, name),
            "name": name,
            "type": KIND,
            "properties": {
                "mode": properties.get("mode", "Incremental"),
                "provisioningState": "Failed" if failure else "Succeeded",
                "timestamp": stamp(self._cloud.clock.time()),
                "parameters": {one: {"value": value.get("value")} for one, value in given.items()},
                "outputs": {},
                "outputResources": [{"id": one["id"]} for one in steps],
                **({"error": failure} if failure else {}),
            },
            "steps": steps,
        }
        self._cloud.store.put(COLLECTION, _key(group, name), document)
        return _shown(document)

    def get(self, group: str, name: str) -> Json:
        """Raises ArmError when there is none."""
        return _shown(self._document(group, name))

    def status(self, group: str, name: str) -> Json:
        """As an operation: ``{"status", "error"?}``."""
        properties = self._document(group, name)["properties"]
        error = {"error": properties["error"]} if "error" in properties else {}
        return {"status": properties["provisioningState"], **error}

    def operations(self, group: str, name: str) -> Json:
        """What was done, one entry for each resource."""
        steps = self._document(group, name)["steps"]
        return {
            "value": [
                {
                    "operationId": str(number),
                    "properties": {
                        "provisioningOperation": "Create",
                        "provisioningState": "Succeeded",
                        "statusCode": "OK",
                        "timestamp": self._document(group, name)["properties"]["timestamp"],
                        "duration": "PT1S",
                        "targetResource": {
                            "id": one["id"],
                            "resourceType": one["type"],
                            "resourceName": one["name"],
                        },
                    },
                }
                for number, one in enumerate(steps)
            ]
        }

    def reset(self) -> None:
        self._cloud.store.clear(COLLECTION)

    def _deploy(self, one: Wanted) -> Json:
        subscription = self._subscription.describe()["subscriptionId"]
        self._subscription.check(subscription, one.group)
        self._resources.put(subscription, one.group, one.kind, one.name, one.body)
        made = self._resources.get(subscription, one.group, one.kind, one.name)
        return {name: made[name] for name in ("id", "name", "type")}

    def _document(self, group: str, name: str) -> Json:
        document = self._cloud.store.get(COLLECTION, _key(group, name))
        if document is None:
            raise ArmError(404, "DeploymentNotFound", f"Deployment '{name}' could not be found.")
        return document


def _key(group: str, name: str) -> str:
    return f"{group}/{name}".lower()


def _shown(document: Json) -> Json:
    return {name: value for name, value in document.items() if name != "steps"}
