"""What fails, fails alike in all three ways; and what is secret or foreign stays so meanwhile."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest

from modelyard.masking import forms
from modelyard.output_limit import cut
from parity import scenario
from parity.normalising import calls, outputs
from parity.process_arguments import Arguments, watched_arguments
from parity.scenario import CLUSTER, WORKSPACE
from parity.three import WAYS, assert_same, run_in_each_way
from parity.ways import NewPlace, Outcomes, Place, Step

SERVICES = ("entra", "arm", "databricks")
MISSPELT = Step("instance-pool", {**WORKSPACE, "pool-nam": "x"}, id="misspelt")
WRONG_TOKEN = Step(
    "job-run", {**WORKSPACE, "token": "$(wrong-token)", "job": "parity"}, id="wrong-token"
)
RAISING = Step(
    "notebook-run",
    {
        **WORKSPACE,
        "notebook": "/Shared/parity/raise",
        "cluster-id": CLUSTER,
    },
    id="raising",
)
SHOWING = Step(
    "notebook-run",
    {**WORKSPACE, "notebook": "/Shared/parity/show", "cluster-id": CLUSTER},
    id="showing",
)
LONG = Step(
    "notebook-run",
    {**WORKSPACE, "notebook": "/Shared/parity/long", "cluster-id": CLUSTER},
    id="long",
)
SECRET_SCOPE = Step(
    "secret-scope",
    {**WORKSPACE, "scope": "parity", "secrets": "password: PARITY_SECRET"},
    {"PARITY_SECRET": "$(parity-secret)"},
)
CODES = {"misspelt": 2, "wrong-token": 10, "raising": None, "showing": 0, "long": 0}
"""Exit codes; None: not known beforehand, but not 0."""


class Seen:
    """What came of it, and what could be seen on the machine meanwhile."""

    def __init__(self, outcomes: dict[str, Outcomes], arguments: Arguments, folders: Path) -> None:
        self.outcomes, self.arguments, self.folders = outcomes, arguments, folders
        self.secrets: set[str] = set()


@pytest.fixture(scope="module")
def seen(new_place: NewPlace, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    files = scenario.write_files(tmp_path_factory.mktemp("failing"))
    secrets: set[str] = set()
    places: list[Place] = []

    def steps(place: Place) -> list[Step]:
        secrets.update(place.secrets.values())
        places.append(place)
        cluster = Step(
            "cluster-start",
            {
                **WORKSPACE,
                "cluster-name": "parity",
                "spec": "cluster.yml",
                "num-workers": "1",
                "autotermination-minutes": "30",
            },
        )
        notebooks = Step(
            "notebooks-import",
            {**WORKSPACE, "source": "notebooks", "target": "/Shared/parity", "parallel": "1"},
        )
        return [cluster, notebooks, MISSPELT, WRONG_TOKEN, RAISING, LONG, SHOWING, SECRET_SCOPE]

    with watched_arguments() as arguments:
        outcomes = run_in_each_way(new_place, files, steps, SERVICES)
    found = Seen(outcomes, arguments, places[0].folder.parent)
    found.secrets = secrets
    return found


@pytest.mark.parametrize("way", WAYS)
def test_what_shall_succeed_does(seen: Seen, way: str) -> None:
    for name in ("cluster-start", "notebooks-import", "showing", "secret-scope"):
        step = seen.outcomes[way].steps[name]
        assert step.code == 0, step.log


@pytest.mark.parametrize("step", CODES)
def test_exit_codes(seen: Seen, step: str) -> None:
    codes: dict[str, object] = {way: one.steps[step].code for way, one in seen.outcomes.items()}
    assert_same(codes)
    expected = CODES[step]
    assert codes["command"] == expected if expected is not None else codes["command"] != 0, (
        seen.outcomes["command"].steps[step].log
    )


@pytest.mark.parametrize("step", [*CODES, "secret-scope"])
def test_outputs_and_calls(seen: Seen, step: str) -> None:
    found = {way: one.steps[step] for way, one in seen.outcomes.items()}
    folders = {way: one.folders for way, one in seen.outcomes.items()}
    if step != "misspelt":  # the command line is refused before there is an operation
        assert_same({way: outputs(one.outputs, folders[way]) for way, one in found.items()})
    assert_same({way: calls(one.entries, folders[way]) for way, one in found.items()})


@pytest.mark.parametrize("way", WAYS)
def test_a_misspelt_input_is_told_its_name(seen: Seen, way: str) -> None:
    step = seen.outcomes[way].steps["misspelt"]
    assert "poolName" in step.log or "pool-name" in step.log
    assert "did you mean" in step.log
    assert step.entries == []


@pytest.mark.parametrize("way", WAYS)
def test_what_a_notebook_returns_is_an_output_letter_by_letter(seen: Seen, way: str) -> None:
    outputs = seen.outcomes[way].steps["showing"].outputs
    assert outputs["exit-value"] == "\n".join(scenario.COMMANDS)


@pytest.mark.parametrize("way", WAYS)
def test_after_an_output_that_is_too_long_the_next_step_still_starts(seen: Seen, way: str) -> None:
    long = seen.outcomes[way].steps["long"]
    assert long.outputs["exit-value"] == cut(scenario.LONG)
    assert json.loads(long.outputs["runs"])[0]["exit_value"].endswith("ü…")
    assert "200000 bytes" in long.log
    assert seen.outcomes[way].steps["showing"].code == 0


@pytest.mark.parametrize("way", WAYS)
def test_what_a_notebook_says_commands_nobody(seen: Seen, way: str) -> None:
    outcomes = seen.outcomes[way]
    step = outcomes.steps["raising"]
    for text in ("set-output name=stolen::1", "[error]not an error", "%AZP25 %25 %0A"):
        assert text in step.log  # it is there to be read
    assert set(step.outputs) == set(seen.outcomes["command"].steps["raising"].outputs)
    assert not any("stolen" in name for name in outcomes.variables)
    # ::stop-commands:: and ::add-mask:: were not obeyed, or this had no outputs and the log masks:
    assert outcomes.steps["showing"].outputs["result-state"] == "SUCCESS"
    assert "***" not in step.log


@pytest.mark.parametrize("way", WAYS)
def test_no_secret_is_shown_or_handed_on(seen: Seen, way: str) -> None:
    outcomes = seen.outcomes[way]
    texts = [outcomes.log, outcomes.release_log]
    for step in outcomes.steps.values():
        texts += [step.log, step.summary, *step.outputs.values()]
    everything = "\n".join(texts)
    assert everything
    for secret in seen.secrets:
        encoded = base64.b64encode(f"user:{secret}".encode()).decode()
        for form in (*forms(secret), json.dumps(secret)[1:-1], encoded):
            assert form not in everything


def test_no_secret_is_in_the_arguments_of_a_process(seen: Seen) -> None:
    assert seen.arguments.rounds > 10
    assert any("cluster-start" in one for one in seen.arguments.seen)
    everything = "\n".join(seen.arguments.seen)
    for secret in seen.secrets:
        assert secret not in everything


def test_no_secret_is_left_in_a_file(seen: Seen) -> None:
    looked_at = 0
    for folder in seen.folders.glob("place*"):
        for path in folder.rglob("*"):
            if path.is_file() and path.stat().st_mtime <= time.time():
                content = path.read_bytes()
                looked_at += 1
                assert not any(secret.encode() in content for secret in seen.secrets), path
    assert looked_at > 10
