"""Jobs without an agent: ManualValidation, Delay and InvokeRESTAPI.

Source: learn.microsoft.com, ``tasks/reference/manual-validation-v1`` and ``delay-v1``,
``process/phases`` ("Server jobs").
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace

from modelyard.local.runner.builtin.http_requests import chosen_connection, request_of
from modelyard.local.runner.engine import faults, server_requests
from modelyard.local.runner.engine.cancellation import JobCancellation, StepCancellation, pause
from modelyard.local.runner.engine.conditions import why_step_skipped
from modelyard.local.runner.engine.connections import NoConnection, connected, system_connection
from modelyard.local.runner.engine.copies import Copy
from modelyard.local.runner.engine.events import Ended, Line, Reason, RunPath, Started, Waiting
from modelyard.local.runner.engine.facts import of_server_job
from modelyard.local.runner.engine.outcomes import JobOutcome, forgiven
from modelyard.local.runner.engine.questions import Question
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.engine.server_requests import ServerTask
from modelyard.local.runner.engine.step_settings import number, title, truth
from modelyard.local.runner.engine.value_expansion import filled
from modelyard.local.runner.job import Result, merged
from modelyard.local.runner.pipeline.plan import Step
from modelyard.local.runner.step_report import Issue
from modelyard.local.runner.task_definition import TaskDefinition
from modelyard.local.runner.task_environment import resolve_inputs
from modelyard.local.runner.variables import Variable, Variables
from modelyard.runner_errors import TaskError

VALIDATION, DELAY, REQUEST = "ManualValidation", "Delay", "InvokeRESTAPI"


def server_job(
    run: RunState,
    copy: Copy,
    path: RunPath,
    variables: Sequence[Variable],
    facts: Sequence[Variable],
    cancellation: JobCancellation,
) -> JobOutcome:
    """Run the steps of a job with ``pool: server``."""
    build = replace(run.build, stage=path[0], job=copy.name)
    plan_id, job_id = build.id_of("plan"), build.id_of("job", build.stage, build.job)
    access = run.services.start_job(build, plan_id, job_id)
    run.masker.add(access.token)
    own = [
        *of_server_job(build),
        *facts,
        Variable("System.AccessToken", access.token, secret=True, read_only=True),
    ]
    found = filled([*variables, *own], run.masker)  # the service's own win
    task = ServerTask(
        plan_id,
        job_id,
        system_connection(build, access.token),
        access.facts.get("System.OidcRequestUri", ""),
    )
    job = _ServerJob(run, path, found, cancellation, task)
    for count, step in enumerate((one for one in copy.steps if one.enabled is not False), 1):
        job.step((*path, str(count)), step)
    result = Result.CANCELED if cancellation.is_set() else job.result
    return JobOutcome(result)


class _ServerJob:
    def __init__(
        self,
        run: RunState,
        path: RunPath,
        variables: Variables,
        cancellation: JobCancellation,
        task: ServerTask,
    ) -> None:
        """
        :param task: what all tasks of the job have in common.
        """
        self._run, self._path, self._cancellation = run, path, cancellation
        self._variables, self._task = variables, task
        self.result = Result.SUCCEEDED

    def step(self, path: RunPath, step: Step) -> None:
        named = self._run.masker.mask(title(step, self._variables))
        self._run.emit(Started(path, named, self._run.clock.time()))
        try:
            status = Result.CANCELED if self._cancellation.is_set() else self.result
            if why := why_step_skipped(step, status, self._variables):
                result, note = Result.SKIPPED, why
            else:
                result, note = self._perform(path, step)
        except Exception as error:  # noqa: BLE001 - the step has an end, whatever happens
            result, note = Result.FAILED, self._run.masker.mask(faults.told(error))
        issues: tuple[Issue, ...] = ()
        if result is Result.FAILED:
            self._run.emit(Line(path, f"##[error]{note}"))
            issues = (Issue("error", note),)
        else:
            self._run.emit(Line(path, note))
        if result in (Result.FAILED, Result.SUCCEEDED_WITH_ISSUES):
            self.result = merged(self.result, result)
        self._run.emit(Ended(path, result, self._run.clock.time(), note, issues))

    def _perform(self, path: RunPath, step: Step) -> tuple[Result, str]:
        task = self._run.tasks.find(step.task, step.version)
        if task is None or task.builtin is None or not task.builtin.server:
            raise TaskError(f"{step.reference} can't run without an agent on this machine")
        # One that no run before has had: what a service said of that one isn't for this.
        own = replace(self._task, id=str(uuid.uuid4()))
        fact = Variable("System.TaskInstanceId", own.id, read_only=True)
        variables = self._variables.with_more([fact])
        inputs = resolve_inputs(task.definition, step.inputs, variables, {})
        cancelled = StepCancellation(
            self._cancellation,
            self._run.clock,
            timeout=60.0 * number(step.timeout_minutes, self._variables),
        )
        try:
            if task.builtin.name == REQUEST:
                result, note = self._request(path, inputs, task.definition, own, cancelled)
            else:
                perform = self._delay if task.builtin.name == DELAY else self._validate
                result, note = perform(path, inputs, cancelled)
        except TaskError as error:
            result, note = Result.FAILED, str(error)
        forgives = truth(step.continue_on_error, self._variables)
        return forgiven(result, forgives), self._run.masker.mask(note)

    def _delay(
        self, path: RunPath, inputs: Mapping[str, str], cancelled: StepCancellation
    ) -> tuple[Result, str]:
        text = inputs["delayForMinutes"].strip()
        if not (text.isascii() and text.isdigit()):
            raise TaskError(f"delayForMinutes is a whole number, not {text!r}")
        self._run.emit(Waiting(path, f"waits {text} minutes"))
        if pause(self._run.clock, 60.0 * int(text), cancelled.is_set):
            return Result.SUCCEEDED, f"waited {text} minutes"
        return self._ended_early(cancelled)

    def _validate(
        self, path: RunPath, inputs: Mapping[str, str], cancelled: StepCancellation
    ) -> tuple[Result, str]:
        mask = self._run.masker.mask
        question = Question(
            path,
            (self._path[-1],),
            f"{self._path[-1]} waits for your validation",
            mask(inputs.get("instructions", "")),
        )
        self._run.emit(Waiting(path, question.text))
        for line in question.instructions.splitlines():
            self._run.emit(Line(path, line))
        answer = self._run.approvals.ask(question, cancelled.is_set)
        if cancelled.is_set() and cancelled.reason is not Reason.TIMED_OUT:
            return self._ended_early(cancelled)
        if answer.unanswered and inputs.get("onTimeout", "").strip().lower() == "resume":
            return Result.SUCCEEDED, f"resumed, as onTimeout says: {answer.why}"
        return (Result.SUCCEEDED if answer.approved else Result.FAILED), answer.why

    def _request(
        self,
        path: RunPath,
        inputs: dict[str, str],
        definition: TaskDefinition,
        task: ServerTask,
        cancelled: StepCancellation,
    ) -> tuple[Result, str]:
        run = self._run
        chosen = chosen_connection(inputs)
        if not inputs[chosen]:
            raise TaskError(f"the input {chosen} is empty: it names the service connection")
        used = tuple(one for one in definition.inputs if one.name == chosen or not one.connection)
        try:
            [endpoint] = connected(
                replace(definition, inputs=used), inputs, run.services, run.build.project
            )
        except NoConnection as error:
            raise TaskError(str(error)) from None
        for secret in endpoint.secrets:
            run.masker.add(secret)
        request = request_of(inputs, endpoint)

        def log(line: str) -> None:
            run.emit(Line(path, run.masker.mask(line)))

        result, note = server_requests.perform(run, path, task, request, cancelled, log)
        return self._ended_early(cancelled) if result is Result.CANCELED else (result, note)

    @staticmethod
    def _ended_early(cancelled: StepCancellation) -> tuple[Result, str]:
        """As of a step with an agent: only its own time-out fails it."""
        reason = cancelled.reason or Reason.CANCELED
        return (Result.FAILED if reason is Reason.TIMED_OUT else Result.CANCELED), reason.value
