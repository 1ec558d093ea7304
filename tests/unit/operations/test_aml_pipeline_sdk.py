"""Which generation of Azure ML's SDK a definition is of, and what is refused for each."""

from __future__ import annotations

import configparser
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from modelyard.azure.identity.clouds import PUBLIC
from modelyard.azureml.connection import Place
from modelyard.azureml.first_sdk import interpreter
from modelyard.azureml.first_sdk.conversation import Conversation
from modelyard.clock import FakeClock
from modelyard.context import Context
from modelyard.credentials import Token
from modelyard.errors import MissingTool
from modelyard.execution import execute
from modelyard.manifest import ROOT
from modelyard.operations.aml_pipeline import OPERATION
from modelyard.operations.inputs.signing_in import SignedIn
from modelyard.operations.pipelines import first_way, on_this_machine
from modelyard.operations.pipelines.pipeline_inputs import PipelineInputs
from unit.conftest import RecordingCI


@pytest.mark.parametrize(
    ("inputs", "code", "told"),
    [
        ({"definition": "a.py:f", "sdk": "v2"}, 2, "is one of v1"),
        ({"definition": "a.yml", "sdk": "v1"}, 2, "is one of v2"),
        ({"definition": "a.yml", "action": "publish-pipeline"}, 2, "only pipelines of SDK v1"),
        ({"definition": "a.py"}, 2, "names no function"),
        ({"definition": "gone.py:f"}, 3, "gone.py isn't there"),
        ({"definition": "a.py:f", "action": "publish", "parameters": "a=1"}, 2, "sets none"),
        ({"definition": "a.py:f", "marker-path": "x"}, 2, "for the action publish alone"),
        ({"definition": "a.py:f", "sdk-environment": "/nowhere"}, 4, "there is no Python at"),
    ],
)
def test_what_does_not_fit_is_refused(
    inputs: dict[str, str],
    code: int,
    told: str,
    recording_ci: RecordingCI,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.py").touch()
    recording_ci.inputs = inputs
    assert execute(OPERATION, {}, recording_ci, environment={}) == code
    assert told in recording_ci.outputs["error"]


def test_the_environment_is_a_folder_or_a_python() -> None:
    assert interpreter.find(sys.executable) == Path(sys.executable)
    assert interpreter.find(sys.prefix) == Path(sys.prefix) / "bin" / "python"
    with pytest.raises(MissingTool) as caught:
        interpreter.find(None)  # there is no SDK in this one
    assert "pip install azureml-core azureml-pipeline" in caught.value.fix


def test_the_guide_installs_what_the_extra_names() -> None:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg", "utf-8")
    extra = settings["options.extras_require"]["azureml-v1"].split("\n")
    pins = " ".join(one.partition(" ;")[0] for one in extra if one)
    guide = (ROOT / "docs/azure-ml.md").read_text("utf-8")
    assert guide.count(pins) == guide.count("install azureml-core") == 2


def test_locally_the_same_is_said_without_who_and_where() -> None:
    inputs = PipelineInputs(
        definition="a.py:f",
        action="validate",
        local=True,
        subscription_id="00000000-0000-0000-0000-000000000000",
        workspace_name="wine",
        azure_client_secret="not-to-be-seen",
        allowed_workspaces=("wine",),
        tags={"a": "b"},
        wait=False,
    )
    assert on_this_machine.words(inputs) == [
        "--action=validate",
        "--definition=a.py:f",
        '--tags={"a": "b"}',
        "--wait=false",
    ]


def test_guards_of_real_accounts_stay_out_of_the_local_cloud(
    make_context: Callable[..., Context],
) -> None:
    guards = dict.fromkeys(("MODELYARD_ALLOWED_TENANTS", "MODELYARD_ALLOWED_WORKSPACES"), "x")
    context = make_context(OPERATION, {**guards, "HOME": "/home"})
    assert on_this_machine.environment(context) == {"HOME": "/home"}


def test_another_config_is_another_run_of_the_same_attempt(
    make_context: Callable[..., Context],
) -> None:
    attempts: list[str] = []

    class Program:
        def ask(self, _do: str, **what: Any) -> dict[str, Any]:
            attempts.append(what["attempt"])
            return {"run": "of-before", "before": True}

    for settings in ({"rows": 1}, {"rows": 1}, {"rows": 2}):
        asked = first_way._Asked("a.py", "f", settings, {}, {}, Path("python"))
        talk = cast(Conversation, Program())
        first_way._started(talk, asked, "wine", make_context(OPERATION))
    assert attempts[0] == attempts[1] != attempts[2]


def test_each_token_that_the_definition_can_get_at_is_masked_first(
    make_context: Callable[..., Context], recording_ci: RecordingCI, clock: FakeClock
) -> None:
    class Signs:
        count = 0

        def mint(self, _resource: str) -> Token:
            self.count += 1
            return Token(f"token-number-{self.count}", clock.time() + 3600)

    who = cast(SignedIn, SimpleNamespace(sign_in=Signs(), cloud=PUBLIC))
    token = first_way._tokens(who, make_context(OPERATION))
    assert [token(), token()] == ["token-number-1"] * 2
    assert recording_ci.masks == ["token-number-1"]
    clock.sleep(3500)
    assert token() == "token-number-2"
    assert recording_ci.masks == ["token-number-1", "token-number-2"]


def test_only_what_was_active_before_the_publish_is_disabled(
    make_context: Callable[..., Context],
) -> None:
    asked: list[tuple[str, Any]] = []
    active = ["old"]

    class Program:
        def ask(self, do: str, **what: Any) -> dict[str, Any]:
            asked.append((do, what.get("ids")))
            if do == "publish":
                active.extend(["new", "of another job"])
                return {"id": "new", "endpoint": "https://nowhere.example"}
            return {"ids": list(active)}

    facts = {"name": "wine", "version": "7"}
    inputs = PipelineInputs(definition="a.py:f", action="publish", disable_older=True)
    place = cast(Place, None)
    talk = cast(Conversation, Program())
    first_way._published(talk, inputs, make_context(OPERATION), place, facts, None)
    assert asked == [("active", None), ("publish", None), ("disable", ["old"])]
