"""The stages of templates/azure-pipelines, run: what their parameters do, with stand-ins for the
tasks that say what they were given. Whole chains with the tasks themselves: tests/acceptance."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelyard import manifest
from modelyard.local.runner.engine import facts
from modelyard.local.runner.engine.events import Notice
from modelyard.local.runner.engine.job_variables import GroupValue
from modelyard.local.runner.engine.questions import Question
from modelyard.local.runner.variables import Variable
from modelyard.runner_errors import PipelineError

IMAGE = "127.0.0.1:5000/wine@sha256:" + "0" * 64
SAY = """
const given = process.env;
const shown = ["TARGET", "ENDPOINT", "IMAGE", "METRIC"].filter((one) => given[`INPUT_${one}`]);
const text = shown.map((one) => `${one.toLowerCase()}=${given[`INPUT_${one}`]}`).join(" ");
console.log(`> ${given.NAME} ${text} ${given.DATABRICKS_TOKEN ? "with a token" : ""}`.trimEnd());
console.log("##vso[task.setvariable variable=scoringUrl;isOutput=true]http://127.0.0.1/score");
"""


@pytest.fixture
def stand_ins(tmp_path: Path) -> dict[str, Path]:
    """A task for each of ours, with its inputs; it says its name and what it got."""
    found = {}
    for file in manifest.ROOT.glob("tasks/*/task.json"):
        document = json.loads(file.read_text("utf-8"))
        folder = tmp_path / "stand-ins" / file.parent.name
        folder.mkdir(parents=True)
        document["execution"] = {"Node20_1": {"target": "main.js"}}
        document.pop("postjobexecution", None)
        (folder / "task.json").write_text(json.dumps(document))
        name = document["name"].removeprefix("Modelyard")
        (folder / "main.js").write_text(SAY.replace("${given.NAME}", name))
        found[document["name"]] = folder
    return found


@pytest.fixture
def stage(run: Any, stand_ins: dict[str, Path]) -> Callable[..., Any]:
    """``stage(template, settings, **parameters)``: run the stages of a template."""

    def run_stage(template: str, settings: dict[str, Any], **parameters: Any) -> Any:
        repository = {"repository": "modelyard", "type": "github", "name": "OWNER/modelyard"}
        use = {
            "template": f"templates/azure-pipelines/stages/{template}@modelyard",
            "parameters": {"model": "wine", **parameters},
        }
        resources: dict[str, Any] = {"repositories": [{**repository, "endpoint": "github"}]}
        if "container" in parameters:
            resources["containers"] = [{"container": "python", "image": "python:3.11"}]
        text = yaml.safe_dump({"resources": resources, "stages": [use]}, sort_keys=False)
        return run(text, repositories={"modelyard": manifest.ROOT}, tasks=stand_ins, **settings)

    return run_stage


def deployed(**more: Any) -> dict[str, Any]:
    return {"environment": "test", "image": IMAGE, "dependsOn": [], **more}


DEPLOYED = f"> ModelDeploy target=local endpoint=wine-test image={IMAGE}"


class Somebody:
    """Answers every question alike; notes them, and what was printed by then."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.asked: list[Question] = []

    def ask(self, question: Question, is_over: Callable[[], bool]) -> bool:
        self.asked.append(question)
        return self.answer


def test_a_deployment_by_itself(stage: Any) -> None:
    done = stage("deploy.yml", {}, **deployed(rows="rows.json"))

    assert done.result == "Succeeded", done.lines
    assert done.printed == [DEPLOYED, "> EndpointTest target=local endpoint=wine-test"]


def test_approve_asks_before_anything_is_deployed(stage: Any) -> None:
    somebody = Somebody(True)
    done = stage("deploy.yml", {"person": somebody}, **deployed(approve=True))

    assert done.result == "Succeeded", done.lines
    assert [one.instructions for one in somebody.asked] == ["Approve the deployment to test."]
    assert done.printed == [DEPLOYED]
    asked = next(i for i, line in enumerate(done.lines) if "Approve the deployment" in line)
    assert asked < done.lines.index(DEPLOYED)


def test_what_is_rejected_is_not_deployed(stage: Any) -> None:
    done = stage("deploy.yml", {"person": Somebody(False)}, **deployed(approve=True))

    assert done.result == "Failed"
    assert done.printed == []
    assert done.node("deploy", "endpoint").result.text == "Skipped"


def test_an_approval_may_be_given_beforehand(stage: Any) -> None:
    done = stage("deploy.yml", {"approved": frozenset({"approve"})}, **deployed(approve=True))

    assert done.printed == [DEPLOYED], done.lines


def test_a_container_is_said_to_be_left_out(stage: Any) -> None:
    done = stage("deploy.yml", {}, **deployed(container="python"))

    assert done.result == "Succeeded", done.lines
    assert done.printed == [DEPLOYED]
    assert [one.text for one in done.events if isinstance(one, Notice)] == [
        "Deploy wine to test would run in a container (python:3.11); here it runs on this machine"
    ]


def test_or_refused_where_that_is_asked_for(stage: Any) -> None:
    with pytest.raises(PipelineError, match="endpoint runs in a container, and --strict-contain"):
        stage("deploy.yml", {"strict_containers": True}, **deployed(container="python"))


@pytest.mark.parametrize("is_fork", ["True", "False"])
@pytest.mark.parametrize(
    ("template", "parameters", "name"),
    [
        ("train.yml", {"metric": "rmse"}, "train"),
        ("build-image.yml", {"dependsOn": []}, "build_image"),
        ("deploy.yml", deployed(), "deploy"),
    ],
)
def test_a_forks_pull_request_runs_no_stage(
    stage: Any,
    monkeypatch: pytest.MonkeyPatch,
    is_fork: str,
    template: str,
    parameters: dict[str, Any],
    name: str,
) -> None:
    of_run = facts.of_run

    def of_a_pull_request(*arguments: Any) -> Any:
        for one in of_run(*arguments):
            fork = one.name == "System.PullRequest.IsFork"
            yield Variable(one.name, is_fork, read_only=True) if fork else one

    monkeypatch.setattr(facts, "of_run", of_a_pull_request)
    done = stage(template, {}, **parameters)

    begun = "Skipped" not in done.node(name).result.text
    assert begun is (is_fork == "False")
    assert begun or done.printed == []


@pytest.mark.parametrize(("branch", "runs"), [("main", True), ("feature/x", False)])
def test_only_on_a_branch(stage: Any, tmp_path: Path, branch: str, runs: bool) -> None:
    folder = tmp_path / "repository"
    folder.mkdir()
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.com")
    for command in (("init", "-q", "-b", branch), ("commit", "-q", "--allow-empty", "-m", "x")):
        subprocess.run(
            ["git", *identity, "-c", "commit.gpgsign=false", *command], cwd=folder, check=True
        )
    done = stage("deploy.yml", {}, **deployed(onlyBranch="main"))

    assert done.printed == ([DEPLOYED] if runs else [])
    assert done.node("deploy").result.text == ("Succeeded" if runs else "Skipped")


def test_a_variable_group_gives_secrets_and_overrides(stage: Any) -> None:
    groups = {
        "ml": {
            "databricks-token": GroupValue("open-sesame-token", secret=True),
            "NOTEBOOKS_TARGET_OVERRIDE": GroupValue("/Shared/mine"),
        }
    }
    done = stage(
        "train.yml",
        {"groups": groups},
        metric="rmse",
        variableGroups=["ml"],
        databricksTokenVariable="databricks-token",
    )

    assert "> ModelSelect metric=rmse with a token" in done.printed
    assert done.printed[0] == "> NotebooksImport target=/Shared/mine with a token"
    assert not any("open-sesame" in line for line in done.lines)
