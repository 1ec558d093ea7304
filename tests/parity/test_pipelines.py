"""Pipelines of Azure ML, run in all three ways: the same outputs, and what their steps printed."""

from __future__ import annotations

from pathlib import Path

from parity import scenario
from parity.normalising import outputs as normalised
from parity.published_pipeline import publish
from parity.scenario import AZURE
from parity.three import assert_same, run_in_each_way
from parity.ways import NewPlace, Place, Step

SERVICES = ("entra", "arm", "storage", "aml")
PRINTED = {"aml-pipeline": "only: a: b", "trigger": "only: published: a: b"}


def test_pipelines_are_submitted_or_triggered_and_waited_for(
    new_place: NewPlace, tmp_path: Path
) -> None:
    def steps(place: Place) -> list[Step]:
        repository = place.folder / "preparation"
        repository.mkdir()
        trigger = {
            **AZURE,
            "action": "trigger",
            "pipeline-id": publish(place.cloud, repository),
            "parameters": "text=a: b",
            "tags": "reason: parity",
        }
        return [scenario.aml_pipeline(), Step("aml-pipeline", trigger, id="trigger")]

    outcomes = run_in_each_way(new_place, scenario.write_files(tmp_path), steps, SERVICES)
    for name, printed in PRINTED.items():
        found = {way: one.steps[name] for way, one in outcomes.items()}
        for way, one in found.items():
            assert one.code == 0, f"{way}:\n{one.log}"
            assert one.outputs["status"] == "Completed"
            assert printed in one.log, f"{way}:\n{one.log}"
        assert_same({way: normalised(one.outputs, {}) for way, one in found.items()})
