"""Names of approvals are looked at before anything runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelyard.errors import InputError
from modelyard.local.commands import approvals, main
from modelyard.local.commands.approvals import Target
from modelyard.local.runner.engine.settings import Settings
from modelyard.local.runner.pipeline.places import Place

HERE = Place("main.yml", 4, 2)
PIPELINE = """
variables: {where: production}
stages:
- stage: first
  jobs: [{job: J, steps: [{checkout: none}, {bash: "exit 1"}]}]
- stage: live
  jobs:
  - deployment: D
    environment: $(where)
    strategy: {runOnce: {deploy: {steps: [{bash: "exit 1"}]}}}
- stage: late
  trigger: manual
  jobs:
  - {job: look, pool: server, steps: [{task: ManualValidation@1, inputs: {notifyUsers: ''}}]}
"""
WORKFLOW = """
on: push
jobs:
  live:
    runs-on: x
    environment: production
    steps: [{run: exit 1}]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".git").mkdir()
    (tmp_path / "p.yml").write_text(PIPELINE)
    (tmp_path / ".github" / "workflows").mkdir(parents=True)
    (tmp_path / ".github" / "workflows" / "w.yml").write_text(WORKFLOW)
    return tmp_path


@pytest.mark.parametrize("file", ["p.yml", ".github/workflows/w.yml"])
@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--approve", "nothing named prod asks for an approval (did you mean production?)"),
        ("--approval", "nothing deploys to prod (did you mean production?)"),
    ],
)
def test_a_name_that_nothing_asks_by_is_refused_before_the_run(
    file: str, option: str, message: str, folder: Path
) -> None:
    with pytest.raises(InputError) as caught:
        main(["run", file, option, "prod"])

    assert caught.value.what == f"{option} prod: {message}"
    assert "production" in caught.value.fix
    assert not (folder / ".modelyard").exists()


@pytest.mark.parametrize("name", ["production", "Production", "late", "look"])
def test_what_asks_can_be_approved(name: str) -> None:
    targets = [
        Target(HERE, "Production"),
        Target(HERE, "late", environment=False),
        Target(HERE, "look", environment=False),
    ]
    settings = Settings(approved=frozenset({name.lower()}))

    approvals.check(targets, settings)
    warned = [text.split()[0] for _, text in approvals.unanswered(targets, settings)]
    assert warned == [one for one in ("Production", "late", "look") if one.lower() != name.lower()]
    assert not list(approvals.unanswered(targets, Settings(approve_all=True)))


def test_an_environment_that_does_not_ask_needs_no_approval() -> None:
    targets = [Target(HERE, "staging")]

    assert not list(approvals.unanswered(targets, Settings()))
    with pytest.raises(InputError, match="nothing named staging asks") as caught:
        approvals.check(targets, Settings(approved=frozenset({"staging"})))
    assert caught.value.fix == "leave it out: there is none"


def test_of_an_environment_that_only_a_run_knows() -> None:
    """It can be any of those that ask, and no other."""
    targets = [Target(HERE, "${{ matrix.to }}", known=False)]

    approvals.check(targets, Settings(approved=frozenset({"production"})))
    approvals.check(targets, Settings(approvals=frozenset({"elsewhere"})))
    with pytest.raises(InputError, match=r"nothing named prod .*mean production"):
        approvals.check(targets, Settings(approved=frozenset({"prod"})))
    ((place, text),) = approvals.unanswered(targets, Settings())
    assert place == HERE
    assert text.startswith("this job, if it deploys to production, asks for an approval")


@pytest.mark.parametrize("approved", [True, False])
def test_without_a_terminal_it_is_told_at_the_start(
    approved: bool, capfd: pytest.CaptureFixture[str]
) -> None:
    options = ["--yes"] if approved else []

    assert main(["run", "p.yml", "--cloud", "none", "--output", "out", *options]) == 1

    warned = [line for line in capfd.readouterr().err.splitlines() if "approval" in line]
    said = "asks for an approval, and without a terminal nobody can be asked: run it with --approve"
    assert warned == (
        []
        if approved
        else [
            f"p.yml:8:5: warning: production {said} production, or --yes",
            f"p.yml:11:3: warning: late {said} late, or --yes",
            f"p.yml:14:39: warning: look {said} look, or --yes",
        ]
    )


CALLED = """
on: {workflow_call: {inputs: {where: {type: string, required: true}}}}
jobs:
  live:
    runs-on: x
    environment: ${{ inputs.where }}
    steps: [{run: exit 1}]
"""
CALLING = """
on: {workflow_dispatch: {inputs: {where: {default: production}}}}
jobs:
  first: {uses: ./.github/workflows/called.yml, with: {where: staging}}
  last: {uses: ./.github/workflows/called.yml, with: {where: "${{ inputs.where }}"}}
"""


@pytest.mark.parametrize(
    ("options", "known"),
    [
        (["--approval", "prodd"], "production, staging"),
        (["--approval", "live", "--input", "where=test"], "staging, test"),
        (["--approval", "test", "--job", "first"], "production, staging"),
    ],
)
def test_environments_that_a_caller_names_are_known_before_the_run(
    options: list[str], known: str, folder: Path
) -> None:
    for name, text in (("called", CALLED), ("calling", CALLING)):
        (folder / f".github/workflows/{name}.yml").write_text(text)

    with pytest.raises(InputError, match="nothing deploys to") as caught:
        main(["run", ".github/workflows/calling.yml", *options])
    assert caught.value.fix == f"name an environment that is there: {known}"
    assert not (folder / ".modelyard").exists()
