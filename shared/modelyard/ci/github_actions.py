"""GitHub Actions: workflow commands on standard output, and the files the runner reads.

Source: docs.github.com, "Workflow commands for GitHub Actions"; the runner's ``ActionCommand`` and
``FileCommandManager`` for the escapes and the files.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelyard.ci import identity_tokens, saved_state
from modelyard.ci.base import Level, Position
from modelyard.ci.console import Console
from modelyard.errors import FileError, InputError
from modelyard.operation import Member
from modelyard.run_identity import RunIdentity
from modelyard.service_connection import ServiceConnection

_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({":": "%3A", ",": "%2C"})}


def escape_data(text: str) -> str:
    """What stands behind the second ``::`` of a command."""
    return text.translate(_DATA)


def escape_property(text: str) -> str:
    """A value before the second ``::`` of a command."""
    return text.translate(_PROPERTY)


_STATE = "MODELYARD_STATE"
"""The release step (``post``) finds it in its environment, with STATE_ before it."""


def file_entry(name: str, value: str) -> str:
    """An entry of GITHUB_OUTPUT, GITHUB_ENV or GITHUB_STATE; the delimiter can't be guessed.

    :raises ValueError: for a name that would begin another entry.
    """
    if not name or re.search(r"[\r\n=]|<<", name):
        raise ValueError(f"{name!r} can't name an output or a variable")
    delimiter = f"modelyard_{os.urandom(16).hex()}"
    return f"{name}<<{delimiter}\n{value}\n{delimiter}\n"


class GitHubActions:
    """A step of a workflow job."""

    name = "github-actions"
    private: tuple[str, ...] = (
        "INPUT_",
        "STATE_",
        "ACTIONS_RUNTIME_TOKEN",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    )
    releases_later = True

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._console = Console()
        self._state: dict[str, str] | None = None

    def input_name(self, member: Member) -> str:
        return member.kebab

    def given(self, member: Member) -> str | None:
        if member.spec.connection:
            return None  # Azure Pipelines alone has service connections
        return self._environment.get("INPUT_" + member.kebab.upper()) or None

    def unknown_inputs(self, members: Sequence[Member]) -> list[str]:
        known = {"INPUT_" + one.kebab.upper() for one in members if not one.spec.connection}
        return sorted(
            name.removeprefix("INPUT_").lower()
            for name, value in self._environment.items()
            if name.startswith("INPUT_") and name not in known and value
        )

    def begin(self) -> None:
        """Each run of a step has outputs of its own here."""

    def write(self, text: str) -> None:
        self._console.write(text)

    def debug(self, text: str) -> None:
        self._command("debug", {}, self._console.shown(text))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._command("group", {}, self._console.shown(title))
        try:
            yield
        finally:
            self._command("endgroup", {}, "")

    def annotate(self, level: Level, text: str, at: Position | None = None) -> None:
        properties = {}
        if at is not None:
            properties["file"] = self._console.clean(at.file)
            if at.line:
                properties["line"] = str(at.line)
            if at.column:
                properties["col"] = str(at.column)
        self._command(level, properties, self._console.shown(text))

    def progress(self, percent: int, text: str) -> None:
        self._console.write(f"{text} ({percent} %)")

    def mask(self, secret: str) -> None:
        for form in self._console.mask(secret):
            if "\n" not in form and "\r" not in form:  # the runner masks line by line
                self._command("add-mask", {}, form)

    def clean(self, text: str) -> str:
        return self._console.clean(text)

    def set_output(self, name: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self.mask(value)
        self._append("GITHUB_OUTPUT", file_entry(name, value))

    def job_folder(self) -> Path:
        return Path(self._required("RUNNER_TEMP"))

    def set_variable(self, name: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self.mask(value)
        self._append("GITHUB_ENV", file_entry(name, value))

    def add_path(self, folder: Path) -> None:
        self._append("GITHUB_PATH", f"{folder}\n")

    def summary(self, markdown: str) -> None:
        self._append("GITHUB_STEP_SUMMARY", self._console.clean(markdown) + "\n")

    def upload(self, name: str, path: Path) -> None:
        # Only a step with the runner's own artifact client can upload: the workflow does it with
        # actions/upload-artifact, from this folder.
        folder = self.job_folder() / "modelyard-artifacts" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder)
        self._console.write(f"artifact {name}: {folder / path.name}")

    def save_state(self, key: str, value: str) -> None:
        if self._state is None:
            self._state = dict(self.load_state())
        self._state[key] = value
        self._append("GITHUB_STATE", file_entry(_STATE, json.dumps(self._state)))

    def load_state(self) -> Mapping[str, str]:
        return saved_state.parse(self._environment.get(f"STATE_{_STATE}", ""))

    def service_connection(self, id: str) -> ServiceConnection:
        raise InputError(f"GitHub has no service connections, and so none named {id}")

    def no_identity_token(self) -> str:
        return identity_tokens.missing_on_github(self._environment, self.is_fork)

    def identity_token(self, audience: str, connection: str = "") -> str:  # noqa: ARG002
        if missing := self.no_identity_token():
            raise InputError(missing)
        token = identity_tokens.of_github(self._environment, audience)
        self._console.mask(token)
        return token

    @property
    def attended(self) -> bool:
        return False

    @property
    def shares_home(self) -> bool:
        return self._environment.get("RUNNER_ENVIRONMENT", "") != "github-hosted"

    def identity(self) -> RunIdentity:
        get = self._environment.get
        return RunIdentity(
            repository=f"{get('GITHUB_SERVER_URL', '')}/{get('GITHUB_REPOSITORY', '')}",
            pipeline=get("GITHUB_WORKFLOW_REF", "") or get("GITHUB_WORKFLOW", ""),
            run=get("GITHUB_RUN_ID", ""),
            attempt=get("GITHUB_RUN_ATTEMPT", "1"),
            job=get("GITHUB_JOB", ""),
            step=get("GITHUB_ACTION", ""),
            commit=get("GITHUB_SHA", ""),
            branch=get("GITHUB_REF", ""),
            # GITHUB_JOB is the same in every leg of a matrix; this isn't.
            instance=get("RUNNER_TRACKING_ID", ""),
        )

    def is_fork(self) -> bool:
        path = self._environment.get("GITHUB_EVENT_PATH", "")
        if not path or not self._environment.get("GITHUB_EVENT_NAME", "").startswith("pull_"):
            return False
        event = json.loads(Path(path).read_text(encoding="utf-8"))
        head = event.get("pull_request", {}).get("head", {}).get("repo") or {}
        return bool(head.get("full_name") != self._environment.get("GITHUB_REPOSITORY"))

    def _append(self, variable: str, text: str) -> None:
        path = Path(self._required(variable))
        with path.open("a", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)

    def _required(self, variable: str) -> str:
        value = self._environment.get(variable, "")
        if not value:
            raise FileError(
                f"the variable {variable} isn't set",
                cause="GITHUB_ACTIONS is true, but this isn't a step that a runner started",
                fix="unset GITHUB_ACTIONS to run on a terminal",
            )
        return value

    def _command(self, command: str, properties: Mapping[str, str], data: str) -> None:
        written = ",".join(f"{key}={escape_property(value)}" for key, value in properties.items())
        space = " " if written else ""
        self._console.write_raw(f"::{command}{space}{written}::{escape_data(data)}")
