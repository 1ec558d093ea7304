"""The end of a step that ran something: outputs, summary and artifact, however it ended."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from modelyard.context import Context
from modelyard.databricks.notebooks.failing_line import SourceFolder
from modelyard.errors import FileError, ModelyardError
from modelyard.http import Session
from modelyard.operations.runs.run_collecting import collect, keep_file
from modelyard.operations.runs.run_failures import decisive, failure
from modelyard.operations.runs.run_records import Record, as_output
from modelyard.operations.runs.run_summary import runs_summary
from modelyard.selection import Candidate, Choice, Criterion, choose, number


@dataclass(frozen=True)
class Finish:
    """What the end depends on."""

    name: str
    """Of the job or notebook."""
    by: Criterion | None = None
    source: SourceFolder | None = None
    experiment: str = ""
    """Id of the experiment to look for metrics in."""
    file: str | None = None
    allow_partial: bool = False


@dataclass
class Done:
    """What the end gave."""

    outputs: dict[str, Any] = field(default_factory=dict)


@contextmanager
def finish(
    session: Session, context: Context, records: Sequence[Record], end: Finish
) -> Iterator[Done]:
    """Around the watching of the runs. Publishes what is known also when it is cut short.

    :raises RunFailed, RunCanceled, RunTimedOut: when a run didn't end as it should.
    :raises NoModel: when none can be chosen.
    """
    done = Done()
    try:
        yield done
    except BaseException as error:
        # No call to the service here: an agent that cancels leaves no time for it.
        context.publish(**_outputs(context, records, decisive(records)))
        if any(record.run_id for record in records):  # else the error itself says it all
            _tell(context, records, end, None, error)
        raise
    with context.shield():
        context.publish(result_state=decisive(records).state)
    collect(session, context, records, experiment=end.experiment)
    failed = failure(session, end.name, records, source=end.source, allow_partial=end.allow_partial)
    choice: Choice | None = None
    if failed is None and end.by is not None:
        try:
            choice = choose(_candidates(records), end.by)
        except ModelyardError as error:
            failed = error
    best = _best(records, choice)
    counts = best or decisive(records)
    done.outputs = {**_outputs(context, records, counts), **_chosen(best, choice)}
    with context.shield():
        context.publish(**done.outputs)
        _tell(context, records, end, choice, failed)
    if failed is not None:
        raise failed
    context.log.info("%s", _result(records, end, best, choice))


def _candidates(records: Sequence[Record]) -> list[Candidate]:
    return [Candidate(str(one.run_id), one.title, one.metrics) for one in records if one.run_id]


def _best(records: Sequence[Record], choice: Choice | None) -> Record | None:
    if choice is None:
        return None
    return next(one for one in records if str(one.run_id) == choice.best.candidate.id)


def _outputs(context: Context, records: Sequence[Record], counts: Record) -> dict[str, Any]:
    started = [one for one in records if one.run_id]
    runs = as_output(records)
    if runs != [one.as_json() for one in records]:
        context.log.warning("exit values are cut in the output runs; the artifact has all of them")
    values: dict[str, Any] = {
        "run_id": counts.run_id or None,
        "run_url": counts.url or None,
        "run_ids": [one.run_id for one in started],
        "run_urls": [one.url for one in started if one.url],
        "result_state": counts.state,
        "runs": runs,
        "exit_value": counts.output.exit_value,
        "mlflow_run_id": counts.mlflow_run_id or None,
        "metrics": dict(counts.metrics) or None,
    }
    return {name: v for name, v in values.items() if context.declares_output(name)}


def _chosen(best: Record | None, choice: Choice | None) -> dict[str, Any]:
    if best is None or choice is None:
        return {}
    return {
        "best_run_id": best.run_id,
        "best_mlflow_run_id": best.mlflow_run_id or None,
        "best_metric": choice.value,
        "best_parameters": dict(best.parameters),
    }


def _tell(
    context: Context,
    records: Sequence[Record],
    end: Finish,
    choice: Choice | None,
    error: BaseException | None,
) -> None:
    """Summary and files. Where there is an error already, theirs are only warnings.

    :raises FileError:
    """
    told = error if isinstance(error, ModelyardError) else None
    slug = re.sub(r"[^A-Za-z0-9._-]+", "-", end.name).strip("-") or "runs"
    try:
        context.ci.summary(runs_summary(end.name, records, by=end.by, choice=choice, error=told))
        keep_file(context, records, f"runs-{slug}", end.file)
    except (FileError, OSError) as other:
        if error is None:
            raise
        context.annotate("warning", str(other))


def _result(
    records: Sequence[Record], end: Finish, best: Record | None, choice: Choice | None
) -> str:
    """``3 runs, best rmse 0.7129 (alpha 0.1)``."""
    count = f"{len(records)} run{'s' if len(records) > 1 else ''} of {end.name} succeeded"
    if best is None or choice is None or end.by is None:
        return count
    label = f" ({best.label})" if best.label else ""
    return f"{count}, best {end.by.metric} {number(choice.value)}{label}"
