"""A terminal: a person who reads, and files for what other systems keep.

With ``MODELYARD_JOB`` set to a folder, steps that belong together keep their outputs, summary,
artifacts and release state there; without it each command stands alone.
"""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from modelyard.ci import saved_state
from modelyard.ci.base import Level, Position
from modelyard.ci.console import Console
from modelyard.ci.plain_summary import plain
from modelyard.errors import InputError
from modelyard.masking import MASK
from modelyard.operation import Member
from modelyard.run_identity import RunIdentity
from modelyard.service_connection import ServiceConnection

_ERROR = "error"
"""The output that says what the error above it has said: it is kept, and not shown again."""
_COLOURS = {"notice": "36", "warning": "33", "error": "31"}


class Terminal:
    """A command typed by a person or a script."""

    name = "terminal"
    private: tuple[str, ...] = ()

    def __init__(self, environment: Mapping[str, str] | None = None, step: str = "") -> None:
        self._environment = os.environ if environment is None else environment
        self._console = Console()
        folder = self._environment.get("MODELYARD_JOB", "")
        self._job = Path(folder) if folder else None
        self._step = self._environment.get("MODELYARD_STEP", "") or step
        self._run = os.urandom(16).hex()

    @property
    def releases_later(self) -> bool:
        return self._job is not None  # in a job folder ``modelyard release`` runs that step

    def input_name(self, member: Member) -> str:
        return member.kebab

    def given(self, _member: Member) -> str | None:
        return None  # the command line is read by the command line

    def unknown_inputs(self, _members: Sequence[Member]) -> list[str]:
        return []

    def begin(self) -> None:
        if self._job is not None:
            self._outputs_path().unlink(missing_ok=True)

    def write(self, text: str) -> None:
        self._console.write(text)

    def debug(self, text: str) -> None:
        if self._environment.get("MODELYARD_DEBUG"):
            self._console.write(text)

    @contextmanager
    def group(self, title: str) -> Iterator[None]:
        self._console.write(title)
        yield

    def annotate(self, level: Level, text: str, at: Position | None = None) -> None:
        where = f"{at.file}:{at.line}: " if at and at.line else f"{at.file}: " if at else ""
        mark = "" if level == "notice" else f"{level}: "
        self._console.write(self._coloured(level, f"{where}{mark}{text}"))

    def progress(self, percent: int, text: str) -> None:
        self._console.write(f"{text} ({percent} %)")

    def mask(self, secret: str) -> None:
        self._console.mask(secret)

    def clean(self, text: str) -> str:
        return self._console.clean(text)

    def set_output(self, name: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self.mask(value)
            self._console.write(f"{name}={MASK}")
            return
        if name != _ERROR:
            self._console.write(f"{name}={value}" if "\n" not in value else f"{name}=\n{value}")
        if self._job is not None:
            path = self._outputs_path()
            outputs = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
            _write_whole(path, json.dumps({**outputs, name: value}, indent=2))

    def job_folder(self) -> Path | None:
        return None if self._job is None else self._folder().absolute()

    def set_variable(self, name: str, value: str, *, secret: bool = False) -> None:
        if secret:
            self.mask(value)
            self._console.write(f"{name}={MASK}  (a terminal hands no secret on)")
            return
        self._console.write(f"export {name}={value}")

    def add_path(self, folder: Path) -> None:
        self._console.write(f'export PATH={shlex.quote(str(folder))}:"$PATH"')

    def summary(self, markdown: str) -> None:
        if self._job is None:
            self._console.write(plain(markdown))
            return
        with (self._folder() / "summary.md").open("a", encoding="utf-8") as file:
            file.write(self._console.clean(markdown) + "\n")

    def upload(self, name: str, path: Path) -> None:
        if self._job is None:
            return  # nothing keeps it, and the file itself may be gone in a moment
        folder = self._folder() / "artifacts" / name
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, folder)
        self._console.write(f"artifact {name}: {folder / path.name}")

    def save_state(self, key: str, value: str) -> None:
        if self._job is not None:
            path = self._state_path()
            _write_whole(path, json.dumps({**self.load_state(), key: value}))

    def load_state(self) -> Mapping[str, str]:
        if self._job is None or not self._state_path().exists():
            return {}
        return saved_state.parse(self._state_path().read_text(encoding="utf-8"))

    def service_connection(self, id: str) -> ServiceConnection:
        raise InputError(f"a terminal has no service connections, and so none named {id}")

    def no_identity_token(self) -> str:
        return "a terminal has no identity tokens"

    def identity_token(self, audience: str, connection: str = "") -> str:  # noqa: ARG002
        raise InputError(self.no_identity_token())

    @property
    def attended(self) -> bool:
        return sys.stdin.isatty() and sys.stdout.isatty()

    @property
    def shares_home(self) -> bool:
        return False

    def identity(self) -> RunIdentity:
        return RunIdentity(
            repository=_git("config", "--get", "remote.origin.url") or str(Path.cwd()),
            pipeline="terminal",
            run=self._run if self._job is None else self._job_id(),
            attempt=self._environment.get("MODELYARD_ATTEMPT", "1"),
            job="",
            step=self._step,
            commit=_git("rev-parse", "HEAD"),
            branch=_git("symbolic-ref", "-q", "HEAD"),
        )

    def is_fork(self) -> bool:
        return False

    def _job_id(self) -> str:
        """One for the life of the job folder: a new folder of the same name is another job."""
        path = self._folder() / "job-id"
        with suppress(FileExistsError), path.open("x", encoding="utf-8") as file:
            file.write(self._run)
        return path.read_text(encoding="utf-8")

    def _outputs_path(self) -> Path:
        return self._folder() / f"{self._step}.outputs.json"

    def _state_path(self) -> Path:
        return self._folder() / f"{self._step}.state.json"

    def _folder(self) -> Path:
        assert self._job is not None
        self._job.mkdir(parents=True, exist_ok=True, mode=0o700)
        return self._job

    def _coloured(self, level: Level, text: str) -> str:
        if not sys.stdout.isatty() or "NO_COLOR" in self._environment:
            return text
        return f"\033[{_COLOURS[level]}m{text}\033[0m"


def _write_whole(path: Path, text: str) -> None:
    """Write a file so that whoever is killed in the middle leaves the old one."""
    unfinished = path.with_name(f".{path.name}-{os.urandom(16).hex()}")
    unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def _git(*arguments: str) -> str:
    """What git says here; nothing where there is no git or no repository."""
    git = shutil.which("git")
    if git is None:
        return ""
    done = subprocess.run([git, *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
