"""HTTP of the endpoints: managing them, and scoring."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Request, Response

from modelyard.local.cloud.endpoints import exceptions, pages
from modelyard.local.cloud.endpoints.models import KEYS, Endpoints
from modelyard.local.cloud.endpoints.wishes import port_of, read
from modelyard.local.cloud.json_bodies import json_answer
from modelyard.local.cloud.passthrough import NoAnswer, forward
from modelyard.local.cloud.service import Handler
from modelyard.local.cloud.tokens import TokenError, TokenMissing, Tokens

Json = dict[str, Any]
DEPLOYMENT = "azureml-model-deployment"
"""Header: which deployment shall answer, and which one did."""


class Management:
    """``/modelyard/endpoints...``: for whoever has a token of the workspace or of Entra."""

    def __init__(self, endpoints: Endpoints, tokens: Tokens, url: str) -> None:
        self._endpoints = endpoints
        self._tokens = tokens
        self._url = url

    def handler(self, answer: Callable[..., Response]) -> Handler:
        """The answer, for those who may ask."""

        def handle(request: Request, **path: str) -> Response:
            try:
                self._tokens.require(request)
            except TokenMissing as error:
                raise exceptions.unauthenticated(str(error)) from error
            except TokenError as error:
                raise exceptions.forbidden(str(error)) from error
            return answer(request, **path)

        return handle

    def list(self, _request: Request) -> Response:
        return json_answer({"endpoints": [self.shown(name) for name in self._endpoints.names()]})

    def get(self, _request: Request, name: str) -> Response:
        return json_answer(self.shown(name))

    def put(self, request: Request, name: str) -> Response:
        wish = read(_body(request), port_of(self._url))
        new = self._endpoints.put(name, wish)
        return json_answer(self.shown(name), 201 if new else 200)

    def delete(self, _request: Request, name: str) -> Response:
        self._endpoints.remove(name)
        return json_answer({})

    def logs(self, request: Request, name: str) -> Response:
        return json_answer({"logs": self._endpoints.logs(name, request.args.get("deployment", ""))})

    def keys(self, _request: Request, name: str) -> Response:
        keys = self._endpoints.get(name)["keys"]
        return json_answer({f"{which}Key": keys[which] for which in KEYS})

    def renew_key(self, request: Request, name: str) -> Response:
        body = _body(request)
        which = str(body.get("keyType", "") if isinstance(body, dict) else "").lower()
        if which not in KEYS:
            raise exceptions.invalid("keyType has to be Primary or Secondary.")
        self._endpoints.renew_key(name, which)
        return self.keys(request, name)

    def page(self, _request: Request) -> Response:
        """For a browser on this machine; no secret is in it."""
        shown = [self.shown(name) for name in self._endpoints.names()]
        return Response(pages.overview(shown), mimetype="text/html")

    def shown(self, name: str) -> Json:
        """An endpoint as clients see it: without keys and values of variables."""
        document = self._endpoints.get(name)
        deployments = {
            slot: self._deployment(name, slot, deployment)
            for slot, deployment in document["deployments"].items()
        }
        main = deployments[document["main"]]
        shown = {
            "name": name,
            "state": main["state"],
            "image": main["image"],
            "scoring_uri": f"{self._url}/endpoints/{name}/invocations",
            "ping_uri": f"{self._url}/endpoints/{name}/ping",
            "created": _time(document["created"]),
            "updated": _time(document["updated"]),
            "main": document["main"],
            "deployments": deployments,
        }
        if failure := document.get("failure"):
            shown["failure"] = {
                "image": self._image(failure),
                "message": failure["message"],
                "logs": failure["logs"],
                "time": _time(failure["time"]),
            }
        return shown

    def _deployment(self, name: str, slot: str, deployment: Json) -> Json:
        return {
            "state": self._endpoints.state(name, slot),
            "image": self._image(deployment),
            "traffic": deployment["traffic"],
            "environment": sorted(deployment["environment"]),
            "cpu": deployment["cpu"],
            "memory_mb": deployment["memory_mb"],
            "runner": deployment["runner"],
            "deployed": _time(deployment["deployed"]),
        }

    def _image(self, deployment: Json) -> str:
        registry = self._url.removeprefix("http://")
        return f"{registry}/{deployment['repository']}@{deployment['digest']}"


class Scoring:
    """``/endpoints/<name>/...``: handed to the server that runs."""

    def __init__(self, endpoints: Endpoints) -> None:
        self._endpoints = endpoints

    def invocations(self, request: Request, name: str) -> Response:
        """For whoever has a key of the endpoint."""
        self._check_key(request, name)
        return self._forward(request, name, "/invocations")

    def ping(self, request: Request, name: str) -> Response:
        return self._forward(request, name, "/ping")

    def _forward(self, request: Request, name: str, path: str) -> Response:
        slot, server = self._endpoints.pick(name, request.headers.get(DEPLOYMENT, ""))
        query = request.query_string.decode("latin-1")
        try:
            response = forward(
                request,
                server.port,
                f"{path}?{query}" if query else path,
                headers={"Authorization": None, DEPLOYMENT: None},
            )
        except NoAnswer as error:
            server.end()
            self._endpoints.lost(name, slot)
            raise exceptions.not_serving(name) from error
        except BaseException:
            server.end()
            raise
        response.call_on_close(server.end)
        response.headers[DEPLOYMENT] = slot
        return response

    def _check_key(self, request: Request, name: str) -> None:
        authorization = request.authorization
        given = authorization.token if authorization and authorization.type == "bearer" else None
        if not given or not self._endpoints.key_fits(name, given):
            self._endpoints.get(name)
            raise exceptions.unauthenticated(
                "Send a key of the endpoint: Authorization: Bearer KEY."
            )


def _body(request: Request) -> Any:
    try:
        return json.loads(request.get_data())
    except ValueError as error:
        raise exceptions.invalid(f"The body is not JSON: {error}.") from error


def _time(seconds: float) -> str:
    """ISO 8601, UTC."""
    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.isoformat(timespec="seconds")
