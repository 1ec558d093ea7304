"""Templates. Source: learn.microsoft.com, ``pipelines/process/templates``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from modelyard.local.runner.pipeline.plan import Plan, Variable

Scripts = Callable[..., list[str]]
Lines = Callable[..., list[str]]
ONE_STEP = "steps:\n- script: {}\n"


def test_steps_jobs_and_stages_are_inserted(planned: Callable[..., Plan]) -> None:
    """ "Step reuse", "Job reuse", "Stage reuse"."""
    found = planned(
        "stages:\n- stage: A\n  jobs:\n  - job: A1\n    steps:\n    - script: before\n"
        "    - template: t/steps.yml\n    - script: after\n  - template: t/jobs.yml\n"
        "- template: t/stages.yml\n",
        {
            "t/steps.yml": ONE_STEP.format("step"),
            "t/jobs.yml": "jobs:\n- job: J\n  steps:\n  - template: steps.yml\n",
            "t/stages.yml": "stages:\n- stage: S\n  jobs:\n  - template: jobs.yml\n",
        },
    )
    scripts = {
        f"{stage.name}.{job.name}": [step.inputs.get("script", "") for step in job.steps][1:]
        for stage in found.pipeline.stages
        for job in stage.jobs
    }
    assert scripts == {"A.A1": ["before", "step", "after"], "A.J": ["step"], "S.J": ["step"]}
    assert found.files == ("azure-pipelines.yml", "t/steps.yml", "t/jobs.yml", "t/stages.yml")
    assert str(found.pipeline.stages[1].place) == "t/stages.yml:2:3"


def test_unnamed_jobs_of_a_template_do_not_conflict(planned: Callable[..., Plan]) -> None:
    """ "remove the name of the job in the template file, so as to avoid conflict"."""
    template = "jobs:\n- job:\n  steps: [{script: a}]\n- job: \n  steps: [{script: b}]\n"
    found = planned("jobs:\n- template: t.yml\n- template: t.yml\n", {"t.yml": template})
    assert [job.name for job in found.pipeline.stages[0].jobs] == ["Job1", "Job2", "Job3", "Job4"]


@pytest.mark.parametrize(
    ("start", "references"),
    [
        ("fileA.yml", ["dir1/fileB.yml", "dir1/dir2/fileC.yml", "/dir1/fileB.yml"]),
        ("dir1/dir2/fileC.yml", ["../../fileA.yml", "../fileB.yml", "/fileA.yml"]),
        ("dir1/fileB.yml", ["../fileA.yml", "dir2/fileC.yml", "dir2\\fileC.yml"]),
    ],
)
def test_paths_are_relative_to_the_including_file(
    scripts: Scripts, start: str, references: list[str]
) -> None:
    """ "Template paths should be relative to the file that does the including"."""
    files = {name: ONE_STEP.format(name) for name in ("fileA.yml", "dir1/fileB.yml")}
    files["dir1/dir2/fileC.yml"] = ONE_STEP.format("dir1/dir2/fileC.yml")
    files[start] = "steps:\n" + "".join(f"- template: {one}\n" for one in references)
    found = scripts(f"steps:\n- template: {start}\n", files)
    assert [Path(one).name for one in found] == [
        one.replace("\\", "/").rpartition("/")[2] for one in references
    ]


def test_a_template_is_chosen_by_a_parameter(scripts: Scripts) -> None:
    """ "Parameters to select a template at runtime"."""
    text = (
        "parameters: [{name: new, type: boolean, default: false}]\nsteps:\n"
        "- ${{ if eq(parameters.new, true) }}:\n  - template: new.yml\n"
        "- ${{ if not(eq(parameters.new, true)) }}:\n  - template: old.yml\n"
        "- template: ${{ format('{0}.yml', 'old') }}\n"
    )
    files = {"new.yml": ONE_STEP.format("new"), "old.yml": ONE_STEP.format("old")}
    assert scripts(text, files) == ["old", "old"]
    assert scripts(text, files, parameters={"new": "true"}) == ["new", "old"]


def test_variables_of_a_template(planned: Callable[..., Plan]) -> None:
    """ "Variable reuse" and "Variable templates with parameter"."""
    found = planned(
        "variables:\n- {name: first, value: a}\n- template: vars.yml\n  parameters: {dir: d}\n"
        "- {name: last, value: '${{ variables.command }}'}\n"
        "steps: [{script: '${{ variables.last }}'}]\n",
        {
            "vars.yml": "parameters: [{name: dir, default: .}]\nvariables:\n"
            "  command: ${{ variables.first }} ${{ parameters.dir }}\n"
        },
    )
    variables = [one for one in found.pipeline.variables if isinstance(one, Variable)]
    assert [(one.name, one.value, one.place.file) for one in variables] == [
        ("first", "a", "azure-pipelines.yml"),
        ("command", "a d", "vars.yml"),
        ("last", "a d", "azure-pipelines.yml"),
    ]


RESOURCE = (
    "resources:\n  repositories:\n  - repository: templates\n    type: github\n"
    "    name: OWNER/modelyard\n    ref: refs/tags/v1\n"
)


@pytest.fixture
def other(tmp_path: Path) -> Path:
    folder = tmp_path / "other"
    (folder / "steps").mkdir(parents=True)
    (folder / "common.yml").write_text(
        "steps:\n- template: steps/inner.yml\n- template: /steps/inner.yml\n"
        "- template: mine.yml@self\n"
    )
    (folder / "steps" / "inner.yml").write_text(ONE_STEP.format("inner"))
    return folder


def test_templates_of_another_repository(planned: Callable[..., Plan], other: Path) -> None:
    """ "Use other repositories", and @self in them."""
    found = planned(
        RESOURCE + "steps:\n- template: common.yml@templates\n",
        {"mine.yml": ONE_STEP.format("mine")},
        repositories={"templates": other},
    )
    steps = found.pipeline.stages[0].jobs[0].steps[1:]
    assert [step.inputs["script"] for step in steps] == ["inner", "inner", "mine"]
    assert str(steps[0].place) == "steps/inner.yml@templates:2:3"
    (repository,) = found.pipeline.resources.repositories
    assert (repository.name, repository.ref, repository.folder) == (
        "OWNER/modelyard",
        "refs/tags/v1",
        other,
    )


def test_self_within_the_pipelines_own_repository_changes_nothing(
    scripts: Callable[..., list[str]],
) -> None:
    """PGielniak/azdo-pipeline-emulator, E03-references/self-alias-relative-nested."""
    files = {
        "a/one.yml": "steps:\n- template: two.yml@self\n- template: ../b/three.yml@SELF\n",
        "a/two.yml": ONE_STEP.format("two"),
        "b/three.yml": ONE_STEP.format("three"),
    }
    assert scripts("steps:\n- template: a/one.yml\n", files) == ["two", "three"]


@pytest.mark.parametrize("declared", ["[{name: more, type: stepList}]", "{more: []}"])
def test_a_path_in_a_parameter_counts_from_the_template_that_gets_it(
    scripts: Callable[..., list[str]], other: Path, declared: str
) -> None:
    """microsoft/vscode-java-pack, pull request 1711; MicrosoftDocs/azure-devops-docs, issue 8106.
    With an alias it counts from the root: so do the pipelines of microsoft/terminal."""
    outer = f"parameters: {declared}\nsteps:\n- ${{{{ parameters.more }}}}\n"
    (other / "steps/outer.yml").write_text(outer)
    text = RESOURCE + (
        "steps:\n- template: steps/outer.yml@templates\n  parameters:\n    more:\n"
        "    - template: inner.yml\n    - template: ./a/mine.yml@self\n"
        "- template: a/outer.yml\n  parameters:\n    more:\n"
        "    - template: mine.yml\n    - template: ./a/mine.yml@self\n"
    )
    files = {"a/mine.yml": ONE_STEP.format("mine"), "a/outer.yml": outer}
    found = scripts(text, files, repositories={"templates": other})
    assert found == ["inner", "mine", "mine", "mine"]


def test_a_path_in_a_parameter_may_count_from_where_it_is_written(
    planned: Callable[..., Plan],
) -> None:
    """Pipelines of PowerShell/PowerShell count on it."""
    outer = "parameters: [{name: more, type: stepList}]\nsteps:\n- ${{ parameters.more }}\n"
    found = planned(
        "steps:\n- template: a/outer.yml\n  parameters:\n    more:\n    - template: b/mine.yml\n",
        {"b/mine.yml": ONE_STEP.format("mine"), "a/outer.yml": outer},
    )
    assert found.pipeline.stages[0].jobs[0].steps[1].inputs["script"] == "mine"
    assert [message for _, message in found.warnings] == [
        "b/mine.yml counts from a/outer.yml, which gets it, and a/b/mine.yml isn't there: the file "
        "beside azure-pipelines.yml is taken. Write /b/mine.yml@self"
    ]


def test_parameters_may_name_templates_of_repositories_that_the_extended_file_declares(
    scripts: Callable[..., list[str]], other: Path
) -> None:
    text = (
        "extends:\n  template: outer.yml\n  parameters:\n    more:\n"
        "    - template: steps/inner.yml@templates\n"
    )
    outer = RESOURCE + (
        "parameters: [{name: more, type: stepList}]\nsteps:\n- ${{ parameters.more }}\n"
    )
    assert scripts(text, {"outer.yml": outer}, repositories={"templates": other}) == ["inner"]


def test_a_repository_that_is_not_mapped(problems: Lines) -> None:
    (line,) = problems(RESOURCE + "steps:\n- template: common.yml@templates\n")
    assert line == (
        "azure-pipelines.yml:8:13: where the repository templates lies on this machine isn't "
        "known: give --repository templates=path"
    )


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            "x.yml@tempaltes",
            "resources.repositories declares no repository tempaltes (did you mean temp",
        ),
        ("../../x.yml", "../../x.yml lies outside the repository"),
        ("none.yml", "none.yml can't be read (No such file or directory), looked for as "),
        (
            "$(file).yml",
            "$(file).yml: templates are read before the run knows any runtime variable",
        ),
        ("''", "template needs the path of a file"),
        ("[a]", "template needs the path of a file"),
    ],
)
def test_a_template_that_can_not_be_had_is_one_error(
    problems: Lines, reference: str, message: str
) -> None:
    (line,) = problems(RESOURCE + f"steps:\n- template: {reference}\n")
    assert message in line
    assert line.startswith("azure-pipelines.yml:8:")


def test_a_misspelt_template_is_shown_the_file_beside_it(
    problems: Lines, write: Callable[..., Path]
) -> None:
    write("", {"steps/lint.yml": ONE_STEP.format("x")})
    (line,) = problems("steps:\n- template: steps/lnit.yml\n")
    assert line.endswith("(did you mean lint.yml?)")


def test_a_link_out_of_the_repository_is_refused(
    problems: Lines, write: Callable[..., Path], tmp_path: Path
) -> None:
    (tmp_path / "secret.yml").write_text(ONE_STEP.format("x"))
    write("").with_name("link.yml").symlink_to(tmp_path / "secret.yml")
    (line,) = problems("steps:\n- template: link.yml\n")
    assert line.endswith("link.yml lies outside the repository")


def test_what_is_beside_a_missing_template_is_still_checked(problems: Lines) -> None:
    found = problems(
        "jobs:\n- template: none.yml\n- job: A\n  dependsOn: FromTemplate\n  stpes: []\n"
    )
    assert [line.split(" ")[0] for line in found] == [
        "azure-pipelines.yml:2:13:",
        "azure-pipelines.yml:5:3:",
    ]


def test_a_template_of_another_kind(problems: Lines) -> None:
    (line,) = problems("steps:\n- template: t.yml\n", {"t.yml": "jobs:\n- job: A\n"})
    assert line == ("t.yml:1:1: a template for jobs, included at azure-pipelines.yml:2:3 for steps")


def test_unknown_keys_beside_and_in_a_template(problems: Lines) -> None:
    found = problems(
        "steps:\n- template: t.yml\n  paramters: {}\n", {"t.yml": "setps:\n- script: a\n"}
    )
    assert found == [
        "azure-pipelines.yml:2:3: the template t.yml has no steps",
        "azure-pipelines.yml:3:3: paramters: beside template there may be parameters only "
        "(did you mean parameters?)",
        "t.yml:1:1: setps isn't known in a template for steps (did you mean steps?)",
    ]


def test_a_template_that_includes_itself_ends(problems: Lines) -> None:
    """ "No more than 20 levels of template nesting"."""
    template = "steps:\n- template: t.yml\n- template: t.yml\n"
    (line,) = problems("steps:\n- template: t.yml\n", {"t.yml": template})
    assert line == "t.yml:2:13: templates are nested in more than 20 levels"


def nested(levels: int) -> dict[str, str]:
    files = {f"t{n}.yml": f"steps:\n- template: t{n + 1}.yml\n" for n in range(1, levels)}
    return files | {f"t{levels}.yml": ONE_STEP.format("deepest")}


def test_twenty_levels_are_allowed(scripts: Scripts, problems: Lines) -> None:
    text = "steps:\n- template: t1.yml\n"
    assert scripts(text, nested(20)) == ["deepest"]
    assert "more than 20 levels" in problems(text, nested(21))[0]


def test_a_hundred_files_are_allowed(scripts: Scripts, problems: Lines) -> None:
    """ "No more than 100 separate YAML files may be included"."""
    files = {f"t{n}.yml": ONE_STEP.format(n) for n in range(101)}
    lines = ["steps:"] + [f"- template: t{n}.yml" for n in range(100)]
    assert len(scripts("\n".join([*lines, "- template: t1.yml"]), files)) == 101
    (line,) = problems("\n".join([*lines, "- template: t100.yml"]), files)
    assert line.endswith("more than 100 files are included")


def test_extends(planned: Callable[..., Plan]) -> None:
    """ "Extend from a template", "Extend from a template with resources"."""
    found = planned(
        "name: run\ntrigger: [main]\nvariables: {a: '1'}\nresources:\n  containers:\n"
        "  - {container: c, image: i}\nextends:\n  template: base.yml\n  parameters:\n"
        "    buildSteps:\n    - script: ${{ variables.a }}\n    - template: mine.yml\n",
        {
            "base.yml": "parameters: [{name: buildSteps, type: stepList, default: []}]\n"
            "resources:\n  pipelines: [{pipeline: p, source: s}]\n"
            "variables: {b: '${{ variables.a }}2'}\n"
            "pool: mine\nstages:\n- stage: S\n"
            "  jobs:\n  - job: J\n    steps:\n    - script: before\n"
            "    - ${{ parameters.buildSteps }}\n    - script: ${{ variables.b }}\n",
            "mine.yml": ONE_STEP.format("mine"),
        },
    ).pipeline
    steps = found.stages[0].jobs[0].steps[1:]
    assert [step.inputs["script"] for step in steps] == ["before", "1", "mine", "12"]
    assert [one.name for one in found.variables] == ["a", "b"]
    assert found.name == "run"
    assert found.triggers == {"trigger": ["main"]}
    assert [one.alias for one in found.resources.containers] == ["c"]
    assert [one.alias for one in found.resources.pipelines] == ["p"]
    assert found.pool is not None
    assert found.pool.name == "mine"


def test_extends_rejects_a_step(problems: Lines) -> None:
    """start.yml of "Extend from a template": a step is refused by making it no step."""
    found = problems(
        "extends:\n  template: start.yml\n  parameters:\n    buildSteps:\n    - bash: fine\n"
        "    - script: not this\n",
        {
            "start.yml": "parameters: [{name: buildSteps, type: stepList}]\nsteps:\n"
            "- ${{ each step in parameters.buildSteps }}:\n  - ${{ each pair in step }}:\n"
            "      ${{ if ne(pair.value, 'CmdLine@2') }}:\n"
            "        ${{ pair.key }}: ${{ pair.value }}\n"
            "      ${{ if eq(pair.value, 'CmdLine@2') }}:\n        '${{ pair.value }}': error\n"
        },
    )
    (line,) = found
    assert line.startswith("azure-pipelines.yml:6:7: ")  # where the step is written
    assert "this is no step" in line


def test_extends_excludes_stages_of_its_own(problems: Lines) -> None:
    found = problems(
        "steps: [{script: x}]\nextends:\n  template: t.yml\n",
        {"t.yml": "trigger: none\n" + ONE_STEP.format("y")},
    )
    assert found == [
        "azure-pipelines.yml:1:1: steps: beside extends the template has them",
        "t.yml:1:1: trigger belongs in the pipeline, not in what it extends",
    ]


def test_what_a_mapping_hands_on_is_wrong_where_it_is_written(problems: Lines) -> None:
    """And once: what only follows from it isn't told."""
    found = problems(
        "steps:\n- template: a.yml\n  parameters:\n    given:\n      better: smaller\n"
        "      row: 3\n",
        {
            "a.yml": "parameters: [{name: given, type: object}]\nsteps:\n- template: b.yml\n"
            "  parameters:\n    ${{ each one in parameters.given }}:\n"
            "      ${{ one.key }}: ${{ one.value }}\n",
            "b.yml": "parameters:\n- {name: better, values: [lower, higher]}\n- {name: need}\n"
            "steps:\n- template: c.yml\n  parameters:\n    better: ${{ parameters.better }}\n"
            "    name: ${{ parameters.need }}\n",
            "c.yml": "parameters:\n- {name: better, values: [lower, higher]}\n- {name: name}\n"
            "steps:\n- script: x\n  name: ${{ parameters.name }}\n",
        },
    )
    assert sorted(found) == [
        "a.yml:3:3: the parameter need of b.yml needs a value",
        "azure-pipelines.yml:5:15: better can't be 'smaller', only lower or higher",
        "azure-pipelines.yml:6:7: the template b.yml has no parameter row",
    ]
