"""An online endpoint of Azure ML for tests: what Resource Manager keeps, and who answers."""

from __future__ import annotations

import copy
import datetime
import re
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import requests_mock as mocking

from modelyard.azureml.connection import Place
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.credentials import StaticToken
from modelyard.endpoints.scoring import DEPLOYMENT
from modelyard.http import Session
from modelyard.operations import model_deploy
from modelyard.operations.model_deploy import OPERATION, Outputs

PLACE = Place("00000000-0000-0000-0000-000000000000", "wine", "wine")
SCORING = "https://wine.example/score"
ARM = "https://management.azure.com"
KEY = "k3y-of-the-endpoint"


class Azure:
    """Has the endpoint ``wine``, or none. Every change is done at once, unless it is refused."""

    def __init__(self, mocker: mocking.Mocker, clock: FakeClock) -> None:
        self.session = Session(
            ARM, clock=clock, credential=StaticToken("a-token-of-this-test"), read_only=False
        )
        self._clock = clock
        self.endpoint: dict[str, Any] | None = None
        self.body: dict[str, Any] = {}
        """What the last PUT has sent."""
        self.deployments: dict[str, dict[str, Any]] = {}
        self.refusals: dict[str, list[int]] = defaultdict(list)
        """By call, such as ``DELETE wine/deployments/blue``: the statuses to come."""
        self.calls: list[str] = []
        """Those that change something."""
        self.meanwhile: dict[str, Callable[[], None]] = {}
        """By call: what happens while it is answered."""
        self.log = ""
        """What every deployment has printed."""
        self.answers: dict[str, list[Any]] = {"blue": [1.5], "green": [2.5]}
        mocker.register_uri(mocking.ANY, re.compile(f"{ARM}.*/onlineEndpoints/"), json=self._answer)
        mocker.post(SCORING, json=self._score)

    def serve(self, deployment: str, **properties: Any) -> None:
        """The endpoint is there, and this deployment has all of its traffic."""
        self._put_endpoint({"properties": {"authMode": "Key"}})
        self.put_deployment(deployment)
        assert self.endpoint is not None
        self.endpoint["properties"] |= {"traffic": {deployment: 100}, **properties}

    def put_deployment(self, name: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        properties = {**(body or {}).get("properties", {}), "provisioningState": "Succeeded"}
        self._clock.advance(60)
        made = {"name": name, "properties": properties, "systemData": self._times()}
        self.deployments[name] = made
        return made

    def state(self) -> tuple[Any, Any]:
        """All of it as it is now, for :meth:`restore`."""
        return copy.deepcopy((self.endpoint, self.deployments))

    def restore(self, state: tuple[Any, Any]) -> None:
        self.endpoint, self.deployments = state

    def _times(self) -> dict[str, str]:
        moment = datetime.datetime.fromtimestamp(self._clock.time(), datetime.timezone.utc)
        return {"createdAt": moment.strftime("%Y-%m-%dT%H:%M:%S.1234567+00:00")}

    @property
    def traffic(self) -> dict[str, int]:
        assert self.endpoint is not None
        traffic: dict[str, int] = self.endpoint["properties"].get("traffic", {})
        return traffic

    def _put_endpoint(self, body: dict[str, Any]) -> dict[str, Any]:
        properties = {**body["properties"], "scoringUri": SCORING, "provisioningState": "Succeeded"}
        self.endpoint = {"name": "wine", "location": "westeurope", **body, "properties": properties}
        return self.endpoint

    def _answer(self, request: Any, context: Any) -> dict[str, Any]:
        tail = request.path_url.split("?")[0].partition("/onlineEndpoints/")[2]
        call = f"{request.method} {tail}"
        if request.method in ("PUT", "DELETE"):
            self.calls.append(call)
        if request.method == "PUT":
            self.body = request.json()
        self.meanwhile.pop(call, lambda: None)()
        if self.refusals[call]:
            context.status_code = self.refusals[call].pop(0)
            return {"error": {"code": "Conflict", "message": "something else is under way"}}
        found = self._done(request, tail.split("/"))
        if found is None:
            context.status_code = 404
            return {"error": {"code": "ResourceNotFound", "message": "there is none"}}
        return found

    def _done(self, request: Any, path: list[str]) -> dict[str, Any] | None:
        if path[-1] in ("getLogs", "listKeys", "token"):
            secret = KEY
            return {"content": self.log, "primaryKey": secret, "accessToken": secret}
        if path[-1] == "deployments":
            return {"value": list(self.deployments.values())}
        if request.method == "DELETE":
            if len(path) == 1:
                self.endpoint = None
                return {}
            return {} if self.deployments.pop(path[2], None) else None
        if request.method == "PUT":
            one = request.json()
            return self._put_endpoint(one) if len(path) == 1 else self.put_deployment(path[2], one)
        return self.endpoint if len(path) == 1 else self.deployments.get(path[2])

    def _score(self, request: Any, context: Any) -> list[Any]:
        traffic = self.traffic
        name = request.headers.get(DEPLOYMENT) or max(traffic, key=lambda one: traffic[one])
        context.headers[DEPLOYMENT] = name
        return self.answers[name]


def inputs(**changes: Any) -> Any:
    values: dict[str, Any] = {
        "target": "managed",
        "endpoint": "wine",
        "subscription_id": PLACE.subscription,
        "workspace_name": PLACE.workspace,
        "resource_group": PLACE.group,
        "model": "wine:1",
        "rows": [{"a": 1}],
        "watch_requests": 4,
    }
    return OPERATION.inputs(**{**values, **changes})


def deploy(context: Context, **changes: Any) -> Outputs:
    return model_deploy.run(inputs(**changes), context)


def release(context: Context) -> None:
    model_deploy.release({key: one for key, one in context.kept.items() if one}, inputs(), context)
