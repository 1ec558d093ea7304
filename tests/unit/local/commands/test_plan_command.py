"""``modelyard local plan --check``: what it finds beside what is wrong in the file."""

from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from modelyard.errors import InputError
from modelyard.local.commands.plan_command import add_arguments, plan_command
from modelyard.runner_errors import PipelineError


def _plan(folder: Path, text: str, *options: str) -> int:
    file = folder / "azure-pipelines.yml"
    file.write_text(text)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    return plan_command(parser.parse_args([str(file), "--root", str(folder), *options]))


def test_what_a_run_refuses_is_wrong(tmp_path: Path) -> None:
    text = "jobs: [{job: A, pool: server, steps: [{bash: x}]}]"

    assert _plan(tmp_path, text) == 0  # only asked what it would be
    with pytest.raises(PipelineError, match="Bash@3 can't run in a job with pool: server here"):
        _plan(tmp_path, text, "--check")


def test_a_group_that_only_a_run_is_given_is_not_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _plan(tmp_path, "variables: [{group: g}]\nsteps: [{bash: x}]", "--check") == 0
    assert capsys.readouterr().out.endswith("nothing wrong\n")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ("azure-pipeline.yml", r"there is no file .*azure-pipeline\.yml \(did you mean azure-p"),
        ("none.yml", r"there is no file .*none\.yml$"),
        (".", " is a folder$"),
    ],
)
def test_a_file_that_is_none(tmp_path: Path, named: str, message: str) -> None:
    (tmp_path / "azure-pipelines.yml").write_text("steps: [{bash: x}]")
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    with pytest.raises(InputError, match=message):
        plan_command(parser.parse_args([str(tmp_path / named)]))
