from __future__ import annotations

import pytest

from modelyard.ci.detection import detect, hide_private


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


@pytest.mark.parametrize(
    ("mark", "private"),
    [
        (
            {"TF_BUILD": "True"},
            ("INPUT_TOKEN", "ENDPOINT_AUTH_1", "ENDPOINT_AUTH_PARAMETER_1_KEY",
             "VSTS_TASKVARIABLE_MODELYARD_STATE", "SECUREFILE_TICKET_1"),
        ),
        (
            {"GITHUB_ACTIONS": "true"},
            ("INPUT_TOKEN", "STATE_X", "ACTIONS_RUNTIME_TOKEN", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"),
        ),
        ({}, ()),
    ],
)  # fmt: skip
def test_programs_do_not_inherit_what_is_the_steps_own(
    mark: dict[str, str], private: tuple[str, ...]
) -> None:
    everybodys = {**mark, "PATH": "/bin", "DATABRICKS_TOKEN": "x", "BUILD_BUILDID": "1"}
    environment = {**everybodys, **dict.fromkeys(private, "made-up")}
    hide_private(environment, detect(environment))

    assert environment == everybodys
