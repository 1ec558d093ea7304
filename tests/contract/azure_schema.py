"""The schema of azure-pipelines.yml that check-jsonschema carries, with this project's tasks in it.

The schema knows Microsoft's tasks only. Values are read as texts, as the service reads them: the
schema wants texts where people write numbers.
"""

from __future__ import annotations

import copy
import importlib.resources
import json
import shutil
from collections.abc import Mapping
from functools import cache
from typing import Any

import jsonschema
import yaml
from check_jsonschema.transforms.azure_pipelines import AZURE_TRANSFORM

from contract.tools import INSTALL, NODE, run
from modelyard.manifest import ROOT

EXPRESSION = r"\$\(|\$\[|\$\{\{"


@cache
def schema() -> dict[str, Any]:
    """The schema, extended."""
    files = importlib.resources.files("check_jsonschema") / "builtin_schemas/vendor"
    made: dict[str, Any] = json.loads((files / "azure-pipelines.json").read_text("utf-8"))
    _take_texts(made)
    known = made["definitions"]["task"]
    for file in sorted(ROOT.glob("tasks/*/task.json")):
        declared = json.loads(file.read_text("utf-8"))
        reference = f"{declared['name']}@{declared['version']['Major']}"
        known["properties"]["task"]["anyOf"].append({"enum": [reference]})
        known["anyOf"].append(_task(reference, declared))
    return made


def _take_texts(schema: Any) -> None:
    """Where it wants a truth or a number, let a text be one too."""
    for value in schema.values() if isinstance(schema, dict) else schema:
        if isinstance(value, (dict, list)):
            _take_texts(value)
    if isinstance(schema, dict) and schema.get("type") in ("boolean", "integer", "number"):
        schema["type"] = [schema["type"], "string"]


def _task(reference: str, declared: dict[str, Any]) -> dict[str, Any]:
    inputs: dict[str, Any] = {}
    for one in declared["inputs"]:
        value: dict[str, Any] = {"type": "string"}
        if one["type"] == "pickList":
            value = {"anyOf": [{"enum": list(one["options"])}, {"pattern": EXPRESSION}]}
        inputs |= dict.fromkeys([one["name"], *one.get("aliases", ())], value)
    return {
        "properties": {
            "task": {"enum": [reference]},
            "inputs": {"properties": inputs, "additionalProperties": False},
        },
        "required": ["task"],
    }


def findings(text: str) -> list[str]:
    """What the schema finds in a pipeline: place and message of the deepest error of each."""
    loaded = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - it makes texts only
    document = AZURE_TRANSFORM(copy.deepcopy(loaded))
    found = jsonschema.Draft7Validator(schema()).iter_errors(document)
    return [f"{one.json_path}: {one.message[:300]}" for one in map(_deepest, found)]


def service_findings(files: Mapping[str, str]) -> list[str]:
    """What the official language service finds.

    :param files: texts of pipelines by whatever they shall be called.
    """
    node = shutil.which("node")
    assert node, "node is missing: install Node.js 20 or newer"
    installed = NODE / "node_modules/azure-pipelines-language-service"
    assert installed.is_dir(), f"the node tools are missing: {INSTALL}"
    asked = [{"path": path, "text": text} for path, text in files.items()]
    given = json.dumps({"schema": schema(), "files": asked})
    ended = run(node, NODE / "check_azure.mjs", text=given)
    assert ended.returncode == 0, ended.stderr
    return [
        f"{one['path']}:{one['line']}:{one['column']}: {one['message']}"
        for one in json.loads(ended.stdout)
    ]


def _deepest(error: jsonschema.ValidationError) -> jsonschema.ValidationError:
    while error.context:
        error = max(error.context, key=lambda one: len(one.absolute_path))
    return error
