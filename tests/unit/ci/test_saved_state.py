from __future__ import annotations

import pytest

from modelyard.ci import saved_state
from modelyard.ci.azure_pipelines import AzurePipelines
from modelyard.ci.base import CISystem
from modelyard.ci.github_actions import GitHubActions
from modelyard.errors import FileError

AZURE, GITHUB = "VSTS_TASKVARIABLE_MODELYARD_STATE", "STATE_MODELYARD_STATE"


@pytest.mark.parametrize("text", ["", "{}", '{"cluster": "1", "gone": ""}'])
def test_a_state_of_ours(text: str) -> None:
    assert all(isinstance(one, str) for one in saved_state.parse(text).values())


@pytest.mark.parametrize("text", ["null", "{bad", "[1]", '{"a": {"b": 1}}', '{"a": null}'])
@pytest.mark.parametrize("kind", [AzurePipelines, GitHubActions])
def test_a_damaged_state_is_an_error_of_ours(kind: type[CISystem], text: str) -> None:
    ci = kind({AZURE: text, GITHUB: text})  # type: ignore[call-arg]
    with pytest.raises(FileError, match="kept for its release can't be read") as caught:
        ci.load_state()

    assert caught.value.fix
