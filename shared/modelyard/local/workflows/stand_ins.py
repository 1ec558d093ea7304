"""Actions that a local run has in place of others, which speak to GitHub's own services.

``actions/upload-artifact`` and ``actions/download-artifact`` keep artifacts in the result folder
(:mod:`.artifact_action`). A third, of no repository, begins a job: it waits for the approval of an
environment, and gets what the job may ask for identity tokens with (:mod:`.gate`).

Source: the ``action.yml`` of actions/upload-artifact 7 and actions/download-artifact 8.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from modelyard.local.own_program import own_program
from modelyard.local.runner.pipeline.places import Place
from modelyard.local.workflows.model import Declared

UPLOAD, DOWNLOAD = "actions/upload-artifact", "actions/download-artifact"
BEGIN = "modelyard/begin"
FIRST_STEP = "modelyard-begin"
"""The id of the step with it."""
NODE = "node20"
_NOWHERE = Place("", 1, 1)

_PROGRAM = """\
const { spawnSync } = require("node:child_process");
const [program, ...rest] = %s;
const done = spawnSync(program, rest, { stdio: "inherit" });
if (done.error) console.log(`::error::${done.error.message}`);
process.exitCode = done.status ?? 1;
"""
_GATE = """\
const fs = require("node:fs");
const net = require("node:net");
const { INPUT_ENVIRONMENT: environment, INPUT_JOB: job, GITHUB_ENV: file } = process.env;
const socket = net.connect(%s, () => socket.write(JSON.stringify({ environment, job }) + "\\n"));
let answer = "";
socket.setEncoding("utf8").on("data", (text) => (answer += text));
socket.on("error", (error) => console.log(`::error::${error.message}`));
socket.on("close", () => {
  const over = { approved: false, why: "the run is over", variables: {} };
  const { approved, why, variables } = answer ? JSON.parse(answer) : over;
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\\n`);
  fs.appendFileSync(file, lines.join(""));
  console.log(JSON.stringify({ environment, why }));
  process.exitCode = approved ? 0 : 1;
});
"""


@dataclass(frozen=True)
class StandIn:
    """An action that takes another's place."""

    inputs: Mapping[str, Declared]
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Told:
    """What the step says that begins a job."""

    environment: str
    why: str


def told(line: str) -> Told:
    """From its one line of output; another one is why it failed."""
    try:
        found = json.loads(line)
    except ValueError:
        return Told("", line)
    return Told(str(found.get("environment") or ""), str(found.get("why") or ""))


def _inputs(*names: str, required: str = "", **defaults: str) -> dict[str, Declared]:
    found = {name: Declared(name, _NOWHERE) for name in names}
    for key, default in defaults.items():
        name = key.replace("_", "-")
        found[name] = Declared(name, _NOWHERE, default=default)
    if required:
        found[required] = Declared(required, _NOWHERE, required=True)
    return found


STAND_INS: Mapping[str, StandIn] = {
    UPLOAD: StandIn(
        _inputs(
            "retention-days", "compression-level",
            required="path", name="artifact", if_no_files_found="warn", overwrite="false",
            include_hidden_files="false", archive="true",
        ),
        ("artifact-id", "artifact-url", "artifact-digest"),
    ),
    DOWNLOAD: StandIn(
        _inputs(
            "name", "artifact-ids", "path", "pattern", "github-token", "repository", "run-id",
            "skip-decompress", "digest-mismatch", merge_multiple="false",
        ),
        ("download-path",),
    ),
}  # fmt: skip


def write(folder: Path, artifacts: Path, gate: Path) -> dict[str, Path]:
    """Write them; returns their folders by the repository that they stand for.

    :param artifacts: where artifacts are kept.
    :param gate: the socket that answers what a job asks at its beginning.
    """
    found = {}
    for name, stand_in in STAND_INS.items():
        verb = name.rpartition("/")[2].partition("-")[0]
        program = own_program("workflows.artifact_action")
        command = json.dumps([*program, verb, str(artifacts)])
        found[name] = _action(folder / verb, name, stand_in, _PROGRAM % command)
    begin = StandIn(_inputs("environment", required="job"))
    script = _GATE % json.dumps(str(gate))
    found[BEGIN] = _action(folder / "begin", BEGIN, begin, script)
    return found


def _action(folder: Path, name: str, stand_in: StandIn, script: str) -> Path:
    folder.mkdir(parents=True)
    (folder / "index.js").write_text(script, encoding="utf-8")
    definition = {
        "name": name,
        "description": f"Stands for {name}.",
        "inputs": {
            one.name: {
                "description": one.name,
                **({"default": one.default} if one.default else {}),
            }
            for one in stand_in.inputs.values()
        },
        "outputs": {one: {"description": one} for one in stand_in.outputs},
        "runs": {"using": NODE, "main": "index.js"},
    }
    (folder / "action.yml").write_text(json.dumps(definition, indent=1), encoding="utf-8")
    return folder
