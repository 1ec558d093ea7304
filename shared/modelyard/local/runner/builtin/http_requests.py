"""InvokeRESTAPI: one request of a job without an agent. The engine sends it.

Source: ``Tasks/InvokeRestApiV1`` and ``docs/authoring/servertaskauthoring.md``;
learn.microsoft.com, ``tasks/reference/invoke-rest-api-v1``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from modelyard.local.runner.builtin.task import BuiltinTask, Input, flag, picklist, several, text
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.runner_errors import TaskError

_SELECTOR = "connectedServiceNameSelector"
_GENERIC, _AZURE, _DEVOPS = (
    "connectedServiceName",
    "connectedServiceNameARM",
    "connectedServiceNameAzureDevOps",
)
_METHODS = ("OPTIONS", "GET", "HEAD", "POST", "PUT", "DELETE", "TRACE", "PATCH")
_WITHOUT_BODY = ("GET", "HEAD")
_HEADERS = """{
"Content-Type":"application/json", 
"PlanUrl": "$(system.CollectionUri)", 
"ProjectId": "$(system.TeamProjectId)", 
"HubName": "$(system.HostType)", 
"PlanId": "$(system.PlanId)", 
"JobId": "$(system.JobId)", 
"TimelineId": "$(system.TimelineId)", 
"TaskInstanceId": "$(system.TaskInstanceId)", 
"AuthToken": "$(system.AccessToken)"
}"""  # noqa: W291 - as task.json has it


@dataclass(frozen=True)
class HttpRequest:
    """What is sent, and what says that it has gone well."""

    endpoint: Endpoint
    method: str
    url: str
    headers: Mapping[str, str]
    body: str
    calls_back: bool
    """Whether the task ends when the service says so, not with the answer."""
    criteria: str
    """An expression about the answer; empty: its status alone counts."""


def chosen_connection(inputs: Mapping[str, str]) -> str:
    """The input that names the connection; the others don't count."""
    found = inputs[_SELECTOR]
    if found not in (_GENERIC, _AZURE):
        raise TaskError(
            f"the connection type {found} isn't there on this machine, only {_GENERIC} and {_AZURE}"
        )
    return found


def request_of(inputs: Mapping[str, str], endpoint: Endpoint) -> HttpRequest:
    """The request that the inputs, filled in, make of a connection.

    :raises TaskError: when the headers can't be sent.
    """
    method = inputs["method"].upper()
    calls_back = flag(inputs, "waitForCompletion")
    return HttpRequest(
        endpoint,
        method,
        _joined(endpoint.url, inputs["urlSuffix"]),
        _headers(inputs["headers"]),
        "" if method in _WITHOUT_BODY else inputs["body"],
        calls_back,
        "" if calls_back else inputs["successCriteria"],
    )


def _joined(url: str, suffix: str) -> str:
    """A host alone has the path ``/``, as the service keeps it."""
    scheme, _, rest = url.partition("://")
    whole = url if "/" in rest else f"{scheme}://{rest}/"
    return whole + (suffix.removeprefix("/") if whole.endswith("/") else suffix)


def _headers(written: str) -> dict[str, str]:
    if not written:
        return {}
    try:
        found = json.loads(written)
    except ValueError as error:
        raise TaskError(f"the input headers is no JSON: {error}") from None
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise TaskError("the input headers is no JSON object of texts")
    return found


def _connection(name: str, kind: str, alias: str) -> Input:
    rule = f"{_SELECTOR} = {name}"
    return Input(name, f"connectedService:{kind}", "", True, tuple(alias.split()), visible=rule)


TASKS = (
    BuiltinTask(
        "InvokeRESTAPI",
        "1",
        "9c3e8943-130d-4c78-ac63-8af81df62dfb",
        (
            picklist(_SELECTOR, (_GENERIC, _AZURE, _DEVOPS), _GENERIC, alias="connectionType"),
            _connection(_GENERIC, "Generic", "serviceConnection genericService"),
            _connection(_AZURE, "AzureRM", "azureServiceConnection azureSubscription"),
            _connection(_DEVOPS, "WorkloadIdentityUser", "azureDevOpsServiceConnection"),
            picklist("method", _METHODS, "POST"),
            several("headers", _HEADERS),
            several("body", visible="method != GET && method != HEAD"),
            text("urlSuffix"),
            picklist("waitForCompletion", ("true", "false"), "false"),
            text("successCriteria", visible="waitForCompletion = false"),
        ),
    ),
)
