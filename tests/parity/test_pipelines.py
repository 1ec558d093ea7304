"""A pipeline of Azure ML, run in all three ways: the same outputs, and what its step printed."""

from __future__ import annotations

from pathlib import Path

from parity import scenario
from parity.normalising import outputs as normalised
from parity.three import assert_same, run_in_each_way
from parity.ways import NewPlace, Place, Step

SERVICES = ("entra", "arm", "storage", "aml")


def test_a_pipeline_is_submitted_and_waited_for(new_place: NewPlace, tmp_path: Path) -> None:
    def steps(_place: Place) -> list[Step]:
        return [scenario.aml_workspace(), scenario.aml_pipeline()]

    outcomes = run_in_each_way(new_place, scenario.write_files(tmp_path), steps, SERVICES)
    found = {way: one.steps["aml-pipeline"] for way, one in outcomes.items()}
    for way, one in found.items():
        assert one.code == 0, f"{way}:\n{one.log}"
        assert one.outputs["status"] == "Completed"
        assert "only: a: b" in one.log
    assert_same({way: normalised(one.outputs, {}) for way, one in found.items()})
