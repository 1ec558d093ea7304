"""The logging command that changes a service connection for the steps that follow.

Source: the agent's ``TaskCommandExtension.cs`` (``TaskSetEndpointCommand``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import urlsplit
from uuid import UUID

from modelyard.local.runner.job import Job
from modelyard.local.runner.logging_commands import Command
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.local.runner.step_report import Issue, StepReport
from modelyard.local.runner.variable_commands import Refused, required

_OWN = UUID(int=0)
"""The id of the job's own connection."""


def set_endpoint(command: Command, job: Job, report: StepReport) -> None:
    """``task.setendpoint``: its ``field`` is url, dataParameter or authParameter.

    :raises Refused: when it names no connection of the job, or nothing to change of it.
    """
    field = command.properties.get("field", "").lower()
    if field == "authparameter":  # first: the log shows a command that is refused
        job.masker.add(command.data)
    if not command.data:
        raise Refused("the command has no value")
    required(command, "field")
    wanted = _guid(required(command, "id"))
    if wanted == _OWN:
        report.add_issue(Issue("warning", "a step can't change the job's own connection"))
        return
    known = [one for one in job.endpoints if one.id and UUID(one.id) == wanted]
    if not known:
        raise Refused(f"no step of this job has used a service connection with the id {wanted}")
    changed = _changed(known[0], field, command)
    job.endpoints = tuple(changed if one is known[0] else one for one in job.endpoints)


def _guid(text: str) -> UUID:
    try:
        return UUID(text.strip())
    except ValueError:
        raise Refused(f"{text!r} is no id of a service connection: a GUID is") from None


def _changed(endpoint: Endpoint, field: str, command: Command) -> Endpoint:
    value = command.data
    if field == "url":
        if not urlsplit(value).scheme:
            raise Refused(f"{value!r} is no absolute URL")
        return replace(endpoint, url=value)
    key = required(command, "key")
    if field == "dataparameter":
        return replace(endpoint, data=_with(endpoint.data, key, value))
    if field == "authparameter":
        return replace(endpoint, parameters=_with(endpoint.parameters, key, value))
    raise Refused(f"field is {field!r}, not url, dataParameter or authParameter")


def _with(values: Mapping[str, str], key: str, value: str) -> dict[str, str]:
    """Keys are compared without regard to case; that which is there keeps its spelling."""
    name = next((one for one in values if one.lower() == key.lower()), key)
    return {**values, name: value}
