"""What an operation gets beside its inputs: everything that touches the world around it."""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

from modelyard.ci.base import CISystem, Level, Position
from modelyard.clock import Clock, SystemClock
from modelyard.errors import FileError, ModelyardError
from modelyard.operation import Member, Operation, renamed
from modelyard.output_limit import LONGEST, cut, size
from modelyard.reading import to_text
from modelyard.signals import Signals

log = logging.getLogger("modelyard")


class Context:
    """One run of one operation."""

    def __init__(
        self,
        operation: Operation[Any, Any],
        ci: CISystem,
        *,
        clock: Clock | None = None,
        signals: Signals | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.ci = ci
        self._signals = signals or Signals()
        self.clock: Clock = self._signals.heeding(clock or SystemClock())
        self.log = log
        self.environment: Mapping[str, str] = environment or {}
        """For values that inputs name (``ENV_X``) and for programs that are started, only."""
        self._inputs = operation.input_members
        self._outputs = {member.name: member for member in operation.output_members}
        self.published: dict[str, Any] = {}
        self.kept: dict[str, str] = {}
        self.signed_in: object = None
        """Who signs in for the whole run: see ``operations/inputs/signing_in``."""

    def publish(self, **outputs: Any) -> None:
        """Set outputs now, while it matters: a run's id and URL right after its submit.

        One that is too long for a variable (see ``output_limit``) is shortened with a warning: a
        text is cut, a structure is written to a file of the job, whose path becomes the output.

        :raises KeyError: for a name that the operation doesn't declare.
        :raises ModelyardError: for a secret that is too long, which can be neither.
        """
        for name, value in outputs.items():
            member = self._outputs[name]
            if value is None or self.published.get(name, self) == value:
                continue
            text = self._short(member, value)
            self.ci.set_output(member.kebab, text, secret=member.spec.secret)
            self.published[name] = value  # after it: a signal in between must not lose the output

    def _short(self, member: Member, value: Any) -> str:
        text = to_text(value)
        length = size(text)
        if length <= LONGEST or (folder := self.ci.job_folder()) is None:
            return text
        told = f"the output {member.kebab} has {length} bytes, and a variable takes {LONGEST}"
        if member.spec.secret:
            raise ModelyardError(told, cause="a secret is neither cut nor written to a file")
        if isinstance(value, str):
            self.annotate("warning", f"{told}: it is cut")
            return cut(self.ci.clean(text))  # half a secret would be recognised by nobody
        path = folder / f"modelyard-{member.kebab}-{os.urandom(8).hex()}.json"
        try:
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
        except OSError as error:
            raise FileError(
                f"{told}; {path} can't be written: {error.strerror}",
                fix="free space, and see that the job's temporary folder may be written",
            ) from None
        self.annotate("warning", f"{told}: it is the path of a file with the whole, {path}")
        return str(path)

    def declares_output(self, name: str) -> bool:
        """Whether the operation has an output of this name (snake_case)."""
        return name in self._outputs

    def named(self, text: str) -> str:
        """A text of ours about inputs, which calls them what the users of this CI system do."""
        return renamed(text, self._inputs, self.ci.input_name)

    def keep(self, key: str, value: str) -> None:
        """Keep for the release step what this operation started and nobody else owns."""
        self.kept[key] = value
        self.ci.save_state(key, value)

    def let_go(self, key: str) -> None:
        """The thing kept under this key is gone, or belongs to somebody else now."""
        if self.kept.get(key):
            self.keep(key, "")

    def shield(self) -> AbstractContextManager[None]:
        """Let a submit finish before a signal is raised: see ``signals``."""
        return self._signals.shield()

    def idempotency_token(self, *payload: Any) -> str:
        """64 hexadecimal digits: the same for the same attempt of this step and payload.

        Databricks allows 64 characters (Jobs API, ``idempotency_token``).
        """
        text = json.dumps([self.ci.identity().key, payload], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()

    def show_remote(self, title: str, text: str) -> None:
        """Show what remote code printed, folded. The CI system disarms what it prints."""
        if text.strip():
            with self.ci.group(title):
                self.ci.write(text.rstrip())

    def upload(self, name: str, path: Path) -> None:
        """Keep a file as an artifact. Where that fails it is a warning: the work itself is done."""
        try:
            self.ci.upload(name, path)
        except (FileError, OSError) as error:
            self.annotate("warning", f"the artifact {name} can't be kept: {error}")

    def annotate(self, level: Level, text: str, *, file: str = "", line: int = 0) -> None:
        """A message that stands out, at a file and line of the repository where known."""
        self.ci.annotate(level, text, Position(file, line) if file else None)
