"""Steps as actions of one GitHub job, under act."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from modelyard.local.cloud.requests_log import Entry
from parity.act import REF, REPOSITORY, Runner
from parity.ways import SECRET, Outcome, Outcomes, Place, Step


def run_as_actions(place: Place, steps: Sequence[Step]) -> Outcomes:
    """Actions of one GitHub job under act."""
    runner = Runner(place.checkout, place.tools, place.environment())
    secrets = {_secret_name(name): value for name, value in place.secrets.items()}
    workflow: list[dict[str, Any]] = [{"uses": "actions/checkout@v4"}]
    for step in steps:
        workflow += [github_step(step), _mark(place.cloud.url, step.name)]
    done = runner.run(workflow, files=place.files, secrets=secrets)
    parts = dict(_by_marks(place.cloud.requests.entries()))
    outcomes = {}
    for step in steps:
        found = done.steps[step.name]
        lines = [*found.lines, *(f"{level}: {text}" for level, text in found.annotations)]
        outcomes[step.name] = Outcome(
            found.code, found.outputs, found.summary, "\n".join(lines), parts.get(step.name, [])
        )
    release = [line for step in done.steps.values() for line in step.post_lines]
    folders = {
        str(done.cache / "tool_cache/modelyard"): "<tools>",
        str(done.job_cache / "hostexecutor"): "<files>",
        str(done.job_cache / "tmp"): "<temporary>",
    }
    return Outcomes(outcomes, parts.get("", []), "\n".join(release), folders, done.log)


def github_step(step: Step) -> dict[str, Any]:
    """The step of a workflow."""
    return {
        "id": step.name,
        "if": "always()",
        "uses": f"{REPOSITORY}/actions/{step.operation}@{REF}",
        "with": {name: SECRET.sub(_github_secret, text) for name, text in step.inputs.items()},
        "env": {name: SECRET.sub(_github_secret, text) for name, text in step.environment.items()},
    }


def _secret_name(name: str) -> str:
    return name.replace("-", "_").upper()


def _github_secret(found: re.Match[str]) -> str:
    return f"${{{{ secrets.{_secret_name(found[1])} }}}}"


_ASK = "import sys, urllib.request as r; r.build_opener(r.ProxyHandler({})).open(sys.argv[1])"


def _mark(url: str, name: str) -> dict[str, Any]:
    """A step that leaves a mark among the requests."""
    script = f"'{sys.executable}' -I -S -c '{_ASK}' '{url}/parity/{name}' 2>/dev/null || true"
    return {"name": f"mark {name}", "if": "always()", "run": script}


def _by_marks(entries: Sequence[Entry]) -> Iterator[tuple[str, list[Entry]]]:
    """The requests of each step by its name, and those after the last mark by no name."""
    found: list[Entry] = []
    for entry in entries:
        if entry.path.startswith("/parity/"):
            yield entry.path.removeprefix("/parity/"), found
            found = []
        else:
            found.append(entry)
    yield "", found
