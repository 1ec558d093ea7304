"""What the unit tests share: a clock that stands still, a CI system that remembers, no real world.

``clock``, ``recording_ci`` and ``make_context`` are all that a test of an operation needs; the
fixture ``isolation`` is always on.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from modelyard.ci.base import CISystem, Level, Position
from modelyard.ci.disarming import disarm
from modelyard.clock import Clock, FakeClock
from modelyard.context import Context
from modelyard.masking import Masker
from modelyard.operation import Member, Operation
from modelyard.run_identity import RunIdentity
from modelyard.service_connection import ServiceConnection

IDENTITY = RunIdentity(
    repository="https://ci.example/house/project",
    pipeline="7",
    run="42",
    attempt="1",
    job="train",
    step="step-3",
    commit="0123456789abcdef0123456789abcdef01234567",
    branch="refs/heads/main",
)
OUTSIDE = (
    "ACTIONS_", "AGENT_", "ARM_", "AZURE_", "BUILD_", "CI", "DATABRICKS_", "GITHUB_", "INPUT_",
    "MLFLOW_", "MODELYARD_", "RUNNER_", "SECRET_", "STATE_", "SYSTEM_", "TASK_", "TF_BUILD",
    "VSTS_", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NETRC", "NO_COLOR", "IDENTITY_", "MSI_",
)  # fmt: skip
KEPT = ("MODELYARD_TEST_RUN",)
"""The mark by which the whole run finds processes that outlive it."""


@pytest.fixture(autouse=True)
def isolation(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No variable of a real CI system or account, an empty home folder, no way off the machine."""
    for name in list(os.environ):
        if name.upper().startswith(OUTSIDE) and name not in KEPT:
            monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(home))
    for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "APPDATA", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(home / name.lower()))
    connect = socket.socket.connect

    def on_this_machine(self: socket.socket, address: Any) -> None:
        host = address[0] if isinstance(address, tuple) else ""
        if host not in ("", "127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a unit test connects to {address}")
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", on_this_machine)
    return home


@dataclass(frozen=True)
class Annotation:
    """One call of ``annotate``; ``text`` as a reader sees it."""

    level: Level
    text: str
    file: str = ""
    line: int = 0
    column: int = 0


class RecordingCI:
    """A CI system that remembers. Texts are recorded as a reader sees them: masked, disarmed.

    ``events`` has every call in its order, as ``(method, first argument)``.
    """

    name = "recording"
    private: tuple[str, ...] = ()

    def __init__(self) -> None:
        self.inputs: dict[str, str] = {}
        """What ``given`` answers, by kebab-case name."""
        self.unknown: list[str] = []
        self.releases_later = True
        self.run_identity = IDENTITY
        self.fork = False
        self.events: list[tuple[str, str]] = []
        self.lines: list[str] = []
        """What was written, line by line; titles of groups too."""
        self.debug_lines: list[str] = []
        self.groups: list[str] = []
        self.annotations: list[Annotation] = []
        self.steps: list[tuple[int, str]] = []
        """Calls of ``progress``."""
        self.masks: list[str] = []
        self.outputs: dict[str, str] = {}
        """By kebab-case name; raw, as a later step gets them."""
        self.secret_outputs: set[str] = set()
        self.variables: dict[str, str] = {}
        self.secret_variables: set[str] = set()
        self.paths: list[Path] = []
        """Folders put in front of PATH."""
        self.summaries: list[str] = []
        self.uploads: dict[str, Path] = {}
        self.state: dict[str, str] = {}
        self.connections: dict[str, ServiceConnection] = {}
        """By id."""
        self.folder: Path | None = None
        """What ``job_folder`` answers."""
        self.identity_tokens: list[str] = []
        """What ``identity_token`` gives, one after the other; with none left it can't."""
        self.audiences: list[tuple[str, str]] = []
        """Audience and service connection of each identity token that was asked for."""
        self.attended = False
        self.shares_home = True
        self._masker = Masker()

    @property
    def text(self) -> str:
        """Everything a reader of the log sees: lines and annotations."""
        return "\n".join([*self.lines, *(one.text for one in self.annotations)])

    def errors(self) -> list[str]:
        """The texts of the annotations of level error."""
        return [one.text for one in self.annotations if one.level == "error"]

    def warnings(self) -> list[str]:
        """The texts of the annotations of level warning."""
        return [one.text for one in self.annotations if one.level == "warning"]

    def input_name(self, member: Member) -> str:
        return member.kebab

    def given(self, member: Member) -> str | None:
        return self.inputs.get(member.kebab) or None

    def unknown_inputs(self, members: Sequence[Member]) -> list[str]:
        return list(self.unknown)

    def begin(self) -> None:
        self.events.append(("begin", ""))

    def write(self, text: str) -> None:
        self.events.append(("write", text))
        self.lines += self._shown(text).splitlines()

    def debug(self, text: str) -> None:
        self.events.append(("debug", text))
        self.debug_lines += self._shown(text).splitlines()

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self.events.append(("group", title))
        self.groups.append(self._shown(title))
        self.lines.append(self._shown(title))
        yield

    def annotate(self, level: Level, text: str, at: Position | None = None) -> None:
        self.events.append(("annotate", text))
        place = (at.file, at.line, at.column) if at is not None else ()
        self.annotations.append(Annotation(level, self._shown(text), *place))

    def progress(self, percent: int, text: str) -> None:
        self.events.append(("progress", text))
        self.steps.append((percent, self._shown(text)))

    def mask(self, secret: str) -> None:
        self.events.append(("mask", secret))
        self.masks.append(secret)
        self._masker.add(secret)

    def clean(self, text: str) -> str:
        return self._masker.clean(text)

    def set_output(self, name: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self.mask(value)
            self.secret_outputs.add(name)
        self.events.append(("set_output", name))
        self.outputs[name] = value

    def job_folder(self) -> Path | None:
        return self.folder

    def set_variable(self, name: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self.mask(value)
            self.secret_variables.add(name)
        self.events.append(("set_variable", name))
        self.variables[name] = value

    def add_path(self, folder: Path) -> None:
        self.events.append(("add_path", str(folder)))
        self.paths.append(folder)

    def summary(self, markdown: str) -> None:
        self.events.append(("summary", markdown))
        self.summaries.append(self.clean(markdown))

    def upload(self, name: str, path: Path) -> None:
        self.events.append(("upload", name))
        self.uploads[name] = path

    def save_state(self, key: str, value: str) -> None:
        self.events.append(("save_state", key))
        self.state[key] = value

    def load_state(self) -> Mapping[str, str]:
        return dict(self.state)

    def service_connection(self, id: str) -> ServiceConnection:
        return self.connections[id]

    def no_identity_token(self) -> str:
        return "" if self.identity_tokens else "this job gets no identity tokens"

    def identity_token(self, audience: str, connection: str = "") -> str:
        self.audiences.append((audience, connection))
        return self.identity_tokens.pop(0)

    def identity(self) -> RunIdentity:
        return self.run_identity

    def is_fork(self) -> bool:
        return self.fork

    def _shown(self, text: str) -> str:
        return disarm(self.clean(text))


@pytest.fixture
def clock() -> FakeClock:
    """A clock that moves when somebody sleeps on it (``clock.slept``) or advances it."""
    return FakeClock()


@pytest.fixture
def recording_ci(tmp_path_factory: pytest.TempPathFactory) -> RecordingCI:
    """The CI system that ``make_context`` uses unless it is given another."""
    ci = RecordingCI()
    ci.folder = tmp_path_factory.mktemp("job")
    return ci


@pytest.fixture
def make_context(clock: FakeClock, recording_ci: RecordingCI) -> Callable[..., Context]:
    """``make_context(operation, environment={...}, ci=..., clock=...)``."""

    def make(
        operation: Operation[Any, Any],
        environment: Mapping[str, str] | None = None,
        *,
        ci: CISystem | None = None,
        clock: Clock = clock,
    ) -> Context:
        return Context(operation, ci or recording_ci, clock=clock, environment=environment)

    return make
