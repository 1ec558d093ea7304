"""What every CI system can do for a step; one module beside this for each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from modelyard.operation import Member
from modelyard.run_identity import RunIdentity
from modelyard.service_connection import ServiceConnection

Level = Literal["notice", "warning", "error"]


@dataclass(frozen=True)
class Position:
    """Where in the repository a message belongs. Line and column count from 1; 0 is unknown."""

    file: str
    line: int = 0
    column: int = 0


class CISystem(Protocol):
    """The CI system. Every text is masked, then disarmed; every command of our own is escaped."""

    name: str
    private: tuple[str, ...]
    """How the variables begin that are meant for this step alone, not for programs it starts."""

    @property
    def releases_later(self) -> bool:
        """Whether a release step comes when the job is done."""
        ...

    def input_name(self, member: Member) -> str:
        """What its users call an input."""
        ...

    def given(self, member: Member) -> str | None:
        """The raw value of an input, or None when it isn't set (an empty value is not set)."""
        ...

    def unknown_inputs(self, members: Sequence[Member]) -> list[str]:
        """Names of inputs that were given but that nobody declares."""
        ...

    def begin(self) -> None:
        """The step begins: what an earlier run of it handed on isn't of this one."""
        ...

    def write(self, text: str) -> None:
        """Print lines: masked, and with logging commands disarmed (they may be remote)."""
        ...

    def debug(self, text: str) -> None:
        """Print a line that most readers don't need."""
        ...

    def group(self, title: str) -> AbstractContextManager[None]:
        """Fold what is printed inside."""
        ...

    def annotate(self, level: Level, text: str, at: Position | None = None) -> None:
        """A message that stands out, at a file and line where that is known."""
        ...

    def progress(self, percent: int, text: str) -> None:
        """How far it is."""
        ...

    def mask(self, secret: str) -> None:
        """Never show this value from now on, in any form it can leave in."""
        ...

    def clean(self, text: str) -> str:
        """The text without what was masked."""
        ...

    def set_output(self, name: str, value: str, *, secret: bool = False) -> None:
        """Set an output (kebab-case name). A secret one is masked first."""
        ...

    def job_folder(self) -> Path | None:
        """A folder that lasts as long as the job, for files that later steps read; None where no
        step comes later."""
        ...

    def set_variable(self, name: str, value: str, *, secret: bool = False) -> None:
        """Set an environment variable of the later steps of this job."""
        ...

    def add_path(self, folder: Path) -> None:
        """Put a folder in front of PATH for the later steps of this job."""
        ...

    def summary(self, markdown: str) -> None:
        """Append to the job summary."""
        ...

    def upload(self, name: str, path: Path) -> None:
        """Keep a file as an artifact of the run."""
        ...

    def save_state(self, key: str, value: str) -> None:
        """Keep a value for the release step of this same step."""
        ...

    def load_state(self) -> Mapping[str, str]:
        """What :meth:`save_state` kept."""
        ...

    def service_connection(self, id: str) -> ServiceConnection:
        """What the agent gave for an input that names a service connection; masked.

        :raises InputError: where there are no service connections, or not this one.
        """
        ...

    def no_identity_token(self) -> str:
        """Why this job can't have identity tokens (OIDC); empty when it can."""
        ...

    def identity_token(self, audience: str, connection: str = "") -> str:
        """A new identity token of this job; never shown. Good for a few minutes.

        :param audience: whom it is meant for. Azure DevOps has one audience only.
        :param connection: id of a service connection that the job acts as (Azure Pipelines).
        :raises ModelyardError: when there is none to be had.
        """
        ...

    @property
    def attended(self) -> bool:
        """Whether a person sits before it and can answer."""
        ...

    @property
    def shares_home(self) -> bool:
        """Whether other jobs may use the same home folder, at the same time or later."""
        ...

    def identity(self) -> RunIdentity:
        """Names this run."""
        ...

    def is_fork(self) -> bool:
        """Whether this run builds a pull request of a fork: secrets are not there."""
        ...
