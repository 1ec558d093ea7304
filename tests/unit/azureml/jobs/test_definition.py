from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from modelyard.azureml.jobs import checks, definition
from modelyard.azureml.jobs.definition import Pipeline
from modelyard.errors import FileError
from modelyard.manifest import ROOT

IMAGE = {"image": "mcr.microsoft.com/azureml/any"}


def pipeline(**changes: Any) -> dict[str, Any]:
    """Two steps, the second reads what the first has made."""
    return {
        "type": "pipeline",
        "inputs": {"rate": 0.1, "table": {"type": "uri_file", "path": "table.csv"}},
        "outputs": {"model": {"type": "uri_folder"}},
        "jobs": {"prepare": prepare(), "train": train()},
        **changes,
    }


def prepare(**changes: Any) -> dict[str, Any]:
    return {
        "command": "python a.py ${{inputs.table}} ${{outputs.clean}}",
        "environment": IMAGE,
        "inputs": {"table": "${{parent.inputs.table}}"},
        "outputs": {"clean": {"type": "uri_folder"}},
        **changes,
    }


def train(**changes: Any) -> dict[str, Any]:
    return {
        "component": {
            "type": "command",
            "command": "python b.py ${{inputs.clean}} ${{inputs.rate}} ${{outputs.model}}",
            "environment": IMAGE,
            "inputs": {"clean": {"type": "uri_folder"}, "rate": {"type": "number"}},
            "outputs": {"model": {"type": "uri_folder"}},
        },
        "inputs": {
            "clean": "${{ parent.jobs.prepare.outputs.clean }}",
            "rate": "${{parent.inputs.rate}}",
        },
        "outputs": {"model": "${{parent.outputs.model}}"},
        **changes,
    }


def read(
    folder: Path, body: Mapping[str, Any], overrides: Mapping[str, str] | None = None
) -> Pipeline:
    path = folder / "pipeline.yml"
    path.write_text(yaml.safe_dump(dict(body)))
    found = definition.read(path, overrides or {})
    checks.check(found)
    return found


def test_it_is_read(tmp_path: Path) -> None:
    found = read(tmp_path, pipeline())
    assert [step.name for step in found.steps] == ["prepare", "train"]
    assert found.inputs["rate"] == {"type": "number", "value": 0.1}
    types = checks.declared_inputs(found, found.steps[0])
    assert types == {"table": {"type": "uri_file"}}


def test_the_example_is_valid() -> None:
    path = ROOT / "examples/wine-quality/azureml/pipeline.yml"
    found = definition.read(path, {"alpha": "0.3"})
    checks.check(found)
    assert found.inputs["alpha"] == {"type": "number", "value": "0.3"}


def test_inputs_are_set_anew(tmp_path: Path) -> None:
    found = read(tmp_path, pipeline(), {"rate": "2", "table": "azureml:wine:3"})
    assert found.inputs["rate"]["value"] == "2"
    assert found.inputs["table"] == {"type": "uri_file", "path": "azureml:wine:3"}


def test_a_component_in_a_file_has_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts/train.yml").write_text(yaml.safe_dump(train()["component"]))
    found = read(
        tmp_path,
        pipeline(jobs={"prepare": prepare(), "train": train(component="parts/train.yml")}),
    )
    assert found.steps[1].folder == tmp_path / "parts"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"type": "command"}, "a job of the type command"),
        (pipeline(schedule={}), "has schedule"),
        (pipeline(jobs={}), "has no jobs"),
        (pipeline(jobs={"a": {"type": "sweep"}}), "a step of the type sweep"),
        (pipeline(jobs={"a": prepare(commmand="x")}), "has commmand"),
        (pipeline(jobs={"a": prepare(command="")}), "has no command"),
        (pipeline(jobs={"a": prepare(environment=None)}), "has no environment"),
        (pipeline(inputs={"rate": {"type": "float", "value": 1}}), "no type float"),
        (pipeline(inputs=[1]), "inputs is not a mapping"),
        (pipeline(settings={"default_compte": "x"}), "has default_compte"),
        (
            pipeline(inputs={"rate": {"type": "number"}, "table": "x"}),
            "inputs.rate has no value",
        ),
        (
            pipeline(jobs={"prepare": prepare(inputs={"table": "${{parent.inputs.tabel}}"})}),
            "the pipeline has no input tabel",
        ),
        (
            pipeline(jobs={"prepare": prepare(inputs={"table": "${{inputs.table}}"})}),
            "means nothing here",
        ),
        (pipeline(jobs={"train": train()}), "there is no job prepare"),
        (
            pipeline(jobs={"prepare": prepare(outputs={}), "train": train()}),
            "the job prepare has no output clean",
        ),
        (
            pipeline(jobs={"prepare": prepare(command="x ${{inputs.tabel}}")}),
            r"its command has \$\{\{inputs.tabel\}\}",
        ),
        (
            pipeline(outputs={}, jobs={"prepare": prepare(), "train": train()}),
            "the pipeline has no output model",
        ),
        (
            pipeline(jobs={"prepare": prepare(), "train": train(inputs={"rate": 1})}),
            "the input clean of its component isn't given",
        ),
        (
            pipeline(jobs={"prepare": prepare(code="nowhere")}),
            "nowhere doesn't exist",
        ),
        (
            pipeline(jobs={"prepare": prepare(environment={"build": {"path": "."}})}),
            "built from a Dockerfile",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, body: dict[str, Any], message: str) -> None:
    with pytest.raises(FileError, match=message):
        read(tmp_path, body)


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileError) as raised:
        read(tmp_path, pipeline(jobs={"train": train(outputs={"modle": {}})}, inputs={}))
    assert "there is no job prepare" in raised.value.what
    assert "its component has no such output" in raised.value.what


def test_everything_that_cant_be_read_is_told_at_once(tmp_path: Path) -> None:
    """Each part of the file for itself, with its own fix."""
    jobs = {
        "prepare": prepare(environment="", command=" "),
        "train": train(component="gone.yml"),
        "untyped": train(component={**train()["component"], "outputs": {"a": {}, "b": None}}),
        "zone": {"type": "sweep"},
    }
    body = pipeline(jobs=jobs, settings={"odd": 1}, inputs={"rate": [], "table": {"type": "x"}})
    with pytest.raises(FileError) as caught:
        read(tmp_path, body, {"rate": "1", "depth": "2"})
    head, *lines = caught.value.what.splitlines()
    assert head == f"{tmp_path / 'pipeline.yml'} can't be submitted:"
    assert [line.partition(" (fix: ")[0] for line in lines] == [
        "  settings has odd; it is misspelt, or aml-pipeline doesn't know it",
        "  inputs.rate is neither a value nor a mapping",
        "  inputs.table: there is no type x",
        "  the pipeline has no input depth; it has rate, table",
        "  jobs.prepare has no command and no environment",
        f"  {tmp_path / 'gone.yml'} can't be read: No such file or directory",
        "  jobs.untyped: component: outputs.a, outputs.b has no type",
        "  jobs.zone: a step of the type sweep; aml-pipeline takes steps of the type command",
    ]
    assert "(fix: correct parameters" in lines[3]
    assert "(fix: take it out; known here are" in lines[0]
    assert all(line.endswith(")") for line in lines)


def test_jobs_that_wait_for_each_other(tmp_path: Path) -> None:
    first = prepare(inputs={"table": "${{parent.jobs.train.outputs.model}}"})
    jobs = {"prepare": first, "train": train(outputs={})}
    with pytest.raises(FileError, match="wait for each other"):
        read(tmp_path, pipeline(jobs=jobs))


def test_an_input_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="has no input rite; it has rate, table"):
        read(tmp_path, pipeline(), {"rite": "1"})


def test_a_number_that_is_none(tmp_path: Path) -> None:
    said = "inputs.rate: parameters has 'fast', which is not of the type number"
    with pytest.raises(FileError, match=said) as caught:
        read(tmp_path, pipeline(), {"rate": "fast"})
    assert "or parameters" in caught.value.fix
    wrong = {"rate": {"type": "number", "value": "slow"}}
    with pytest.raises(FileError, match=r"inputs\.rate: it is 'slow', which is not of"):
        read(tmp_path, pipeline(inputs=wrong))


def test_what_is_not_yaml(tmp_path: Path) -> None:
    path = tmp_path / "pipeline.yml"
    with pytest.raises(FileError, match="can't be read"):
        definition.read(path, {})
    path.write_text("a: [")
    with pytest.raises(FileError, match="is not YAML"):
        definition.read(path, {})
    path.write_text("- a")
    with pytest.raises(FileError, match="is not a mapping"):
        definition.read(path, {})
