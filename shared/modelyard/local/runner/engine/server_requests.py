"""A request of a job without an agent: sent, judged, and waited for where the service calls back.

Source: ``docs/authoring/servertaskauthoring.md`` of microsoft/azure-pipelines-tasks (success
criteria); learn.microsoft.com, ``process/invoke-checks`` and the REST reference, "Events - Post
Event" (the callback).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modelyard.errors import ModelyardError
from modelyard.local.own_program import own_program
from modelyard.local.runner import task_process
from modelyard.local.runner.builtin import http_request_process
from modelyard.local.runner.builtin.http_requests import HttpRequest
from modelyard.local.runner.engine.cancellation import StepCancellation, pause
from modelyard.local.runner.engine.events import RunPath, Waiting
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.expressions import ExpressionError, parse
from modelyard.local.runner.expressions.coercion import to_boolean
from modelyard.local.runner.expressions.exceptions import BadValue
from modelyard.local.runner.expressions.functions import Function
from modelyard.local.runner.job import Result
from modelyard.local.runner.service_endpoints import Endpoint
from modelyard.runner_errors import TaskError

_LONGEST = 2000
"""Characters of an answer that the log shows."""
_LONGEST_NOTE = 300
"""Characters of it that the error has."""
_MOST = http_request_process.LARGEST >> 20
"""Mebibytes of an answer that are read."""
_LOOK = 1.0
"""Seconds between two looks at whether the service has called back."""
_RESULTS = {
    "succeeded": Result.SUCCEEDED,
    "succeededwithissues": Result.SUCCEEDED_WITH_ISSUES,
}
"""What a callback can say of a task that has gone well."""


@dataclass(frozen=True)
class ServerTask:
    """Which task of which job it is, and as whom it speaks."""

    plan: str
    job: str
    system: Endpoint
    """The job's own connection."""
    oidc_uri: str
    """Where Azure DevOps gives identity tokens; may be empty."""
    id: str = ""


def perform(
    run: RunState,
    path: RunPath,
    task: ServerTask,
    request: HttpRequest,
    cancelled: StepCancellation,
    log: Callable[[str], None],
) -> tuple[Result, str]:
    """How it ended, and why.

    :raises TaskError: when it can't be sent, or its criteria can't be read.
    """
    criteria = _readable(request.criteria)
    log(f"{request.method} {request.url}")
    answer = _sent(run, task, request, cancelled)
    if answer is None:
        return Result.CANCELED, ""
    status, body = int(answer["status"]), str(answer["body"])
    log(f"Response Code: {status} {answer['reason']}")
    # Masked first: of a secret that is cut nothing would be known.
    log(f"Response: {_cut(run.masker.mask(body), _LONGEST)}")
    if not answer["whole"]:
        log(f"The answer has more than {_MOST} MiB: the rest isn't read.")
    if not 200 <= status < 300:
        why = f"{status} {answer['reason']}: {_cut(run.masker.mask(body), _LONGEST_NOTE)}"
        return Result.FAILED, f"{request.method} was answered with {why}"
    if request.calls_back:
        run.emit(Waiting(path, "waits until the service calls back"))
        return _called_back(run, task, cancelled)
    if criteria is None:
        return Result.SUCCEEDED, f"answered with {status}"
    if not answer["whole"]:
        raise TaskError(
            f"the answer has more than {_MOST} MiB, of which {request.criteria} can't be judged"
        )
    if criteria(body):
        return Result.SUCCEEDED, f"answered with {status}, and {request.criteria} holds"
    return Result.FAILED, f"{request.criteria} doesn't hold for the answer"


def _sent(
    run: RunState, task: ServerTask, request: HttpRequest, cancelled: StepCancellation
) -> dict[str, Any] | None:
    endpoint, lines = request.endpoint, list[str]()
    parameters = {name.lower(): value for name, value in endpoint.parameters.items()}
    azure = endpoint.scheme != "UsernamePassword"
    told = {
        "method": request.method,
        "url": request.url,
        "headers": dict(request.headers),
        "body": request.body,
        "azure": endpoint.id if azure else "",
        "user": "" if azure else parameters.get("username", ""),
        "password": "" if azure else parameters.get("password", ""),
    }
    environment = {
        **run.settings.inherited,
        **dict(endpoint.environment()),
        **dict(task.system.environment()),
        "SYSTEM_OIDCREQUESTURI": task.oidc_uri,
        http_request_process.REQUEST: json.dumps(told),
    }
    try:
        code = task_process.run(
            own_program("runner.builtin.http_request_process"),
            environment=environment,
            folder=Path(sys.prefix),
            take=lambda line: lines.append(line.text),
            cancelled=cancelled.is_set,
            patience=run.settings.patience,
        )
    except task_process.NotStarted as error:
        raise TaskError(str(error)) from None
    if cancelled.is_set():
        return None
    if code or not lines:
        raise TaskError(f"the request could not be sent: {' '.join(lines)[-_LONGEST:]}")
    try:
        answer = http_request_process.joined(lines)
    except ValueError:
        raise TaskError(f"{request.method} {request.url}: the answer was lost here") from None
    if "error" in answer:
        raise TaskError(f"{request.method} {request.url}: {answer['error']}")
    return answer


def _called_back(
    run: RunState, task: ServerTask, cancelled: StepCancellation
) -> tuple[Result, str]:
    while pause(run.clock, _LOOK, cancelled.is_set):
        try:
            result = run.services.called_back(task.plan, task.job, task.id)
        except ModelyardError as error:
            raise TaskError(f"nobody can tell whether the service calls back: {error}") from None
        if result:
            return _RESULTS.get(result.lower(), Result.FAILED), f"the service called back: {result}"
    return Result.CANCELED, ""


def _readable(criteria: str) -> Callable[[str], bool] | None:
    """Read before anything is sent: a request whose answer nobody can judge may do harm."""
    if not criteria:
        return None
    try:
        expression = parse(criteria)
        expression.check({"root": None}, _FUNCTIONS)
    except ExpressionError as error:
        raise TaskError(f"the input successCriteria, {criteria}: {error}") from None

    def holds(body: str) -> bool:
        try:
            root = json.loads(body)
        except ValueError:
            raise TaskError(f"the answer is no JSON, which {criteria} needs") from None
        try:
            return to_boolean(expression.evaluate({"root": root}, _FUNCTIONS))
        except ExpressionError as error:
            raise TaskError(f"the input successCriteria, {criteria}: {error}") from None

    return holds


def _count(value: Any) -> float:
    if not isinstance(value, (list, tuple, Mapping)):
        raise BadValue("only arrays and objects can be counted")
    return float(len(value))


_FUNCTIONS = {"count": Function("count", 1, 1, _count)}
"""Beside those of every expression. The service has ``jsonpath`` too; here there is none."""


def _cut(body: str, longest: int) -> str:
    flat = " ".join(body.split())
    return flat if len(flat) <= longest else f"{flat[:longest]} ... ({len(flat)} characters)"
