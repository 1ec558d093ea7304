from __future__ import annotations

import dataclasses
import json
import zlib
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from modelyard import __version__
from modelyard.manifest import action, examples, icon, task, task_inputs, wrapper
from modelyard.manifest.groups import GROUPS
from modelyard.manifest.written import MARK
from modelyard.operation import Operation, Structure, given, result


@dataclass(frozen=True, kw_only=True)
class Shared:
    token: str | None = given(
        "A token, with cluster-name.", default=None, secret=True, environment=("A_TOKEN",),
        group="Who asks",
    )  # fmt: skip
    azure_connection: str | None = given(
        "Who.", default=None, connection="AzureRM", aliases=("azureSubscription",),
        group="Who asks",
    )  # fmt: skip
    place: str = given("Where.", default="here", environment=("PLACE",))


@dataclass(frozen=True, kw_only=True)
class Inputs(Shared):
    mode: str = given("How.", default="append", choices=("append", "over write"))
    source: str = given("A folder.", file=True)
    cluster_name: str = given("A name.", label="Cluster")
    wheels: str | None = given("A folder.", default=None, file=True)
    count: int = given("How many.", default=3, visible_when="mode = append && dry_run != true")
    dry_run: bool = given("Whether.", default=False)
    elastic: bool | None = given("Whether.", default=None)
    paths: tuple[str, ...] = given("Paths.", default=("a", "b"))
    settings: Structure | None = given("Settings.", default=None)


@dataclass(frozen=True)
class Outputs:
    run_id: str | None = result("Set with cluster-name.")
    key: str | None = result("Set always.", secret=True)


OPERATION: Operation[Inputs, Outputs] = Operation(
    name="cluster-start",
    title="Start a cluster",
    description="It starts a cluster.",
    group="Databricks",
    task_id="00000000-0000-4000-8000-000000000000",
    inputs=Inputs,
    outputs=Outputs,
    run=lambda inputs, context: Outputs(),
    release=lambda state, inputs, context: None,
    variables=("PATH",),
    example="source: src\ncluster-name: training\ntoken: $(my-token)\nsettings: {a: [1, x]}\n"
    "paths: |\n  x\n  ${{ steps.cluster-start.outputs.run-id }}\ndry-run: true\ncount: 5",
    example_environment=("MORE",),
)


def inputs() -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in task.task(OPERATION)["inputs"]}


def test_the_types_of_inputs() -> None:
    assert {name: one["type"] for name, one in inputs().items()} == {
        "source": "filePath",
        "clusterName": "string",
        "mode": "pickList",
        "wheels": "string",
        "count": "string",
        "dryRun": "boolean",
        "elastic": "pickList",
        "paths": "multiLine",
        "settings": "multiLine",
        "place": "string",
        "token": "string",
        "azureConnection": "connectedService:AzureRM",
    }


def test_required_ones_come_first_and_groups_last() -> None:
    assert list(inputs())[:2] == ["source", "clusterName"]
    assert list(inputs())[-2:] == ["token", "azureConnection"]


def test_what_an_input_says() -> None:
    made = inputs()

    assert made["clusterName"]["label"] == "Cluster"
    assert made["mode"]["options"] == {"append": "append", "over write": "over write"}
    assert made["elastic"]["options"] == {"true": "Yes", "false": "No"}
    assert made["elastic"]["defaultValue"] == ""
    assert made["paths"]["defaultValue"] == "a\nb"
    assert made["dryRun"]["defaultValue"] == "false"
    assert made["count"]["visibleRule"] == "mode = append && dryRun != true"
    assert made["azureConnection"]["aliases"] == ["azureSubscription"]
    assert made["token"]["groupName"] == "whoAsks"
    assert made["token"]["helpMarkDown"] == (
        "A token, with clusterName. It may come from A_TOKEN in the step's environment too. "
        "Give a secret variable: $(name)."
    )
    assert made["settings"]["helpMarkDown"].endswith("or the path of a file of it.")


def test_a_default_never_goes_before_the_environment() -> None:
    assert inputs()["place"]["defaultValue"] == ""
    assert "default" not in action.action(OPERATION)["inputs"]["place"]


def test_the_task_itself() -> None:
    made = task.task(OPERATION)

    assert made["id"] == OPERATION.task_id
    assert made["name"] == "ModelyardClusterStart"
    assert made["helpUrl"].endswith("/docs/reference/cluster-start.md")
    assert made["instanceNameFormat"] == "cluster-start: $(source)"
    assert made["groups"] == [{"name": "whoAsks", "displayName": "Who asks", "isExpanded": True}]
    assert made["outputVariables"][0] == {"name": "runId", "description": "Set with clusterName."}
    assert made["execution"]["Node24"]["target"] == "main.js"
    assert made["postjobexecution"]["Node20_1"]["target"] == "post.js"
    assert made["restrictions"] == {
        "settableVariables": {"allowed": ["runId", "key", "PATH", task.MULTILINE]},
        "commands": {"mode": "restricted"},
    }


def test_what_the_agent_and_the_form_are_told() -> None:
    made = task.task(OPERATION)

    assert made["minimumAgentVersion"] == "3.232.1"  # the first with Node20_1
    assert set(made["execution"]) == {"Node20_1", "Node24"}
    assert made["showEnvironmentVariables"] is True  # secrets may come from there
    assert inputs()["mode"]["properties"] == {"EditableOptions": "True"}
    assert inputs()["elastic"]["properties"] == {"EditableOptions": "True"}
    assert inputs()["paths"]["properties"]["maxLength"] == "20000"
    assert "properties" not in inputs()["source"]


def test_open_are_the_groups_of_the_example_and_of_who_signs_in() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Grouped:
        shown: str | None = given("Shown.", default=None, group="Size")
        beside: str | None = given("Not shown.", default=None, group="Size")
        url: str | None = given("Where.", default=None, group="Workspace")
        rare: str | None = given("Rare.", default=None, group="Rarely used")

    grouped: Operation[Any, Any] = dataclasses.replace(
        OPERATION, inputs=Grouped, example="shown: x"
    )
    open_ = {one["displayName"]: one["isExpanded"] for one in task.task(grouped)["groups"]}

    assert open_ == {"Size": True, "Workspace": True, "Rarely used": False}


def test_what_the_environment_can_give_is_required_of_nobody() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Required:
        url: str = given("Where.", environment=("URL",))
        name: str = given("Who.")

    operation: Operation[Any, Any] = dataclasses.replace(
        OPERATION, inputs=Required, example="name: x"
    )
    of_task = {one["name"]: one["required"] for one in task.task(operation)["inputs"]}
    of_action = action.action(operation)["inputs"]

    assert of_task == {"url": False, "name": True}
    assert {name: one["required"] for name, one in of_action.items()} == of_task


def test_the_defaults_of_an_action() -> None:
    made = action.action(OPERATION)["inputs"]

    assert {name: one["default"] for name, one in made.items() if "default" in one} == {
        "mode": "append", "count": "3", "dry-run": "false", "paths": "a\nb",
    }  # fmt: skip


def test_what_attaches_something_is_not_restricted_to_no_attachments() -> None:
    attaching = dataclasses.replace(OPERATION, attaches=True, release=None)

    assert "commands" not in task.task(attaching)["restrictions"]
    assert "postjobexecution" not in task.task(attaching)


def test_the_version_of_the_task_is_that_of_the_package() -> None:
    assert task.version("1.20.3") == {"Major": 1, "Minor": 20, "Patch": 3}


@pytest.mark.parametrize("text", ["1", "1.2", "1.0.0rc1", "1.2.3.4", "x.1.2"])
def test_a_version_that_does_not_fit(text: str) -> None:
    with pytest.raises(ValueError, match="isn't a version"):
        task.version(text)


def test_rules_and_groups_in_the_names_of_the_task() -> None:
    assert task_inputs.rule("a_b = a_b || c != x y", {"a_b": "aB", "c": "c"}) == (
        "aB = a_b || c != x y"
    )
    assert task_inputs.group_id("Azure ML runs") == "azureMlRuns"


def test_the_action() -> None:
    made = yaml.safe_load(action.text(OPERATION))

    assert made == action.action(OPERATION)
    assert made["name"] == "Modelyard cluster-start"
    assert made["runs"] == {
        "using": "node24", "main": "main.js", "post": "post.js", "post-if": "always()",
    }  # fmt: skip
    assert "azure-connection" not in made["inputs"]
    assert made["inputs"]["dry-run"] == {
        "description": "Whether.", "required": False, "default": "false",
    }  # fmt: skip
    assert made["inputs"]["mode"]["description"] == "How. One of append, over write."
    assert made["inputs"]["cluster-name"]["required"] is True
    assert "default" not in made["inputs"]["token"]
    assert made["outputs"]["run-id"]["description"] == "Set with cluster-name."


def test_an_action_without_a_release_has_no_post_step() -> None:
    assert "post" not in action.action(dataclasses.replace(OPERATION, release=None))["runs"]


# The folders.


def test_a_folder_in_place() -> None:
    files = wrapper.task_folder_files(OPERATION)

    assert list(files) == ["task.json", "icon.png", "launch.json", "main.js", "post.js"]
    assert json.loads(files["launch.json"]) == {
        "comment": MARK,
        "operation": "cluster-start",
        "version": __version__,
        "python": ["3.10", "3.13"],
        "dependencies": "../../requirements/core.txt",
        "library": "../../shared",
    }
    assert str(files["post.js"]).splitlines() == [
        f"// {MARK}", 'require("../../shared/launcher/post.js")(__dirname);',
    ]  # fmt: skip


def test_a_folder_that_is_whole_in_itself() -> None:
    wheel = "modelyard-0.1.0-py3-none-any.whl"
    other = dataclasses.replace(OPERATION, extra="azureml", release=None)
    files = wrapper.task_folder_files(other, wrapper.packaged(wheel))

    launch = json.loads(files["launch.json"])
    assert (launch["dependencies"], launch["library"]) == ("requirements/azureml.txt", wheel)
    assert 'require("./launcher/main.js")(__dirname);' in str(files["main.js"])
    assert "post.js" not in files
    assert set(wrapper.action_folder_files(other)) == {"action.yml", "launch.json", "main.js"}


# The examples.


def test_the_example_on_azure_pipelines() -> None:
    assert (
        examples.azure_example(OPERATION)
        == """\
- task: ModelyardClusterStart@1
  name: clusterStart
  inputs:
    source: src
    clusterName: training
    token: $(my-token)
    settings: |
      a:
        - 1
        - x
    paths: |
      x
      $(clusterStart.runId)
    dryRun: true
    count: 5
  env:
    MORE: $(more)
"""
    )


def test_the_example_on_github() -> None:
    assert (
        examples.github_example(OPERATION, uses="./actions/cluster-start")
        == """\
- uses: ./actions/cluster-start
  id: cluster-start
  with:
    source: src
    cluster-name: training
    token: ${{ secrets.MY_TOKEN }}
    settings: |
      a:
        - 1
        - x
    paths: |
      x
      ${{ steps.cluster-start.outputs.run-id }}
    dry-run: true
    count: 5
  env:
    MORE: ${{ secrets.MORE }}
"""
    )


def test_a_command_gets_secrets_from_the_environment() -> None:
    assert examples.command_environment(OPERATION) == ("MORE", "A_TOKEN")


# The icon.


@pytest.mark.parametrize("group", GROUPS)
def test_an_icon_is_a_picture(group: str) -> None:
    data = icon.png(group)
    chunks = dict(read_chunks(data))

    assert data.startswith(b"\x89PNG\r\n\x1a\n")
    assert MARK.encode() in chunks[b"tEXt"]
    rows = zlib.decompress(chunks[b"IDAT"])
    assert len(rows) == 32 * (1 + 4 * 32)
    pixels = [rows[i : i + 4] for y in range(32) for i in range(y * 129 + 1, y * 129 + 129, 4)]
    assert pixels[0][3] == 0  # round corners
    assert pixels[3 * 32 + 16] == GROUPS[group].rgb.to_bytes(3, "big") + b"\xff"
    assert pixels[16 * 32 + 8] == b"\xff\xff\xff\xff"  # a post of the M
    assert data == icon.png(group)


def test_each_group_looks_its_own_way() -> None:
    assert len({group.rgb for group in GROUPS.values()}) == len(GROUPS)
    assert len({group.feather for group in GROUPS.values()}) == len(GROUPS)


@pytest.mark.parametrize(
    ("group", "category", "branding"),
    [
        ("Databricks", "Utility", {"icon": "layers", "color": "orange"}),
        ("images", "Build", {"icon": "package", "color": "purple"}),
        ("deployment", "Deploy", {"icon": "upload-cloud", "color": "green"}),
        ("checks", "Test", {"icon": "check-circle", "color": "gray-dark"}),
    ],
)
def test_a_group_is_shown_alike_by_its_task_and_its_action(
    group: str, category: str, branding: dict[str, str]
) -> None:
    operation = dataclasses.replace(OPERATION, group=group)
    assert task.task(operation)["category"] == category
    assert action.action(operation)["branding"] == branding


def read_chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    found, at = [], 8
    while at < len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        crc = int.from_bytes(data[at + 8 + length : at + 12 + length], "big")
        assert zlib.crc32(kind + body) == crc
        found.append((kind, body))
        at += 12 + length
    return found
