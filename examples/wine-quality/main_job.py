"""The main job on this machine: from a table to a served model, against the local cloud.

Every step is the command of one Modelyard operation, as a pipeline would call it; this file only
puts them in their order and hands outputs on. Started by ``make demo``.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from datasets import DATASETS, Dataset, write_rows, write_table

from modelyard.local import report
from modelyard.local.cloud.commands.lifecycle import up_detached
from modelyard.local.cloud.exceptions import LocalCloudError
from modelyard.local.cloud.running import running
from modelyard.waiting import duration

HERE = Path(__file__).parent
MODELYARD = [sys.executable, "-m", "modelyard"]
NOTEBOOKS = "/Shared/wine-quality"
VOLUME = "/Volumes/main/default/wine-quality"
TABLE = f"{VOLUME}/table.csv"
JOB = "wine-quality-train"
CLUSTER = "ml"
WHEELS = Path(os.environ.get("MODELYARD_WHEELS") or HERE.parents[1] / ".cache/wheels")


class StepFailed(Exception):
    """A step ended with an exit code other than 0."""

    def __init__(self, step: str, code: int) -> None:
        super().__init__(f"{step} ended with exit code {code}")
        self.code = code


class Job:
    """A job folder, and the steps run in it."""

    def __init__(self, state: Path, folder: Path) -> None:
        self.state = state
        self.folder = folder
        self.steps: list[report.Step] = []

    def step(self, name: str, title: str, operation: str, /, **inputs: Any) -> Mapping[str, str]:
        """Run one operation and return its outputs by their kebab-case names.

        :raises StepFailed: after showing what the step printed.
        """
        return self._run(name, title, [operation, *_arguments(inputs)])

    def release(self, name: str, title: str, operation: str) -> None:
        """The release step of a step of this job."""
        self._run(name, title, ["release", operation])

    def _run(self, name: str, title: str, arguments: list[str]) -> Mapping[str, str]:
        log = self.folder / f"{len(self.steps) + 1:02d}-{name}.log"
        start = time.monotonic()
        environment = {**os.environ, "MODELYARD_JOB": str(self.folder), "MODELYARD_STEP": name}
        command = [*MODELYARD, "local", "exec", "--state", str(self.state), "--"]
        with log.open("w", encoding="utf-8") as stream:
            stream.write(shlex.join(["modelyard", *arguments]) + "\n")
            stream.flush()
            child = subprocess.Popen(
                [*command, *MODELYARD, *arguments],
                env=environment,
                stdout=stream,
                stderr=subprocess.STDOUT,
            )
            code = _wait(child)
        elapsed = time.monotonic() - start
        mark = "✓" if code == 0 else "✗"
        print(f"{mark} {title:<58} {duration(elapsed):>8}", flush=True)
        self.steps.append(report.Step(title, code, elapsed, log.name))
        if code:
            print(log.read_text(encoding="utf-8"), end="")
            raise StepFailed(name, code)
        outputs = self.folder / f"{name}.outputs.json"
        found: Mapping[str, str] = json.loads(outputs.read_text()) if outputs.exists() else {}
        return found


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Its exit code. Ctrl-C reaches the child too: it cancels, and we wait for that."""
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            print("cancelling", flush=True)


def _arguments(inputs: Mapping[str, Any]) -> list[str]:
    return [f"--{name.replace('_', '-')}={value}" for name, value in inputs.items()]


def main() -> int:
    """Run the job; the exit code is that of the step that failed, else 0."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dataset", choices=sorted(DATASETS), default="diabetes")
    parser.add_argument("--wine-csv", default="", help="path or URL of winequality-red.csv")
    parser.add_argument("--state", type=Path, default=Path(".modelyard/local"))
    parser.add_argument("--jobs", type=Path, default=Path(".modelyard/jobs"))
    options = parser.parse_args()
    dataset = DATASETS[options.dataset]
    if not (WHEELS / ".complete").exists():
        raise SystemExit(f"{WHEELS} doesn't hold the packages of the image: `make demo` gets them")
    stamp = datetime.now(timezone.utc).strftime("%Y%m%d-%H%M%S")
    folder = options.jobs.resolve() / f"wine-quality-{stamp}-{os.getpid()}"
    folder.mkdir(parents=True, mode=0o700)
    try:
        table = write_table(dataset, folder, options.wine_csv)
    except SystemExit:
        folder.rmdir()
        raise
    rows = write_rows(table, dataset, folder)
    print(f"wine-quality on the {dataset.name} table; logs in {folder}", flush=True)
    state = options.state.absolute()
    job = Job(state, folder)
    try:
        cloud = running(state) or up_detached(state, None)
        print(f"local cloud at {cloud.url}", flush=True)
        outcome = run(job, dataset, table, rows)
    except LocalCloudError as failure:
        print(f"modelyard local: {failure}", file=sys.stderr)
        return 1
    except StepFailed as failure:
        print(f"{failure}. The local cloud stays up; `make demo-stop` stops it.", file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:  # between two steps: a step that runs is cancelled by itself
        print("cancelled. `make demo-stop` stops the local cloud, if it is up.", file=sys.stderr)
        return 130
    path = report.write(folder / "report.html", job.steps, outcome)
    print(report.text(outcome))
    print(f"\nreport: {path}")
    print("The local cloud stays up for you to try the endpoints; `make demo-stop` stops it.")
    return 0


def run(job: Job, dataset: Dataset, table: Path, rows: Path) -> report.Outcome:
    """The steps. What was started is stopped, whatever happens between."""
    cluster = job.step(
        "cluster-start",
        f"Start cluster {CLUSTER}",
        "cluster-start",
        cluster_name=CLUSTER,
        spec=HERE / "cluster.yml",
        max_workers_allowed=8,
    )["cluster-id"]
    try:
        best = _train(job, dataset, table, cluster)
        image = _build_image(job, best)
        staging = _deploy(job, "staging", image, rows)
        production = _deploy(job, "production", image, rows)
        job.step("cluster-stop", f"Stop cluster {CLUSTER}", "cluster-stop", cluster_id=cluster)
    finally:
        job.release("cluster-start", "Release what the job still holds", "cluster-start")
    return report.Outcome(
        title=f"wine-quality on the {dataset.name} table",
        metric="rmse",
        threshold=dataset.threshold,
        runs=json.loads(best["runs"]),
        best_run=best["run-id"],
        image=image["image"],
        digest=image["digest"],
        endpoints={"staging": staging, "production": production},
    )


def _train(job: Job, dataset: Dataset, table: Path, cluster: str) -> dict[str, str]:
    job.step(
        "library-install",
        "Install libraries",
        "library-install",
        cluster_id=cluster,
        libraries=HERE / "libraries.yml",
    )
    job.step(
        "notebooks-import",
        "Import notebooks",
        "notebooks-import",
        source=HERE / "notebooks",
        target=NOTEBOOKS,
    )
    job.step("files-upload", "Upload the table", "files-upload", source=table, target=VOLUME)
    parameters = {"data": TABLE, "target": dataset.target, "experiment": NOTEBOOKS}
    trained = job.step(
        "job-run",
        f"Run {JOB}: the sweep",
        "job-run",
        job=JOB,
        notebook=f"{NOTEBOOKS}/train",
        cluster_id=cluster,
        parameters=json.dumps({**parameters, "build": job.folder.name}),
        sweep=HERE / "sweep.yml",
        first_alone="true",
        metric="rmse",
        better="lower",
    )
    best = job.step(
        "model-select",
        f"Select the lowest rmse under {dataset.threshold}",
        "model-select",
        runs=trained["runs"],
        metric="rmse",
        better="lower",
        threshold=dataset.threshold,
        download_to=job.folder / "model",
    )
    return {"runs": trained["runs"], "run-id": best["best-run-id"], "model": best["model-path"]}


def _build_image(job: Job, best: Mapping[str, str]) -> Mapping[str, str]:
    # The local cloud reaches no registry and no package index: the base image is made of this
    # machine's Python, and the packages come from a folder.
    return job.step(
        "image-build",
        "Build and push the scoring image",
        "image-build",
        model=best["model"],
        name="wine-quality",
        base_image="host",
        wheels=WHEELS,
        push="true",
    )


def _deploy(job: Job, environment: str, image: Mapping[str, str], rows: Path) -> str:
    name = f"wine-quality-{environment}"
    deployed = job.step(
        f"deploy-{environment}",
        f"Deploy to {environment}",
        "model-deploy",
        target="local",
        endpoint=name,
        image=image["image"],
    )
    job.step(
        f"test-{environment}",
        f"Test {environment} with ten rows",
        "endpoint-test",
        endpoint=name,
        target="local",
        rows=rows,
        expect_count=10,
        expect_type="number",
    )
    return deployed["scoring-url"]


if __name__ == "__main__":
    sys.exit(main())
