"""No secret leaves through any method of any CI system, in any form, but in the command that asks
the agent to mask it."""

from __future__ import annotations

import base64
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, assume, example, settings
from hypothesis import given as for_all
from hypothesis import strategies as st

from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem, Position
from modelyard.ci.github_actions import GitHubActions
from modelyard.ci.terminal import Terminal
from unit.ci import agents

FORMS: tuple[Callable[[str], str], ...] = (
    str,
    lambda secret: json.dumps(secret)[1:-1],
    lambda secret: quote(secret, safe=""),
    quote_plus,
    lambda secret: base64.b64encode(secret.encode()).decode(),
    lambda secret: repr(secret)[1:-1],
)
SECRETS = st.text(
    st.characters(codec="utf-8", exclude_characters="*"), min_size=4, max_size=30
).filter(lambda text: len(text.strip()) >= 4)
SYSTEMS: dict[str, Callable[[dict[str, str]], CISystem]] = {
    "azure-pipelines": AzurePipelines,
    "github-actions": GitHubActions,
    "terminal": Terminal,
}


def say_everything(ci: CISystem, text: str) -> None:
    ci.write(text)
    ci.write(f"in a line: {text}, and on")
    ci.debug(text)
    with ci.group(text):
        ci.write(text)
    ci.annotate("error", text, Position(text, 1))
    ci.annotate("warning", text)
    ci.annotate("notice", text)
    ci.progress(1, text)
    ci.summary(text)


def left_through(folder: Path, output: str) -> Iterator[str]:
    """All that the system showed or uploaded, as agents decode it."""
    for line in agents.lines(output):
        command = agents.azure_command(line) or agents.github_command(line)
        if command is None:
            yield line
        elif command.name not in ("task.setsecret", "add-mask"):
            yield from (*command.properties.values(), command.data)
    for file in folder.rglob("*"):
        if file.is_file():
            yield file.read_text(encoding="utf-8")


@pytest.mark.parametrize("system", SYSTEMS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@for_all(secret=SECRETS, form=st.sampled_from(FORMS))
@example(secret="##vso[task.setsecret]", form=str)
@example(secret="::add-mask::pass", form=str)
@example(secret="first line\nsecond line", form=str)
@example(secret="50%25;pass]word", form=str)
def test_no_secret_leaves(
    capsys: pytest.CaptureFixture[str],
    system: str,
    secret: str,
    form: Callable[[str], str],
) -> None:
    leak = form(secret)
    # Words that stand in the output anyway.
    assume(not any(part in "error warning in a line: , and on (1 %)" for part in (secret, leak)))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = {
            "AGENT_TEMPDIRECTORY": name,
            "GITHUB_STEP_SUMMARY": str(folder / "summary"),
            "MODELYARD_JOB": name,
            "MODELYARD_DEBUG": "1",
            "SYSTEM_DEBUG": "true",
            "NO_COLOR": "1",
        }
        ci = SYSTEMS[system](environment)
        ci.mask(secret)
        say_everything(ci, leak)

        for text in left_through(folder, capsys.readouterr().out):
            assert secret not in text
            assert leak not in text


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_secret_output_is_a_secret_from_then_on(
    system: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ci = SYSTEMS[system]({"GITHUB_OUTPUT": str(tmp_path / "output")})
    ci.set_output("token", "dapi-made-up", secret=True)
    ci.write("it is dapi-made-up")

    assert capsys.readouterr().out.splitlines()[-1] == "it is ***"


@pytest.mark.parametrize("system", SYSTEMS)
def test_clean_takes_secrets_out_for_other_uses(system: str) -> None:
    ci = SYSTEMS[system]({})
    ci.mask("dapi-made-up")

    assert ci.clean("Bearer dapi-made-up") == "Bearer ***"


@pytest.mark.parametrize("system", SYSTEMS)
def test_only_a_terminal_has_no_release_step(system: str) -> None:
    assert SYSTEMS[system]({}).releases_later is (system != "terminal")
