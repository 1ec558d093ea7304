"""A run of the example that is over, as its result folder tells it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from acceptance.figures import DIABETES_PREDICTIONS


@dataclass(frozen=True)
class FinishedRun:
    """What a run left behind."""

    code: int
    output: str
    folder: Path

    @property
    def document(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / "run.json").read_text("utf-8"))
        return found

    def artifact(self, name: str) -> Any:
        """The content of a JSON file among the artifacts."""
        return json.loads((self.folder / "artifacts" / name).read_text("utf-8"))

    def runs(self) -> list[dict[str, Any]]:
        """Those of the sweep."""
        found: list[dict[str, Any]] = self.artifact("runs-wine-quality-train/runs.json")
        return found

    def summary(self, stage: str, title: str) -> str:
        """What a step told of itself."""
        for one in self.document["summaries"]:
            if self._step(stage, title)["name"] == one["step"][-1] and one["step"][0] == stage:
                return (self.folder / one["path"]).read_text("utf-8")
        raise AssertionError(f"{title} of {stage} has no summary")

    def log(self, stage: str, title: str) -> str:
        return (self.folder / self._step(stage, title)["log"]).read_text("utf-8")

    def _step(self, stage: str, title: str) -> dict[str, Any]:
        for one in self.document["stages"]:
            for step in (step for job in one["jobs"] for step in job["steps"]):
                if (one["name"], step["title"]) == (stage, title):
                    found: dict[str, Any] = step
                    return found
        raise AssertionError(f"{stage} has no step {title}")


def assert_success(done: FinishedRun) -> None:
    """Each of the four stages was run, and succeeded."""
    assert done.code == 0, done.output
    assert [(one["name"], one["result"]) for one in done.document["stages"]] == [
        (stage, "Succeeded") for stage in ("train", "build_image", "staging", "production")
    ]


def assert_figures(
    runs: Iterable[dict[str, Any]], expected: dict[str, tuple[float, float, float]]
) -> None:
    """The runs are those expected, and so are their metrics."""
    found = {
        run["parameters"]["alpha"]: [run["metrics"][name] for name in ("rmse", "mae", "r2")]
        for run in runs
    }
    assert set(found) == set(expected)
    for alpha, figures in expected.items():
        assert found[alpha] == pytest.approx(figures, abs=2e-5)


def assert_serves_the_winner(done: FinishedRun, environment: str) -> None:
    """The environment has the image that was built, and it predicts as the best model does."""
    image = done.artifact("image/image.json")["image"]
    assert "@sha256:" in image
    assert image in done.summary(environment, "Deploy")
    tested = done.summary(environment, "Test the endpoint")
    found = json.loads(tested[tested.rindex("[") : tested.rindex("]") + 1])
    assert found == pytest.approx(DIABETES_PREDICTIONS, abs=1e-3)


def assert_no_secret(done: FinishedRun, secrets: list[str]) -> None:
    """None is in the output or in any file of the results."""
    assert len(secrets) == 2
    for path in done.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert not any(secret.encode() in content for secret in secrets), path
    assert not any(secret in done.output for secret in secrets)
