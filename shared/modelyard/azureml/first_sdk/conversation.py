"""Speaking with the program in SDK v1's own environment: lines of JSON over two pipes.

We ask for one thing after the other (``{"do": "build", ...}``) and get one answer for each.
Meanwhile the program may ask for a token, as often as it needs one: the token goes over the pipe
alone, and is minted by who signs in here. What the program prints, and the definition within it,
is shown line by line.
"""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from modelyard.azureml.advice import advice
from modelyard.azureml.first_sdk.interpreter import FIX
from modelyard.azureml.first_sdk.sdk_errors import words
from modelyard.errors import FileError, InputError, MissingTool, ModelyardError, ServiceError
from modelyard.process_groups import kill_group

Json = dict[str, Any]
_START = (
    "import sys; sys.path.insert(0, sys.argv.pop(1)); import modelyard_v1.serving as it; "
    "del sys.path[0]; it.main()"
)
"""The program is a folder, not a package of that environment, and isn't seen by the definition."""
_OWN = {"AZUREML_LOG_DEPRECATION_WARNING_ENABLED": "False", "PYTHONUNBUFFERED": "1"}
_KINDS: Mapping[str, type[ModelyardError]] = {
    "definition": FileError,
    "input": InputError,
    "service": ServiceError,
    "missing": MissingTool,
}


class Conversation:
    """A running program; a context manager that ends with it gone, whatever happened."""

    def __init__(
        self,
        python: Path,
        environment: Mapping[str, str],
        *,
        token: Callable[[], str],
        show: Callable[[str], None],
    ) -> None:
        """Start it.

        :param environment: its variables. It needs no credentials there.
        :param token: gives a token of Resource Manager that lasts a while.
        :param show: gets each line that is printed there.
        """
        self._token, self._show, self._python = token, show, python
        try:
            self._process = subprocess.Popen(
                [python, "-W", "ignore", "-c", _START, str(Path(__file__).parent)],
                env={**environment, **_OWN},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf-8",
                errors="replace",
                start_new_session=True,
            )
        except OSError as error:
            raise MissingTool(f"{python} can't be started: {error.strerror}", fix=FIX) from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._to, self._from = self._process.stdin, self._process.stdout
        self._printed = self._process.stderr
        self._reader = threading.Thread(target=self._read, args=(self._printed,), daemon=True)
        self._reader.start()

    def __enter__(self) -> Conversation:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        kill_group(self._process)
        self._reader.join(5)
        for pipe in (self._to, self._from, self._printed):
            try:
                pipe.close()
            except OSError:  # what it hadn't read yet can't be flushed any more
                continue

    def ask(self, do: str, **what: Any) -> Json:
        """Let it do one thing.

        :raises FileError, InputError, ServiceError, MissingTool: as it says.
        """
        self._send({"do": do, **what})
        while line := self._from.readline():
            answer: Json = json.loads(line)
            if "token" in answer:
                self._send({"token": self._token()})
            elif "error" in answer:
                raise _error(answer["error"])
            else:
                return answer
        code = self._process.wait()
        self._reader.join(5)
        raise ModelyardError(
            f"{self._python} ended (exit code {code}) while it was asked to {do}",
            cause="the definition ended the process, or the environment doesn't work; what it "
            "printed is in the log above",
        )

    def _send(self, message: Json) -> None:
        try:
            self._to.write(json.dumps(message) + "\n")
            self._to.flush()
        except BrokenPipeError:  # it is gone: the next read tells how
            return

    def _read(self, stream: IO[str]) -> None:
        for line in stream:
            self._show(line.rstrip("\n"))


def _error(told: Mapping[str, Any]) -> ModelyardError:
    kind = _KINDS[str(told["kind"])]
    what = str(told["what"]) + words(told.get("said") or ())
    known = advice([what])
    cause = str(told.get("cause") or known[0])
    fix = FIX if kind is MissingTool else str(told.get("fix") or known[1])
    error = kind(what, cause=cause, fix=fix)
    error.file, error.line = str(told.get("file") or ""), int(told.get("line") or 0)
    return error
