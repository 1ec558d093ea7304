from __future__ import annotations

import pytest

from modelyard.ci.detection import detect


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ({"GITHUB_ACTIONS": "true"}, "github-actions"),
        ({"TF_BUILD": "True"}, "azure-pipelines"),
        ({}, "terminal"),
        ({"GITHUB_ACTIONS": "false", "TF_BUILD": ""}, "terminal"),
        ({"CI": "true"}, "terminal"),
    ],
)
def test_the_system_is_known_by_its_own_variable(environment: dict[str, str], name: str) -> None:
    assert detect(environment).name == name


def test_the_process_environment_is_looked_at_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    assert detect().name == "terminal"
    monkeypatch.setenv("TF_BUILD", "True")
    assert detect().name == "azure-pipelines"


def test_the_step_names_itself_on_a_terminal() -> None:
    assert detect({}, step="job-run").identity().step == "job-run"
    assert detect({"MODELYARD_STEP": "train"}, step="job-run").identity().step == "train"
