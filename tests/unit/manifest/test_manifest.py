from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from modelyard import cli, operations
from modelyard.errors import all_errors
from modelyard.manifest import readme, reference, schema, troubleshooting, usual_causes, written
from modelyard.operation import Operation, Structure, given, result


@dataclass(frozen=True, kw_only=True)
class Shared:
    token: str | None = given(
        "A token.", default=None, secret=True, environment=("A_TOKEN",), group="Workspace"
    )
    url: str = given("An address.", environment=("URL",), group="Workspace")
    azure_connection: str | None = given(
        "Who.",
        default=None,
        connection="AzureRM",
        aliases=("azureSubscription",),
        group="Workspace",
    )


@dataclass(frozen=True, kw_only=True)
class Inputs(Shared):
    cluster_name: str = given("A name | with a bar.")
    mode: str = given("How.", default="append", choices=("append", "overwrite"))
    count: int = given("How many.", default=3, group="Size")
    minutes: float = given("How long.", default=30.0, group="Size")
    dry_run: bool = given("Whether.", default=False)
    paths: tuple[str, ...] = given("Paths.", default=("a", "b"))
    settings: Structure | None = given("Settings.", default=None, file=True)


@dataclass(frozen=True)
class Outputs:
    run_id: str | None = result("Set after the submit.")
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
    example="cluster-name: my cluster\ntoken: $(token)\n"
    "url: ${{ steps.cluster-start.outputs.run-id }}\npaths: |\n  x\n  y\nsettings: {a: [1]}\n"
    "dry-run: true",
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(operations, "every", lambda: (OPERATION,))
    (tmp_path / "setup.cfg").touch()
    part = readme.operations_table([])
    (tmp_path / "README.md").write_text(f"# Mine\n\n{part.begin}\n{part.end}\n\nAnd more.\n")
    return tmp_path


def generate(root: Path, *arguments: str) -> int:
    return cli.main(["generate", "--root", str(root), *arguments])


Captured = pytest.CaptureFixture[str]
FILES = [
    "README.md",
    "actions/cluster-start/action.yml",
    "actions/cluster-start/launch.json",
    "actions/cluster-start/main.js",
    "docs/reference/README.md",
    "docs/reference/cluster-start.md",
    "docs/reference/schemas/cluster-start.json",
    "docs/troubleshooting.md",
    "shared/modelyard/project/github/starters/inputs.json",
    "tasks/ModelyardClusterStartV1/icon.png",
    "tasks/ModelyardClusterStartV1/launch.json",
    "tasks/ModelyardClusterStartV1/main.js",
    "tasks/ModelyardClusterStartV1/task.json",
    "templates/github/train-and-deploy.yml",
    "templates/github/train.yml",
]
PAGE, SCHEMA = "docs/reference/cluster-start.md", "docs/reference/schemas/cluster-start.json"


# The command.


def test_it_writes_every_file_once(root: Path, capsys: Captured) -> None:
    assert generate(root) == 0
    assert capsys.readouterr().out.splitlines() == [f"{file}: written" for file in FILES]
    assert generate(root) == 0
    assert capsys.readouterr().out == ""
    assert generate(root, "--check") == 0


def test_check_lists_what_differs_and_writes_nothing(root: Path, capsys: Captured) -> None:
    generate(root)
    page, schema_file = root / PAGE, root / SCHEMA
    page.write_text(page.read_text() + "by hand\n")
    schema_file.unlink()
    capsys.readouterr()

    assert generate(root, "--check") == 1
    captured = capsys.readouterr()
    assert captured.out.splitlines() == [
        f"{PAGE}: differs from what would be written",
        f"{SCHEMA}: is missing",
    ]
    assert "modelyard generate" in captured.err
    assert "by hand" in page.read_text()
    assert not schema_file.exists()


def test_what_no_operation_makes_any_more_is_removed_and_hand_written_pages_stay(
    root: Path, capsys: Captured
) -> None:
    generate(root)
    old = root / "docs/reference/cluster-old.md"
    old.write_text(f"# cluster-old\n\n<!-- {written.MARK} -->\n")
    own = root / "docs/reference/concepts.md"
    own.write_text("# Concepts\n")
    capsys.readouterr()
    assert generate(root, "--check") == 1
    assert capsys.readouterr().out == ("docs/reference/cluster-old.md: belongs to no operation\n")

    assert generate(root) == 0
    assert not old.exists()
    assert own.exists()


def test_a_folder_that_no_operation_makes_is_removed_whole(root: Path, capsys: Captured) -> None:
    generate(root)
    old, live = root / "tasks/ModelyardOldV1", root / "tasks/ModelyardClusterStartV1"
    old.mkdir()
    (old / "launch.json").write_text(json.dumps({"comment": written.MARK}))
    (old / "task.json").write_text("{}")
    (live / "notes.txt").write_text("by hand\n")
    (live / "post.js").write_text(f"// {written.MARK}\n")
    own = root / "actions/own"
    own.mkdir()
    (own / "action.yml").write_text("name: own\n")
    capsys.readouterr()

    assert generate(root) == 0
    assert capsys.readouterr().out.splitlines() == [
        "tasks/ModelyardClusterStartV1/post.js: removed",
        "tasks/ModelyardOldV1/launch.json: removed",
        "tasks/ModelyardOldV1/task.json: removed",
    ]
    assert not old.exists()
    assert (live / "notes.txt").exists()
    assert (own / "action.yml").exists()


def test_only_the_generated_part_of_the_readme_changes(root: Path) -> None:
    generate(root)
    text = (root / "README.md").read_text()

    assert text.startswith("# Mine\n")
    assert text.endswith("\nAnd more.\n")
    assert (
        "| [`cluster-start`](docs/reference/cluster-start.md) | `ModelyardClusterStart@1` |" in text
    )
    (root / "README.md").write_text(text.replace("Start a cluster", "Stop a cluster"))
    assert generate(root, "--check") == 1


@pytest.mark.parametrize("text", ["# Mine\n", f"{readme.operations_table([]).begin}\n", None])
def test_a_readme_without_a_place_for_it_is_an_error(
    root: Path, capsys: Captured, text: str | None
) -> None:
    (root / "README.md").unlink()
    if text is not None:
        (root / "README.md").write_text(text)

    assert generate(root) == 2
    assert "README.md has no place for its generated part" in capsys.readouterr().err
    assert not (root / "docs").exists()


def test_line_ends_that_git_changed_are_no_difference(root: Path) -> None:
    generate(root)
    page = root / PAGE
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))

    assert generate(root, "--check") == 0


def test_another_folder_is_not_written_into(tmp_path: Path, capsys: Captured) -> None:
    assert generate(tmp_path) == 2
    assert "isn't the repository" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# The reference page.


def test_a_page_has_what_a_user_looks_for() -> None:
    page = reference.page(OPERATION)

    for line in (
        "# cluster-start",
        "**Start a cluster.** It starts a cluster.",
        "It needs Python 3.10 to 3.13.",
        "| Azure Pipelines | task `ModelyardClusterStart@1` |",
        "| GitHub | action `OWNER/modelyard/actions/cluster-start@v1` |",
        "| `cluster-name` | `clusterName` | A name \\| with a bar. | text | **required** |  |",
        "| `mode` |  | How. | `append` or `overwrite` | `append` |  |",
        "| `count` |  | How many. | whole number | `3` |  |",
        "| `minutes` |  | How long. | number | `30` |  |",
        "| `dry-run` | `dryRun` | Whether. | true or false | `false` |  |",
        "| `paths` |  | Paths. | list, one per line | `a`, `b` |  |",
        "| `settings` |  | Settings. | YAML or JSON, or a file of it |  |  |",
        "| `token` |  | A token. | secret text |  | `A_TOKEN` |",
        "|  | `azureConnection` or `azureSubscription` | Who. | service connection |  |  |",
        "| `run-id` | `runId` | Set after the submit. |  |",
        "| `key` |  | Set always. | secret |",
        "| 70 | A fault of Modelyard itself. |",
    ):
        assert line in page.splitlines(), line


def test_own_inputs_stand_before_shared_ones_and_groups_have_headings() -> None:
    page = reference.page(OPERATION)

    places = [page.index(text) for text in ("`cluster-name`", "### Size", "`count`", "### Work")]
    assert places == sorted(places)


def test_an_operation_without_inputs_and_outputs_says_so() -> None:
    @dataclass(frozen=True)
    class Nothing:
        pass

    operation: Operation[Any, Any] = Operation(
        **{
            field: getattr(OPERATION, field)
            for field in ("name", "title", "description", "group", "task_id", "run")
        },
        inputs=Nothing,
        outputs=Nothing,
        extra="local",
    )
    page = reference.page(operation)

    assert page.count("It has none.") == 2
    assert "and the extra `modelyard[local]`" in page
    assert "## Examples" not in page


def test_the_example_as_a_command_line_holds_no_secret_and_survives_a_shell() -> None:
    assert reference.command(OPERATION) == (
        "modelyard cluster-start \\\n"
        "  --cluster-name 'my cluster' \\\n"
        '  --url "$RUN_ID" \\\n'
        "  --paths 'x\ny' \\\n"
        "  --settings '{\"a\": [1]}' \\\n"
        "  --dry-run true"
    )


def test_the_index_lists_operations_by_group() -> None:
    index = reference.index([OPERATION])

    assert "## Databricks" in index
    assert "An output has at most 32,000 bytes" in index
    assert (
        "| [`cluster-start`](cluster-start.md) | `ModelyardClusterStart@1` | Start a cluster. |"
        in index
    )
    assert "## Images" not in index


# The schema.


def test_the_schema_takes_what_the_operation_takes() -> None:
    made = schema.schema(OPERATION)
    jsonschema.Draft202012Validator.check_schema(made)
    validator = jsonschema.Draft202012Validator(made)

    assert validator.is_valid({"cluster-name": "x"})  # url may come from the environment
    assert validator.is_valid(
        {
            "cluster-name": "x", "mode": "overwrite", "count": 1, "minutes": 0.5, "dry-run": True,
            "paths": ["a"], "settings": {"a": 1},
        }
    )  # fmt: skip
    for wrong in (
        {},
        {"cluster-name": 1},
        {"cluster-name": "x", "mode": "delete"},
        {"cluster-name": "x", "count": 1.5},
        {"cluster-name": "x", "paths": {"a": "b"}},
        {"cluster-name": "x", "cluster-nam": "y"},
    ):
        assert not validator.is_valid(wrong), wrong


def test_the_schema_has_defaults_and_marks_secrets() -> None:
    properties = json.loads(schema.text(OPERATION))["properties"]

    assert properties["token"] == {"description": "A token.", "type": "string", "writeOnly": True}
    assert properties["paths"]["default"] == ["a", "b"]
    assert properties["dry-run"]["default"] is False
    assert properties["mode"]["enum"] == ["append", "overwrite"]
    assert "default" not in properties["settings"]
    assert "azure-connection" not in properties


# The page that errors lead to.


def test_every_error_is_explained_by_the_page_and_by_the_command_it_names(
    capsys: pytest.CaptureFixture[str],
) -> None:
    page = troubleshooting.page()
    headings = [line.removeprefix("## ") for line in page.splitlines() if line.startswith("## ")]

    for error in all_errors():
        assert error.identifier in headings
        command = list(error("x").lines())[-1].partition(": ")[2].split()
        assert command[:2] == ["modelyard", "explain"]
        assert cli.main(command[1:]) == 0
        told = capsys.readouterr().out
        assert told.startswith(f"{error.identifier} ({error.__name__}), exit code ")
        assert "  likely cause: " in told
        assert "  what to do: " in told
        section = page.split(f"## {error.identifier}\n")[1].split("\n## ")[0]
        assert f"`{error.__name__}`, exit code {error.exit_code}." in section
        assert "- Likely cause: " in section
        assert "- What to do: " in section


@pytest.mark.parametrize("wanted", ["MY012", "my012", "12"])
def test_an_error_is_explained_by_identifier_and_by_exit_code(
    wanted: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", wanted]) == 0
    assert "MY012 (Unreachable), exit code 12\n" in capsys.readouterr().out


def test_all_errors_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["explain"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == len(all_errors())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [(["MY999"], "there is no error MY999"), (["MY002", "MY003"], "takes one error")],
)
def test_what_cannot_be_explained_is_an_error(
    arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["explain", *arguments]) == 2
    assert told in capsys.readouterr().err


def test_what_a_class_says_is_said_nowhere_else() -> None:
    known = {error.identifier: error for error in all_errors()}
    for identifier, (cause, fix) in usual_causes.USUAL.items():
        error = known[identifier]
        assert not (cause and error.cause), identifier
        assert not (fix and error.fix), identifier
        assert not any(text.endswith(".") for text in (cause, fix)), identifier
    assert "message names it" not in troubleshooting.page()


def test_a_known_cause_and_fix_are_told_as_sentences() -> None:
    section = troubleshooting.page().split("## MY010\n")[1].split("\n## ")[0]

    assert "- Likely cause: The token is wrong, was revoked or has expired." in section
    assert "- What to do: Make a new token or check which secret the token input takes." in section
