"""A run's folder, written for a test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

NOON = 1_732_470_000.0


def node(name: str, result: str = "Succeeded", **more: Any) -> dict[str, Any]:
    """A stage, job or step that took ten seconds."""
    told = {"title": name, "started": NOON, "ended": NOON + 10, "note": "", "issues": []}
    return {"name": name, "result": result, **told, **more}


def run_document(**more: Any) -> dict[str, Any]:
    """What run.json says of a run of one step."""
    step = node("1", title="Fit", log="logs/01.log")
    job = node("fit", steps=[step], dependsOn=[], environment="")
    return {
        "format": 1,
        "name": "wine",
        "number": "7",
        "result": "Succeeded",
        "started": NOON,
        "ended": NOON + 75,
        "stages": [node("train", jobs=[job], dependsOn=[])],
        **more,
    }


class Written:
    """A result folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def document(self, **more: Any) -> Path:
        (self.folder / "run.json").write_text(json.dumps(run_document(**more)))
        return self.folder

    def file(self, path: str, text: str) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)


@pytest.fixture
def written(tmp_path: Path) -> Written:
    folder = tmp_path / "run"
    folder.mkdir()
    return Written(folder)
