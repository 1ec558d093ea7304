"""Azure Pipelines: logging commands on standard output.

Source: learn.microsoft.com, "Logging commands"; the agent's ``Command.TryParse`` and
``CommandStringConvertor`` for the escapes, ``TaskCommandExtension`` for what each command does.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from modelyard.ci import azure_connections, identity_tokens, saved_state
from modelyard.ci.base import Level, Position
from modelyard.ci.console import Console
from modelyard.errors import InputError
from modelyard.operation import Member, camel_case
from modelyard.reading import defined
from modelyard.run_identity import RunIdentity
from modelyard.service_connection import ServiceConnection

_DATA = str.maketrans({"%": "%AZP25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = {**_DATA, **str.maketrans({";": "%3B", "]": "%5D"})}
_LEVELS = {"notice": "", "warning": "warning", "error": "error"}
_STATE = "MODELYARD_STATE"
"""The task variable that the release step (``postjobexecution``) finds in its environment."""
_MULTILINE = "SYSTEM_UNSAFEALLOWMULTILINESECRET"
"""The agent refuses secrets of several lines unless this variable is true, because it masks line
by line. We mask each line ourselves first, as Microsoft's own Key Vault task does."""


def escape_data(text: str) -> str:
    """What stands behind the bracket of a command."""
    return text.translate(_DATA)


def escape_property(text: str) -> str:
    """A value inside the brackets of a command."""
    return text.translate(_PROPERTY)


class AzurePipelines:
    """A step of a pipeline job."""

    name = "azure-pipelines"
    private: tuple[str, ...] = (
        "INPUT_",
        "ENDPOINT_AUTH",
        "SECUREFILE_TICKET_",
        "VSTS_TASKVARIABLE_",
    )
    releases_later = True

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment
        self._console = Console()
        self._state: dict[str, str] | None = None
        self._summaries = 0

    def input_name(self, member: Member) -> str:
        return member.camel

    def given(self, member: Member) -> str | None:
        for name in _names(member):
            value = self._environment.get("INPUT_" + _env_name(name), "")
            if value:
                return defined(name, value)
        return None

    def unknown_inputs(self, members: Sequence[Member]) -> list[str]:
        known = {_env_name(name) for member in members for name in _names(member)}
        variables = json.loads(self._environment.get("VSTS_PUBLIC_VARIABLES") or "[]")
        # A pipeline variable "input.x" looks like an input x.
        known |= {_env_name(name).removeprefix("INPUT_") for name in variables}
        return sorted(
            name.removeprefix("INPUT_").lower()
            for name, value in self._environment.items()
            if name.startswith("INPUT_") and name.removeprefix("INPUT_") not in known and value
        )

    def begin(self) -> None:
        """Each run of a step has outputs of its own here."""

    def write(self, text: str) -> None:
        self._console.write(text)

    def debug(self, text: str) -> None:
        if self._environment.get("SYSTEM_DEBUG", "").lower() == "true":
            self._command("task.debug", {}, self._console.shown(text))

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._console.write_raw(f"##[group]{self._console.shown(' '.join(title.split()))}")
        try:
            yield
        finally:
            self._console.write_raw("##[endgroup]")

    def annotate(self, level: Level, text: str, at: Position | None = None) -> None:
        if not _LEVELS[level]:
            self._console.write(text)
            return
        properties = {"type": _LEVELS[level]}
        if at is not None:
            properties["sourcepath"] = self._console.clean(at.file)
            if at.line:
                properties["linenumber"] = str(at.line)
            if at.column:
                properties["columnnumber"] = str(at.column)
        self._command("task.logissue", properties, self._console.shown(text))

    def progress(self, percent: int, text: str) -> None:
        value = str(min(max(percent, 0), 100))  # the agent fails a step over any other
        self._command("task.setprogress", {"value": value}, self._console.shown(text))

    def mask(self, secret: str) -> None:
        for form in self._console.mask(secret):
            if "\n" not in form and "\r" not in form:  # the agent masks line by line
                self._command("task.setsecret", {}, form)

    def clean(self, text: str) -> str:
        return self._console.clean(text)

    def set_output(self, name: str, value: str, *, secret: bool = False) -> None:
        self._set(camel_case(name), value, secret, output=True)

    def job_folder(self) -> Path:
        """The agent's, which it empties after the job."""
        return Path(self._environment.get("AGENT_TEMPDIRECTORY") or tempfile.gettempdir()).resolve()

    def set_variable(self, name: str, value: str, *, secret: bool = False) -> None:
        self._set(name, value, secret, output=False)

    def add_path(self, folder: Path) -> None:
        self._command("task.prependpath", {}, str(folder))

    def _set(self, name: str, value: str, secret: bool, *, output: bool) -> None:
        properties = {"variable": name, "issecret": str(secret).lower()}
        if output:
            properties["isOutput"] = "true"
        if secret:
            self.mask(value)
        refused = secret and "\n" in value and not self._takes_multiline_secrets()
        if refused:
            self._command("task.setvariable", {"variable": _MULTILINE}, "true")
        self._command("task.setvariable", properties, value)
        if refused:
            self._command("task.setvariable", {"variable": _MULTILINE}, "false")

    def _takes_multiline_secrets(self) -> bool:
        return self._environment.get(_MULTILINE, "").lower() == "true"

    def summary(self, markdown: str) -> None:
        self._summaries += 1  # the agent uploads the file later: each needs a name of its own
        name = f"modelyard-{self._summaries:02}-{os.urandom(4).hex()}.md"
        path = self.job_folder() / name
        path.write_text(self.clean(markdown), encoding="utf-8", errors="backslashreplace")
        self._command("task.uploadsummary", {}, str(path))

    def upload(self, name: str, path: Path) -> None:
        # The agent reads the file when it likes, which may be after this process has ended.
        kept = self.job_folder() / f"modelyard-{os.urandom(8).hex()}" / path.name
        kept.parent.mkdir(parents=True)
        shutil.copy2(path, kept)
        self._command("artifact.upload", {"containerfolder": name, "artifactname": name}, str(kept))

    def save_state(self, key: str, value: str) -> None:
        if self._state is None:
            self._state = dict(self.load_state())
        self._state[key] = value
        self._command("task.settaskvariable", {"variable": _STATE}, json.dumps(self._state))

    def load_state(self) -> Mapping[str, str]:
        return saved_state.parse(self._environment.get(f"VSTS_TASKVARIABLE_{_STATE}", ""))

    def service_connection(self, id: str) -> ServiceConnection:
        connection = azure_connections.read(self._environment, id)
        for secret in connection.secrets():
            self.mask(secret)
        return connection

    def no_identity_token(self) -> str:
        return identity_tokens.missing_on_azure(self._environment)

    def identity_token(self, audience: str, connection: str = "") -> str:  # noqa: ARG002
        if missing := self.no_identity_token():
            raise InputError(missing)
        token = identity_tokens.of_azure(self._environment, connection)
        self._console.mask(token)
        return token

    @property
    def attended(self) -> bool:
        return False

    @property
    def shares_home(self) -> bool:
        return self._environment.get("AGENT_ISSELFHOSTED", "") != "0"

    def identity(self) -> RunIdentity:
        get = self._environment.get
        return RunIdentity(
            repository=f"{get('SYSTEM_COLLECTIONURI', '')}{get('SYSTEM_TEAMPROJECT', '')}/"
            + get("BUILD_REPOSITORY_NAME", ""),
            pipeline=get("SYSTEM_DEFINITIONID", ""),
            run=get("BUILD_BUILDID", ""),
            attempt=f"{get('SYSTEM_STAGEATTEMPT', '1')}.{get('SYSTEM_JOBATTEMPT', '1')}",
            job=get("SYSTEM_JOBID", ""),
            step=get("SYSTEM_TASKINSTANCEID", "") or get("TASK_DISPLAYNAME", ""),
            commit=get("BUILD_SOURCEVERSION", ""),
            branch=get("BUILD_SOURCEBRANCH", ""),
        )

    def is_fork(self) -> bool:
        return self._environment.get("SYSTEM_PULLREQUEST_ISFORK", "").lower() == "true"

    def _command(self, command: str, properties: Mapping[str, str], data: str) -> None:
        written = "".join(f"{key}={escape_property(value)};" for key, value in properties.items())
        space = " " if written else ""
        self._console.write_raw(f"##vso[{command}{space}{written}]{escape_data(data)}")


def _names(member: Member) -> tuple[str, ...]:
    """The names of an input in a pipeline's YAML."""
    return (member.camel, *member.spec.aliases)


def _env_name(name: str) -> str:
    return name.replace(" ", "_").replace(".", "_").upper()
