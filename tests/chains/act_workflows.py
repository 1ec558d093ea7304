"""The example's workflow under act.

What act doesn't know is put in its place in copies: an action of the same repository (`$/...`) is
named as the caller names the workflow, and two small actions keep artifacts in a folder.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chains.example_runs import WHEELS
from modelyard.local.cloud.commands.execute import environment_of
from modelyard.local.cloud.environment import program_environment
from parity.act import REF, REPOSITORY, program
from parity.checkout import new_repository

PINNED = re.compile(r"uses: actions/(upload|download)-artifact@([0-9a-f]{40})")
ARTIFACTS = {
    "upload": """
const fs = require("node:fs"), path = require("node:path");
const { INPUT_NAME: name, INPUT_PATH: given, KEPT_ARTIFACTS: kept } = process.env;
const target = path.join(kept, name);
if (!given || !name) throw new Error("name and path are needed");
fs.rmSync(target, { recursive: true, force: true });
const folder = given.includes("*") ? path.dirname(given.slice(0, given.indexOf("*") + 1)) : given;
if (!fs.statSync(folder).isDirectory()) throw new Error(`${folder} is no folder`);
fs.cpSync(folder, target, { recursive: true });
""",
    "download": """
const fs = require("node:fs"), path = require("node:path");
const { INPUT_NAME: name, INPUT_PATH: target, KEPT_ARTIFACTS: kept } = process.env;
fs.cpSync(path.join(kept, name), target, { recursive: true });
""",
}


@dataclass(frozen=True)
class Done:
    """A run under act that has ended."""

    code: int
    events: list[dict[str, Any]]
    output: str
    artifacts: Path

    def outputs(self, job: str) -> dict[str, str]:
        """The outputs of the steps of jobs whose name has this in it, by STEP.NAME."""
        return {
            f"{one['stepID'][0]}.{one['name']}": one["arg"]
            for one in self.events
            if one.get("command") == "set-output" and job in one["job"]
        }

    def results(self) -> dict[str, str]:
        """The result of each job by its whole name."""
        return {one["job"]: one["jobResult"] for one in self.events if "jobResult" in one}


def run(example: Path, checkout: Path, tools: Path, state: Path, scratch: Path) -> Done:
    """Push the example's main branch.

    :param example: its repository.
    :param checkout: a copy of this repository; its workflows are changed.
    """
    commits = _adapted(checkout)
    new_repository(checkout)
    places = [f"--local-repository={REPOSITORY}@{REF}={checkout}"]
    for kind, script in ARTIFACTS.items():
        folder = _action(scratch / f"{kind}-artifact", script)
        places += [
            f"--local-repository=actions/{kind}-artifact@{commit}={folder}"
            for found, commit in commits
            if found == kind
        ]
    environment = program_environment(environment_of(state))
    cache = scratch / "cache"
    (cache / "act").mkdir(parents=True)
    (cache / "act/tool_cache").symlink_to(tools, target_is_directory=True)
    artifacts = scratch / "artifacts"
    for folder in (artifacts, scratch / "home"):
        folder.mkdir()
    secrets = scratch / "secrets.yml"
    secrets.touch(0o600)
    secrets.write_text(json.dumps({"DATABRICKS_TOKEN": environment["DATABRICKS_TOKEN"]}))
    ended = subprocess.run(
        [
            program(), "push", "-P", "ubuntu-latest=-self-hosted", "--no-cache-server",
            "--artifact-server-addr=127.0.0.1", "--action-offline-mode", "--json",
            f"--secret-file={secrets}", f"--env=KEPT_ARTIFACTS={artifacts}",
            "--var=BASE_IMAGE_OVERRIDE=host", f"--var=WHEELS_OVERRIDE={WHEELS}",
            f"--var=DATABRICKS_HOST={environment['DATABRICKS_HOST']}", *places,
        ],
        cwd=example,
        env={
            **environment,
            "HOME": str(scratch / "home"),
            "XDG_CACHE_HOME": str(cache),
            "ACT_DISABLE_VERSION_CHECK": "1",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )  # fmt: skip
    events = [json.loads(line) for line in ended.stdout.splitlines()]
    told = "\n".join(str(one.get("msg", "")) for one in events)
    return Done(ended.returncode, events, told + ended.stderr, artifacts)


def _adapted(checkout: Path) -> set[tuple[str, str]]:
    """The checkout's workflows as act can run them; the artifact actions that they pin."""
    found: set[tuple[str, str]] = set()
    for file in sorted((checkout / ".github/workflows").glob("*.yml")):
        text = file.read_text("utf-8")
        found |= set(PINNED.findall(text))
        file.write_text(re.sub(r"uses: \$/(\S+)", rf"uses: {REPOSITORY}/\1@{REF}", text), "utf-8")
    return found


def _action(folder: Path, script: str) -> Path:
    folder.mkdir()
    (folder / "index.js").write_text(script)
    inputs = {name: {"description": name} for name in ("name", "path")}
    runs = {"using": "node20", "main": "index.js"}
    (folder / "action.yml").write_text(
        json.dumps({"name": folder.name, "description": "", "inputs": inputs, "runs": runs})
    )
    return folder
