"""Planning a large pipeline: how long it takes, and that twice the size takes twice the time.

Three stages with 200 jobs in all and 1,000 steps, each from a template with parameters; then twice
as many jobs and steps. Prints the seconds of processor time of each (the best of five), so that
what else runs on the machine doesn't count, and their ratio.
"""

from __future__ import annotations

import gc
import tempfile
import time
from pathlib import Path

from modelyard.local.runner.pipeline import plan, render
from modelyard.local.runner.pipeline.plan import Plan

STAGES = 3
JOBS = 200
STEPS = 5
LIMIT = 1.0
"""Seconds for the smaller one."""
MOST = 2.3
"""The ratio that still counts as twice."""
STEP = """\
parameters:
- name: number
  type: number
- name: job
  type: string
- name: debug
  type: boolean
  default: false
steps:
- script: echo step ${{ parameters.number }} of ${{ parameters.job }} in $(Build.BuildId)
  displayName: Step ${{ format('{0}/{1}', parameters.job, parameters.number) }}
  condition: and(succeeded(), ne(variables['skip'], 'true'))
  env:
    NUMBER: ${{ parameters.number }}
    ${{ if parameters.debug }}:
      DEBUG: 'true'
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        small = measure(Path(temporary) / "small", JOBS)
        large = measure(Path(temporary) / "large", 2 * JOBS)
    print(f"{STAGES} stages, {JOBS} jobs, {JOBS * STEPS} templated steps: {small:.2f} s")
    print(f"{STAGES} stages, {2 * JOBS} jobs, {2 * JOBS * STEPS} templated steps: {large:.2f} s")
    print(f"ratio {large / small:.2f}")
    if small > LIMIT:
        raise SystemExit(f"more than {LIMIT} s")
    if large / small > MOST:
        raise SystemExit(f"twice the size takes more than {MOST} times as long")


def measure(folder: Path, jobs: int) -> float:
    """The seconds it takes to plan a pipeline of so many jobs."""
    folder.mkdir()
    (folder / "step.yml").write_text(STEP)
    (folder / "azure-pipelines.yml").write_text(pipeline(jobs))
    best = float("inf")
    found: Plan | None = None
    for _ in range(5):
        found = None
        gc.collect()  # What an earlier plan left is no part of this one's time.
        start = time.process_time()
        found = plan(folder / "azure-pipelines.yml", parameters={"debug": "true"})
        best = min(best, time.process_time() - start)
    assert found is not None
    steps = [step for stage in found.pipeline.stages for job in stage.jobs for step in job.steps]
    assert sum(not step.implicit for step in steps) == jobs * STEPS, len(steps)
    assert render(found).count("CmdLine@2") == jobs * STEPS
    return best


def pipeline(jobs: int) -> str:
    """The text of the pipeline: its jobs as evenly on the stages as may be."""
    lines = ["parameters:", "- {name: debug, type: boolean, default: false}", "stages:"]
    for stage in range(STAGES):
        lines += [f"- stage: stage{stage}", "  variables:", f"    stage: {stage}", "  jobs:"]
        for job in range(stage, jobs, STAGES):
            lines += [f"  - job: job{job}", "    steps:"]
            if job >= STAGES:
                lines.insert(-1, f"    dependsOn: job{job - STAGES}")
            for step in range(STEPS):
                lines += [
                    "    - template: step.yml",
                    "      parameters:",
                    f"        number: {step}",
                    f"        job: ${{{{ format('job{{0}}', {job}) }}}}",
                    "        debug: ${{ parameters.debug }}",
                ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
