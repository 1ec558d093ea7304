"""Workflows under act, which plays GitHub's runner on this machine, without docker."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from modelyard.local.workflows.act.program import find
from parity.checkout import new_repository

REPOSITORY = "OWNER/modelyard"
REF = "v1"
DEADLINE = 900.0
_EXIT = re.compile(r"exit(?:code| status) '?(\d+)")


@dataclass
class ActStep:
    """What act said of one step."""

    outputs: dict[str, str] = field(default_factory=dict)
    summary: str = ""
    lines: list[str] = field(default_factory=list)
    """What its main part printed, masked; commands that the runner swallows aren't among it."""
    post_lines: list[str] = field(default_factory=list)
    annotations: list[tuple[str, str]] = field(default_factory=list)
    """Level and text."""
    result: str = ""
    code: int = 0
    post_result: str = ""


@dataclass(frozen=True)
class ActRun:
    """A whole run."""

    code: int
    steps: dict[str, ActStep]
    log: str
    """Everything that a reader of the log sees."""
    cache: Path
    """The folder that act kept its things in; it is gone."""
    job_cache: Path
    """The part of it that belonged to the job: workspace, temporary folder."""


@dataclass(frozen=True)
class Runner:
    """A machine with act on it."""

    checkout: Path
    """What stands for this repository at the ref that workflows name."""
    tools: Path
    """The tool cache."""
    environment: Mapping[str, str]

    def run(
        self,
        steps: list[dict[str, Any]],
        *,
        files: Path | None = None,
        secrets: Mapping[str, str] | None = None,
        variables: Mapping[str, str] | None = None,
        watch: Callable[[subprocess.Popen[str], dict[str, Any]], None] | None = None,
    ) -> ActRun:
        """Run a workflow of one job with these steps.

        :param files: what the caller's repository holds.
        :param watch: called with the process and each event, as it comes.
        """
        with _scratch() as scratch:
            repository = scratch / "repository"
            shutil.copytree(files, repository) if files else repository.mkdir()
            workflow = {"on": "push", "jobs": {"job": {"runs-on": "ubuntu-latest", "steps": steps}}}
            (repository / ".github/workflows").mkdir(parents=True)
            path = repository / ".github/workflows/run.yml"
            path.write_text(yaml.safe_dump(workflow, sort_keys=False, allow_unicode=True))
            new_repository(repository)
            given = scratch / "secrets.yml"
            given.touch(0o600)
            given.write_text(yaml.safe_dump(dict(secrets or {})))
            program = find(self.tools, os.environ)
            command = [
                str(program), "push", "-P", "ubuntu-latest=-self-hosted", "--no-cache-server",
                "--artifact-server-addr", "127.0.0.1", "--action-offline-mode", "--json",
                "--secret-file", str(given),
                "--local-repository", f"{REPOSITORY}@{REF}={self.checkout}",
            ]  # fmt: skip
            for name, value in (variables or {}).items():
                command += ["--var", f"{name}={value}"]
            return self._run(command, repository, scratch, watch)

    def _run(
        self,
        command: list[str],
        repository: Path,
        scratch: Path,
        watch: Callable[[subprocess.Popen[str], dict[str, Any]], None] | None,
    ) -> ActRun:
        cache = scratch / "cache"
        (cache / "act").mkdir(parents=True)
        (cache / "act/tool_cache").symlink_to(self.tools, target_is_directory=True)
        (scratch / "home").mkdir()
        with (scratch / "errors").open("w+") as errors:
            process = subprocess.Popen(
                command,
                cwd=repository,
                env={
                    **self.environment,
                    "HOME": str(scratch / "home"),
                    "XDG_CACHE_HOME": str(cache),
                    "ACT_DISABLE_VERSION_CHECK": "1",  # it would ask its makers for news
                },
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                start_new_session=True,
            )
            assert process.stdout is not None
            events = []
            # Reading its output has no time limit of its own.
            overdue = threading.Timer(DEADLINE, os.killpg, (process.pid, signal.SIGKILL))
            overdue.start()
            try:
                for line in process.stdout:
                    event = json.loads(line)
                    events.append(event)
                    if watch is not None:
                        watch(process, event)
                code = process.wait(DEADLINE)
            finally:
                overdue.cancel()
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
                process.stdout.close()
            errors.seek(0)
            return _read(events, code, errors.read(), cache / "act")


def _read(events: list[dict[str, Any]], code: int, errors: str, cache: Path) -> ActRun:
    steps: dict[str, ActStep] = {}
    log = []
    for event in events:
        text = str(event.get("msg", ""))
        log.append(text)
        names = event.get("stepID") or []
        if names:
            _take(steps.setdefault(names[0], ActStep()), event, text)
    written = "\n".join([*log, errors])
    job = re.search(re.escape(str(cache)) + r"/[0-9a-f]{16}(?=/)", json.dumps(events))
    return ActRun(code, steps, written, cache, Path(job[0]) if job else cache)


def _take(step: ActStep, event: dict[str, Any], text: str) -> None:
    post = event.get("stage") == "Post"
    command = event.get("command")
    if event.get("raw_output"):
        (step.post_lines if post else step.lines).append(text.rstrip("\n"))
    elif command == "set-output":
        step.outputs[event["name"]] = event["arg"]
    elif command == "summary":
        step.summary += event["content"]
    elif command in ("error", "warning", "notice", "debug"):
        step.annotations.append((command, event["arg"]))
    if "stepResult" in event:
        if post:
            step.post_result = event["stepResult"]
        else:
            step.result = event["stepResult"]
    if not post and event.get("level") == "error" and (found := _EXIT.search(text)):
        step.code = int(found[1])


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="modelyard-act-") as name:
        yield Path(name)
