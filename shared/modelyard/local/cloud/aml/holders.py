"""What holds assets: workspaces and registries, as resources that Resource Manager keeps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from modelyard.local.cloud.arm import exceptions
from modelyard.local.cloud.arm.models import Subscription
from modelyard.local.cloud.arm.resources import Resources
from modelyard.local.cloud.service import Cloud

Json = dict[str, Any]


@dataclass(frozen=True)
class Holder:
    """One of them, as the rest of the service needs it."""

    id: str
    """Its resource id, as it was written when it was created."""
    name: str
    location: str
    guid: str
    storage: str
    """Resource id of its storage account."""
    kind: ClassVar[str]
    """The word for it in types and addresses: ``workspaces``."""

    @property
    def address(self) -> str:
        """What the ids of its assets begin with."""
        return self.id

    @property
    def account(self) -> str:
        """Name of its storage account."""
        return self.storage.rsplit("/", 1)[-1].lower()


Held = TypeVar("Held", bound=Holder)


class Holders(ABC, Generic[Held]):
    """All of one kind in the subscription."""

    kind: ClassVar[str]
    """Of the resources: ``Microsoft.MachineLearningServices/workspaces``."""

    def __init__(self, cloud: Cloud) -> None:
        self._subscription = Subscription(cloud)
        self._resources = Resources(cloud)

    def find(self, subscription: str, group: str, name: str) -> Held:
        """Raises ArmError when it isn't there."""
        self._subscription.check(subscription, group)
        return self._holder(self._resources.get(subscription, group, self.kind, name))

    def all(self) -> list[Held]:
        return [self._holder(one) for one in self._resources.of_kind(self.kind)]

    def show(self, subscription: str, group: str, name: str) -> Json:
        """As a client sees it."""
        self._subscription.check(subscription, group)
        return self._shown(self._resources.get(subscription, group, self.kind, name))

    def within(self, subscription: str, group: str = "") -> list[Json]:
        """Of a resource group, or of the subscription."""
        if group:
            self._subscription.check(subscription, group)
        else:
            self._subscription.check(subscription)
        part = f"/resourcegroups/{group.lower()}/"
        return [
            self._shown(one)
            for one in self._resources.of_kind(self.kind)
            if not group or part in one["id"].lower()
        ]

    def put(self, subscription: str, group: str, name: str, body: Json) -> bool:
        """Create or update; says whether it is new. Raises ArmError."""
        self._subscription.check(subscription, group)
        return self._resources.put(subscription, group, self.kind, name, body)

    def update(self, subscription: str, group: str, name: str, changes: Json) -> None:
        """Tags and properties of a PATCH."""
        before = self._resources.get(subscription, group, self.kind, name)
        properties = {**before["properties"], **(changes.get("properties") or {})}
        body = {**before, **changes, "properties": properties}
        self._resources.put(subscription, group, self.kind, name, body)

    def delete(self, subscription: str, group: str, name: str) -> bool:
        self._subscription.check(subscription, group)
        return self._resources.delete(subscription, group, self.kind, name)

    def keys(self, holder: Holder) -> list[str]:
        """Those of its storage account. Raises ArmError when that is gone."""
        try:
            return self._resources.keys(holder.storage)
        except exceptions.ArmError as error:
            raise exceptions.bad_request(
                f"The storage account of {holder.name} is gone: {error}"
            ) from error

    @abstractmethod
    def _holder(self, resource: Json) -> Held: ...

    @abstractmethod
    def _shown(self, resource: Json) -> Json: ...
