"""The facts of a run that the engine has run, for its document."""

from __future__ import annotations

from modelyard.local.runner.engine.run import result
from modelyard.local.runner.engine.run_state import RunState
from modelyard.local.runner.results.document import Facts


def of_run(state: RunState) -> Facts:
    """Those of a run that is over."""
    stages = state.plan.pipeline.stages
    jobs = [(stage.name, job) for stage in stages for job in stage.jobs]
    return Facts(
        name=state.build.pipeline,
        number=state.number,
        id=state.build.number,
        result=result(state),
        signal=state.cancellation.signal,
        file=state.plan.pipeline.place.file,
        source=state.source,
        parameters={one.name: one.value for one in state.plan.pipeline.parameters},
        after={
            **{(stage.name,): stage.depends_on for stage in stages},
            **{(stage, job.name): job.depends_on for stage, job in jobs},
        },
        environments={
            (stage, job.name): job.deployment.environment.name
            for stage, job in jobs
            if job.deployment is not None
        },
        artifacts=state.artifacts,
        masker=state.masker,
        uploads=state.collected.uploads,
        tests=state.collected.tests,
        coverage=state.collected.coverage,
        tags=state.collected.tags,
        outputs=state.collected.outputs,
    )
