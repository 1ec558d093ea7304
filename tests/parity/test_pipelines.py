"""Pipelines of Azure ML, run in all three ways: the same outputs, and what their steps printed."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.aml_v1_workplace import MISSING_V1, SDK_V1
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


@pytest.mark.skipif(MISSING_V1, reason="MODELYARD_AZUREML_V1 names no environment")
def test_a_definition_of_sdk_v1_is_submitted_and_published(
    new_place: NewPlace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MODELYARD_AZUREML_V1")  # the step that has it alone names it
    definition = {"definition": "ml/driver.py:pipeline", "config": "--rows 100"}
    named = {"MODELYARD_AZUREML_V1": str(SDK_V1)}

    def steps(_place: Place) -> list[Step]:
        submit = {**AZURE, **definition, "parameters": "text=a: b"}
        publish = {
            **AZURE,
            **definition,
            "action": "publish",
            "pipeline-version": "7",
            "sdk-environment": str(SDK_V1),
        }
        return [
            scenario.aml_workspace(),
            Step("aml-pipeline", {**AZURE, **definition}, id="without"),
            Step("aml-pipeline", submit, named, id="submit"),
            Step("aml-pipeline", publish, id="publish"),
        ]

    outcomes = run_in_each_way(new_place, scenario.write_files(tmp_path), steps, SERVICES)
    for way, outcome in outcomes.items():
        without, submit, publish = (outcome.steps[one] for one in ("without", "submit", "publish"))
        assert without.code == 4, f"{way}:\n{without.log}"
        assert "an environment of their own" in without.log
        assert (submit.code, publish.code) == (0, 0), f"{way}:\n{submit.log}\n{publish.log}"
        assert "made for submit with {'rows': '100'}" in submit.log, f"{way}:\n{submit.log}"
        assert "only: of v1: a: b" in submit.log
        assert submit.outputs["status"] == "Completed"
        assert publish.outputs["pipeline-id"]
    for name in ("submit", "publish"):
        assert_same({way: normalised(one.steps[name].outputs, {}) for way, one in outcomes.items()})
