"""Every operation as a command, as a task and as an action: the same comes of it."""

from __future__ import annotations

import pytest

from modelyard import operations
from parity import scenario
from parity.normalising import calls, normal
from parity.normalising import outputs as normalised
from parity.scenario import Project
from parity.three import assert_same, run_in_each_way
from parity.ways import NewPlace, Outcome, Outcomes, Place, Step

AT_THE_END = {"files-remove"}
"""What only keeps in mind what to do when the job ends."""


@pytest.fixture(scope="module")
def outcomes(project: Project, new_place: NewPlace) -> dict[str, Outcomes]:
    """What came of the whole scenario in each way."""

    def steps(place: Place) -> list[Step]:
        scenario.keep_secrets(place.cloud)
        token = place.secrets["databricks-token"]
        run_id = scenario.log_model(place.cloud, project.model, token)
        return scenario.steps(project, run_id)

    return run_in_each_way(new_place, project.files, steps)


def of_each_way(outcomes: dict[str, Outcomes], operation: str) -> dict[str, Outcome]:
    return {name: one.steps[operation] for name, one in outcomes.items()}


def test_the_scenario_uses_every_operation(project: Project) -> None:
    used = [step.operation for step in scenario.steps(project, "")]
    assert sorted(used) == sorted(operations.NAMES)


@pytest.mark.parametrize("operation", operations.NAMES)
def test_it_succeeds(outcomes: dict[str, Outcomes], operation: str) -> None:
    for name, one in of_each_way(outcomes, operation).items():
        assert one.code == 0, f"{name}:\n{one.log}"


@pytest.mark.parametrize("operation", operations.NAMES)
def test_outputs(outcomes: dict[str, Outcomes], operation: str) -> None:
    found = {
        way: normalised(one.outputs, outcomes[way].folders)
        for way, one in of_each_way(outcomes, operation).items()
    }
    assert found["command"] or operation in AT_THE_END, "no output at all"
    assert_same(dict(found))


@pytest.mark.parametrize("operation", operations.NAMES)
def test_summaries(outcomes: dict[str, Outcomes], operation: str) -> None:
    assert_same(
        {
            way: normal(one.summary, outcomes[way].folders).strip()
            for way, one in of_each_way(outcomes, operation).items()
        }
    )


@pytest.mark.parametrize("operation", operations.NAMES)
def test_calls(outcomes: dict[str, Outcomes], operation: str) -> None:
    found = {
        way: calls(one.entries, outcomes[way].folders)
        for way, one in of_each_way(outcomes, operation).items()
    }
    assert found["command"] or operation in AT_THE_END, "no call at all"
    assert_same(dict(found))


def test_what_the_job_had_started_is_released(outcomes: dict[str, Outcomes]) -> None:
    released = {way: calls(one.released, one.folders) for way, one in outcomes.items()}
    assert any("DELETE" in call for call in released["command"])  # files-remove, at the end
    assert_same(dict(released))
