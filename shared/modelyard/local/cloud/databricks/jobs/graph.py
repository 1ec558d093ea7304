"""The tasks of a run as a graph: which may start, which are skipped, what the whole comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelyard.local.cloud.databricks import exceptions
from modelyard.local.cloud.databricks.jobs import states
from modelyard.local.cloud.databricks.jobs.states import Outcome

Task = dict[str, Any]

RUN_IF = ("ALL_SUCCESS", "AT_LEAST_ONE_SUCCESS", "NONE_FAILED", "ALL_DONE",
          "AT_LEAST_ONE_FAILED", "ALL_FAILED")  # fmt: skip
FAILURES = frozenset({"FAILED", "TIMEDOUT", "UPSTREAM_FAILED"})
CANCELLATIONS = frozenset({"CANCELED", "UPSTREAM_CANCELED"})


def check(tasks: Sequence[Task]) -> None:
    """Raises INVALID_PARAMETER_VALUE for unknown dependencies, circles and unknown ``run_if``."""
    keys = [task["task_key"] for task in tasks]
    for key in keys:
        if keys.count(key) > 1:
            raise exceptions.invalid_parameter(f"Task key '{key}' is used more than once.")
    for task in tasks:
        if task.get("run_if", "ALL_SUCCESS") not in RUN_IF:
            raise exceptions.invalid_parameter(
                f"Unknown run_if '{task['run_if']}' of task '{task['task_key']}'."
            )
        for needed in dependencies(task):
            if needed not in keys:
                raise exceptions.invalid_parameter(
                    f"Task '{task['task_key']}' depends on '{needed}', which is not a task."
                )
    done: set[str] = set()
    while len(done) < len(tasks):
        ready = {t["task_key"] for t in tasks if set(dependencies(t)) <= done} - done
        if not ready:
            rest = sorted(set(keys) - done)
            raise exceptions.invalid_parameter(
                f"The dependencies of these tasks form a circle: {', '.join(rest)}."
            )
        done |= ready


def dependencies(task: Task) -> list[str]:
    return [str(needed.get("task_key", "")) for needed in task.get("depends_on", [])]


def downstream(tasks: Sequence[Task], keys: set[str]) -> set[str]:
    """These tasks and all that depend on them, directly or not."""
    found = set(keys)
    while True:
        more = {t["task_key"] for t in tasks if found & set(dependencies(t))} - found
        if not more:
            return found
        found |= more


def decide(task: Task, outcomes: Mapping[str, Outcome], answers: Mapping[str, str]) -> Any:
    """What to do with a task: None (wait), True (start) or the Outcome with which it is skipped.

    ``outcomes`` are those of the tasks that have ended, ``answers`` the results of condition tasks
    (``"true"``, ``"false"``).
    """
    needed = dependencies(task)
    if any(key not in outcomes for key in needed):
        return None
    for dependency in task.get("depends_on", []):
        wanted = dependency.get("outcome")
        answer = answers.get(dependency["task_key"])
        if wanted is not None and answer is not None and str(wanted).lower() != answer:
            return states.excluded()
    results = [outcomes[key] for key in needed]
    run_if = task.get("run_if", "ALL_SUCCESS")
    if not needed or _holds(run_if, results):
        return True
    ended = {outcome.result_state for outcome in results}
    if run_if in ("ALL_SUCCESS", "AT_LEAST_ONE_SUCCESS", "NONE_FAILED"):
        if ended & FAILURES:
            return states.upstream_failed()
        if ended & CANCELLATIONS:
            return states.upstream_canceled()
    return states.excluded()


def summary(tasks: Sequence[Task], outcomes: Mapping[str, Outcome]) -> Outcome:
    """What a run of several tasks comes to: its leaves decide."""
    inner = {key for task in tasks for key in dependencies(task)}
    leaves = [task["task_key"] for task in tasks if task["task_key"] not in inner]
    failed = [key for key, o in outcomes.items() if o.result_state in FAILURES]
    canceled = [key for key, o in outcomes.items() if o.result_state in CANCELLATIONS]
    if not any(key in failed or key in canceled for key in leaves):
        return states.success_with_failures() if failed or canceled else states.success()
    roots = [key for key in failed if outcomes[key].result_state != "UPSTREAM_FAILED"]
    if not roots:
        return states.canceled()
    first = outcomes[roots[0]]
    message = (
        f"Task {roots[0]} failed with message: {first.message.rstrip('.')}. "
        "This caused all downstream tasks to get skipped."
    )
    # The service reports the run of a job with tasks as INTERNAL_ERROR even where the code failed.
    return states.internal_error(first.code, message)


def _holds(run_if: str, results: Sequence[Outcome]) -> bool:
    succeeded = [outcome.succeeded for outcome in results]
    failed = [outcome.result_state in FAILURES | CANCELLATIONS for outcome in results]
    ran = [outcome.result_state != "EXCLUDED" for outcome in results]
    return {
        "ALL_SUCCESS": all(succeeded),
        "AT_LEAST_ONE_SUCCESS": any(succeeded),
        "NONE_FAILED": not any(failed) and any(ran),
        "ALL_DONE": True,
        "AT_LEAST_ONE_FAILED": any(failed),
        "ALL_FAILED": all(failed),
    }[run_if]
