"""What the commands take for a workflow, and for a pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import InputError
from modelyard.local.commands import main
from modelyard.runner_errors import PipelineError
from workflow_files import CALLING, write

ASKING = """
    on:
      push:
      workflow_dispatch:
        inputs: {count: {type: number}}
    jobs:
      one:
        runs-on: ubuntu-latest
        steps:
          - uses: actions/upload-artifact@v4
            with:
              name: made
              path: |
                one
                two
    """


@pytest.fixture
def folder(tmp_path: Path, library: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    files = {
        ".github/workflows/main.yml": CALLING,
        ".github/workflows/asking.yml": ASKING,
        "pipeline.yml": "steps: []",
    }
    write(tmp_path, files)
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--group", "a=b"], "--group is for pipelines of Azure Pipelines"),
        (["--root", "library"], "--root: .*main.yml isn't in library"),
        (["--root", ".github"], "main.yml isn't in .github/workflows of the repository .github, "),
        (["--in-place"], "--in-place is for pipelines"),
        (["--task", "a=b"], "--task is for pipelines"),
        (["--repository", "library=x"], "a workflow names repositories as OWNER/NAME"),
        (["--repository", "a/b=nowhere"], "--repository a/b: there is no folder nowhere"),
        (["--secret", "NOT_IN_THE_ENVIRONMENT"], "there is no environment variable"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_refused_for_a_workflow(arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        main(["run", ".github/workflows/main.yml", *arguments])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--root", "nowhere"], "--root: there is no folder nowhere"),
        (["--input", "nope=1"], "there is no input nope"),
        (["--parameter", "count=many"], "the input count is a number, not 'many'"),
        (["--variable", "q=2"], "--variable q: the plan of a workflow has no values of vars"),
    ],
)
@pytest.mark.usefixtures("folder")
def test_refused_for_a_plan_of_a_workflow(arguments: list[str], message: str) -> None:
    with pytest.raises(InputError, match=message):
        main(["plan", ".github/workflows/asking.yml", *arguments])


@pytest.mark.parametrize("command", ["plan", "run"])
def test_a_folder_without_git(command: str, folder: Path) -> None:
    (folder / ".git").rmdir()
    with pytest.raises(InputError, match="there is no git repository that ") as caught:
        main([command, ".github/workflows/asking.yml"])

    assert caught.value.fix == "git init, or --root .: this folder then counts as the repository"


def test_a_workflow_deeper_in_a_repository(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(folder / "example", {".github/workflows/x.yml": ASKING})
    file = "example/.github/workflows/x.yml"
    with pytest.raises(InputError, match="where GitHub looks for workflows") as caught:
        main(["plan", file])

    assert caught.value.fix.startswith("--root example: ")
    assert main(["plan", file, "--root", "example"]) == 0
    assert capsys.readouterr().out.startswith("workflow x.yml: on push")


@pytest.mark.usefixtures("folder")
def test_inputs_of_a_workflow_that_has_none() -> None:
    arguments = ["--repository", "OWNER/library=library", "--input", "count=1"]
    with pytest.raises(InputError, match="only workflow_dispatch has inputs") as caught:
        main(["plan", ".github/workflows/main.yml", *arguments])

    assert caught.value.fix == "add workflow_dispatch to on:"


@pytest.mark.usefixtures("folder")
def test_a_plan_with_an_input_shows_all_lines_of_a_value(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["plan", ".github/workflows/asking.yml", "--input", "count=2"]) == 0

    shown = capsys.readouterr().out.splitlines()
    begin = shown.index("      name: made")
    assert shown[begin + 1 :][:3] == ["      path:", "        one", "        two"]


@pytest.mark.parametrize("option", ["--event=push", "--job=a"])
@pytest.mark.usefixtures("folder")
def test_refused_for_a_pipeline(option: str) -> None:
    with pytest.raises(InputError, match="is for workflows of GitHub, not for pipeline"):
        main(["run", "pipeline.yml", option])


@pytest.mark.usefixtures("folder")
def test_a_job_that_is_not_there() -> None:
    arguments = ["--repository", "OWNER/library=library", "--job", "cal"]
    with pytest.raises(InputError, match=r"has no job cal \(did you mean call\?\)"):
        main(["run", ".github/workflows/main.yml", *arguments])


@pytest.mark.usefixtures("folder")
def test_a_plan_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["plan", ".github/workflows/main.yml", "--repository", "OWNER/library=library"])

    shown = capsys.readouterr().out.splitlines()
    assert code == 0
    assert shown[:3] == [
        "workflow main.yml: on push",
        "job call / first: 1 step",
        "job call / last: after call / first; to here; 3 steps",
    ]
    assert "      text: hello" in shown
    assert "      if always()" in shown
    assert shown[-1].startswith("Not checked: what expressions give")


def test_a_plan_shows_scripts_and_variables(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
        on: {workflow_dispatch: {inputs: {who: {default: me}}}}
        jobs:
          a:
            runs-on: x
            steps:
              - {run: make, env: {A: "${{ inputs.who }}", T: "${{ secrets.T }}"}}
              - name: Two
                run: |
                  one
                  for ${{ inputs.who }}
                shell: pwsh
                working-directory: there
                env: ${{ fromJSON(vars.ALL) }}
        """
    write(folder, {".github/workflows/x.yml": text})

    assert main(["plan", ".github/workflows/x.yml"]) == 0
    assert capsys.readouterr().out.splitlines()[4:-2] == [
        "  - Run make",
        "      run: make",
        "      env A: me",
        "      env T: ${{ secrets.T }}",
        "  - Two",
        "      run:",
        "        one",
        "        for me",
        "      shell: pwsh",
        "      working-directory: there",
        "      env: ${{ fromJSON(vars.ALL) }}",
    ]


def test_a_plan_shows_no_control_characters(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = '{name: "\\e[2Jj", runs-on: x, steps: [{name: "\\e[31ms\\a", run: x}]}'
    text = f'name: "\\e]0;t\\an\\r"\non: push\njobs: {{a: {job}}}\n'
    write(folder, {".github/workflows/x.yml": text})

    assert main(["plan", ".github/workflows/x.yml"]) == 0

    shown = capsys.readouterr().out
    assert shown.startswith("workflow n")
    assert "  - s\n" in shown
    assert not set(shown) & set("\x1b\a\r")


@pytest.mark.usefixtures("folder")
def test_the_expanded_yaml_of_a_workflow(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--repository", "OWNER/library=library", "--yaml"]

    assert main(["plan", ".github/workflows/main.yml", *arguments]) == 0
    shown = capsys.readouterr().out
    assert "  call / last:\n    needs:\n    - call / first\n" in shown
    assert '      name: "here"\n' in shown


def test_what_only_a_run_knows_is_told_with_what_gives_it(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    call = """
        on: push
        jobs:
          call:
            if: github.ref != 'x'
            strategy: {matrix: {to: [a, b]}}
            uses: OWNER/library/.github/workflows/called.yml@v1
            with: {to: "${{ matrix.to }}"}
            secrets: {token: x}
        """
    write(folder, {".github/workflows/x.yml": call})
    arguments = ["--repository", "OWNER/library=library"]

    assert main(["plan", ".github/workflows/x.yml", *arguments]) == 0
    shown = capsys.readouterr().out
    assert "to ${{ inputs.to }}; 3 steps\n" in shown
    assert (
        "\ncall / last\n  if github.ref != 'x'  (of call)\n  inputs.to: ${{ matrix.to }}\n" in shown
    )


@pytest.mark.usefixtures("folder")
def test_a_plan_is_only_checked(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--repository", "OWNER/library=library", "--check"]

    assert main(["plan", ".github/workflows/main.yml", *arguments]) == 0
    assert capsys.readouterr().out.startswith(
        ".github/workflows/main.yml: 2 jobs, 4 steps, nothing"
    )


OURS = """
    on: push
    jobs:
      a:
        runs-on: x
        steps: [{uses: actions/setup-python@v5}, {uses: OWNER/ours/actions/notebook-run@v1}]
    """


def test_our_actions_from_a_repository_that_is_not_here(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The plan names the option; nothing is started for a run."""
    write(folder, {".github/workflows/x.yml": OURS})
    file = ".github/workflows/x.yml"

    assert main(["plan", file, "--check"]) == 0
    shown = capsys.readouterr().out
    assert "OWNER/ours/actions/notebook-run@v1 (where it lies: --repository OWNER/ours=" in shown
    with pytest.raises(PipelineError) as caught:
        main(["run", file])

    (problem,) = caught.value.problems
    assert problem.message == (
        "a step uses OWNER/ours/actions/notebook-run@v1: where OWNER/ours lies on this machine "
        "isn't known: give it with --repository OWNER/ours=PATH"
    )
    assert not (folder / ".modelyard").exists()
