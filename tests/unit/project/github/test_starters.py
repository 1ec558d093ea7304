from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from modelyard.project.github import starters

INPUTS = {"model": "wine", "sweep": "sweep.yml", "threshold": "0.8", "notebook": "a # b"}


def given_inputs(text: str) -> dict[str, Any]:
    jobs = yaml.safe_load(text)["jobs"]
    found: dict[str, Any] = next(job["with"] for job in jobs.values() if "uses" in job)
    return found


@pytest.mark.parametrize("name", starters.names())
def test_a_filled_starter_has_the_projects_values_and_nothing_else_changes(name: str) -> None:
    before = starters.text(name)
    after = starters.filled(name, "octo/modelyard@v1.2", INPUTS)

    assert given_inputs(after) == {**given_inputs(before), **INPUTS}
    assert "OWNER/" not in after
    assert "uses: octo/modelyard/.github/workflows/" in after
    assert after.count("@v1.2") == before.count("@v1")
    kept = [line for line in before.splitlines() if line.lstrip().startswith("#")]
    assert kept
    assert [line for line in after.splitlines() if line in kept] == kept


def test_without_inputs_only_the_address_changes() -> None:
    before = starters.text("train")

    assert starters.filled("train", "OWNER/modelyard@v1", {}) == before


@given(st.dictionaries(st.sampled_from(["model", "sweep", "new"]), st.text(), min_size=1))
def test_any_value_is_read_back_as_it_was(inputs: dict[str, str]) -> None:
    text = starters.filled("train-and-deploy", "octo/modelyard@v1", inputs)

    found = given_inputs(text)
    assert {key: found[key] for key in inputs} == inputs
