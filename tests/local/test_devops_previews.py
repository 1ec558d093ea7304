"""Files of Azure Repos and previews of pipelines, by the unmodified package; the planning is the
local runner's, as ``modelyard local`` hands it to the cloud."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from modelyard.local.cloud.cloud import LocalCloud
from modelyard.local.cloud.devops.models import ORGANIZATION
from modelyard.local.cloud.environment import program_environment
from modelyard.local.commands.expanding import expanded

HOME = f"https://dev.azure.com/{ORGANIZATION}"
CLIENT = """
import sys
from azure.devops.connection import Connection
from azure.devops.exceptions import AzureDevOpsServiceError
from azure.devops.v7_1.git import models as git
from azure.devops.v7_1.pipelines import models as pipelines
from msrest.authentication import BasicAuthentication

clients = Connection(sys.argv[1], BasicAuthentication("", sys.argv[2])).clients_v7_1
repositories, runs = clients.get_git_client(), clients.get_pipelines_client()
number = int(sys.argv[3])
MAIN, NOTHING = "refs/heads/main", "0" * 40


def refused(call, *arguments, **more):
    try:
        call(*arguments, **more)
    except AzureDevOpsServiceError as error:
        return error.type_key, error.message


def push(repository, files, old=NOTHING, kind="add"):
    changes = [
        {
            "changeType": kind,
            "item": {"path": path},
            "newContent": {"content": text, "contentType": "rawtext"},
        }
        for path, text in files.items()
    ]
    body = git.GitPush(
        ref_updates=[git.GitRefUpdate(name=MAIN, old_object_id=old)],
        commits=[git.GitCommitRef(comment="files", changes=changes)],
    )
    return repositories.create_push(body, repository, "local").ref_updates[0].new_object_id


def preview(**given):
    return runs.preview(pipelines.RunPipelineParameters(**given), "local", number).final_yaml


kind, said = refused(preview)
assert kind == "GitUnresolvableToCommitException", (kind, said)
alone = preview(yaml_override="steps: [{script: echo alone}]")
assert "echo alone" in alone and "task: CmdLine@2" in alone

MAIN_FILE = '''
parameters: [{name: dataset, default: wine}]
resources:
  repositories: [{repository: shared, name: templates}]
steps:
- template: /steps/train.yml
  parameters: {dataset: "${{ parameters.dataset }}"}
- template: last.yml@shared
- script: echo ${{ variables['Build.SourceBranchName'] }} ${{ variables['Build.Repository.Name'] }}
'''
TRAIN = '''
parameters: [{name: dataset, type: string}]
steps: [{script: "train ${{ parameters.dataset }}"}]
'''
first = push("local", {"/azure-pipelines.yml": MAIN_FILE, "/steps/train.yml": TRAIN})
kind, said = refused(preview)
assert kind == "GitRepositoryNotFoundException", (kind, said)
repositories.create_repository(git.GitRepositoryCreateOptions(name="templates"), "local")
push("templates", {"/last.yml": "steps: [{script: echo last}]"})

whole = preview(template_parameters={"dataset": "diabetes"})
assert "train diabetes" in whole and "echo last" in whole and "echo main local" in whole, whole
assert "template:" not in whole and "${{" not in whole
again = pipelines.RunPipelineParameters(preview_run=True)
assert runs.run_pipeline(again, "local", number).final_yaml == preview()
assert runs.list_runs("local", number) == []

second = push("local", {"/azure-pipelines.yml": "stesp: []"}, first, "edit")
kind, said = refused(preview)
assert kind == "PipelineValidationException", (kind, said)
assert "azure-pipelines.yml" in said and "stesp" in said and "/preview-" not in said, said
before = git.GitVersionDescriptor(version=first, version_type="commit")
place = ("local", "azure-pipelines.yml", "local")
text = repositories.get_item_text(*place, version_descriptor=before)
assert b"".join(text).decode() == MAIN_FILE
old = pipelines.RunResourcesParameters(
    repositories={"self": pipelines.RepositoryResourceParameters(ref_name=MAIN, version=first)}
)
assert "train wine" in preview(resources=old)
assert refused(push, "local", {"/a": "b"}, first)[0] == "GitReferenceStaleException"
assert refused(push, "local", {"/../a": "b"}, second)[0] == "InvalidRequestException"
assert refused(push, "local", {"/b": ""}, second, "edit")[0] == "GitItemNotFoundException"
assert refused(push, "local", {"/steps/train.yml": ""}, second)[0] == "GitItemExistsException"
third = push("local", {"/azure-pipelines.yml": ""}, second, "delete")
kind, said = refused(preview)
assert (kind, "not found in repository local" in said) == ("PipelineValidationException", True)
(ref,) = repositories.get_refs("local", "local", filter="heads/")
assert (ref.name, ref.object_id) == (MAIN, third)
listed = repositories.get_items("local", "local", scope_path="/steps", recursion_level="full")
assert [one.path for one in listed] == ["/steps/train.yml"]
"""
Ask = Callable[..., Any]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    folder = tmp_path_factory.mktemp("cloud")
    services = ("entra", "devops", "github")
    with LocalCloud(folder, services=services, expand=expanded) as running:
        yield running
        assert running.failures == []
    assert list((folder / "devops").glob("preview-*")) == []


@pytest.fixture
def ask(cloud: LocalCloud, inside_cloud: dict[str, str]) -> Ask:
    service = cloud.services["devops"]
    service.reset()
    token = service.organization.personal_token()  # type: ignore[attr-defined]

    def call(path: str, body: Any) -> Any:
        answer = requests.post(f"{HOME}{path}", json=body, auth=("", token), timeout=30)
        return answer.json()

    return call


def pipeline(ask: Ask, **repository: str) -> int:
    body = {
        "name": "train",
        "process": {"type": 2, "yamlFilename": "azure-pipelines.yml"},
        "repository": repository,
    }
    return int(ask("/local/_apis/build/definitions", body)["id"])


def test_previews_with_the_real_client(cloud: LocalCloud, ask: Ask) -> None:
    number = pipeline(ask, type="TfsGit", id="local")
    token = cloud.services["devops"].organization.personal_token()  # type: ignore[attr-defined]
    done = subprocess.run(
        [sys.executable, "-c", CLIENT, HOME, token, str(number)],
        env=program_environment(cloud.environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


def test_files_come_from_the_local_github_too(cloud: LocalCloud, ask: Ask) -> None:
    github: Any = cloud.services["github"]
    github.accounts.add("octo")
    for name, files in (
        ("wine", {"azure-pipelines.yml": WINE}),
        ("templates", {"steps/train.yml": "steps: [{script: echo train}]"}),
    ):
        repository = github.repositories.add("octo", name)
        content = {path: text.encode() for path, text in files.items()}
        github.history.write(repository, "main", content, "first", "octo")
    number = pipeline(ask, type="GitHub", id="octo/wine", name="octo/wine")
    place = f"/local/_apis/pipelines/{number}/preview"

    assert "echo train" in ask(place, {})["finalYaml"]
    assert "TF401175" in ask(place, {"yamlOverride": WINE.replace("main", "v1")})["message"]
    missing = {"yamlOverride": WINE.replace("octo/templates", "octo/other")}
    assert ask(place, missing)["typeKey"] == "GitHubRepositoryNotFoundException"


WINE = """
resources:
  repositories:
  - {repository: shared, type: github, name: octo/templates, ref: refs/heads/main, endpoint: github}
steps: [{template: steps/train.yml@shared}]
"""


def test_everything_that_is_wrong_is_told_at_once(ask: Ask) -> None:
    number = pipeline(ask, type="TfsGit", id="local")
    place = f"/local/_apis/pipelines/{number}/preview"
    wrong = "steps: [{script: a, conditoin: b}, {task: NoSuchTask@1}, {template: none.yml}]"
    refused = ask(place, {"yamlOverride": wrong})
    assert refused["typeKey"] == "PipelineValidationException"
    for part in ("conditoin", "NoSuchTask", "none.yml"):
        assert part in refused["message"]
    assert str(Path("/")) + "tmp" not in refused["message"]
