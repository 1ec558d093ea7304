"""Steps as commands of one job folder, within ``modelyard local exec``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from modelyard import operations
from parity.checkout import ROOT, new_repository
from parity.ways import OUTPUT, SECRET, Outcome, Outcomes, Place, Step, copied

DEADLINE = 900


def run_as_commands(place: Place, steps: Sequence[Step]) -> Outcomes:
    """``modelyard NAME --input value``, one after the other, then the release steps."""
    return _Commands(place).run(steps)


class _Commands:
    def __init__(self, place: Place) -> None:
        self.place = place
        self.job = place.folder / "job"
        self.workspace = new_repository(copied(place.files, place.folder / "workspace"))
        self.outputs: dict[str, dict[str, str]] = {}

    def run(self, steps: Sequence[Step]) -> Outcomes:
        outcomes = {}
        for step in steps:
            start, summary = self.place.cloud.requests.total, len(self._summary())
            code, log = self._modelyard(step, [step.operation])
            path = self.job / f"{step.name}.outputs.json"
            self.outputs[step.name] = json.loads(path.read_text()) if path.exists() else {}
            outcomes[step.name] = Outcome(
                code,
                self.outputs[step.name],
                self._summary()[summary:],
                log,
                self.place.since(start),
            )
        start, logs = self.place.cloud.requests.total, []
        for step in reversed(steps):
            if operations.load(step.operation).release is not None:
                code, log = self._modelyard(step, ["release", step.operation])
                assert code == 0, log
                logs.append(log)
        cache = self.place.cloud.folder / "home/.cache/modelyard/tools"
        folders = {
            str(self.workspace): "<files>",
            str(self.job): "<temporary>",
            str(cache): "<tools>",
        }
        shown = "\n".join([*(one.log for one in outcomes.values()), *logs])
        return Outcomes(outcomes, self.place.since(start), "\n".join(logs), folders, shown)

    def _modelyard(self, step: Step, arguments: list[str]) -> tuple[int, str]:
        operation = operations.load(step.operation)
        secret = {one.kebab: one for one in operation.input_members if one.spec.secret}
        environment = {
            **os.environ,
            **self.place.extra,
            "PYTHONPATH": str(ROOT / "shared"),
            "MODELYARD_JOB": str(self.job),
            "MODELYARD_STEP": step.name,
        }
        for name, text in step.environment.items():
            environment[name] = self._filled(text)
        within = [sys.executable, "-m", "modelyard", "local", "exec"]
        within += ["--state", str(self.place.cloud.folder), "--"]
        command = [sys.executable, "-m", "modelyard", *arguments]
        overriding = {}
        for name, text in step.inputs.items():
            if name not in secret:
                command.append(f"--{name}={self._filled(text)}")
            elif name != "token" or "wrong" in text:
                # The cloud's own variables go first: what differs has to come after them.
                overriding[secret[name].spec.environment[0]] = self._filled(text)
        if overriding:
            names = [f"{name}=${{PARITY_{name}}}" for name in overriding]
            environment |= {f"PARITY_{name}": value for name, value in overriding.items()}
            script = f'export {" ".join(names)}; exec "$@"'
            command = ["sh", "-c", script, "sh", *command]
        done = subprocess.run(
            [*within, *command],
            cwd=self.workspace,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=DEADLINE,
        )
        return done.returncode, done.stdout

    def _filled(self, text: str) -> str:
        text = OUTPUT.sub(lambda found: self.outputs[found[1]].get(found[2], ""), text)
        return SECRET.sub(lambda found: self.place.secrets[found[1]], text)

    def _summary(self) -> str:
        path = self.job / "summary.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""
