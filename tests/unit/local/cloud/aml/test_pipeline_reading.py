"""Graphs of SDK v1 are read as their authors meant them."""

from __future__ import annotations

from typing import Any

import pytest

from modelyard.local.cloud.aml.execution.clusters import _telling
from modelyard.local.cloud.aml.execution.graph import input_path, output_path
from modelyard.local.cloud.aml.v1.pipelines import start_script
from modelyard.local.cloud.aml.v1.pipelines.cluster_tasks import _libraries, _work
from modelyard.local.cloud.aml.v1.pipelines.commands import command_of, timeout_of
from modelyard.local.cloud.aml.v1.pipelines.reading import Step, assigned
from modelyard.local.cloud.arm.exceptions import ArmError


def step(**more: Any) -> Step:
    given: dict[str, Any] = {
        "id": "1",
        "name": "prepare",
        "module": {},
        "node": {},
        "values": {},
        "from_pipeline": {},
        "data": {},
        "produced": {},
        "after": frozenset(),
    }
    return Step(**{**given, **more})


INTERFACE = {"Parameters": [{"Name": "ratio", "DefaultValue": "0.5"}, {"Name": "mode"}]}


def test_parameters_have_defaults_and_unknown_ones_are_refused() -> None:
    assert assigned(INTERFACE, {}) == {"ratio": "0.5", "mode": ""}
    assert assigned(INTERFACE, {"ratio": 0.7}) == {"ratio": "0.7", "mode": ""}
    with pytest.raises(ArmError, match="no parameter ration"):
        assigned(INTERFACE, {"ration": 1})


def test_a_script_gets_arguments_paths_and_variables() -> None:
    arguments = [
        {"ValueType": "Literal", "Value": "--in"},
        {"ValueType": "Input", "Value": "raw"},
        {"ValueType": "Output", "Value": "clean"},
        {"ValueType": "Parameter", "Value": "ratio"},
    ]
    outputs = [{"Name": "clean"}, {"Name": "_run_after_output"}]
    found = command_of(
        step(
            module={"StructuredInterface": {"Arguments": arguments, "Outputs": outputs}},
            node={
                "Runconfig": '{"environmentVariables": {"A": "1"}, "maxRunDurationSeconds": 60,'
                '"environment": {"python": {"condaDependencies": {"dependencies": '
                '["python=3.8.13", {"pip": ["joblib"]}]}}}}'
            },
            values={"Script": "a.py", "Arguments": "USE_STRUCTURED_ARGUMENTS", "ratio": "0.7"},
            from_pipeline={"ratio": "ratio"},
            data={"raw": {}},
        ),
        None,
    )
    words = (
        "python",
        start_script.__file__,
        "a.py",
        "--in",
        input_path("raw"),
        output_path("clean"),
        "0.7",
    )
    assert found.words == words
    assert found.variables == {
        "A": "1",
        "AML_PARAMETER_ratio": "0.7",
        "AZUREML_DATAREFERENCE_raw": input_path("raw"),
        "AZUREML_DATAREFERENCE_clean": output_path("clean"),
    }
    assert (found.packages.python, found.packages.requirements) == ("", ("joblib",))


def test_a_python_that_its_author_named_is_kept() -> None:
    runconfig = (
        '{"environment": {"python": {"condaDependencies": {"dependencies": ["python=3.11"]}}}}'
    )
    found = command_of(step(node={"Runconfig": runconfig}, values={"Script": "a.py"}), None)
    assert found.packages.python == "3.11"


def test_time_limits_are_seconds() -> None:
    assert timeout_of(step(values={"MaxRunDurationSeconds": "90"})) == 90.0
    assert timeout_of(step()) is None


def test_a_notebook_gets_its_parameters_and_paths() -> None:
    found = _work(
        step(
            values={
                "notebook_path": "/Shared/x",
                "base_parameters": "a=0.5;b=x=y",
                "_AML_PARAMETER_a": "0.9",
            },
            produced={"clean": ("2", "clean")},
        )
    )
    task = found["notebook_task"]
    assert task["notebook_path"] == "/Shared/x"
    assert task["base_parameters"] == {"a": "0.9", "b": "x=y", "clean": input_path("clean")}


def test_a_scripts_words_are_taken_apart() -> None:
    values = {
        "python_script_path": "dbfs:/a.py",
        "python_script_params": "--x||a|-|-b||rate||0.5",
        "_AML_PARAMETER_rate": "0.1",
    }
    task = _work(step(values=values))["spark_python_task"]
    assert task == {"python_file": "dbfs:/a.py", "parameters": ["--x", "a||b", "rate", "0.1"]}


def test_what_a_run_is_told_comes_behind_its_own_parameters() -> None:
    told = {"AZUREML_RUN_ID": "7"}
    script = {"python_file": "dbfs:/a.py", "parameters": ["--x", "1"]}
    assert _telling({"spark_python_task": script, "libraries": []}, told) == {
        "spark_python_task": {**script, "parameters": ["--x", "1", "--AZUREML_RUN_ID", "7"]},
        "libraries": [],
    }
    notebook = {"notebook_path": "/x", "base_parameters": {"a": "1"}}
    assert _telling({"notebook_task": notebook}, told) == {
        "notebook_task": {**notebook, "base_parameters": {"a": "1", **told}}
    }


def test_libraries_may_have_an_index() -> None:
    text = "package=a==1|repo=https://example.org;package=b"
    assert _libraries(step(values={"pypi_libraries": text})) == [
        {"pypi": {"package": "a==1", "repo": "https://example.org"}},
        {"pypi": {"package": "b"}},
    ]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "no script"),
        ({"Script": "a.py", "Arguments": "USE_STRUCTURED_ARGUMENTS"}, "kind Strange"),
    ],
)
def test_what_cannot_be_run_is_refused(values: dict[str, str], message: str) -> None:
    module = {"StructuredInterface": {"Arguments": [{"ValueType": "Strange", "Value": "x"}]}}
    with pytest.raises(ArmError, match=message):
        command_of(step(values=values, module=module), None)
