"""Values of a kind that a key can't have are told before anything is sent."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import yaml

from modelyard.azureml.connection import Place
from modelyard.azureml.jobs import checks, components, definition, submission
from modelyard.errors import FileError

PIPELINE: dict[str, Any] = {
    "tags": {"a": "b"},
    "settings": {"default_compute": "azureml:serverless", "force_rerun": True},
    "inputs": {"n": 3},
    "outputs": {"o": {"type": "uri_folder", "mode": "upload"}},
    "jobs": {
        "one": {
            "command": "python a.py ${{inputs.n}} ${{outputs.o}}",
            "code": "src",
            "environment": {"image": "x", "conda_file": {"dependencies": ["pip"]}},
            "inputs": {"n": "${{parent.inputs.n}}"},
            "outputs": {"o": "${{parent.outputs.o}}"},
            "environment_variables": {"A": "b"},
            "resources": {"instance_count": 1},
            "limits": {"timeout": 60},
        },
        "two": {
            "command": "echo ${{inputs.i}}",
            "environment": "azureml:e:1",
            "inputs": {"i": {"path": "${{parent.jobs.one.outputs.o}}", "mode": "download"}},
        },
    },
}
VALUES = (None, 1, -1, float("nan"), True, "", "text", "é²", [], [1], {}, {"a": None}, {1: 2})


def _places(value: Any, place: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    if place:
        yield place
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _places(one, (*place, name))


def _checked(folder: Path, body: dict[str, Any]) -> definition.Pipeline:
    path = folder / "pipeline.yml"
    path.write_text(yaml.safe_dump(body, allow_unicode=True))
    pipeline = definition.read(path, {})
    checks.check(pipeline)
    return pipeline


@pytest.mark.parametrize("place", tuple(_places(PIPELINE)), ids=".".join)
def test_what_is_let_through_can_be_submitted(tmp_path: Path, place: tuple[str, ...]) -> None:
    (tmp_path / "src").mkdir()
    for value in VALUES:
        body = copy.deepcopy(PIPELINE)
        at = body
        for name in place[:-1]:
            at = at[name]
        at[place[-1]] = value
        try:
            pipeline = _checked(tmp_path, body)
        except FileError:
            continue
        with (
            mock.patch.object(components, "component", return_value="id"),
            mock.patch.object(submission.computes, "require"),
            mock.patch.object(submission.values, "uri", return_value="uri"),
        ):
            session: Any = None
            made = submission.body(session, Place("s", "g", "w"), pipeline, experiment="e", tags={})
        json.dumps(made, allow_nan=False, default=str)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tags": "text"}, "tags is 'text', not a mapping of names to texts or numbers"),
        ({"settings": {"force_rerun": 1}}, "settings.force_rerun is 1, not true or false"),
        ({"outputs": {"o": {"mode": "uplaod"}}}, "outputs.o.mode is 'uplaod', not one of ro_mount"),
        ({"jobs": {"one": {"inputs": 1}}}, "jobs.one.inputs is 1, not a mapping"),
        ({"jobs": {"one": {"inputs": {"n": {}}}}}, "jobs.one.inputs.n has neither a value nor"),
        ({"jobs": {"one": {"limits": {"timeout": ""}}}}, "jobs.one.limits.timeout is ''"),
        ({"jobs": {"one": {"environment": {"image": ""}}}}, "jobs.one.environment has no image"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(
    tmp_path: Path, change: dict[str, Any], message: str
) -> None:
    (tmp_path / "src").mkdir()
    body = copy.deepcopy(PIPELINE)
    for name, value in change.items():
        if name == "jobs":
            body["jobs"]["one"] |= value["one"]
        else:
            body[name] = value
    with pytest.raises(FileError) as caught:
        _checked(tmp_path, body)
    assert message in caught.value.what
