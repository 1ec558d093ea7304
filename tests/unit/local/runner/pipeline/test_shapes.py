"""The shapes of five real systems' pipelines, and the plan of each as it has to be.

After a change that is meant, ``UPDATE_GOLDEN=1 pytest`` writes the files anew; read the difference.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from modelyard.local.runner.pipeline import graph, plan, render
from modelyard.local.runner.pipeline.plan import Plan

SHAPES = Path(__file__).parent / "shapes"
NAMES = [
    "cluster-training",
    "wine-stages",
    "terraform-container",
    "image-promotion",
    "shared-templates",
]


def shape(name: str) -> Plan:
    folder = SHAPES / name
    if name != "shared-templates":
        return plan(folder / "azure-pipelines.yml", root=folder)
    return plan(
        folder / "repository" / "azure-pipelines.yml",
        root=folder / "repository",
        repositories={"shared": folder / "templates-repository"},
        predefined={"Build.SourceBranch": "refs/heads/master"},
    )


def check(path: Path, text: str) -> None:
    if os.environ.get("UPDATE_GOLDEN"):
        path.write_text(text, encoding="utf-8")
    assert text == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_the_expanded_pipeline(name: str) -> None:
    check(SHAPES / name / "expected.yml", render(shape(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_graph(name: str) -> None:
    check(SHAPES / name / "expected.txt", graph(shape(name)))


@pytest.mark.parametrize("name", NAMES)
def test_the_expanded_pipeline_gives_the_same_plan_again(
    planned: Callable[..., Plan], name: str
) -> None:
    text = render(shape(name))
    assert isinstance(yaml.safe_load(text), dict)
    assert render(planned(text)) == text
    assert graph(planned(text)) == graph(shape(name))
