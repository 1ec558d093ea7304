"""The expressions of the run, looked through before it: conditions and ``$[ ... ]``.

They have to be readable, to use functions and contexts that exist there, and to name stages and
jobs that exist. One that names a stage or job without waiting for it gets a warning: at that moment
the service knows nothing of it.

Source: learn.microsoft.com, ``pipelines/process/expressions`` ("Dependencies", "Job status check
functions") and ``process/conditions``; which context is where: the agent's ``ExpressionManager.cs``
and the service's answers in PGielniak/azdo-pipeline-emulator at c13a24e4, C-E02-080 and C-E02-121.
"""

from __future__ import annotations

from functools import cached_property

from modelyard.local.runner.expressions import ContextUse, ExpressionError, Function, parse
from modelyard.local.runner.pipeline.building import Building, Check
from modelyard.local.runner.pipeline.dependencies import reach
from modelyard.local.runner.pipeline.plan import Pipeline, Stage
from modelyard.reading import nearest

_GRAPH = ("variables", "dependencies", "stageDependencies", "pipeline")
CONTEXTS = {
    "stage": _GRAPH,
    "job": _GRAPH,
    "step": ("variables",),
    "variable": (*_GRAPH, "resources"),
}
"""Conditions have no ``resources``; those of steps are the agent's, which knows variables alone."""


def _nothing(*_: object) -> bool:
    """Only asked for how many arguments it takes."""
    raise AssertionError("nothing is evaluated before the run")


def _status(most: int | None) -> dict[str, Function]:
    named = {name: Function(name, 0, most, _nothing) for name in ("failed", "succeeded")}
    named["succeededOrFailed"] = Function("succeededOrFailed", 0, most, _nothing)
    return named | {name: Function(name, 0, 0, _nothing) for name in ("always", "canceled")}


FUNCTIONS = {
    "stage": _status(None),
    "job": _status(None),
    "step": _status(0),
    "variable": {"counter": Function("counter", 0, 2, _nothing)},
}
"""What there is beside the language's own."""


def check_run_expressions(pipeline: Pipeline, building: Building) -> None:
    """Check all that were noted while the plan was built."""
    known = _Known(pipeline)
    for check in building.checks:
        try:
            expression = parse(check.text)
            expression.check(dict.fromkeys(CONTEXTS[check.level]), FUNCTIONS[check.level])
        except ExpressionError as error:
            place = check.node.place_of(check.offset + error.offset)
            building.problems.add(place, error.message)
            continue
        if building.problems.gaps:
            continue
        names = expression.names()
        for use in names.contexts:
            _check_use(use, check, known, building)
        for call in names.functions:
            if call.name.lower() in ("failed", "succeeded", "succeededorfailed"):
                for name in filter(None, call.arguments):
                    _check_name(name, call.offset, check, known, building)


class _Known:
    """The stages and jobs of a pipeline, and what each waits for. Names are in lower case."""

    def __init__(self, pipeline: Pipeline) -> None:
        self.stages: dict[str, Stage] = {one.name.lower(): one for one in pipeline.stages}
        self.jobs = {
            name: {job.name.lower(): job.name for job in stage.jobs}
            for name, stage in self.stages.items()
        }
        self._job_reach: dict[str, dict[str, frozenset[str]]] = {}

    @cached_property
    def stage_reach(self) -> dict[str, frozenset[str]]:
        return _reach({one.name: one.depends_on for one in self.stages.values()})

    def job_reach(self, stage: str) -> dict[str, frozenset[str]]:
        """For the jobs of one stage."""
        if stage not in self._job_reach:
            jobs = self.stages[stage].jobs if stage in self.stages else ()
            self._job_reach[stage] = _reach({job.name: job.depends_on for job in jobs})
        return self._job_reach[stage]


def _reach(graph: dict[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    return {
        name.lower(): frozenset(one.lower() for one in found)
        for name, found in reach(graph).items()
    }


def _check_use(use: ContextUse, check: Check, known: _Known, building: Building) -> None:
    context = use.name.lower()
    if context == "resources" and use.members and use.members[0].lower().startswith("pipeline"):
        message = (
            "resources holds repositories and containers only: "
            "write variables['resources.pipeline.ALIAS.NAME']"
        )
        building.problems.warn(check.node.place_of(check.offset + use.offset), message)
    if not use.members or context not in ("dependencies", "stagedependencies"):
        return
    first = use.members[0]
    if context == "dependencies":
        _check_name(first, use.offset, check, known, building)
        return
    place = check.node.place_of(check.offset + use.offset)
    names = {one: stage.name for one, stage in known.stages.items()}
    if first.lower() not in names:
        building.problems.add(place, f"there is no stage {first}{nearest(first, names.values())}")
        return
    if len(use.members) > 1 and use.members[1].lower() not in known.jobs[first.lower()]:
        jobs = known.jobs[first.lower()].values()
        hint = nearest(use.members[1], jobs)
        building.problems.add(place, f"the stage {first} has no job {use.members[1]}{hint}")
    elif check.stage and first.lower() not in known.stage_reach.get(check.stage.lower(), ()):
        message = f"the stage {check.stage} doesn't wait for {first}: nothing is known of it then"
        building.problems.warn(place, message)


def _check_name(name: str, offset: int, check: Check, known: _Known, building: Building) -> None:
    """A stage, in the condition of a stage; a job of the same stage, within a job."""
    lower = name.lower()
    if check.level == "stage":
        what, own = "stage", check.stage
        names = {one: stage.name for one, stage in known.stages.items()}
        waits = known.stage_reach
    elif check.job:
        what, own = "job", check.job
        names = known.jobs.get(check.stage.lower(), {})
        waits = known.job_reach(check.stage.lower())
    else:  # Variables of a stage or pipeline: every job has its own dependencies.
        return
    place = check.node.place_of(check.offset + offset)
    if lower not in names:
        hint = nearest(name, names.values())
        building.problems.add(place, f"there is no {what} {name}{hint}")
    elif lower not in waits.get(own.lower(), ()):
        message = f"the {what} {own} doesn't wait for {name}: nothing is known of it then"
        building.problems.warn(place, message)
